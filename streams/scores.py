"""What `stages.score` finds and `stages.adjudicate` and `stages.route` read: values, no behaviour."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import Struct

from scoring.agreement.objects import ObjectAgreement
from scoring.agreement.similarity import Similarity
from streams.contracts.regions import Boolean, Choice, Choices, Region
from streams.kinds.base import Scene
from streams.plan import ControlPlan

__all__ = [
    "JOIN",
    "AnswerEvidence",
    "Category",
    "CategoryEvidence",
    "ControlScore",
    "Evidence",
    "ObjectEvidence",
    "Placed",
    "Scores",
    "SetEvidence",
]

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


class AnswerEvidence(Struct, gc=False):
    """Answers to a control of an answer kind (text, number, …); None: gave none."""

    answers: list[Any]
    regions: list[list[Any]]


class ObjectEvidence(Struct, gc=False):
    """Marks of all annotators on one control, in content order within each annotator."""

    shapes: list[Any]
    """As `scoring` compares them."""
    owners: list[int]
    regions: list[Any]
    similarity: Similarity
    agreement: ObjectAgreement
    scene: Scene


Evidence = CategoryEvidence | SetEvidence | AnswerEvidence | ObjectEvidence


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
    evidence: Evidence


class Placed(NamedTuple):
    """A region that was not compared, with the row of its annotator."""

    row: int
    region: Region
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
