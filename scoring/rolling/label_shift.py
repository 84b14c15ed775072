"""Are recent labels distributed otherwise than those before?

Two figures, because each alone misleads: how much they differ (PSI), and whether that may be chance (a χ² test with
n). PSI of two samples of one distribution is not 0 but, on average, (B − 1)(1/N + 1/M) over B labels: with 5 labels
and a window of 50 that is 0.08, close to the 0.1 that is commonly called a moderate change. It is taken off first.

**The unit is a task, not a region.** Twenty cars in one picture are one observation of that picture, and counting them
as twenty makes any test cry wolf. `task_shares` gives a task the weight 1, however much was marked on it.

References: PSI and its lines 0.1 and 0.25: Siddiqi, Credit Risk Scorecards (2006), ISBN 978-0-471-75451-0; its
distribution: Yurdakul and Naranjo (2020), doi:10.21314/JRMV.2020.227; χ²: Pearson (1900),
doi:10.1080/14786440009463897; the rule of five: Cochran (1952), doi:10.1214/aoms/1177729380; V: Cramér (1946).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from scipy.special import chdtrc

from scoring.rolling.lines import above_lines
from scoring.rolling.sums import MICRO, Verdict
from scoring.types import Undefined

__all__ = ["LABEL_SHIFT", "LabelShift", "LabelShiftRule", "judge_label_shift", "label_shift", "psi", "task_shares"]


class LabelShiftRule(NamedTuple):
    """What a shift is held against. The defaults are from `tests/bench` (see README)."""

    minimum: int = 100
    """Tasks in the recent window without which nothing is said."""
    minimum_reference: int = 200
    """Tasks before the window without which nothing is said."""
    raise_above: float = 0.1
    """PSI beyond what chance adds, from which the change is worth a look; 0.25 is commonly called major."""
    resolve_at: float = 0.05
    p_value: float = 1e-6
    """And the chance of it: small, because it is asked again with every task that enters the window."""


LABEL_SHIFT: Final = LabelShiftRule()
"""The default."""

_MAJOR: Final = 0.25
_LEAST_EXPECTED: Final = 5.0
"""Expected count below which a label is tested together with the other rare ones."""


class LabelShift(NamedTuple):
    """Recent labels against those before."""

    psi: float
    """0 or more."""
    psi_by_chance: float
    """What two samples of one distribution have on average."""
    chi_square: float
    degrees: int
    p_value: float
    cramers_v: float
    """Effect size, in [0, 1]."""
    n: int
    """Recent tasks."""
    reference_n: int
    most_changed: str
    """The label whose share changed most; the first by name of equals."""
    change: float
    """By how much, in [−1, 1]."""

    def excess(self) -> float:
        """PSI beyond chance, 0 or more."""
        return max(0.0, self.psi - self.psi_by_chance)

    def grade(self) -> str:
        """By the usual lines: `stable` (up to 0.1), `moderate`, `major` (over 0.25)."""
        excess = self.excess()
        return "major" if excess > _MAJOR else "moderate" if excess > 0.1 else "stable"


def task_shares(labels: Mapping[str, float]) -> dict[str, int]:
    """One task's labels as shares of the task, in millionths that add up to 1,000,000; none of none.

    Rounded down, and what is left goes to the first labels by name: the same labels leave the same numbers.

    >>> task_shares({"car": 20, "bus": 10})
    {'bus': 333334, 'car': 666666}
    """
    total = sum(labels.values())
    if total <= 0:
        return {}
    shares = {label: math.floor(count * MICRO / total) for label, count in sorted(labels.items()) if count > 0}
    for label in list(shares)[: MICRO - sum(shares.values())]:
        shares[label] += 1
    return shares


def psi(recent: Mapping[str, float], reference: Mapping[str, float]) -> float | Undefined:
    """Population stability index, Σ (q − p) ln(q / p) over labels of either; symmetric, 0 or more, 0 of equal shares.

    One observation is added to each side, divided by the shares of both together, so that a label which one side never
    saw has a finite say.

    >>> round(psi({"a": 25, "b": 75}, {"a": 75, "b": 25}), 3)  # twice 0.5 ln 3, less what the added observation blurs
    1.075
    >>> psi({"a": 1, "b": 3}, {"a": 10, "b": 30})
    0.0
    """
    n, m = math.fsum(recent.values()), math.fsum(reference.values())
    if n <= 0 or m <= 0:
        return Undefined("no labels in the window" if n <= 0 else "no labels before the window")
    terms = []
    for label in recent.keys() | reference.keys():
        one, other = recent.get(label, 0.0), reference.get(label, 0.0)
        if one + other > 0:
            pooled = (one / n + other / m) / 2
            q, p = (one + pooled) / (n + 1), (other + pooled) / (m + 1)
            terms.append((q - p) * math.log(q / p))
    return math.fsum(terms)


def label_shift(
    recent_micro: Mapping[str, int], reference_micro: Mapping[str, int], rule: LabelShiftRule = LABEL_SHIFT
) -> LabelShift | Undefined:
    """Compare labels in the window with those before it.

    Args:
        recent_micro: label → weight of tasks in millionths, as sums of `task_shares`.
        reference_micro: the same of the tasks before the window; the window is not part of it.
        rule: parameters.

    Returns:
        Undefined with too few tasks on a side, or fewer than two labels on both.

    >>> found = label_shift({"a": 30_000_000, "b": 70_000_000}, {"a": 300_000_000, "b": 300_000_000})
    >>> round(found.psi, 3), round(found.chi_square, 2), found.p_value < 0.001, found.most_changed, found.change
    (0.167, 13.76, True, 'a', -0.2)
    >>> label_shift({"a": 30_000_000}, {"a": 300_000_000})
    Undefined(reason='30 tasks in the window, it takes 100')
    """
    n, m = sum(recent_micro.values()) / MICRO, sum(reference_micro.values()) / MICRO
    if n < rule.minimum:
        return Undefined(f"{n:g} tasks in the window, it takes {rule.minimum}")
    if m < rule.minimum_reference:
        return Undefined(f"{m:g} tasks before the window, it takes {rule.minimum_reference}")
    both = [(k, recent_micro.get(k, 0) / MICRO, reference_micro.get(k, 0) / MICRO)
            for k in sorted(recent_micro.keys() | reference_micro.keys())]  # fmt: skip
    both = [(label, one, other) for label, one, other in both if one + other > 0]
    if len(both) < 2:
        return Undefined("fewer than two labels were seen")
    index = psi({k: one for k, one, _ in both}, {k: other for k, _, other in both})
    if isinstance(index, Undefined):
        return index
    chi_square, degrees = _chi_square([(one, other) for _, one, other in both], n, m)
    p_value = float(chdtrc(degrees, chi_square)) if degrees else 1.0
    most, change = max(((k, one / n - other / m) for k, one, other in both), key=lambda item: abs(item[1]))
    return LabelShift(
        index, (len(both) - 1) * (1 / n + 1 / m), chi_square, degrees, p_value,
        min(1.0, math.sqrt(chi_square / (n + m))), round(n), round(m), most, round(change, 6),
    )  # fmt: skip


def judge_label_shift(shift: LabelShift | Undefined, rule: LabelShiftRule = LABEL_SHIFT) -> Verdict:
    """Beyond when PSI is, and chance is ruled out; within when PSI is; undefined is between.

    >>> judge_label_shift(Undefined("too few"))
    <Verdict.BETWEEN: 'between'>
    """
    if isinstance(shift, Undefined):
        return Verdict.BETWEEN
    verdict = above_lines(shift.excess(), rule.raise_above, rule.resolve_at)
    by_chance = verdict is Verdict.BEYOND and shift.p_value >= rule.p_value
    return Verdict.BETWEEN if by_chance else verdict


def _chi_square(pairs: list[tuple[float, float]], n: float, m: float) -> tuple[float, int]:
    """χ² of homogeneity, and its degrees of freedom; labels too rare to be tested by themselves are tested together."""
    smaller = min(n, m) / (n + m)
    cells = [pair for pair in pairs if (pair[0] + pair[1]) * smaller >= _LEAST_EXPECTED]
    rare = [pair for pair in pairs if (pair[0] + pair[1]) * smaller < _LEAST_EXPECTED]
    if rare:
        cells.append((math.fsum(one for one, _ in rare), math.fsum(other for _, other in rare)))
    terms = []
    for one, other in cells:
        expected_one, expected_other = (one + other) * n / (n + m), (one + other) * m / (n + m)
        terms += [(one - expected_one) ** 2 / expected_one, (other - expected_other) ** 2 / expected_other]
    return math.fsum(terms), len(cells) - 1
