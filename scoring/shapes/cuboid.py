"""Cuboids: intersection over union in space, for boxes turned about the vertical axis and about any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, fsum, radians
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from scoring.agreement.boxes import paired_iou
from scoring.agreement.similarity import Similarity
from scoring.consensus.boxes import fuse
from scoring.consensus.centre import medoid, weighted_median
from scoring.shapes.common import over_distinct, upper_triangle, voters
from scoring.shapes.common_volume import Turned, common_volume
from scoring.shapes.meeting import Pairs, meeting_pairs
from scoring.types import Array, Boxes

__all__ = ["Cuboid", "cuboid_similarity", "fuse_cuboid"]

_Triple: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, slots=True, order=True)
class Cuboid:
    """A box in space; z is the vertical axis. One without volume is similar to an identical one only."""

    center: _Triple
    """x, y, z, in the unit of the scene."""
    size: _Triple
    """Extent along x, y, z before rotation, at least 0."""
    rotation_degrees: _Triple = (0.0, 0.0, 0.0)
    """About the x, then the y, then the z axis, all fixed in space and through the centre; from x towards y, y towards
    z and z towards x. Most tools turn about z only."""

    def __post_init__(self) -> None:
        """Refuse what is no cuboid, so that a decoder can name it."""
        numbers = (*self.center, *self.size, *self.rotation_degrees)
        if len(numbers) != 9 or not np.isfinite(numbers).all() or min(self.size) < 0.0:
            raise ValueError(
                "expected a finite cuboid of three numbers each for center, size (at least 0) and rotation, got "
                f"{self.center}, {self.size} and {self.rotation_degrees}"
            )

    @classmethod
    def of(
        cls, center: Sequence[float], size: Sequence[float], rotation_degrees: Sequence[float] = (0.0, 0.0, 0.0)
    ) -> Cuboid:
        """From lists, as events carry them; raises ValueError where one does not have three numbers.

        >>> Cuboid.of([0, 0, 0], [4, 2, 1.5]).size
        (4, 2, 1.5)
        """
        (cx, cy, cz), (length, width, height), (roll, pitch, yaw) = center, size, rotation_degrees
        return cls((cx, cy, cz), (length, width, height), (roll, pitch, yaw))


def cuboid_similarity(shapes: Sequence[Cuboid]) -> Similarity:
    """Volume in common over volume of either, over all cuboids of all annotators of a task in one call.

    Turned about z only, the volume in common is the area in common seen from above (that of boxes, exact) times the
    common height: a vectorised closed form for all pairs. For a pair of which one is tilted it is a closed form over
    the edges of the common body (`scoring.shapes.common_volume`). Only pairs whose surrounding spheres meet are looked
    at; they are found through a tree.

    Returns
    -------
    Similarity
        (n, n), exactly symmetric, in [0, 1], exactly 1 for identical cuboids.

    References
    ----------
    Geiger, Lenz and Urtasun (2012), KITTI, doi:10.1109/CVPR.2012.6248074, for IoU of boxes turned about the vertical
    axis.

    Examples
    --------
    Two unit cubes, one raised by half; and one turned by 45 degrees in itself (a regular octagon from above).

    >>> cubes = [((0, 0, 0), 0), ((0, 0, 0.5), 0), ((0, 0, 0), 45)]
    >>> cuboid_similarity([Cuboid(at, (1, 1, 1), (0, 0, yaw)) for at, yaw in cubes])[0].round(4).tolist()
    [1.0, 0.3333, 0.7071]
    """
    return over_distinct(shapes, _compare)


def fuse_cuboid(shapes: Sequence[Cuboid], weights: Sequence[float] | None = None) -> Cuboid:
    """One cuboid for those that several annotators drew around one object.

    Turned about z only: the (weighted) median of every side, seen from above as for boxes (in the frame of the common
    rotation, so swapped sides and half turns do no harm), and of bottom and top; the front is where most of the weight
    says. If one is tilted: the cuboid with the largest (weighted) sum of IoU with the others, because a median of three
    rotations is no rotation that anybody meant.

    Parameters
    ----------
    weights
        One per cuboid, as in `vote`; default 1 each.

    Returns
    -------
    Cuboid
        Exactly the common cuboid where all are identical; the same bits for every order.

    Raises
    ------
    ValueError
        No cuboid, or weights that do not fit.

    Examples
    --------
    >>> drawn = ((0, 2, 0), (1, 2, 0), (9, 4, 180))
    >>> fuse_cuboid([Cuboid((x, 0, 1), (4, 2, height), (0, 0, yaw)) for x, height, yaw in drawn])
    Cuboid(center=(1.0, 0.0, 1.0), size=(4.0, 2.0, 2.0), rotation_degrees=(0.0, 0.0, 0.0))
    """
    chosen, trust = voters(shapes, weights)
    if chosen[0] == chosen[-1]:
        return chosen[0]
    if any(_tilted(shape) for shape in chosen):
        return chosen[medoid(cuboid_similarity(chosen), trust)]
    x, y, length, width, yaw = fuse(_from_above(chosen), trust).tolist()
    bottom = weighted_median([shape.center[2] - shape.size[2] / 2.0 for shape in chosen], trust)
    top = weighted_median([shape.center[2] + shape.size[2] / 2.0 for shape in chosen], trust)
    ahead = fsum(w * cos(radians(shape.rotation_degrees[2] - yaw)) for shape, w in zip(chosen, trust, strict=True))
    if ahead < -1e-9:
        yaw = (yaw + 180.0) % 360.0
    return Cuboid(
        (x + length / 2.0, y + width / 2.0, (bottom + top) / 2.0), (length, width, top - bottom), (0.0, 0.0, yaw)
    )


def _compare(shapes: list[Cuboid]) -> Similarity:
    center = np.array([shape.center for shape in shapes], dtype=np.float64)
    size = np.array([shape.size for shape in shapes], dtype=np.float64)
    volume = size.prod(axis=1)
    first, second = _near(center, size, volume > 0.0)
    tilted = np.array([_tilted(shape) for shape in shapes])
    either = tilted[first] | tilted[second]
    common = np.empty(len(first))
    common[~either] = _upright_volume(shapes, center, size, first[~either], second[~either])
    if either.any():
        turned = Turned(center, size / 2.0, np.array([_rotation(shape) for shape in shapes]))
        common[either] = common_volume(turned, first[either], second[either])
    return upper_triangle(len(shapes), first, second, common / (volume[first] + volume[second] - common))


def _near(center: Array, size: Array, solid: NDArray[np.bool_]) -> Pairs:
    """The pairs of cuboids with a volume whose surrounding spheres meet."""
    some = np.flatnonzero(solid)
    reach = np.linalg.norm(size[some], axis=1) / 2.0
    x, y, z = center[some].T
    first, second = meeting_pairs(shapely.box(x - reach, y - reach, x + reach, y + reach))
    near = np.hypot(np.hypot(x[first] - x[second], y[first] - y[second]), z[first] - z[second])
    met = near < reach[first] + reach[second]
    return some[first[met]], some[second[met]]


def _upright_volume(
    shapes: Sequence[Cuboid], center: Array, size: Array, first: NDArray[np.intp], second: NDArray[np.intp]
) -> Array:
    """Volume in common of pairs that are turned about z only."""
    boxes = _from_above(shapes)
    ratio, area = paired_iou(boxes[first], boxes[second]), size[:, 0] * size[:, 1]
    # |A & B| = IoU (|A| + |B|) / (1 + IoU), never more than the smaller one.
    common = np.minimum(ratio * (area[first] + area[second]) / (1.0 + ratio), np.minimum(area[first], area[second]))
    half, z = size[:, 2] / 2.0, center[:, 2]
    lower = np.minimum(half[first], half[second])
    height = np.minimum(half[first] + half[second] - np.abs(z[first] - z[second]), 2.0 * lower)
    volume: Array = common * np.maximum(height, 0.0)
    return volume


def _tilted(shape: Cuboid) -> bool:
    return any(turn % 180.0 != 0.0 for turn in shape.rotation_degrees[:2])


def _from_above(shapes: Sequence[Cuboid]) -> Boxes:
    rows = []
    for shape in shapes:
        (x, y, _), (length, width, _), (_, _, yaw) = shape.center, shape.size, shape.rotation_degrees
        rows.append((x - length / 2.0, y - width / 2.0, length, width, yaw))
    return np.array(rows, dtype=np.float64)


def _rotation(shape: Cuboid) -> Array:
    """The rotation matrix: about x, then y, then z."""
    (sx, sy, sz), (cx, cy, cz) = np.sin(np.deg2rad(shape.rotation_degrees)), np.cos(np.deg2rad(shape.rotation_degrees))
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cx, -sx], [0.0, sx, cx]])
    about_y = np.array([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
    about_z = np.array([[cz, -sz, 0.0], [sz, cz, 0.0], [0.0, 0.0, 1.0]])
    turn: Array = about_z @ about_y @ about_x
    return turn
