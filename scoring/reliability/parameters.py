"""What the incremental models assume: their parameters, and what everybody starts with."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import Final, NamedTuple

from scoring.reliability.sums import Counts, Sums
from scoring.rolling.sums import MICRO

__all__ = ["DEFAULT", "Parameters", "Prior", "accuracy", "prior_of"]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the models assume before they have seen anything.

    The defaults of the priors are those that did best in one pass over four public sets (bluebirds, weather sentiment,
    ZenCrowd US, D_Product) among those tried; the others were checked on ten further sets.

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
    prior_project: float = 100.0
    """Answers of the whole project from which on the start leans more to the project's own accuracy (`one_coin`'s does
    not); above 0. Where tasks are hard everybody is worse: on web search relevance (five classes, 0.6 right) that is
    worth three points."""
    worth: float = 4.0
    """Answers to each class that the start of an annotator's matrix is worth; above 0. Partial pooling: Paun et al.
    (2018), Comparing Bayesian models of annotation, TACL 6, doi:10.1162/tacl_a_00040."""
    prior_bias: float = 5.0
    """`shrunk`: how far biases spread, shared ones and those of one's own alike, before anything is known of either.
    In answers times their variance: by chance alone, 60 answers of 0.8 right spread by 10. 0 goes by matrices alone,
    shared biases or not. See `scoring.reliability.bias.Bias`."""
    prior_tasks: float = 10.0
    """Tasks of each class before the first; above 0. The class shares are learned: without that the unbalanced sets
    lose more than ten points."""
    correlation: float = 0.04
    """How much annotators err together on the same hard tasks, in [0, 1): m answers then say as much as
    `m / (1 + correlation * (m - 1))` independent ones (the design effect of Kish (1965), Survey sampling). 0 is Bayes'
    rule for independent annotators."""
    temper: float = 0.7
    """The least power of the evidence that `correlation` leaves, in (0, 1]: with 39 answers a task, as on bluebirds,
    the class shares would else decide. A power posterior: Grünwald (2012), The safe Bayesian, ALT 2012,
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
        positive = (
            "prior_correct",
            "prior_wrong",
            "prior_project",
            "worth",
            "prior_tasks",
            "temper",
            "diagonal",
            "off_diagonal",
        )
        for name, least, most in (
            *((name, 0.0, 1.0 if name == "temper" else inf) for name in positive),
            ("anchor", -1e-300, 1.0),
            ("correlation", -1e-300, 1.0 - 1e-9),
            ("prior_bias", -1e-300, inf),
            ("shared_worth", -1e-300, inf),
        ):
            value = getattr(self, name)
            if not (isfinite(value) and least < value <= most):
                low = "at least 0" if least else "above 0"
                raise ValueError(f"expected {name} {low} and at most {most}, got {value}")


DEFAULT: Final = Parameters()


class Prior(NamedTuple):
    """What everybody starts with, in millionths of an answer."""

    right: float
    wrong: float


def prior_of(sums: Sums, parameters: Parameters = DEFAULT) -> Prior:
    """The start: `prior_correct + prior_wrong` answers, of which as many are right as in the project so far.

    `share = (right answers of all + prior_project * prior_correct / strength) / (answers of all + prior_project)`.

    >>> [round(micro) for micro in prior_of(Sums())]
    [20000000, 5000000]
    """
    strength = parameters.prior_correct + parameters.prior_wrong
    weight = parameters.prior_project * MICRO
    everyone = sums.everyone
    share = (everyone.right + weight * parameters.prior_correct / strength) / (everyone.total + weight)
    return Prior(share * strength * MICRO, (1.0 - share) * strength * MICRO)


def accuracy(counts: Counts, prior: Prior) -> float:
    """`(right + right ones of the prior) / (answers + answers of the prior)`, within (0, 1).

    >>> accuracy(Counts(), prior_of(Sums()))
    0.8
    """
    return (counts.right + prior.right) / (counts.total + prior.right + prior.wrong)
