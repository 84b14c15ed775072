"""Intraclass correlation of ratings: how much of their variance lies between tasks.

| design | function | one rating | mean of the k ratings |
|---|---|---|---|
| annotators differ from task to task | `icc_one_way` (retractable sums) | ICC(1,1) | - |
| the same k annotators rate every task | `icc_two_way` (a matrix) | ICC(2,1) | ICC(2,k) |

Shrout and Fleiss' names. Both count a difference in level between annotators (one is stricter) as disagreement.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
from scipy.special import fdtri

from scoring.chance.coefficient import CONFIDENCE, Coefficient, Interval, certain, check_confidence
from scoring.chance.ratings import RatingSums, as_float
from scoring.rolling.sums import MICRO
from scoring.types import Array, Undefined

__all__ = ["icc_one_way", "icc_two_way"]

_METHOD = "F distribution"
_NO_VARIANCE = 1e-6
# Less than this share of a mean square is what rounding leaves of 0, and would give correlations of -10⁶.


def icc_one_way(sums: RatingSums, confidence: float = CONFIDENCE) -> Coefficient | Undefined:
    """ICC(1,1): the share of the variance of single ratings that lies between tasks, whoever rates.

    `(BMS - WMS) / (BMS + (k - 1) WMS)` from the mean squares between and within tasks. Where tasks differ in their
    number of ratings m, `k = (N - sum m² / N) / (tasks - 1)` for N ratings, and the interval is approximate.

    Returns
    -------
    Coefficient | Undefined
        In [-1, 1]. `observed` is WMS, `expected` the variance of all ratings. Undefined for fewer than two tasks with
        two ratings, and where all ratings are equal. The interval takes ratings to be normal.

    References
    ----------
    Shrout, P. E. and Fleiss, J. L. (1979). Intraclass correlations: uses in assessing rater reliability. Psychological
    Bulletin 86, 420-428. doi:10.1037/0033-2909.86.2.420. Unequal numbers: Donner, A. (1986). A review of inference
    procedures for the intraclass correlation coefficient. International Statistical Review 54, 67-82.
    doi:10.2307/1403259

    Examples
    --------
    >>> sums = RatingSums()
    >>> for ratings in ([9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]):
    ...     sums.add(ratings)
    >>> round(icc_one_way(sums).value, 2)
    0.17
    """
    check_confidence(confidence)
    totals = sums.totals()
    if isinstance(totals, Undefined):
        return totals
    tasks, n, first, second, of_tasks, pairs = totals
    if tasks < 2:
        return Undefined(f"needs two tasks with two ratings, got {tasks}")
    between = (of_tasks - first * first / n) / (tasks - 1)
    within = (second - of_tasks) / (n - tasks)
    k = (n - sum(moments[0, 0] * m * m for m, moments in sums.by_size().items()) / n) / (tasks - 1)
    interval = certain(tasks, confidence)
    if within:
        ratio, degrees = as_float(between / within), (tasks - 1, int(n) - tasks)
        low = ratio / _f(confidence, *degrees)
        high = ratio * _f(confidence, *degrees[::-1])
        ends = [max(1.0 - float(k) / (f - 1.0 + float(k)), -1.0) for f in (low, high)]
        interval = Interval(ends[0], ends[1], None, confidence, _METHOD)
    value = float((between - within) / (between + (k - 1) * within))
    unit = MICRO * MICRO
    variance = (second - first * first / n) / (n - 1)
    return Coefficient(value, as_float(within / unit), as_float(variance / unit), interval, tasks, int(n), pairs)


def icc_two_way(ratings: Any, averaged: bool = False, confidence: float = CONFIDENCE) -> Coefficient | Undefined:
    """ICC(2,1), or ICC(2,k) of the mean rating: the same k annotators, drawn from many, rate every task.

    `(BMS - EMS) / (BMS + (k - 1) EMS + k (JMS - EMS) / n)`; of means `(BMS - EMS) / (BMS + (JMS - EMS) / n)`, from the
    mean squares between the n tasks (BMS), between annotators (JMS) and of what is left (EMS).

    Parameters
    ----------
    ratings
        (n_tasks, k) numbers, NaN where there is no rating. Tasks without a rating by each annotator are left out: with
        many of those take `icc_one_way` or `interval_alpha`.
    averaged
        Whether the mean of the k ratings is what will be used.

    Returns
    -------
    Coefficient | Undefined
        At most 1; with very few tasks it can be below -1. `observed` is EMS, `expected` the variance of all ratings.
        Undefined for fewer than two annotators or two complete tasks, where all ratings are equal, and where tasks and
        annotators differ less than chance has it. The interval takes ratings to be normal.

    Raises
    ------
    ValueError
        `ratings` is not a matrix, or a number is infinite.

    References
    ----------
    Shrout and Fleiss (1979), as in `icc_one_way`.

    Examples
    --------
    >>> ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> round(icc_two_way(ratings).value, 2), round(icc_two_way(ratings, averaged=True).value, 2)
    (0.29, 0.62)
    """
    check_confidence(confidence)
    x = np.asarray(ratings, dtype=np.float64)
    if x.ndim != 2 or np.isinf(x).any():
        raise ValueError(f"expected a matrix of finite ratings, tasks by annotators, with NaN for none; got {x.shape}")
    x = x[~np.isnan(x).any(axis=1)]
    n, k = x.shape
    if k < 2 or n < 2:
        return Undefined(f"needs two annotators and two tasks that all of them rated, got {k} and {n}")
    if x.min() == x.max():
        return Undefined(f"all ratings are equal ({x[0, 0]:g}), so nothing could have disagreed")
    exponent = int(np.frexp(np.abs(x).max())[1])
    x = np.ldexp(x, -exponent)  # numbers near 1, whatever the unit, so that no square leaves the range of floats
    tasks, annotators, rest = _mean_squares(x)
    variance = tasks + (annotators - rest) / n if averaged else tasks + (k - 1) * rest + k * (annotators - rest) / n
    if variance <= _NO_VARIANCE * max(tasks, annotators, rest):
        return Undefined("tasks and annotators differ less than chance has it, which leaves no variance to divide")
    single = (tasks - rest) / (tasks + (k - 1) * rest + k * (annotators - rest) / n)
    ends = _two_way_ends(single, tasks, annotators, rest, n, k, confidence)
    value = (tasks - rest) / variance
    interval = certain(n, confidence)
    if ends is not None:
        low, high = (_of_means(end, k) if averaged else end for end in ends)
        interval = Interval(min(max(low, -1.0), value), min(max(high, value), 1.0), None, confidence, _METHOD)
    with np.errstate(over="ignore", under="ignore"):
        observed, expected = np.ldexp([rest, x.var(ddof=1)], 2 * exponent).tolist()
    return Coefficient(value, observed, expected, interval, n, n * k, n * k * (k - 1) // 2)


def _mean_squares(x: Array) -> tuple[float, float, float]:
    """Between tasks (rows), between annotators (columns), and of what is left."""
    n, k = x.shape
    centred = x - x.mean()
    rows, columns = centred.mean(axis=1), centred.mean(axis=0)
    rest = centred - rows[:, None] - columns
    return (
        float(k * (rows**2).sum() / (n - 1)),
        float(n * (columns**2).sum() / (k - 1)),
        float((rest**2).sum() / ((n - 1) * (k - 1))),
    )


def _two_way_ends(
    icc: float, tasks: float, annotators: float, rest: float, n: int, k: int, confidence: float
) -> tuple[float, float] | None:
    """Shrout and Fleiss' interval of ICC(2,1); None where there is no disagreement at all."""
    if rest + annotators <= 1e-18 * tasks:
        return None
    # Multiplied through with EMS², so that annotators who differ by a constant alone (EMS = 0) are no special case.
    spread = n * (1.0 + (k - 1) * icc) - k * icc
    above = (k - 1) * (n - 1) * (k * icc * annotators + spread * rest) ** 2
    below = (n - 1) * (k * icc * annotators) ** 2 + (spread * rest) ** 2
    # Satterthwaite's degrees of freedom are at least k - 1; a negative ICC, which he does not provide for, gives fewer.
    degrees = max(above / below, k - 1.0) if below > 0.0 else k - 1.0
    noise = k * annotators + (k * n - k - n) * rest
    f_low, f_high = _f(confidence, n - 1, degrees), _f(confidence, degrees, n - 1)
    low = n * (tasks - f_low * rest) / (f_low * noise + n * tasks)
    high = n * (f_high * tasks - rest) / (noise + n * f_high * tasks)
    return low, high


def _of_means(icc: float, k: int) -> float:
    """Spearman and Brown: the reliability of the mean of k ratings from that of one."""
    share = 1.0 + (k - 1) * icc
    return k * icc / share if share > 0.0 else -inf


def _f(confidence: float, numerator: float, denominator: float) -> float:
    return float(fdtri(numerator, denominator, (1.0 + confidence) / 2.0))
