"""How CVAT compares two points, two lines and two skeletons in its quality reports.

Boxes (turned ones too), polygons, masks and ellipses it compares by IoU, as the rest of the library does.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, fsum, hypot

import numpy as np

from scoring.shapes.common import Coordinate
from scoring.shapes.keypoints import Keypoints
from scoring.types import Array

__all__ = ["LINE_RADIUS", "OKS_SIGMA", "line_similarity", "point_similarity", "skeleton_similarity"]

OKS_SIGMA = 0.09
"""CVAT's default spread of points, as a share of the object's size."""

LINE_RADIUS = 0.01
"""CVAT's default thickness of lines, as a share of the square root of the image's area."""

_SEEN = 2


def point_similarity(a: Coordinate, b: Coordinate, width_px: float, height_px: float) -> float:
    """Two single points: `exp(-d^2 / (2 s (2 sigma)^2))`, with the image's area s and `OKS_SIGMA`.

    References
    ----------
    CVAT, `quality_control/annotation_matching.py`, `match_points`: points without a box around them.

    Examples
    --------
    80 px apart in 1280 x 720: exp(-6400 / (2 x 921600 x 0.0324)).

    >>> round(point_similarity((0, 0), (80, 0), 1280, 720), 3)
    0.898
    """
    distance_px = hypot(a[0] - b[0], a[1] - b[1])
    return exp(-(distance_px**2) / (2.0 * width_px * height_px * (2.0 * OKS_SIGMA) ** 2))


def line_similarity(a: Sequence[Coordinate], b: Sequence[Coordinate], width_px: float, height_px: float) -> float:
    """Two lines: the mean of `exp(-d^2 / (2 s (2 r)^2))`, with the image's area s and `LINE_RADIUS`.

    d is how far apart both lines are at the same share of their lengths: at their starts, at their ends, and wherever
    either has a corner. The second line is taken backwards too, and the better counts. Quirks: two straight lines are
    compared at their ends alone, so half of one is worth 0.5; backwards the places are those of the way forth. Lines
    whose boxes are far apart are 0 without a look.

    Parameters
    ----------
    a, b
        Corners, px. One alone is a line without length.

    Returns
    -------
    float
        In [0, 1], symmetric, 1 for identical lines. Own choice: without any corner 1 with another such line, else 0.

    References
    ----------
    CVAT, `quality_control/annotation_matching.py`, `LineMatcher`.

    Examples
    --------
    >>> round(line_similarity([(0, 0), (400, 0)], [(0, 0), (200, 0)], 1280, 720), 6)
    0.5
    >>> round(line_similarity([(0, 0), (400, 0)], [(400, 27), (0, 27)], 1280, 720), 3)     # exp(-729 / 737.28)
    0.372
    """
    if not a or not b:
        return 1.0 if not a and not b else 0.0
    ours, theirs = (np.array(line if len(line) > 1 else [*line, *line], dtype=np.float64) for line in (a, b))
    size = width_px * height_px
    (here, reach), (there, other) = _circle(ours), _circle(theirs)
    if float(np.square(here - there).sum()) > reach + other + size * (6.0 * LINE_RADIUS) ** 2:
        return 0.0
    along, beside = _shares(ours), _shares(theirs)
    places = np.concatenate([[0.0], along[1:-1], beside[1:-1], [1.0]])
    places.sort()
    p, q = _at(ours, along, places), _at(theirs, beside, places)
    return max(_gaussian(p - q, size), _gaussian(p - q[::-1], size))


def skeleton_similarity(a: Keypoints, b: Keypoints) -> float:
    """Two skeletons: OKS over the visible joints, sized by the mean of the boxes around both.

    `sum(exp(-d^2 / (2 s (2 sigma)^2)) over joints visible in both) / (joints visible in either)`, s the mean width
    times the mean height of the boxes around all labelled joints. Quirks: a hidden joint counts as none; skeletons
    whose boxes do not overlap are 0, and so is one whose joints lie on an upright or level line, even with itself.

    Returns
    -------
    float
        In [0, 1], symmetric; 0 where no joint is visible.

    References
    ----------
    CVAT, `quality_control/annotation_matching.py`, `KeypointsMatcher` and `oks`.

    Examples
    --------
    exp(-9 / (2 x 100 x 0.0324)), twice, over three joints.

    >>> a = Keypoints.of({"head": [0, 0, 2], "foot": [10, 10, 2]})
    >>> b = Keypoints.of({"head": [3, 0, 2], "foot": [13, 10, 2], "hand": [5, 5, 2]})
    >>> round(skeleton_similarity(a, b), 4)
    0.1662
    """
    (left, top, right, bottom), (west, north, east, south) = _box(a), _box(b)
    if min(right, east) <= max(left, west) or min(bottom, south) <= max(top, north):
        return 0.0
    size = (right - left + east - west) / 2.0 * (bottom - top + south - north) / 2.0
    ours, theirs = ({j.name: (j.x, j.y) for j in one.joints if j.visibility == _SEEN} for one in (a, b))
    either = len(ours.keys() | theirs.keys())
    if not either:
        return 0.0
    squares = [
        (ours[name][0] - theirs[name][0]) ** 2 + (ours[name][1] - theirs[name][1]) ** 2
        for name in sorted(ours.keys() & theirs.keys())
    ]
    return fsum(exp(-square / (2.0 * size * (2.0 * OKS_SIGMA) ** 2)) for square in squares) / either


def _circle(line: Array) -> tuple[Array, float]:
    """Centre and squared radius of the circle around a line's box."""
    low, high = line.min(axis=0), line.max(axis=0)
    return (low + high) / 2.0, float(np.square(high - low).sum()) / 4.0


def _shares(line: Array) -> Array:
    """At which share of the length each corner lies; all at the start where there is none."""
    lengths = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    whole = along[-1]
    shares: Array = along / whole if whole > 0.0 else np.zeros_like(along)
    return shares


def _at(line: Array, shares: Array, places: Array) -> Array:
    return np.stack([np.interp(places, shares, line[:, axis]) for axis in (0, 1)], axis=1)


def _gaussian(apart: Array, size: float) -> float:
    with np.errstate(under="ignore"):
        alike: Array = np.exp(-np.square(apart).sum(axis=1) / (2.0 * size * (2.0 * LINE_RADIUS) ** 2))
    return float(alike.mean())


def _box(shape: Keypoints) -> tuple[float, float, float, float]:
    if not shape.joints:
        return 0.0, 0.0, 0.0, 0.0
    x, y = [joint.x for joint in shape.joints], [joint.y for joint in shape.joints]
    return min(x), min(y), max(x), max(y)
