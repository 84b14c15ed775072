"""Ours beside the libraries and the platform code that a user would call instead, in one run.

`programs` run in the peers' own interpreters, so this package, `clock` and `served` need the standard library only.
"""
