"""Boxes as values, for controls that allow a box beside other shapes; IoU and fusion are those of all boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

from scoring.agreement.boxes import iou
from scoring.agreement.similarity import Similarity
from scoring.consensus.boxes import FuseMethod, fuse
from scoring.shapes.common import over_distinct, voters
from scoring.types import Array, Boxes

__all__ = ["Box", "as_rows", "box_similarity", "fuse_box"]


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """A rectangle, upright or turned about its centre."""

    x: float
    """Left edge before rotation, px."""
    y: float
    """Top edge before rotation, px."""
    width: float
    """px, at least 0."""
    height: float
    """px, at least 0."""
    rotation_degrees: float = 0.0
    """Clockwise as seen in the image, about the centre."""


def as_rows(boxes: Sequence[Box]) -> Boxes:
    """Boxes as the (n, 5) array of `scoring.types.Boxes`.

    >>> as_rows([Box(1, 2, 3, 4)]).tolist()
    [[1.0, 2.0, 3.0, 4.0, 0.0]]
    """
    return np.array([astuple(box) for box in boxes], dtype=np.float64).reshape(-1, 5)


def box_similarity(shapes: Sequence[Box]) -> Similarity:
    """`scoring.agreement.boxes.iou` of all boxes: (n, n), symmetric, in [0, 1].

    Examples
    --------
    >>> box_similarity([Box(0, 0, 10, 10), Box(0, 0, 10, 5)]).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """

    def compare(distinct: list[Box]) -> Array:
        rows = as_rows(distinct)
        return iou(rows, rows)

    return over_distinct(shapes, compare)


def fuse_box(shapes: Sequence[Box], weights: Sequence[float] | None = None, method: FuseMethod = "median") -> Box:
    """`scoring.consensus.boxes.fuse` for box values.

    Raises
    ------
    ValueError
        No box, or weights that do not fit.

    Examples
    --------
    >>> fuse_box([Box(10, 10, 20, 20), Box(11, 9, 20, 22), Box(90, 10, 20, 20)])
    Box(x=11.0, y=10.0, width=20.0, height=20.0, rotation_degrees=0.0)
    """
    chosen, trust = voters(shapes, weights)
    if chosen[0] == chosen[-1]:
        return chosen[0]
    return Box(*fuse(as_rows(chosen), trust, method).tolist())
