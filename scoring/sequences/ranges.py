"""Ranges of a line, of characters or of seconds alike: overlap over union, and what most of them cover."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from math import fsum
from typing import Literal, NamedTuple, TypeVar

import numpy as np

from scoring.agreement.similarity import DENSE_UP_TO, Pairs, Similarity
from scoring.consensus.centre import medoid
from scoring.shapes.common import many_of_distinct, voters
from scoring.types import Array

__all__ = [
    "MOST_SIMILAR_PAIRS",
    "Range",
    "RangeMetric",
    "has_majority",
    "majority_range",
    "ordered",
    "range_similarity",
]

Number = TypeVar("Number", int, float)

Range = tuple[Number, Number]
"""Half-open: from the first number up to, and without, the second one."""

RangeMetric = Literal["overlap", "exact", "tolerant"]
"""How two ranges are compared, see `range_similarity`."""

MOST_SIMILAR_PAIRS = 250_000
"""Pairs of ranges that are kept of a task with very many: all of 700, of 5,000 that all lie in one another the some 100
nearest each. What follows, from matching to clusters, then takes seconds and not minutes."""

_EXACTLY_HALF = 1e-9
# Sums of weights this near (relative) to half of their total are half: 0.1 + 0.2 against 0.3 is a tie, as on paper.

_CANDIDATES = 1 << 18
# Pairs that are looked at in one go: some 25 MB.


def ordered(start: Number, end: Number) -> Range[Number]:
    """The range between two boundaries in either order: one that was marked backwards is the same range.

    >>> ordered(7, 3)
    (3, 7)
    """
    return (start, end) if start <= end else (end, start)


def range_similarity(
    ranges: Sequence[tuple[float, float]],
    metric: RangeMetric,
    tolerance: float,
    lines: Sequence[int] | None = None,
) -> Similarity:
    """Compare every range with every other.

    - `overlap`: length of the intersection over length of the union; touching ranges share nothing. A range without
      length has 1 with an identical one and 0 with all others.
    - `exact`: 1 where both boundaries are equal, else 0.
    - `tolerant`: 1 where each boundary is at most `tolerance` from the other's, else 0.

    Up to `scoring.agreement.similarity.DENSE_UP_TO` ranges time and memory grow with their square, beyond with the
    number of pairs that are similar at all: a sweep over their starts finds these. Of more than `MOST_SIMILAR_PAIRS`
    the most similar are kept (`tolerant`: the nearest), equally similar ones together or not at all, and the others
    count as 0: then time alone still grows with the square, some 40 ns a pair.

    Parameters
    ----------
    ranges
        N ranges, finite, start <= end (`ordered`).
    metric
        See above.
    tolerance
        In the ranges' own unit, for `tolerant` only; at least 0.
    lines
        Which line each range lies on; ranges of different lines share nothing. Default: all on one.

    Returns
    -------
    Similarity
        (N, N) in [0, 1], symmetric, diagonal 1; dense or sparse, the same numbers either way.

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
    line = np.zeros(len(ranges), dtype=np.int64) if lines is None else np.asarray(lines, dtype=np.int64)
    # Nothing may be off for exact boundaries; for the overlap it says nothing.
    allowed = tolerance if metric == "tolerant" else 0.0
    if len(ranges) > DENSE_UP_TO:
        distinct, rows = np.unique(np.column_stack([line, boundaries]), axis=0, return_inverse=True)
        return many_of_distinct(_sweep(distinct, metric, allowed), rows)
    similarity = _alike(boundaries[:, None], boundaries, metric, allowed)
    return similarity if lines is None else np.where(line[:, None] == line, similarity, 0.0)


def _alike(one: Array, other: Array, metric: RangeMetric, allowed: float) -> Array:
    """Similarity of ranges, (..., 2) on both sides, that broadcast against each other."""
    starts, ends = (one[..., 0], other[..., 0]), (one[..., 1], other[..., 1])
    if metric != "overlap":
        apart = np.maximum(np.abs(starts[0] - starts[1]), np.abs(ends[0] - ends[1]))
        return (apart <= allowed).astype(np.float64)
    common = np.minimum(*ends) - np.maximum(*starts)
    # Where two ranges meet, their union is their hull: a difference of the same numbers, so that rounding can neither
    # take the ratio above 1 nor make identical ranges differ.
    hull = np.maximum(*ends) - np.minimum(*starts)
    share = np.maximum(common, 0.0) / np.where(hull > 0.0, hull, 1.0)
    return np.where((starts[0] == starts[1]) & (ends[0] == ends[1]), 1.0, share)


def _sweep(distinct: Array, metric: RangeMetric, allowed: float) -> Pairs:
    """The similar pairs of distinct (line, start, end) rows, which ascend."""
    line, start, end = distinct.T
    # A range can be similar only to those after it that start before it ends, or within the tolerance of its start (and
    # of what rounding may take from that).
    until = end if metric == "overlap" else start + allowed + 1e-12 * (np.abs(start) + allowed)
    places, borders = np.arange(len(distinct)), np.flatnonzero(np.diff(line, prepend=np.nan, append=np.nan))
    stop = np.empty(len(distinct), dtype=np.intp)
    for low, high in pairwise(borders.tolist()):
        stop[low:high] = low + np.searchsorted(start[low:high], until[low:high], side="right")
    candidates = np.maximum(stop - places - 1, 0)
    # One row each, so that what is taken from them lies in one piece.
    boundaries = np.ascontiguousarray(distinct[:, 1:].T)
    found = _Found(Pairs(places[:0], places[:0], start[:0]), start[:0], float("-inf"))
    for block in np.split(places, np.flatnonzero(np.diff(np.cumsum(candidates) // _CANDIDATES)) + 1):
        first = np.repeat(block, candidates[block])
        before = np.cumsum(candidates[block]) - candidates[block]
        second = first + 1 + np.arange(len(first)) - np.repeat(before, candidates[block])
        one, other = boundaries.take(first, axis=1).T, boundaries.take(second, axis=1).T
        pairs = Pairs(first, second, _alike(one, other, metric, allowed))
        similar = pairs.similarity > 0.0
        closeness = pairs.similarity if metric == "overlap" else -np.abs(one - other).max(axis=1)
        found = _closest(found, pairs.where(similar), closeness[similar])
    return found.pairs


class _Found(NamedTuple):
    """Pairs, and what they are chosen by where there are too many."""

    pairs: Pairs
    closeness: Array
    too_far: float
    """Pairs that are no closer have been left out."""


def _closest(kept: _Found, new: Pairs, closeness: Array) -> _Found:
    """Both together, or the closest of them; which are left does not depend on the parts that they came in."""
    closer = closeness > kept.too_far
    pairs = Pairs(*(np.concatenate(both) for both in zip(kept.pairs, new.where(closer), strict=True)))
    closeness = np.concatenate([kept.closeness, closeness[closer]])
    if len(closeness) <= MOST_SIMILAR_PAIRS:
        return _Found(pairs, closeness, kept.too_far)
    too_far = float(np.partition(closeness, -MOST_SIMILAR_PAIRS - 1)[-MOST_SIMILAR_PAIRS - 1])
    closer = closeness > too_far
    return _Found(pairs.where(closer), closeness[closer], too_far)


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
