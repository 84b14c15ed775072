"""Polylines: how much of two lines runs side by side, and which of several stands for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from scoring.agreement.similarity import Similarity
from scoring.consensus.centre import medoid
from scoring.shapes.common import UNKNOWN_DIAGONAL_PX, Coordinate, coordinates, over_distinct, upper_triangle, voters
from scoring.shapes.meeting import in_parts, near_outlines
from scoring.types import Array

__all__ = ["DEFAULT_LINE_SCALE", "LineMetric", "Polyline", "fuse_polyline", "polyline_similarity"]

LineMetric = Literal["mutual", "aligned", "directed"]

DEFAULT_LINE_SCALE = 0.014
"""Distance at which two lines are exp(-1/2) = 0.61 alike, as a share of the image diagonal. CVAT's
`2 x 0.01 x sqrt(width x height)` on a square image."""

_SAMPLES = 100
_FEWEST = 10
_PER_SCALE = 4.0
# Places this many to a scale apart give the mean of the kernel, which has no finer detail, to some thousandths.

_NEGLIGIBLE = 4.3
# Beyond this many scales a place adds less than exp(-9.2), about 1e-4.


@dataclass(frozen=True, slots=True, order=True)
class Polyline:
    """A line through points. One without length is similar to an identical one only."""

    points: tuple[Coordinate, ...]
    """px, in the order drawn."""

    @classmethod
    def of(cls, points: Iterable[Sequence[float]]) -> Polyline:
        """From a list of [x, y], as events carry it.

        >>> Polyline.of([[0, 0], [4, 0]])
        Polyline(points=((0, 0), (4, 0)))
        """
        return cls(tuple((x, y) for x, y in points))


def polyline_similarity(
    shapes: Sequence[Polyline],
    metric: LineMetric = "mutual",
    *,
    diagonal_px: float = UNKNOWN_DIAGONAL_PX,
    scale: float = DEFAULT_LINE_SCALE,
) -> Similarity:
    """How alike lines are, over all lines of all annotators of a task in one call.

    Lines are compared at places spread evenly along each. A place d px off counts `exp(-d^2 / (2 s^2))`, with
    `s = scale x diagonal_px`.

    - `mutual` (default): d is the distance from the place to the nearest point of the other line (exact). The result is
      the mean over the places of both lines, each line weighted by its length: the share of what both drew that runs
      along the other's, as Dice's coefficient. No direction, no starting point; half a line is worth 2 / 3. A line has
      four places to a length of s, the middles of equal parts, at least 10 and at most 100.
    - `aligned`: d is the distance between the k-th of 100 places of both lines, ends included; the better of the two
      directions (CVAT).
    - `directed`: the same in the direction drawn only, for lines such as lanes or arrows.

    Parameters
    ----------
    diagonal_px
        Of the image, above 0.
    scale
        Share of the diagonal, above 0.

    Returns
    -------
    Similarity
        (n, n), exactly symmetric, in [0, 1], exactly 1 for identical lines (for all but `directed` also for a line and
        its reverse). 0 between lines more than 4.3 s apart everywhere, which would share less than 1e-4; they
        are found through a tree without comparing them.

    Raises
    ------
    ValueError
        A coordinate is not finite, the metric is unknown, or the diagonal or the scale is not above 0.

    References
    ----------
    CVAT's quality control (`LineMatcher`): the mean of the same kernel over resampled places.

    Examples
    --------
    A line, its reverse, and its first half:

    >>> line, back, half = Polyline(((0, 0), (90, 0))), Polyline(((90, 0), (0, 0))), Polyline(((0, 0), (45, 0)))
    >>> polyline_similarity([line, back, half], diagonal_px=50)[0].round(2).tolist()
    [1.0, 1.0, 0.67]
    >>> polyline_similarity([line, back, half], "directed", diagonal_px=50)[0].round(2).tolist()
    [1.0, 0.01, 0.02]
    """
    if metric not in ("mutual", "aligned", "directed"):
        raise ValueError(f"expected the metric mutual, aligned or directed, got {metric!r}")
    if not (diagonal_px > 0.0 and scale > 0.0):
        raise ValueError(f"expected a diagonal and a scale above 0, got {diagonal_px} px and {scale}")
    reach = scale * diagonal_px

    def compare(distinct: list[Polyline]) -> Similarity:
        lines = _lines(distinct)
        if metric == "mutual":
            return _mutual(lines, reach)
        return _aligned(lines, reach, both_ways=metric == "aligned")

    return over_distinct(shapes, compare, None if metric == "directed" else _either_way)


def fuse_polyline(
    shapes: Sequence[Polyline],
    weights: Sequence[float] | None = None,
    *,
    metric: LineMetric = "mutual",
    diagonal_px: float = UNKNOWN_DIAGONAL_PX,
    scale: float = DEFAULT_LINE_SCALE,
) -> Polyline:
    """The line with the largest (weighted) sum of similarities with the others, as it was drawn (medoid).

    An average would need to know which place of one line belongs to which of another; a drawn line is always one that
    somebody meant.

    Parameters
    ----------
    weights
        One per line, as in `vote`; default 1 each.
    metric, diagonal_px, scale
        As in `polyline_similarity`.

    Returns
    -------
    Polyline
        Of several equally central ones the smallest by content, so the order does not matter.

    Raises
    ------
    ValueError
        No line, weights that do not fit, or what `polyline_similarity` raises.

    Examples
    --------
    >>> fuse_polyline([Polyline(((0, y), (90, y))) for y in (0, 4, 5)])
    Polyline(points=((0, 4), (90, 4)))
    """
    chosen, trust = voters(shapes, weights)
    similarity = polyline_similarity(chosen, metric, diagonal_px=diagonal_px, scale=scale)
    return chosen[medoid(similarity, trust)]


def _either_way(line: Polyline) -> Polyline:
    return min(line, Polyline(line.points[::-1]))


def _lines(shapes: Sequence[Polyline]) -> NDArray[Any]:
    """Shapely lines; empty for those without length."""
    lines = np.full(len(shapes), shapely.LineString(), dtype=object)
    for i, shape in enumerate(shapes):
        points = coordinates(shape.points, "polyline")
        if len(points) > 1 and (points != points[0]).any():
            lines[i] = shapely.linestrings(points)
    return lines


def _mutual(lines: NDArray[Any], reach: float) -> Similarity:
    first, second = near_outlines(lines, _NEGLIGIBLE * reach)
    length = shapely.length(lines)
    places = _Places.along(lines, length, reach)
    alike = [
        places.near(ours, lines[theirs], reach) * length[ours] for ours, theirs in ((first, second), (second, first))
    ]
    shared = (alike[0] + alike[1]) / (length[first] + length[second])
    return upper_triangle(len(lines), first, second, shared)


class _Places(NamedTuple):
    """The middles of equal parts of every line, one line after the other."""

    points: NDArray[Any]
    counts: NDArray[np.intp]
    """Of each line."""
    begins: NDArray[np.intp]

    @classmethod
    def along(cls, lines: NDArray[Any], length: Array, reach: float) -> _Places:
        counts = np.clip(np.ceil(_PER_SCALE * length / reach), _FEWEST, _SAMPLES).astype(np.intp)
        begins = np.cumsum(counts) - counts
        line = np.repeat(np.arange(len(lines)), counts)
        steps = (np.arange(len(line)) - begins[line] + 0.5) / counts[line]
        return cls(shapely.line_interpolate_point(lines[line], steps, normalized=True), counts, begins)

    def near(self, ours: NDArray[np.intp], theirs: NDArray[Any], reach: float) -> Array:
        """For pairs of one of these lines and another line: how near the places are to the other, on average."""
        near = np.empty(len(ours))
        for part in in_parts(self.counts[ours]):
            line = ours[part]
            count = self.counts[line]
            begins = np.cumsum(count) - count
            place = np.arange(count.sum()) + np.repeat(self.begins[line] - begins, count)
            apart = shapely.distance(self.points[place], np.repeat(theirs[part], count))
            near[part] = np.add.reduceat(_kernel(apart, reach), begins) / count
        return near


def _aligned(lines: NDArray[Any], reach: float, *, both_ways: bool) -> Similarity:
    first, second = near_outlines(lines, _NEGLIGIBLE * reach)
    drawn = np.flatnonzero(~shapely.is_empty(lines))
    steps = np.linspace(0.0, 1.0, _SAMPLES)
    places = shapely.line_interpolate_point(lines[drawn, None], steps[None, :], normalized=True)
    x, y = np.full((2, len(lines), _SAMPLES), np.nan)
    x[drawn], y[drawn] = shapely.get_x(places), shapely.get_y(places)
    alike = np.empty(len(first))
    for part in in_parts(np.full(len(first), _SAMPLES)):
        ours, theirs = first[part], second[part]
        ways = (slice(None), slice(None, None, -1))[: 2 if both_ways else 1]
        alike[part] = np.max(
            [
                _kernel(np.hypot(x[ours] - x[theirs][:, way], y[ours] - y[theirs][:, way]), reach).mean(axis=1)
                for way in ways
            ],
            axis=0,
        )
    return upper_triangle(len(lines), first, second, alike)


def _kernel(distances: Array, reach: float) -> Array:
    """The similarity that each distance is worth."""
    with np.errstate(under="ignore"):
        worth: Array = np.exp(-0.5 * np.square(np.minimum(distances / reach, 30.0)))
    return worth
