"""Relations: alike where their ends are, with the regions of different annotators matched first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from scoring.consensus.clusters import cluster
from scoring.sequences.relation import Relation, fuse_relation, relation_similarity
from scoring.types import Array
from streams.kinds.base import Scene, places
from streams.plan import ControlPlan

if TYPE_CHECKING:  # scores are made of kinds
    from streams.scores import ControlScore

__all__ = ["Ends", "Link", "compare_links", "fuse_links", "link_fields"]


class Link(NamedTuple):
    """A relation between two matched objects."""

    source: int
    """Number of the object; negative for a region that nobody drew."""
    target: int
    directed: bool
    named: tuple[str, str]
    """The region ids that it was drawn between, for whoever reads the consensus."""


class Ends:
    """Which object each region of each annotator is: the clusters of all object controls of a task."""

    def __init__(self, controls: Sequence[ControlScore]) -> None:
        self._home: dict[tuple[int, str], int] = {}
        self._objects = 0
        for control in controls:
            evidence: Any = control.evidence
            if not getattr(evidence, "owners", None):
                continue
            labels = [region.label for region in evidence.regions]
            order = places(evidence.shapes, labels)
            groups = cluster(evidence.similarity, evidence.owners, labels, control.plan.minimum_similarity, order)
            for number, group in enumerate(groups, self._objects):
                self._home |= {(evidence.owners[i], evidence.regions[i].id): number for i in group}
            self._objects += len(groups)
        self._nowhere = -1

    def relation(self, row: int, region: Any) -> Link:
        """A relation by the objects that it connects; an end that names no region is like no other end."""
        return Link(
            self._end(row, region.source),
            self._end(row, region.target),
            region.directed,
            (region.source, region.target),
        )

    def _end(self, row: int, region_id: str) -> int:
        found = self._home.get((row, region_id))
        if found is None:
            self._nowhere -= 1
            return self._nowhere
        return found


def compare_links(shapes: Sequence[Any], plan: ControlPlan, scene: Scene) -> Array:
    """Similarity of relations: the same ends, in the same direction where they have one."""
    return relation_similarity([Relation(s.source, s.target, s.directed) for s in shapes], plan.similarity)  # type: ignore[arg-type]


def fuse_links(shapes: Sequence[Any], weights: Sequence[float], plan: ControlPlan, scene: Scene) -> Link:
    """What most drew, between the ends as one of them named them."""
    winner = fuse_relation([Relation(*shape[:3]) for shape in shapes], weights)
    return min(shape for shape in shapes if Relation(*shape[:3]) == winner)  # type: ignore[no-any-return]


def link_fields(shape: Link) -> dict[str, Any]:
    """As events have it."""
    return {"from": shape.named[0], "to": shape.named[1], "directed": shape.directed}
