"""Sets of recorded answers, one JSON object a line: who answered what about which task, and what is right.

A line has `task_id`, `annotator_id`, `annotations` (a list of marks, empty: "nothing here") and optionally `type`,
`gold` (marks likewise) and `image` (`width`, `height`). Every line counts, also where somebody answered a task again:
so do the figures that ours are compared with.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from streams.contracts.regions import Region
from streams.demo.convert import SPECIES
from streams.demo.recorded import load

__all__ = ["KINDS", "DataSet", "Kind", "Mark", "Submission", "find", "from_lines", "kind_of", "read", "shipped"]

Kind = Literal["classification", "multilabel", "text", "rating", "span", "bbox", "polygon", "mask", "point"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Mark: TypeAlias = dict[str, Any]

_TELLING: dict[str, Kind] = {
    "counts": "mask", "points": "polygon", "w": "bbox", "start": "span", "text": "text", "value": "rating", "x": "point"
}  # fmt: skip
"""Which field of a mark tells its kind, the surest first: spans and boxes carry other fields besides."""

_SHIPPED = {"bluebirds": "bluebirds", "pedestrians_boxes": "pedestrians"}
"""Set → project of the recordings that the package carries."""


_SOURCE_LABEL = {species: label for label, species in SPECIES.items()}


@dataclass(frozen=True, slots=True)
class Submission:
    """One answer of one annotator to one task."""

    task: str
    annotator: str
    marks: list[Mark]
    image: Mark = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DataSet:
    """All answers of a set, and what is right where it is known."""

    name: str
    kind: Kind
    submissions: list[Submission]
    """By task; of a task in the order of the file."""
    gold: dict[str, list[Mark]]

    def tasks(self) -> list[list[Submission]]:
        """The submissions of each task."""
        return [list(group) for _, group in groupby(self.submissions, attrgetter("task"))]


def find(directory: Path | None) -> dict[str, Path]:
    """The sets in a folder, by name."""
    found = sorted(directory.glob("*.jsonl*")) if directory else []
    return {path.name.split(".jsonl")[0]: path for path in found if path.name.endswith((".jsonl", ".jsonl.gz"))}


def read(path: Path) -> DataSet:
    """The set in a file.

    Raises:
        msgspec.DecodeError: a line is not JSON.
        ValueError: the lines are of no known kind.
    """
    data = path.read_bytes()
    lines = (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()
    return from_lines(path.name.split(".jsonl")[0], map(msgspec.json.decode, lines))


def from_lines(name: str, lines: Iterable[Mark]) -> DataSet:
    """The set with these lines; of no known kind: `ValueError`."""
    by_task: dict[str, list[Submission]] = defaultdict(list)
    gold: dict[str, list[Mark]] = {}
    types = set()
    for line in lines:
        task = str(line["task_id"])
        by_task[task].append(
            Submission(task, str(line["annotator_id"]), list(line["annotations"] or []), line.get("image") or {})
        )
        types.add(line.get("type"))
        if line.get("gold") is not None:
            gold[task] = list(line["gold"])
    submissions = [submission for task in sorted(by_task) for submission in by_task[task]]
    return DataSet(name, kind_of(name, types, submissions), submissions, gold)


def kind_of(name: str, types: set[Any], submissions: Iterable[Submission]) -> Kind:
    """What all lines say they are; where they say nothing known, what their marks look like."""
    for kind in KINDS:
        if types == {kind}:
            return kind
    marked = [submission.marks for submission in submissions if submission.marks]
    fields = set.intersection(*(set(mark) for marks in marked for mark in marks)) if marked else set()
    for telling, kind in _TELLING.items():
        if telling in fields:
            return kind
    if "label" in fields:
        return "multilabel" if any(len(marks) > 1 for marks in marked) else "classification"
    raise ValueError(
        f"expected {name} to be of one kind among {', '.join(KINDS)}; got the types {sorted(map(str, types))} and "
        f"marks with the fields {sorted(fields)} in common: give its lines a type"
    )


def shipped(name: str) -> DataSet | None:
    """The set of this name from the recordings that the package carries; None: it is not there."""
    if name not in _SHIPPED:
        return None
    recording = load(_SHIPPED[name])
    gold = {task: event.result for (_, task), event in recording.gold.items()}
    return from_lines(
        name,
        (
            {
                "task_id": answer.event.task_id,
                "annotator_id": answer.event.annotator_id,
                "annotations": _marks(answer.event.result),
                "gold": _marks(gold[answer.event.task_id]) if answer.event.task_id in gold else None,
            }
            for answer in recording.answers
        ),
    )


def _marks(result: Iterable[Region]) -> list[Mark]:
    marks = map(msgspec.to_builtins, result)
    return [
        {"label": _SOURCE_LABEL[mark["value"]]}
        if mark["type"] == "choice"
        else {"label": mark["label"], "x": mark["x"], "y": mark["y"], "w": mark["width"], "h": mark["height"]}
        for mark in marks
    ]
