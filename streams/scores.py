"""What `stages.score` finds and `stages.adjudicate` and `stages.route` read: values, no behaviour."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from scoring.agreement.objects import ObjectAgreement
from streams.contracts.events import Boolean, Box, Choice, Choices, UnscoredRegion
from streams.plan import ControlPlan

__all__ = ["JOIN", "Category", "CategoryEvidence", "ControlScore", "ObjectEvidence", "Placed", "Scores", "SetEvidence"]

Category = str | bool | None
"""An annotator's answer to a categorical control: None for none; several to a single choice are joined by `JOIN`."""

JOIN = "\x1f"
"""ASCII's unit separator: in no label that a person typed."""


class CategoryEvidence(Struct, gc=False):
    """Answers to a `choice` or `boolean` control."""

    answers: tuple[Category, ...]
    regions: list[list[Choice | Boolean]]


class SetEvidence(Struct, gc=False):
    """Answers to a `choices` control."""

    answers: tuple[frozenset[str], ...]
    regions: list[list[Choices]]


class ObjectEvidence(Struct):
    """Boxes of all annotators of one control, in content order within each annotator."""

    boxes: NDArray[np.float64]
    owners: list[int]
    regions: list[Box]
    similarity: NDArray[np.float64]
    agreement: ObjectAgreement


class ControlScore(Struct, gc=False):
    """How far the annotators agree on one control."""

    name: str
    plan: ControlPlan
    matrix: list[list[float]]
    """May be shared with other tasks whose answers are alike: read only."""
    score: float | None
    undefined: str | None
    passed: bool | None
    """None where nothing is asked of it, or nothing can be said."""
    best_possible: float | None
    """The most the score can reach when the rest of the allowed annotators join."""
    individual: list[float | None]
    """Each annotator's mean agreement with the counted others."""
    evidence: CategoryEvidence | SetEvidence | ObjectEvidence


class Placed(NamedTuple):
    """A region that was not compared, with the row of its annotator."""

    row: int
    region: Choice | Choices | Boolean | Box | UnscoredRegion
    reason: str


class Scores(Struct, gc=False):
    """How far the annotators of a task agree."""

    annotators: list[str]
    """Everyone whose answer stands, sorted; rows and columns of every matrix."""
    counted: list[int]
    """The rows of those who count."""
    controls: list[ControlScore]
    score: float | None
    passed: bool
    reachable: bool
    """Whether the annotators who may still join could bring every failing control to its threshold."""
    failing: list[str]
    individual: list[float | None]
    """Each annotator's agreement with the counted others, all controls together."""
    unscored: list[Placed]
