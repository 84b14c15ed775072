"""Which regions of a task meet, found through a tree, and work on many pairs in parts of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["Pairs", "Regions", "in_parts", "meeting_pairs", "near_outlines"]

Regions: TypeAlias = NDArray[Any]
"""(n,) of shapely polygons and multipolygons, valid or empty."""

Pairs: TypeAlias = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Indices of first and second regions, each first below its second."""

_CANDIDATES = 1 << 20
# Pairs that a tree is asked for in one go: some 50 MB, of which what meets is kept.

_AT_ONCE = 1 << 17
# Corners, or places on boundaries, that are worked on in one go: some 20 MB.


def meeting_pairs(regions: Regions) -> Pairs:
    """The pairs of regions that touch or overlap, found through a tree of their bounding boxes, in order.

    >>> [found.tolist() for found in meeting_pairs(shapely.box([0, 5, 90], [0, 0, 0], [9, 15, 99], [9, 9, 9]))]
    [[0], [1]]
    """
    shapely.prepare(regions)
    return _ascending(regions, predicate="intersects")


def near_outlines(outlines: NDArray[Any], distance_px: float) -> Pairs:
    """The pairs of lines that come within a distance of each other anywhere, in order.

    >>> lines = shapely.boundary(shapely.box([0, 12, 90], [0, 0, 0], [9, 15, 99], [9, 9, 9]))
    >>> [found.tolist() for found in near_outlines(lines, 3.0)]
    [[0], [1]]
    """
    shapely.prepare(outlines)
    return _ascending(outlines, predicate="dwithin", distance=distance_px)


def _ascending(geometries: NDArray[Any], **condition: Any) -> Pairs:
    """Each pair once; the tree finds it both ways, so it is asked in parts, of which a half is kept."""
    tree = shapely.STRtree(geometries)
    found = [np.zeros((2, 0), dtype=np.intp)]
    step = max(1, _CANDIDATES // max(1, len(geometries)))
    for start in range(0, len(geometries), step):
        near = tree.query(geometries[start : start + step], **condition)
        near[0] += start
        found.append(near[:, near[0] < near[1]])
    first, second = np.concatenate(found, axis=1)
    order = np.lexsort((second, first))
    return first[order], second[order]


def in_parts(sizes: NDArray[Any]) -> Iterator[slice]:
    """Pairs in a row that together have some 100,000 corners or places, at least one pair each.

    >>> list(in_parts(np.array([100_000, 100_000, 5])))
    [slice(0, 1, None), slice(1, 3, None)]
    """
    passed = np.cumsum(sizes) // _AT_ONCE
    borders = [0, *(np.flatnonzero(np.diff(passed)) + 1).tolist(), len(sizes)]
    return (slice(start, stop) for start, stop in pairwise(borders) if start < stop)
