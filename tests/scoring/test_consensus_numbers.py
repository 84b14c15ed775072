"""Consensus of numbers: `scoring.consensus.numbers`."""

from __future__ import annotations

from functools import partial
from statistics import median, median_low
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import trim_mean

from scoring.consensus.answers import AnswerConsensus
from scoring.consensus.centre import median_of_ordered, weighted_median, weighted_medians
from scoring.consensus.numbers import NumberMethod, number_consensus, trimmed_mean
from tests.scoring.answer_laws import check_consensus, expect
from tests.scoring.strategies import weights

METHODS: list[NumberMethod] = ["median", "low_median", "trimmed_mean"]

numbers = st.one_of(st.integers(-5, 5).map(float), st.floats(-1e9, 1e9))
some_numbers = st.lists(numbers, min_size=1, max_size=7)
casts = st.lists(st.tuples(st.integers(-5, 5).map(float), weights), min_size=1, max_size=6)


def test_a_careless_answer_does_not_move_the_median() -> None:
    # The first three are 0.5 of a scale of 10 away, the last one is off the scale.
    outcome = number_consensus([4, 5, 4, 1000], minimum=0, maximum=10)
    expect(outcome, 4.5, (0.95 + 0.95 + 0.95 + 0) / 4, [])


def test_the_low_median_is_a_rating_that_somebody_gave() -> None:
    assert number_consensus([2, 3, 4, 5], method="low_median", minimum=1, maximum=5).value == 3.0
    assert number_consensus([3, 2], method="low_median").value == 2.0


def test_with_a_threshold_the_confidence_is_the_share_within_it() -> None:
    outcome = number_consensus([10, 10.4, 9.7, 12], threshold=0.5)  # median (10 + 10.4) / 2
    assert (outcome.value, outcome.confidence, outcome.supporters) == (10.2, 0.75, [0, 1, 2])


def test_weights_move_the_median() -> None:
    assert weighted_median([1, 2, 9], [1, 1, 3]) == 9.0
    assert weighted_median([1, 2, 9], [1, 1, 2]) == 5.5  # exactly half on either side
    assert weighted_median([1, 2, 9], [1, 1, 2], low=True) == 2.0
    assert weighted_median([1, 2], [0.1 + 0.2, 0.3]) == 1.5  # half on paper
    assert weighted_median([7, 8], [0, 1]) == 8.0
    assert weighted_median([1, 2, 2, 3], [1, 1, 1, 1]) == 2.0


def test_a_value_across_the_cut_counts_with_the_part_inside() -> None:
    # Of the weight 5, 0.3 x 5 = 1.5 goes at each end: 0.5 of the 2, all of the 3, 0.5 of the 4.
    assert trimmed_mean([1, 2, 3, 4, 100], trim=0.3) == pytest.approx((0.5 * 2 + 3 + 0.5 * 4) / 2)
    # Of the weight 4, 0.4 x 4 = 1.6 at each end leaves 0.8 in the middle, all of it the heavy 5's.
    assert trimmed_mean([1, 5, 9], [1, 2, 1], trim=0.4) == pytest.approx(5.0)


@given(st.lists(st.floats(-100, 100), min_size=5, max_size=5), st.sampled_from([0.0, 0.2, 0.4]))
def test_where_whole_values_are_cut_it_is_scipys_trimmed_mean(values: list[float], trim: float) -> None:
    # scipy truncates trim x 5, which is 2.0000000000000004 or 1.0 here: never below the whole number.
    assert trimmed_mean(values, trim=trim) == pytest.approx(float(trim_mean(values, trim)), abs=1e-9)


@given(some_numbers)
def test_without_weights_the_medians_are_the_standard_librarys(values: list[float]) -> None:
    assert weighted_median(values) == median(values)
    assert weighted_median(values, low=True) == median_low(values)


@given(some_numbers, st.data())
def test_whole_weights_are_repetitions(values: list[float], data: st.DataObject) -> None:
    counts = [data.draw(st.integers(1, 3)) for _ in values]
    repeated = [value for value, count in zip(values, counts, strict=True) for _ in range(count)]
    weights = [float(count) for count in counts]
    assert weighted_median(values, weights) == median(repeated)
    assert median_of_ordered(sorted(zip(values, weights, strict=True))) == median(repeated)
    columns = np.array([values, values[::-1]]).T, np.array([weights, weights[::-1]]).T
    assert weighted_medians(*columns).tolist() == [median(repeated)] * 2
    assert trimmed_mean(values, counts, 0.2) == pytest.approx(trimmed_mean(repeated, trim=0.2), rel=1e-9, abs=1e-6)


@given(casts, st.sampled_from(METHODS), st.sampled_from([{}, {"minimum": -5, "maximum": 5}]), st.data())
def test_number_consensus_keeps_the_laws_and_lies_among_the_answers(
    cast: list[tuple[float, float]], method: NumberMethod, scale: dict[str, Any], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(cast))))
    consensus_of: Any = partial(number_consensus, method=method, **scale)
    outcome = check_consensus(consensus_of, cast, order)
    answers, value = [answer for answer, _ in cast], outcome.value
    assert value is not None
    assert min(answers) <= value <= max(answers)
    assert method != "low_median" or value in answers


@given(numbers, st.lists(weights, min_size=1, max_size=6), st.sampled_from(METHODS), st.floats(0, 0.45))
def test_what_all_answered_is_the_consensus(
    answer: float, trust: list[float], method: NumberMethod, trim: float
) -> None:
    outcome = number_consensus([answer] * len(trust), trust, method, trim)
    assert outcome == AnswerConsensus(answer, 1.0, list(range(len(trust))))


def test_nobody_and_arguments_that_do_not_fit() -> None:
    assert number_consensus([]) == AnswerConsensus(None, 0.0, [])
    assert number_consensus([1, 2, 2], [0, 0, 0]).value == 2.0
    for trim in (-0.1, 0.5, float("nan")):
        with pytest.raises(ValueError, match="expected a trim"):
            number_consensus([1.0], method="trimmed_mean", trim=trim)
    for undefined in (weighted_median, trimmed_mean):
        with pytest.raises(ValueError, match="got none"):
            undefined([])
    with pytest.raises(ValueError, match="expected one weight each"):
        number_consensus([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="expected a scale"):
        number_consensus([], minimum=1)


@pytest.mark.parametrize("method", METHODS)
def test_which_zero_came_first_does_not_show(method: NumberMethod) -> None:
    for answers in ([0.0, -0.0], [-0.0, 0.0], [-0.0, -0.0, 0.0], [-0.0]):
        assert str(number_consensus(answers, method=method).value) == "0.0"
