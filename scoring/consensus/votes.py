"""What annotators say together about a category: one answer, or a set of labels.

The tie rule of this module, never arrival order: the answer that comes first in `preference` (the label order that the
control is configured with), then the answers that are not listed there in their natural order, `None` (unanswered)
last.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import fsum
from typing import Any

from scoring.consensus.weights import checked_weights

__all__ = ["SetVote", "Vote", "more_than_half", "preference_key", "vote", "vote_labels"]


@dataclass(frozen=True, slots=True)
class Vote:
    """The outcome of a vote over single answers."""

    winner: Hashable | None
    """The adjudicated answer. None also where nobody voted."""
    shares: dict[Hashable, float]
    """Share of the total weight per answer, summing to 1: the soft label. Largest first, equal ones by preference."""
    confidence: float
    """The winner's share, in [0, 1]; 0 where nobody voted."""
    supporters: list[int]
    """Indices of those who gave the winning answer, ascending."""
    tied: bool
    """True where the preference decided because the best two shares are equal."""


@dataclass(frozen=True, slots=True)
class SetVote:
    """The outcome of a vote over sets of labels."""

    labels: list[str]
    """The labels kept, by preference."""
    shares: dict[str, float]
    """Share of the total weight that gave each label, in [0, 1] each: the soft label. Largest first, equal ones by
    preference."""
    confidence: float
    """Mean over all given labels of the share that agrees with what was decided about it; 1 where all answered "none of
    these", 0 where nobody voted."""
    supporters: list[int]
    """Indices of those who gave exactly the kept set, ascending; can be empty."""


def vote(
    answers: Sequence[Hashable], weights: Sequence[float] | None = None, preference: Sequence[Hashable] = ()
) -> Vote:
    """Choose the answer with the largest (weighted) support.

    `share(answer) = sum(weights of those who gave it) / sum(weights)`. Shares that differ by less than 1e-12 tie.

    Parameters
    ----------
    answers
        One per annotator. None (unanswered) is an answer like others; it loses every tie unless `preference` lists it.
    weights
        One per annotator, finite and at least 0; default 1 each (plain majority). All 0: nobody is trusted more than
        anybody, so all count alike.
    preference
        Answers, preferred first; decides ties.

    Returns
    -------
    Vote
        See there for what an empty vote gives.

    Raises
    ------
    ValueError
        Weights do not fit the answers.
    TypeError
        Tied answers that `preference` does not list are of one type without an order.

    Examples
    --------
    >>> vote(["zebra", "zebra", "aardvark", "zebra"])
    Vote(winner='zebra', shares={'zebra': 0.75, 'aardvark': 0.25}, confidence=0.75, supporters=[0, 1, 3], tied=False)
    >>> vote(["night", "day"], preference=["night", "day"]).winner
    'night'
    >>> vote(["night", "day", "day"], weights=[3.0, 1.0, 1.0]).shares
    {'night': 0.6, 'day': 0.4}
    """
    supporters: dict[Hashable, list[int]] = {}
    for i, answer in enumerate(answers):
        supporters.setdefault(answer, []).append(i)
    if not supporters:
        return Vote(None, {}, 0.0, [], False)
    weights = checked_weights(weights, len(answers))
    if len(supporters) == 1:
        ((answer, everyone),) = supporters.items()
        return Vote(answer, {answer: 1.0}, 1.0, everyone, False)
    total = fsum(weights)
    shares = {answer: fsum([weights[i] for i in voters]) / total for answer, voters in supporters.items()}
    ranked = _ranked(shares, preference)
    winner = ranked[0]
    tied = len(ranked) > 1 and _same_share(shares[winner], shares[ranked[1]])
    return Vote(winner, {answer: shares[answer] for answer in ranked}, shares[winner], supporters[winner], tied)


def vote_labels(
    answers: Sequence[AbstractSet[str]], weights: Sequence[float] | None = None, preference: Sequence[str] = ()
) -> SetVote:
    """Vote on every label by itself (binary relevance) and keep those with strictly more than half of the weight.

    A label with exactly half is dropped: it takes more than half to assert something. Deciding per label keeps what
    most agree on where no two sets are equal.

    Where no label has more than half although more than half of the weight gave labels, the one with the largest share
    is kept, as `vote` would: "none of these" is what most deny. On the roles of persons in 50 videos (20 annotators
    each) this lifts the mean Jaccard with a held-out annotator from .423 to .557; that of two annotators is .427.

    Parameters
    ----------
    answers
        One set per annotator; empty is "none of these".
    weights, preference
        As in `vote`.

    Returns
    -------
    SetVote
        See there for what an empty vote gives.

    Raises
    ------
    ValueError
        Weights do not fit the answers.

    Examples
    --------
    Decided with shares of 1 (wet) and 3 / 4 (not dark), so the confidence is their mean.

    >>> vote_labels([{"wet", "dark"}, {"wet"}, {"wet"}, {"wet"}])
    SetVote(labels=['wet'], shares={'wet': 1.0, 'dark': 0.25}, confidence=0.875, supporters=[1, 2, 3])

    Two thirds say that there is something, so it is not nothing.

    >>> vote_labels([{"wet"}, {"dark"}, set()], preference=["wet", "dark"]).labels
    ['wet']
    """
    if not answers:
        return SetVote([], {}, 0.0, [])
    weights = checked_weights(weights, len(answers))
    total = fsum(weights)
    given: dict[str, list[float]] = {}
    for answer, weight in zip(answers, weights, strict=True):
        for label in answer:
            given.setdefault(label, []).append(weight)
    shares: dict[Hashable, float] = {label: fsum(support) / total for label, support in given.items()}
    ranked = {str(label): shares[label] for label in _ranked(shares, preference)}
    kept = {label for label, share in ranked.items() if more_than_half(share)}
    if not kept and more_than_half(
        fsum(weight for answer, weight in zip(answers, weights, strict=True) if answer) / total
    ):
        kept = {next(iter(ranked))}
    agreeing = [share if label in kept else 1.0 - share for label, share in ranked.items()]
    return SetVote(
        labels=sorted(kept, key=preference_key(preference)),
        shares=ranked,
        confidence=fsum(agreeing) / len(agreeing) if agreeing else 1.0,
        supporters=[i for i, answer in enumerate(answers) if answer == kept],
    )


def more_than_half(share: float) -> bool:
    """Whether a share of the weight is a majority; one that is a half on paper is none.

    >>> more_than_half(0.5000000000000001), more_than_half(0.6)
    (False, True)
    """
    return share > 0.5 and not _same_share(share, 0.5)


def _same_share(a: float, b: float) -> bool:
    # Shares are compared as `_ranked` sorts them, so that 0.1 + 0.2 against 0.3 is the tie that it is on paper.
    return round(a, 12) == round(b, 12)


def _ranked(shares: dict[Hashable, float], preference: Sequence[Hashable]) -> list[Hashable]:
    rounded = {answer: round(share, 12) for answer, share in shares.items()}
    if len(set(rounded.values())) == len(rounded):
        return sorted(rounded, key=rounded.__getitem__, reverse=True)
    preferred = preference_key(preference)
    return sorted(rounded, key=lambda answer: (-rounded[answer], preferred(answer)))


def preference_key(preference: Sequence[Hashable]) -> Any:
    """The tie rule of this module as a sort key, preferred answers first.

    >>> sorted([None, "dusk", "day", "night"], key=preference_key(["night"]))
    ['night', 'day', 'dusk', None]
    """
    rank = {answer: place for place, answer in reversed(list(enumerate(preference)))}
    last = len(preference)

    def key(answer: Hashable) -> tuple[int, bool, str, Any]:
        # The type's name comes before the value so that answers of different types still have an order, and a set is
        # put in order because `<` between sets means "is part of".
        value = tuple(sorted(answer)) if isinstance(answer, frozenset) else answer
        return rank.get(answer, last), answer is None, type(answer).__name__, value

    return key
