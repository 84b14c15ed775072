"""Angles, as medical tools measure them: a vertex, two arms, and the opening between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, degrees, fsum, hypot, radians, sin
from typing import TypeAlias

import numpy as np

from scoring.agreement.similarity import DENSE_UP_TO, Similarity
from scoring.consensus.centre import weighted_median
from scoring.shapes.common import (
    UNKNOWN_DIAGONAL_PX,
    Coordinate,
    circular_median,
    coordinates,
    over_distinct,
    upper_triangle,
    voters,
)
from scoring.shapes.geometric_median import geometric_median
from scoring.shapes.point import DEFAULT_POINT_RATE, distances, farthest, near_pairs, nearness
from scoring.types import Array

__all__ = ["Angle", "angle_similarity", "fuse_angle"]

_Arm: TypeAlias = tuple[float, float]
# Direction in degrees and length in px.


@dataclass(frozen=True, slots=True, order=True)
class Angle:
    """An angle drawn in the image. One with an arm without length is similar to an identical one only."""

    vertex: Coordinate
    """px."""
    arms: tuple[Coordinate, Coordinate]
    """The far ends of both arms, px; which one comes first makes no difference."""

    @classmethod
    def of(cls, vertex: Sequence[float], arms: Sequence[Sequence[float]]) -> Angle:
        """From lists, as events carry them; raises ValueError unless there are two arms of two coordinates.

        >>> Angle.of([0, 0], [[5, 0], [0, 5]]).opening_degrees
        90.0
        """
        (x, y), ((ax, ay), (bx, by)) = vertex, arms
        return cls((x, y), ((ax, ay), (bx, by)))

    @property
    def opening_degrees(self) -> float | None:
        """The angle between the arms, in [0, 180]; None where an arm has no length.

        >>> Angle((0, 0), ((5, 0), (-5, 5))).opening_degrees
        135.0
        """
        (u, v), (s, t) = ((x - self.vertex[0], y - self.vertex[1]) for x, y in self.arms)
        if not (hypot(u, v) and hypot(s, t)):
            return None
        opening = abs(degrees(atan2(v, u)) - degrees(atan2(t, s)))
        return min(opening, 360.0 - opening)


def angle_similarity(
    shapes: Sequence[Angle], *, diagonal_px: float = UNKNOWN_DIAGONAL_PX, rate: float = DEFAULT_POINT_RATE
) -> Similarity:
    """How alike angles are, over all angles of all annotators of a task in one call.

    `(1 - |difference of the openings| / 180) x exp(-rate x distance of the vertices / diagonal)`: both what was
    measured and where have to agree. How long the arms are and where they point is not part of the measurement.

    Parameters
    ----------
    diagonal_px
        Of the image, above 0.
    rate
        As in `point_similarity`; at least 0, where 0 leaves the openings alone to count.

    Returns
    -------
    Similarity
        (n, n), exactly symmetric, in [0, 1], 1 for identical angles, also with their arms exchanged. Of many angles
        those with vertices far apart are not compared, as in `point_similarity`, unless the rate is 0.

    Raises
    ------
    ValueError
        A coordinate is not finite, the diagonal is not above 0, or the rate is negative.

    Examples
    --------
    >>> right, half = Angle((0, 0), ((5, 0), (0, 5))), Angle((0, 0), ((5, 0), (5, 5)))
    >>> angle_similarity([right, half])[0].tolist()
    [1.0, 0.75]
    """

    def compare(distinct: list[Angle]) -> Similarity:
        opening = np.array([np.nan if shape.opening_degrees is None else shape.opening_degrees for shape in distinct])
        vertices = coordinates([shape.vertex for shape in distinct], "angle")
        if rate and len(distinct) > DENSE_UP_TO:
            first, second, apart = near_pairs(vertices, farthest("exponential", diagonal_px, rate))
            return upper_triangle(len(distinct), first, second, alike(opening[first] - opening[second], apart))
        return alike(opening[:, None] - opening, distances(vertices))

    def alike(turned: Array, apart: Array) -> Array:
        difference = np.abs(turned) / 180.0
        near = nearness(apart, "exponential", diagonal_px, rate) if rate else np.ones_like(apart)
        return np.where(np.isnan(difference), 0.0, (1.0 - difference) * near)

    return over_distinct(shapes, compare, _arms_in_order)


def fuse_angle(shapes: Sequence[Angle], weights: Sequence[float] | None = None) -> Angle:
    """One angle for those that several annotators drew: its vertex, and each arm's direction and length, by median.

    The vertex is the geometric median. Arms are paired with those of the most central angle (the least summed turn of
    its arms to the others'); directions are fused by the circular median, lengths by the median.

    Parameters
    ----------
    weights
        One per angle, as in `vote`; default 1 each.

    Returns
    -------
    Angle
        Exactly the common angle where all are identical; the same bits for every order.

    Raises
    ------
    ValueError
        No angle, weights that do not fit, or a coordinate that is not finite.

    Examples
    --------
    >>> drawn = [((0, 0), (9, 0), (0, 9)), ((0, 0), (0, 9), (9, 0)), ((3, 0), (9, 0), (3, 9))]
    >>> fused = fuse_angle([Angle(vertex, (one, other)) for vertex, one, other in drawn])
    >>> fused.vertex, round(fused.opening_degrees, 9)
    ((0.0, 0.0), 90.0)
    """
    chosen, trust = voters(shapes, weights)
    if len({_arms_in_order(shape) for shape in chosen}) == 1:
        return chosen[0]
    x, y = geometric_median(coordinates([shape.vertex for shape in chosen], "angle"), trust)
    drawn = [_arms(shape) for shape in chosen]
    reference = min(drawn, key=lambda arms: _turned_away(arms, drawn, trust))
    paired = [min((arms, arms[::-1]), key=lambda order: _turn(order, reference)) for arms in drawn]
    first, second = (_fused_arm([arms[k] for arms in paired], trust) for k in (0, 1))
    return Angle((x, y), (_end(x, y, first), _end(x, y, second)))


def _arms_in_order(shape: Angle) -> Angle:
    first, second = sorted(shape.arms)
    return Angle(shape.vertex, (first, second))


def _arms(shape: Angle) -> tuple[_Arm, ...]:
    x, y = shape.vertex
    return tuple((degrees(atan2(v - y, u - x)), hypot(u - x, v - y)) for u, v in shape.arms)


def _turn(arms: tuple[_Arm, ...], others: tuple[_Arm, ...]) -> float:
    """Summed turn in degrees that brings the arms onto others, in this order."""
    return fsum(abs((a - b + 180.0) % 360.0 - 180.0) for (a, _), (b, _) in zip(arms, others, strict=True))


def _turned_away(arms: tuple[_Arm, ...], drawn: Sequence[tuple[_Arm, ...]], weights: Sequence[float]) -> float:
    turns = [min(_turn(arms, other), _turn(arms[::-1], other)) for other in drawn]
    return round(fsum(weight * turn for weight, turn in zip(weights, turns, strict=True)), 9)


def _fused_arm(arms: Sequence[_Arm], weights: Sequence[float]) -> _Arm:
    turns, lengths = zip(*arms, strict=True)
    return circular_median(turns, weights), weighted_median(lengths, weights)


def _end(x: float, y: float, arm: _Arm) -> Coordinate:
    turn, length = arm
    return x + length * cos(radians(turn)), y + length * sin(radians(turn))
