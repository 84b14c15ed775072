"""The outline of the pixels of a mask, traced from its runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from scoring.shapes.runs import Toggles, rectangles

__all__ = ["outline"]


def outline(toggles: Toggles, height: int) -> Any:
    """A multipolygon of the pixels, each the unit square from (column, row); empty for no runs.

    The corners of what the runs cover, put in order along each line of the raster, bound one edge in pairs.

    >>> outline(np.array([1, 4]), 2).area
    3.0
    """
    left, right, top, bottom = rectangles(toggles, height)
    x = np.concatenate([left, left, right, right])
    y = np.concatenate([top, bottom, top, bottom])
    upright = _paired(x, y, np.lexsort((y, x)))
    # What is inside on both sides of a line shows as an edge without length.
    upright = upright[upright[:, 0, 1] != upright[:, 1, 1]]
    corners = upright.reshape(-1, 2)
    level = _paired(corners[:, 0], corners[:, 1], np.lexsort((corners[:, 0], corners[:, 1])))
    edges = shapely.linestrings(np.concatenate([upright, level]).astype(np.float64))
    cells = shapely.get_parts(shapely.polygonize(edges))
    inside = shapely.point_on_surface(cells)
    position = np.floor(shapely.get_x(inside)) * height + np.floor(shapely.get_y(inside))
    # Cells that share an edge lie on different sides of it, so those inside are a valid multipolygon as they are.
    return shapely.multipolygons(cells[np.searchsorted(toggles, position, side="right") % 2 == 1])


def _paired(x: NDArray[np.int64], y: NDArray[np.int64], order: NDArray[np.intp]) -> NDArray[np.int64]:
    pairs: NDArray[np.int64] = np.column_stack([x[order], y[order]]).reshape(-1, 2, 2)
    return pairs
