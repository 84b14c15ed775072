"""A statistic against two lines: raised beyond one, resolved within the other, left alone between them."""

from __future__ import annotations

from scoring.rolling.sums import Verdict
from scoring.types import Undefined

__all__ = ["above_lines", "below_lines"]


def above_lines(value: float | Undefined, raise_above: float, resolve_at: float) -> Verdict:
    """Beyond when `value` is more than `raise_above`, within when it is at most `resolve_at`, undefined is between.

    Args:
        value: the statistic, where large is bad.
        raise_above: upper line.
        resolve_at: lower line, at most `raise_above`.

    References:
        Two lines instead of one: a Schmitt trigger, O. H. Schmitt (1938), doi:10.1088/0950-7671/15/1/305.

    >>> above_lines(0.3, 0.25, 0.1), above_lines(0.1, 0.25, 0.1), above_lines(Undefined("too few"), 0.25, 0.1)
    (<Verdict.BEYOND: 'beyond'>, <Verdict.WITHIN: 'within'>, <Verdict.BETWEEN: 'between'>)
    """
    if isinstance(value, Undefined):
        return Verdict.BETWEEN
    if value > raise_above:
        return Verdict.BEYOND
    return Verdict.WITHIN if value <= resolve_at else Verdict.BETWEEN


def below_lines(value: float | Undefined, raise_below: float, resolve_at: float) -> Verdict:
    """The same where small is bad: beyond when less than `raise_below`, within when `resolve_at` or more.

    >>> below_lines(0.6, 0.7, 0.75), below_lines(0.75, 0.7, 0.75)
    (<Verdict.BEYOND: 'beyond'>, <Verdict.WITHIN: 'within'>)
    """
    return above_lines(_negative(value), -raise_below, -resolve_at)


def _negative(value: float | Undefined) -> float | Undefined:
    return value if isinstance(value, Undefined) else -value
