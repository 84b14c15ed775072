"""How well outlines follow one another."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from scoring.agreement.similarity import Similarity
from scoring.shapes.common import upper_triangle
from scoring.shapes.meeting import Regions, in_parts, near_outlines
from scoring.types import Array

__all__ = ["boundary_f1"]

_BOUNDARY_SAMPLES = 200

_BOUNDARIES_AT_ONCE = 500
# Whose places are made in one go: 100,000 of them.


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
    first, second = near_outlines(boundaries, tolerance_px)
    followed = _Followed(boundaries, tolerance_px)
    f1 = np.empty(len(first))
    for part in in_parts(np.full(len(first), _BOUNDARY_SAMPLES)):
        precision, recall = followed.share(first[part], second[part]), followed.share(second[part], first[part])
        f1[part] = _harmonic(precision, recall)
    return upper_triangle(len(regions), first, second, f1)


class _Followed:
    """How much of boundaries runs within a tolerance of others."""

    def __init__(self, boundaries: Regions, tolerance_px: float) -> None:
        self._boundaries, self._tolerance = boundaries, tolerance_px
        # Places in the middle of equal parts: none falls on the start of a ring, where two parts meet.
        steps = (np.arange(_BOUNDARY_SAMPLES) + 0.5) / _BOUNDARY_SAMPLES
        self._x, self._y = np.full((2, len(boundaries), _BOUNDARY_SAMPLES), np.nan)
        drawn = np.flatnonzero(~shapely.is_empty(boundaries))
        for some in np.array_split(drawn, len(drawn) // _BOUNDARIES_AT_ONCE + 1):
            places = shapely.line_interpolate_point(boundaries[some, None], steps[None, :], normalized=True)
            self._x[some], self._y[some] = shapely.get_x(places), shapely.get_y(places)
        # A place beyond another boundary's box and tolerance needs no look at the boundary itself; what rounding may
        # take from an edge is left to that look.
        low_x, low_y, high_x, high_y = shapely.bounds(boundaries).T
        reach = tolerance_px * (1.0 + 1e-9) + 1e-12 * np.abs(shapely.bounds(boundaries)).max(axis=1)
        self._box = np.array([low_x - reach, low_y - reach, high_x + reach, high_y + reach])

    def share(self, ours: NDArray[np.intp], theirs: NDArray[np.intp]) -> Array:
        """Of each boundary of `ours` the share of places that lie near the boundary of `theirs`."""
        x, y = self._x[ours], self._y[ours]
        left, top, right, bottom = self._box[:, theirs, None]
        # Prepared are the boundaries, so they go first.
        pair, place = np.nonzero((x >= left) & (x <= right) & (y >= top) & (y <= bottom))
        places = shapely.points(x[pair, place], y[pair, place])
        with np.errstate(divide="ignore", invalid="ignore"):  # GEOS's, of sides without length at 1e9 px
            near = shapely.dwithin(self._boundaries[theirs[pair]], places, self._tolerance)
        share: Array = np.bincount(pair[near], minlength=len(ours)) / _BOUNDARY_SAMPLES
        return share


def _harmonic(precision: Array, recall: Array) -> Array:
    both = precision + recall
    return np.divide(2.0 * precision * recall, both, out=np.zeros_like(both), where=both > 0.0)
