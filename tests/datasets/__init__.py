"""Recorded answers of real annotators: what others reached on them, and what we reach."""
