"""Agreement of any number of annotators: percent agreement, Fleiss' kappa, Gwet's AC1 and AC2.

All are means over tasks, so a task with seven answers counts as much as one with two. A task with one answer can't
agree; it still tells how often labels are used, and so enters what is expected by chance, as in Gwet's software.

Intervals are over samples of tasks (annotators as they are), by Gwet's linearised variance:
`x_i = k_i - 2 (1 - k)(e_i - e) / (1 - e)`, `var = sum (x_i - k)² / (n (n - 1))`, where k_i is the task's own
coefficient and e_i its contribution to chance agreement e. How often an interval that says 95 % holds the true value,
simulated with three answers a task of annotators who know the label of 80 % of the tasks:

| tasks | labels even: percent, Fleiss, AC1 | one label 90 %: percent, Fleiss, AC1 |
|---|---|---|
| 10 | .97, .93, .91 | .97, **.66**, .92 |
| 20 | .96, .94, .96 | .95, **.81**, .94 |
| 50 | .95, .96, .96 | .96, .93, .95 |
| 200 | .96, .96, .96 | .95, .95, .95 |
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from scoring.chance.coefficient import (
    CONFIDENCE,
    Coefficient,
    Interval,
    around,
    check_confidence,
    extent,
    too_few,
    unusable,
    wilson,
)
from scoring.chance.coincidences import Table
from scoring.chance.weights import Scheme, agreement_weights
from scoring.types import Array, Undefined

__all__ = ["fleiss_kappa", "gwet_ac", "percent_agreement"]

_CHANCE_IS_ALL = 1.0 - 1e-12
# Chance agreement from here on is 1 but for rounding, and nothing is left to divide by.


def percent_agreement(
    table: Table, weights: Scheme = "identity", confidence: float = CONFIDENCE
) -> Coefficient | Undefined:
    """Mean over tasks of the share of pairs of answers that agree (Gwet's p_a).

    Parameters
    ----------
    weights
        Credit for answers that differ: see `agreement_weights`.

    Returns
    -------
    Coefficient | Undefined
        In [0, 1]; expected is 0, as nothing is taken off for chance. Undefined where no task has two answers. The
        interval is Wilson's for the number of tasks that has the same variance: it stays in [0, 1] and has a width also
        where all tasks agree.

    Examples
    --------
    One of three pairs agrees in the first task, all in the second.

    >>> from scoring.chance.coincidences import tabulate
    >>> percent_agreement(tabulate([[0, 0, 1], [1, 1, 1]])).value.__round__(3)
    0.667
    """
    check_confidence(confidence)
    if reason := unusable(table):
        return reason
    paired = table.answered(2)
    tasks, answers, pairs = extent(paired)
    of_task = _agreement(paired, agreement_weights(table.labels, weights))
    value = float(np.dot(paired.tasks, of_task)) / tasks
    return Coefficient(
        value, value, 0.0, _share_interval(value, of_task, paired.tasks, confidence), tasks, answers, pairs
    )


def fleiss_kappa(table: Table, weights: Scheme = "identity", confidence: float = CONFIDENCE) -> Coefficient | Undefined:
    """Fleiss' kappa, `(p_a - p_e) / (1 - p_e)` with `p_e = sum over k, l of w_kl pi_k pi_l`.

    pi_k is the mean over tasks of the share of answers that are k. Fleiss had as many answers for each task; for tasks
    that differ this is Gwet's generalisation, and for two annotators it is Scott's pi. The annotators may differ from
    task to task.

    Returns
    -------
    Coefficient | Undefined
        At most 1; at least -1 where no task has a single answer. Undefined where no task has two answers, and where
        only one label was ever used: nobody can tell agreement from habit then (`gwet_ac` can, given the other labels).

    References
    ----------
    Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. Psychological Bulletin 76, 378-382.
    doi:10.1037/h0031619. Interval: Gwet, K. L. (2008). Variance estimation of nominal-scale inter-rater reliability
    with random selection of raters. Psychometrika 73, 407-430. doi:10.1007/s11336-007-9054-8

    Examples
    --------
    >>> from scoring.chance.coincidences import tabulate
    >>> fleiss_kappa(tabulate([[0, 0], [1, 1], [0, 1], [1, 1]])).value.__round__(4)
    0.4667
    >>> fleiss_kappa(tabulate([[0, 0], [0, 0]], labels=["cat", "dog"]))
    Undefined(reason="only the label 'cat' was used, so agreement can't be told from habit")
    """
    check_confidence(confidence)
    if reason := unusable(table):
        return reason
    pi = _prevalence(table)
    if np.count_nonzero(pi) == 1:
        return Undefined(
            f"only the label {table.labels[int(pi.argmax())]!r} was used, so agreement can't be told from habit"
        )
    w = agreement_weights(table.labels, weights)
    by_label = w @ pi
    return _corrected(table, w, float(pi @ by_label), by_label, confidence)


def gwet_ac(table: Table, weights: Scheme = "identity", confidence: float = CONFIDENCE) -> Coefficient | Undefined:
    """Gwet's AC1, and AC2 with weights: `(p_a - p_e) / (1 - p_e)`, `p_e = sum(w) / (q (q - 1)) sum pi_k (1 - pi_k)`.

    q is the number of labels of the table. Chance agreement is what annotators add who answer at random where a task is
    hard, so it stays small where one label prevails: the coefficient does not collapse as kappa and alpha do.

    Returns
    -------
    Coefficient | Undefined
        At most 1; at least -1 without weights. Undefined where no task has two answers, and where only one label is
        known. Give the table all labels of the control: the value depends on their number, and is 1 where all gave one
        of two labels.

    References
    ----------
    Gwet, K. L. (2008). Computing inter-rater reliability and its variance in the presence of high agreement. British
    Journal of Mathematical and Statistical Psychology 61, 29-48. doi:10.1348/000711006X126600. AC2: Gwet (2014),
    Handbook of Inter-Rater Reliability, 4th ed.

    Examples
    --------
    Two annotators call 118 of 125 tasks alike; kappa is -0.02 there.

    >>> from scoring.chance.coincidences import tabulate
    >>> gwet_ac(tabulate([[0, 0]] * 118 + [[0, 1]] * 5 + [[1, 0]] * 2)).value.__round__(4)
    0.9408
    """
    check_confidence(confidence)
    if reason := unusable(table):
        return reason
    q = len(table.labels)
    if q < 2:
        return Undefined(f"only the label {table.labels[0]!r} is known; name the labels that could have been given")
    w = agreement_weights(table.labels, weights)
    factor = float(w.sum()) / (q * (q - 1))
    by_label = factor * (1.0 - _prevalence(table))
    expected = float(_prevalence(table) @ by_label)
    return _corrected(table, w, expected, by_label, confidence)


def _corrected(
    table: Table, weights: Any, expected: float, by_label: Array, confidence: float
) -> Coefficient | Undefined:
    """The coefficient and its interval; `by_label` is what a label's use adds to the expected agreement."""
    if expected > _CHANCE_IS_ALL:
        return Undefined("chance alone gives full agreement with these weights")
    sizes = table.sizes
    can_agree = sizes >= 2
    observed_of_task = np.where(can_agree, _agreement(table, weights), 0.0)
    tasks, answers, pairs = extent(table)
    everything = float(table.tasks.sum())
    observed = float(np.dot(table.tasks, observed_of_task)) / tasks
    value = (observed - expected) / (1.0 - expected)
    own = everything / tasks * (observed_of_task - expected * can_agree) / (1.0 - expected)
    own -= 2.0 * (1.0 - value) * (table.given @ by_label / sizes - expected) / (1.0 - expected)
    variance = _spread(own, value, table.tasks) / everything
    interval = around(value, variance, tasks, confidence, "Gwet's linearised variance", everything - 1.0)
    return Coefficient(value, observed, expected, interval, tasks, answers, pairs)


def _agreement(table: Table, weights: Any) -> Array:
    """(patterns,): share of a task's pairs of answers that agree; 0 where there is no pair."""
    sizes = table.sizes
    credit = np.asarray((table.given * (table.given @ weights)).sum(axis=1)).reshape(-1) - sizes
    share: Array = credit / np.maximum(sizes * (sizes - 1.0), 1.0)
    return share


def _prevalence(table: Table) -> Array:
    """(labels,): mean over tasks of each label's share of the answers."""
    shares = table.given.T @ (table.tasks / table.sizes)
    prevalence: Array = shares / table.tasks.sum()
    return prevalence


def _spread(values: Array, mean: float, tasks: Array) -> float:
    """Variance of values over tasks, with n - 1; infinite for one task."""
    n = float(tasks.sum())
    return float(np.dot(tasks, (values - mean) ** 2)) / (n - 1.0) if n > 1.0 else float("inf")


def _share_interval(value: float, of_task: Array, tasks: Array, confidence: float) -> Interval | Undefined:
    n = float(tasks.sum())
    if n < 2.0:
        return too_few(int(n))
    variance = _spread(of_task, value, tasks) / n
    effective = value * (1.0 - value) / variance if variance > 0.0 and 0.0 < value < 1.0 else n
    low, high = wilson(value, effective, confidence)
    return Interval(low, high, sqrt(variance), confidence, "Wilson, with the number of tasks that has this variance")
