"""Boxes, polygons, ellipses and masks beside one another, where a control lets annotators choose their tool.

Pairs of one kind are compared as that kind always is: boxes by their closed form, masks on their runs. All other pairs
are compared as polygons: a box by its corners, an ellipse by 128 corners that enclose its area, and a mask by the exact
outline of its pixels, each pixel the unit square from (column, row) to (column + 1, row + 1). Nothing is rasterised, so
an outline is not credited with the pixels that it merely touches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from scoring.agreement.boxes import iou
from scoring.agreement.similarity import Similarity, as_dense
from scoring.consensus.centre import medoid
from scoring.shapes.box import Box, as_rows, fuse_box
from scoring.shapes.common import UNKNOWN_DIAGONAL_PX, over_distinct, voters
from scoring.shapes.ellipse import Ellipse, ellipse_regions, fuse_ellipse
from scoring.shapes.mask import Mask, mask_iou, mask_regions
from scoring.shapes.mask_fusion import fuse_mask
from scoring.shapes.polygon import DEFAULT_SIMPLIFY_PX, Polygon, fuse_polygon, fuse_regions, polygon_regions
from scoring.shapes.regions import (
    DEFAULT_TOLERANCE_SHARE,
    NOTHING,
    AreaMetric,
    Regions,
    compare_regions,
    meeting_pairs,
    region_iou,
    solid,
)
from scoring.types import Array, Boxes

__all__ = ["Area", "area_regions", "area_similarity", "fuse_area"]

Area: TypeAlias = Box | Ellipse | Mask | Polygon
"""A shape that covers a part of the image."""


def area_similarity(
    shapes: Sequence[Area],
    metric: AreaMetric = "iou",
    *,
    tolerance_px: float | None = None,
    diagonal_px: float = UNKNOWN_DIAGONAL_PX,
) -> Similarity:
    """How alike areas of any kinds are, over all of them of all annotators of a task in one call.

    A pair's similarity does not depend on the other shapes of the call.

    Parameters
    ----------
    metric, tolerance_px, diagonal_px
        As in `polygon_similarity`; default `iou`.

    Returns
    -------
    Similarity
        (n, n), exactly symmetric, in [0, 1], 1 for identical shapes (of the same kind; of different kinds up to
        rounding, about 1e-12). A shape without area is similar to an identical one only.

    Raises
    ------
    ValueError
        A coordinate is not finite, the metric is unknown, or the tolerance is not above 0.

    Examples
    --------
    A box, the same square as polygon and as mask, and a circle in it (pi / 4 = 0.785):

    >>> square = Polygon(((0, 0), (4, 0), (4, 4), (0, 4)))
    >>> shapes = [Box(0, 0, 4, 4), square, Mask.of([4, 4], [0, 16]), Ellipse(2, 2, 2, 2)]
    >>> area_similarity(shapes)[0].round(3).tolist()
    [1.0, 1.0, 1.0, 0.785]
    """
    tolerance = DEFAULT_TOLERANCE_SHARE * diagonal_px if tolerance_px is None else tolerance_px

    def compare(distinct: list[Area]) -> Similarity:
        if metric == "iou":
            return _iou(distinct)
        return compare_regions(area_regions(distinct), metric, tolerance)

    return over_distinct(shapes, compare)


def area_regions(shapes: Sequence[Area]) -> Regions:
    """The regions that areas of any kinds cover, in their order; empty for those without area.

    >>> [region.area for region in area_regions([Box(0, 0, 2, 3), Mask.of([2, 2], [1, 3])])]
    [6.0, 3.0]
    """
    regions = np.full(len(shapes), NOTHING, dtype=object)
    for kind, convert in _CONVERTED.items():
        places = _places(shapes, kind)
        if len(places):
            regions[places] = convert([shapes[i] for i in places])
    return regions


def fuse_area(shapes: Sequence[Area], weights: Sequence[float] | None = None) -> Area:
    """One area for those that several annotators marked around one object, whatever tools they used.

    All of one kind: the default fusion of that kind. Of several kinds: the polygon of the region that more than half of
    the weight covers, as `fuse_polygon`; where there is none, and where `fuse_polygon` takes the medoid, the shape with
    the largest sum of IoU.

    Parameters
    ----------
    weights
        One per shape, as in `vote`; default 1 each.

    Returns
    -------
    Area
        Exactly the common shape where all are identical; the same bits for every order.

    Raises
    ------
    ValueError
        No shape, weights that do not fit, or a coordinate that is not finite.

    Examples
    --------
    >>> fuse_area([Box(0, 0, 4, 4), Polygon(((0, 0), (4, 0), (4, 6), (0, 6))), Mask.of([9, 9], [81])])
    Polygon(points=((0.0, 0.0), (0.0, 4.0), (4.0, 4.0), (4.0, 0.0)), holes=())
    """
    chosen, trust = voters(shapes, weights)
    kinds = {type(shape) for shape in chosen}
    if len(kinds) == 1:
        one_kind: Area = _FUSED[kinds.pop()](chosen, trust)
        return one_kind
    fused = fuse_regions(area_regions(chosen), trust, simplify_px=DEFAULT_SIMPLIFY_PX)
    return fused if fused is not None else chosen[medoid(area_similarity(chosen), trust)]


def _iou(shapes: list[Area]) -> Array:
    boxes, masks = _places(shapes, Box), _places(shapes, Mask)
    same_kind = np.zeros((len(shapes), len(shapes)), dtype=np.bool_)
    for places in (boxes, masks):
        same_kind[np.ix_(places, places)] = True
    similarity = np.zeros((len(shapes), len(shapes)))
    if not same_kind.all():
        regions = area_regions(shapes)
        first, second = meeting_pairs(regions)
        left = ~same_kind[first, second]
        similarity = as_dense(region_iou(regions, (first[left], second[left])))
    if len(boxes):
        rows = as_rows([shape for shape in shapes if isinstance(shape, Box)])
        similarity[np.ix_(boxes, boxes)] = iou(rows, rows)
    if len(masks):
        similarity[np.ix_(masks, masks)] = as_dense(mask_iou([s for s in shapes if isinstance(s, Mask)]))
    return similarity


def _box_regions(boxes: Sequence[Box]) -> Regions:
    rows: Boxes = as_rows(boxes)
    half = rows[:, 2:4] / 2.0
    turn = np.deg2rad(rows[:, 4])[:, None]
    u, v = (half[:, :, None] * np.array([[-1.0, 1.0, 1.0, -1.0], [-1.0, -1.0, 1.0, 1.0]])).transpose(1, 0, 2)
    # The corners of an upright box come out without rounding: its turn is 0, whose sine is exactly 0.
    x = rows[:, :1] + half[:, :1] + np.cos(turn) * u - np.sin(turn) * v
    y = rows[:, 1:2] + half[:, 1:2] + np.sin(turn) * u + np.cos(turn) * v
    regions: Regions = shapely.polygons(np.stack([x, y], axis=2))
    return solid(regions)


def _places(shapes: Sequence[Area], kind: type[Area]) -> NDArray[np.intp]:
    return np.flatnonzero([isinstance(shape, kind) for shape in shapes])


_CONVERTED: dict[type[Area], Callable[[Any], Regions]] = {
    Box: _box_regions,
    Ellipse: ellipse_regions,
    Mask: mask_regions,
    Polygon: polygon_regions,
}

_FUSED: dict[type[Area], Callable[[Any, Sequence[float]], Area]] = {
    Box: fuse_box,
    Ellipse: fuse_ellipse,
    Mask: fuse_mask,
    Polygon: fuse_polygon,
}
