"""The input of every contender: choice events by the contract, made once, the same bytes for all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from streams.adapters.kafka.producer import key_partition

__all__ = ["ANNOTATORS", "PARTITIONS", "Workload", "choice_workload"]

ANNOTATORS = 3
"""A task; also what a project nobody configured requires."""
PARTITIONS = 4

_PROJECTS = 4
_LABELS = ("day", "night", "dawn", "fog")
_UNSURE = 0.3
"""Share of answers drawn at random: a third of the tasks end in disagreement, so both ways through are measured."""
_START = datetime(2025, 1, 1, tzinfo=UTC)
_STEP = timedelta(milliseconds=10)


class Workload(NamedTuple):
    """Events in the order of production."""

    events: list[tuple[bytes, bytes]]
    """Key and value."""
    partitions: list[int]
    """Of each event."""
    completing: dict[bytes, int]
    """Task → how many events of its partition there are up to the one that completes its quorum."""

    @property
    def bytes_per_event(self) -> float:
        """Mean size of a value."""
        return sum(len(value) for _, value in self.events) / len(self.events)


def choice_workload(events: int, window: int) -> Workload:
    """Three answers a task; those of one task come `window` tasks, three times as many events, apart.

    Apart, so that no unit of work and no fetch holds two answers of a task and could save on its state.

    >>> small = choice_workload(events=12, window=2)
    >>> [key.decode() for key, _ in small.events][:6]
    ['p0/t0000000', 'p1/t0000001', 'p2/t0000002', 'p0/t0000000', 'p3/t0000003', 'p1/t0000001']
    >>> len(small.events), len(small.completing)
    (12, 4)
    """
    tasks = events // ANNOTATORS
    made: list[tuple[bytes, bytes]] = []
    partitions: list[int] = []
    completing: dict[bytes, int] = {}
    length = [0] * PARTITIONS
    chance = random.Random(7)
    for task, answer in _schedule(tasks, window):
        key, value = _event(task, answer, len(made), chance)
        partition = key_partition(key, PARTITIONS)
        length[partition] += 1
        made.append((key, value))
        partitions.append(partition)
        if answer == ANNOTATORS - 1:
            completing[key] = length[partition]
    return Workload(made, partitions, completing)


def _schedule(tasks: int, window: int) -> Iterator[tuple[int, int]]:
    """At step s: the first answer of task s, the second of the task `window` before it, the third of the one before."""
    for step in range(tasks + (ANNOTATORS - 1) * window):
        for answer in range(ANNOTATORS):
            task = step - answer * window
            if 0 <= task < tasks:
                yield task, answer


def _event(task: int, answer: int, number: int, chance: random.Random) -> tuple[bytes, bytes]:
    project_id, task_id = f"p{task % _PROJECTS}", f"t{task:07d}"
    label = chance.choice(_LABELS) if chance.random() < _UNSURE else _LABELS[task % len(_LABELS)]
    at = (_START + number * _STEP).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event = {
        "schema": 1,
        "type": "annotation.submitted",
        "event_id": f"e-{task:07d}-{answer}",
        "occurred_at": at,
        "project_id": project_id,
        "task_id": task_id,
        "annotator_id": f"a-{(task * ANNOTATORS + answer * 11) % 97:03d}",
        "annotator_kind": "human",
        "submission_id": f"s-{task:07d}-{answer}",
        "version": 1,
        "lead_time_seconds": round(chance.uniform(0.5, 60.0), 1),
        "result": [{"id": "r1", "control": "scene", "type": "choice", "value": label}],
    }
    return f"{project_id}/{task_id}".encode(), msgspec.json.encode(event)
