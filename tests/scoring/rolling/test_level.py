from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.rolling.level import (
    AT_REST,
    EVIDENCE_CAP,
    PROJECT_LEVEL,
    LevelRule,
    LevelState,
    Shift,
    find_shift,
    judge_level,
    log_bets,
    mixed,
    worst_level,
)
from scoring.rolling.sums import ScoreSums, Verdict
from scoring.rolling.window import BucketedSums
from scoring.types import Undefined

SOON = LevelRule(minimum_baseline=5, minimum=2, evidence=20)
SCORES = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 10)), min_size=1, max_size=40)


def bucketed(scores: Iterable[tuple[int, float]]) -> BucketedSums:
    buckets = BucketedSums(window=1, kept=2_000)
    for bucket, score in scores:
        buckets.add(bucket, ScoreSums.of(score))
    return buckets


def course(*levels: tuple[int, float]) -> list[tuple[int, float]]:
    """(buckets, mean) each: ten scores a bucket, half of them 0.1 above the mean and half below."""
    means = [mean for buckets, mean in levels for _ in range(buckets)]
    return [(i, mean + (0.1 if j % 2 else -0.1)) for i, mean in enumerate(means) for j in range(10)]


def shift(buckets: BucketedSums, rule: LevelRule = PROJECT_LEVEL) -> Shift:
    found = find_shift(buckets, rule)
    assert isinstance(found, Shift), found
    return found


def test_evidence_is_that_of_the_bets() -> None:
    # One score of 0 against the level 0.5: y = 0.5 / 0.5 = 1, so λ pays λ − ψ(λ) = 2λ + ln(1 − λ).
    paid = [2 * bet + np.log(1 - bet) for bet in (0.03, 0.06, 0.12, 0.25, 0.5, 0.9)]
    bets = log_bets(np.array([1.0, 0.0, 0.0]), 0.5)

    assert bets.tolist() == pytest.approx(paid)
    assert float(mixed(bets)) == pytest.approx(np.exp(paid).mean())


@given(st.floats(0.01, 0.99), st.floats(0, 1))
def test_no_bet_pays_more_than_it_may(level: float, score: float) -> None:
    """exp(λy − ψ(λ) y²) ≤ 1 + λy, which is what makes false alarms rare for any distribution."""
    paid = np.exp(log_bets(np.array([1.0, score, score * score]), level))
    y = (level - score) / (1 - level)

    assert (paid <= 1 + np.array([0.03, 0.06, 0.12, 0.25, 0.5, 0.9]) * y + 1e-9).all()


@given(SCORES, st.randoms(use_true_random=False))
def test_neither_order_nor_what_was_taken_back_leaves_a_trace(scores: list[tuple[int, int]], random: object) -> None:
    plain = [(bucket, tenths / 10) for bucket, tenths in scores]
    shuffled = list(plain)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    buckets = bucketed(plain)
    revised = bucketed(shuffled)
    revised.add(plain[0][0], ScoreSums.of(0.123))
    revised.retract(plain[0][0], ScoreSums.of(0.123))

    assert judge_level(revised, AT_REST, SOON) == judge_level(buckets, AT_REST, SOON)


@given(SCORES)
def test_figures_stay_in_their_ranges(scores: list[tuple[int, int]]) -> None:
    found = find_shift(bucketed((bucket, tenths / 10) for bucket, tenths in scores), SOON)

    if isinstance(found, Shift):
        assert 0 <= found.before <= 1 and 0 <= found.after <= 1 and -1 <= found.size() <= 1
        assert 0 <= found.evidence <= EVIDENCE_CAP
        assert found.before_n >= SOON.minimum_baseline and found.after_n >= SOON.minimum
        assert found.before_n + found.after_n == len(scores)


@given(SCORES)
def test_a_rise_is_a_fall_seen_from_the_other_end(scores: list[tuple[int, int]]) -> None:
    fall = find_shift(bucketed((b, tenths / 10) for b, tenths in scores), SOON)
    rise = find_shift(bucketed((b, 1 - tenths / 10) for b, tenths in scores), SOON._replace(direction="rise"))

    if isinstance(fall, Undefined) or isinstance(rise, Undefined):
        assert fall == rise
    else:
        assert rise.evidence == pytest.approx(fall.evidence, rel=1e-6)
        assert rise.before == pytest.approx(1 - fall.before)


def test_the_lowest_mean_that_is_spoken_for() -> None:
    # 198 ones and the two added: 199 of 200; deviation √(0.995 · 0.005) = 0.0705, error 0.00499, twice that 0.00998.
    ones = np.array([198.0, 198.0, 198.0])

    assert float(worst_level(ones, 0.0, 2.0)) == pytest.approx(0.995 - 0.00998, abs=1e-5)
    assert float(worst_level(ones, 0.02, 2.0)) == pytest.approx(0.975)
    assert 0 < float(worst_level(np.zeros(3), 0.9, 9.0)) < 0.5


def test_a_step_is_found_where_it_was() -> None:
    found = shift(bucketed(course((40, 0.9), (20, 0.7))))

    assert (found.since, found.before_n, found.after_n, found.starts) == (40, 400, 200, 40)
    assert (found.before, found.after) == pytest.approx((0.9, 0.7))
    assert found.size() == pytest.approx(-0.2)


def test_a_slow_fall_is_found_that_no_window_of_100_sees() -> None:
    sinking = course((100, 0.85), *((1, 0.85 - 0.0005 * i) for i in range(150)))  # 0.005 in any 100 scores

    assert judge_level(bucketed(sinking))[0] is Verdict.BEYOND


def test_it_rises_only_where_a_rise_is_asked_for() -> None:
    better = bucketed(course((40, 0.7), (20, 0.9)))

    assert shift(better).evidence < shift(better).starts
    assert judge_level(better)[0] is Verdict.BETWEEN
    assert judge_level(better, AT_REST, PROJECT_LEVEL._replace(direction="rise"))[0] is Verdict.BEYOND


def test_a_bucket_that_holds_more_than_is_scanned_counts_all_the_same() -> None:
    backfilled = bucketed(course((40, 0.9)))
    backfilled.add(40, ScoreSums(5_000, 3_500_000_000, 2_500_000_000))

    assert judge_level(backfilled)[0] is Verdict.BEYOND


def test_what_is_older_than_the_memory_begins_no_shift() -> None:
    long_ago = bucketed(course((40, 0.9), (30, 0.8)))

    assert shift(long_ago).since == 40
    assert shift(long_ago, PROJECT_LEVEL._replace(memory=100)).since >= 60


def test_warm_up_says_what_is_missing() -> None:
    assert find_shift(bucketed(course((20, 0.9)))) == Undefined("200 scores: it takes 200 before a shift and 10 since")
    assert find_shift(bucketed([])) == Undefined("0 scores: it takes 200 before a shift and 10 since")
    assert judge_level(bucketed([]))[:2] == (Verdict.BETWEEN, AT_REST)
    assert find_shift(bucketed(course((40, 0.9))), start=40) == Undefined(
        "400 scores: it takes 200 before a shift and 10 since, which begins in bucket 40 or later"
    )


def test_an_episode_is_raised_once_resolved_once_and_not_raised_again() -> None:
    told, state = [], AT_REST
    buckets = bucketed([])
    for bucket, score in course((40, 0.9), (20, 0.7), (40, 0.9)):
        buckets.add(bucket, ScoreSums.of(score))
        verdict, state, _ = judge_level(buckets, state)
        if verdict is not Verdict.BETWEEN:
            told.append((verdict, bucket))

    assert [verdict for verdict, _ in told] == [Verdict.BEYOND, Verdict.WITHIN]
    assert 40 <= told[0][1] < 45 and 60 <= told[1][1] < 70
    assert state == LevelState(start=told[1][1] + 1)


def test_a_standing_alert_is_neither_raised_again_nor_resolved_while_nothing_changes() -> None:
    buckets = bucketed(course((40, 0.9), (20, 0.7)))
    state = judge_level(buckets)[1]

    assert state.before_micro is not None
    assert judge_level(buckets, state)[:2] == (Verdict.BETWEEN, state)


def test_a_baseline_that_has_caught_up_resolves() -> None:
    state = LevelState(None, 0, 900_000, 700_000)

    assert judge_level(bucketed(course((40, 0.7))), state)[0] is Verdict.WITHIN


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_evidence_does_not_grow_while_the_level_holds(seed: int) -> None:
    """Its mean over many streams is 1 at most: 4,000 streams of 30 scores of mean 0.7, most of them 0 or 1."""
    scores = np.random.default_rng(seed).choice([0.0, 0.5, 1.0], (4_000, 30), p=[0.2, 0.2, 0.6])
    sums = np.stack([np.full(4_000, 30.0), scores.sum(axis=1), (scores**2).sum(axis=1)], axis=-1)

    assert mixed(log_bets(sums, 0.7)).mean() < 1.1
