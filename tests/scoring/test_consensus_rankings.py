"""Consensus of rankings: `scoring.consensus.rankings`."""

from __future__ import annotations

from functools import partial
from itertools import combinations, permutations
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scoring.agreement.ranking import tied_last_ranks
from scoring.consensus.answers import AnswerConsensus
from scoring.consensus.rankings import KEMENY_ITEMS, RankingMethod, borda, kemeny, ranking_consensus
from tests.scoring.answer_laws import check_consensus, expect
from tests.scoring.strategies import weights

METHODS: list[RankingMethod] = ["kemeny", "borda"]

rankings = st.lists(st.sampled_from("abcde"), max_size=6)
casts = st.lists(st.tuples(rankings, weights), min_size=1, max_size=5)

TENNESSEE = [["Memphis", "Nashville", "Chattanooga", "Knoxville"], ["Nashville", "Chattanooga", "Knoxville", "Memphis"]]
TENNESSEE += [
    ["Chattanooga", "Knoxville", "Nashville", "Memphis"],
    ["Knoxville", "Chattanooga", "Nashville", "Memphis"],
]
VOTERS = [42, 26, 15, 17]


def contradictions(order: tuple[str, ...], votes: list[list[str]], trust: list[float]) -> float:
    """Kemeny's score by its definition: for each annotator the pairs that they put the other way round."""
    total = 0.0
    for vote, weight in zip(votes, trust, strict=True):
        ranks = dict(zip(order, tied_last_ranks(vote, order), strict=True))
        total += weight * sum(ranks[later] < ranks[earlier] for earlier, later in combinations(order, 2))
    return total


def test_the_capital_of_tennessee() -> None:
    """The textbook example of the Kemeny–Young method. Borda puts Memphis third: 42 first places are far up."""
    cities = sorted(TENNESSEE[0])
    assert kemeny(TENNESSEE, cities, VOTERS) == ["Nashville", "Chattanooga", "Knoxville", "Memphis"]
    # Borda points 3 2 1 0: Nashville 194, Chattanooga 173, Memphis 126, Knoxville 107.
    assert borda(TENNESSEE, cities, VOTERS) == ["Nashville", "Chattanooga", "Memphis", "Knoxville"]


def test_kemeny_puts_first_what_beats_each_other_item_and_borda_need_not() -> None:
    votes = [["x", "y", "z"]] * 3 + [["y", "z", "x"]] * 2
    assert ranking_consensus(votes).value == ["x", "y", "z"]
    assert ranking_consensus(votes, method="borda").value == ["y", "x", "z"]


def test_a_cycle_is_cut_where_it_is_weakest_and_a_perfect_one_by_the_stated_rule() -> None:
    cycle = [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"]]
    assert ranking_consensus(cycle).value == ["a", "b", "c"]
    assert ranking_consensus(cycle, preference=["c"]).value == ["c", "a", "b"]
    assert ranking_consensus(cycle, method="borda", preference=["b", "c"]).value == ["b", "c", "a"]
    # a over b 5, b over c 4, c over a 3, of 6: the weakest is given up.
    assert ranking_consensus(cycle, [3, 1, 2]).value == ["a", "b", "c"]


def test_one_reversed_list_moves_nothing_that_two_agree_on() -> None:
    expect(ranking_consensus([list("abcd"), list("abcd"), list("dcba")]), list("abcd"), 2 / 3, [0, 1])


def test_items_that_half_or_fewer_ranked_are_not_in_the_consensus() -> None:
    # a 3 of 3, b 2 of 3, x and y 1 of 3.
    assert ranking_consensus([["x", "a", "b"], ["a", "b"], ["y", "a"]]).value == ["a", "b"]


@pytest.mark.parametrize("method", ["kemeny", "borda"])
def test_where_no_item_has_most_though_most_ranked_some_it_is_the_ranking_most_like_the_others(
    method: RankingMethod,
) -> None:
    """An empty one is what everybody denied."""
    expect(ranking_consensus([["b"], ["a"]], method=method), ["a"], 0.5, [1])
    assert ranking_consensus([["b"], ["a"]], method=method, preference=["b"]).value == ["b"]
    assert ranking_consensus([["b"], ["a"]], [1, 2], method).value == ["a"]
    some = [["a", "b"], ["c", "d", "e"], ["f", "c"], ["g", "d"], ["h"]]
    assert ranking_consensus(some, method=method).value == ["c", "d", "e"]
    assert ranking_consensus([["a"], ["b"], [], []], method=method).value == []


def test_unranked_items_come_after_ranked_ones() -> None:
    # b over a: the second and the third, who did not rank a; a over b: the first.
    assert ranking_consensus([["a", "b", "c"], ["b", "c"], ["b", "a"]]).value == ["b", "a", "c"]


def test_longer_lists_than_kemeny_can_do_are_put_in_order_by_borda() -> None:
    items = [f"i{place}" for place in range(KEMENY_ITEMS + 1)]
    turned = [*items[1:], items[0]]
    votes = [items] * 3 + [turned] * 2
    assert ranking_consensus(votes).value == borda(votes, items) != kemeny(votes, items)
    shorter = [vote[:-1] if vote is items else [item for item in vote if item != items[-1]] for vote in votes]
    assert ranking_consensus(shorter).value == items[:-1]


def test_nobody_empty_lists_and_weights_that_do_not_fit() -> None:
    assert ranking_consensus([]) == AnswerConsensus(None, 0.0, [])
    assert ranking_consensus([[], []]) == AnswerConsensus([], 1.0, [0, 1])
    assert kemeny([], ["b", "a"]) == borda([], ["b", "a"]) == ["b", "a"]
    with pytest.raises(ValueError, match="expected one weight each"):
        ranking_consensus([["a"]], [1.0, 2.0])


@example(cast=[(["d", "e", "a", "c", "b"], 3), (["a"], 2), (["b", "e", "c", "a", "d"], 2)])  # 20 of 7 each: a tie
@given(st.lists(st.tuples(st.permutations("abcde") | rankings, st.integers(1, 3)), min_size=1, max_size=5))
def test_kemeny_is_the_first_of_the_least_contradicted_orders(cast: list[tuple[list[str], int]]) -> None:
    votes = [list(dict.fromkeys(vote)) for vote, _ in cast]
    trust = [float(weight) for _, weight in cast]
    best = min(permutations("abcde"), key=lambda order: (contradictions(order, votes, trust), order))
    assert kemeny(votes, "abcde", trust) == list(best)


@given(casts, st.sampled_from(METHODS), st.data())
def test_ranking_consensus_keeps_the_laws(
    cast: list[tuple[list[str], float]], method: RankingMethod, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(cast))))
    consensus_of: Any = partial(ranking_consensus, method=method)
    items: Any = check_consensus(consensus_of, cast, order).value
    assert len(set(items)) == len(items)


@given(rankings, st.lists(weights, min_size=1, max_size=5), st.sampled_from(METHODS))
def test_what_all_ranked_is_the_consensus(ranking: list[str], trust: list[float], method: RankingMethod) -> None:
    outcome = ranking_consensus([ranking] * len(trust), trust, method)
    assert outcome == AnswerConsensus(list(dict.fromkeys(ranking)), 1.0, list(range(len(trust))))
