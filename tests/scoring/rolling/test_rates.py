from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rolling.rates import (
    Rate,
    RateRule,
    judge_rate_above,
    judge_rate_below,
    log_evidence_below,
    rate_above,
    rate_below,
    wilson,
)
from scoring.rolling.sums import NO_SCORES, ScoreSums, Verdict
from scoring.types import Undefined

COUNTS = st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LINES = st.floats(0.02, 0.98)


def of(hits: int, n: int) -> ScoreSums:
    return ScoreSums(n, hits * 1_000_000, hits * 1_000_000)


def found(hits: int, n: int, rule: RateRule) -> Rate:
    rate = rate_below(of(hits, n), rule)
    assert isinstance(rate, Rate)
    return rate


def test_evidence_by_hand() -> None:
    # One miss, line a half: the integral of 1 − p up to 0.5 is 0.375, over 0.25 that is 1.5. One hit: 0.125 / 0.25.
    assert math.exp(log_evidence_below(0, 1, 0.5)) == pytest.approx(1.5)
    assert math.exp(log_evidence_below(1, 1, 0.5)) == pytest.approx(0.5)


@given(COUNTS, LINES)
def test_on_the_line_the_next_answer_leaves_evidence_where_it_is_on_average(
    counts: tuple[int, int], line: float
) -> None:
    """A martingale: what makes the bound hold however often one looks."""
    k, n = counts
    now, miss, hit = (float(log_evidence_below(*at, line)) for at in ((k, n), (k, n + 1), (k + 1, n + 1)))
    later = float(np.logaddexp(math.log(line) + hit, math.log(1 - line) + miss))

    # Where next to nothing speaks for a rate below, the integral vanishes in floating point, and the evidence with it.
    assert later == pytest.approx(now, abs=1e-3) or max(later, now) < math.log(0.1)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), LINES)
def test_a_score_is_worth_no_more_than_hits_with_its_mean(scores: list[float], line: float) -> None:
    """a^x b^(1−x) ≤ x a + (1 − x) b, so scores in [0, 1] keep the bound."""
    total = math.fsum(scores)
    x = scores[-1]
    rest, n = total - x, len(scores)
    hit, miss = (float(log_evidence_below(rest + one, n, line)) for one in (1, 0))
    with np.errstate(divide="ignore"):
        mixed = float(np.logaddexp(np.log(x) + hit, np.log1p(-x) + miss))

    assert float(log_evidence_below(min(total, n), n, line)) <= mixed + 1e-6 or mixed < math.log(0.1)


@given(COUNTS, LINES)
def test_above_is_below_of_the_misses(counts: tuple[int, int], line: float) -> None:
    k, n = counts
    below, above = rate_below(of(k, n), RateRule(line)), rate_above(of(n - k, n), RateRule(1 - line))

    if isinstance(below, Undefined) or isinstance(above, Undefined):
        assert below == above == Undefined("nothing was counted")
    else:
        assert above.evidence == pytest.approx(below.evidence, rel=1e-6, abs=1e-12)
        assert above.rate == pytest.approx(1 - below.rate)


@given(COUNTS, LINES)
def test_figures_stay_in_their_ranges(counts: tuple[int, int], line: float) -> None:
    rate = rate_below(of(*counts), RateRule(line))

    if isinstance(rate, Rate):
        assert 0 <= rate.low <= rate.rate + 1e-12 and rate.rate <= rate.high + 1e-12 <= 1 + 2e-12
        assert 0 <= rate.evidence <= 1e12


def test_wilson_is_the_published_interval() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81 of 263, and 0 of 20
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("hits", "n", "expected"),
    [
        (0, 19, Verdict.BETWEEN),  # nothing was right, but too few to say so
        (0, 20, Verdict.BEYOND),
        (69, 100, Verdict.BETWEEN),  # below the line, perhaps by chance
        (74, 100, Verdict.BETWEEN),  # above it, but not by the margin
        (75, 100, Verdict.WITHIN),
    ],
)
def test_a_rate_below_is_raised_by_evidence_and_resolved_by_a_margin(hits: int, n: int, expected: Verdict) -> None:
    rule = RateRule(0.7)

    assert judge_rate_below(found(hits, n, rule), rule) is expected
    assert judge_rate_above(rate_above(of(n - hits, n), RateRule(0.3)), RateRule(0.3)) is expected


def test_a_line_near_the_end_can_be_resolved() -> None:
    rule = RateRule(0.98)  # 0.98 + 0.05 is more than anybody can reach

    assert judge_rate_below(found(100, 100, rule), rule) is Verdict.WITHIN


def test_nothing_counted_is_named_and_moves_nothing() -> None:
    nothing = rate_below(NO_SCORES, RateRule(0.7))

    assert nothing == Undefined("nothing was counted")
    assert judge_rate_below(nothing, RateRule(0.7)) is Verdict.BETWEEN
    assert judge_rate_above(nothing, RateRule(0.7)) is Verdict.BETWEEN


def test_at_most_one_in_a_hundred_on_the_line_is_ever_raised() -> None:
    """2,000 annotators who are right in exactly 70 %, 500 answers each, looked at after every one."""
    hits = np.cumsum(np.random.default_rng(7).random((2_000, 500)) < 0.7, axis=1)
    evidence = log_evidence_below(hits.astype(np.float64), np.arange(1.0, 501.0), 0.7)

    assert (evidence >= math.log(100)).any(axis=1).mean() <= 0.01


def test_who_is_right_in_half_is_raised_within_200_answers() -> None:
    hits = np.cumsum(np.random.default_rng(8).random((500, 200)) < 0.5, axis=1)
    evidence = log_evidence_below(hits.astype(np.float64), np.arange(1.0, 201.0), 0.7)

    assert (evidence >= math.log(100)).any(axis=1).mean() > 0.97
