"""The real SETTLE and WATCH as a workload: tasks with three answers each to one question, on default settings."""

from __future__ import annotations

import json
from collections.abc import Iterator

from streams.ports import Processor
from streams.settings import SettingsBook
from streams.settle import Settle
from streams.watch import Watch
from tests.kafka.harness import Workload

__all__ = ["REAL", "events", "processors"]


def processors() -> dict[str, Processor]:
    """Both, by agent."""
    book = SettingsBook({})
    return {"settle": Settle(book), "watch": Watch(book)}


def events(tasks: int) -> Iterator[tuple[bytes, bytes]]:
    """Three annotators a task, two of whom agree on every fourth; the answers of a task are far apart."""
    window = 200
    for first in range(0, tasks, window):
        for annotator in range(3):
            for task in range(first, min(first + window, tasks)):
                yield b"p%d/t%d" % (task % 5, task), _answer(task, annotator)


def _answer(task: int, annotator: int) -> bytes:
    value = "day" if task % 4 or annotator else "night"
    return json.dumps(
        {
            "schema": 1,
            "type": "annotation.submitted",
            "event_id": f"e-{task}-{annotator}",
            "occurred_at": f"2026-01-31T10:{task % 60:02}:{annotator * 20:02}Z",
            "project_id": f"p{task % 5}",
            "task_id": f"t{task}",
            "annotator_id": f"a-{annotator}",
            "submission_id": f"s-{task}-{annotator}",
            "task": {"required_annotators": 3},
            "result": [{"control": "scene", "type": "choice", "value": value}],
        }
    ).encode()


REAL = Workload(
    "real",
    "tests.kafka.real:processors",
    events,
    # Not quality-facts: how they are grouped follows from how records are cut into units.
    frozenset(
        {"task-agreement", "task-disagreement", "task-reassignment", "task-review", "quality-alerts", "dead-letter"}
    ),
)
