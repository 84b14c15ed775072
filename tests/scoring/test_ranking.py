"""Agreement of rankings: `scoring.agreement.ranking`."""

from __future__ import annotations

from functools import partial
from itertools import permutations
from math import sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from scoring.agreement.ranking import RankingMetric, ranking_matrix, ranking_similarity, tied_last_ranks
from tests.scoring.answer_laws import check_matrix

METRICS: list[RankingMetric] = ["kendall", "footrule", "exact"]
ITEMS = "abcdef"

rankings = st.lists(st.sampled_from(ITEMS), unique=True)
with_repeats = st.lists(st.sampled_from(ITEMS), max_size=8)


def test_kendall_by_hand() -> None:
    # a b c d against b a d c: two of six pairs are the other way round: tau (4 - 2) / 6.
    assert ranking_similarity("abcd", "badc") == pytest.approx((1 + 2 / 6) / 2)
    assert ranking_similarity("abcd", "dcba") == 0.0


def test_footrule_by_hand() -> None:
    # Diaconis and Graham: the largest sum is floor(n * n / 2); reversing reaches it. Here 1 + 1 + 1 + 1 of 8.
    assert ranking_similarity("abcd", "badc", "footrule") == 0.5
    assert ranking_similarity("abcd", "dcba", "footrule") == 0.0
    assert ranking_similarity("abc", "cba", "footrule") == 0.0


def test_items_that_one_did_not_rank_are_tied_last_there_and_cost() -> None:
    # Ranks of a b c d: 1 2 3 4 and 1 2 4 3: one of six pairs is the other way round. In both: 2 x 2 / (3 + 3).
    assert ranking_similarity("abc", "abd") == pytest.approx((1 + 4 / 6) / 2 * 2 / 3)
    # Ranks of a b c: 1 2.5 2.5 and 1 2 3: tau_b = 2 / sqrt(2 x 3). In both: 2 x 1 / (1 + 3).
    assert ranking_similarity("a", "abc") == pytest.approx((1 + 2 / sqrt(6)) / 2 / 2)
    # Moved 0 + 0.5 + 0.5 of floor(9 / 2).
    assert ranking_similarity("a", "abc", "footrule") == pytest.approx((1 - 1 / 4) / 2)


def test_one_item_more_is_never_free() -> None:
    """Tied last it would be: b comes after a either way."""
    assert ranking_similarity("a", "ab") == pytest.approx(2 / 3)
    assert ranking_similarity("a", "ab", "footrule") == pytest.approx(2 / 3)


def test_empty_disjoint_unanswered_and_repeated() -> None:
    for metric in METRICS:
        assert ranking_matrix([[], [], ["a"], None], metric)[0] == [1.0, 1.0, 0.0, 0.0]
        assert ranking_similarity("ab", "cd", metric) == 0.0
        assert ranking_similarity("aba", "ab", metric) == 1.0


def test_the_ranks_left_over_are_shared() -> None:
    assert tied_last_ranks("ca", "abcd") == [2.0, 3.5, 1.0, 3.5]
    assert tied_last_ranks("", "abc") == [2.0, 2.0, 2.0]


@given(rankings.filter(bool), rankings.filter(bool))
def test_kendall_is_scipys_tau_b_times_the_shared_items(a: list[str], b: list[str]) -> None:
    items = sorted({*a, *b})
    if a == b or not set(a) & set(b):
        return
    tau = kendalltau(tied_last_ranks(a, items), tied_last_ranks(b, items), variant="b").statistic
    overlap = 2 * len(set(a) & set(b)) / (len(a) + len(b))
    assert ranking_similarity(a, b) == pytest.approx((tau + 1) / 2 * overlap)


def test_over_all_orders_both_use_the_whole_range_and_kendall_averages_one_half() -> None:
    for metric in ("kendall", "footrule"):
        scores = [ranking_similarity("abcd", order, metric) for order in permutations("abcd")]
        assert (min(scores), max(scores), scores.count(1.0)) == (0.0, 1.0, 1)
        if metric == "kendall":
            assert sum(scores) / len(scores) == pytest.approx(0.5)


@given(st.lists(st.none() | with_repeats, max_size=5), st.sampled_from(METRICS), st.data())
def test_ranking_matrix_keeps_the_laws(
    answers: list[list[str] | None], metric: RankingMetric, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(answers))))
    matrix_of: Any = partial(ranking_matrix, metric=metric)
    check_matrix(matrix_of, answers, order)


@given(with_repeats, with_repeats, st.permutations(ITEMS))
def test_only_equal_lists_score_1_and_the_items_names_do_not_matter(
    a: list[str], b: list[str], names: list[str]
) -> None:
    renamed = dict(zip(ITEMS, names, strict=True))
    for metric in METRICS:
        score = ranking_similarity(a, b, metric)
        assert (score == 1.0) == (list(dict.fromkeys(a)) == list(dict.fromkeys(b)))
        assert ranking_similarity([renamed[item] for item in a], [renamed[item] for item in b], metric) == score
