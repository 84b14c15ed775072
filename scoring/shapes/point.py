"""Points: how near they are for the size of the image, and the point that is nearest to all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from math import log
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from scoring.agreement.similarity import DENSE_UP_TO, Similarity
from scoring.shapes.common import UNKNOWN_DIAGONAL_PX, coordinates, over_distinct, upper_triangle, voters
from scoring.shapes.geometric_median import geometric_median
from scoring.types import Array

__all__ = [
    "DEFAULT_POINT_RATE",
    "MOST_NEAR_PAIRS",
    "Point",
    "PointMetric",
    "distances",
    "farthest",
    "fuse_point",
    "near_pairs",
    "nearness",
    "point_similarity",
]

PointMetric = Literal["exponential", "linear"]

DEFAULT_POINT_RATE = 20.0
"""How fast the exponential falls: to 0.37 at a twentieth of the image diagonal (Dataloop's 20)."""

MOST_NEAR_PAIRS = 1_000_000
"""Pairs of points that are compared in a task with very many: all of 1,400, of 7,000 all over an image some 280 nearest
each. They take 24 MB as a matrix."""

_NEGLIGIBLE = 1e-9
# A similarity that can change no score.

_SHRINK = 0.8
_SHRINKINGS = 200
# Down to 4e-20 of the reach: points that are all nearer than that are one place for every image.


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A place in the image."""

    x: float
    """px."""
    y: float
    """px."""


def point_similarity(
    shapes: Sequence[Point],
    metric: PointMetric = "exponential",
    *,
    diagonal_px: float = UNKNOWN_DIAGONAL_PX,
    rate: float = DEFAULT_POINT_RATE,
) -> Similarity:
    """How near points are, over all points of all annotators of a task in one call.

    - `exponential` (default): `exp(-rate x d / diagonal)` (Dataloop). Tells 5 px from 50 px.
    - `linear`: `max(0, 1 - d / diagonal)` (Ango). Any two points of an image are somewhat alike.

    Parameters
    ----------
    diagonal_px
        Of the image, above 0; default 707 px, that of 500 x 500 (Dataloop's for images of unknown size).
    rate
        Of the exponential, above 0.

    Returns
    -------
    Similarity
        (n, n), exactly symmetric, in [0, 1], 1 for identical points. Up to `scoring.agreement.similarity.DENSE_UP_TO`
        points dense, some 40 ns a pair. Of more points only what `near_pairs` finds is kept, the rest is 0: below 1e-9,
        or further apart than the `MOST_NEAR_PAIRS` nearest pairs are.

    Raises
    ------
    ValueError
        A coordinate is not finite, the metric is unknown, or the diagonal or the rate is not above 0.

    Examples
    --------
    Dataloop's arithmetic for 5 px in 500 x 500: 0.868. Ango's for 500 x 1200, whose diagonal is 1300.

    >>> point_similarity([Point(10, 10), Point(13, 14)])[0, 1].round(4)
    np.float64(0.8681)
    >>> point_similarity([Point(0, 0), Point(50, 120)], "linear", diagonal_px=1300)[0, 1]
    np.float64(0.9)
    """

    def compare(distinct: list[Point]) -> Similarity:
        places = coordinates([astuple(point) for point in distinct], "point")
        if len(distinct) <= DENSE_UP_TO:
            return nearness(distances(places), metric, diagonal_px, rate)
        first, second, apart = near_pairs(places, farthest(metric, diagonal_px, rate))
        return upper_triangle(len(distinct), first, second, nearness(apart, metric, diagonal_px, rate))

    return over_distinct(shapes, compare)


def fuse_point(shapes: Sequence[Point], weights: Sequence[float] | None = None) -> Point:
    """The geometric median: the point with the least (weighted) sum of distances to those given.

    One careless point far away moves it no more than one near by.

    Parameters
    ----------
    weights
        One per point, as in `vote`; default 1 each.

    Returns
    -------
    Point
        Exactly the common point where all are identical; the same bits for every order. Half way between two points of
        the same weight; otherwise `scoring.shapes.geometric_median.geometric_median`.

    Raises
    ------
    ValueError
        No point, weights that do not fit, or a coordinate that is not finite.

    References
    ----------
    Vardi and Zhang (2000), doi:10.1073/pnas.97.4.1423.

    Examples
    --------
    >>> fuse_point([Point(0, 0), Point(2, 0), Point(1, 1), Point(1, -1), Point(900, 0)])
    Point(x=1.577..., y=0.0)
    """
    chosen, trust = voters(shapes, weights)
    if chosen[0] == chosen[-1]:
        return chosen[0]
    return Point(*geometric_median(coordinates([astuple(point) for point in chosen], "point"), trust))


def distances(points: Array) -> Array:
    """(n, n) distances in px of (n, 2) points.

    >>> distances(np.array([[0, 0], [3, 4]]))[0].tolist()
    [0.0, 5.0]
    """
    x, y = points.T
    apart: Array = np.hypot(x[:, None] - x, y[:, None] - y)
    return apart


def nearness(apart: Array, metric: PointMetric, diagonal_px: float, rate: float) -> Array:
    """Distances in px as similarities in [0, 1]; raises what `point_similarity` raises.

    >>> nearness(np.array([0.0, 50.0]), "linear", 100.0, 20.0).tolist()
    [1.0, 0.5]
    """
    if not (diagonal_px > 0.0 and rate > 0.0):
        raise ValueError(f"expected a diagonal and a rate above 0, got {diagonal_px} px and {rate}")
    if metric == "exponential":
        with np.errstate(under="ignore"):
            return np.exp(-rate * (apart / diagonal_px))
    if metric == "linear":
        return np.maximum(0.0, 1.0 - apart / diagonal_px)
    raise ValueError(f"expected the metric exponential or linear, got {metric!r}")


def farthest(metric: PointMetric, diagonal_px: float, rate: float) -> float:
    """Distance in px from which on `nearness` is below 1e-9.

    >>> round(farthest("exponential", 100.0, 20.0), 3), farthest("linear", 100.0, 20.0)
    (103.616, 100.0)
    """
    return diagonal_px * (-log(_NEGLIGIBLE) / rate if metric == "exponential" else 1.0)


def near_pairs(
    points: Array, reach_px: float, most: int = MOST_NEAR_PAIRS
) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
    """The pairs of many points that are near each other, through a tree, and their distances.

    Near is within `reach_px`; where that are more than `most` pairs, within the largest of `reach_px`,
    0.8 `reach_px`, 0.64 `reach_px` and so on that has no more. So neither memory nor time grows with the square of the
    points, and what is left out lies between points that have many nearer ones.

    Parameters
    ----------
    points
        (n, 2), px.
    reach_px
        Above 0.

    Returns
    -------
    tuple
        (k,) first points, (k,) second ones, each first below its second, and (k,) distances in px.

    References
    ----------
    Bentley (1975), doi:10.1145/361002.361007 (k-d tree; scipy's).

    Examples
    --------
    >>> [found.tolist() for found in near_pairs(np.array([[0.0, 0.0], [3.0, 4.0], [90.0, 0.0]]), 50.0)]
    [[0], [1], [5.0]]
    """
    tree = KDTree(points)
    reaches = reach_px * _SHRINK ** np.arange(_SHRINKINGS)
    # Counted are each point with itself and each pair both ways.
    counts = (tree.count_neighbors(tree, reaches[::-1])[::-1] - len(points)) // 2
    reach = reaches[np.argmax(counts <= most)]
    pairs: NDArray[np.intp] = np.sort(tree.query_pairs(reach, output_type="ndarray"), axis=1)
    first, second = pairs[np.lexsort(pairs.T[::-1])].T
    return first, second, np.hypot(*(points[first] - points[second]).T)
