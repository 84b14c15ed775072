"""Expectation maximisation over answers: the part that all models of reliability share.

Every model here says: task i has one true class, drawn from the class prior; annotator a answers class l with the
probability `confusion[a, j, l]` where the true class is j; answers are independent given the true class. The models
differ only in how they estimate the confusion matrices (the M step) from the expected counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from scoring.reliability.answers import ABSENT, Answers, Integers
from scoring.types import Array

__all__ = ["ALMOST_0", "DEFAULT", "Fit", "Maximise", "Parameters", "Stopping", "estimate", "known_or_shares", "outcome"]

ALMOST_0: Final = 1e-300
"""Probability in place of 0, whose logarithm numpy warns of: so small that it decides all that 0 would decide."""


class Parameters(NamedTuple):
    """What an M step estimates."""

    confusion: Array
    """(n_annotators, n_classes, n_classes): probability of an answer (last axis) where the true class is the middle."""
    class_prior: Array
    """(n_classes,), summing to 1."""
    log_density: float
    """Logarithm of the parameters' own prior density, up to a constant; 0 without a prior."""


Maximise = Callable[[Array, Array], Parameters]
"""An M step: from expected counts (n_annotators, true class, answer) and expected tasks of each class."""


class Stopping(NamedTuple):
    """When to stop."""

    max_iterations: int = 500
    """At least 1."""
    tolerance: float = 1e-8
    """Converged when the objective changes by less than this for each answer."""


DEFAULT: Final = Stopping()
"""Real sets take 10 to 250 iterations to it; a looser rule stops on the plateaus that EM is known for."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The outcome of a model over a batch of answers."""

    posteriors: Array
    """(n_tasks, n_classes): the probability of each class; rows sum to 1."""
    confusion: Array
    """(n_annotators, n_classes, n_classes): rows (the true class) sum to 1."""
    class_prior: Array
    """(n_classes,), summing to 1."""
    accuracy: Array
    """(n_annotators,): expected share of an annotator's answers that are right, `(correct + 1/2) / (answers + 1)`; the
    halves (Jeffreys' prior) keep it defined for who gave no answer (0.5) and away from 0 and 1 for who gave few."""
    accuracy_low: Array
    """(n_annotators,): lower end of the 95 % interval of the accuracy (Jeffreys). The posteriors count as known."""
    accuracy_high: Array
    """(n_annotators,): its upper end."""
    answers: Integers
    """(n_annotators,): how many answers each gave."""
    trace: list[float]
    """Log-likelihood of the answers plus the log density of the parameters, after each iteration."""
    converged: bool
    """Whether the tolerance was reached before the iterations ran out."""

    @property
    def labels(self) -> Integers:
        """(n_tasks,): the most probable class; of equal ones (to 1e-12) the first in the order of the classes."""
        best: Integers = np.argmax(np.round(self.posteriors, 12), axis=1)
        return best

    @property
    def iterations(self) -> int:
        """How many iterations were done."""
        return len(self.trace)


def estimate(
    answers: Answers, maximise: Maximise, gold: Integers | None, stopping: Stopping, anchor: float = 0.0
) -> Fit:
    """Alternate between the true classes and the annotators' confusion until neither changes.

    Starts from the vote shares (gold: its class), so the result depends on nothing but the answers. All products are
    sums of logarithms. An iteration costs two sparse products: O(answers * classes + annotators * classes²).

    Parameters
    ----------
    gold
        (n_tasks,) the true class where it is known, `ABSENT` (-1) elsewhere. Gold is certain: its class keeps the
        posterior 1 and counts in full when the annotators are estimated.
    anchor
        Part of the vote shares in what annotators are estimated from, in [0, 1]; the rest are the posteriors.

    Raises
    ------
    ValueError
        `gold` has not one entry per task or an entry outside of the classes, or `max_iterations` is below 1.
    """
    if stopping.max_iterations < 1:
        raise ValueError(f"expected at least 1 iteration, got {stopping.max_iterations}")
    posteriors, impossible = known_or_shares(answers, gold)
    votes = posteriors
    given = answers.given()
    received = given.T.tocsr()
    enough = stopping.tolerance * max(len(answers.tasks), 1)
    trace: list[float] = []
    counts = _expected(received, posteriors, answers)
    while True:
        parameters = maximise(counts, posteriors.sum(axis=0))
        posteriors, log_likelihood = _true_classes(given, parameters, impossible)
        learned = (1.0 - anchor) * posteriors + anchor * votes if anchor else posteriors
        counts = _expected(received, learned, answers)
        trace.append(log_likelihood + parameters.log_density)
        converged = len(trace) > 1 and abs(trace[-1] - trace[-2]) < enough
        if converged or len(trace) == stopping.max_iterations:
            return outcome(counts, posteriors, parameters, trace, converged)


def known_or_shares(answers: Answers, gold: Integers | None) -> tuple[Array, NDArray[np.bool_]]:
    """Where to start: certainty for gold, the share of the answers elsewhere (uniform where nobody answered).

    Returns
    -------
    tuple
        (n_tasks, n_classes) shares, rows summing to 1, and of the same shape which classes gold rules out.

    Raises
    ------
    ValueError
        As `estimate`.
    """
    codes = _checked_gold(answers, gold)
    cells = answers.tasks * answers.n_classes + answers.labels
    votes = np.bincount(cells, minlength=answers.n_tasks * answers.n_classes).reshape(-1, answers.n_classes)
    cast = votes.sum(axis=1, keepdims=True)
    shares = np.where(cast > 0, votes / np.maximum(cast, 1), 1.0 / answers.n_classes)
    known = codes[:, None] != ABSENT
    is_gold = np.arange(answers.n_classes) == codes[:, None]
    return np.where(known, is_gold, shares), known & ~is_gold


def outcome(counts: Array, posteriors: Array, parameters: Parameters, trace: list[float], converged: bool) -> Fit:
    """Put a `Fit` together from expected counts (n_annotators, true class, answer) and what was estimated from them."""
    total = counts.sum(axis=(1, 2))
    correct = np.minimum(np.trace(counts, axis1=1, axis2=2), total)
    right, wrong = correct + 0.5, total - correct + 0.5
    return Fit(
        posteriors=posteriors,
        confusion=parameters.confusion,
        class_prior=parameters.class_prior,
        accuracy=right / (right + wrong),
        accuracy_low=betaincinv(right, wrong, 0.025),
        accuracy_high=betaincinv(right, wrong, 0.975),
        answers=np.rint(total).astype(np.int64),
        trace=trace,
        converged=converged,
    )


def _true_classes(given: Any, parameters: Parameters, impossible: NDArray[np.bool_]) -> tuple[Array, float]:
    """The E step: the posterior of each task's class, and the log-likelihood of all answers."""
    n_classes = len(parameters.class_prior)
    by_answer = np.log(np.maximum(parameters.confusion, ALMOST_0)).transpose(0, 2, 1).reshape(-1, n_classes)
    joint = given @ by_answer + np.log(np.maximum(parameters.class_prior, ALMOST_0))
    joint[impossible] = -np.inf
    largest = joint.max(axis=1, keepdims=True)
    likelihood = np.exp(joint - largest)
    total = likelihood.sum(axis=1, keepdims=True)
    return likelihood / total, float((largest + np.log(total)).sum())


def _expected(received: Any, posteriors: Array, answers: Answers) -> Array:
    """(n_annotators, true class, answer): how often each answer was given to each class, by the posteriors."""
    counts: Array = (received @ posteriors).reshape(answers.n_annotators, answers.n_classes, answers.n_classes)
    return counts.transpose(0, 2, 1)


def _checked_gold(answers: Answers, gold: Integers | None) -> Integers:
    if gold is None:
        return np.full(answers.n_tasks, ABSENT, dtype=np.int64)
    codes = np.asarray(gold, dtype=np.int64)
    inside = (codes >= ABSENT) & (codes < answers.n_classes)
    if codes.shape != (answers.n_tasks,) or not inside.all():
        raise ValueError(
            f"expected for each of the {answers.n_tasks} tasks its gold class in 0..{answers.n_classes - 1}, or "
            f"{ABSENT} where it is not known; got shape {codes.shape} and {sorted(set(codes[~inside].tolist()))}"
        )
    return codes
