"""One-to-one matching: `scoring.agreement.matching`, with brute force as the oracle."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement import matching
from scoring.agreement.matching import match, match_rows
from scoring.types import Array
from tests.scoring.strategies import similarities


def best_total(similarity: Array, minimum: float) -> float:
    if similarity.shape[0] > similarity.shape[1]:
        return best_total(similarity.T, minimum)
    allowed = np.where(similarity >= minimum, similarity, 0.0)
    rows = range(similarity.shape[0])
    return max(
        sum(float(allowed[row, column]) for row, column in zip(rows, columns, strict=True))
        for columns in permutations(range(similarity.shape[1]), similarity.shape[0])
    )


def test_optimal_gives_up_the_best_pair_for_two_good_ones() -> None:
    # Greedy: 0.9 + 0.0. Optimal: 0.8 + 0.7.
    assert match(np.array([[0.9, 0.8], [0.7, 0.0]])) == [(0, 1), (1, 0)]


def test_a_pair_at_the_minimum_is_matched_and_one_below_or_at_zero_is_not() -> None:
    assert match(np.array([[0.5]]), minimum=0.5) == [(0, 0)]
    assert match(np.array([[0.49]]), minimum=0.5) == []
    assert match(np.array([[0.0]]), minimum=0.0) == []


def test_three_copies_of_one_box_match_one_box_once() -> None:
    assert match(np.array([[1.0], [1.0], [1.0]])) == [(0, 0)]


def test_equal_candidates_go_to_the_first_in_order() -> None:
    assert match(np.array([[0.6, 0.6], [0.6, 0.6]])) == [(0, 0), (1, 1)]
    assert match(np.array([[0.6, 0.6, 0.6]])) == [(0, 0)]


def test_nothing_on_one_side_matches_nothing() -> None:
    assert match(np.zeros((0, 3))) == match(np.zeros((3, 0))) == []


@given(similarities(), st.sampled_from([0.0, 0.3, 0.5]))
def test_the_matching_is_one_to_one_and_no_permutation_sums_to_more(similarity: Array, minimum: float) -> None:
    pairs = match(similarity, minimum)
    assert pairs == sorted(pairs)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert all(similarity[pair] > 0.0 and similarity[pair] >= minimum for pair in pairs)
    assert sum(similarity[pair] for pair in pairs) == pytest.approx(best_total(similarity, minimum))


@given(similarities())
def test_it_does_not_matter_which_annotator_is_the_rows(similarity: Array) -> None:
    turned = sorted((row, column) for column, row in match(similarity.T))
    if similarity.shape[0] != similarity.shape[1] or not np.array_equal(similarity, similarity.T):
        assert match(similarity) == turned


@given(similarities(6, 6), st.sampled_from([0.0, 0.3, 0.5]))
def test_arrays_and_lists_are_matched_the_very_same(similarity: Array, minimum: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "_FEW_CELLS", 0)
        assert match(similarity, minimum) == match_rows(similarity.tolist(), minimum)
