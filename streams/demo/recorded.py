"""The recorded answers that the package carries: read, decoded, and ready to be handed in."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import msgspec

from streams.contracts.events import AnnotationSubmitted, GoldSet

__all__ = ["PROJECTS", "Answer", "Recording", "TaskKey", "load", "packaged", "parse", "record_key"]

PROJECTS = ("pedestrians", "bluebirds")

TaskKey = tuple[str, str]
"""Project and task."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One recorded answer: the event, and its bytes as they go to Kafka."""

    event: AnnotationSubmitted
    value: bytes

    @property
    def task(self) -> TaskKey:
        """The task that it answers."""
        return self.event.project_id, self.event.task_id


@dataclass(frozen=True, slots=True)
class Recording:
    """Everything recorded of one project."""

    project_id: str
    answers: list[Answer]
    """In recorded order."""
    gold: dict[TaskKey, GoldSet]
    gold_values: dict[TaskKey, bytes]

    def first_tasks(self, count: int) -> Recording:
        """The same with only the `count` tasks that were answered first."""
        kept = set(list(dict.fromkeys(a.task for a in self.answers))[:count])
        return Recording(
            self.project_id,
            [a for a in self.answers if a.task in kept],
            {task: event for task, event in self.gold.items() if task in kept},
            {task: value for task, value in self.gold_values.items() if task in kept},
        )


def record_key(task: TaskKey) -> bytes:
    """What all records of a task are keyed by, so that they meet in one partition.

    >>> record_key(("street", "t-17"))
    b'street/t-17'
    """
    return "/".join(task).encode()


def load(project_id: str) -> Recording:
    """One project of `PROJECTS`, from the package. Takes about 0.1 s."""
    packed = packaged(f"data/{project_id}.jsonl.gz").read_bytes()
    return parse(project_id, gzip.decompress(packed).splitlines())


def parse(project_id: str, lines: Iterable[bytes]) -> Recording:
    """A recording from its lines.

    Raises:
        msgspec.ValidationError: an event that is neither an answer nor gold, or not as the contract says.
    """
    decoder = msgspec.json.Decoder(AnnotationSubmitted | GoldSet)
    recording = Recording(project_id, [], {}, {})
    for line in lines:
        event = decoder.decode(line)
        if isinstance(event, AnnotationSubmitted):
            recording.answers.append(Answer(event, line))
        else:
            task = (event.project_id, event.task_id)
            recording.gold[task] = event
            recording.gold_values[task] = line
    return recording


def packaged(name: str) -> Path:
    """A file that the package carries, by its path below `streams/demo`: `settings.yaml`, `data/bluebirds.jsonl.gz`."""
    return Path(str(files("streams.demo"))) / name
