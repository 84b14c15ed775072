"""Has a level shifted, suddenly or slowly? Evidence summed over every moment at which it may have begun.

Scores lie in buckets of time. For each of the newest buckets: how strongly do the scores from there until now say that
their mean has left the level of all scores before?

With *m* the lower confidence bound of the mean before (or `slack` below that mean, whichever is further away), *y = (m
− x) / (1 − m)* and any *λ* in (0, 1), the product of *1 + λy* over scores whose conditional mean is *m* or more is a
nonnegative supermartingale that starts at 1 (a bet that cannot win in the long run), and so is what is smaller,
*exp(λ Σy − ψ(λ) Σy²)* with *ψ(λ) = −ln(1 − λ) − λ*. Σy and Σy² follow from how many scores there are, their sum and the
sum of their squares: from `ScoreSums`. The evidence is the mean over a few λ, summed over all starting buckets
(a Shiryaev-Roberts e-detector). While the mean is no less than any *m*, whatever the scores' distribution,

    P(evidence reaches c within N buckets) ≤ N / c.

Besides the bound, the evidence is a function of sums: scores may come late, be revised or be taken back, and two
workers that saw them in different orders come to the same figure. A recursion such as CUSUM's has none of that.

References: Shin, Ramdas and Rinaldo, E-detectors (2024), doi:10.51387/23-NEJSDS51; the bound on the bet: Fan, Grama and
Liu (2015), doi:10.1214/EJP.v20-3496; betting: Waudby-Smith and Ramdas (2024), doi:10.1093/jrsssb/qkad009.
"""

from __future__ import annotations

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
    "log_bets",
    "mixed",
    "worst_level",
]

Direction = Literal["fall", "rise"]

EVIDENCE_CAP: Final = 1e12
"""Evidence is not told beyond it: more says nothing, and stays a number in JSON."""

_BETS: Final = np.array([0.03, 0.06, 0.12, 0.25, 0.5, 0.9])
"""λ. The best one for a shift δ of scores with deviation σ is about δ (1 − m) / σ²; being off by 2 costs a quarter."""
_PRICES: Final = -np.log1p(-_BETS) - _BETS
_MOST: Final = 600.0
"""exp of it is far beyond `EVIDENCE_CAP`, and a sum of many is still finite."""
_UNITS: Final = np.array([1.0, MICRO, MICRO])
_MIRROR: Final = np.array([[1.0, 1.0, 1.0], [0.0, -1.0, -2.0], [0.0, 0.0, 1.0]])
"""(n, Σx, Σx²) to (n, Σ(1 − x), Σ(1 − x)²)."""


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
    evidence: float = 1_000.0
    """Raised from here on: at most 1 false alarm in as many buckets that hold scores, whatever their distribution, as
    long as the level holds; far fewer in simulations."""
    recovery_evidence: float = 20.0
    """Resolved from here on: evidence that the level is nearer to the one before than to the shifted one."""
    direction: Direction = "fall"


PROJECT_LEVEL: Final = LevelRule()
"""For the agreement of a project's decided tasks."""
ANNOTATOR_LEVEL: Final = LevelRule(minimum_baseline=100, memory=1_000, slack=0.03)
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
    """At least 0, told up to `EVIDENCE_CAP`."""
    starts: int
    """Buckets in which a shift may have begun: what the evidence is on average, or less, while nothing happens."""

    def size(self) -> float:
        """How far the level has moved, in [−1, 1], negative when it fell."""
        return self.after - self.before


class LevelState(NamedTuple):
    """What is kept between two judgements: whether the alert stands, and where the scan begins after one."""

    start: int | None = None
    """Buckets before this one were part of an episode that is over: no shift begins there."""
    raised_at: int | None = None
    """While raised: the newest bucket then. Only later ones speak for a recovery."""
    before_micro: int | None = None
    """While raised: the level before the shift, in millionths."""
    after_micro: int | None = None
    """While raised: the level after it."""


AT_REST: Final = LevelState()
"""Where every subject begins."""


def worst_level(sums: Array, slack: float, z: float) -> Array:
    """The lowest mean that scores still speak for, in (0, 1): `mean − max(slack, z · deviation / √n)`.

    One score of 0 and one of 1 are added first, so that nothing but ones is not taken for certain, and no scores at
    all leave a half less the slack.

    Args:
        sums: how many scores, their sum, the sum of their squares; (..., 3).
        slack: see `LevelRule`.
        z: see `LevelRule`.

    Returns:
        (...,)

    >>> level = worst_level(np.array([398.0, 318.0, 318.0]), 0.02, 2.0)
    >>> round(float(level), 4)  # 319 of 400: 0.7975 less twice the standard error of 0.0201
    0.7573
    """
    count = sums[..., 0] + 2
    mean = (sums[..., 1] + 1) / count
    error = np.sqrt(np.maximum(0.0, (sums[..., 2] + 1) / count - mean * mean) / count)
    worst: Array = np.maximum(mean - np.maximum(slack, z * error), 0.5 / count)
    return worst


def log_bets(sums: Array, level: Array | float) -> Array:
    """What each bet on a mean below `level` has come to: λ Σy − ψ(λ) Σy², a logarithm.

    Args:
        sums: how many scores, their sum, the sum of their squares; (..., 3).
        level: in (0, 1), one for all or (...,).

    Returns:
        (bets, ...); 0 without scores.

    >>> bets = log_bets(np.array([[0.0, 0.0, 0.0], [50.0, 20.0, 9.0]]), 0.6)
    >>> bets.shape, float(bets[0, 0]), round(float(bets[4, 1]), 2)  # λ = 0.5: 0.5 · 25 − 0.193 · 18.75
    ((6, 2), 0.0, 8.88)
    """
    n, total, squares = sums[..., 0], sums[..., 1], sums[..., 2]
    width = 1 - np.asarray(level, dtype=np.float64)
    y = (n * level - total) / width
    y_squares = (squares - 2 * level * total + n * np.square(level)) / np.square(width)
    won: Array = np.multiply.outer(_BETS, y) - np.multiply.outer(_PRICES, y_squares)
    return won


def mixed(bets: Array) -> Array:
    """The evidence of bets taken together: the mean of their exponentials, (...) of (bets, ...).

    >>> float(mixed(np.zeros((6, 2)))[1])
    1.0
    """
    mean: Array = np.exp(np.minimum(bets, _MOST)).mean(axis=0)
    return mean


def find_shift(buckets: BucketedSums, rule: LevelRule = PROJECT_LEVEL, start: int | None = None) -> Shift | Undefined:
    """Scan the newest `rule.memory` scores for a shift, against all scores before it.

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
    Undefined(reason='600 scores: it takes 1000 before a shift and 10 since')
    """
    order, since = _since(buckets, rule)
    before = _sums([buckets.total], rule) - since
    newer = np.append(since[1:, 0], 0.0)  # so that the newest bucket is scanned however much it holds
    eligible = (since[:, 0] >= rule.minimum) & (newer < rule.memory) & (before[:, 0] >= rule.minimum_baseline)
    if start is not None:
        eligible &= np.array(order, dtype=np.float64) >= start
    if not eligible.any():
        where = "" if start is None else f", which begins in bucket {start} or later"
        takes = f"it takes {rule.minimum_baseline} before a shift and {rule.minimum} since"
        return Undefined(f"{buckets.total.n} scores: {takes}{where}")
    since, before = since[eligible], before[eligible]
    bets = log_bets(since, worst_level(before, rule.slack, rule.baseline_z))
    best = int(bets.max(axis=0).argmax())
    means = [float(sums[best, 1] / sums[best, 0]) for sums in (before, since)]
    if rule.direction == "rise":
        means = [1 - mean for mean in means]
    evidence = min(float(mixed(bets).sum()), EVIDENCE_CAP)
    place = order[int(np.flatnonzero(eligible)[best])]
    return Shift(means[0], round(before[best, 0]), means[1], round(since[best, 0]), place, evidence, len(since))


def judge_level(
    buckets: BucketedSums, state: LevelState = AT_REST, rule: LevelRule = PROJECT_LEVEL
) -> tuple[Verdict, LevelState, Shift | Undefined]:
    """Raise a shift, and resolve it once the level is back or has become the usual one.

    - At rest: `BEYOND` when the evidence is `rule.evidence` or more.
    - Raised: `WITHIN` when later buckets give `rule.recovery_evidence` that their mean is on the former level's side
      of the middle between both levels, or when the scan has no evidence left, because the baseline has caught up.

    Returns:
        The verdict, the state to keep, and what the scan found.

    >>> scores = BucketedSums(window=1, kept=100)
    >>> for i in range(60):
    ...     scores.add(i, ScoreSums(10, 9_000_000 if i < 40 else 7_000_000, 8_200_000 if i < 40 else 5_000_000))
    >>> verdict, raised, _ = judge_level(scores)
    >>> verdict, raised
    (<Verdict.BEYOND: 'beyond'>, LevelState(start=None, raised_at=59, before_micro=900000, after_micro=700000))
    >>> for i in range(60, 70):
    ...     scores.add(i, ScoreSums(10, 9_000_000, 8_200_000))
    >>> judge_level(scores, raised)[:2]
    (<Verdict.WITHIN: 'within'>, LevelState(start=70, raised_at=None, before_micro=None, after_micro=None))
    """
    shift = find_shift(buckets, rule, state.start)
    if state.raised_at is None or state.before_micro is None or state.after_micro is None:
        if isinstance(shift, Undefined) or shift.evidence < rule.evidence:
            return Verdict.BETWEEN, state, shift
        newest = buckets.in_order()[-1][0]
        return Verdict.BEYOND, LevelState(state.start, newest, to_micro(shift.before), to_micro(shift.after)), shift
    caught_up = isinstance(shift, Shift) and shift.evidence < min(shift.starts, rule.evidence / 10)
    middle = from_micro(state.before_micro + state.after_micro) / 2
    if caught_up or _recovery(buckets, rule, middle, state.raised_at) >= rule.recovery_evidence:
        return Verdict.WITHIN, LevelState(start=buckets.in_order()[-1][0] + 1), shift
    return Verdict.BETWEEN, state, shift


def _recovery(buckets: BucketedSums, rule: LevelRule, middle: float, raised_at: int) -> float:
    """The most that any run of newest buckets, all later, says for a mean back on the former side of `middle`."""
    opposite: Direction = "rise" if rule.direction == "fall" else "fall"
    order, since = _since(buckets, rule._replace(direction=opposite))
    since = since[(since[:, 0] >= rule.minimum) & (np.array(order, dtype=np.float64) > raised_at)]
    bets = log_bets(since, middle if opposite == "fall" else 1 - middle)
    return float(mixed(bets).max(initial=0.0))


def _since(buckets: BucketedSums, rule: LevelRule) -> tuple[list[int], Array]:
    """The buckets in order, and n, Σx and Σx² from each of them on, (buckets, 3)."""
    ordered = buckets.in_order()
    return [bucket for bucket, _ in ordered], np.cumsum(_sums([s for _, s in ordered], rule)[::-1], axis=0)[::-1]


def _sums(given: Sequence[ScoreSums], rule: LevelRule) -> Array:
    """As an array, (sums, 3). A rise is a fall of 1 − x, so there they are of that."""
    sums: Array = np.array(given, dtype=np.float64).reshape(-1, 3) / _UNITS
    return np.dot(sums, _MIRROR) if rule.direction == "rise" else sums
