"""Sets of answers with gold, and the orders in which a stream may bring them."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

__all__ = ["ORDERS", "SEEDS", "Row", "Set", "load_sets", "orders"]

Row = tuple[str, str, str]
"""Task, annotator, class."""

ORDERS = ("file", "shuffled", "task at once")
"""As in the file; at random; all answers of a task one after the other, the tasks at random: the hardest order."""
SEEDS = 2
"""Random orders that a figure is the mean of, where no number is asked for: what four minutes are enough for."""


@dataclass(frozen=True, slots=True)
class Set:
    """A set of answers with gold."""

    name: str
    rows: list[Row]
    gold: dict[str, str]
    """Task → true class; other tasks are decided and not judged."""


class _Label(msgspec.Struct):
    label: str | None = None


class _Line(msgspec.Struct):
    task_id: str | int
    annotator_id: str
    type: str
    annotations: list[_Label]
    gold: list[_Label] = []


def load_sets(directory: Path, names: Sequence[str] = ()) -> list[Set]:
    """The sets of a directory that have one class an answer, and gold: `NAME.jsonl.gz`, a line an answer.

    Raises
    ------
    ValueError
        There is none, or one that was named is none.
    """
    sets = [_load(directory / f"{name}.jsonl.gz") for name in names] if names else [
        _load(path) for path in sorted(directory.glob("*.jsonl.gz"))
    ]  # fmt: skip
    found = [one for one in sets if one.gold]
    if not found or (names and len(found) < len(names)):
        raise ValueError(
            f"expected sets of one class an answer, with gold, as NAME.jsonl.gz in {directory}; found "
            f"{', '.join(one.name for one in found) or 'none'}"
        )
    return found


def _load(path: Path) -> Set:
    decode = msgspec.json.Decoder(_Line).decode
    rows, truth = [], {}
    try:
        with gzip.open(path) as lines:
            for text in lines:
                line = decode(text)
                if line.type != "classification" or len(line.annotations) != 1 or line.annotations[0].label is None:
                    continue
                rows.append((str(line.task_id), line.annotator_id, line.annotations[0].label))
                if len(line.gold) == 1 and line.gold[0].label is not None:
                    truth[str(line.task_id)] = line.gold[0].label
    except msgspec.ValidationError:
        return Set(path.name.removesuffix(".jsonl.gz"), [], {})
    return Set(path.name.removesuffix(".jsonl.gz"), rows, truth)


def orders(rows: Sequence[Row], seeds: int = SEEDS) -> Iterator[tuple[str, list[Row]]]:
    """The rows in every order of `ORDERS`, the random ones as often as there are seeds."""
    yield ORDERS[0], list(rows)
    for seed in range(seeds):
        shuffled = list(rows)
        random.Random(seed).shuffle(shuffled)
        yield ORDERS[1], shuffled
        by_task: dict[str, list[Row]] = {}
        for row in shuffled:
            by_task.setdefault(row[0], []).append(row)
        yield ORDERS[2], [row for task in by_task.values() for row in task]
