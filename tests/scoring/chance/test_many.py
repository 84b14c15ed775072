"""Agreement of many annotators: `scoring.chance.many`, `scoring.chance.weights` and `scoring.chance.coefficient`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_fleiss

from scoring.chance.coefficient import Coefficient, Interval, wilson
from scoring.chance.coincidences import Coincidences, Table, tabulate
from scoring.chance.many import fleiss_kappa, gwet_ac, percent_agreement
from scoring.chance.weights import Scheme, agreement_weights
from scoring.types import Undefined
from tests.scoring.chance.literature import (
    FEINSTEIN_HIGH,
    FEINSTEIN_LOW,
    FIVE_OBSERVERS,
    GENDER,
    GWET_2008,
    KRIPPENDORFF_C,
    both,
    psychiatrists,
    rated,
)

SCHEMES: list[Scheme] = ["identity", "linear", "quadratic", "ordinal", "radical", "ratio"]
matrices = st.integers(2, 4).flatmap(
    lambda annotators: st.lists(
        st.lists(st.integers(-1, 2), min_size=annotators, max_size=annotators), min_size=1, max_size=8
    )
)


def defined(outcome: Coefficient | Undefined) -> Coefficient:
    assert isinstance(outcome, Coefficient)
    return outcome


def interval(outcome: Coefficient | Undefined) -> Interval:
    found = defined(outcome).interval
    assert isinstance(found, Interval)
    return found


# Fleiss (1971), Gwet (2008, 2014), Feinstein and Cicchetti (1990)


def test_fleiss_thirty_patients() -> None:
    kappa = defined(fleiss_kappa(psychiatrists().table()))
    assert [kappa.observed, kappa.expected] == pytest.approx([0.55555556, 0.21993827])
    assert kappa.value == pytest.approx(0.43024452, abs=1e-8)
    assert (kappa.tasks, kappa.answers, kappa.pairs) == (30, 180, 450)


@pytest.mark.parametrize(
    ("words", "ac1", "fleiss"),
    [
        (KRIPPENDORFF_C, 0.77544407, 0.76116928),
        (FIVE_OBSERVERS, 0.49662205, 0.45762169),
        (GENDER, 0.20808081, 0.12888889),
    ],
)
def test_gwets_raw_ratings(words: str, ac1: float, fleiss: float) -> None:
    assert defined(gwet_ac(rated(words))).value == pytest.approx(ac1, abs=1e-8)
    assert defined(fleiss_kappa(rated(words))).value == pytest.approx(fleiss, abs=1e-8)


@pytest.mark.parametrize(
    ("words", "scheme", "ac2", "fleiss"),
    [
        (KRIPPENDORFF_C, "ordinal", 0.89893977, 0.85020619),
        (KRIPPENDORFF_C, "linear", 0.85873914, 0.81794477),
        (KRIPPENDORFF_C, "quadratic", 0.91400072, 0.86493506),
        (KRIPPENDORFF_C, "ratio", 0.85736756, 0.82133834),
        (KRIPPENDORFF_C, "radical", 0.8198117, 0.78992409),
        (FIVE_OBSERVERS, "ordinal", 0.78534179, 0.70122112),
        (FIVE_OBSERVERS, "linear", 0.68963942, 0.61185004),
        (FIVE_OBSERVERS, "quadratic", 0.83043357, 0.75071913),
        (FIVE_OBSERVERS, "radical", 0.5970251, 0.53403575),
    ],
)
def test_gwets_weighted_coefficients(words: str, scheme: Scheme, ac2: float, fleiss: float) -> None:
    assert defined(gwet_ac(rated(words), scheme)).value == pytest.approx(ac2, abs=1e-8)
    assert defined(fleiss_kappa(rated(words), scheme)).value == pytest.approx(fleiss, abs=1e-8)


def test_gwets_standard_errors_and_interval() -> None:
    # irrCAC on raw_4raters: AC1 se .14295, interval .46081 to 1; Fleiss se .15302
    found = interval(gwet_ac(rated(KRIPPENDORFF_C)))
    assert [found.standard_error, found.low, found.high] == pytest.approx([0.14295, 0.46081, 1.0], abs=5e-6)
    assert interval(fleiss_kappa(rated(KRIPPENDORFF_C))).standard_error == pytest.approx(0.15302, abs=5e-6)


def test_the_paradox_of_kappa_where_one_label_prevails() -> None:
    # Gwet (2008): 118 of 125 alike, kappa -0.03, AC1 0.94. Feinstein and Cicchetti (1990): agreement 0.85 in both.
    assert defined(fleiss_kappa(both(GWET_2008))).value == pytest.approx(-0.02880658, abs=1e-8)
    assert defined(gwet_ac(both(GWET_2008))).value == pytest.approx(0.94077634, abs=1e-8)
    high, low = both(FEINSTEIN_HIGH), both(FEINSTEIN_LOW)
    assert defined(percent_agreement(high)).value == defined(percent_agreement(low)).value == 0.85
    assert defined(fleiss_kappa(high)).value == pytest.approx(0.31428571, abs=1e-8)
    assert defined(fleiss_kappa(low)).value == pytest.approx(0.69924812, abs=1e-8)
    assert defined(gwet_ac(high)).value == pytest.approx(0.808, abs=1e-8)


# By hand


def test_every_task_counts_alike() -> None:
    # 1 of 3 pairs and 1 of 1: mean of tasks 2/3, where all pairs together would give 1/2.
    assert defined(percent_agreement(tabulate([[0, 0, 1], [1, 1, -1]]))).value == pytest.approx(2 / 3)


def test_partial_credit() -> None:
    # Steps 1 of 2 and 2 of 2: linear weights 1/2 and 0.
    table = tabulate([[0, 1], [0, 2]], labels=["bad", "fair", "good"])
    assert defined(percent_agreement(table, "linear")).value == 0.25


@pytest.mark.parametrize("scheme", SCHEMES)
def test_weights_are_1_for_the_same_label_and_0_for_the_ends(scheme: Scheme) -> None:
    weights: Any = agreement_weights([1, 2, 4, 5], scheme)
    dense = np.asarray(weights.toarray() if scheme == "identity" else weights)
    assert np.diag(dense).tolist() == [1.0] * 4
    assert dense[0, -1] == 0.0
    assert np.array_equal(dense, dense.T)
    assert ((dense >= 0.0) & (dense <= 1.0)).all()


def test_gwets_ordinal_weights_go_by_rank() -> None:
    # Of 3 labels: a step counts C(2, 2) = 1 of C(3, 2) = 3, two steps all of it.
    expected = [[1, 2 / 3, 0], [2 / 3, 1, 2 / 3], [0, 2 / 3, 1]]
    assert agreement_weights([1, 10, 100], "ordinal") == pytest.approx(np.array(expected))


def test_ratios_need_numbers_from_0_up() -> None:
    assert agreement_weights([0, 1, 3], "ratio")[0].tolist() == [1.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="expected numbers of at least 0 for ratios, got -1"):
        agreement_weights([-1, 1], "ratio")
    unknown: Any = "cubic"
    with pytest.raises(ValueError, match="expected weights identity, linear"):
        agreement_weights([1, 2], unknown)


# Undefined, and certain


def test_nothing_to_compare_has_its_reasons() -> None:
    for statistic in (percent_agreement, fleiss_kappa, gwet_ac):
        assert statistic(Coincidences().table()) == Undefined("no answers")
        assert statistic(tabulate([[0, -1], [-1, 1]])) == Undefined(
            "no task has two answers: fewer than two annotators, or no overlap between them"
        )


def test_one_label_alone_is_habit_to_kappa_and_agreement_to_ac1() -> None:
    table = tabulate([[0, 0]] * 10, labels=["cat", "dog"])
    assert fleiss_kappa(table) == Undefined("only the label 'cat' was used, so agreement can't be told from habit")
    assert defined(gwet_ac(table)).value == 1.0
    assert gwet_ac(tabulate([[0, 0]], labels=["cat"])) == Undefined(
        "only the label 'cat' is known; name the labels that could have been given"
    )


def test_full_agreement_of_few_tasks_is_not_certainty() -> None:
    # Wilson: n / (n + z²) = 10 / (10 + 3.8415)
    table = tabulate([[0, 0]] * 5 + [[1, 1]] * 5)
    for statistic in (percent_agreement, fleiss_kappa, gwet_ac):
        found = interval(statistic(table))
        assert [found.low, found.high] == pytest.approx([10 / 13.841459, 1.0], abs=1e-6)


def test_one_task_has_a_value_and_no_interval() -> None:
    outcome = defined(percent_agreement(tabulate([[0, 1]])))
    assert (outcome.value, outcome.interval) == (0.0, Undefined("an interval needs two tasks with two answers, got 1"))
    assert defined(fleiss_kappa(tabulate([[0, 1], [0, -1]]))).interval == outcome.interval


def test_wilson_as_in_the_textbooks() -> None:
    # 15 of 148: .062 to .160 (Newcombe 1998, table 1, method 3: .0624, .1605)
    assert wilson(15 / 148, 148, 0.95) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0.0, 20, 0.95)[0] == 0.0


# Properties


@given(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=2, max_size=10))
@settings(max_examples=40)
def test_as_statsmodels_has_fleiss_kappa(rows: list[list[int]]) -> None:
    table = tabulate(rows, labels=range(4))
    ours = fleiss_kappa(table)
    if isinstance(ours, Undefined):
        # Where only one label was used, statsmodels divides 0 by 0.
        assert len({code for row in rows for code in row}) == 1
    else:
        assert ours.value == pytest.approx(statsmodels_fleiss(table.given.toarray()), abs=1e-9)


def outcomes(table: Table) -> list[Coefficient | Undefined]:
    statistics = (percent_agreement, fleiss_kappa, gwet_ac)
    return [statistic(table, scheme) for statistic in statistics for scheme in SCHEMES]


@given(matrices)
@settings(max_examples=40)
def test_values_and_intervals_stay_within_bounds(rows: list[list[int]]) -> None:
    for outcome in outcomes(tabulate(rows, labels=[1, 2, 3])):
        if isinstance(outcome, Coefficient):
            assert 0.0 <= outcome.observed <= 1.0 + 1e-9
            assert 0.0 <= outcome.expected <= 1.0
            assert outcome.value <= 1.0 + 1e-9
            if isinstance(outcome.interval, Interval):
                assert min(outcome.value, -1.0) <= outcome.interval.low <= outcome.value + 1e-9
                assert outcome.value - 1e-9 <= outcome.interval.high <= 1.0


@given(st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=4), min_size=1, max_size=8))
@settings(max_examples=40)
def test_without_single_answers_no_value_is_below_minus_1(rows: list[list[int]]) -> None:
    seen = Coincidences()
    for row in rows:
        seen.add(Counter(row))
    for outcome in (fleiss_kappa(seen.table()), gwet_ac(seen.table())):
        assert isinstance(outcome, Undefined) or outcome.value >= -1.0 - 1e-9


@given(matrices, st.data())
@settings(max_examples=30)
def test_neither_annotators_nor_tasks_have_an_order(rows: list[list[int]], data: st.DataObject) -> None:
    matrix = np.array(rows)
    columns = data.draw(st.permutations(range(matrix.shape[1])))
    order = data.draw(st.permutations(range(len(rows))))
    one, other = (outcomes(tabulate(m, labels=[1, 2, 3])) for m in (matrix, matrix[order][:, columns]))
    for a, b in zip(one, other, strict=True):
        if isinstance(a, Coefficient) and isinstance(b, Coefficient):
            assert (a.value, a.observed, a.expected) == pytest.approx((b.value, b.observed, b.expected), abs=1e-9)
        else:
            assert a == b


@given(matrices, st.permutations(range(3)))
@settings(max_examples=40)
def test_labels_without_an_order_can_be_renamed(rows: list[list[int]], names: list[int]) -> None:
    matrix = np.array(rows)
    renamed = np.where(matrix >= 0, np.array(names)[matrix], -1)
    for statistic in (percent_agreement, gwet_ac):
        one, other = statistic(tabulate(matrix, [0, 1, 2])), statistic(tabulate(renamed, [0, 1, 2]))
        assert getattr(one, "value", one) == pytest.approx(getattr(other, "value", other), abs=1e-9)


@given(st.lists(st.integers(0, 2), min_size=1, max_size=8), st.integers(2, 4))
@settings(max_examples=30)
def test_full_agreement_is_1(labels: list[int], annotators: int) -> None:
    for outcome in outcomes(tabulate(np.repeat(np.array(labels)[:, None], annotators, axis=1), labels=[1, 2, 3])):
        assert isinstance(outcome, Undefined) or outcome.value == pytest.approx(1.0)
