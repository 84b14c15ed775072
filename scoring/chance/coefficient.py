"""What a chance-corrected statistic says: its value, what it rests on, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from math import isinf, sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

from scoring.chance.coincidences import Table
from scoring.types import Undefined

__all__ = [
    "CONFIDENCE",
    "Coefficient",
    "Interval",
    "around",
    "certain",
    "check_confidence",
    "extent",
    "too_few",
    "unusable",
    "wilson",
]

CONFIDENCE = 0.95
"""The default share of samples whose interval holds the true value."""

_NO_SPREAD = 1e-9
# A standard error below it is a rounding error of 0.


class Interval(NamedTuple):
    """Where the value of the whole project may lie, given the tasks that were seen."""

    low: float
    high: float
    standard_error: float | None
    """Of the value, over samples of tasks; None where the method has none (F distribution)."""
    confidence: float
    """In (0, 1)."""
    method: str
    """How it was made."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A statistic of agreement."""

    value: float
    """At most 1, which is full agreement; 0 is what chance gives."""
    observed: float
    """Observed agreement; for Krippendorff's alpha observed disagreement, in the unit of its level."""
    expected: float
    """The same by chance."""
    interval: Interval | Undefined
    """Undefined with its reason where the tasks are too few or too much alike."""
    tasks: int
    """Tasks with at least two answers: those that can agree or disagree."""
    answers: int
    """Answers in these tasks."""
    pairs: int
    """Pairs of answers to the same task."""


def around(
    value: float, variance: float, tasks: int, confidence: float, method: str, degrees: float
) -> Interval | Undefined:
    """`value` ± quantile × standard error, within [-1, 1].

    The quantile is Student's with so many degrees of freedom (tasks less one, as Gwet's software has it), or the normal
    one for infinitely many.

    Where no disagreement at all was seen, the standard error is 0 and says nothing. The low end then is Wilson's lower
    bound for n of n tasks: the value that a coefficient has where that share of the tasks is agreed on and the rest is
    answered at random. (Ten agreeing tasks leave room for 0.72.)

    Returns
    -------
    Interval | Undefined
        Undefined for fewer than two tasks, and where all tasks disagree in the same way.
    """
    if tasks < 2:
        return too_few(tasks)
    error = sqrt(max(variance, 0.0))
    if error < _NO_SPREAD:
        return (
            certain(tasks, confidence) if value > 1.0 - _NO_SPREAD else Undefined("all tasks disagree in the same way")
        )
    tail = (1.0 + confidence) / 2.0
    reach = error * float(ndtri(tail) if isinf(degrees) else stdtrit(degrees, tail))
    low, high = max(value - reach, min(value, -1.0)), min(value + reach, 1.0)
    return Interval(low, high, error, confidence, method)


def too_few(tasks: int) -> Undefined:
    """Why there is no interval for so few tasks."""
    return Undefined(f"an interval needs two tasks with two answers, got {tasks}")


def certain(tasks: int, confidence: float) -> Interval:
    """The interval where no disagreement was seen: see `around`."""
    return Interval(wilson(1.0, tasks, confidence)[0], 1.0, 0.0, confidence, "Wilson, no disagreement seen")


def wilson(share: float, n: float, confidence: float) -> tuple[float, float]:
    """Wilson's interval of a share of n: inside [0, 1], and with a width also where the share is 0 or 1.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.
    doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> [round(end, 3) for end in wilson(1.0, 10, 0.95)]
    [0.722, 1.0]
    """
    z2 = float(ndtri((1.0 + confidence) / 2.0)) ** 2
    middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n)
    reach = sqrt(z2 * (share * (1.0 - share) / n + z2 / (4.0 * n * n))) / (1.0 + z2 / n)
    return max(0.0, min(middle - reach, share)), min(1.0, max(middle + reach, share))


def unusable(table: Table) -> Undefined | None:
    """Why no coefficient can be computed, if so: nothing to compare, or sums that are not those of any tasks."""
    if bool((table.tasks < 0).any()):
        return Undefined("more tasks were taken back than added")
    if not len(table.tasks):
        return Undefined("no answers")
    if not bool((table.sizes >= 2).any()):
        return Undefined("no task has two answers: fewer than two annotators, or no overlap between them")
    return None


def check_confidence(confidence: float) -> None:
    """Raise ValueError unless it is inside (0, 1)."""
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"expected a confidence between 0 and 1, such as 0.95; got {confidence}")


def extent(table: Table) -> tuple[int, int, int]:
    """Tasks that can agree or disagree, their answers, and the pairs of these."""
    sizes = table.sizes
    tasks = np.where(sizes >= 2.0, table.tasks, 0.0)
    return int(tasks.sum()), int(np.dot(tasks, sizes)), int(np.dot(tasks, sizes * (sizes - 1.0)) / 2.0)
