"""The models: what each takes an annotator to be, and how it estimates that.

| model | an annotator is | good where | bad where |
|---|---|---|---|
| `majority` | like every other | annotators are alike, or few | some are much better |
| `one_coin` | one accuracy, errors evenly spread | few answers an annotator | all share a bias by class |
| `dawid_skene` | a full confusion matrix | many answers an annotator | a shared bias is learned as truth |
| `shrunk` | a full matrix drawn towards their own one coin | the default: few answers and many | a little of each |

Share of tasks with the right class, no gold used (the sets are public; see the docstring of each model for its source):

| set (answers an annotator, median) | `majority` | `one_coin` | `dawid_skene` | `shrunk` |
|---|---|---|---|---|
| bluebirds (108) | .759 | .583 | .898 | .889 |
| weather sentiment (2) | .900 | .883 | .887 | .890 |
| ZenCrowd, US (15) | .868 | .905 | .823 | .851 |
| D_Product (32) | .897 | .908 | .940 | .936 |
"""

from __future__ import annotations

from math import isfinite

import numpy as np

from scoring.reliability.answers import Answers, Integers
from scoring.reliability.bias import shared_bias
from scoring.reliability.em import ALMOST_0, DEFAULT, Fit, Parameters, Stopping, estimate, known_or_shares, outcome
from scoring.reliability.parameters import DEFAULT as PRIORS
from scoring.types import Array

__all__ = ["dawid_skene", "majority", "one_coin", "shrunk"]


def majority(answers: Answers, gold: Integers | None = None) -> Fit:
    """Every annotator counts alike: the baseline that a model has to beat.

    The posteriors are the shares of the answers (gold: certain, nobody answered: uniform); the confusion matrices count
    the answers against these shares, with half an answer added to each cell so that every row is defined.

    Raises
    ------
    ValueError
        `gold` does not fit the tasks and classes.

    Examples
    --------
    >>> fit = majority(Answers.of([0, 0, 0, 1], [0, 1, 2, 0], [1, 1, 0, 0]))
    >>> fit.posteriors.round(3).tolist(), fit.labels.tolist()
    ([[0.333, 0.667], [1.0, 0.0]], [1, 0])
    """
    posteriors, _ = known_or_shares(answers, gold)
    received = answers.given().T @ posteriors
    counts = received.reshape(answers.n_annotators, answers.n_classes, answers.n_classes).transpose(0, 2, 1)
    parameters = Parameters(_rows_to_one(counts + 0.5), _to_one(posteriors.sum(axis=0)), 0.0)
    return outcome(counts, posteriors, parameters, trace=[], converged=True)


def dawid_skene(
    answers: Answers,
    smoothing: float = 0.1,
    class_smoothing: float = 0.0,
    gold: Integers | None = None,
    stopping: Stopping = DEFAULT,
) -> Fit:
    """A confusion matrix for every annotator, by exact expectation maximisation (Dawid and Skene).

    `confusion[a, j, l] = (expected answers l of a to class j + smoothing) / (row total + classes * smoothing)` and
    `class_prior[j] = (expected tasks of j + class_smoothing) / (tasks + classes * class_smoothing)`. The trace never
    falls.

    Parameters
    ----------
    smoothing
        Answers added to every cell, at least 0: the mode of the posterior under a Dirichlet(1 + smoothing) prior (MAP).
        0 is the paper's maximum likelihood, in which a single answer can rule a class out for good. The default keeps
        that from happening: on the weather set, with two answers an annotator, it lifts .803 to .887, and leaves the
        other sets of the table above as they are.
    class_smoothing
        Tasks added to every class, at least 0, likewise.
    gold, stopping
        See `scoring.reliability.em.estimate`.

    Returns
    -------
    Fit
        A row of a confusion matrix that no answer speaks for is uniform.

    Raises
    ------
    ValueError
        A smoothing is negative or not finite, or `gold` or `stopping` does not fit.

    References
    ----------
    Dawid, A. P. and Skene, A. M. (1979). Maximum likelihood estimation of observer error-rates using the EM algorithm.
    Applied Statistics 28, 20-28. doi:10.2307/2346806

    Examples
    --------
    Annotators 0 and 1 agree; 2 answers the opposite, and is understood.

    >>> answers = Answers.of([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 2] * 3, [0, 0, 1, 1, 1, 0, 1, 1, 0])
    >>> fit = dawid_skene(answers, smoothing=0)
    >>> fit.labels.tolist(), fit.confusion[2].round(3).tolist()
    ([0, 1, 1], [[0.0, 1.0], [1.0, 0.0]])
    """
    _check_at_least_0(smoothing=smoothing, class_smoothing=class_smoothing)

    def maximise(counts: Array, classes: Array) -> Parameters:
        confusion, prior = _rows_to_one(counts + smoothing), _to_one(classes + class_smoothing)
        return Parameters(confusion, prior, _log_prior(smoothing, confusion) + _log_prior(class_smoothing, prior))

    return estimate(answers, maximise, gold, stopping)


def one_coin(
    answers: Answers,
    prior_correct: float = 0.0,
    prior_wrong: float = 0.0,
    prior_tasks: float = 0.0,
    gold: Integers | None = None,
    stopping: Stopping = DEFAULT,
) -> Fit:
    """One accuracy for every annotator, whose errors fall on the other classes alike, by exact EM.

    `p[a] = (expected right answers of a + prior_correct) / (answers of a + prior_correct + prior_wrong)`;
    `confusion[a]` has p on its diagonal and `(1 - p) / (classes - 1)` elsewhere. The trace never falls.

    Parameters
    ----------
    prior_correct, prior_wrong
        Right and wrong answers added to each annotator's, at least 0: the mode of the posterior under
        Beta(1 + prior_correct, 1 + prior_wrong). Default none: maximum likelihood. Who gave no answer and has no prior
        answers each class alike.
    prior_tasks
        Tasks added to every class, at least 0.
    gold, stopping
        See `scoring.reliability.em.estimate`.

    Raises
    ------
    ValueError
        A prior is negative or not finite, or `gold` or `stopping` does not fit.

    References
    ----------
    Zhang, Y., Chen, X., Zhou, D. and Jordan, M. I. (2016). Spectral methods meet EM: a provably optimal algorithm for
    crowdsourcing. JMLR 17(102), 1-44, section 2 (the one-coin model).

    Examples
    --------
    >>> answers = Answers.of([0, 0, 0, 1, 1, 1], [0, 1, 2] * 2, [0, 0, 1, 1, 1, 1])
    >>> one_coin(answers, prior_correct=4, prior_wrong=1).confusion[:, 0, 0].round(2).tolist()
    [0.84, 0.84, 0.73]
    """
    _check_at_least_0(prior_correct=prior_correct, prior_wrong=prior_wrong, prior_tasks=prior_tasks)

    def maximise(counts: Array, classes: Array) -> Parameters:
        accuracy = _accuracies(counts, prior_correct, prior_wrong)
        prior = _to_one(classes + prior_tasks)
        log_density = _log_prior(prior_correct, accuracy) + _log_prior(prior_wrong, 1.0 - accuracy)
        return Parameters(_coins(accuracy, answers.n_classes), prior, log_density + _log_prior(prior_tasks, prior))

    return estimate(answers, maximise, gold, stopping)


def shrunk(
    answers: Answers,
    worth: float = PRIORS.worth,
    prior_correct: float = PRIORS.prior_correct,
    prior_wrong: float = PRIORS.prior_wrong,
    prior_tasks: float = PRIORS.prior_tasks,
    prior_bias: float = PRIORS.prior_bias,
    anchor: float = PRIORS.anchor,
    gold: Integers | None = None,
    stopping: Stopping = DEFAULT,
) -> Fit:
    """A confusion matrix for every annotator that starts from their own accuracy: the default for batches.

    `confusion[a, j, l] ∝ matrix[a, j, l] ** (1 - shared) * coin[a, j, l] ** shared`, rows summing to 1, with
    `matrix[a, j, l] = (expected answers l of a to class j + worth * coin[a, j, l]) / (row total + worth)`, where
    `coin[a]` is the matrix of `one_coin` with the accuracy that a has at that moment. Who gave few answers of a class
    is judged by their accuracy over all classes, who gave many by their own matrix; and the more of their biases
    annotators have in common, the more all are judged by their accuracies (`scoring.reliability.bias`).

    The prior moves with the estimate, and so does what is learned from, so this is a fixed-point iteration and not EM:
    the trace (the log-likelihood of the answers) may fall by a little. The defaults are those of the incremental model.

    Parameters
    ----------
    worth
        What the coin is worth, in answers to each true class; above 0.
    prior_correct, prior_wrong
        Right and wrong answers added to each annotator's when their accuracy is estimated; above 0. A weak prior can
        lock in a wrong labelling for good where annotators barely overlap.
    prior_tasks
        Tasks added to every class, at least 0.
    prior_bias
        How far biases spread, shared ones and others alike, before anything is known of either, at least 0; 0 goes by
        the matrices alone. See `scoring.reliability.bias.Bias`.
    anchor
        Part of the vote shares in what annotators are estimated from, in [0, 1]: else a bias that all share explains
        the votes away.
    gold, stopping
        See `scoring.reliability.em.estimate`.

    Raises
    ------
    ValueError
        A parameter is not finite or not in its range, or `gold` or `stopping` does not fit.

    References
    ----------
    Partial pooling as in Paun, S. et al. (2018). Comparing Bayesian models of annotation. TACL 6, 571-585.
    doi:10.1162/tacl_a_00040; here towards the annotator's own accuracy instead of towards the crowd.

    Examples
    --------
    >>> answers = Answers.of([0, 0, 0, 1, 1, 1], [0, 1, 2] * 2, [0, 0, 1, 1, 1, 1])
    >>> shrunk(answers).labels.tolist()
    [0, 1]
    """
    _check_at_least_0(
        worth=worth, prior_correct=prior_correct, prior_wrong=prior_wrong, prior_tasks=prior_tasks,
        prior_bias=prior_bias, anchor=anchor,
    )  # fmt: skip
    if anchor > 1.0:
        raise ValueError(f"expected an anchor in [0, 1], got {anchor}")
    if not min(worth, prior_correct, prior_wrong) > 0.0:
        raise ValueError(
            f"expected worth, prior_correct and prior_wrong above 0, got {worth}, {prior_correct} and {prior_wrong}; "
            "dawid_skene is the model without this prior"
        )

    def maximise(counts: Array, classes: Array) -> Parameters:
        coins = _coins(_accuracies(counts, prior_correct, prior_wrong), answers.n_classes)
        matrix = _rows_to_one(counts + worth * coins)
        alike = shared_bias(counts, prior_bias)
        confusion = _rows_to_one(matrix ** (1.0 - alike) * coins**alike)
        return Parameters(confusion, _to_one(classes + prior_tasks), 0.0)

    return estimate(answers, maximise, gold, stopping, anchor)


def _accuracies(counts: Array, prior_correct: float, prior_wrong: float) -> Array:
    """(n_annotators,): share of right answers; 1 / classes where there is neither an answer nor a prior."""
    right = np.trace(counts, axis1=1, axis2=2) + prior_correct
    total = counts.sum(axis=(1, 2)) + prior_correct + prior_wrong
    # Sums in another order can exceed the whole by a rounding error, and 1 - accuracy may not become negative.
    share: Array = np.minimum(right / np.maximum(total, ALMOST_0), 1.0)
    return np.where(total > ALMOST_0, share, 1.0 / counts.shape[1])


def _coins(accuracy: Array, n_classes: int) -> Array:
    """(n_annotators, n_classes, n_classes): the accuracy on the diagonal, the rest of each row spread evenly."""
    wrong = (1.0 - accuracy) / (n_classes - 1)
    coins: Array = wrong[:, None, None] + (accuracy - wrong)[:, None, None] * np.eye(n_classes)
    return coins


def _rows_to_one(counts: Array) -> Array:
    totals = counts.sum(axis=2, keepdims=True)
    # Counts shrink towards 0 without reaching it: a row that no answer is left for is one without answers.
    shares: Array = counts / np.maximum(totals, ALMOST_0)
    return np.where(totals > ALMOST_0, shares, 1.0 / counts.shape[2])


def _to_one(tasks: Array) -> Array:
    total = float(tasks.sum())
    return tasks / total if total > 0.0 else np.full(len(tasks), 1.0 / len(tasks))


def _log_prior(strength: float, probabilities: Array) -> float:
    """Log density of a Dirichlet prior with `strength` pseudo-counts a cell, up to its constant."""
    return strength * float(np.log(np.maximum(probabilities, ALMOST_0)).sum()) if strength else 0.0


def _check_at_least_0(**parameters: float) -> None:
    for name, value in parameters.items():
        if not (isfinite(value) and value >= 0.0):
            raise ValueError(f"expected {name} of at least 0 and finite, got {value}")
