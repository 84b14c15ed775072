"""Areas of any outline compared with one another: the engine behind polygons, ellipses and mixed tools.

A region is a valid shapely polygon or multipolygon, empty where the shape has no area. All pairs of a task are judged
in a few vectorised calls: a tree finds the pairs that meet (of n objects spread over an image that is O(n log n)
instead of n^2), and only those are intersected, at a cost of O(v log v) in their v vertices and crossings.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from scoring.agreement.similarity import Pairs as Alike
from scoring.agreement.similarity import Similarity
from scoring.shapes.boundaries import boundary_f1
from scoring.shapes.common import upper_triangle
from scoring.shapes.meeting import Pairs, Regions, in_parts, meeting_pairs
from scoring.shapes.point import near_pairs
from scoring.types import Array

__all__ = [
    "DEFAULT_TOLERANCE_SHARE",
    "MOST_HULLS",
    "NEGLIGIBLE_AREA",
    "NOTHING",
    "AreaMetric",
    "Pairs",
    "Regions",
    "boundary_f1",
    "compare_regions",
    "generalised_iou",
    "meeting_pairs",
    "region_iou",
    "solid",
]

AreaMetric = Literal["iou", "boundary_f1", "giou"]

DEFAULT_TOLERANCE_SHARE = 0.0075
"""How far apart two boundaries may run and still be the same, as a share of the image diagonal (the Berkeley
segmentation benchmark's 0.75 %)."""

NEGLIGIBLE_AREA = 1e-18
"""Square px below which an outline counts as enclosing nothing: a billionth of a pixel wide and high. Numbers yet
smaller leave the range of floating point when they are multiplied."""

NOTHING = shapely.Polygon()
"""The region of a shape without area."""

MOST_HULLS = 200_000
"""Pairs of regions that are compared by GIoU in a task with very many: all of 630. Each takes a hull, some 50
microseconds, whether they overlap or not."""


def compare_regions(regions: Regions, metric: AreaMetric, tolerance_px: float) -> Similarity | Alike:
    """`region_iou`, `boundary_f1` or `generalised_iou` of all regions.

    Returns
    -------
    Similarity | Alike
        In [0, 1]: (n, n), filled above the diagonal only, or the pairs that meet.

    Raises
    ------
    ValueError
        The metric is unknown, or the tolerance is not above 0.
    """
    if metric == "iou":
        return _overlapping(regions, *meeting_pairs(regions))
    if metric == "giou":
        return generalised_iou(regions)
    if metric == "boundary_f1":
        return boundary_f1(regions, tolerance_px)
    raise ValueError(f"expected the metric iou, boundary_f1 or giou, got {metric!r}")


def region_iou(regions: Regions, pairs: Pairs | None = None) -> Similarity:
    """Area in common over area of either, `|A & B| / |A | B|`.

    Parameters
    ----------
    pairs
        Which pairs to judge; default all that meet.

    Returns
    -------
    Similarity
        (n, n) in [0, 1], filled above the diagonal only. 0 where a region is empty.

    References
    ----------
    Jaccard (1912), doi:10.1111/j.1469-8137.1912.tb05611.x, applied to areas.

    Examples
    --------
    >>> region_iou(shapely.box([0, 5], [0, 0], [10, 15], [10, 10]))[0, 1].round(4)
    np.float64(0.3333)
    """
    first, second = meeting_pairs(regions) if pairs is None else pairs
    return upper_triangle(len(regions), *_overlapping(regions, first, second))


def _overlapping(regions: Regions, first: NDArray[np.intp], second: NDArray[np.intp]) -> Alike:
    return Alike(first, second, _pair_iou(regions, first, second))


def _pair_iou(regions: Regions, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
    area, corners = shapely.area(regions), shapely.get_num_coordinates(regions)
    common = np.empty(len(first))
    for part in in_parts(corners[first] + corners[second]):
        common[part] = shapely.area(shapely.intersection(regions[first[part]], regions[second[part]]))
    return _ratio(common, area[first] + area[second] - common)


def generalised_iou(regions: Regions) -> Similarity:
    """IoU that still tells near from far where nothing overlaps: `(1 + GIoU) / 2`.

    `GIoU = IoU - |C minus (hull A | hull B)| / |C|` with C the convex hull of both. For convex shapes that is the GIoU
    of its authors; for others theirs stays below 1 even between a shape and itself, because a hull is larger than what
    it encloses. Taking each shape's own hull out of C mends that and changes nothing else. Scaled from [-1, 1] to
    [0, 1]: two shapes that touch have about 0.5. Costs a hull per pair, whatever overlaps: of more than `MOST_HULLS`
    pairs those that meet and those whose centres are nearest are compared (`scoring.shapes.point.near_pairs`), and the
    others, which are far apart, count as 0.

    Returns
    -------
    Similarity
        (n, n) in [0, 1], filled above the diagonal only. 0 where a region is empty.

    References
    ----------
    Rezatofighi et al. (2019), doi:10.1109/CVPR.2019.00075.

    Examples
    --------
    Two unit squares, one square apart: C is 3, so (1 + 0 - 1 / 3) / 2.

    >>> generalised_iou(shapely.box([0, 2], [0, 0], [1, 3], [1, 1]))[0, 1].round(4)
    np.float64(0.3333)
    """
    hulls = shapely.convex_hull(regions)
    hull_area, corners = shapely.area(hulls), shapely.get_num_coordinates(hulls)
    first, second = _hull_pairs(hulls)
    enclosing = np.empty(len(first))
    for part in in_parts(corners[first] + corners[second]):
        enclosing[part] = shapely.area(_joint_hulls(hulls, first[part], second[part]))
    # |A & B| = IoU (|A| + |B|) / (1 + IoU), so |A | B| = (|A| + |B|) / (1 + IoU).
    hull_iou, iou = (_iou_where_met(areas, first, second) for areas in (hulls, regions))
    covered = (hull_area[first] + hull_area[second]) / (1.0 + hull_iou)
    wasted = np.clip(1.0 - _ratio(covered, enclosing), 0.0, 1.0)
    return upper_triangle(len(regions), first, second, (1.0 + iou - wasted) / 2.0)


def _hull_pairs(hulls: Regions) -> Pairs:
    """All pairs of regions that are not empty, or of too many those that meet and those nearest to each other."""
    drawn = np.flatnonzero(shapely.area(hulls) > 0.0)
    if len(drawn) * (len(drawn) - 1) // 2 <= MOST_HULLS:
        first, second = np.triu_indices(len(drawn), 1)
        return drawn[first], drawn[second]
    centres = shapely.get_coordinates(shapely.centroid(hulls[drawn]))
    near = near_pairs(centres, float(np.hypot(*np.ptp(centres, axis=0))), MOST_HULLS)[:2]
    met = meeting_pairs(hulls[drawn])
    keys = np.union1d(*(first * len(drawn) + second for first, second in (near, met)))
    return drawn[keys // len(drawn)], drawn[keys % len(drawn)]


def _iou_where_met(regions: Regions, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
    """IoU of pairs that come in order, all that meet among them."""
    met = meeting_pairs(regions)
    iou = np.zeros(len(first))
    place = np.searchsorted(first * len(regions) + second, met[0] * len(regions) + met[1])
    iou[place] = _pair_iou(regions, *met)
    return iou


def solid(regions: Regions) -> Regions:
    """The regions with `NOTHING` in place of those that are invalid or enclose a negligible area.

    >>> solid(shapely.box([0, 0], [0, 0], [2, 1e-12], [2, 1e-12])).tolist()
    [<POLYGON ((2 0, 2 2, 0 2, 0 0, 2 0))>, <POLYGON EMPTY>]
    """
    return np.where(shapely.is_valid(regions) & (shapely.area(regions) > NEGLIGIBLE_AREA), regions, NOTHING)


def _joint_hulls(hulls: Regions, first: NDArray[np.intp], second: NDArray[np.intp]) -> Regions:
    """Convex hull of each pair, from the few vertices of its own hulls."""
    joint: Regions = shapely.convex_hull(shapely.geometrycollections(np.column_stack([hulls[first], hulls[second]])))
    return joint


def _ratio(part: Array, whole: Array) -> Array:
    ratio: Array = np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0.0)
    return np.minimum(np.maximum(ratio, 0.0), 1.0)
