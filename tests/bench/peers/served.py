"""The side of a peer: takes inputs on stdin, times its calls when told to, answers on stdout, in lines of JSON."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from tests.bench.peers.clock import Prepared, best_seconds

__all__ = ["serve"]


def serve(distribution: str, cases: Mapping[str, Callable[[Any], Prepared]]) -> None:
    """Answer until stdin ends.

    `{"case": name, "input": ...}` prepares a case and answers with the version and the figure of one call;
    `{"seconds": s}` times it again and answers with the fastest call.
    """
    # A library that prints must not do so between our lines.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    prepared: Prepared | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        if "case" in asked:
            prepared = cases[asked["case"]](asked["input"])
            figure = float(prepared.figure(prepared.work(prepared.fresh())))
            told = {"version": version(distribution), "figure": figure}
        elif prepared is None:
            raise ValueError(f"expected a case before {asked}")
        else:
            told = {"seconds": best_seconds(prepared, asked["seconds"])}
        answers.write(json.dumps(told) + "\n")
        answers.flush()
