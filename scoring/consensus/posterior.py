"""What annotators say together about a category, by what each of them is known to answer where a class is true."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from math import exp, fsum, isfinite, log
from typing import Final, NamedTuple

from scoring.consensus.votes import Vote, preference_key

__all__ = ["SUREST", "Trust", "posterior_vote", "recall_table"]

SUREST: Final = 1.0 - 1e-6
"""Nobody is taken to be right, or wrong, with a higher probability: one answer never decides for certain."""
_DIGITS: Final = 9


class Trust(NamedTuple):
    """What is known of an annotator."""

    accuracy: float
    """Probability that an answer is right, in [0, 1]: for classes without a recall."""
    recall: Mapping[Hashable, float] = {}
    """True class → probability of naming it, in [0, 1]."""


def posterior_vote(
    answers: Sequence[Hashable],
    reliabilities: Sequence[Trust],
    labels: Sequence[Hashable],
    prior: Mapping[Hashable, float] | None = None,
    anchor: float | None = None,
    anchor_share: float = 0.5,
) -> Vote:
    """Choose the most probable answer by Bayes' rule, annotators erring independently of one another.

    `P(k | answers) ∝ prior[k] * product over annotators a of P(answer of a | k)`, where `P(k | k)` is a's recall of k
    (the accuracy where there is none) and all other classes share the rest: `(1 - recall) / (classes - 1)`. It is one
    E-step of Dawid and Skene's model, by the diagonals of the matrices. Unlike a weight, a recall knows whoever says
    one thing too often: their saying it means little, their not saying it much.

    Parameters
    ----------
    answers
        One per annotator. None (unanswered) is an answer like others, as in `vote`.
    reliabilities
        One per annotator. Taken to be at least 1e-6 and at most 1 - 1e-6.
    labels
        The classes, preferred first: decides ties. What was answered besides is a class as well, and two are assumed at
        least, since errors have to go somewhere.
    prior
        Class → share of the tasks, above 0, of any sum; for all classes. Default: all alike.
    anchor
        An accuracy of everybody, for a second opinion: what the plain vote says by it, all classes alike. It keeps what
        was learned of the consensus from explaining the votes away, as recalls do where annotators share a bias.
        Default: no second opinion.
    anchor_share
        Its power in the pool, in [0, 1], the first opinion having the rest: `P1 ** (1 - share) * P2 ** share`.

    Returns
    -------
    Vote
        `shares` has the probability of every class, also of those that nobody answered, and sums to 1; `confidence` is
        the winner's. The winner is the most probable of the classes that somebody answered: a consensus has somebody
        behind it. Answers whose probabilities differ by less than a part in 1e9 tie, and fall as in `vote`. Of nobody:
        as `vote`.

    Raises
    ------
    ValueError
        Not one reliability each, one or an anchor or its share that is outside [0, 1], or a prior that leaves a class
        out or is not above 0.
    TypeError
        As `vote`.

    Notes
    -----
    O(answers x classes). Annotators err together on the same hard tasks, so the probabilities are too sure of
    themselves where many answered; which of them is the largest does not change by that.

    References
    ----------
    Dawid, A. P. and Skene, A. M. (1979). Maximum likelihood estimation of observer error-rates using the EM algorithm.
    Applied Statistics 28, 20-28. doi:10.2307/2346806. The pool is the logarithmic one: Genest, C. and Zidek, J. V.
    (1986). Combining probability distributions. Statistical Science 1, 114-135.
    doi:10.1214/ss/1177013825

    Examples
    --------
    al and bo say "wren" of everything, cy tells the two apart. For "wren" 0.9 * 0.9 * 0.2, for "finch" 0.8 * 0.8 * 0.8.

    >>> al = bo = Trust(0.55, {"wren": 0.9, "finch": 0.2})
    >>> cy = Trust(0.8)
    >>> found = posterior_vote(["wren", "wren", "finch"], [al, bo, cy], ["finch", "wren"])
    >>> found.winner, {name: round(share, 3) for name, share in found.shares.items()}
    ('finch', {'finch': 0.76, 'wren': 0.24})

    By accuracies alone it is a vote: 0.8 * 0.8 * 0.2 against 0.2 * 0.2 * 0.8.

    >>> found = posterior_vote(["wren", "wren", "finch"], [cy, cy, cy], ["finch", "wren"])
    >>> found.supporters, {name: round(share, 3) for name, share in found.shares.items()}
    ([0, 1], {'wren': 0.8, 'finch': 0.2})

    The second opinion is the one above, 0.8 for "wren": sqrt(0.162 * 0.128) against sqrt(0.512 * 0.032).

    >>> found = posterior_vote(["wren", "wren", "finch"], [al, bo, cy], ["finch", "wren"], anchor=0.8)
    >>> {name: round(share, 3) for name, share in found.shares.items()}
    {'wren': 0.529, 'finch': 0.471}
    """
    if len(reliabilities) != len(answers):
        raise ValueError(f"expected one reliability each, got {len(reliabilities)} for {len(answers)} answers")
    if not 0.0 <= anchor_share <= 1.0:
        raise ValueError(f"expected an anchor_share in [0, 1], got {anchor_share}")
    if not answers:
        return Vote(None, {}, 0.0, [], False)
    classes = list(dict.fromkeys([*labels, *answers]))
    joint = _evidence(answers, recall_table(reliabilities, classes), _start(prior, classes))
    if anchor is not None:
        plain = _evidence(answers, recall_table([Trust(anchor)] * len(answers), classes), _start(None, classes))
        joint = {k: (1.0 - anchor_share) * value + anchor_share * plain[k] for k, value in joint.items()}
    return _vote(answers, joint, labels)


def recall_table(reliabilities: Sequence[Trust], classes: Sequence[Hashable]) -> list[dict[Hashable, float]]:
    """For each annotator, the probability of naming each class where it is true, as `posterior_vote` takes it.

    Raises
    ------
    ValueError
        One is outside [0, 1].

    Examples
    --------
    >>> recall_table([Trust(0.8, {"wren": 1.0})], ["finch", "wren"])
    [{'finch': 0.8, 'wren': 0.999999}]
    """
    return [{k: _bounded(known.recall.get(k, known.accuracy)) for k in classes} for known in reliabilities]


def _bounded(share: float) -> float:
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"expected accuracies and recalls in [0, 1], got {share}")
    return min(max(share, 1.0 - SUREST), SUREST)


def _start(prior: Mapping[Hashable, float] | None, classes: Sequence[Hashable]) -> dict[Hashable, float]:
    if prior is None:
        return dict.fromkeys(classes, 0.0)
    wrong = [k for k in classes if not (isfinite(prior.get(k, 0.0)) and prior.get(k, 0.0) > 0.0)]
    if wrong:
        raise ValueError(f"expected a finite prior above 0 for every class; got {prior.get(wrong[0])} for {wrong[0]!r}")
    return {k: log(prior[k]) for k in classes}


def _evidence(
    answers: Sequence[Hashable], table: Sequence[Mapping[Hashable, float]], start: Mapping[Hashable, float]
) -> dict[Hashable, float]:
    others = max(len(start), 2) - 1
    # Summed exactly, so that the order of the annotators does not show in the last bit.
    return {
        k: fsum(
            [
                begin,
                *(log(row[k] if a == k else (1.0 - row[k]) / others) for a, row in zip(answers, table, strict=True)),
            ]
        )
        for k, begin in start.items()
    }


def _vote(answers: Sequence[Hashable], joint: Mapping[Hashable, float], labels: Sequence[Hashable]) -> Vote:
    largest = max(joint.values())
    behind = {k: round(largest - value, _DIGITS) for k, value in joint.items()}
    preferred = preference_key(labels)
    ranked = sorted(joint, key=lambda k: (behind[k], preferred(k)))
    unscaled = {k: exp(joint[k] - largest) for k in ranked}
    total = fsum(unscaled.values())
    shares = {k: value / total for k, value in unscaled.items()}
    given = set(answers)
    winner, *further = [k for k in ranked if k in given]
    tied = bool(further) and behind[winner] == behind[further[0]]
    return Vote(winner, shares, shares[winner], [i for i, a in enumerate(answers) if a == winner], tied)
