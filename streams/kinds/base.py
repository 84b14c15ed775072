"""What a kind of region is: how its answers are read, compared and brought together.

Two families. An *answer* kind has one answer per annotator and control. An *object* kind has any number of marks, which
are matched across annotators and clustered into objects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from scoring.agreement.similarity import Similarity
from scoring.consensus.answers import AnswerConsensus
from scoring.types import Matrix
from streams.plan import ControlPlan

__all__ = ["UNKNOWN_SCENE", "AnswerKind", "Fused", "ObjectKind", "Scene", "places", "tag_of"]


class Scene(NamedTuple):
    """What the comparison of marks may need to know of the task."""

    diagonal_px: float | None
    """Of the image; none where nobody has said how large it is."""
    size_px: tuple[float, float] | None = None
    """Its width and height."""


UNKNOWN_SCENE = Scene(None)


@dataclass(frozen=True, slots=True)
class AnswerKind:
    """A region type with one answer per annotator."""

    name: str
    read: Callable[[Sequence[Any]], Any]
    """An annotator's regions of the control (at least one) → their answer: hashable, equal when they say the same."""
    compare: Callable[[Sequence[Any], ControlPlan], Matrix]
    """Answers (None: gave none) → similarities."""
    settle: Callable[[Sequence[Any], Sequence[float] | None, ControlPlan], AnswerConsensus[Any]]
    """Answers that were given, and their weights → the consensus."""
    fields: Callable[[Any], dict[str, Any]]
    """An answer → the fields of a region that says it."""


class Fused(NamedTuple):
    """One object as the annotators see it together."""

    shape: Any
    overlaps: list[float]
    """Similarity of each member with it."""
    confidence: float


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """A region type with any number of marks per annotator."""

    name: str
    shape: Callable[[Any], Any]
    """A region → what `scoring` compares."""
    compare: Callable[[Sequence[Any], ControlPlan, Scene], Similarity]
    """All marks of a control in one call → similarities, (N, N)."""
    fuse: Callable[[Sequence[Any], Sequence[Sequence[int]], float, Sequence[float], ControlPlan, Scene], list[Fused]]
    """All marks, clusters of their indices, the weight of all annotators, and of each mark's → one object each."""
    fields: Callable[[Any], dict[str, Any]]
    """A shape → the fields of a region that draws it."""


def places(shapes: Sequence[Any], labels: Sequence[str]) -> list[int]:
    """Each mark's place in an order of their content, which decides between equal linkages."""

    def content(i: int) -> tuple[Any, ...]:
        shape = shapes[i]
        return (labels[i], shape if type(shape) is tuple else repr(shape), i)

    found = [0] * len(shapes)
    for place, i in enumerate(sorted(range(len(shapes)), key=content)):
        found[i] = place
    return found


def tag_of(region_type: type) -> str:
    """The `type` of a region struct, as events spell it."""
    return str(region_type.__struct_config__.tag)  # type: ignore[attr-defined]
