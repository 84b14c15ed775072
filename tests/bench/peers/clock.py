"""How a call is timed: the same for a peer, in its own process, and for us."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Prepared", "best_seconds"]

_FEWEST_CALLS = 2
_LONG_SECONDS = 1.0


class Prepared(NamedTuple):
    """A call that is ready to be timed."""

    work: Callable[[Any], Any]
    """Takes what `fresh` made; this alone is timed."""
    figure: Callable[[Any], float]
    """A number from its result that whoever does the same job gets too."""
    fresh: Callable[[], Any] = lambda: None
    """What a call needs anew each time: some peers change their input."""


def best_seconds(prepared: Prepared, least_seconds: float) -> float:
    """The fastest of the calls that fit into so many seconds, of two at least, or of one that takes a second.

    Whatever else the machine does can only add to a call, so the fastest one is the steadiest figure.
    """
    best, spent, calls = float("inf"), 0.0, 0
    gc.collect()
    gc.disable()
    try:
        while spent < least_seconds or (calls < _FEWEST_CALLS and spent < _LONG_SECONDS):
            given = prepared.fresh()
            began = time.perf_counter()
            prepared.work(given)
            seconds = time.perf_counter() - began
            best, spent, calls = min(best, seconds), spent + seconds, calls + 1
    finally:
        gc.enable()
    return best
