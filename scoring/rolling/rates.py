"""Is a rate on the wrong side of a line, asked after every answer and not only once?

A 95 % interval that is looked at after each answer misses a true rate sooner or later. The decision is therefore made
by evidence that may be looked at whenever one likes: with *k* of *n*,

    E = ∫₀ʰ p^k (1 − p)^(n−k) dp / (h · h^k (1 − h)^(n−k))

compares all rates below the line *h*, evenly weighted, with *h* itself. If the true rate is *h* or more,
P(E ever reaches c) ≤ 1 / c, by Ville's inequality. Of scores in [0, 1] instead of hits the same holds, because
a^x b^(1−x) ≤ a x + b (1 − x). Above the line is the mirror image. n and k are sums: hits can be revised.

Over a sliding window the bound is 1 / c for each task at which a window begins.

References: Ville (1939); mixtures over rates: Robbins (1970), doi:10.1214/aoms/1177696786; scores in [0, 1]:
Waudby-Smith and Ramdas (2024), doi:10.1093/jrsssb/qkad009. The interval that is told beside it: Wilson (1927),
doi:10.1080/01621459.1927.10502953.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from scipy.special import betainc, betaln, xlog1py, xlogy

from scoring.rolling.level import EVIDENCE_CAP
from scoring.rolling.lines import above_lines, below_lines
from scoring.rolling.sums import MICRO, ScoreSums, Verdict
from scoring.types import Array, Undefined

__all__ = [
    "Rate",
    "RateRule",
    "judge_rate_above",
    "judge_rate_below",
    "log_evidence_below",
    "rate_above",
    "rate_below",
    "wilson",
]

_Z: Final = 1.959963984540054
"""The normal distribution's 97.5 % quantile, for a 95 % interval."""


class RateRule(NamedTuple):
    """A line for a rate. The defaults are from `tests/bench` (see README)."""

    line: float
    """In (0, 1): what the rate should not be below, or above."""
    minimum: int = 20
    """Hits and misses without which nothing is said."""
    evidence: float = 100.0
    """Raised from here on: at most one in as many subjects who are on the right side is ever raised, over all time."""
    margin: float = 0.05
    """Resolved when the rate is better than the line by this, or half way to the best possible rate if that is less."""


class Rate(NamedTuple):
    """A rate against a line."""

    rate: float
    """In [0, 1]."""
    n: int
    low: float
    """Wilson's 95 % interval, for one look."""
    high: float
    evidence: float
    """That the true rate is on the wrong side of the line, told up to `EVIDENCE_CAP`."""


def wilson(hits: float, n: int, z: float = _Z) -> tuple[float, float]:
    """Wilson's score interval for a rate, within [0, 1]; (0, 1) without observations.

    >>> low, high = wilson(8, 10)
    >>> round(low, 4), round(high, 4)
    (0.4902, 0.9433)
    """
    if n <= 0:
        return 0.0, 1.0
    square = z * z / n
    middle = (hits / n + square / 2) / (1 + square)
    half = math.sqrt(max(0.0, hits / n * (1 - hits / n) * square + square * square / 4)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def log_evidence_below(hits: Array | float, n: Array | float, line: Array | float) -> Array:
    """The logarithm of the evidence that a rate is below `line`; −∞ where it is far above.

    Args:
        hits: k, whole or not, in [0, n]; any shape.
        n: observations, of a shape that goes with it.
        line: h, in (0, 1).

    >>> float(log_evidence_below(0, 0, 0.7))
    0.0
    >>> round(float(log_evidence_below(10, 30, 0.7)), 3)  # a third, where 70 % was asked for
    7.351
    """
    misses = n - hits
    with np.errstate(divide="ignore"):  # the integral may vanish: no evidence at all
        inside = np.log(betainc(hits + 1.0, misses + 1.0, line))
    whole = betaln(hits + 1.0, misses + 1.0) + inside
    value: Array = whole - np.log(line) - xlogy(hits, line) - xlog1py(misses, -np.asarray(line))
    return value


def rate_below(sums: ScoreSums, rule: RateRule) -> Rate | Undefined:
    """A rate, with the evidence that it is below `rule.line`; undefined without observations.

    Args:
        sums: hits as 1 and misses as 0, or scores in [0, 1]; of all time, or of a window.
        rule: parameters.

    >>> found = rate_below(ScoreSums(30, 10_000_000, 10_000_000), RateRule(0.7))
    >>> round(found.rate, 3), found.n, round(found.low, 3), round(found.high, 3), round(found.evidence)
    (0.333, 30, 0.192, 0.512, 1557)
    """
    if sums.n <= 0:
        return Undefined("nothing was counted")
    hits = min(max(sums.total_micro / MICRO, 0.0), float(sums.n))
    log = float(log_evidence_below(hits, sums.n, rule.line))
    return Rate(hits / sums.n, sums.n, *wilson(hits, sums.n), math.exp(min(log, math.log(EVIDENCE_CAP))))


def rate_above(sums: ScoreSums, rule: RateRule) -> Rate | Undefined:
    """A rate, with the evidence that it is above `rule.line`: `rate_below` of the misses.

    >>> round(rate_above(ScoreSums(30, 20_000_000, 20_000_000), RateRule(0.3)).evidence)
    1557
    """
    mirrored = ScoreSums(sums.n, sums.n * MICRO - sums.total_micro, 0)
    found = rate_below(mirrored, rule._replace(line=1 - rule.line))
    if isinstance(found, Undefined):
        return found
    rate = min(max(sums.total_micro / (sums.n * MICRO), 0.0), 1.0)
    return found._replace(rate=rate, low=1 - found.high, high=1 - found.low)


def judge_rate_below(rate: Rate | Undefined, rule: RateRule) -> Verdict:
    """Beyond with enough evidence, within when the rate is back above the line by a margin.

    Fewer than `rule.minimum` observations are `BETWEEN`.

    >>> rule = RateRule(0.7)
    >>> judge_rate_below(rate_below(ScoreSums(30, 10_000_000, 0), rule), rule)
    <Verdict.BEYOND: 'beyond'>
    >>> judge_rate_below(rate_below(ScoreSums(40, 30_000_000, 0), rule), rule)
    <Verdict.WITHIN: 'within'>
    """
    if isinstance(rate, Undefined) or rate.n < rule.minimum:
        return Verdict.BETWEEN
    if rate.evidence >= rule.evidence:
        return Verdict.BEYOND
    return below_lines(rate.rate, 0.0, rule.line + min(rule.margin, (1 - rule.line) / 2))


def judge_rate_above(rate: Rate | Undefined, rule: RateRule) -> Verdict:
    """The same for a rate that should not be above the line.

    >>> rule = RateRule(0.1)
    >>> judge_rate_above(rate_above(ScoreSums(30, 1_000_000, 0), rule), rule)
    <Verdict.WITHIN: 'within'>
    """
    if isinstance(rate, Undefined) or rate.n < rule.minimum:
        return Verdict.BETWEEN
    if rate.evidence >= rule.evidence:
        return Verdict.BEYOND
    return above_lines(rate.rate, 1.0, rule.line - min(rule.margin, rule.line / 2))
