"""The formulas of intersection over union for pairs of boxes, upright and rotated.

Everything is computed relative to one box of each pair, never from absolute corners, so a box of 1e-9 px at 1e9 px
keeps all its digits. Upright boxes and pairs with the same rotation take closed forms; only pairs whose rotations
differ and whose circumcircles meet are intersected as polygons, all of them in one vectorised pass.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scoring.types import Array

__all__ = ["pair_iou"]


def pair_iou(a: Array, b: Array) -> Array:
    """IoU of boxes given as (5, ...) arrays that broadcast against each other: rows x, y, width, height, rotation.

    The result has the shape that the rest broadcasts to. Each pair's IoU depends on that pair alone, to the bit, so a
    caller may cut the pairs into parts of any size. Nothing is checked: `scoring.agreement.boxes` does.

    >>> squares = np.array([[0.0, 5.0], [0, 0], [10, 10], [10, 10], [0, 0]])
    >>> pair_iou(squares[:, :1], squares).round(4).tolist()
    [1.0, 0.3333]
    """
    upright = _upright_iou(a, b)
    if not np.count_nonzero(a[4]) and not np.count_nonzero(b[4]):
        return upright
    turned = (a[4] % 180.0 != 0.0) | (b[4] % 180.0 != 0.0)
    if turned.any():
        upright[turned] = 0.0
        meeting = turned & _circles_meet(a, b)
        a, b = np.broadcast_arrays(a, b)
        upright[meeting] = _turned_iou(a[:, meeting], b[:, meeting])
    return upright


def _circles_meet(a: Array, b: Array) -> NDArray[np.bool_]:
    """Whether the circles around two boxes meet; most boxes of an image are not worth more than this question."""
    offset = b[0:2] - a[0:2] + (b[2:4] - a[2:4]) / 2.0
    reach = (np.hypot(a[2], a[3]) + np.hypot(b[2], b[3])) / 2.0
    meet: NDArray[np.bool_] = np.hypot(offset[0], offset[1]) <= reach
    return meet


def _upright_iou(a: Array, b: Array) -> Array:
    """IoU of boxes as if none were rotated."""
    # Written with the offset between the corners, not with right and bottom edges: x + width would swallow a small
    # width at a large x. The same expression gives min(width_a, width_b) for a box inside another, without rounding.
    offset = b[0:2] - a[0:2]
    size_a, size_b = a[2:4], b[2:4]
    # In place, because for the few boxes of a task making the arrays takes as long as filling them.
    overlap, other = np.maximum(offset, 0.0), np.minimum(offset, 0.0)
    np.subtract(size_a, overlap, out=overlap)
    np.add(size_b, other, out=other)
    np.minimum(overlap, other, out=overlap)
    np.maximum(overlap, 0.0, out=overlap)
    return _ratio(overlap[0] * overlap[1], offset, size_a, size_b)


def _turned_iou(a: Array, b: Array) -> Array:
    """IoU of the k-th box of `a` with the k-th of `b`, (5, k) each, for pairs where a rotation matters."""
    offset = b[0:2] - a[0:2] + (b[2:4] - a[2:4]) / 2.0
    turn_a, size_a = _first_quadrant(a)
    turn_b, size_b = _first_quadrant(b)
    # The pair is judged in the frame of the box that is turned less, so that exchanging the two changes no bit.
    flip = turn_b < turn_a
    frame, other = np.minimum(turn_a, turn_b), np.maximum(turn_a, turn_b)
    size_a, size_b = np.where(flip, size_b, size_a), np.where(flip, size_a, size_b)
    offset = _turn(np.where(flip, -offset, offset), -np.deg2rad(frame))
    overlap = np.minimum(np.minimum(size_a, size_b), (size_a + size_b) / 2.0 - np.abs(offset))
    intersection = np.maximum(overlap, 0.0).prod(axis=0)
    crossed = other != frame
    if crossed.any():
        intersection[crossed] = _crossed_intersection(
            size_a[:, crossed] / 2.0, size_b[:, crossed] / 2.0, offset[:, crossed], np.deg2rad(other - frame)[crossed]
        )
    # A box without area is identical to another only where their rotations are too.
    return _ratio(intersection, np.where(crossed, np.inf, offset), size_a, size_b)


def _first_quadrant(boxes: Array) -> tuple[Array, Array]:
    """Describe each box with a rotation in [0, 90) degrees: (k,) rotations and (2, k) sizes, swapped where needed."""
    turn = np.mod(boxes[4], 90.0)
    odd = np.mod(np.rint((boxes[4] - turn) / 90.0), 2.0) == 1.0
    return turn, np.where(odd, boxes[3:1:-1], boxes[2:4])


def _turn(points: Array, angle: Array) -> Array:
    """Turn points, (2, ...), clockwise as seen in the image about the origin by an angle in radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([cos * points[0] - sin * points[1], sin * points[0] + cos * points[1]])


def _crossed_intersection(half_a: Array, half_b: Array, offset: Array, angle: Array) -> Array:
    """Area common to rectangle a, upright about the origin, and rectangle b, about `offset` and turned by `angle`.

    Green's theorem: the area is the integral along the outline of b of its height over the bottom of a, clipped to a.
    Clipped height is a difference of two ramps, and the mean of a ramp along an edge has a closed form without
    branches, so no vertex is ever created, sorted or dropped and nearly parallel edges are harmless.

    All (2, k) in pixels but `angle`, (k,) in radians; returns (k,).
    """
    corners = offset[:, None, :] + _turn(_CORNERS * half_b[:, None, :], angle)
    x, y = corners
    x_step, y_step = corners[:, _NEXT] - corners
    start, stop = _clip(x, -half_a[0], half_a[0]), _clip(x + x_step, -half_a[0], half_a[0])
    steep = np.where(x_step == 0.0, 1.0, x_step)
    with np.errstate(over="ignore"):
        low = y + _clip((start - x) / steep, 0.0, 1.0) * y_step + half_a[1]
        high = y + _clip((stop - x) / steep, 0.0, 1.0) * y_step + half_a[1]
    height = 2.0 * half_a[1]
    clipped_height = _mean_ramp(low, high) - _mean_ramp(low - height, high - height)
    common: Array = np.abs(((stop - start) * clipped_height).sum(axis=0))
    # Rounding may leave a little more than the smaller box has, or a trace of area where the boxes are far apart.
    common = np.minimum(common, 4.0 * np.minimum(half_a[0] * half_a[1], half_b[0] * half_b[1]))
    apart = (corners.min(axis=1) >= half_a).any(axis=0) | (corners.max(axis=1) <= -half_a).any(axis=0)
    common[apart] = 0.0
    return common


def _clip(values: Array, low: Array | float, high: Array | float) -> Array:
    # For the few boxes of a task half of `np.clip`'s time is its own wrapping.
    return np.minimum(np.maximum(values, low), high)


def _mean_ramp(start: Array, stop: Array) -> Array:
    """Mean of `max(0, v)` while v runs evenly from `start` to `stop`: `(start+ + stop+)^2 / (2 (|start| + |stop|))`."""
    positive = np.maximum(start, 0.0) + np.maximum(stop, 0.0)
    span = np.abs(start) + np.abs(stop)
    mean: Array = positive * (positive / np.where(span > 0.0, span, 1.0)) / 2.0
    return mean


def _ratio(intersection: Array, offset: Array, size_a: Array, size_b: Array) -> Array:
    """Intersection over union, with the rule for boxes without area."""
    area_a, area_b = size_a[0] * size_a[1], size_b[0] * size_b[1]
    union: Array = area_a + area_b
    np.subtract(union, intersection, out=union)
    # Where either box has area, so has the union; this is asked of the boxes and not of all pairs.
    if np.count_nonzero(area_a) == area_a.size or np.count_nonzero(area_b) == area_b.size:
        return np.divide(intersection, union, out=intersection)
    identical = (offset == 0.0).all(axis=0) & (size_a == size_b).all(axis=0)
    return np.where(union > 0.0, intersection / np.where(union > 0.0, union, 1.0), identical)


_CORNERS = np.array([[1.0, -1.0, -1.0, 1.0], [1.0, 1.0, -1.0, -1.0]])[:, :, None]
# Which way each corner lies from the centre, along and across, going round once.

_NEXT = np.array([1, 2, 3, 0])
