from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rolling.sums import NO_SCORES, ScoreSums, histogram_bin
from scoring.types import Undefined

scores = st.floats(0, 1)


def total(values: list[float]) -> ScoreSums:
    sums = NO_SCORES
    for value in values:
        sums = sums.plus(ScoreSums.of(value))
    return sums


def test_mean_and_deviation_of_a_worked_example() -> None:
    # 0.2, 0.4, 0.9: mean 1.5 / 3 = 0.5; squares 0.04 + 0.16 + 0.81 = 1.01; variance 1.01 / 3 - 0.25 = 0.086667
    sums = total([0.2, 0.4, 0.9])
    assert sums == ScoreSums(3, 1_500_000, 1_010_000)
    assert sums.mean() == 0.5
    assert sums.deviation() == pytest.approx(0.294392, abs=1e-6)


def test_floats_would_not_come_back_but_these_sums_do() -> None:
    assert 0.1 + 0.2 - 0.2 != 0.1
    assert total([0.1, 0.2]).minus(ScoreSums.of(0.2)) == ScoreSums.of(0.1)


def test_empty_sums_say_why_they_have_no_mean() -> None:
    assert NO_SCORES.mean() == Undefined("no scores")
    assert NO_SCORES.deviation() == Undefined("no scores")


def test_what_was_never_added_shows_as_a_negative_count_and_no_mean() -> None:
    assert NO_SCORES.minus(ScoreSums.of(0.5)) == ScoreSums(-1, -500_000, -250_000)
    assert isinstance(NO_SCORES.minus(ScoreSums.of(0.5)).mean(), Undefined)


@pytest.mark.parametrize("wrong", [-0.001, 1.001, math.nan, math.inf])
def test_a_score_outside_zero_to_one_is_refused_by_name(wrong: float) -> None:
    with pytest.raises(ValueError, match=r"expected a score in \[0, 1\]"):
        ScoreSums.of(wrong)


@given(st.lists(scores), st.lists(scores))
def test_adding_then_retracting_in_any_order_leaves_the_rest_to_the_bit(stay: list[float], leave: list[float]) -> None:
    sums = total(leave + stay)
    for value in reversed(leave):
        sums = sums.minus(ScoreSums.of(value))
    assert sums == total(sorted(stay))


@given(st.lists(scores, min_size=1, max_size=50))
def test_the_mean_is_the_exact_mean_to_a_millionth(values: list[float]) -> None:
    mean = total(values).mean()
    assert isinstance(mean, float)
    exact = sum((Fraction(v) for v in values), Fraction(0)) / len(values)
    assert abs(Fraction(mean) - exact) <= Fraction(1, 1_000_000)


@given(scores, st.integers(1, 50))
def test_every_score_has_a_bin_that_holds_it(score: float, bins: int) -> None:
    place = histogram_bin(score, bins)
    assert 0 <= place < bins
    assert place / bins <= score + 1e-6
    assert score <= (place + 1) / bins + 1e-6
