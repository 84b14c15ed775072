"""Has the recent mean dropped below the one before?"""

from __future__ import annotations

import math

from scoring.rolling.sums import MICRO, ScoreSums, Verdict, to_micro
from scoring.types import Undefined

__all__ = ["drop", "judge_drop"]


def drop(baseline: ScoreSums, recent: ScoreSums) -> float | Undefined:
    """`mean(baseline) − mean(recent)`, in [−1, 1], positive when things got worse; undefined while either is empty.

    >>> drop(ScoreSums(2, 1_800_000, 0), ScoreSums(2, 1_500_000, 0))
    0.15
    >>> drop(ScoreSums(), ScoreSums(1, 1_000_000, 0))
    Undefined(reason='no scores before the window')
    """
    if recent.n <= 0:
        return Undefined("no scores in the window")
    if baseline.n <= 0:
        return Undefined("no scores before the window")
    crossed = baseline.total_micro * recent.n - recent.total_micro * baseline.n
    return crossed / (baseline.n * recent.n * MICRO)


def judge_drop(
    baseline: ScoreSums, recent: ScoreSums, raise_above: float, resolve_below: float, standard_errors: float = 0.0
) -> Verdict:
    """Beyond when the drop is more than `raise_above`, within when it is less than `resolve_below`.

    Compared as whole numbers, `b·n_r − r·n_b` against `line · n_b · n_r`, so a drop of exactly the line is not beyond
    it, whatever 0.9 − 0.8 may be in binary. Nothing to compare is `BETWEEN`: it neither raises nor resolves.

    Args:
        baseline: sums before the window.
        recent: sums in the window.
        raise_above: upper line, a drop in (0, 1], kept to a millionth.
        resolve_below: lower line, in [0, `raise_above`).
        standard_errors: besides, beyond needs a drop of more than so many standard errors of the difference. Without
            them a window of 100 scores that are mostly 0 or 1 is beyond 0.1 by chance several times in 10,000 tasks.

    References:
        Two lines instead of one: a Schmitt trigger, O. H. Schmitt (1938), doi:10.1088/0950-7671/15/1/305.

    >>> nine, eight = ScoreSums(1, 900_000, 0), ScoreSums(1, 800_000, 0)
    >>> judge_drop(nine, eight, 0.1, 0.05), judge_drop(nine, eight, 0.099, 0.05), judge_drop(nine, nine, 0.1, 0.05)
    (<Verdict.BETWEEN: 'between'>, <Verdict.BEYOND: 'beyond'>, <Verdict.WITHIN: 'within'>)
    """
    if recent.n <= 0 or baseline.n <= 0:
        return Verdict.BETWEEN
    crossed = baseline.total_micro * recent.n - recent.total_micro * baseline.n
    pairs = baseline.n * recent.n
    if crossed > to_micro(raise_above) * pairs:
        by_chance = standard_errors and crossed <= standard_errors * _error(baseline, recent) * pairs * MICRO
        return Verdict.BETWEEN if by_chance else Verdict.BEYOND
    return Verdict.WITHIN if crossed < to_micro(resolve_below) * pairs else Verdict.BETWEEN


def _error(baseline: ScoreSums, recent: ScoreSums) -> float:
    """Standard error of the difference of both means, by the deviation of all scores together."""
    deviation = baseline.plus(recent).deviation()
    return 0.0 if isinstance(deviation, Undefined) else deviation * math.sqrt(1 / baseline.n + 1 / recent.n)
