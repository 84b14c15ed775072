"""Where an object is, from the boxes that several annotators drew around it.

`cluster` (from `scoring.consensus.clusters`) says which boxes are one object; this module makes one box of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, fsum, radians, sin
from typing import Literal

import numpy as np

from scoring.agreement.boxes import iou, paired_iou
from scoring.consensus.centre import fused_confidence, median_of_ordered, medoid
from scoring.consensus.clusters import cluster
from scoring.consensus.weights import checked_weights
from scoring.types import Array, Boxes

__all__ = ["FuseMethod", "FusedBox", "cluster", "confidence", "fuse", "fuse_clusters"]

FuseMethod = Literal["median", "weighted_mean", "medoid"]

_Row = Sequence[float]


@dataclass(frozen=True, slots=True)
class FusedBox:
    """One object as the annotators see it together."""

    members: list[int]
    """Indices of the boxes it was made of, ascending."""
    box: Array
    """(5,): x, y, width, height in pixels, rotation in degrees."""
    overlaps: list[float]
    """IoU of each member with the box, in [0, 1]: who drew it loosely."""
    confidence: float
    """In [0, 1], see `confidence`."""


def fuse(boxes: Boxes, weights: Sequence[float] | None = None, method: FuseMethod = "median") -> Array:
    """One box for the boxes that several annotators drew around one object.

    - `median`: (weighted) median of each edge, which one careless box cannot move. The default: on the pedestrian set
      it is as good as the mean, and far better where some boxes are far off.
    - `weighted_mean`: mean of each edge. Best where every annotator's error is about as large as their weight says.
    - `medoid`: the box with the largest (weighted) sum of IoU with the others, as it was drawn.

    Rotated boxes are fused in the frame of their common rotation. A box turned by 90 degrees with its sides swapped is
    the same box, so each is first described the way that is nearest to the box whose rotation is most central; the
    rotations are then fused as differences from that one, within 45 degrees either way, so nothing breaks at 0 or 180.

    Parameters
    ----------
    boxes
        (k, 5), at least one.
    weights
        One per box, as in `vote`; default 1 each.

    Returns
    -------
    Array
        (5,). Exactly the common box where all are identical; the same bits for every order of the boxes. An even number
        of equal weights gives the middle of the two middle values.

    Raises
    ------
    ValueError
        No box, weights that do not fit, or what `iou` raises.

    Examples
    --------
    >>> fuse(np.array([[10.0, 10, 20, 20, 0], [11, 9, 20, 22, 0], [90, 10, 20, 20, 0]])).tolist()
    [11.0, 10.0, 20.0, 20.0, 0.0]

    The second box is the first one with swapped sides, one degree further: the result is half way.

    >>> fuse(np.array([[10.0, 20, 40, 20, 89], [20, 10, 20, 40, 0]])).round(6).tolist()
    [10.0, 20.0, 40.0, 20.0, 89.5]
    """
    if not len(boxes):
        raise ValueError("expected at least one box to fuse, got none")
    return np.array(_fuse(_rows(boxes), checked_weights(weights, len(boxes)), method))


def fuse_clusters(
    boxes: Boxes,
    clusters: Sequence[Sequence[int]],
    total_weight: float,
    weights: Sequence[float] | None = None,
    method: FuseMethod = "median",
) -> list[FusedBox]:
    """`fuse` and `confidence` for all objects of a task, with one IoU call for all of them.

    Parameters
    ----------
    boxes
        (N, 5), all boxes of all annotators.
    clusters
        Indices into `boxes`, none empty.
    total_weight
        Weight of all annotators who answered, also those who drew none of these.
    weights
        N, the weight of each box's annotator, finite and at least 0; default 1 each.

    Returns
    -------
    list[FusedBox]
        One per cluster, in their order.

    Raises
    ------
    ValueError
        As `fuse` and `confidence`.

    Examples
    --------
    >>> boxes = np.array([[0, 0, 10, 10, 0], [0, 0, 10, 10, 0], [50, 50, 10, 10, 0]], dtype=float)
    >>> [(fused.members, round(fused.confidence, 3)) for fused in fuse_clusters(boxes, [[0, 1], [2]], total_weight=3)]
    [([0, 1], 0.667), ([2], 0.333)]
    """
    if not clusters:
        return []
    weights = [1.0] * len(boxes) if weights is None else weights
    rows = _rows(boxes)
    groups = [list(members) for members in clusters]
    trust = [[weights[i] for i in members] for members in groups]
    fused = np.array(
        [
            _fuse([rows[i] for i in members], checked_weights(trusted, len(members)), method)
            for members, trusted in zip(groups, trust, strict=True)
        ]
    )
    place = [k for k, members in enumerate(groups) for _ in members]
    every_overlap = iter(paired_iou(boxes[[i for members in groups for i in members]], fused[place]).tolist())
    overlaps = [[next(every_overlap) for _ in members] for members in groups]
    return [
        FusedBox(members, box, near, fused_confidence(near, trusted, total_weight))
        for members, trusted, box, near in zip(groups, trust, fused, overlaps, strict=True)
    ]


def confidence(boxes: Boxes, fused: Array, total_weight: float, weights: Sequence[float] | None = None) -> float:
    """How sure a fused box is: `(weight of those who drew it / total weight) * weighted mean IoU of theirs with it`.

    Which is `sum(weight * IoU) / total weight`, where those who did not draw it add 0. Both factors count: an object
    that everyone saw but drew differently is as unsure as one that few saw.

    Parameters
    ----------
    boxes
        (k, 5), the boxes that were fused.
    fused
        (5,), what `fuse` made of them.
    total_weight
        Weight of all annotators who answered, also those who did not draw it; above 0.
    weights
        One per box; default 1 each.

    Returns
    -------
    float
        In [0, 1]; 0 for no boxes.

    Raises
    ------
    ValueError
        The total weight is not above 0 or below the weight of the boxes.

    References
    ----------
    CVAT's consensus score, votes / n times mean similarity, with the fused box in place of the chosen one.

    Examples
    --------
    Two of three annotators, IoU 0.5 and 1 with the fused box: 2 / 3 x 0.75.

    >>> boxes = np.array([[0.0, 0, 10, 10, 0], [0, 0, 10, 5, 0]])
    >>> confidence(boxes, np.array([0.0, 0, 10, 10, 0]), total_weight=3)
    0.5
    """
    overlaps = paired_iou(boxes, np.broadcast_to(fused, boxes.shape)).tolist()
    return fused_confidence(overlaps, weights, total_weight)


def _rows(boxes: Boxes) -> list[_Row]:
    rows: list[_Row] = (boxes + 0.0).tolist()  # -0.0 becomes 0.0: they are equal, so no order could tell them apart
    return rows


def _fuse(rows: Sequence[_Row], weights: Sequence[float], method: FuseMethod) -> _Row:
    # Everything below works on the boxes in the order of their content, so that no sum depends on the caller's order.
    voters = sorted((tuple(row), weight) for row, weight in zip(rows, weights, strict=True) if weight > 0.0)
    rows, weights = [row for row, _ in voters], [weight for _, weight in voters]
    if rows[0] == rows[-1]:
        return rows[0]
    if method == "medoid":
        boxes = np.array(rows)
        return rows[medoid(iou(boxes, boxes), weights)]
    if not any(row[4] for row in rows):
        left, top, right, bottom = _fused_edges([(x, y, x + w, y + h) for x, y, w, h, _ in rows], weights, method)
        return left, top, right - left, bottom - top, 0.0
    return _fuse_rotated(rows, weights, method)


def _fuse_rotated(rows: Sequence[_Row], weights: Sequence[float], method: FuseMethod) -> _Row:
    reference = min(rows, key=lambda row: _turned_away(row, rows, weights))
    deviations = [_deviation(row[4] - reference[4]) for row in rows]
    rotation = reference[4] + _fused(deviations, weights, method)
    along, across = cos(radians(rotation)), sin(radians(rotation))
    edges: list[_Row] = []
    for (x, y, width, height, turn), deviation in zip(rows, deviations, strict=True):
        # Relative to the reference's centre, so that far from the origin no digit is lost to the rotation.
        right = x - reference[0] + (width - reference[2]) / 2.0
        down = y - reference[1] + (height - reference[3]) / 2.0
        u, v = along * right + across * down, along * down - across * right
        if round((turn - reference[4] - deviation) / 90.0) % 2:
            width, height = height, width
        edges.append((u - width / 2.0, v - height / 2.0, u + width / 2.0, v + height / 2.0))
    low_u, low_v, high_u, high_v = _fused_edges(edges, weights, method)
    u, v = (low_u + high_u) / 2.0, (low_v + high_v) / 2.0
    width, height = high_u - low_u, high_v - low_v
    x = reference[0] + (reference[2] - width) / 2.0 + along * u - across * v
    y = reference[1] + (reference[3] - height) / 2.0 + across * u + along * v
    return x, y, width, height, rotation


def _turned_away(row: _Row, rows: Sequence[_Row], weights: Sequence[float]) -> float:
    """Summed difference of one box's rotation from the others', blind to how the boxes are described."""
    return round(fsum(w * abs(_deviation(other[4] - row[4])) for other, w in zip(rows, weights, strict=True)), 9)


def _deviation(degrees: float) -> float:
    """The rotation that is left when sides may be swapped: in [-45, 45) degrees."""
    return (degrees + 45.0) % 90.0 - 45.0


def _fused_edges(edges: list[_Row], weights: Sequence[float], method: FuseMethod) -> list[float]:
    return [_fused(side, weights, method) for side in zip(*edges, strict=True)]


def _fused(values: Sequence[float], weights: Sequence[float], method: FuseMethod) -> float:
    if method == "median":
        return median_of_ordered(sorted(zip(values, weights, strict=True)))
    return fsum(value * weight for value, weight in zip(values, weights, strict=True)) / fsum(weights)
