"""What there is to see while a queue is played. Pure: queue and ledger in, one snapshot out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean
from typing import NamedTuple

from streams.demo.ledger import FINAL_STATES, Ledger
from streams.demo.queue import LabelingQueue

__all__ = ["Snapshot", "snapshot", "sparkline"]

_BARS = "▁▂▃▄▅▆▇█"


class Snapshot(NamedTuple):
    """The state of play."""

    tasks: int
    decided: int
    """Tasks with a final decision, or explained."""
    answers: int
    """Handed in."""
    waiting: int
    """Tasks with answers and no decision yet: short of their quorum, or under way."""
    agreed: int
    disagreed: int
    """Tasks whose annotators do not agree, and that are settled some other way or with a person."""
    reassigned: int
    """Requests for one more annotator so far."""
    reassigning: int
    """Tasks that wait for one right now."""
    dead_letters: int
    alerts: tuple[str, ...]
    scores: dict[str, list[float]]
    """Project → agreement of its latest final decisions, oldest first."""


def snapshot(queue: LabelingQueue, ledger: Ledger, scores: int = 400) -> Snapshot:
    """The state of play, with the latest `scores` agreements of each project."""
    states = ledger.states()
    final = sum(count for state, count in states.items() if state in FINAL_STATES)
    undecided = [task for task in queue.handed if task not in ledger.decisions]
    stuck = [task for task, decision in ledger.decisions.items() if decision.state not in FINAL_STATES]
    explained = sum(queue.explanation(task, ledger) is not None for task in (*undecided, *stuck))
    return Snapshot(
        tasks=queue.tasks,
        decided=final + explained,
        answers=sum(map(len, queue.handed.values())),
        waiting=len(undecided),
        agreed=states["agreed"],
        disagreed=final - states["agreed"],
        reassigned=len(ledger.reassignments),
        reassigning=states["reassigning"],
        dead_letters=len(ledger.dead_letters),
        alerts=tuple(f"{a.project_id}: {a.alert} {a.state}" for a in ledger.alerts.values()),
        scores={project: found[-scores:] for project, found in ledger.scores.items()},
    )


def sparkline(values: Sequence[float], width: int) -> str:
    """Means of `width` equal stretches of values in [0, 1], as bars; shorter where there are fewer values.

    >>> sparkline([0.0, 0.0, 0.5, 0.5, 1.0, 1.0], 3)
    '▁▅█'
    """
    width = min(width, len(values))
    edges = [place * len(values) // width for place in range(width + 1)] if width else [0]
    means = [fmean(values[a:b]) for a, b in pairwise(edges)]
    return "".join(_BARS[min(int(mean * len(_BARS)), len(_BARS) - 1)] for mean in means)
