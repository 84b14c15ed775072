from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rolling.imbalance import Imbalance, imbalance, judge_imbalance
from scoring.rolling.sums import MICRO, Verdict
from scoring.types import Undefined

NOBODY: frozenset[str] = frozenset()
distributions = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 500).map(lambda n: n * MICRO))


def counts(**labels: int) -> dict[str, int]:
    return {label: n * MICRO for label, n in labels.items()}


def judge(labels: dict[str, int], expected: frozenset[str] = NOBODY, minimum: int = 100) -> Verdict:
    return judge_imbalance(labels, expected, 10, 8, minimum)


def test_ratio_of_the_most_to_the_least_frequent() -> None:
    ends = imbalance(counts(car=120, bus=10, van=40), NOBODY)
    assert ends == Imbalance("car", 120 * MICRO, "bus", 10 * MICRO, 170 * MICRO, 3)
    assert ends.ratio() == 12.0
    assert not ends.is_lower_bound()


def test_an_expected_label_that_never_came_counts_as_seen_once() -> None:
    ends = imbalance(counts(day=120), frozenset({"day", "night"}))
    assert isinstance(ends, Imbalance)
    assert (ends.least, ends.least_micro, ends.ratio(), ends.is_lower_bound()) == ("night", 0, 120.0, True)


@pytest.mark.parametrize(
    ("labels", "expected", "reason"),
    [({}, frozenset("ab"), "no labels seen"), (counts(a=200), frozenset("a"), "fewer than two labels are known")],
)
def test_without_two_labels_there_is_no_ratio(labels: dict[str, int], expected: frozenset[str], reason: str) -> None:
    assert imbalance(labels, expected) == Undefined(reason)
    assert judge(labels, expected, minimum=1) is Verdict.BETWEEN


@pytest.mark.parametrize(
    ("most", "verdict"), [(101, Verdict.BEYOND), (100, Verdict.BETWEEN), (81, Verdict.BETWEEN), (80, Verdict.WITHIN)]
)
def test_ten_times_is_not_more_than_ten_and_eight_times_is_back(most: int, verdict: Verdict) -> None:
    assert judge(counts(a=most, b=10), minimum=90) is verdict


def test_too_few_labels_say_nothing() -> None:
    assert judge(counts(a=98, b=1), minimum=100) is Verdict.BETWEEN
    assert judge(counts(a=99, b=1), minimum=100) is Verdict.BEYOND


@given(distributions, st.frozensets(st.sampled_from("abcdefgh")), st.data())
def test_the_ratio_does_not_depend_on_the_order_of_labels(
    labels: dict[str, int], expected: frozenset[str], data: st.DataObject
) -> None:
    shuffled = dict(data.draw(st.permutations(list(labels.items()))))
    assert imbalance(shuffled, expected) == imbalance(labels, expected)


@given(distributions, st.frozensets(st.sampled_from("abcdefgh")))
def test_the_verdict_follows_the_ratio(labels: dict[str, int], expected: frozenset[str]) -> None:
    ends = imbalance(labels, expected)
    if isinstance(ends, Undefined) or ends.total_micro < 100 * MICRO:
        assert judge(labels, expected) is Verdict.BETWEEN
        return
    ratio = ends.ratio()
    assert ratio >= 1
    wanted = Verdict.BEYOND if ratio > 10 else Verdict.WITHIN if ratio <= 8 else Verdict.BETWEEN
    assert judge(labels, expected) is wanted
