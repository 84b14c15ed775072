"""The probability of each class of a task, from its answers and the sums of the tasks before it: no batch.

| model | an annotator is | good where |
|---|---|---|
| `shrunk` | a full matrix that starts from their own one coin | the default |
| `pooled` | the same, and the start leans to what everybody confuses | ordered scales, shared confusions |
| `dawid_skene` | a full matrix that starts from the project's and a diagonal | many answers an annotator |
| `one_coin` | one accuracy, errors spread evenly | few answers an annotator; check it on gold |
| `majority` | like every other | the baseline |

A decision uses the sums without the task's own former contribution: `Sums.subtract` it, take the `posterior`, and
`Sums.add` the new `learned` contribution. `python -m tests.bench reliability` measures all of them on sets with gold.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import exp, inf, isfinite, log
from typing import Final, Literal, TypeAlias

from scoring.reliability.sums import Contribution, Counts, Sums, contribution
from scoring.rolling.sums import MICRO

__all__ = ["DEFAULT", "MODELS", "Model", "Parameters", "accuracy", "learned", "posterior", "winner"]

Model: TypeAlias = Literal["shrunk", "pooled", "dawid_skene", "one_coin", "majority"]
"""A model by its name in the settings."""

MODELS: Final[tuple[Model, ...]] = ("shrunk", "pooled", "dawid_skene", "one_coin", "majority")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the models assume before they have seen anything.

    The defaults of the priors are those that did best in one pass over four public sets (bluebirds, weather sentiment,
    ZenCrowd US, D_Product) among those tried; `anchor` and `temper` were checked on fourteen further sets.

    Raises
    ------
    ValueError
        A parameter is not finite or outside its range.
    """

    prior_correct: float = 20.0
    """Right answers that everybody starts with; above 0. Strong on purpose: where one annotator's answers come first, a
    weak prior (4 and 1) locks in a wrong labelling for good."""
    prior_wrong: float = 5.0
    """Wrong answers that everybody starts with; above 0."""
    worth: float = 5.0
    """Answers to each class that the start of an annotator's matrix is worth; above 0. 20 and 60 are better where a
    bias is shared (ZenCrowd) and worse where biases differ (bluebirds, D_Product). Partial pooling: Paun et al. (2018),
    Comparing Bayesian models of annotation, TACL 6, doi:10.1162/tacl_a_00040."""
    prior_tasks: float = 10.0
    """Tasks of each class before the first; above 0. The class shares are learned: without that the unbalanced sets
    lose more than ten points."""
    temper: float = 0.85
    """Power of the evidence, in (0, 1]: annotators who err on the same hard tasks say less together than independent
    ones would. 1 is Bayes' rule. A power posterior: Grünwald (2012), The safe Bayesian, ALT 2012,
    doi:10.1007/978-3-642-34106-9_16."""
    anchor: float = 0.2
    """Part of the plain vote in what is learned, in [0, 1]: keeps the model from explaining the votes away, as
    Dawid-Skene does where annotators share a bias (half a point on ZenCrowd, one on fact evaluation)."""
    shared_worth: float = 2.0
    """`dawid_skene`: answers to each class that the project's own matrix is worth; at least 0."""
    diagonal: float = 2.0
    """`dawid_skene`: right answers added to each class; above 0."""
    off_diagonal: float = 0.5
    """`dawid_skene`: answers added for each wrong class; above 0."""

    def __post_init__(self) -> None:
        positive = ("prior_correct", "prior_wrong", "worth", "prior_tasks", "temper", "diagonal", "off_diagonal")
        for name, least, most in (
            *((name, 0.0, 1.0 if name == "temper" else inf) for name in positive),
            ("anchor", -1e-300, 1.0),
            ("shared_worth", -1e-300, inf),
        ):
            value = getattr(self, name)
            if not (isfinite(value) and least < value <= most):
                low = "at least 0" if least else "above 0"
                raise ValueError(f"expected {name} {low} and at most {most}, got {value}")


DEFAULT: Final = Parameters()


def posterior(
    answers: Mapping[str, str],
    sums: Sums,
    model: Model = "shrunk",
    parameters: Parameters = DEFAULT,
    classes: Collection[str] = (),
) -> dict[str, float]:
    """The probability of each class of a task.

    `p[k] ∝ share[k] * (product over annotators of P(answer | k, annotator)) ** temper`, with
    `share[k] = (tasks of k + prior_tasks) / (tasks + prior_tasks * classes)` and, for `shrunk`,
    `P(l | k, a) = (answers l of a to k + worth * coin[a, k, l]) / (answers of a to k + worth)`, where `coin[a]` has
    a's accuracy at `k = l` and the rest spread evenly. `majority` gives the shares of the answers.

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
    {'cat': 0.765, 'dog': 0.235}
    >>> for _ in range(20):
    ...     sums.add(contribution({"al": "cat", "bo": "cat", "cy": "dog"}, {"dog": 1.0}))
    ...     sums.add(contribution({"al": "cat", "bo": "cat", "cy": "cat"}, {"cat": 1.0}))
    >>> {k: round(p, 3) for k, p in posterior(answers, sums).items()}  # al and bo always say cat
    {'cat': 0.031, 'dog': 0.969}
    """
    names = sorted({*sums.named, *classes, *answers.values()})
    if not names:
        return {}
    if model == "majority":
        return _vote(answers, names)
    if model not in _ROWS:
        raise ValueError(f"expected a model among {', '.join(MODELS)}; got {model!r}")
    said = _ROWS[model]
    n_classes = max(len(names), 2)
    evidence = [0.0] * len(names)
    for annotator in sorted(answers):
        given = answers[annotator]
        counts = sums.annotators.get(annotator, sums.further_annotators)
        for place, likelihood in enumerate(said(counts, given, names, n_classes, sums, parameters)):
            evidence[place] += log(likelihood)
    start = parameters.prior_tasks * MICRO
    joint = [
        log(sums.classes.get(name, 0) + start) + parameters.temper * evidence[place] for place, name in enumerate(names)
    ]
    largest = max(joint)
    unscaled = [exp(value - largest) for value in joint]
    total = sum(unscaled)
    return {name: value / total for name, value in zip(names, unscaled, strict=True)}


def learned(
    answers: Mapping[str, str], probabilities: Mapping[str, float], parameters: Parameters = DEFAULT
) -> Contribution:
    """What a task that was decided with these probabilities adds to the sums: they and, by `anchor`, the plain vote.

    >>> learned({"al": "cat", "bo": "dog"}, {"cat": 1.0}).truth
    (('cat', 900000), ('dog', 100000))
    """
    return contribution(answers, probabilities, parameters.anchor)


def winner(probabilities: Mapping[str, float]) -> str | None:
    """The most probable class; of equal ones (to 1e-9) the first by name; none of none.

    >>> winner({"dog": 0.5, "cat": 0.5})
    'cat'
    """
    return min(probabilities, key=lambda name: (-round(probabilities[name], 9), name), default=None)


def accuracy(counts: Counts, parameters: Parameters = DEFAULT) -> float:
    """`(right + prior_correct) / (answers + prior_correct + prior_wrong)`, within (0, 1).

    >>> accuracy(Counts())
    0.8
    """
    strength = (parameters.prior_correct + parameters.prior_wrong) * MICRO
    return (counts.right + parameters.prior_correct * MICRO) / (counts.total + strength)


_Rows = Callable[[Counts, str, list[str], int, Sums, Parameters], list[float]]
"""(an annotator's counts, the class given, all classes, how many, the sums) → P(given | each class)."""
_NONE: Final[dict[str, int]] = {}


def _vote(answers: Mapping[str, str], names: list[str]) -> dict[str, float]:
    if not answers:
        return dict.fromkeys(names, 1.0 / len(names))
    votes = dict.fromkeys(names, 0)
    for given in answers.values():
        votes[given] += 1
    return {name: number / len(answers) for name, number in votes.items()}


def _one_coin(
    counts: Counts, given: str, names: list[str], n_classes: int, sums: Sums, parameters: Parameters
) -> list[float]:
    right = accuracy(counts, parameters)
    wrong = (1.0 - right) / (n_classes - 1)
    return [right if name == given else wrong for name in names]


def _shrunk(
    counts: Counts, given: str, names: list[str], n_classes: int, sums: Sums, parameters: Parameters
) -> list[float]:
    worth = parameters.worth * MICRO
    right = accuracy(counts, parameters)
    wrong = worth * (1.0 - right) / (n_classes - 1)
    right *= worth
    column, rows = counts.cells.get(given, _NONE), counts.rows
    return [(column.get(name, 0) + (right if name == given else wrong)) / (rows.get(name, 0) + worth) for name in names]


def _pooled(
    counts: Counts, given: str, names: list[str], n_classes: int, sums: Sums, parameters: Parameters
) -> list[float]:
    """The start has everybody's matrix, its recall moved by the log odds between the annotator and everybody."""
    worth = parameters.worth * MICRO
    column, rows = counts.cells.get(given, _NONE), counts.rows
    ahead = _log_odds(accuracy(counts, parameters)) - _log_odds(accuracy(sums.everyone, parameters))
    all_given = _shrunk(sums.everyone, given, names, n_classes, sums, parameters)
    likelihoods = []
    for name, shared in zip(names, all_given, strict=True):
        recall = shared if name == given else _recall(sums.everyone, name, parameters)
        own = 1.0 / (1.0 + exp(-_log_odds(recall) - ahead))
        start = own if name == given else shared * (1.0 - own) / (1.0 - recall)
        likelihoods.append((column.get(name, 0) + worth * start) / (rows.get(name, 0) + worth))
    return likelihoods


def _dawid_skene(
    counts: Counts, given: str, names: list[str], n_classes: int, sums: Sums, parameters: Parameters
) -> list[float]:
    shared, right, wrong = (
        MICRO * value for value in (parameters.shared_worth, parameters.diagonal, parameters.off_diagonal)
    )
    column, rows = counts.cells.get(given, _NONE), counts.rows
    all_column, all_rows = sums.everyone.cells.get(given, _NONE), sums.everyone.rows
    strength = shared + right + wrong * (n_classes - 1)
    likelihoods = []
    for name in names:
        answered = all_rows.get(name, 0)
        share = all_column.get(name, 0) / answered if answered else 1.0 / n_classes
        start = shared * share + (right if name == given else wrong)
        likelihoods.append((column.get(name, 0) + start) / (rows.get(name, 0) + strength))
    return likelihoods


def _recall(counts: Counts, name: str, parameters: Parameters) -> float:
    worth = parameters.worth * MICRO
    hits = counts.cells.get(name, _NONE).get(name, 0)
    return (hits + worth * accuracy(counts, parameters)) / (counts.rows.get(name, 0) + worth)


def _log_odds(share: float) -> float:
    return log(share / (1.0 - share))


_ROWS: Final[dict[str, _Rows]] = {
    "shrunk": _shrunk,
    "pooled": _pooled,
    "dawid_skene": _dawid_skene,
    "one_coin": _one_coin,
}
