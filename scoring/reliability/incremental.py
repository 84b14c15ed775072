"""The probability of each class of a task, from its answers and the sums of the tasks before it: no batch.

| model | an annotator is | good where |
|---|---|---|
| `shrunk` | a full matrix that starts from their own one coin, and that coin where biases are shared | the default |
| `pooled` | the same, and the start leans to what everybody confuses | ordered scales, shared confusions |
| `dawid_skene` | a full matrix that starts from the project's and a diagonal | many answers an annotator |
| `one_coin` | one accuracy, errors spread evenly | few answers an annotator; check it on gold |
| `majority` | like every other | the baseline |

A decision uses the sums without the task's own former contribution: `Sums.subtract` it, take the `posterior`, and
`Sums.add` the new `learned` contribution. `python -m tests.bench reliability` measures all of them on sets with gold.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from math import exp, log
from typing import Final, Literal, NamedTuple, TypeAlias

from scoring.reliability.parameters import DEFAULT, Parameters, Prior, accuracy, prior_of
from scoring.reliability.sums import Contribution, Counts, Sums, contribution
from scoring.rolling.sums import MICRO

__all__ = [
    "DEFAULT",
    "MODELS",
    "Model",
    "Parameters",
    "Prior",
    "accuracy",
    "learned",
    "posterior",
    "prior_of",
    "winner",
]

Model: TypeAlias = Literal["shrunk", "pooled", "dawid_skene", "one_coin", "majority"]
"""A model by its name in the settings."""

MODELS: Final[tuple[Model, ...]] = ("shrunk", "pooled", "dawid_skene", "one_coin", "majority")


def posterior(
    answers: Mapping[str, str],
    sums: Sums,
    model: Model = "shrunk",
    parameters: Parameters = DEFAULT,
    classes: Collection[str] = (),
) -> dict[str, float]:
    """The probability of each class of a task.

    `p[k] ∝ share[k] * (product over annotators of P(answer | k, annotator)) ** power`, with
    `power = max(temper, 1 / (1 + correlation * (answers - 1)))`,
    `share[k] = (tasks of k + prior_tasks) / (tasks + prior_tasks * classes)` and, for `shrunk`,
    `P(l | k, a) = matrix[a, k, l] ** (1 - shared) * coin[a, k, l] ** shared`, where
    `matrix[a, k, l] = (answers l of a to k + worth * coin[a, k, l]) / (answers of a to k + worth)`, `coin[a]` has a's
    accuracy at `k = l` and the rest spread evenly, and `shared` is what `Bias.shared` says of the project.
    `majority` gives the shares of the answers.

    Parameters
    ----------
    answers
        Annotator → class. Empty: the class shares.
    sums
        Without this task's own contribution. Annotators that they do not know start from the prior; who came after the
        cap is read as the average of all who did.
    classes
        The classes of the control, where they are known beforehand. Classes are an open set: those of the sums, these,
        and those that were answered are all possible.

    Returns
    -------
    dict
        Class → probability, by class name; sums to 1. Empty where no class is known at all. Before the first task every
        annotator weighs the same and so does every class: the order is that of the plain majority vote.

    Raises
    ------
    ValueError
        There is no such model.

    Notes
    -----
    O(answers x classes). Two classes at least are assumed: one may not have been seen yet.

    Examples
    --------
    >>> sums, answers = Sums(), {"al": "cat", "bo": "cat", "cy": "dog"}
    >>> {k: round(p, 3) for k, p in posterior(answers, sums).items()}
    {'cat': 0.783, 'dog': 0.217}
    >>> for _ in range(20):
    ...     sums.add(contribution({"al": "cat", "bo": "cat", "cy": "dog"}, {"dog": 1.0}))
    ...     sums.add(contribution({"al": "cat", "bo": "cat", "cy": "cat"}, {"cat": 1.0}))
    >>> {k: round(p, 3) for k, p in posterior(answers, sums).items()}  # al and bo always say cat
    {'cat': 0.061, 'dog': 0.939}
    """
    names = sorted({*sums.named, *classes, *answers.values()})
    if not names:
        return {}
    if model == "majority":
        return _vote(answers, names)
    if model not in _ROWS:
        raise ValueError(f"expected a model among {', '.join(MODELS)}; got {model!r}")
    said = _ROWS[model]
    # One accuracy and a start that follows it feed on one another: on bluebirds, annotator by annotator, that ends at
    # .42 where the fixed start keeps .74.
    prior = prior_of(Sums() if model == "one_coin" else sums, parameters)
    shared = (
        sums.bias.shared(sums.everyone.rows, round(parameters.prior_bias * MICRO)) if parameters.prior_bias else 0.0
    )
    known = _Known(names, max(len(names), 2), sums, parameters, prior, shared)
    evidence = [0.0] * len(names)
    for annotator in sorted(answers):
        counts = sums.annotators.get(annotator, sums.further_annotators)
        for place, likelihood in enumerate(said(counts, answers[annotator], known)):
            evidence[place] += log(likelihood)
    power = max(parameters.temper, 1.0 / (1.0 + parameters.correlation * max(len(answers) - 1, 0)))
    start = parameters.prior_tasks * MICRO
    joint = [log(sums.classes.get(name, 0) + start) + power * evidence[place] for place, name in enumerate(names)]
    largest = max(joint)
    unscaled = [exp(value - largest) for value in joint]
    total = sum(unscaled)
    return {name: value / total for name, value in zip(names, unscaled, strict=True)}


def learned(
    answers: Mapping[str, str], probabilities: Mapping[str, float], parameters: Parameters = DEFAULT
) -> Contribution:
    """What a task that was decided with these probabilities adds to the sums: they and, by `anchor`, the plain vote.

    A task that one person answered says nothing about them, only about the classes: counted, it would be right by its
    own word, and whoever works alone would end up as certain. With gold, `gold` counts it.

    >>> learned({"al": "cat", "bo": "dog"}, {"cat": 1.0}).truth
    (('cat', 900000), ('dog', 100000))
    >>> learned({"al": "cat"}, {"cat": 0.75, "dog": 0.25})
    Contribution(answers=(), truth=(('cat', 800000), ('dog', 200000)))
    """
    task = contribution(answers, probabilities, parameters.anchor)
    return task if len(task.answers) > 1 else task._replace(answers=())


def winner(probabilities: Mapping[str, float]) -> str | None:
    """The most probable class; of equal ones (to 1e-9) the first by name; none of none.

    >>> winner({"dog": 0.5, "cat": 0.5})
    'cat'
    """
    return min(probabilities, key=lambda name: (-round(probabilities[name], 9), name), default=None)


class _Known(NamedTuple):
    """What is the same for all answers of a task."""

    names: list[str]
    n_classes: int
    sums: Sums
    parameters: Parameters
    prior: Prior
    shared: float


_Rows = Callable[[Counts, str, _Known], list[float]]
"""(an annotator's counts, the class given) → P(given | each class)."""
_NONE: Final[dict[str, int]] = {}


def _vote(answers: Mapping[str, str], names: list[str]) -> dict[str, float]:
    if not answers:
        return dict.fromkeys(names, 1.0 / len(names))
    votes = dict.fromkeys(names, 0)
    for given in answers.values():
        votes[given] += 1
    return {name: number / len(answers) for name, number in votes.items()}


def _one_coin(counts: Counts, given: str, known: _Known) -> list[float]:
    right = accuracy(counts, known.prior)
    wrong = (1.0 - right) / (known.n_classes - 1)
    return [right if name == given else wrong for name in known.names]


def _shrunk(counts: Counts, given: str, known: _Known) -> list[float]:
    shared, right = known.shared, accuracy(counts, known.prior)
    own = 1.0 - shared
    as_right, as_wrong = right**shared, ((1.0 - right) / (known.n_classes - 1)) ** shared
    by_matrix = zip(known.names, _matrix(counts, given, known), strict=True)
    return [likelihood**own * (as_right if name == given else as_wrong) for name, likelihood in by_matrix]


def _matrix(counts: Counts, given: str, known: _Known) -> list[float]:
    worth = known.parameters.worth * MICRO
    right = accuracy(counts, known.prior)
    wrong = worth * (1.0 - right) / (known.n_classes - 1)
    right *= worth
    column, rows = counts.cells.get(given, _NONE), counts.rows
    return [
        (column.get(name, 0) + (right if name == given else wrong)) / (rows.get(name, 0) + worth)
        for name in known.names
    ]


def _pooled(counts: Counts, given: str, known: _Known) -> list[float]:
    """The start has everybody's matrix, its recall moved by the log odds between the annotator and everybody."""
    worth, everyone = known.parameters.worth * MICRO, known.sums.everyone
    column, rows = counts.cells.get(given, _NONE), counts.rows
    ahead = _log_odds(accuracy(counts, known.prior)) - _log_odds(accuracy(everyone, known.prior))
    likelihoods = []
    for name, shared in zip(known.names, _matrix(everyone, given, known), strict=True):
        recall = shared if name == given else _recall(everyone, name, known)
        own = 1.0 / (1.0 + exp(-_log_odds(recall) - ahead))
        start = own if name == given else shared * (1.0 - own) / (1.0 - recall)
        likelihoods.append((column.get(name, 0) + worth * start) / (rows.get(name, 0) + worth))
    return likelihoods


def _dawid_skene(counts: Counts, given: str, known: _Known) -> list[float]:
    parameters, everyone = known.parameters, known.sums.everyone
    shared, right, wrong = (
        MICRO * value for value in (parameters.shared_worth, parameters.diagonal, parameters.off_diagonal)
    )
    column, rows = counts.cells.get(given, _NONE), counts.rows
    all_column, all_rows = everyone.cells.get(given, _NONE), everyone.rows
    strength = shared + right + wrong * (known.n_classes - 1)
    likelihoods = []
    for name in known.names:
        answered = all_rows.get(name, 0)
        share = all_column.get(name, 0) / answered if answered else 1.0 / known.n_classes
        start = shared * share + (right if name == given else wrong)
        likelihoods.append((column.get(name, 0) + start) / (rows.get(name, 0) + strength))
    return likelihoods


def _recall(counts: Counts, name: str, known: _Known) -> float:
    worth = known.parameters.worth * MICRO
    hits = counts.cells.get(name, _NONE).get(name, 0)
    return (hits + worth * accuracy(counts, known.prior)) / (counts.rows.get(name, 0) + worth)


def _log_odds(share: float) -> float:
    return log(share / (1.0 - share))


_ROWS: Final[dict[str, _Rows]] = {
    "shrunk": _shrunk,
    "pooled": _pooled,
    "dawid_skene": _dawid_skene,
    "one_coin": _one_coin,
}
