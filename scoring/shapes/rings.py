"""What a ring of points encloses, also where it crosses itself: outlines as people draw them.

A ring that crosses itself means the region that its lines enclose an odd number of times (even-odd, as in SVG and most
rasterisers): both wings of a bow-tie, not their difference (which the shoelace formula gives: 0) nor one of them (which
a zero-width buffer gives). A line drawn several times is one line, so an outline gone round twice means what it means
once. Lines and points that enclose nothing are dropped.

A ring whose sides cross one another more often than it has sides, and more than `FEW_CROSSINGS` times, is a scribble,
not an outline: it means its convex hull. By the even-odd rule it would fall into cells by the square of its points,
half a million of 2,000 points at random, and all that it is compared with would be cut by them: a pair of scribbles of
20 points takes as long as one of outlines of 500. So do rings whose sides meet, touches included, more than
`MOST_CROSSINGS` times, and rings whose crossings floating point can't put in order (coordinates of 1e300 px).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from scoring.shapes.common import Coordinate, coordinates
from scoring.shapes.regions import NEGLIGIBLE_AREA, NOTHING, Regions, solid
from scoring.types import Array

__all__ = ["FEW_CROSSINGS", "MOST_CROSSINGS", "enclosed", "polygonal"]

FEW_CROSSINGS = 20
"""Pairs of sides that may cross in any ring. A star of seven points has 14; of more than 20, a ring may have as many as
it has sides, with room for a traced outline whose every few points cross. So the region that a ring means has corners
by the number of its points, a few times as many, and not by their square."""

MOST_CROSSINGS = 1_000
"""Pairs of sides of one ring, other than neighbours, that may meet, whatever its number of points.

A ring of this many is repaired within some 10 ms, and neither counting nor the hull of one with more takes longer."""

_SIDES_AT_ONCE = 64
# Compared with all others in one go: of 2,000 sides 128,000 pairs, after which it is asked whether that is enough.


def enclosed(rings: Sequence[Sequence[Coordinate]]) -> Regions:
    """The regions that rings enclose, by the policy of this module.

    Parameters
    ----------
    rings
        n rings of points, px; closed by themselves, the first point need not be repeated.

    Returns
    -------
    Regions
        (n,), valid; empty where nothing is enclosed.

    Raises
    ------
    ValueError
        A coordinate is not finite.

    Examples
    --------
    A bow-tie: both wings.

    >>> enclosed([[(0, 0), (10, 10), (10, 0), (0, 10)]])[0].area
    50.0
    """
    sizes = np.array([len(ring) for ring in rings], dtype=np.intp)
    regions = np.full(len(rings), NOTHING, dtype=object)
    drawn = np.flatnonzero(sizes >= 3)
    points = _points(rings)
    if len(drawn):
        ends = np.cumsum(sizes)[drawn]
        regions[drawn] = shapely.polygons(_closed(points, ends - sizes[drawn], ends))
    # Each is asked once whether it is valid, which takes as long as making it.
    crossed = np.flatnonzero(~shapely.is_valid(regions))
    for i in crossed:
        regions[i] = polygonal(_repaired(regions[i]))
    regions[crossed] = solid(regions[crossed])
    regions[shapely.area(regions) <= NEGLIGIBLE_AREA] = NOTHING
    return regions


def _points(rings: Sequence[Sequence[Coordinate]]) -> Array:
    """Those of all rings, one after the other: of many small ones most of the time would go into the calls."""
    try:
        return coordinates(list(chain.from_iterable(rings)), "polygon")
    except ValueError:
        # Once more one by one, for the message to name the point of its own ring.
        for ring in rings:
            coordinates(ring, "polygon")
        raise


def _closed(points: Array, begins: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[Any]:
    """The rings of these stretches of points, each with its first point at its end, once.

    shapely is twice as fast where it need not close them.
    """
    is_open = (points[begins] != points[ends - 1]).any(axis=1)
    sizes = ends - begins + is_open
    after = np.cumsum(sizes)
    corner = np.arange(after[-1]) - np.repeat(after - sizes - begins, sizes)
    corner[after[is_open] - 1] = begins[is_open]
    outlines: NDArray[Any] = shapely.linearrings(points[corner], indices=np.repeat(np.arange(len(sizes)), sizes))
    return outlines


def _repaired(region: Any) -> Any:
    """What the outline of an invalid polygon without holes means, by the policy of this module."""
    ring = shapely.get_coordinates(region)
    starts, ends = ring[:-1], ring[1:]
    moving = (starts != ends).any(axis=1)
    starts, ends = starts[moving], ends[moving]
    if _is_scribble(starts, ends):
        return shapely.convex_hull(region)
    try:
        lines = shapely.union_all([shapely.boundary(region)])
    except shapely.errors.GEOSException:
        return shapely.convex_hull(region)
    cells = shapely.get_parts(shapely.polygonize([lines]))
    kept = cells[_inside(cells)] if len(cells) else cells
    parts = shapely.multipolygons(kept)
    # Both sides of a line are in only where it was drawn twice: then they are one.
    return parts if shapely.is_valid(parts) else shapely.union_all(kept)


def _is_scribble(starts: Array, ends: Array) -> bool:
    """Whether too many pairs of sides of a ring cross or meet, neighbours left out; stops when it knows."""
    sides = shapely.linestrings(np.stack([starts, ends], axis=1))
    tree = shapely.STRtree(sides)
    met = crossed = 0
    for begin in range(0, len(sides), _SIDES_AT_ONCE):
        first, second = tree.query(sides[begin : begin + _SIDES_AT_ONCE])
        first = first + begin
        others = (second > first + 1) & (second - first < len(sides) - 1)
        a, b = first[others], second[others]
        # Their bounding boxes meet, so they do where the ends of each lie on both sides of the other, or on it.
        across = _turns(starts[a], ends[a], starts[b]) * _turns(starts[a], ends[a], ends[b])
        along = _turns(starts[b], ends[b], starts[a]) * _turns(starts[b], ends[b], ends[a])
        met += int(np.count_nonzero((across <= 0.0) & (along <= 0.0)))
        crossed += int(np.count_nonzero((across < 0.0) & (along < 0.0)))
        if met > MOST_CROSSINGS or crossed > max(FEW_CROSSINGS, len(sides)):
            return True
    return False


def _turns(start: Array, end: Array, point: Array) -> Array:
    """-1, 0 or 1: on which side of each line each point lies."""
    # Beyond 1e154 px a product overflows; such sides count as apart, and the ring is cut into cells like any other.
    with np.errstate(over="ignore", invalid="ignore"):
        (u, v), (s, t) = (end - start).T, (point - start).T
        turns: Array = np.sign(u * t - v * s)
    return turns


def _inside(cells: Regions) -> NDArray[np.bool_]:
    """Which of the cells that lines cut the plane into are in: an odd number of lines away from the outside."""
    rings, cell_of_ring = shapely.get_rings(cells, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    within = ring[1:] == ring[:-1]
    lower, upper = points[:-1][within], points[1:][within]
    backwards = (lower[:, 0] > upper[:, 0]) | ((lower[:, 0] == upper[:, 0]) & (lower[:, 1] > upper[:, 1]))
    edges = np.where(backwards[:, None], np.hstack([upper, lower]), np.hstack([lower, upper]))
    beside = cell_of_ring[ring[:-1][within]]
    order = np.lexsort((beside, *edges.T))
    edges, beside = edges[order], beside[order]
    first = np.append(True, (edges[1:] != edges[:-1]).any(axis=1))
    # Each line has two sides, so it comes twice where a cell lies on both, and else the outside is the other one.
    outside = len(cells)
    shared = np.append(~first[1:], False)
    other = np.where(shared, np.roll(beside, -1), outside)[first]
    graph = coo_array((np.ones(len(other)), (beside[first], other)), shape=(outside + 1, outside + 1)).tocsr()
    away = dijkstra(graph, directed=False, indices=outside, unweighted=True)[:outside]
    odd: NDArray[np.bool_] = away % 2.0 == 1.0
    return odd


def polygonal(region: Any) -> Any:
    """The region without the lines and points that an overlay may leave beside it.

    >>> polygonal(shapely.GeometryCollection([shapely.box(0, 0, 1, 2), shapely.Point(5, 5)])).area
    2.0
    """
    if region.geom_type in ("Polygon", "MultiPolygon"):
        return region
    flat = shapely.get_parts(shapely.get_parts(region))
    areas = flat[shapely.get_dimensions(flat) == 2]
    return shapely.union_all(areas) if len(areas) else NOTHING
