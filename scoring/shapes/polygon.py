"""Polygons with holes: what region an outline means, how alike two are, and what several annotators outline together.

What a ring that crosses itself encloses is said in `scoring.shapes.rings` (even-odd). A hole takes away what it shares
with the outer ring; what lies outside of it takes away nothing. Fewer than three different points, or less than 1e-18
square px, enclose nothing: such a polygon has similarity 1 with an identical one and 0 with all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import fsum, sqrt
from typing import Any, Literal

import numpy as np
import shapely

from scoring.agreement.similarity import Similarity, as_dense
from scoring.consensus.centre import medoid
from scoring.shapes.common import UNKNOWN_DIAGONAL_PX, Coordinate, over_distinct, voters
from scoring.shapes.regions import (
    DEFAULT_TOLERANCE_SHARE,
    NEGLIGIBLE_AREA,
    NOTHING,
    AreaMetric,
    Regions,
    compare_regions,
    region_iou,
    solid,
)
from scoring.shapes.rings import enclosed, polygonal
from scoring.types import Array

__all__ = [
    "DEFAULT_SIMPLIFY_PX",
    "Polygon",
    "PolygonFusion",
    "covered_region",
    "fuse_polygon",
    "fuse_regions",
    "polygon_regions",
    "polygon_similarity",
]

PolygonFusion = Literal["coverage", "medoid"]

DEFAULT_SIMPLIFY_PX = 0.25
"""A fused outline moves by at most a quarter of a pixel where vertices are dropped: less than anybody can draw."""

_SIMPLIFY_SHARE = 0.01


@dataclass(frozen=True, slots=True, order=True)
class Polygon:
    """A region by its outline. Any points are a polygon; the module says what those without an area mean."""

    points: tuple[Coordinate, ...]
    """The outer ring, px; closed by itself, the first point need not be repeated."""
    holes: tuple[tuple[Coordinate, ...], ...] = ()
    """Rings that are not part of the region."""
    region: Any = field(default=None, init=False, compare=False, repr=False)
    """What it covers, kept from when `polygon_regions` first made it: to compare and to fuse both need it."""

    @classmethod
    def of(cls, points: Iterable[Sequence[float]], holes: Iterable[Iterable[Sequence[float]]] = ()) -> Polygon:
        """From lists of [x, y], as events carry them.

        >>> Polygon.of([[0, 0], [4, 0], [4, 4]])
        Polygon(points=((0, 0), (4, 0), (4, 4)), holes=())
        """
        return cls(_ring(points), tuple(_ring(hole) for hole in holes))


def polygon_similarity(
    shapes: Sequence[Polygon],
    metric: AreaMetric = "iou",
    *,
    tolerance_px: float | None = None,
    diagonal_px: float = UNKNOWN_DIAGONAL_PX,
) -> Similarity:
    """How alike polygons are, over all polygons of all annotators of a task in one call.

    Parameters
    ----------
    metric
        `iou` (default; exact areas), `boundary_f1` or `giou`: see `scoring.shapes.regions`.
    tolerance_px
        For `boundary_f1`; default 0.75 % of `diagonal_px`.
    diagonal_px
        Of the image.

    Returns
    -------
    Similarity
        (n, n), exactly symmetric, in [0, 1], exactly 1 for identical polygons; dense or, of many, sparse.

    Raises
    ------
    ValueError
        A coordinate is not finite, the metric is unknown, or the tolerance is not above 0.

    References
    ----------
    Default: Label Studio's, Dataloop's, Labelbox's and CVAT's measure for polygons, here on exact areas instead of
    rasters (whose pixels on the border lift small polygons: 0.4774 where 0.4706 is exact).

    Examples
    --------
    A square and a bow-tie of half its area inside it:

    >>> square = Polygon(((0, 0), (10, 0), (10, 10), (0, 10)))
    >>> bow_tie = Polygon(((0, 0), (10, 10), (10, 0), (0, 10)))
    >>> polygon_similarity([square, bow_tie, square]).tolist()
    [[1.0, 0.5, 1.0], [0.5, 1.0, 0.5], [1.0, 0.5, 1.0]]
    """
    tolerance = DEFAULT_TOLERANCE_SHARE * diagonal_px if tolerance_px is None else tolerance_px
    return over_distinct(shapes, lambda distinct: compare_regions(polygon_regions(distinct), metric, tolerance))


def polygon_regions(shapes: Sequence[Polygon]) -> Regions:
    """The regions that polygons mean, valid, by the policies of this module and of `scoring.shapes.rings`.

    Returns
    -------
    Regions
        (n,) of shapely polygons and multipolygons; empty where nothing is enclosed.

    Raises
    ------
    ValueError
        A coordinate is not finite.

    Examples
    --------
    A hole that sticks out of its square takes away only what is inside, 2 x 4:

    >>> sticking_out = Polygon(((0, 0), (10, 0), (10, 10), (0, 10)), (((8, 2), (14, 2), (14, 6), (8, 6)),))
    >>> polygon_regions([sticking_out])[0].area
    92.0
    """
    new = [shape for shape in shapes if shape.region is None]
    for shape, region in zip(new, _made_regions(new), strict=True):
        object.__setattr__(shape, "region", region)
    regions = np.empty(len(shapes), dtype=object)
    regions[:] = [shape.region for shape in shapes]
    return regions


def _made_regions(shapes: Sequence[Polygon]) -> Regions:
    regions = enclosed([shape.points for shape in shapes])
    holed = [i for i, shape in enumerate(shapes) if shape.holes]
    if holed:
        # All rings of all polygons at once: one by one, most of the time would go into the calls.
        holes = enclosed([hole for i in holed for hole in shapes[i].holes])
        ends = np.cumsum([len(shapes[i].holes) for i in holed])
        within = [shapely.union_all(part) if len(part) > 1 else part[0] for part in np.split(holes, ends[:-1])]
        left = [polygonal(region) for region in shapely.difference(regions[holed], within)]
        regions[holed] = solid(np.array(left, dtype=object))
    return regions


def fuse_polygon(
    shapes: Sequence[Polygon],
    weights: Sequence[float] | None = None,
    method: PolygonFusion = "coverage",
    *,
    at_least: float | None = None,
    simplify_px: float = DEFAULT_SIMPLIFY_PX,
) -> Polygon:
    """One polygon for those that several annotators drew around one object.

    - `coverage`: the region that enough annotators cover, exactly, not on a raster; then simplified. One ring can't
      hold several separate parts: of those it is the largest, or the most central of the drawn polygons where that is
      nearer (by IoU) to all that is covered, as both wings of a bow-tie are.
    - `medoid`: the polygon with the largest (weighted) sum of IoU with the others, as it was drawn.

    Two equal voices have more than half only where both agree: their fused polygon is what they share. Where nothing
    is covered enough (two that do not meet, shapes without area) the medoid is taken.

    Parameters
    ----------
    weights
        One per polygon, as in `vote`; default 1 each.
    at_least
        Least covering weight: with default weights the number of annotators, so 1 is the union and `len(shapes)` the
        intersection. Default: strictly more than half of the weight.
    simplify_px
        Vertices are dropped as long as the outline moves by no more than this anywhere (Hausdorff distance), nor by
        more than a hundredth of the square root of its area, so that small objects keep their form. 0: none dropped.

    Returns
    -------
    Polygon
        Valid (`coverage`) or as drawn (`medoid`); exactly the common polygon where all are identical; the same bits
        for every order of the polygons.

    Raises
    ------
    ValueError
        No polygon, weights that do not fit, a coordinate that is not finite, or `simplify_px` below 0.

    References
    ----------
    Coverage vote: panoptes_aggregation's intersection / median / union contours as one family. Simplification: Douglas
    and Peucker (1973), doi:10.3138/FM57-6770-U75U-7727.

    Examples
    --------
    Three squares, shifted by 0, 2 and 4 px: two of three cover 2 .. 12.

    >>> squares = [Polygon(((x, 0), (x + 10, 0), (x + 10, 10), (x, 10))) for x in (0, 2, 4)]
    >>> fuse_polygon(squares)
    Polygon(points=((2.0, 0.0), (2.0, 10.0), (12.0, 10.0), (12.0, 0.0)), holes=())
    """
    chosen, trust = voters(shapes, weights)
    if chosen[0] == chosen[-1]:
        return chosen[0]
    regions = polygon_regions(chosen)
    if method == "coverage":
        fused = fuse_regions(regions, trust, at_least, simplify_px)
        if fused is not None:
            return fused
    return chosen[medoid(_symmetric(as_dense(region_iou(regions))), trust)]


def fuse_regions(
    regions: Regions, weights: Sequence[float], at_least: float | None = None, simplify_px: float = DEFAULT_SIMPLIFY_PX
) -> Polygon | None:
    """`covered_region`, its largest part, simplified.

    None where nothing is covered enough, and where the medoid of the regions is nearer (by IoU) to what is covered than
    its largest part is: one outline for the object then is the medoid.

    >>> fuse_regions(shapely.box([0, 5], [0, 0], [10, 15], [10, 10]), [1.0, 1.0])
    Polygon(points=((5.0, 0.0), (5.0, 10.0), (10.0, 10.0), (10.0, 0.0)), holes=())
    """
    if not simplify_px >= 0.0:
        raise ValueError(f"expected a simplification of at least 0 px, got {simplify_px}")
    covered = covered_region(regions, weights, at_least)
    parts = [part for part in shapely.get_parts(covered) if part.area > 0.0]
    if not parts:
        return None
    largest = shapely.normalize(min(parts, key=lambda part: (-round(part.area, 9), part.bounds)))
    if len(parts) > 1:
        whole = regions[medoid(_symmetric(as_dense(region_iou(regions))), weights)]
        common = shapely.intersection(whole, covered).area
        if common / (whole.area + covered.area - common) > largest.area / covered.area:
            return None
    simple = shapely.simplify(largest, min(simplify_px, _SIMPLIFY_SHARE * sqrt(largest.area)))
    return _as_polygon(shapely.normalize(simple))


def covered_region(regions: Regions, weights: Sequence[float], at_least: float | None = None) -> Any:
    """The region that regions of at least a certain weight cover.

    All outlines together cut the plane into cells; a cell is kept when the regions around it weigh enough. Costs one
    overlay of all outlines, O(v log v) in their vertices and crossings, and a test of each cell against each region.

    Returns
    -------
    Any
        A valid shapely polygon or multipolygon, empty where nothing is covered enough.
    """
    lines = shapely.union_all(shapely.boundary(regions))
    cells = shapely.get_parts(shapely.polygonize([lines]))
    cells = cells[shapely.area(cells) > NEGLIGIBLE_AREA]
    inside = shapely.point_on_surface(cells)
    shapely.prepare(regions)
    weight = np.zeros(len(cells))
    for region, voice in zip(regions, weights, strict=True):
        weight += voice * shapely.intersects_xy(region, shapely.get_x(inside), shapely.get_y(inside))
    total = fsum(weights)
    enough = weight > total * (0.5 + 1e-9) if at_least is None else weight >= at_least - 1e-9 * total
    return polygonal(shapely.union_all(cells[enough])) if enough.any() else NOTHING


def _ring(points: Iterable[Sequence[float]]) -> tuple[Coordinate, ...]:
    return tuple((x, y) for x, y in points)


def _as_polygon(region: Any) -> Polygon:
    outer, *holes = [shapely.get_coordinates(ring)[:-1].tolist() for ring in shapely.get_rings(region)]
    return Polygon.of(outer, holes)


def _symmetric(upper: Array) -> Array:
    return upper + upper.T + np.eye(len(upper))
