"""From a matrix of annotators to one score: what they reach now, and the most they could still reach.

`counted` names (by index) the annotators that count; others, such as a model that is only compared, stay in the matrix
but do not move the score. Sums are exactly rounded (`math.fsum`), so no order of annotators changes a bit of a result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import combinations
from math import comb, fsum
from typing import Literal

from scoring.types import Matrix, Undefined

__all__ = [
    "PairLaw",
    "best_consensus_share",
    "best_mean_of_pairs",
    "best_pairs_nominal",
    "consensus_share",
    "mean_of_pairs",
    "mean_with_others",
]

PairLaw = Literal["any", "metric", "soft_f1"]
"""What is known of a similarity, for `best_mean_of_pairs`."""

_ROUND_UP = 1.0 + 1e-12
# An upper bound must stay one after rounding: a score that just reaches the threshold may not be called unreachable.


def mean_of_pairs(matrix: Matrix, counted: Sequence[int]) -> float | Undefined:
    """Mean similarity over the unordered pairs of the counted annotators (Label Studio's "pairwise").

    An annotator is never compared with themselves: that would lift every score (Ango's floor of 1 / n).

    Returns
    -------
    float | Undefined
        In [0, 1], 1 when all agree; `Undefined` for fewer than two counted annotators.

    Examples
    --------
    >>> mean_of_pairs([[1.0, 0.75, 1.0], [0.75, 1.0, 0.5], [1.0, 0.5, 1.0]], [0, 1, 2])
    0.75
    >>> mean_of_pairs([[1.0]], [0])
    Undefined(reason='needs two annotators, got 1')
    """
    if len(counted) < 2:
        return _too_few(len(counted))
    values = [matrix[i][j] for i, j in combinations(counted, 2)]
    return fsum(values) / len(values)


def consensus_share(answers: Sequence[Hashable], counted: Sequence[int]) -> float | Undefined:
    """Share of the counted annotators who gave the most common answer (Label Studio's and Ango's "consensus").

    Returns
    -------
    float | Undefined
        In [1 / n, 1]: with n annotators it cannot fall below 1 / n, so a threshold at or below that never fails.
        `Undefined` for fewer than two counted annotators.

    Examples
    --------
    >>> consensus_share(["a", "a", "b"], [0, 1, 2])
    0.6666666666666666
    """
    if len(counted) < 2:
        return _too_few(len(counted))
    return _largest_class(answers, counted) / len(counted)


def mean_with_others(matrix: Matrix, counted: Sequence[int]) -> list[float | None]:
    """Each annotator's mean similarity with the counted ones, themselves left out.

    Returns
    -------
    list[float | None]
        One figure in [0, 1] per row of the matrix, also for annotators who do not count themselves (a model compared
        with people); None where there is nobody to compare with.

    Examples
    --------
    >>> mean_with_others([[1.0, 0.5, 0.0], [0.5, 1.0, 1.0], [0.0, 1.0, 1.0]], counted=[0, 1])
    [0.5, 0.5, 0.5]
    >>> mean_with_others([[1.0]], counted=[0])
    [None]
    """
    means: list[float | None] = []
    for i, row in enumerate(matrix):
        others = [row[j] for j in counted if j != i]
        means.append(fsum(others) / len(others) if others else None)
    return means


def best_mean_of_pairs(matrix: Matrix, counted: Sequence[int], more: int, *, law: PairLaw = "any") -> float | Undefined:
    """Upper bound of `mean_of_pairs` after `more` annotators have joined, whatever they answer.

    A threshold above it can no longer be reached: asking further annotators is wasted. The newcomers are taken to agree
    perfectly with one another. How much a newcomer z can agree with two annotators i and j at once is bounded by

    - `any`: nothing, `s(z,i) + s(z,j) <= 2`. Always true, never tight when i and j differ.
    - `metric`: `1 - s` obeys the triangle inequality, so `s(z,i) + s(z,j) <= 1 + s(i,j)`. Holds for equality and for
      Jaccard of sets.
    - `soft_f1`: `s(z,i) + s(z,j) <= 4 / (3 - s(i,j))`. Holds for `compare_objects` with its soft F1 and no minimum
      similarity. Why: unmatched objects plus twice `1 - IoU` of the matched ones is a metric d on sets of objects. Its
      Steinhaus transform `2d / (|a| + |b| + d)` is one too, and equals `1 - f / (2 - f)` for the soft F1 f. Of all
      f(z,i) and f(z,j) that keep its triangle inequality the sum is largest where both are `2 / (3 - f(i,j))`.

    Summed over the pairs, every annotator occurs n - 1 times, which bounds a newcomer's total.

    Parameters
    ----------
    more
        Annotators still to join, at least 0; with 0 it is `mean_of_pairs` itself.
    law
        What is known of the similarity; `any` is always safe.

    Returns
    -------
    float | Undefined
        In [0, 1]; `Undefined` where even with the newcomers there are fewer than two.

    Raises
    ------
    ValueError
        `more` is negative.

    References
    ----------
    Spaeth, H. (1980), Cluster Analysis Algorithms, on the Steinhaus transform.

    Examples
    --------
    >>> nothing_alike = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    >>> round(best_mean_of_pairs(nothing_alike, [0, 1, 2], 4), 3)        # 18 of 21 pairs perfect
    0.857
    >>> round(best_mean_of_pairs(nothing_alike, [0, 1, 2], 4, law="soft_f1"), 3)    # (4 x 2 + 6) of 21
    0.667
    """
    _check_more(more)
    total = len(counted) + more
    if total < 2:
        return _too_few(total)
    similarities = [matrix[i][j] for i, j in combinations(counted, 2)]
    newcomer = _newcomer_limit(similarities, len(counted), law)
    return min(1.0, fsum([*similarities, more * newcomer, comb(more, 2)]) / comb(total, 2))


def best_pairs_nominal(answers: Sequence[Hashable], counted: Sequence[int], more: int) -> float | Undefined:
    """`best_mean_of_pairs` for equality of categorical answers, exact: a newcomer agrees with one answer only.

    With classes of sizes c the agreeing pairs are `sum(c * (c - 1) / 2)`, which is convex, so the best that can happen
    is that every newcomer joins the largest class.

    Returns
    -------
    float | Undefined
        In [0, 1]; `Undefined` where even with the newcomers there are fewer than two.

    Raises
    ------
    ValueError
        `more` is negative.

    Examples
    --------
    >>> best_pairs_nominal(["a", "b", "c"], [0, 1, 2], 2)        # a, a, a, b, c: 3 of 10 pairs
    0.3
    """
    _check_more(more)
    total = len(counted) + more
    if total < 2:
        return _too_few(total)
    sizes = sorted(Counter(answers[i] for i in counted).values(), reverse=True) or [0]
    sizes[0] += more
    return sum(comb(size, 2) for size in sizes) / comb(total, 2)


def best_consensus_share(answers: Sequence[Hashable], counted: Sequence[int], more: int) -> float | Undefined:
    """Largest `consensus_share` that `more` further annotators can bring: `(m + more) / (n + more)`.

    m is the size of the largest class among the n counted annotators; all newcomers join it.

    Returns
    -------
    float | Undefined
        In [0, 1]; `Undefined` where even with the newcomers there are fewer than two.

    Raises
    ------
    ValueError
        `more` is negative.

    Examples
    --------
    >>> best_consensus_share(["a", "b", "c"], [0, 1, 2], 2)
    0.6
    """
    _check_more(more)
    total = len(counted) + more
    if total < 2:
        return _too_few(total)
    return (_largest_class(answers, counted) + more) / total


def _newcomer_limit(similarities: Sequence[float], annotators: int, law: PairLaw) -> float:
    """The most that one newcomer's similarities with the present annotators can add up to."""
    if annotators < 2 or law == "any":
        return float(annotators)
    limits = [1.0 + s if law == "metric" else 4.0 / (3.0 - s) for s in similarities]
    return min(fsum(limits) / (annotators - 1) * _ROUND_UP, float(annotators))


def _largest_class(answers: Sequence[Hashable], counted: Sequence[int]) -> int:
    return max(Counter(answers[i] for i in counted).values(), default=0)


def _check_more(more: int) -> None:
    if more < 0:
        raise ValueError(f"expected more >= 0 annotators still to join, got {more}")


def _too_few(count: int) -> Undefined:
    return Undefined(f"needs two annotators, got {count}")
