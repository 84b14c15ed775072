"""Which regions of a task meet, found through a tree, and work on many pairs in parts of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from scoring.agreement.similarity import DENSE_UP_TO

__all__ = ["Pairs", "Regions", "in_parts", "meeting_boxes", "meeting_pairs", "near_outlines"]

Regions: TypeAlias = NDArray[Any]
"""(n,) of shapely polygons and multipolygons, valid or empty."""

Pairs: TypeAlias = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Indices of first and second regions, each first below its second."""

_ALL_WITH_ALL_UP_TO = 64
# Boxes for which sorting takes longer than looking at all pairs.

_PREPARED_FROM = 8
# Questions after which a region is asked faster for having been prepared.

_CANDIDATES = 1 << 20
# Pairs that a tree is asked for in one go: some 50 MB, of which what meets is kept.

_AT_ONCE = 1 << 17
# Corners, or places on boundaries, that are worked on in one go: some 20 MB.


def meeting_pairs(regions: Regions) -> Pairs:
    """The pairs of regions that touch or overlap, in order; only those whose bounding boxes meet are looked at.

    >>> [found.tolist() for found in meeting_pairs(shapely.box([0, 5, 90], [0, 0, 0], [9, 15, 99], [9, 9, 9]))]
    [[0], [1]]
    """
    if len(regions) > DENSE_UP_TO:
        first, second = _ascending(regions)
    else:
        drawn = np.flatnonzero(~shapely.is_empty(regions))
        first, second = (drawn[side] for side in meeting_boxes(shapely.bounds(regions[drawn]).T, touching=True))
        order = np.lexsort((second, first))
        first, second = first[order], second[order]
    # Asked here and not of the tree, which would ask every pair twice.
    shapely.prepare(regions[np.bincount(first, minlength=len(regions)) > _PREPARED_FROM])
    meet = shapely.intersects(regions[first], regions[second])
    return first[meet], second[meet]


def meeting_boxes(boxes: NDArray[Any], *, touching: bool = False) -> Pairs:
    """The pairs of upright boxes that have area in common, or at least a point.

    Parameters
    ----------
    boxes
        (4, n) left, top, right, bottom; none without area.
    touching
        Whether a point is enough.

    Examples
    --------
    >>> [found.tolist() for found in meeting_boxes(np.array([[5, 0, 10], [0, 5, 0], [15, 9, 12], [9, 15, 9]]))]
    [[0, 0], [1, 2]]
    """
    left, top, right, bottom = boxes
    before = np.less_equal if touching else np.less
    if len(left) <= _ALL_WITH_ALL_UP_TO:
        begins = before(left[:, None], right) & before(top[:, None], bottom)
        first, second = np.nonzero(begins & begins.T)
        upper = first < second
        return first[upper], second[upper]
    found = [np.zeros((2, 0), dtype=np.intp)]
    order = np.argsort(left, kind="stable")
    # In that order each has to do with those after it that begin before it ends.
    after = np.searchsorted(left[order], right[order], side="right" if touching else "left") - np.arange(
        1, len(order) + 1
    )
    for start, stop in _borders(after, _CANDIDATES):
        counts = after[start:stop]
        one = np.repeat(np.arange(start, stop), counts)
        other = np.arange(1, len(one) + 1) + one - np.repeat(np.cumsum(counts) - counts, counts)
        one, other = order[one], order[other]
        sharing = np.flatnonzero(before(top[one], bottom[other]) & before(top[other], bottom[one]))
        one, other = one[sharing], other[sharing]
        found.append(np.stack([np.minimum(one, other), np.maximum(one, other)]))
    first, second = np.concatenate(found, axis=1)
    return first, second


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
    return (slice(start, stop) for start, stop in _borders(sizes, _AT_ONCE))


def _borders(sizes: NDArray[Any], at_once: int) -> Iterator[tuple[int, int]]:
    passed = np.cumsum(sizes) // at_once
    if len(sizes) and not passed.any():
        return iter(((0, len(sizes)),))
    borders = [0, *(np.flatnonzero(np.diff(passed)) + 1).tolist(), len(sizes)]
    return ((start, stop) for start, stop in pairwise(borders) if start < stop)
