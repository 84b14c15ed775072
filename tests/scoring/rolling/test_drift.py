from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rolling.drift import drop, judge_drop
from scoring.rolling.sums import NO_SCORES, ScoreSums, Verdict
from scoring.types import Undefined


def of_mean(mean_micro: int, n: int = 10) -> ScoreSums:
    return ScoreSums(n, mean_micro * n, 0)


@pytest.mark.parametrize(
    ("recent_micro", "expected"),
    [
        (799_999, Verdict.BEYOND),  # a drop of 0.100001
        (800_000, Verdict.BETWEEN),  # exactly 0.1: not more than it
        (850_000, Verdict.BETWEEN),  # exactly 0.05: not less than it
        (850_001, Verdict.WITHIN),
        (1_000_000, Verdict.WITHIN),  # agreement has risen
    ],
)
def test_the_lines_themselves_belong_to_the_middle(recent_micro: int, expected: Verdict) -> None:
    assert judge_drop(of_mean(900_000), of_mean(recent_micro), 0.1, 0.05) is expected


def test_a_drop_is_the_difference_of_the_means() -> None:
    # (0.8 + 1.0) / 2 - (0.3 + 0.5 + 0.7) / 3 = 0.9 - 0.5
    assert drop(ScoreSums(2, 1_800_000, 0), ScoreSums(3, 1_500_000, 0)) == pytest.approx(0.4)


def test_an_empty_side_is_named_and_moves_nothing() -> None:
    assert drop(NO_SCORES, of_mean(1)) == Undefined("no scores before the window")
    assert drop(of_mean(1), NO_SCORES) == Undefined("no scores in the window")
    assert judge_drop(NO_SCORES, of_mean(1), 0.1, 0.05) is Verdict.BETWEEN


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 999), st.integers(1, 999))
def test_the_verdict_follows_the_drop(before: int, now: int, n_before: int, n_now: int) -> None:
    baseline, recent = of_mean(before, n_before), of_mean(now, n_now)
    assert drop(baseline, recent) == pytest.approx((before - now) / 10**6)
    worse = before - now
    expected = Verdict.BEYOND if worse > 100_000 else Verdict.WITHIN if worse < 50_000 else Verdict.BETWEEN
    assert judge_drop(baseline, recent, 0.1, 0.05) is expected
