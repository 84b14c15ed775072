"""Areas of any outline compared with one another: the engine behind polygons, ellipses and mixed tools.

A region is a valid shapely polygon or multipolygon, empty where the shape has no area. All pairs of a task are judged
in a few vectorised calls: a tree finds the pairs that meet (of n objects spread over an image that is O(n log n)
instead of n^2), and only those are intersected, at a cost of O(v log v) in their v vertices and crossings.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from scoring.agreement.similarity import Similarity, as_dense
from scoring.shapes.common import upper_triangle
from scoring.types import Array

__all__ = [
    "DEFAULT_TOLERANCE_SHARE",
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

Regions: TypeAlias = NDArray[Any]
"""(n,) of shapely polygons and multipolygons, valid or empty."""

Pairs: TypeAlias = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Indices of first and second regions, each first below its second."""

DEFAULT_TOLERANCE_SHARE = 0.0075
"""How far apart two boundaries may run and still be the same, as a share of the image diagonal (the Berkeley
segmentation benchmark's 0.75 %)."""

NEGLIGIBLE_AREA = 1e-18
"""Square px below which an outline counts as enclosing nothing: a billionth of a pixel wide and high. Numbers yet
smaller leave the range of floating point when they are multiplied."""

NOTHING = shapely.Polygon()
"""The region of a shape without area."""

_BOUNDARY_SAMPLES = 200


def compare_regions(regions: Regions, metric: AreaMetric, tolerance_px: float) -> Similarity:
    """`region_iou`, `boundary_f1` or `generalised_iou` of all regions.

    Returns
    -------
    Similarity
        (n, n) in [0, 1], filled above the diagonal only.

    Raises
    ------
    ValueError
        The metric is unknown, or the tolerance is not above 0.
    """
    if metric == "iou":
        return region_iou(regions)
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
    area = shapely.area(regions)
    common = shapely.area(shapely.intersection(regions[first], regions[second]))
    return upper_triangle(len(regions), first, second, _ratio(common, area[first] + area[second] - common))


def generalised_iou(regions: Regions) -> Array:
    """IoU that still tells near from far where nothing overlaps: `(1 + GIoU) / 2`.

    `GIoU = IoU - |C minus (hull A | hull B)| / |C|` with C the convex hull of both. For convex shapes that is the GIoU
    of its authors; for others theirs stays below 1 even between a shape and itself, because a hull is larger than what
    it encloses. Taking each shape's own hull out of C mends that and changes nothing else. Scaled from [-1, 1] to
    [0, 1]: two shapes that touch have about 0.5. Costs a hull per pair, so n^2, whatever overlaps.

    Returns
    -------
    Array
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
    hull_area = shapely.area(hulls)
    enclosed = shapely.area(regions) > 0.0
    first, second = np.triu_indices(len(regions), 1)
    chosen = enclosed[first] & enclosed[second]
    first, second = first[chosen], second[chosen]
    enclosing = shapely.area(_joint_hulls(hulls, first, second))
    overlap = as_dense(region_iou(hulls))[first, second]
    # |A & B| = IoU (|A| + |B|) / (1 + IoU), so |A | B| = (|A| + |B|) / (1 + IoU).
    covered = (hull_area[first] + hull_area[second]) / (1.0 + overlap)
    similarity = np.zeros((len(regions), len(regions)))
    wasted = np.clip(1.0 - _ratio(covered, enclosing), 0.0, 1.0)
    similarity[first, second] = (1.0 + as_dense(region_iou(regions))[first, second] - wasted) / 2.0
    return similarity


def boundary_f1(regions: Regions, tolerance_px: float) -> Similarity:
    """Share of the boundaries that run within a tolerance of each other: how well an outline follows another.

    `2 p r / (p + r)` with p the share of A's boundary (outer rings and holes) that lies within `tolerance_px` of B's,
    and r the share of B's that lies within it of A's. Unlike IoU it does not get easier with the size of the object.
    Distances to the boundary are exact; shares come from 200 places spread evenly along each boundary, so each is
    within 1 / 200 for every time that the boundary leaves or enters the tolerance.

    Returns
    -------
    Similarity
        (n, n) in [0, 1], filled above the diagonal only. 0 where a region is empty.

    Raises
    ------
    ValueError
        The tolerance is not above 0.

    References
    ----------
    Csurka et al. (2013), What is a good evaluation measure for semantic segmentation?, doi:10.5244/C.27.32. Tolerance
    as a share of the diagonal: Martin, Fowlkes and Malik (2004), doi:10.1109/TPAMI.2004.1273918.

    Examples
    --------
    A square and the same one 1 px to the right:

    >>> shifted = shapely.box([0, 1], [0, 0], [40, 41], [40, 40])
    >>> boundary_f1(shifted, 2.0)[0, 1], boundary_f1(shifted, 0.5)[0, 1].round(2)
    (np.float64(1.0), np.float64(0.5))
    """
    if not tolerance_px > 0.0:
        raise ValueError(f"expected a tolerance above 0 px, got {tolerance_px}")
    boundaries = shapely.boundary(regions)
    drawn = np.flatnonzero(~shapely.is_empty(regions))
    if not len(drawn):
        return np.zeros((len(regions), len(regions)))
    places = np.empty((len(regions), _BOUNDARY_SAMPLES), dtype=object)
    # Places in the middle of equal parts: none falls on the start of a ring, where two parts meet.
    steps = (np.arange(_BOUNDARY_SAMPLES) + 0.5) / _BOUNDARY_SAMPLES
    places[drawn] = shapely.line_interpolate_point(boundaries[drawn, None], steps[None, :], normalized=True)
    shapely.prepare(boundaries)
    near = shapely.STRtree(boundaries).query(boundaries, predicate="dwithin", distance=tolerance_px)
    first, second = near[:, near[0] < near[1]]
    precision = shapely.dwithin(places[first], boundaries[second, None], tolerance_px).mean(axis=1)
    recall = shapely.dwithin(places[second], boundaries[first, None], tolerance_px).mean(axis=1)
    f1 = _ratio(2.0 * precision * recall, precision + recall)
    return upper_triangle(len(regions), first, second, f1)


def solid(regions: Regions) -> Regions:
    """The regions with `NOTHING` in place of those that are invalid or enclose a negligible area.

    >>> solid(shapely.box([0, 0], [0, 0], [2, 1e-12], [2, 1e-12])).tolist()
    [<POLYGON ((2 0, 2 2, 0 2, 0 0, 2 0))>, <POLYGON EMPTY>]
    """
    return np.where(shapely.is_valid(regions) & (shapely.area(regions) > NEGLIGIBLE_AREA), regions, NOTHING)


def meeting_pairs(regions: Regions) -> Pairs:
    """The pairs of regions that touch or overlap, found through a tree of their bounding boxes."""
    shapely.prepare(regions)
    first, second = shapely.STRtree(regions).query(regions, predicate="intersects")
    ascending = first < second
    return first[ascending], second[ascending]


def _joint_hulls(hulls: Regions, first: NDArray[np.intp], second: NDArray[np.intp]) -> Regions:
    """Convex hull of each pair, from the few vertices of its own hulls."""
    joint: Regions = shapely.convex_hull(shapely.geometrycollections(np.column_stack([hulls[first], hulls[second]])))
    return joint


def _ratio(part: Array, whole: Array) -> Array:
    ratio: Array = np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0.0)
    return np.clip(ratio, 0.0, 1.0)
