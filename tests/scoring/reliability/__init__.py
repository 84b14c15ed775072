"""Tests of `scoring.reliability`."""
