"""Agreement of rankings: Kendall's tau-b and Spearman's footrule, also of lists that do not rank the same items."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from functools import partial
from math import comb, sqrt
from typing import Literal

from scoring.agreement.pairwise import pairwise
from scoring.types import Matrix

__all__ = ["RankingMetric", "ranking_matrix", "ranking_similarity", "tied_last_ranks"]

RankingMetric = Literal["kendall", "footrule", "exact"]


def ranking_similarity(a: Sequence[str], b: Sequence[str], metric: RankingMetric = "kendall") -> float:
    """How alike two rankings are: `order(a, b) * overlap(a, b)`.

    `overlap = 2 * |a & b| / (|a| + |b|)` is 1 where both rank the same items. `order` looks at all items that either
    one ranks; those that one did not rank are tied there after all that it did (the convention for top-k lists):

    - `kendall` (default): `(tau_b + 1) / 2`, for complete rankings the share of the pairs of items that both put in the
      same order: 1 the same, 0 reversed, 0.5 as unrelated as chance. tau-b corrects for the ties of unranked items.
    - `footrule`: `1 - sum |rank_a - rank_b| / floor(n * n / 2)`, the divisor being its largest value; tied items have
      the mean of the ranks they share. Weighs how far each item moved.
    - `exact`: 1 for equal lists, else 0 (Ango's rule), without `overlap`.

    Why `overlap`: without it `[x]` and `[x, y]` would agree fully, because y comes last either way; an item that only
    one of them ranks must cost something, as an unmatched object does.

    Parameters
    ----------
    a, b
        Items, best first. An item named again counts where it was named first.
    metric
        See above.

    Returns
    -------
    float
        In [0, 1], symmetric, 1 for equal lists and only for them; two empty ones are equal, 0 where no item is in
        both. Costs n log n steps for n items.

    References
    ----------
    Kendall, M. G. (1945). The treatment of ties in ranking problems. doi:10.1093/biomet/33.3.239
    Diaconis, P. and Graham, R. L. (1977). Spearman's footrule as a measure of disarray.
    doi:10.1111/j.2517-6161.1977.tb01624.x
    Fagin, R. et al. (2006). Comparing partial rankings. doi:10.1137/05063088X

    Examples
    --------
    One of three pairs is in another order; x and y moved one place each, of a possible sum of 4.

    >>> round(ranking_similarity(["x", "y", "z"], ["y", "x", "z"]), 4)
    0.6667
    >>> ranking_similarity(["x", "y", "z"], ["y", "x", "z"], metric="footrule")
    0.5
    >>> round(ranking_similarity(["x"], ["x", "y", "z"]), 4)      # tau_b = 2 / sqrt(2 x 3); (1 + tau_b) / 2 x 2 / 4
    0.4541
    """
    return _similarity(list(dict.fromkeys(a)), list(dict.fromkeys(b)), metric)


def ranking_matrix(answers: Sequence[Sequence[str] | None], metric: RankingMetric = "kendall") -> Matrix:
    """`ranking_similarity` of every annotator's ranking with every other's.

    Parameters
    ----------
    answers
        Items, best first, per annotator; None gave no answer, the empty list is one.
    metric
        As in `ranking_similarity`.

    Returns
    -------
    Matrix
        As `pairwise`.

    Examples
    --------
    >>> ranking_matrix([["x", "y"], ["y", "x"], ["x", "y"]])
    [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]
    """
    once = [None if answer is None else list(dict.fromkeys(answer)) for answer in answers]
    return pairwise(once, partial(_similarity, metric=metric))


def tied_last_ranks(ranking: Sequence[str], items: Sequence[str]) -> list[float]:
    """The rank, from 1, of each of the items; unranked ones share the mean of the ranks that are left.

    Parameters
    ----------
    ranking
        Distinct items, best first, all of them in `items`.
    items
        Distinct.

    Examples
    --------
    >>> tied_last_ranks(["c", "a"], ["a", "b", "c", "d"])
    [2.0, 3.5, 1.0, 3.5]
    """
    place = {item: float(rank) for rank, item in enumerate(ranking, 1)}
    unranked = (len(ranking) + 1 + len(items)) / 2.0
    return [place.get(item, unranked) for item in items]


def _similarity(a: list[str], b: list[str], metric: RankingMetric) -> float:
    if a == b:
        return 1.0
    common = len(set(a) & set(b))
    if metric == "exact" or not common:
        return 0.0
    items = list(dict.fromkeys([*a, *b]))
    ranks_a, ranks_b = tied_last_ranks(a, items), tied_last_ranks(b, items)
    order = _kendall if metric == "kendall" else _footrule
    return order(ranks_a, ranks_b, len(items) - len(a), len(items) - len(b)) * (2.0 * common / (len(a) + len(b)))


def _kendall(ranks_a: list[float], ranks_b: list[float], unranked_a: int, unranked_b: int) -> float:
    # In the order of a (b where a ties), every earlier item with a later rank in b is a discordant pair. No item is
    # unranked in both, so no pair is tied in both.
    seen: list[float] = []
    discordant = 0
    for _, rank in sorted(zip(ranks_a, ranks_b, strict=True)):
        discordant += len(seen) - bisect_right(seen, rank)
        insort(seen, rank)
    pairs = comb(len(seen), 2)
    tied_a, tied_b = comb(unranked_a, 2), comb(unranked_b, 2)
    concordant = pairs - tied_a - tied_b - discordant
    return (1.0 + (concordant - discordant) / sqrt((pairs - tied_a) * (pairs - tied_b))) / 2.0


def _footrule(ranks_a: list[float], ranks_b: list[float], _unranked_a: int, _unranked_b: int) -> float:
    # Ranks are halves, so this sum is exact in any order.
    moved = sum(abs(a - b) for a, b in zip(ranks_a, ranks_b, strict=True))
    return 1.0 - moved / (len(ranks_a) ** 2 // 2)
