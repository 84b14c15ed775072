"""What annotators say together about an order: Borda's count, or the ranking nearest to theirs (Kemeny)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import fsum, lcm
from typing import Literal

from scoring.agreement.ranking import RankingMetric, ranking_matrix, ranking_similarity, tied_last_ranks
from scoring.consensus.answers import AnswerConsensus, supported
from scoring.consensus.centre import medoid
from scoring.consensus.votes import more_than_half, preference_key, vote_labels
from scoring.consensus.weights import checked_weights

__all__ = ["KEMENY_ITEMS", "RankingMethod", "borda", "kemeny", "ranking_consensus"]

RankingMethod = Literal["kemeny", "borda"]

KEMENY_ITEMS = 8
"""Longest list that `kemeny` orders exactly: items x 2^items steps, some 1 ms for 8 and 25 ms for 12."""


def ranking_consensus(
    answers: Sequence[Sequence[str]],
    weights: Sequence[float] | None = None,
    method: RankingMethod = "kemeny",
    metric: RankingMetric = "kendall",
    preference: Sequence[str] = (),
) -> AnswerConsensus[list[str]]:
    """One ranking for the rankings of several annotators.

    The items that more than half of the weight ranks are kept; these are then put in order, each annotator's unranked
    ones tied after those they ranked:

    - `kemeny` (default): the order that the annotators contradict least, see `kemeny`. On simulated annotators (Mallows
      noise, one of them guessing or not) it came nearer to the truth than Borda, if by a little. Lists of more than
      `KEMENY_ITEMS` kept items are put in order by `borda`.
    - `borda`: by mean rank, see `borda`.

    Where no item is ranked by more than half although more than half of the weight ranked something, it is the ranking
    most similar to all, as it was given: an empty one is what most deny.

    Parameters
    ----------
    answers
        Items, best first, per annotator. An item named again counts where it was named first.
    weights
        One per annotator, finite and at least 0; default 1 each.
    method
        See above.
    metric
        Similarity for the confidence, as in `ranking_similarity`.
    preference
        Items, preferred first; decides ties, then code point order.

    Returns
    -------
    AnswerConsensus[list[str]]
        The confidence is the weighted mean `ranking_similarity` of the answers with the ranking. The ranking is empty
        where half of the weight or more ranked nothing and no item is ranked by more than half.

    Raises
    ------
    ValueError
        Weights do not fit the answers.

    Examples
    --------
    Similarities 1, 1 and 2 / 3.

    >>> outcome = ranking_consensus([["x", "y", "z"], ["x", "y", "z"], ["y", "x", "z"]])
    >>> outcome.value, round(outcome.confidence, 3), outcome.supporters
    (['x', 'y', 'z'], 0.889, [0, 1])
    """
    if not answers:
        return AnswerConsensus(None, 0.0, [])
    weights = checked_weights(weights, len(answers))
    once = [list(dict.fromkeys(answer)) for answer in answers]
    ranked = vote_labels([set(ranking) for ranking in once], weights, preference)
    items = [item for item in ranked.labels if more_than_half(ranked.shares[item])]
    if not items and more_than_half(
        fsum(w for w, ranking in zip(weights, once, strict=True) if ranking) / fsum(weights)
    ):
        value = _most_similar(once, weights, metric, preference)
        return supported(value, [ranking_similarity(value, ranking, metric) for ranking in once], weights)
    order = kemeny if method == "kemeny" and len(items) <= KEMENY_ITEMS else borda
    value = order(once, items, weights)
    return supported(value, [ranking_similarity(value, ranking, metric) for ranking in once], weights)


def _most_similar(
    rankings: Sequence[list[str]], weights: Sequence[float], metric: RankingMetric, preference: Sequence[str]
) -> list[str]:
    """Of those that rank anything; a tie falls to whose items are preferred, the first first."""
    key = preference_key(preference)
    given = [(ranking, weight) for ranking, weight in zip(rankings, weights, strict=True) if ranking and weight > 0.0]
    chosen, trust = [ranking for ranking, _ in given], [weight for _, weight in given]
    similarity = ranking_matrix(chosen, metric)
    return chosen[medoid(similarity, trust, [[key(item) for item in ranking] for ranking in chosen])]


def borda(rankings: Sequence[Sequence[str]], items: Sequence[str], weights: Sequence[float] | None = None) -> list[str]:
    """Order the items by their (weighted) mean rank.

    Parameters
    ----------
    rankings
        Distinct items, best first, per annotator; what is not in `items` is passed over. Items that an annotator did
        not rank share the mean of the ranks that are left.
    items
        Distinct, in the order that decides ties (mean ranks that differ by less than 1e-9).
    weights
        One per annotator, finite and at least 0; default 1 each.

    Returns
    -------
    list[str]
        All of the items, best first.

    Raises
    ------
    ValueError
        Weights do not fit the rankings.

    References
    ----------
    Borda, J.-C. de (1781). Mémoire sur les élections au scrutin; with ties as in Emerson, P. (2013). The original Borda
    count and partial voting. doi:10.1007/s00355-011-0603-9

    Examples
    --------
    Mean ranks: x 5/3, y 4/3, z 3.

    >>> borda([["y", "x", "z"], ["y", "x", "z"], ["x", "y"]], ["x", "y", "z"])
    ['y', 'x', 'z']
    """
    weights = checked_weights(weights, len(rankings))
    rows = [_ranks(ranking, items) for ranking in rankings]
    total = fsum(weights) or 1.0
    means = {
        item: round(fsum(w * row[k] for w, row in zip(weights, rows, strict=True)) / total, 9)
        for k, item in enumerate(items)
    }
    return sorted(items, key=means.__getitem__)


def kemeny(
    rankings: Sequence[Sequence[str]], items: Sequence[str], weights: Sequence[float] | None = None
) -> list[str]:
    """The order with the least (weighted) number of pairs of items that an annotator puts the other way round.

    Exact, by dynamic programming over the subsets of the items. Where a majority prefers an item to each other one, it
    comes first, which Borda does not grant; and one annotator with a reversed list moves nothing that two agree on.

    Parameters
    ----------
    rankings, items, weights
        As in `borda`. Of several orders that are contradicted least (shares of the weight that differ by less than
        1e-12 are equal) the one is taken whose first item comes first in `items`, then the second, and so on.

    Returns
    -------
    list[str]
        All of the items, best first. Costs `len(items) * 2 ** len(items)` steps: for `KEMENY_ITEMS` items or so.

    Raises
    ------
    ValueError
        Weights do not fit the rankings.

    References
    ----------
    Kemeny, J. G. (1959). Mathematics without numbers. Daedalus 88, 577-591. As the maximum likelihood order: Young, H.
    P. (1988). Condorcet's theory of voting. doi:10.2307/1961757

    Examples
    --------
    x beats y and y beats z by 3 to 2, x beats z by 5 to 0, and Borda's count puts y first.

    >>> votes = [["x", "y", "z"]] * 3 + [["y", "z", "x"]] * 2
    >>> kemeny(votes, ["x", "y", "z"]), borda(votes, ["x", "y", "z"])
    (['x', 'y', 'z'], ['y', 'x', 'z'])
    """
    weights = checked_weights(weights, len(rankings))
    against = _contradictions([_ranks(ranking, items) for ranking in rankings], weights, len(items))
    everything = (1 << len(items)) - 1
    # least[s]: cost of the best order of the items in the bit set s; first[s]: which of them that order begins with.
    least = [0] * (everything + 1)
    first = [0] * (everything + 1)
    for chosen in range(1, everything + 1):
        members = [k for k in range(len(items)) if chosen >> k & 1]
        least[chosen], first[chosen] = min(
            (least[chosen & ~(1 << k)] + sum(against[k][other] for other in members), k) for k in members
        )
    order: list[str] = []
    while everything:
        order.append(items[first[everything]])
        everything &= ~(1 << first[everything])
    return order


def _contradictions(rows: Sequence[Sequence[float]], weights: Sequence[float], count: int) -> list[list[int]]:
    """[k][other]: weight of the annotators who put `other` before k, in whole parts of the total.

    Each one's share is the nearest fraction with a denominator of up to a million, so that sums which are equal on
    paper are equal: 3 + 2 + 2 of 7, and 0.1 + 0.2 against 0.3.
    """
    total = fsum(weights) or 1.0
    shares = [Fraction(weight / total).limit_denominator(1_000_000) for weight in weights]
    parts = lcm(*(share.denominator for share in shares))
    whole = [share.numerator * (parts // share.denominator) for share in shares]
    return [
        [sum([w for w, row in zip(whole, rows, strict=True) if row[other] < row[k]]) for other in range(count)]
        for k in range(count)
    ]


def _ranks(ranking: Sequence[str], items: Sequence[str]) -> list[float]:
    wanted = set(items)
    return tied_last_ranks([item for item in ranking if item in wanted], items)
