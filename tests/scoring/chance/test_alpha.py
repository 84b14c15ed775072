"""Krippendorff's alpha: `scoring.chance.alpha`, and objects as units: `scoring.chance.units`."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import permutations
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.agreement.sets import masi
from scoring.chance.alpha import Band, Level, band, krippendorff_alpha
from scoring.chance.coefficient import Coefficient, Interval
from scoring.chance.coincidences import Coincidences, tabulate
from scoring.chance.units import MISSING, unit_counts
from scoring.types import Undefined
from tests.scoring.chance.literature import (
    FIVE_OBSERVERS,
    GENDER,
    KRIPPENDORFF_A,
    KRIPPENDORFF_B,
    KRIPPENDORFF_C,
    WIKIPEDIA,
    rated,
)

LEVELS: list[Level] = ["nominal", "ordinal", "interval", "ratio"]


def coincidences(tasks: list[list[Any]]) -> Coincidences:
    seen = Coincidences()
    for answers in tasks:
        seen.add({answer: answers.count(answer) for answer in answers})
    return seen


def alpha(tasks: list[list[Any]], level: Level = "nominal") -> Coefficient:
    outcome = krippendorff_alpha(coincidences(tasks).table(), level)
    assert isinstance(outcome, Coefficient)
    return outcome


# Krippendorff (2011), Gwet (2014), Passonneau (2006)


@pytest.mark.parametrize(
    ("words", "level", "expected"),
    [
        (KRIPPENDORFF_A, "nominal", 0.0952381),
        (KRIPPENDORFF_B, "nominal", 0.69196429),
        (KRIPPENDORFF_C, "nominal", 0.74342105),
        (KRIPPENDORFF_C, "ordinal", 0.8153875),
        (KRIPPENDORFF_C, "interval", 0.84910714),
        (KRIPPENDORFF_C, "ratio", 0.79740277),
        (WIKIPEDIA, "nominal", 0.69135802),
        (WIKIPEDIA, "ordinal", 0.80672142),
        (WIKIPEDIA, "interval", 0.81084489),
        (WIKIPEDIA, "ratio", 0.80894367),
        (FIVE_OBSERVERS, "nominal", 0.48053024),
        (FIVE_OBSERVERS, "interval", 0.77186481),
        (GENDER, "nominal", 0.14340741),
    ],
)
def test_tables_of_the_literature(words: str, level: Level, expected: float) -> None:
    outcome = krippendorff_alpha(rated(words), level)
    assert isinstance(outcome, Coefficient)
    assert outcome.value == pytest.approx(expected, abs=1e-7)


def test_krippendorffs_figures_for_missing_answers() -> None:
    # n = 40 pairable answers in 11 units; a single answer (unit 12) is left out.
    outcome = krippendorff_alpha(rated(KRIPPENDORFF_C))
    assert isinstance(outcome, Coefficient)
    assert (outcome.tasks, outcome.answers) == (11, 40)
    # His coincidences: 32 of 40 on the diagonal; expected (40² - (9² + 13² + 10² + 5² + 3²)) / (40 × 39)
    assert [outcome.observed, outcome.expected] == pytest.approx([8 / 40, (1600 - 384) / 1560])


def test_sets_as_nltk_has_them() -> None:
    # nltk 3.10.4, AnnotationTask with masi_distance and jaccard_distance
    tasks = [["x", "xy"], ["yz", "yz"], ["z", "xyz"], ["xy", "z"]]
    sets = [[frozenset(answer) for answer in answers] for answers in tasks]
    assert alpha(sets, "masi").value == pytest.approx(0.14917127, abs=1e-8)
    assert alpha(sets, "jaccard").value == pytest.approx(0.10784314, abs=1e-8)
    assert alpha(sets, "nominal").value == pytest.approx(0.16, abs=1e-8)


def test_masi_is_1_for_equal_sets_and_0_for_sets_that_share_nothing() -> None:
    assert masi(frozenset(), frozenset()) == masi({"a"}, {"a"}) == 1.0
    assert masi(frozenset(), {"a"}) == masi({"b"}, {"a"}) == 0.0
    assert masi({"a", "b"}, {"b", "c"}) == pytest.approx(1 / 3 * 1 / 3)
    assert masi({"a"}, {"a", "b", "c"}) == pytest.approx(1 / 3 * 2 / 3)


def test_bands() -> None:
    assert [band(value) for value in (1.0, 0.8, 0.799, 0.667, 0.666, -1.0)] == [
        Band.RELIABLE,
        Band.RELIABLE,
        Band.TENTATIVE,
        Band.TENTATIVE,
        Band.UNRELIABLE,
        Band.UNRELIABLE,
    ]


# Undefined


def test_undefined_has_its_reason() -> None:
    assert krippendorff_alpha(Coincidences().table()) == Undefined("no answers")
    for level in LEVELS:
        assert krippendorff_alpha(tabulate([[1, 1], [1, 1], [0, -1]]), level) == Undefined(
            "all answers are equal (1), so nothing could have disagreed"
        )
    lone = Undefined("no task has two answers: fewer than two annotators, or no overlap between them")
    assert krippendorff_alpha(tabulate([[0], [1]])) == lone


def test_what_is_no_level_is_refused() -> None:
    unknown: Any = "cardinal"
    with pytest.raises(ValueError, match="expected level nominal, ordinal"):
        alpha([["a", "b"]], unknown)
    with pytest.raises(TypeError, match="expected sets"):
        alpha([["a", "b"]], "masi")
    with pytest.raises(ValueError, match="expected numbers of at least 0 for ratios"):
        alpha([[-1, 1]], "ratio")


def test_no_interval_without_a_spread_over_tasks() -> None:
    assert alpha([["a", "b"]]).interval == Undefined("an interval needs two tasks with two answers, got 1")
    assert alpha([["a", "b"], ["a", "b"]]).interval == Undefined("all tasks disagree in the same way")
    assert alpha([["a", "a"], ["a", "b"]]).interval == Undefined(
        "all answers of the other tasks are equal, so the spread over tasks is not known"
    )


def test_full_agreement_of_few_tasks_is_not_certainty() -> None:
    found = alpha([["a", "a"], ["b", "b"], ["a", "a"], ["b", "b"]]).interval
    assert isinstance(found, Interval)
    assert [found.low, found.high] == pytest.approx([4 / (4 + 3.841459), 1.0], abs=1e-6)


def test_large_numbers_close_together_do_not_cancel_out() -> None:
    near = alpha([[1, 1], [2, 3], [5, 5]], "interval").value
    assert alpha([[10**9 + x for x in task] for task in ([1, 1], [2, 3], [5, 5])], "interval").value == pytest.approx(
        near
    )


# Against the definition


def by_definition(tasks: list[list[Any]], difference: Callable[[Any, Any], float]) -> float:
    """1 - D_o / D_e by counting pairs, one by one."""
    tasks = [task for task in tasks if len(task) > 1]
    every = [answer for task in tasks for answer in task]
    observed = sum(difference(a, b) / (len(task) - 1) for task in tasks for a, b in permutations(task, 2))
    expected = sum(difference(a, b) for a, b in permutations(every, 2)) / (len(every) - 1)
    return 1.0 - observed / expected


def ratio_squared(a: float, b: float) -> float:
    return ((a - b) / (a + b)) ** 2 if a + b else 0.0


DIFFERENCES: list[tuple[Level, Callable[[Any, Any], float]]] = [
    ("nominal", lambda a, b: float(a != b)),
    ("interval", lambda a, b: float((a - b) ** 2)),
    ("ratio", ratio_squared),
]
rated_tasks = st.lists(st.lists(st.integers(0, 4), max_size=4), max_size=7)


def can_differ(tasks: list[list[Any]]) -> bool:
    return len({answer for task in tasks if len(task) > 1 for answer in task}) > 1


@pytest.mark.parametrize(("level", "difference"), DIFFERENCES)
@given(rated_tasks)
@settings(max_examples=40)
def test_alpha_is_its_definition(level: Level, difference: Callable[[Any, Any], float], tasks: list[list[int]]) -> None:
    outcome = krippendorff_alpha(coincidences(tasks).table(), level)
    if isinstance(outcome, Undefined):
        assert not can_differ(tasks)
    else:
        assert outcome.value == pytest.approx(by_definition(tasks, difference), abs=1e-9)
        assert alpha(tasks, lambda a, b: difference(a, b)).value == pytest.approx(outcome.value, abs=1e-9)


@pytest.mark.parametrize(("level", "difference"), DIFFERENCES)
@given(st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=4), min_size=3, max_size=7))
@settings(max_examples=60)
def test_the_interval_is_the_jackknife(
    level: Level, difference: Callable[[Any, Any], float], tasks: list[list[int]]
) -> None:
    without = [tasks[:i] + tasks[i + 1 :] for i in range(len(tasks))]
    if not all(can_differ(some) for some in without):
        return
    found = alpha(tasks, level).interval
    values = [by_definition(some, difference) for some in without]
    error = sqrt((len(tasks) - 1) * np.var(values))
    if isinstance(found, Interval):
        assert found.standard_error == pytest.approx(error, abs=1e-7)
    else:
        assert error == pytest.approx(0.0, abs=1e-8)


@given(rated_tasks, st.data())
@settings(max_examples=40)
def test_bounds_and_the_order_of_annotators(tasks: list[list[int]], data: st.DataObject) -> None:
    shuffled = [data.draw(st.permutations(task)) for task in tasks]
    for level in LEVELS:
        one, other = (krippendorff_alpha(coincidences(some).table(), level) for some in (tasks, shuffled))
        assert one == other
        if isinstance(one, Coefficient):
            assert one.value <= 1.0
            if isinstance(one.interval, Interval):
                assert min(one.value, -1.0) <= one.interval.low <= one.value <= one.interval.high <= 1.0


@given(rated_tasks, st.integers(1, 1000), st.integers(-1000, 1000))
def test_the_unit_of_a_scale_does_not_matter(tasks: list[list[int]], factor: int, offset: int) -> None:
    if can_differ(tasks):
        moved = [[factor * answer + offset for answer in task] for task in tasks]
        assert alpha(moved, "interval").value == pytest.approx(alpha(tasks, "interval").value, abs=1e-9)
        assert alpha(moved, "ordinal").value == pytest.approx(alpha(tasks, "ordinal").value, abs=1e-12)


# Objects


def test_every_cluster_is_a_unit_and_who_drew_nothing_is_missing() -> None:
    # Annotators 0, 1, 2; annotator 2 calls the first object a bus and misses the second.
    counts = unit_counts([[0, 2, 4], [1, 3]], [0, 0, 1, 1, 2], ["car", "car", "car", "car", "bus"], annotators=3)
    assert counts == [{"car": 2, "bus": 1}, {"car": 2, MISSING: 1}]


def test_labels_of_found_objects_alone() -> None:
    counts = unit_counts([[0, 1], [2]], [0, 1, 0], ["car", "car", "bus"], annotators=2, count_missing=False)
    assert counts == [{"car": 2}, {"bus": 1}]
    assert unit_counts([], [], [], annotators=2) == []


def test_alpha_over_objects() -> None:
    # Values: car car, bus bus, car missing. n = 6; observed 2 of 6; expected (36 - 9 - 4 - 1) / 30 = 22 / 30.
    seen = Coincidences()
    for count in unit_counts([[0, 2], [1, 3], [4]], [0, 0, 1, 1, 1], ["car", "bus", "car", "bus", "car"], annotators=2):
        seen.add(count)
    outcome = krippendorff_alpha(seen.table())
    assert isinstance(outcome, Coefficient)
    assert outcome.value == pytest.approx(1 - (2 / 6) / (22 / 30))


def test_what_is_no_clustering_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected owners in 0\.\.0, got \[0, 1\]"):
        unit_counts([[0, 1]], [0, 1], ["a", "a"], annotators=1)
    with pytest.raises(ValueError, match="expected one object of each annotator in a cluster"):
        unit_counts([[0, 1]], [0, 0], ["a", "a"], annotators=1)
    with pytest.raises(ValueError, match="expected no label called"):
        unit_counts([[0]], [0], [MISSING], annotators=1)


def test_labels_are_any_hashable() -> None:
    mixed: list[list[Hashable]] = [[True, True], ["a", frozenset("a")], [2.5, 2.5]]
    assert alpha(mixed).tasks == 3
