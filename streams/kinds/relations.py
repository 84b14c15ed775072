"""Relations: alike where their ends are, with the regions of different annotators matched first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from scoring.consensus.clusters import cluster
from scoring.sequences.relation import Relation, fuse_relation, relation_similarity
from scoring.types import Array
from streams.contracts.regions import UnscoredRegion
from streams.kinds.base import Scene, places
from streams.plan import ControlPlan

if TYPE_CHECKING:  # scores are made of kinds
    from streams.scores import ControlScore, Placed

__all__ = ["Ends", "Link", "compare_links", "fuse_links", "link_fields"]


_DEEPEST = 16
"""Relations of relations of relations: of those in a circle, or in a longer chain, nothing is known."""


class Link(NamedTuple):
    """A relation between two matched things."""

    source: int
    """Number of the thing; negative for a region that nobody drew."""
    target: int
    directed: bool
    named: tuple[str, str]
    """The region ids that it was drawn between, for whoever reads the consensus."""


class Ends:
    """Which thing each region of each annotator is, for the relations between them.

    Marks are one object by the clusters of all object controls of a task. The answers to one control are one thing, and
    where somebody has several regions there, those that say the same are. So are relations of a label between the same
    things, and of what is compared with nothing else (custom regions, boxes without area) whatever is equal.
    """

    def __init__(
        self,
        controls: Sequence[ControlScore],
        unscored: Sequence[Placed] = (),
        relations: Sequence[Sequence[Sequence[Any]]] = (),
    ) -> None:
        self._home: dict[tuple[int, str], int] = {}
        self._numbers: dict[Any, int] = {}
        self._objects = 0
        for control in controls:
            if getattr(control.evidence, "owners", None):
                self._add_marks(control)
        drawn = [(row, region) for rows in relations for row, regions in enumerate(rows) for region in regions]
        self._wanted = {(row, end) for row, region in drawn for end in (region.source, region.target)}
        for control in controls:
            if not hasattr(control.evidence, "owners"):
                self._add_answers(control.name, control.evidence.regions)
        for placed in unscored:
            if self._asked_for(placed.row, placed.region.id):
                self._add(placed.row, placed.region.id, _content(placed.region))
        self._nowhere = -1
        self._add_relations(drawn)

    def relation(self, row: int, region: Any) -> Link:
        """A relation by the things that it connects; an end that names no region is like no other end."""
        return Link(
            self._end(row, region.source),
            self._end(row, region.target),
            region.directed,
            (region.source, region.target),
        )

    def _add_marks(self, control: ControlScore) -> None:
        evidence: Any = control.evidence
        labels = [region.label for region in evidence.regions]
        order = places(evidence.shapes, labels)
        groups = cluster(evidence.similarity, evidence.owners, labels, control.plan.minimum_similarity, order)
        for number, group in enumerate(groups, self._objects):
            self._home |= {(evidence.owners[i], evidence.regions[i].id): number for i in group}
        self._objects += len(groups)

    def _add_answers(self, control: str, rows: Sequence[Sequence[Any]]) -> None:
        several = any(len(regions) > 1 for regions in rows)
        for row, regions in enumerate(rows):
            for region in regions:
                if self._asked_for(row, region.id):
                    self._add(row, region.id, _content(region) if several else control)

    def _asked_for(self, row: int, region_id: str) -> bool:
        """Of an id that comes twice the mark is meant, and of no marks the first."""
        return (row, region_id) in self._wanted and (row, region_id) not in self._home

    def _add(self, row: int, region_id: str, what: Any) -> None:
        self._home[row, region_id] = self._objects + self._numbers.setdefault(what, len(self._numbers))

    def _add_relations(self, drawn: Sequence[tuple[int, Any]]) -> None:
        """Those between known things, then those between these, and so on."""
        named = [(row, region) for row, region in drawn if self._asked_for(row, region.id)]
        for _ in range(_DEEPEST):
            left, known = [], []
            for row, region in named:
                source, target = (self._home.get((row, end)) for end in (region.source, region.target))
                if source is None or target is None:
                    left.append((row, region))
                else:
                    ends = (source, target) if region.directed else (min(source, target), max(source, target))
                    known.append((row, region.id, (region.control, region.label, region.directed, ends)))
            for row, region_id, what in known:
                if self._asked_for(row, region_id):
                    self._add(row, region_id, what)
            named = left

    def _end(self, row: int, region_id: str) -> int:
        found = self._home.get((row, region_id))
        if found is None:
            self._nowhere -= 1
            return self._nowhere
        return found


def _content(region: Any) -> tuple[str, bytes]:
    """All that a region says, without what it is called."""
    raw = region.raw if type(region) is UnscoredRegion else msgspec.to_builtins(region, str_keys=True)
    return region.control, msgspec.json.encode({k: v for k, v in raw.items() if k != "id"}, order="sorted")


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
