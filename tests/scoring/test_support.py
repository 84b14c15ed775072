"""The share of the most supported answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.aggregate import best_consensus_share, consensus_share
from scoring.agreement.nominal import equality_matrix
from scoring.agreement.numbers import number_matrix
from scoring.agreement.support import best_support_share, support_share
from scoring.types import Undefined

_LABELS = st.lists(st.sampled_from("abc"), min_size=2, max_size=6)
_NUMBERS = st.lists(st.integers(0, 8).map(float), min_size=2, max_size=5)


@given(_LABELS, st.integers(0, 3))
def test_of_answers_that_are_equal_or_not_it_is_the_consensus_share(answers: list[str], more: int) -> None:
    matrix, counted = equality_matrix(answers), range(len(answers))
    assert support_share(matrix, counted) == consensus_share(answers, counted)
    assert best_support_share(matrix, counted, more) == best_consensus_share(answers, counted, more)


@given(_NUMBERS, st.lists(st.integers(0, 16).map(lambda n: n / 2), max_size=3), st.integers(0, 3))
def test_no_newcomers_bring_more_than_the_bound(answers: list[float], joining: list[float], tolerance: int) -> None:
    counted, everyone = range(len(answers)), [*answers, *joining]
    reached = support_share(number_matrix(everyone, threshold=tolerance), range(len(everyone)))
    bound = best_support_share(number_matrix(answers, threshold=2 * tolerance), counted, len(joining))
    assert not isinstance(reached, Undefined)
    assert not isinstance(bound, Undefined)
    assert reached <= bound


def test_who_does_not_count_supports_nothing_and_one_alone_is_undefined() -> None:
    matrix = number_matrix([1.0, 1.0, 2.0])
    assert support_share(matrix, [1, 2]) == pytest.approx(0.5)
    assert support_share(matrix, [0]) == Undefined("needs two annotators, got 1")
    assert best_support_share(matrix, [], 1) == Undefined("needs two annotators, got 1")
