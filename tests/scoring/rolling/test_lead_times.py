from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rolling.lead_times import (
    TOO_FAST,
    bin_seconds,
    fast_answers,
    fast_line,
    lead_time_bin,
    lead_time_quantile,
    others,
)
from scoring.rolling.rates import judge_rate_above, rate_above
from scoring.rolling.sums import Verdict
from scoring.types import Undefined

SECONDS = st.lists(st.floats(0.07, 100_000), min_size=1, max_size=60)


def histogram(seconds: list[float]) -> dict[int, int]:
    return dict(Counter(map(lead_time_bin, seconds)))


def spread(median: float, n: int, deviation: float = 0.6) -> list[float]:
    """Lead times as people have them: their logarithms are normal."""
    drawn: list[float] = (median * np.exp(deviation * np.random.default_rng(n).standard_normal(n))).tolist()
    return drawn


@given(st.floats(0.07, 130_000))
def test_a_bin_holds_what_lies_between_its_ends(seconds: float) -> None:
    place = lead_time_bin(seconds)

    assert bin_seconds(place) <= seconds * (1 + 1e-12)
    assert seconds < bin_seconds(place + 1) * (1 + 1e-12)


@given(SECONDS, st.floats(0, 1))
def test_a_quantile_is_right_to_4_4_per_cent(seconds: list[float], q: float) -> None:
    found = lead_time_quantile(histogram(seconds), q)
    exact = float(np.quantile(seconds, q, method="inverted_cdf"))

    assert isinstance(found, float)
    assert found == pytest.approx(exact, rel=0.0443)


@given(SECONDS, SECONDS)
def test_histograms_add_up_and_come_apart(one: list[float], other: list[float]) -> None:
    both = histogram(one + other)

    assert both == dict(Counter(histogram(one)) + Counter(histogram(other)))
    assert others(both, histogram(other)) == histogram(one)


def test_the_ends_hold_whatever_lies_beyond_them() -> None:
    assert lead_time_bin(0.0) == lead_time_bin(0.06) == -32
    assert lead_time_bin(1e7) == lead_time_bin(float("inf")) == 136


@pytest.mark.parametrize("seconds", [-0.1, float("nan")])
def test_what_is_no_time_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="expected a lead time of 0 seconds or more"):
        lead_time_bin(seconds)


def test_a_quantile_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected a quantile in \[0, 1\]; got 1.5"):
        lead_time_quantile({0: 1}, 1.5)


def test_too_fast_is_less_than_both_lines() -> None:
    narrow, wide = (fast_line(histogram(spread(20.0, 5_000, deviation))) for deviation in (0.1, 1.0))
    assert isinstance(narrow, int) and isinstance(wide, int)

    assert bin_seconds(narrow) == pytest.approx(20 / 3, rel=0.1)  # a third of the median
    assert bin_seconds(wide) == pytest.approx(20 * np.exp(-2.054), rel=0.15)  # the 2 % quantile, far below a third


def test_too_few_answers_of_others_draw_no_line() -> None:
    assert fast_line({30: 99}) == Undefined("99 answers of others, it takes 100 to know what is usual")
    assert lead_time_quantile({}, 0.5) == Undefined("no lead times")


def test_who_clicks_through_is_raised_and_who_is_quick_is_not() -> None:
    project = histogram(spread(20.0, 2_000))
    line = fast_line(project)
    assert isinstance(line, int)
    clicker = histogram([1.5] * 30 + spread(20.0, 30))
    quick = histogram(spread(14.0, 100))

    assert judge_rate_above(rate_above(fast_answers(clicker, line), TOO_FAST), TOO_FAST) is Verdict.BEYOND
    assert judge_rate_above(rate_above(fast_answers(quick, line), TOO_FAST), TOO_FAST) is Verdict.WITHIN


def test_who_answers_most_of_a_project_does_not_set_its_pace() -> None:
    clicker = histogram([1.5] * 3_000)
    project = histogram([1.5] * 3_000 + spread(20.0, 1_000))
    line = fast_line(others(project, clicker))
    assert isinstance(line, int)

    assert fast_answers(clicker, line).mean() == 1.0
