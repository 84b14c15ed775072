"""Has a level shifted, suddenly or slowly? Evidence summed over every moment at which it may have begun.

Scores lie in buckets of time. The oldest ones are the **baseline**; everything newer is **scanned**: for each bucket
in it, how strongly do the scores from there until now say that their mean has left the baseline's level?

With *m* the baseline's lower confidence bound (or `slack` below its mean, whichever is further away), *y = (m − x) /
(1 − m)* and any *λ* in (0, 1), the product of *1 + λy* over scores whose conditional mean is *m* or more is a
nonnegative supermartingale that starts at 1 (a bet that cannot win in the long run), and so is what is smaller,
*exp(λ Σy − ψ(λ) Σy²)* with *ψ(λ) = −ln(1 − λ) − λ*. Σy and Σy² follow from how many scores there are, their sum and the
sum of their squares: from `ScoreSums`. The evidence is the mean over a few λ, summed over all starting buckets
(a Shiryaev-Roberts e-detector). While the mean is *m* or more, whatever the scores' distribution,

    P(evidence reaches c within N buckets) ≤ N / c.

Besides the bound, the evidence is a function of sums: scores may come late, be revised or be taken back, and two
workers that saw them in different orders come to the same figure. A recursion such as CUSUM's has none of that.

References: Shin, Ramdas and Rinaldo, E-detectors (2024), doi:10.51387/23-NEJSDS51; the bound on the bet: Fan, Grama and
Liu (2015), doi:10.1214/EJP.v20-3496; betting: Waudby-Smith and Ramdas (2024), doi:10.1093/jrsssb/qkad009.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np

from scoring.rolling.sums import MICRO, ScoreSums, Verdict, from_micro, to_micro
from scoring.rolling.window import BucketedSums
from scoring.types import Array, Undefined

__all__ = [
    "ANNOTATOR_LEVEL",
    "AT_REST",
    "EVIDENCE_CAP",
    "PROJECT_LEVEL",
    "Direction",
    "LevelRule",
    "LevelState",
    "Shift",
    "find_shift",
    "judge_level",
    "log_evidence",
    "worst_level",
]

Direction = Literal["fall", "rise"]

EVIDENCE_CAP: Final = 1e12
"""Evidence is not told beyond it: more says nothing, and stays a number in JSON."""

_BETS: Final = np.array([0.03, 0.06, 0.12, 0.25, 0.5, 0.9])
"""λ. The best one for a shift δ of scores with deviation σ is about δ (1 − m) / σ²; being off by 2 costs a quarter."""
_PRICES: Final = -np.log1p(-_BETS) - _BETS


class LevelRule(NamedTuple):
    """What a level is held against. Defaults: `PROJECT_LEVEL`, `ANNOTATOR_LEVEL`, from `tests/bench` (see README)."""

    minimum_baseline: int = 200
    """Warm-up: scores before the scan without which nothing is said."""
    minimum: int = 10
    """Scores since a shift without which it is not one."""
    memory: int = 2_000
    """Scores that are scanned at most; what is older is baseline."""
    slack: float = 0.02
    """A shift of this much is no shift."""
    baseline_z: float = 2.0
    """Standard errors that the baseline's mean is given, since it is only estimated."""
    evidence: float = 10_000.0
    """Raised from here on: at most 1 false alarm in as many buckets that hold scores, while the level holds."""
    recovery_evidence: float = 20.0
    """Resolved from here on: evidence that the level is nearer to the one before than to the shifted one."""
    direction: Direction = "fall"


PROJECT_LEVEL: Final = LevelRule()
"""For the agreement of a project's decided tasks."""
ANNOTATOR_LEVEL: Final = LevelRule(minimum_baseline=100, memory=1_000, slack=0.05)
"""For one annotator's agreement with the others, or hits on gold."""


class Shift(NamedTuple):
    """What the scan found."""

    before: float
    """Mean of the baseline, in [0, 1]."""
    before_n: int
    after: float
    """Mean since `since`."""
    after_n: int
    since: int
    """The bucket in which it most likely began."""
    evidence: float
    """At least 0, told up to `EVIDENCE_CAP`; about 1 or less for each bucket that is scanned while nothing happens."""

    def size(self) -> float:
        """How far the level has moved, in [−1, 1], negative when it fell."""
        return self.after - self.before


class LevelState(NamedTuple):
    """What is kept between two judgements: whether the alert stands, and where the scan begins after one."""

    start: int | None = None
    """Buckets before this one were part of an episode that is over: no shift begins there."""
    before_micro: int | None = None
    """While raised: the level before the shift, in millionths."""
    after_micro: int | None = None
    """While raised: the level after it."""


AT_REST: Final = LevelState()
"""Where every subject begins."""


def worst_level(baseline: ScoreSums, slack: float, z: float) -> float:
    """The lowest mean that the baseline still speaks for, in (0, 1): `mean − max(slack, z · deviation / √n)`.

    One score of 0 and one of 1 are added first, so that a baseline of nothing but ones is not taken for certain.

    Raises:
        ValueError: there is no baseline.

    >>> round(worst_level(ScoreSums(398, 318_000_000, 318_000_000), 0.02, 2.0), 4)  # 319 of 400, 0.02 beside 2 · 0.0201
    0.7573
    """
    if baseline.n <= 0:
        raise ValueError("expected a baseline with scores; got none: ask `find_shift`, which says so")
    n = baseline.n + 2
    mean = (baseline.total_micro + MICRO) / (n * MICRO)
    variance = max(0.0, (baseline.squares_micro + MICRO) / (n * MICRO) - mean * mean)
    return max(mean - max(slack, z * math.sqrt(variance / n)), 1 / n / 2)


def log_evidence(n: Array, total: Array, squares: Array, level: Array | float) -> Array:
    """The logarithm of the evidence that scores have a mean below `level`: mean over λ of exp(λ Σy − ψ(λ) Σy²).

    Args:
        n: how many scores; any shape.
        total: their sums, of a shape that goes with it.
        squares: the sums of their squares.
        level: in (0, 1).

    Returns:
        The same shape; 0 without scores.

    >>> from_none, all_low = log_evidence(np.array([0.0, 50.0]), np.array([0.0, 20.0]), np.array([0.0, 9.0]), 0.6)
    >>> float(from_none), round(float(all_low), 2)
    (0.0, 7.12)
    """
    width = 1 - np.asarray(level, dtype=np.float64)
    y = (n * level - total) / width
    y_squares = (squares - 2 * level * total + n * np.square(level)) / np.square(width)
    exponents = _BETS * y[..., None] - _PRICES * y_squares[..., None]
    top = exponents.max(axis=-1)
    mixed: Array = top + np.log(np.exp(exponents - top[..., None]).mean(axis=-1))
    return mixed


def find_shift(buckets: BucketedSums, rule: LevelRule = PROJECT_LEVEL, start: int | None = None) -> Shift | Undefined:
    """Scan the newest `rule.memory` scores for a shift, against all that are older.

    Args:
        buckets: the scores; its `window` does not matter, `kept` bounds how far the scan reaches.
        rule: parameters.
        start: no shift begins before this bucket.

    Returns:
        The most likely shift with the evidence of all; undefined during warm-up and while nothing is there to scan.

    >>> scores = BucketedSums(window=1, kept=100)
    >>> for i in range(60):
    ...     scores.add(i, ScoreSums(10, 9_000_000 if i < 40 else 7_000_000, 8_200_000 if i < 40 else 5_000_000))
    >>> found = find_shift(scores)
    >>> found.since, found.before, found.after, found.after_n, found.evidence > 10_000
    (40, 0.9, 0.7, 200, True)
    >>> find_shift(scores, LevelRule(minimum_baseline=1_000))
    Undefined(reason='warm-up: 600 scores, a baseline takes 1000')
    """
    older, scanned = _divide(buckets, rule)
    if older.n < rule.minimum_baseline:
        return Undefined(f"warm-up: {older.n} scores, a baseline takes {rule.minimum_baseline}")
    order = [bucket for bucket, _ in scanned]
    sums = np.array([sums for _, sums in scanned], dtype=np.float64).reshape(-1, 3)
    since = np.cumsum(sums[::-1], axis=0)[::-1]
    eligible = since[:, 0] >= rule.minimum
    if start is not None:
        eligible &= np.array(order, dtype=np.float64) >= start
    if not eligible.any():
        return Undefined(f"fewer than {rule.minimum} scores to scan after the baseline")
    n, total, squares = since[:, 0], since[:, 1] / MICRO, since[:, 2] / MICRO
    if rule.direction == "rise":
        total, squares, level = n - total, n - 2 * total + squares, _reflected(older, rule)
    else:
        level = worst_level(older, rule.slack, rule.baseline_z)
    logs = np.where(eligible, log_evidence(n, total, squares, level), -np.inf)
    best = int(logs.argmax())
    evidence = math.exp(min(float(np.logaddexp.reduce(logs)), math.log(EVIDENCE_CAP)))
    before = older.total_micro / (older.n * MICRO)
    after = float(since[best, 1] / (since[best, 0] * MICRO))
    return Shift(before, older.n, after, int(since[best, 0]), order[best], evidence)


def judge_level(
    buckets: BucketedSums, state: LevelState = AT_REST, rule: LevelRule = PROJECT_LEVEL
) -> tuple[Verdict, LevelState, Shift | Undefined]:
    """Raise a shift, and resolve it once the level is back or has become the usual one.

    - At rest: `BEYOND` when the evidence is `rule.evidence` or more.
    - Raised: `WITHIN` when newer scores give `rule.recovery_evidence` that their mean is on the former level's side of
      the middle between both levels, or when the scan has no evidence left, because the baseline has caught up.

    Returns:
        The verdict, the state to keep, and what the scan found.

    >>> scores = BucketedSums(window=1, kept=100)
    >>> for i in range(60):
    ...     scores.add(i, ScoreSums(10, 9_000_000 if i < 40 else 7_000_000, 8_200_000 if i < 40 else 5_000_000))
    >>> verdict, raised, _ = judge_level(scores)
    >>> verdict, raised
    (<Verdict.BEYOND: 'beyond'>, LevelState(start=None, before_micro=900000, after_micro=700000))
    >>> for i in range(60, 70):
    ...     scores.add(i, ScoreSums(10, 9_000_000, 8_200_000))
    >>> judge_level(scores, raised)[:2]
    (<Verdict.WITHIN: 'within'>, LevelState(start=70, before_micro=None, after_micro=None))
    """
    shift = find_shift(buckets, rule, state.start)
    if state.before_micro is None or state.after_micro is None:
        if isinstance(shift, Undefined) or shift.evidence < rule.evidence:
            return Verdict.BETWEEN, state, shift
        return Verdict.BEYOND, LevelState(state.start, to_micro(shift.before), to_micro(shift.after)), shift
    caught_up = isinstance(shift, Shift) and shift.evidence < 1
    middle = from_micro(state.before_micro + state.after_micro) / 2
    if caught_up or _recovery(buckets, rule, middle) >= rule.recovery_evidence:
        return Verdict.WITHIN, LevelState(start=buckets.in_order()[-1][0] + 1), shift
    return Verdict.BETWEEN, state, shift


def _recovery(buckets: BucketedSums, rule: LevelRule, middle: float) -> float:
    """The most that any run of newest scores says for a mean back on the former side of `middle`."""
    _, scanned = _divide(buckets, rule)
    since = np.cumsum(np.array([sums for _, sums in scanned], dtype=np.float64).reshape(-1, 3)[::-1], axis=0)
    n, total, squares = since[:, 0], since[:, 1] / MICRO, since[:, 2] / MICRO
    if rule.direction == "fall":
        total, squares, middle = n - total, n - 2 * total + squares, 1 - middle
    logs = np.where(n >= rule.minimum, log_evidence(n, total, squares, middle), -np.inf)
    return math.exp(min(float(logs.max(initial=-np.inf)), math.log(EVIDENCE_CAP)))


def _reflected(older: ScoreSums, rule: LevelRule) -> float:
    """`worst_level` of `1 − x`: a rise is a fall seen from the other end."""
    whole = older.n * MICRO
    mirrored = ScoreSums(older.n, whole - older.total_micro, whole - 2 * older.total_micro + older.squares_micro)
    return worst_level(mirrored, rule.slack, rule.baseline_z)


def _divide(buckets: BucketedSums, rule: LevelRule) -> tuple[ScoreSums, Sequence[tuple[int, ScoreSums]]]:
    """The baseline, and the buckets after it: at most `memory` scores, and not before the baseline is warm."""
    older, ordered = buckets.older, buckets.in_order()
    left = buckets.total.n - older.n
    for place, (_, sums) in enumerate(ordered):
        if older.n >= rule.minimum_baseline and left <= rule.memory:
            return older, ordered[place:]
        older = older.plus(sums)
        left -= sums.n
    return older, []
