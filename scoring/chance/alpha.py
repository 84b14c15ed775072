"""Krippendorff's alpha: agreement on any scale, of any number of annotators, with answers missing.

Reading it, after Krippendorff (2004, p. 241): from 0.8 on conclusions are reliable, from 0.667 to 0.8 tentative, below
not; `band` says it. They are conventions: look at the low end of the interval, not at the value.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from itertools import combinations
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scoring.agreement.sets import jaccard, masi
from scoring.chance.coefficient import (
    CONFIDENCE,
    Coefficient,
    Interval,
    around,
    check_confidence,
    extent,
    too_few,
    unusable,
)
from scoring.chance.coincidences import Table
from scoring.chance.weights import ratio_difference, scale
from scoring.types import Array, Undefined

__all__ = ["Band", "Level", "band", "krippendorff_alpha"]

Level: TypeAlias = (
    Literal["nominal", "ordinal", "interval", "ratio", "masi", "jaccard"] | Callable[[Hashable, Hashable], float]
)
"""The scale of the labels, or a disagreement of two labels of your own: 0 when equal, symmetric, never negative."""


class Band(Enum):
    """What an alpha allows."""

    RELIABLE = "reliable"
    """From 0.8 on."""
    TENTATIVE = "tentative"
    """From 0.667 to below 0.8."""
    UNRELIABLE = "unreliable"
    """Below 0.667."""


def band(alpha: float) -> Band:
    """The band that an alpha falls into; one that is exactly on a line is in the upper band.

    >>> band(0.8), band(0.667), band(0.5)
    (<Band.RELIABLE: 'reliable'>, <Band.TENTATIVE: 'tentative'>, <Band.UNRELIABLE: 'unreliable'>)
    """
    if alpha >= 0.8:
        return Band.RELIABLE
    return Band.TENTATIVE if alpha >= 0.667 else Band.UNRELIABLE


def krippendorff_alpha(
    table: Table, level: Level = "nominal", confidence: float = CONFIDENCE
) -> Coefficient | Undefined:
    """Krippendorff's alpha, `1 - observed / expected` disagreement.

    `observed = 1/n sum over tasks of sum over pairs d(c, k) / (m - 1)`, `expected = 1/(n (n - 1)) sum over all pairs
    d(c, k)`, over the n answers of tasks with m >= 2 answers; pairs are ordered.

    | level | disagreement d of c and k | labels |
    |---|---|---|
    | `nominal` | 0 where equal, 1 where not | any |
    | `ordinal` | (answers between c and k, and half of those on them)²: squared mid-ranks | order of the table |
    | `interval` | (c - k)² | numbers |
    | `ratio` | ((c - k) / (c + k))² | numbers from 0 up |
    | `masi`, `jaccard` | 1 - similarity | sets |

    Parameters
    ----------
    level
        See above; a function of two labels gives d itself. `interval` and `ratio` of labels that are not numbers take
        their places 1, 2, ... in the table.

    Returns
    -------
    Coefficient | Undefined
        At most 1; about 0 by chance; below 0 where annotators differ systematically. Undefined where no task has two
        answers, and where all answers in those are equal: nothing could have disagreed, so that is neither 1 (as
        evalica says) nor an error (as the krippendorff package has it).

        The interval is the jackknife over tasks (each left out once), with Student's quantile. It holds the mid-ranks
        of `ordinal` fixed. It costs no second pass: leaving a task out changes three sums. Simulated as in
        `scoring.chance.many`, a 95 % interval holds the true value in 94, 95, 96, 96 % of samples of 10, 20, 50, 200
        tasks; where one label prevails (90 %) in 73, 83, 94, 95 %.

    Raises
    ------
    ValueError
        The level is not known, or `ratio` meets a negative number.
    TypeError
        `masi` or `jaccard` of labels that are not sets.

    References
    ----------
    Krippendorff, K. (2004). Reliability in content analysis. Human Communication Research 30, 411-433.
    doi:10.1111/j.1468-2958.2004.tb00738.x. The same (2011), Computing Krippendorff's alpha-reliability,
    https://repository.upenn.edu/asc_papers/43

    Examples
    --------
    >>> from scoring.chance.coincidences import tabulate
    >>> two = tabulate(np.array([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]).T)
    >>> krippendorff_alpha(two).value.__round__(3)
    0.095
    """
    check_confidence(confidence)
    if reason := unusable(table):
        return reason
    sizes = table.sizes
    # Tasks with one answer count as none: a weight of 0 is much cheaper than a table without them.
    tasks = np.where(sizes >= 2.0, table.tasks, 0.0)
    used = table.used(tasks)
    sums = _disagreements(table, sizes, used, level)
    n = float(np.dot(tasks, sizes))
    within = sums.within / np.maximum(sizes - 1.0, 1.0)
    observed = float(np.dot(tasks, within))
    if not sums.total > 0.0:
        only = table.labels[int(used.argmax())]
        return Undefined(f"all answers are equal ({only!r}), so nothing could have disagreed")
    value = 1.0 - (n - 1.0) * observed / sums.total
    left = _Left(n - sizes, observed - within, sums.total - 2.0 * sums.with_all + sums.within, tasks)
    interval = _jackknife(value, left, confidence)
    return Coefficient(value, observed / n, sums.total / (n * (n - 1.0)), interval, *extent(table))


class _Disagreements(NamedTuple):
    """Sums of disagreement over ordered pairs of answers."""

    within: Array
    """(patterns,): pairs within the task."""
    with_all: Array
    """(patterns,): an answer of the task with any answer of all tasks."""
    total: float
    """Any two answers of all tasks."""


class _Left(NamedTuple):
    """The sums with one task of each pattern left out, (patterns,) each."""

    answers: Array
    observed: Array
    total: Array
    tasks: Array
    """How many of each pattern there are, 0 of those with a single answer."""


def _disagreements(table: Table, sizes: Array, used: Array, level: Level) -> _Disagreements:
    """All answers are those that are `used`: of tasks with two answers or more."""
    if level == "nominal":
        squares = table.sums(table.given.data**2)
        return _Disagreements(
            sizes**2 - squares, sizes * used.sum() - table.given @ used, float(used.sum() ** 2 - used @ used)
        )
    if level == "interval":
        return _squared(table, sizes, used, scale(table.labels))
    if level == "ordinal":
        return _squared(table, sizes, used, np.cumsum(used) - used / 2.0)
    disagreement = _matrix(table.labels, used > 0, level)
    per_answer = disagreement @ used
    # Only the labels that were used are compared, and dense, since most pairs of them disagree.
    pattern = np.repeat(np.arange(len(sizes)), np.diff(table.given.indptr))
    within = table.sums(table.given.data * (table.given @ disagreement)[pattern, table.given.indices])
    return _Disagreements(within, table.given @ per_answer, float(used @ per_answer))


def _squared(table: Table, sizes: Array, used: Array, x: Array) -> _Disagreements:
    """Squared differences of numbers, from their sums alone: no matrix of labels by labels."""
    # About their mean, so that large numbers close together do not cancel each other out.
    x = x - (used @ x) / used.sum()
    first, second = table.given @ x, table.given @ x**2
    all_second = float(used @ x**2)
    within = np.maximum(2.0 * (sizes * second - first**2), 0.0)
    return _Disagreements(within, used.sum() * second + sizes * all_second, float(2.0 * used.sum() * all_second))


def _matrix(labels: Sequence[Hashable], used: NDArray[np.bool_], level: Level) -> Array:
    """(labels, labels) disagreements; 0 for labels that were not used."""
    if level == "ratio":
        return ratio_difference(scale(labels))
    if level == "masi":
        pair = _of_sets(masi)
    elif level == "jaccard":
        pair = _of_sets(jaccard)
    elif callable(level):
        pair = level
    else:
        raise ValueError(
            f"expected level nominal, ordinal, interval, ratio, masi, jaccard or a function, got {level!r}"
        )
    matrix = np.zeros((len(labels), len(labels)))
    places = np.flatnonzero(used).tolist()
    for i, j in combinations(places, 2):
        matrix[i, j] = matrix[j, i] = pair(labels[i], labels[j])
    return matrix


def _of_sets(
    similarity: Callable[[AbstractSet[Hashable], AbstractSet[Hashable]], float],
) -> Callable[[Hashable, Hashable], float]:
    def disagreement(a: Hashable, b: Hashable) -> float:
        if not (isinstance(a, AbstractSet) and isinstance(b, AbstractSet)):
            raise TypeError(f"expected sets (frozenset) as labels for masi and jaccard, got {a!r} and {b!r}")
        return 1.0 - similarity(a, b)

    return disagreement


def _jackknife(value: float, left: _Left, confidence: float) -> Interval | Undefined:
    n = float(left.tasks.sum())
    if n < 2.0:
        return too_few(int(n))
    if bool(((left.total <= 1e-12 * left.total.max(initial=0.0)) & (left.tasks > 0.0)).any()):
        return Undefined("all answers of the other tasks are equal, so the spread over tasks is not known")
    # Without a task of a single answer nothing changes, and such a task has no weight in what follows.
    values = 1.0 - (left.answers - 1.0) * left.observed / np.where(left.tasks > 0.0, left.total, 1.0)
    mean = np.dot(left.tasks, values) / n
    variance = (n - 1.0) / n * float(np.dot(left.tasks, (values - mean) ** 2))
    return around(value, variance, int(n), confidence, "jackknife over tasks", n - 1.0)
