"""What a kind of mark is in `scoring`: how it is read, compared and fused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import hypot
from typing import Any, NamedTuple

from scoring.consensus.clusters import cluster
from scoring.consensus.votes import vote
from scoring.sequences.span import Span, fuse_span, span_similarity
from scoring.shapes import (
    UNKNOWN_DIAGONAL_PX,
    Box,
    Mask,
    Point,
    Polygon,
    box_similarity,
    fuse_box,
    fuse_mask,
    fuse_point,
    fuse_polygon,
    mask_similarity,
    point_similarity,
    polygon_similarity,
)
from tests.datasets.records import Kind, Mark, Submission

__all__ = ["Drawn", "Tool", "consensus", "drawn", "tool_of"]


class Tool(NamedTuple):
    """One kind of mark, with the defaults of the library."""

    shape: Callable[[Mark], Any]
    similarity: Callable[[Sequence[Any]], Any]
    fuse: Callable[[Sequence[Any]], Any]


class Drawn(NamedTuple):
    """The marks of all annotators of a task."""

    shapes: list[Any]
    owners: list[int]
    labels: list[str]
    annotators: int

    def without(self, annotator: int) -> Drawn:
        """The marks of the others."""
        kept = [i for i, owner in enumerate(self.owners) if owner != annotator]
        owners = [self.owners[i] - (self.owners[i] > annotator) for i in kept]
        return Drawn([self.shapes[i] for i in kept], owners, [self.labels[i] for i in kept], self.annotators - 1)

    def of(self, annotator: int) -> tuple[list[Any], list[str]]:
        """One annotator's shapes and labels."""
        own = [i for i, owner in enumerate(self.owners) if owner == annotator]
        return [self.shapes[i] for i in own], [self.labels[i] for i in own]


def diagonal_px(task: Sequence[Submission]) -> float:
    """Of the task's image; where nobody says, the library's default."""
    for submission in task:
        if {"width", "height"} <= submission.image.keys():
            return hypot(submission.image["width"], submission.image["height"])
    return UNKNOWN_DIAGONAL_PX


def tool_of(kind: Kind, task: Sequence[Submission]) -> Tool:
    """How the marks of a task are treated."""
    if kind == "bbox":
        return Tool(_box, box_similarity, fuse_box)
    if kind == "mask":
        return Tool(lambda mark: Mask.of(mark["size"], mark["counts"]), mask_similarity, fuse_mask)
    if kind == "polygon":
        return Tool(lambda mark: Polygon.of(mark["points"]), polygon_similarity, fuse_polygon)
    if kind == "span":
        return Tool(lambda mark: Span(mark["start"], mark["end"]), span_similarity, fuse_span)
    near = partial(point_similarity, diagonal_px=diagonal_px(task))
    return Tool(lambda mark: Point(mark["x"], mark["y"]), near, fuse_point)


def _box(mark: Mark) -> Box:
    # Drawn from right to left or upwards, some tools keep a size below 0.
    x, y, width, height = mark["x"], mark["y"], mark["w"], mark["h"]
    return Box(min(x, x + width), min(y, y + height), abs(width), abs(height))


def drawn(tool: Tool, answers: Sequence[Sequence[Mark]]) -> Drawn:
    """The marks of so many annotators; marks of different slices or frames are never one object."""
    marks = [(owner, mark) for owner, answer in enumerate(answers) for mark in answer]
    labels = ["/".join(str(mark[part]) for part in ("label", "z", "frame") if part in mark) for _, mark in marks]
    return Drawn([tool.shape(mark) for _, mark in marks], [owner for owner, _ in marks], labels, len(answers))


def consensus(tool: Tool, marks: Drawn, similarity: Any) -> tuple[list[Any], list[str]]:
    """The objects that more than half of the annotators drew, by the defaults of the engine."""
    found = [
        members for members in cluster(similarity, marks.owners, marks.labels) if 2 * len(members) > marks.annotators
    ]
    shapes = [tool.fuse([marks.shapes[i] for i in members]) for members in found]
    return shapes, [str(vote([marks.labels[i] for i in members]).winner) for members in found]
