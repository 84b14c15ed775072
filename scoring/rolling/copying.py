"""Do two annotators give the same answers more often than chance and the task explain?

**Geometry.** Two people who draw the same car hardly ever hit the same pixels. Of every task that both answered, the
share of matched objects that are identical (equal coordinates, or IoU 0.99 and more) is one score in [0, 1]; the rate
at which other pairs of annotators in the project come by such objects says what the tool (snapping, whole-image boxes)
explains. What a model proposed and both took over is no copying: leave objects out that equal a prediction.

**Categories.** Two good annotators agree everywhere, so only *errors* tell: both wrong, in the same way. By chance that
happens in a share of tasks of *ρ · w_a · w_b*, with *w* each one's share of wrong answers and *ρ* what the other pairs
show (difficult tasks, and labels that everybody confuses, make it larger than 1 / labels). Wrong is what differs from
gold, or from what the annotators *besides these two* agree on: a copy votes for its original.

The decision is `rate_above` the line so found, with evidence that may be looked at after every task, against a bar
that grows with the number of pairs (Bonferroni: Holm's order would need all pairs at every change and gains next to
nothing where copying is rare). The unit is a task: twenty boxes in one picture are not twenty copies.

References: identical errors as the evidence of copying: Wollack (1997), doi:10.1177/01466216970214002; dependence
between annotators: Dong, Berti-Equille and Srivastava (2009), doi:10.14778/1687627.1687690; Bonferroni: Dunn (1961),
doi:10.1080/01621459.1961.10482090.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from scoring.rolling.rates import RateRule, rate_above, wilson
from scoring.rolling.sums import MICRO, ScoreSums, Verdict
from scoring.types import Undefined

__all__ = [
    "COPIED_ERRORS",
    "COPIED_GEOMETRY",
    "NO_ERRORS",
    "Copying",
    "CopyingRule",
    "ErrorSums",
    "copied_errors",
    "copied_geometry",
    "judge_copying",
]


class CopyingRule(NamedTuple):
    """What is explained without copying. The defaults are from `tests/bench` (see README)."""

    ratio: float
    """How many times the usual rate is still put down to the pair's tasks."""
    floor: float
    """And a rate up to this always is."""
    alpha: float = 0.01
    """Chance that any pair of an honest project is ever raised."""
    minimum: int = 20
    """Common tasks without which nothing is said."""
    minimum_others: int = 50
    """Common tasks of other pairs without which nobody knows what is usual."""


COPIED_GEOMETRY: Final = CopyingRule(ratio=2.0, floor=0.05)
"""For `copied_geometry`."""
COPIED_ERRORS: Final = CopyingRule(ratio=1.5, floor=0.01)
"""For `copied_errors`. Lower than for geometry: which errors are common is in ρ already."""


class ErrorSums(NamedTuple):
    """Tasks that two annotators answered and whose truth is known; of a pair, or summed over pairs.

    >>> ErrorSums.of(True, True, True).plus(ErrorSums.of(False, True, False))
    ErrorSums(n=2, wrong=3, same_wrong=1, first_wrong=1)
    """

    n: int = 0
    wrong: int = 0
    """Wrong answers of either."""
    same_wrong: int = 0
    """Tasks in which both gave the same wrong answer."""
    first_wrong: int = 0
    """Wrong answers of the one who is first by name; of no meaning summed over pairs."""

    @classmethod
    def of(cls, first_wrong: bool, second_wrong: bool, same: bool) -> ErrorSums:
        """One task's contribution; `same` when both gave the same answer."""
        return cls(1, first_wrong + second_wrong, int(first_wrong and second_wrong and same), int(first_wrong))

    def plus(self, other: ErrorSums) -> ErrorSums:
        """Both together."""
        return ErrorSums(*(a + b for a, b in zip(self, other, strict=True)))

    def minus(self, other: ErrorSums) -> ErrorSums:
        """Without `other`."""
        return ErrorSums(*(a - b for a, b in zip(self, other, strict=True)))


NO_ERRORS: Final = ErrorSums()


class Copying(NamedTuple):
    """How a pair of annotators compares with the others."""

    share: float
    """Of common tasks: identical objects, or identical errors. In [0, 1]."""
    n: int
    """Common tasks."""
    usual: float
    """The share to be expected of this pair from what the other pairs show."""
    line: float
    """What `share` is tested against."""
    evidence: float
    p_value: float
    """min(1, pairs / evidence): valid whenever one looks, and for all pairs together."""


def copied_geometry(
    pair: ScoreSums, project: ScoreSums, pairs: int, rule: CopyingRule = COPIED_GEOMETRY
) -> Copying | Undefined:
    """Identical objects of a pair, against those of all other pairs.

    Args:
        pair: one score a common task: the share of matched objects that are identical; tasks without any are left out.
        project: the same, summed over all pairs; this pair is part of it.
        pairs: how many pairs have common tasks.
        rule: parameters.

    >>> found = copied_geometry(ScoreSums(40, 20_000_000, 0), ScoreSums(1_040, 40_000_000, 0), pairs=45)
    >>> round(found.share, 2), round(found.usual, 2), round(found.line, 3), found.p_value < 1e-6
    (0.5, 0.02, 0.061, True)
    """
    others = project.minus(pair)
    if others.n < rule.minimum_others:
        return Undefined(_too_few(others.n, rule))
    hits = others.total_micro / MICRO
    line = rule.ratio * wilson(hits, others.n)[1]
    return _compare(pair, hits / others.n, line, pairs, rule)


def copied_errors(
    pair: ErrorSums, project: ErrorSums, pairs: int, rule: CopyingRule = COPIED_ERRORS
) -> Copying | Undefined:
    """Identical errors of a pair, against what both's errors and the other pairs let expect.

    Args:
        pair: tasks that both answered and whose truth is known without them.
        project: the same, summed over all pairs; this pair is part of it.
        pairs: how many pairs have common tasks.
        rule: parameters.

    Returns:
        Undefined with too few tasks of other pairs, or when those never erred.

    >>> others = ErrorSums(n=1_000, wrong=400, same_wrong=40)  # 0.04 = 1.0 · 0.2 · 0.2
    >>> pair = ErrorSums(n=200, wrong=80, same_wrong=50, first_wrong=40)
    >>> found = copied_errors(pair, others.plus(pair), pairs=45)
    >>> found.share, round(found.usual, 3), round(found.line, 3), found.p_value < 0.01
    (0.25, 0.04, 0.081, True)
    """
    others = project.minus(pair)
    if others.n < rule.minimum_others:
        return Undefined(_too_few(others.n, rule))
    if others.wrong <= 0:
        return Undefined("the other pairs made no errors, so nobody knows how often errors are the same")
    wrong = others.wrong / (2 * others.n)
    by_chance = _product(pair) / wrong**2
    usual, most = (rate * by_chance for rate in (others.same_wrong / others.n, wilson(others.same_wrong, others.n)[1]))
    same = ScoreSums(pair.n, pair.same_wrong * MICRO, pair.same_wrong * MICRO)
    return _compare(same, min(1.0, usual), rule.ratio * most, pairs, rule)


def judge_copying(found: Copying | Undefined, rule: CopyingRule) -> Verdict:
    """Beyond when `p_value` is below `rule.alpha`, within when the share is back to the line or under it.

    >>> judge_copying(Copying(0.5, 40, 0.02, 0.1, 1e9, 1e-7), COPIED_GEOMETRY)
    <Verdict.BEYOND: 'beyond'>
    """
    if isinstance(found, Undefined) or found.n < rule.minimum:
        return Verdict.BETWEEN
    if found.p_value < rule.alpha:
        return Verdict.BEYOND
    return Verdict.WITHIN if found.share <= found.line else Verdict.BETWEEN


def _compare(pair: ScoreSums, usual: float, line: float, pairs: int, rule: CopyingRule) -> Copying | Undefined:
    line = max(rule.floor, line)
    if line >= 1:
        return Undefined("the other pairs are identical so often that nothing would stand out")
    rate = rate_above(pair, RateRule(line, rule.minimum))
    if isinstance(rate, Undefined):
        return Undefined("the two have no common tasks to compare")
    p_value = min(1.0, max(1, pairs) / rate.evidence) if rate.evidence > 0 else 1.0
    return Copying(rate.rate, rate.n, usual, line, rate.evidence, p_value)


def _product(pair: ErrorSums) -> float:
    """Share of tasks in which both are wrong, were their errors independent."""
    if pair.n <= 0:
        return 0.0
    return pair.first_wrong / pair.n * ((pair.wrong - pair.first_wrong) / pair.n)


def _too_few(n: int, rule: CopyingRule) -> str:
    return f"{n} common tasks of other pairs, it takes {rule.minimum_others} to know what is usual"
