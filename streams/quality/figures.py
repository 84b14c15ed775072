"""Sums → the statistics that the views show."""

from __future__ import annotations

from collections.abc import Sequence

from scoring.chance.coefficient import CONFIDENCE, Coefficient, around, wilson
from scoring.rolling.drift import drop
from scoring.rolling.sums import MICRO, ScoreSums
from scoring.types import Undefined
from streams.contracts.views import Statistic
from streams.quality.records import ProjectRecord

__all__ = [
    "baseline", "coefficient", "drop_of", "mean", "plain", "recent", "share", "share_of", "undefined",
]  # fmt: skip

_DIGITS = 6


def undefined(reason: str, n: int = 0) -> Statistic:
    """No value, and why."""
    return Statistic(value=None, n=n, undefined=reason)


def plain(value: float | Undefined, n: int) -> Statistic:
    """A value with no interval."""
    if isinstance(value, Undefined):
        return undefined(value.reason, n)
    return Statistic(value=round(value, _DIGITS), n=n)


def mean(sums: ScoreSums) -> Statistic:
    """The mean of scores, with Student's interval over them.

    >>> mean(ScoreSums.of(0.5).plus(ScoreSums.of(1.0))).value
    0.75
    """
    value, deviation = sums.mean(), sums.deviation()
    if isinstance(value, Undefined) or isinstance(deviation, Undefined):
        return plain(value, sums.n)
    n = sums.n
    variance = deviation * deviation / (n - 1) if n > 1 else 0.0
    interval = around(value, variance, n, CONFIDENCE, "Student", n - 1.0)
    if isinstance(interval, Undefined):
        return plain(value, n)
    return Statistic(
        value=round(value, _DIGITS), n=n, low=round(max(interval.low, 0.0), _DIGITS), high=round(interval.high, _DIGITS)
    )


def share(hits: float, n: int, reason: str) -> Statistic:
    """`hits` of n with Wilson's interval; for sums of scores in [0, 1] it is on the wide side. `reason`: why n is 0.

    >>> share(1, 2, "nothing was reviewed")
    Statistic(value=0.5, n=2, undefined=None, low=0.094531, high=0.905469)
    """
    if n <= 0:
        return undefined(reason)
    value = min(max(hits / n, 0.0), 1.0)
    low, high = wilson(value, n, CONFIDENCE)
    return Statistic(value=round(value, _DIGITS), n=n, low=round(low, _DIGITS), high=round(high, _DIGITS))


def share_of(sums: Sequence[int], reason: str) -> Statistic:
    """The mean of (how many, sum in millionths); as `share`."""
    return share(sums[1] / MICRO, sums[0], reason)


def coefficient(found: Coefficient | Undefined, n: int) -> Statistic:
    """A coefficient of `scoring.chance` with its interval, where it has one."""
    if isinstance(found, Undefined):
        return undefined(found.reason, n)
    if isinstance(found.interval, Undefined):
        return plain(found.value, n)
    low, high = round(found.interval.low, _DIGITS), round(found.interval.high, _DIGITS)
    return Statistic(value=round(found.value, _DIGITS), n=n, low=low, high=high)


def recent(record: ProjectRecord) -> Statistic:
    """Mean agreement in the rolling window."""
    found = record.recent
    if found.n < record.window:
        return undefined(f"the window is not full: {found.n} of {record.window} decided tasks", found.n)
    return mean(found)


def baseline(record: ProjectRecord) -> Statistic:
    """Mean agreement before the window."""
    return mean(record.sums.scores.minus(record.recent))


def drop_of(record: ProjectRecord) -> Statistic:
    """Baseline minus recent: what `agreement_drift` looks at."""
    window, before = recent(record), record.sums.scores.minus(record.recent)
    n = record.sums.scores.n
    if window.undefined is not None:
        return undefined(window.undefined, n)
    if before.n < record.warm_up:
        return undefined(f"warm-up: {before.n} of {record.warm_up} decided tasks before the window", n)
    return plain(drop(before, record.recent), n)
