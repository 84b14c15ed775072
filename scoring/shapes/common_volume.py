"""The volume that two boxes in space share, however they are turned: a closed form over edges, for many pairs at once.

The common body is convex, and its volume is a sum over its edges. Cut the body into pyramids over its faces from any
place o, and each face into triangles over its edges: then an edge of length l between two faces whose planes lie h and
g from o, and whose outward normals enclose an angle t, adds `l (2 h g - (h^2 + g^2) cos t) / (6 sin t)`. Edges are what
is left of the 12 of each box within the other, and of the 36 lines in which a face of one can cut a face of the other.
No vertices are put in order and no hull is made.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.types import Array

__all__ = ["Turned", "common_volume"]

_WITHIN = 1.0 - 1e-11
_ASIDE = 1e-11 * np.array([0.5772156649, 0.6180339887, 0.6931471806])
# The second box is taken this much smaller and this far aside. So faces and edges that coincide, as those of copied
# boxes do, are apart by more than rounding, and none of them counts twice or not at all.

_PARALLEL = 1e-8
# A sine below this is 0: where two planes cut each other at such an angle is lost in rounding.

_AT_ONCE = 1 << 13
_SIGNS = np.array([-1.0, 1.0])


class Turned(NamedTuple):
    """n boxes in space."""

    center: Array
    """(n, 3)"""
    half: Array
    """(n, 3), half of the extents, above 0."""
    axes: Array
    """(n, 3, 3), the directions of the extents as columns."""


def common_volume(boxes: Turned, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
    """(k,) volumes that k pairs of boxes share, given by index: right to 1e-7 of the smaller one; some 10 us a pair.

    Examples
    --------
    Two unit cubes, one raised by a quarter:

    >>> cubes = Turned(np.array([[0, 0, 0], [0, 0, 0.25]]), np.full((2, 3), 0.5), np.stack([np.eye(3)] * 2))
    >>> common_volume(cubes, np.array([0]), np.array([1])).round(9).tolist()
    [0.75]
    """
    volume = np.empty(len(first))
    for start in range(0, len(volume), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        volume[part] = _common_volume(*(Turned(*(given[side[part]] for given in boxes)) for side in (first, second)))
    return volume


def _common_volume(first: Turned, second: Turned) -> Array:
    unit = np.maximum(first.half.max(axis=1), second.half.max(axis=1))
    a, b = first.half / unit[:, None], second.half / unit[:, None] * _WITHIN
    back = first.axes.transpose(0, 2, 1)
    # In the frame of the first box, about its centre: the axes of the second as columns, and its centre.
    turn = back @ second.axes
    turn[np.abs(turn) < _PARALLEL] = 0.0
    shift = (back @ ((second.center - first.center) / unit[:, None])[:, :, None])[:, :, 0] + _ASIDE
    turn_back = turn.transpose(0, 2, 1)
    shift_back = -(turn_back @ shift[:, :, None])[:, :, 0]
    # How far the faces lie from the centre of the first box: (n, 3 axes, 2 sides).
    near_a = np.broadcast_to(a[:, :, None], (*a.shape, 2))
    near_b = b[:, :, None] - _SIGNS * shift_back[:, :, None]
    share = _own_edges(a, near_a, b, turn_back, shift_back) + _own_edges(b, near_b, a, turn, shift)
    share += _edges_of_both(a, b, near_b, turn, shift_back)
    volume: Array = np.clip(share, 0.0, 8.0 * np.minimum(a.prod(axis=1), b.prod(axis=1))) * unit**3
    return volume


def _own_edges(half: Array, offset: Array, clip: Array, turn: Array, shift: Array) -> Array:
    """What the edges of a box add that lie within the other, in whose frame the box is given by turn and shift."""
    total = np.zeros(len(half))
    for along, one, other in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        corner = _SIGNS[:, None, None] * (half[:, one, None] * turn[:, :, one])[:, None, None, :] + (
            _SIGNS[:, None] * (half[:, other, None] * turn[:, :, other])[:, None, None, :]
        )
        middle = corner + shift[:, None, None, :]
        enter, leave = -half[:, along, None, None], half[:, along, None, None]
        for axis in range(3):
            direction = turn[:, axis, along, None, None]
            enter, leave = _clipped(enter, leave, middle[..., axis], direction, clip[:, axis, None, None])
        length = np.maximum(leave - enter, 0.0)
        total += (length * offset[:, one, :, None] * offset[:, other, None, :]).sum(axis=(1, 2)) / 3.0
    return total


def _edges_of_both(a: Array, b: Array, near_b: Array, turn: Array, shift_back: Array) -> Array:
    """What the edges add in which a face of one box cuts a face of the other, in the frame of the first."""
    total = np.zeros(len(a))
    side_a, side_b = _SIGNS[:, None], _SIGNS[None, :]
    for k, i, j in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        h = a[:, k, None, None]
        for axis in range(3):
            normal_i, normal_j = turn[:, i, axis, None, None], turn[:, j, axis, None, None]
            squared = normal_i**2 + normal_j**2
            cut = squared > 0.0
            squared = np.where(cut, squared, 1.0)
            sine, cosine = np.sqrt(squared), side_a * side_b * turn[:, k, axis, None, None]
            g = near_b[:, axis, None, :]
            foot = (g - cosine * h) / squared * side_b
            place = {k: side_a * h, i: foot * normal_i, j: foot * normal_j}
            step = {i: -normal_j / sine, j: normal_i / sine}
            enter, leave = np.full_like(foot, -np.inf), np.full_like(foot, np.inf)
            for m in (i, j):
                enter, leave = _clipped(enter, leave, place[m], step[m], a[:, m, None, None])
            for m in {0, 1, 2} - {axis}:
                row = turn[:, :, m, None, None]
                at = row[:, k] * place[k] + row[:, i] * place[i] + row[:, j] * place[j] + shift_back[:, m, None, None]
                direction = row[:, i] * step[i] + row[:, j] * step[j]
                enter, leave = _clipped(enter, leave, at, direction, b[:, m, None, None])
            length = np.where(cut, np.maximum(leave - enter, 0.0), 0.0)
            total += (length * (2.0 * h * g - cosine * (h * h + g * g)) / sine).sum(axis=(1, 2)) / 6.0
    return total


def _clipped(enter: Array, leave: Array, at: Array, direction: Array, half: Array) -> tuple[Array, Array]:
    """The part of a line between two parameters that lies within `half` of 0 along an axis."""
    steps = np.where(direction == 0.0, 1e-300, direction)
    with np.errstate(over="ignore"):
        low, high = (-half - at) / steps, (half - at) / steps
    return np.maximum(enter, np.minimum(low, high)), np.minimum(leave, np.maximum(low, high))
