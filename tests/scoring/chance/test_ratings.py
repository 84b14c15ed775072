"""Numbers: `scoring.chance.ratings` and `scoring.chance.icc`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.chance.alpha import krippendorff_alpha
from scoring.chance.coefficient import Coefficient, Interval
from scoring.chance.coincidences import Coincidences
from scoring.chance.icc import icc_one_way, icc_two_way
from scoring.chance.ratings import RatingSums, exactly, interval_alpha
from scoring.types import Undefined
from tests.scoring.chance.literature import SHROUT_FLEISS, codes

rated_tasks = st.lists(st.lists(st.integers(-3, 5), max_size=4), max_size=7)


def summed(tasks: list[list[int]]) -> RatingSums:
    sums = RatingSums()
    for ratings in tasks:
        sums.add(ratings)
    return sums


def ends(outcome: Coefficient | Undefined) -> list[float]:
    assert isinstance(outcome, Coefficient)
    assert isinstance(outcome.interval, Interval)
    return [outcome.value, outcome.interval.low, outcome.interval.high]


# Shrout and Fleiss (1979). Values from the paper's table 4; intervals as R's psych::ICC prints them.


def test_shrout_and_fleiss_one_way() -> None:
    outcome = icc_one_way(summed(SHROUT_FLEISS))
    assert ends(outcome) == pytest.approx([0.1657, -0.133, 0.723], abs=6e-4)
    assert isinstance(outcome, Coefficient)
    assert outcome.observed == pytest.approx(6.2639, abs=5e-5)  # WMS
    assert (outcome.tasks, outcome.answers, outcome.pairs) == (6, 24, 36)


def test_shrout_and_fleiss_two_way() -> None:
    assert ends(icc_two_way(SHROUT_FLEISS)) == pytest.approx([0.2898, 0.019, 0.761], abs=6e-4)
    assert ends(icc_two_way(SHROUT_FLEISS, averaged=True)) == pytest.approx([0.6201, 0.071, 0.927], abs=6e-4)
    outcome = icc_two_way(SHROUT_FLEISS)
    assert isinstance(outcome, Coefficient)
    assert outcome.observed == pytest.approx(1.0194, abs=5e-5)  # EMS


def test_tasks_that_not_all_rated_are_left_out_of_the_two_way_design() -> None:
    extended = [*SHROUT_FLEISS, [1.0, float("nan"), 9.0, 9.0]]
    assert icc_two_way(extended) == icc_two_way(SHROUT_FLEISS)


# By hand


def test_alpha_by_hand() -> None:
    # Within: (2 - 3)² over ordered pairs is 2, by m - 1 = 1, by n = 6. All: 2 (6 × 65 - 17²) / (6 × 5).
    outcome = interval_alpha(summed([[1, 1], [2, 3], [5, 5], [7]]))
    assert isinstance(outcome, Coefficient)
    assert [outcome.observed, outcome.expected] == pytest.approx([2 / 6, 202 / 30])
    assert (outcome.tasks, outcome.answers, outcome.pairs) == (3, 6, 3)


WAVELENGTHS = [["4.1", "4.2"], ["5.3", "5.4"], ["6.9", "7"], ["6.1", "6.3", "6.2"]]


@pytest.mark.parametrize("power", [-320, -40, -7, 0, 3, 300])
def test_alpha_and_icc_do_not_depend_on_the_unit(power: int) -> None:
    sums, one = RatingSums(), RatingSums()
    for task in WAVELENGTHS:
        sums.add([float(f"{x}e{power}") for x in task])
        one.add([float(x) for x in task])
    assert ends(interval_alpha(sums)) == ends(interval_alpha(one))
    assert ends(icc_one_way(sums)) == ends(icc_one_way(one))
    matrix = np.array([[float(x) for x in task[:2]] for task in WAVELENGTHS])
    assert ends(icc_two_way(matrix * 2.0 ** (3 * power))) == ends(icc_two_way(matrix))


def test_tiny_differences_beside_huge_numbers_neither_vanish_nor_overflow() -> None:
    # Within 1 / 2 (10^-320)², between 10^30 / 4: so 1 but for the rounding.
    sums = RatingSums()
    sums.add([1e15, 1e15])
    sums.add([1e-320, 2e-320])
    assert ends(icc_one_way(sums)) == [1.0, 1.0, 1.0]
    assert ends(interval_alpha(sums))[0] == 1.0


def test_sums_as_text_are_read_back_to_the_bit() -> None:
    sums = RatingSums()
    sums.add([4.1e-7, 1 / 3])
    sums.add([2, 3])
    assert RatingSums({key: exactly(str(value)) for key, value in sums}) == sums


def test_unequal_numbers_of_ratings() -> None:
    # Tasks 1, 1 and 3, 4, 5: between 9.6 / 1, within 2 / 3; k = (5 - 13 / 5) / 1 = 2.4.
    between, within, k = 9 * 2 * 3 / 5, 2 / 3, 2.4
    outcome = icc_one_way(summed([[1, 1], [3, 4, 5]]))
    assert isinstance(outcome, Coefficient)
    assert outcome.value == pytest.approx((between - within) / (between + (k - 1) * within))


def test_undefined_has_its_reason() -> None:
    lone = Undefined("no task has two ratings: fewer than two annotators, or no overlap between them")
    equal = Undefined("all ratings are equal (2.5), so nothing could have disagreed")
    constant = RatingSums()
    constant.add([2.5, 2.5])
    negative = RatingSums()
    negative.retract([1, 2])
    for statistic in (interval_alpha, icc_one_way):
        assert statistic(summed([[1], [2]])) == lone
        assert statistic(constant) == equal
        assert statistic(negative) == Undefined("more tasks were taken back than added")
    assert icc_one_way(summed([[1, 2]])) == Undefined("needs two tasks with two ratings, got 1")
    assert icc_two_way([[2.5, 2.5], [2.5, 2.5]]) == equal
    assert icc_two_way([[1.0], [2.0]]) == Undefined(
        "needs two annotators and two tasks that all of them rated, got 1 and 2"
    )


def test_ratings_that_only_cross_have_no_two_way_correlation() -> None:
    # BMS = JMS = 0, EMS = 1: the variance that is divided is 0 + 1 + 2 (0 - 1) / 2.
    assert icc_two_way([[0, 1], [1, 0]]) == Undefined(
        "tasks and annotators differ less than chance has it, which leaves no variance to divide"
    )


def test_what_is_no_rating_is_refused() -> None:
    with pytest.raises(ValueError, match="expected finite ratings"):
        RatingSums().add([1.0, float("nan")])
    with pytest.raises(ValueError, match="expected a matrix of finite ratings"):
        icc_two_way([[1.0, float("inf")], [1.0, 2.0]])


def test_full_agreement_of_few_tasks_is_not_certainty() -> None:
    for outcome in (interval_alpha(summed([[1, 1], [2, 2]])), icc_one_way(summed([[1, 1], [2, 2]]))):
        assert ends(outcome) == pytest.approx([1.0, 2 / (2 + 3.841459), 1.0], abs=1e-6)
    assert ends(icc_two_way([[1, 1], [2, 2]])) == pytest.approx([1.0, 2 / (2 + 3.841459), 1.0], abs=1e-6)


def test_one_who_is_stricter_by_a_constant_lowers_the_correlation() -> None:
    # BMS = 2, JMS = 1.5, EMS = 0: 2 / (2 + 2 × 1.5 / 3)
    outcome = icc_two_way([[1, 2], [2, 3], [3, 4]])
    value, low, high = ends(outcome)
    assert value == pytest.approx(2 / 3)
    assert low < value < high


# Properties


@given(rated_tasks)
def test_sums_give_the_alpha_of_the_coincidences(tasks: list[list[int]]) -> None:
    seen = Coincidences()
    for ratings in tasks:
        seen.add({rating: ratings.count(rating) for rating in ratings})
    one, other = interval_alpha(summed(tasks)), krippendorff_alpha(seen.table(), "interval")
    if isinstance(one, Undefined) or isinstance(other, Undefined):
        assert isinstance(one, Undefined)
        assert isinstance(other, Undefined)
    else:
        figures = [(c.value, c.observed, c.expected, c.tasks, c.answers, c.pairs) for c in (one, other)]
        assert figures[0] == pytest.approx(figures[1], abs=1e-9)


def test_the_delta_method_and_the_jackknife_come_together() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 20, size=(400, 1))
    ratings = truth + rng.integers(-3, 4, size=(400, 3))
    seen = Coincidences()
    for row in ratings.tolist():
        seen.add({rating: row.count(rating) for rating in row})
    sums, table = ends(interval_alpha(summed(ratings.tolist()))), ends(krippendorff_alpha(seen.table(), "interval"))
    assert sums == pytest.approx(table, abs=5e-4)


@given(rated_tasks)
def test_one_way_is_the_analysis_of_variance(tasks: list[list[int]]) -> None:
    outcome = icc_one_way(summed(tasks))
    groups = [np.array(task) for task in tasks if len(task) > 1]
    if isinstance(outcome, Undefined):
        assert len(groups) < 2 or len(np.unique(np.concatenate(groups))) == 1
        return
    everything = np.concatenate(groups)
    within = sum(float(((g - g.mean()) ** 2).sum()) for g in groups) / (len(everything) - len(groups))
    between = sum(len(g) * (g.mean() - everything.mean()) ** 2 for g in groups) / (len(groups) - 1)
    k = (len(everything) - sum(len(g) ** 2 for g in groups) / len(everything)) / (len(groups) - 1)
    assert outcome.value == pytest.approx((between - within) / (between + (k - 1) * within), abs=1e-9)
    value, low, high = ends(outcome)
    assert -1.0 <= low <= value + 1e-9
    assert value - 1e-9 <= high <= 1.0


@given(
    st.integers(2, 4).flatmap(
        lambda k: st.lists(st.lists(st.integers(0, 5), min_size=k, max_size=k), min_size=1, max_size=6)
    )
)
@settings(max_examples=60)
def test_two_way_is_bounded_and_does_not_depend_on_the_order(rows: list[list[int]]) -> None:
    matrix = np.array(rows, dtype=float).reshape(len(rows), -1)
    for averaged in (False, True):
        one, other = icc_two_way(matrix, averaged), icc_two_way(matrix[::-1, ::-1], averaged)
        if isinstance(one, Undefined):
            assert one == other
            continue
        assert ends(one) == pytest.approx(ends(other), rel=1e-6, abs=1e-6)
        value, low, high = ends(one)
        assert value <= 1.0 + 1e-9
        assert low <= value + 1e-9
        assert value - 1e-9 <= high <= 1.0


def test_a_scale_of_a_thousand_steps_stays_exact() -> None:
    matrix, _ = codes("12 23 34")
    sums = RatingSums()
    for _ in range(1000):
        for row in matrix.tolist():
            sums.add([x / 1000 for x in row])
    assert sums.counts[2, 0, 0] == 3000
    assert sums.counts[2, 1, 0] == 1000 * (0 + 1 + 1 + 2 + 2 + 3) * 1000  # millionths
