"""Tests of `scoring.chance`."""
