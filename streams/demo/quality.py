"""How good an answer is when the truth is known. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.agreement.boxes import iou
from scoring.agreement.matching import match
from scoring.consensus.boxes import cluster
from scoring.types import Boxes
from streams.contracts.regions import Box, Choice, ScoredRegion

__all__ = ["HIT_IOU", "Hits", "compare", "majority"]

HIT_IOU = 0.5
"""From this IoU on a box counts as the true one (the PASCAL VOC and Caltech Pedestrian convention)."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Given and true regions, and how many of them belong together one to one. Adds up over tasks."""

    hits: int = 0
    given: int = 0
    true: int = 0

    def __add__(self, other: Hits) -> Hits:
        """The figures of both together."""
        return Hits(self.hits + other.hits, self.given + other.given, self.true + other.true)

    @property
    def precision(self) -> float | None:
        """Share of the given that is true; None when nothing was given."""
        return self.hits / self.given if self.given else None

    @property
    def recall(self) -> float | None:
        """Share of the true that was given; None when nothing is true. For single choices this is the accuracy."""
        return self.hits / self.true if self.true else None

    @property
    def f1(self) -> float | None:
        """`2 hits / (given + true)`, the harmonic mean of precision and recall; None when there is neither.

        >>> Hits(hits=2, given=3, true=4).f1
        0.5714285714285714
        """
        return 2 * self.hits / (self.given + self.true) if self.given + self.true else None


def compare(given: Sequence[ScoredRegion], true: Sequence[ScoredRegion]) -> Hits:
    """Boxes by label, optimally paired one to one, hits from an IoU of `HIT_IOU`; choices by equality per control."""
    total = _compare_choices(given, true)
    for label in sorted({region.label for region in (*given, *true) if isinstance(region, Box)}):
        a, b = _boxes(given, label), _boxes(true, label)
        total += Hits(len(match(iou(a, b), minimum=HIT_IOU)), len(a), len(b))
    return total


def majority(answers: Sequence[Sequence[ScoredRegion]]) -> list[ScoredRegion]:
    """What plain majority makes of everyone's answers: the yardstick, with nothing clever in it.

    Choices: the most common one per control, ties to the first in the alphabet. Boxes: those that more than half of the
    people drew (`scoring.consensus.boxes.cluster` at an IoU of `HIT_IOU`), at the median of their sides.
    """
    return [*_majority_choices(answers), *_majority_boxes(answers)]


def _majority_choices(answers: Sequence[Sequence[ScoredRegion]]) -> list[Choice]:
    votes: dict[str, Counter[str]] = {}
    for region in (r for answer in answers for r in answer if isinstance(r, Choice)):
        votes.setdefault(region.control, Counter())[region.value] += 1
    return [
        Choice(control=control, value=min(counts, key=lambda value: (-counts[value], value)))
        for control, counts in sorted(votes.items())
    ]


def _majority_boxes(answers: Sequence[Sequence[ScoredRegion]]) -> list[Box]:
    drawn = [
        (owner, r) for owner, answer in enumerate(answers) for r in answer if isinstance(r, Box) and r.width * r.height
    ]
    if not drawn:
        return []
    sides = np.array([_row(box) for _, box in drawn])
    groups = cluster(iou(sides, sides), [owner for owner, _ in drawn], [box.label for _, box in drawn], HIT_IOU)
    fused = []
    for group in groups:
        if 2 * len(group) > len(answers):
            x, y, width, height, turn = np.median(sides[group], axis=0).tolist()
            first = drawn[group[0]][1]
            fused.append(
                Box(
                    control=first.control,
                    label=first.label,
                    x=x,
                    y=y,
                    width=width,
                    height=height,
                    rotation_degrees=turn,
                )
            )
    return fused


def _compare_choices(given: Sequence[ScoredRegion], true: Sequence[ScoredRegion]) -> Hits:
    a, b = ({(r.control, r.value) for r in side if isinstance(r, Choice)} for side in (given, true))
    return Hits(len(a & b), len(a), len(b))


def _boxes(regions: Sequence[ScoredRegion], label: str) -> Boxes:
    rows = [_row(r) for r in regions if isinstance(r, Box) and r.label == label]
    return np.array(rows, dtype=np.float64).reshape(-1, 5)


def _row(box: Box) -> tuple[float, float, float, float, float]:
    return box.x, box.y, box.width, box.height, box.rotation_degrees
