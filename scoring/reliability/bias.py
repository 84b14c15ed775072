"""Do annotators differ in what they confuse, or do all confuse the same?

Where each has a bias of their own, full matrices tell the truth apart. A bias that all share can't be told from tasks
that are decided wrongly: both look like a class that nobody recognises. So the more of it is shared, the more a
decision should go by the annotators' accuracies alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from scoring.types import Array

__all__ = ["MOST_SHARED", "Bias", "shared_bias"]

MOST_SHARED: Final = 0.4
"""The most that accuracies alone ever weigh. Where annotators err independently of one another, matrices are right also
about a bias that all share: simulated, 0.4 then costs up to two points against the majority, without a limit four."""


@dataclass(slots=True)
class Bias:
    """How far the annotators' recalls are from their accuracies, over all annotators, in millionths of an answer.

    An analysis of variance, of annotators by classes: with `ahead[a, k] = right answers of a to k - accuracy of a *
    answers of a to k`, the sum of `ahead[a, k]² / answers[a, k]` is what all biases amount to (the chi-square statistic
    against one accuracy an annotator, times the variance of an answer), and the sum of `ahead[k]² / answers[k]`, over
    all annotators together, is the part of it that they have in common.

    A function of the annotators' counts, each rounded by itself: what one annotator adds is taken back before their
    counts change and added again afterwards, so the order does not matter.
    """

    ahead: dict[str, int] = field(default_factory=dict)
    """True class → right answers beyond what the annotators' accuracies would give; below 0 where they are fewer."""
    spread: int = 0
    """What all biases amount to, the chance of few answers included."""

    def count(self, rows: Mapping[str, int], cells: Mapping[str, Mapping[str, int]], times: int) -> None:
        """Count an annotator `times` times; take them back where that is negative. O(classes).

        Parameters
        ----------
        rows
            True class → answers to it, in millionths.
        cells
            Class given → true class → answers, in millionths.

        Examples
        --------
        Right on 16 of 20: 2 cats more than 0.8 * 10, 2 dogs fewer; twice 2 * 2 / 10.

        >>> bias, ten = Bias(), 10_000_000
        >>> bias.count({"cat": ten, "dog": ten}, {"cat": {"cat": ten, "dog": 4_000_000}, "dog": {"dog": 6_000_000}}, 1)
        >>> bias.ahead, bias.spread
        ({'cat': 2000000, 'dog': -2000000}, 800000)
        """
        if len(rows) < 2:
            return  # their accuracy is their recall
        # Twice for each answer of a task that is decided again: what it costs shows.
        hits = [cells[name].get(name, 0) if name in cells else 0 for name in rows]
        accuracy = sum(hits) / sum(rows.values())
        sums, spread = self.ahead, 0
        for name, right in zip(rows, hits, strict=True):
            answers = rows[name]
            ahead = round(right - accuracy * answers)
            if ahead:
                spread += ahead * ahead // answers
                left = sums.get(name, 0) + times * ahead
                if left:
                    sums[name] = left
                else:
                    del sums[name]
        self.spread += times * spread

    def shared(self, answers: Mapping[str, int], prior: int) -> float:
        """The weight of what is shared: `shared² / (shared² + own²)`, above 0 and at most `MOST_SHARED`.

        Squares, so that it is a choice more than a mixture: on sets with gold the shared part was 0.3 to 0.5 of the
        spread where accuracies alone do better, and 0.01 to 0.2 where matrices do.

        Parameters
        ----------
        answers
            True class → answers of everybody to it, in millionths.
        prior
            Added to the shared part and to the other, in millionths; above 0.

        Examples
        --------
        Two annotators with the bias above have all of it in common, two with opposite ones nothing.

        >>> answers = {"cat": 20_000_000, "dog": 20_000_000}
        >>> alike = Bias({"cat": 4_000_000, "dog": -4_000_000}, 1_600_000)
        >>> round(alike.shared(answers, prior=100_000), 3), round(Bias({}, 1_600_000).shared(answers, prior=100_000), 3)
        (0.4, 0.003)
        """
        total = sum(ahead * ahead // answers[name] for name, ahead in self.ahead.items())
        return _weight(total, self.spread, prior)


def shared_bias(counts: Array, prior: float) -> float:
    """`Bias.shared` of a batch.

    Parameters
    ----------
    counts
        (annotators, true classes, answers given): expected answers, at least 0.
    prior
        Added to the shared part and to the other, in answers; at least 0.

    Returns
    -------
    float
        In [0, `MOST_SHARED`]; 0 without a prior, which means that biases are not looked at.

    Examples
    --------
    The first annotator of `Bias.count`, twice; and one with the opposite bias.

    >>> one, other = [[10.0, 0.0], [4.0, 6.0]], [[6.0, 4.0], [0.0, 10.0]]
    >>> round(shared_bias(np.array([one, one]), 0.1), 3), round(shared_bias(np.array([one, other]), 0.1), 3)
    (0.4, 0.003)
    """
    if prior == 0.0:
        return 0.0
    answers, right = counts.sum(axis=2), np.diagonal(counts, axis1=1, axis2=2)
    given = answers.sum(axis=1, keepdims=True)
    ahead = right - answers * (right.sum(axis=1, keepdims=True) / np.where(given > 0.0, given, 1.0))
    spread, total = (
        float((part**2 / np.where(of > 0.0, of, 1.0)).sum())
        for part, of in ((ahead, answers), (ahead.sum(axis=0), answers.sum(axis=0)))
    )
    return _weight(total, spread, prior)


def _weight(common: float, spread: float, prior: float) -> float:
    shared, own = common + prior, max(spread - common, 0) + prior
    return min(MOST_SHARED, shared**2 / (shared**2 + own**2))
