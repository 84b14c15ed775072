"""Ranges of a line, of characters or of seconds alike: overlap over union, and what most of them cover."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import fsum
from typing import Literal, TypeVar

import numpy as np

from scoring.shapes.common import medoid, voters
from scoring.types import Array

__all__ = ["Range", "RangeMetric", "has_majority", "majority_range", "ordered", "range_similarity"]

Number = TypeVar("Number", int, float)

Range = tuple[Number, Number]
"""Half-open: from the first number up to, and without, the second one."""

RangeMetric = Literal["overlap", "exact", "tolerant"]
"""How two ranges are compared, see `range_similarity`."""

_EXACTLY_HALF = 1e-9
# Sums of weights this near (relative) to half of their total are half: 0.1 + 0.2 against 0.3 is a tie, as on paper.


def ordered(start: Number, end: Number) -> Range[Number]:
    """The range between two boundaries in either order: one that was marked backwards is the same range.

    >>> ordered(7, 3)
    (3, 7)
    """
    return (start, end) if start <= end else (end, start)


def range_similarity(ranges: Sequence[tuple[float, float]], metric: RangeMetric, tolerance: float) -> Array:
    """Compare every range with every other.

    - `overlap`: length of the intersection over length of the union; touching ranges share nothing. A range without
      length has 1 with an identical one and 0 with all others.
    - `exact`: 1 where both boundaries are equal, else 0.
    - `tolerant`: 1 where each boundary is at most `tolerance` from the other's, else 0.

    Time and memory grow with the square of the number of ranges: 1,000 take 8 MB.

    Parameters
    ----------
    ranges
        N ranges, finite, start <= end (`ordered`).
    metric
        See above.
    tolerance
        In the ranges' own unit, for `tolerant` only; at least 0.

    Returns
    -------
    Array
        (N, N) in [0, 1], symmetric, diagonal 1.

    Raises
    ------
    ValueError
        The tolerance is negative or not a number.

    References
    ----------
    Jaccard (1912), doi:10.1111/j.1469-8137.1912.tb05611.x, applied to lengths.

    Examples
    --------
    >>> range_similarity([(0, 10), (5, 15), (0, 9)], "overlap", 0.0).round(3).tolist()
    [[1.0, 0.333, 0.9], [0.333, 1.0, 0.267], [0.9, 0.267, 1.0]]
    >>> range_similarity([(0, 10), (5, 15), (0, 9)], "tolerant", 1.0)[0].tolist()
    [1.0, 0.0, 1.0]
    """
    if not tolerance >= 0.0:
        raise ValueError(f"expected a tolerance of at least 0, got {tolerance}")
    boundaries = np.array(ranges, dtype=np.float64).reshape(-1, 2)
    start, end = boundaries[:, 0], boundaries[:, 1]
    if metric == "overlap":
        return _overlap(start, end)
    allowed = tolerance if metric == "tolerant" else 0.0
    apart = np.maximum(np.abs(start[:, None] - start), np.abs(end[:, None] - end))
    return (apart <= allowed).astype(np.float64)


def _overlap(start: Array, end: Array) -> Array:
    common = np.minimum(end[:, None], end) - np.maximum(start[:, None], start)
    # Where two ranges meet, their union is their hull: a difference of the same numbers, so that rounding can neither
    # take the ratio above 1 nor make identical ranges differ.
    hull = np.maximum(end[:, None], end) - np.minimum(start[:, None], start)
    share = np.maximum(common, 0.0) / np.where(hull > 0.0, hull, 1.0)
    identical = (start[:, None] == start) & (end[:, None] == end)
    return np.where(identical, 1.0, share)


def majority_range(ranges: Sequence[Range[Number]], weights: Sequence[float] | None = None) -> Range[Number]:
    """The part of the line that more than half of the weight covers.

    The boundary rule: a piece of the line belongs to the result when the weight of the ranges that cover it is strictly
    more than half of all of them. Exactly half is left out, as in `vote_labels`: it takes more than half to assert
    something. So two annotators give what both marked; with an odd number of equal weights whose ranges all meet, both
    boundaries are the median ones.

    Most of the line may be covered in several places (two annotators mark one long phrase, two others only its first
    and last word). One object is one range, and filling the gap would assert what most left out: the longest run is
    taken, of equally long ones the first. Where nothing is covered by more than half, it is the range that has most in
    common with all of them (the weighted medoid of overlap over union), of several the one that starts and ends first.

    Takes time in the square of the number of ranges (annotators of one object), however long they are.

    Parameters
    ----------
    ranges
        At least one, start <= end.
    weights
        One per range, as in `vote`; default 1 each.

    Returns
    -------
    Range
        Its boundaries are boundaries of the given ranges. Exactly the common range where all are identical; independent
        of their order.

    Raises
    ------
    ValueError
        No range, or weights that do not fit.

    Examples
    --------
    >>> majority_range([(0, 10), (2, 10), (2, 14)])
    (2, 10)
    >>> majority_range([(0, 20), (0, 20), (0, 5), (14, 20)])        # 0-5 and 14-20 have three of four
    (14, 20)
    """
    drawn, trust = voters(ranges, weights)
    runs = _runs_above_half(drawn, trust)
    if not runs:
        return drawn[medoid(range_similarity(drawn, "overlap", 0.0), trust)]
    return min(runs, key=lambda run: (run[0] - run[1], run))


def has_majority(ranges: Sequence[Range[Number]], weights: Sequence[float]) -> bool:
    """Whether any part of the line is covered by more than half of the weight.

    >>> has_majority([(0, 2), (1, 3)], [1.0, 1.0]), has_majority([(0, 2), (2, 3)], [1.0, 1.0])
    (True, False)
    """
    return bool(_runs_above_half(ranges, weights))


def _runs_above_half(ranges: Sequence[Range[Number]], weights: Sequence[float]) -> list[Range[Number]]:
    """The runs that strictly more than half of the weight covers, in order."""
    steps: dict[Number, list[float]] = defaultdict(list)
    for (start, end), weight in zip(ranges, weights, strict=True):
        if start < end:
            steps[start].append(weight)
            steps[end].append(-weight)
    half = fsum(weights) / 2.0 * (1.0 + _EXACTLY_HALF)
    runs: list[Range[Number]] = []
    covering: list[float] = []
    opened: Number | None = None
    for place in sorted(steps):
        # Summed anew from what is open, exactly rounded: a running sum would depend on the order of the boundaries.
        covering += steps[place]
        covered = fsum(covering) > half
        if covered and opened is None:
            opened = place
        elif not covered and opened is not None:
            runs.append((opened, place))
            opened = None
    return runs
