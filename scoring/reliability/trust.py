"""How far an annotator can be trusted, as it is published: accuracy with an interval, recalls, weights for votes."""

from __future__ import annotations

from math import log
from typing import Final, NamedTuple

from scipy.special import betaincinv

from scoring.reliability.parameters import DEFAULT, Parameters, accuracy, prior_of
from scoring.reliability.sums import Counts, Sums
from scoring.rolling.sums import MICRO

__all__ = ["LEAST_ANSWERS", "Recall", "Reliability", "fusion_weight", "reliability", "voting_weight"]

LEAST_ANSWERS: Final = 10.0
"""Expected answers to a class from which on its recall is told: with ten its 95 % interval is 0.55 wide at most."""
_HALF: Final = 0.5
_LOW, _HIGH = 0.025, 0.975


class Recall(NamedTuple):
    """What an annotator answers where one class is true."""

    n: float
    """Expected answers to tasks of this class."""
    mean: float
    """Probability of the right answer, in (0, 1)."""
    low: float
    """Lower end of its 95 % credible interval."""
    high: float
    given: dict[str, float]
    """Class given → expected share of the answers; only what was given. Sums to 1, or less where classes are capped."""


class Reliability(NamedTuple):
    """One annotator as the topic `annotator-reliability` has them."""

    n: float
    """Counted answers: those to tasks with gold or with a second annotator. Faded ones count for what is left."""
    accuracy: float
    """Probability that an answer is right: the mean of Beta(right + those of the prior, wrong + those of the prior)."""
    low: float
    """Lower end of its 95 % credible interval."""
    high: float
    recalls: dict[str, Recall]
    """Class → recall, for classes with at least `LEAST_ANSWERS`, by name."""
    voting_weight: float
    """Log odds for a weighted majority of `choice`, `choices` and `boolean`: at least 0. See `voting_weight`."""
    fusion_weight: float
    """In [0, 1], for weighted box fusion and means. See `fusion_weight`."""


def reliability(
    sums: Sums,
    annotator: str,
    parameters: Parameters = DEFAULT,
    n_classes: int = 0,
    least_answers: float = LEAST_ANSWERS,
) -> Reliability:
    """What the sums say about one annotator. O(the annotator's cells).

    The accuracy starts from the prior of the models (25 answers, as good as the project's so far), so that nobody's
    weight is made by three answers; the recalls start from half an answer right and half wrong (Jeffreys), since they
    are told only where they have answers of their own. The posteriors of the tasks count as known: the intervals are
    too narrow by what is open about the truth, and without gold they say how the annotator stands to the consensus.

    Parameters
    ----------
    annotator
        One who is not counted yet gets the prior; one beyond the cap the average of all who are.
    n_classes
        Classes of the control, where they are known: chance is one in so many. Default: the classes that are counted,
        two at least.

    Examples
    --------
    >>> from scoring.reliability.sums import gold
    >>> sums = Sums()
    >>> for _ in range(75):
    ...     sums.add(gold({"al": "cat"}, "cat"))
    ...     sums.add(gold({"al": "dog"}, "dog"))
    >>> al = reliability(sums, "al")
    >>> al.n, round(al.accuracy, 3), round(al.low, 3), round(al.high, 3), round(al.voting_weight, 2)
    (150.0, 0.989, 0.968, 0.999, 4.46)
    >>> {name: (recall.n, round(recall.mean, 3)) for name, recall in al.recalls.items()}
    {'cat': (75.0, 0.993), 'dog': (75.0, 0.993)}
    """
    counts = sums.annotators.get(annotator, sums.further_annotators)
    n_classes = max(n_classes, len(sums.named), 2)
    prior = prior_of(sums, parameters)
    mean = accuracy(counts, prior)
    right = (prior.right + counts.right) / MICRO
    wrong = (prior.wrong + counts.total - counts.right) / MICRO
    return Reliability(
        n=counts.total / MICRO,
        accuracy=mean,
        low=float(betaincinv(right, wrong, _LOW)),
        high=float(betaincinv(right, wrong, _HIGH)),
        recalls={
            name: _recall(counts, name) for name in sorted(counts.rows) if counts.rows[name] >= least_answers * MICRO
        },
        voting_weight=voting_weight(mean, n_classes),
        fusion_weight=fusion_weight(mean, n_classes),
    )


def voting_weight(accuracy: float, n_classes: int = 2) -> float:
    """The weight that makes a weighted majority vote the best one: `log(p * (classes - 1) / (1 - p))`, at least 0.

    0 for whoever is at chance or worse: a vote against them would have to trust that they are wrong on purpose, and who
    can tell that without gold. Where nobody has a weight, the plain majority is all there is.

    Raises
    ------
    ValueError
        The accuracy is not within (0, 1), or there are fewer than two classes.

    References
    ----------
    Nitzan, S. and Paroush, J. (1982). Optimal decision rules in uncertain dichotomous choice situations. International
    Economic Review 23, 289-297. doi:10.2307/2526438; for more classes Li, H. and Yu, B. (2014), Error rate bounds and
    iterative weighted majority voting for crowdsourcing, arXiv:1411.4086.

    Examples
    --------
    >>> round(voting_weight(0.8), 3), voting_weight(0.4), round(voting_weight(0.4, n_classes=5), 3)
    (1.386, 0.0, 0.981)
    """
    _check(accuracy, n_classes)
    return max(0.0, log(accuracy * (n_classes - 1) / (1.0 - accuracy)))


def fusion_weight(accuracy: float, n_classes: int = 2) -> float:
    """The part of the answers that is knowledge: `(p - 1 / classes) / (1 - 1 / classes)`, at least 0.

    Whoever guesses each class alike has 0, whoever is always right 1; in between it is the share of tasks at which they
    would have to know the answer to reach this accuracy when they guess at all others.

    Raises
    ------
    ValueError
        As `voting_weight`.

    Examples
    --------
    >>> round(fusion_weight(0.8), 3), fusion_weight(0.4), round(fusion_weight(0.4, n_classes=5), 3)
    (0.6, 0.0, 0.25)
    """
    _check(accuracy, n_classes)
    chance = 1.0 / n_classes
    return max(0.0, (accuracy - chance) / (1.0 - chance))


def _check(accuracy: float, n_classes: int) -> None:
    if not 0.0 < accuracy < 1.0:
        raise ValueError(f"expected an accuracy within (0, 1), got {accuracy}")
    if n_classes < 2:
        raise ValueError(f"expected at least two classes, got {n_classes}")


def _recall(counts: Counts, name: str) -> Recall:
    answers = counts.rows[name]
    given = {said: column[name] / answers for said, column in sorted(counts.cells.items()) if column.get(name, 0) > 0}
    right = _HALF + counts.cells.get(name, {}).get(name, 0) / MICRO
    total = answers / MICRO + 2 * _HALF
    return Recall(
        n=answers / MICRO,
        mean=right / total,
        low=float(betaincinv(right, total - right, _LOW)),
        high=float(betaincinv(right, total - right, _HIGH)),
        given=given,
    )
