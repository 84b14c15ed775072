"""From a matrix to a score, and what can still be reached: `scoring.agreement.aggregate`."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.aggregate import (
    best_consensus_share,
    best_mean_of_pairs,
    best_pairs_nominal,
    consensus_share,
    mean_of_pairs,
    mean_with_others,
)
from scoring.agreement.boxes import iou
from scoring.agreement.nominal import equality_matrix
from scoring.agreement.objects import compare_objects
from scoring.agreement.sets import jaccard_matrix
from scoring.types import Matrix, Undefined
from tests.scoring.strategies import Marks, answers, label_sets, marks

LABEL_STUDIO = [[1.0, 0.74, 0.90], [0.74, 1.0, 0.52], [0.90, 0.52, 1.0]]


@st.composite
def matrices(draw: st.DrawFn, min_size: int = 0) -> Matrix:
    count = draw(st.integers(min_size, 5))
    matrix = [[1.0] * count for _ in range(count)]
    for i in range(count):
        for j in range(i):
            matrix[i][j] = matrix[j][i] = draw(st.floats(0, 1))
    return matrix


def test_mean_of_label_studios_three_pairs() -> None:
    # (0.74 + 0.90 + 0.52) / 3 = 2.16 / 3
    assert mean_of_pairs(LABEL_STUDIO, [0, 1, 2]) == pytest.approx(0.72)


def test_annotators_that_do_not_count_leave_the_score_alone_but_get_their_own() -> None:
    assert mean_of_pairs(LABEL_STUDIO, [0, 1]) == 0.74
    # The third is compared with both counted ones: (0.90 + 0.52) / 2; the counted ones only with each other.
    assert mean_with_others(LABEL_STUDIO, [0, 1]) == pytest.approx([0.74, 0.74, 0.71])


def test_one_annotator_has_no_agreement_and_the_result_says_why() -> None:
    assert mean_of_pairs([[1.0]], [0]) == Undefined("needs two annotators, got 1")
    assert consensus_share(["a"], [0]) == Undefined("needs two annotators, got 1")
    assert best_mean_of_pairs([], [], 1) == Undefined("needs two annotators, got 1")
    assert mean_with_others([[1.0]], [0]) == [None]


def test_a_negative_number_of_newcomers_is_an_error() -> None:
    with pytest.raises(ValueError, match="more >= 0"):
        best_mean_of_pairs(LABEL_STUDIO, [0, 1, 2], -1)
    with pytest.raises(ValueError, match="more >= 0"):
        best_pairs_nominal("ab", [0, 1], -1)
    with pytest.raises(ValueError, match="more >= 0"):
        best_consensus_share("ab", [0, 1], -1)


def test_best_case_by_hand() -> None:
    # Two more join three with pairs summing to 2.16: the 3 x 2 new pairs with old and 1 among the new are perfect.
    assert best_mean_of_pairs(LABEL_STUDIO, [0, 1, 2], 2) == pytest.approx((2.16 + 6 + 1) / 10)
    # A, B, C and two more A: 3 of 10 pairs, and 3 of 5 annotators.
    assert best_pairs_nominal("ABC", [0, 1, 2], 2) == pytest.approx(0.3)
    assert best_consensus_share("ABC", [0, 1, 2], 2) == pytest.approx(0.6)
    # Nobody has answered yet: everything is possible.
    assert best_consensus_share([], [], 2) == best_pairs_nominal([], [], 2) == best_mean_of_pairs([], [], 2) == 1.0


def test_two_annotators_with_nothing_in_common_bound_a_newcomers_soft_f1_at_two_thirds_each() -> None:
    # One drew {a}, the other {b}; the newcomer draws {a, b}: 2 x 1 / (1 + 2) with each, so (0 + 2/3 + 2/3) / 3.
    nothing_in_common = [[1.0, 0.0], [0.0, 1.0]]
    assert best_mean_of_pairs(nothing_in_common, [0, 1], 1, law="soft_f1") == pytest.approx(4 / 9)


@given(matrices(min_size=2), st.data())
def test_scores_do_not_change_by_a_bit_when_annotators_are_permuted(matrix: Matrix, data: st.DataObject) -> None:
    count = len(matrix)
    order = data.draw(st.permutations(range(count)))
    permuted = [[matrix[i][j] for j in order] for i in order]
    everyone = range(count)
    score = mean_of_pairs(matrix, everyone)
    assert score == mean_of_pairs(permuted, everyone)
    assert isinstance(score, float)
    assert 0.0 <= score <= 1.0
    means = mean_with_others(matrix, everyone)
    assert mean_with_others(permuted, everyone) == [means[i] for i in order]


@given(st.lists(answers, min_size=2, max_size=6))
def test_consensus_share_is_between_one_nth_and_one(given: list[str]) -> None:
    share = consensus_share(given, range(len(given)))
    assert isinstance(share, float)
    assert 1 / len(given) <= share <= 1.0
    assert (share == 1.0) == (len(set(given)) == 1)


@given(st.lists(st.sampled_from("ab"), min_size=2, max_size=4), st.integers(0, 3))
def test_the_nominal_bounds_are_reached_by_the_best_of_all_possible_newcomers(now: list[str], more: int) -> None:
    everyone = range(len(now) + more)
    futures = [now + list(newcomers) for newcomers in product("abz", repeat=more)]
    best_pairs = max(mean_of_pairs(equality_matrix(future), everyone) for future in futures)
    best_share = max(consensus_share(future, everyone) for future in futures)
    assert best_pairs_nominal(now, range(len(now)), more) == pytest.approx(best_pairs)
    assert best_consensus_share(now, range(len(now)), more) == pytest.approx(best_share)


@given(matrices(min_size=2), st.data())
def test_no_newcomers_lift_any_matrix_above_the_bound(matrix: Matrix, data: st.DataObject) -> None:
    present = data.draw(st.integers(0, len(matrix)))
    bound = best_mean_of_pairs(matrix, range(present), len(matrix) - present)
    score = mean_of_pairs(matrix, range(len(matrix)))
    assert isinstance(bound, float)
    assert isinstance(score, float)
    assert score <= bound <= 1.0


@given(st.lists(label_sets, min_size=2, max_size=6), st.data())
def test_no_newcomers_lift_jaccard_above_the_bound_for_metrics(sets: list[frozenset[str]], data: st.DataObject) -> None:
    present = data.draw(st.integers(2, len(sets)))
    matrix = jaccard_matrix(sets)
    score = mean_of_pairs(matrix, range(len(sets)))
    bound = best_mean_of_pairs(matrix, range(present), len(sets) - present, law="metric")
    loose = best_mean_of_pairs(matrix, range(present), len(sets) - present)
    assert not isinstance(score, Undefined)
    assert not isinstance(bound, Undefined)
    assert not isinstance(loose, Undefined)
    assert score <= bound <= loose


@given(marks(min_annotators=3, max_annotators=5), st.data())
def test_no_newcomers_lift_soft_f1_above_its_bound(drawn: Marks, data: st.DataObject) -> None:
    count = len(drawn.answers)
    present = data.draw(st.integers(2, count - 1))
    matrix = compare_objects(iou(drawn.boxes, drawn.boxes), drawn.owners, drawn.labels, count).matrix
    score = mean_of_pairs(matrix, range(count))
    bound = best_mean_of_pairs(matrix, range(present), count - present, law="soft_f1")
    assert not isinstance(score, Undefined)
    assert not isinstance(bound, Undefined)
    assert score <= bound
