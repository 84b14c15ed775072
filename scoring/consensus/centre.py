"""What lies in the middle of several answers, and how sure that is: medians, the medoid, the confidence.

One place for the rules that every kind of answer shares, with their ties: where exactly half of the weight lies on
either side a median is the middle of two values, and of equally central answers the content decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import Any

import numpy as np

from scoring.agreement.similarity import Similarity, as_dense
from scoring.consensus.weights import checked_weights
from scoring.types import Array, Matrix

__all__ = ["fused_confidence", "median_of_ordered", "medoid", "weighted_median", "weighted_medians"]

_HALF = 1e-9
# Sums of weights this near (relative) to half of their total are half: 0.1 + 0.2 against 0.3 is a tie, as on paper.


def weighted_median(values: Sequence[float], weights: Sequence[float] | None = None, low: bool = False) -> float:
    """Where half of the weight is reached.

    Parameters
    ----------
    values
        At least one, finite.
    weights
        One each, finite and at least 0; default 1 each.
    low
        Where exactly half of the weight (within 1e-9 of it) lies on either side: the lower value, in place of the
        middle of the two.

    Raises
    ------
    ValueError
        No value, or weights that do not fit.

    Examples
    --------
    >>> weighted_median([1, 2, 9]), weighted_median([1, 2, 3, 9]), weighted_median([1, 2, 9], [1, 1, 3])
    (2.0, 2.5, 9.0)
    """
    if not values:
        raise ValueError("expected at least one number, got none")
    given = zip(values, checked_weights(weights, len(values)), strict=True)
    # -0.0 and 0.0 are equal, so no order tells them apart: both give 0.0.
    return float(median_of_ordered(sorted(pair for pair in given if pair[1] > 0.0), low)) + 0.0


def median_of_ordered(ordered: Sequence[tuple[float, float]], low: bool = False) -> float:
    """`weighted_median` of (value, weight) pairs in ascending order, at least one, all weights above 0; unchecked.

    >>> median_of_ordered([(1.0, 1.0), (2.0, 1.0), (9.0, 3.0)])
    9.0
    """
    half = fsum([weight for _, weight in ordered]) / 2.0
    reached, value = 0.0, ordered[0][0]
    for place, (value, weight) in enumerate(ordered):
        reached += weight
        if abs(reached - half) <= _HALF * half:
            return value if low else (value + ordered[place + 1][0]) / 2.0
        if reached > half:
            break
    return value


def weighted_medians(values: Array, weights: Array) -> Array:
    """`weighted_median` along the first axis of arrays.

    Parameters
    ----------
    values, weights
        (n, ...) of one shape; somewhere along the first axis a weight is above 0.

    Returns
    -------
    Array
        (...)

    Examples
    --------
    >>> weighted_medians(np.array([[1.0, 5.0], [2.0, 6.0], [9.0, 7.0]]), np.array([[1.0, 1], [1, 1], [3, 0]])).tolist()
    [9.0, 5.5]
    """
    order = values.argsort(axis=0, kind="stable")
    values, weights = np.take_along_axis(values, order, axis=0), np.take_along_axis(weights, order, axis=0)
    reached = weights.cumsum(axis=0)
    half = reached[-1] / 2.0
    lower = (reached >= half * (1.0 - _HALF)).argmax(axis=0)
    upper = (reached > half * (1.0 + _HALF)).argmax(axis=0)
    low, high = (np.take_along_axis(values, place[None], axis=0)[0] for place in (lower, upper))
    median: Array = (low + high) / 2.0
    return median


def medoid(similarity: Matrix | Similarity, weights: Sequence[float], tie_break: Sequence[Any] | None = None) -> int:
    """The answer that is most similar to all: the largest weighted sum of its row.

    Its own 1 counts with its own weight: of two answers the one with the larger weight is taken. With equal weights
    that adds the same to each and leaves the answer most similar to the rest.

    Parameters
    ----------
    similarity
        Answers x answers, at least one.
    weights
        One each, at least 0, not all 0.
    tie_break
        One each, comparable; of answers whose mean similarity differs by less than 1e-12 the smallest is taken. Default
        the index, for answers in the order of their content.

    Returns
    -------
    int
        Index of the answer.

    Examples
    --------
    >>> medoid([[1.0, 0.75, 0.5], [0.75, 1.0, 0.75], [0.5, 0.75, 1.0]], [1, 1, 1], ["a", "b", "c"])
    1
    >>> medoid(np.array([[1.0, 0.5], [0.5, 1.0]]), [1.0, 1.0])
    0
    """
    rows: Matrix = similarity if isinstance(similarity, list) else as_dense(similarity).tolist()
    total = fsum(weights)
    means = [fsum([weight * cell for weight, cell in zip(weights, row, strict=True)]) / total for row in rows]
    places = range(len(means)) if tie_break is None else tie_break
    return min(range(len(means)), key=lambda i: (-round(means[i], 12), places[i]))


def fused_confidence(similarities: Sequence[float], weights: Sequence[float] | None, total_weight: float) -> float:
    """How sure a fused answer is: `sum(weight * similarity with it) / total weight`.

    The share of the weight that drew the object, times how well they drew it alike.

    Parameters
    ----------
    similarities
        Each member's similarity with the fused answer, in [0, 1].
    weights
        One per member; default 1 each.
    total_weight
        Weight of all annotators who answered, also those who did not draw it; above 0.

    Returns
    -------
    float
        In [0, 1]; 0 for no members.

    Raises
    ------
    ValueError
        The total weight is not above 0 or below the weight of the members.

    Examples
    --------
    >>> fused_confidence([0.5, 1.0], None, total_weight=3)
    0.5
    """
    own = [1.0] * len(similarities) if weights is None else weights
    support = fsum(own)
    if not total_weight > 0.0 or support > total_weight * (1.0 + 1e-9):
        raise ValueError(
            f"expected a total weight above 0 that includes the {support} of its annotators, got {total_weight}"
        )
    agreed = fsum([weight * similarity for weight, similarity in zip(own, similarities, strict=True)])
    return min(1.0, agreed / total_weight)
