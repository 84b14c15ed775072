"""Votes: `choice`, `boolean` and `choices` controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from scoring.consensus.votes import Vote, vote, vote_labels
from streams.contracts.decisions import Conflict, ConflictKind, ConsensusBoolean, ConsensusChoice, ConsensusChoices
from streams.scores import Category, CategoryEvidence, ControlScore, SetEvidence
from streams.stages.adjudicate.recall import RecallVote, by_recall, spelled
from streams.stages.adjudicate.voters import DIGITS, Settled, Voters, best_voter, conflict, sources

__all__ = ["settle_category", "settle_set"]

_LABELS_NAMED = 20


def settle_category(control: ControlScore, voters: Voters) -> Settled:
    """Majority or weighted vote, or the best annotator's answer; nothing where most gave no answer.

    A weighted vote is counted by recall where that was learned, by Bayes' rule.
    """
    evidence: CategoryEvidence = control.evidence  # type: ignore[assignment]
    answers = tuple(evidence.answers[row] for row in voters.rows)
    if not answers:
        return Settled([], {}, [])
    by: RecallVote | None = None
    if voters.learned is None:
        weights = None if voters.weights is None else tuple(voters.weights)
        counted, soft = _ballot(answers, weights, control.plan.labels)
    else:
        by = by_recall(control, answers, voters.ids, voters.learned)
        counted, soft = by.vote, _soft_labels(by.vote.shares)  # type: ignore[arg-type]
    winner: Category = counted.winner  # type: ignore[assignment]
    if control.plan.adjudication == "best_annotator":
        winner = answers[best_voter(control, voters)]
    conflicts = _category_conflicts(evidence, answers, winner, voters) if len(counted.shares) > 1 else []
    if winner is None:
        return _told(Settled([], soft, conflicts), by)
    supporters = [i for i, answer in enumerate(answers) if answer == winner]
    given: dict[Any, list[str]] = {}
    for i in supporters:
        for region, source in zip(evidence.regions[voters.rows[i]], sources(voters, i, evidence.regions), strict=True):
            given.setdefault(region.value, []).append(source)
    support, share = [voters.ids[i] for i in supporters], round(counted.shares[winner], DIGITS)
    kind: Any = ConsensusBoolean if control.plan.type == "boolean" else ConsensusChoice
    consensus = [
        # Several values where a single choice was answered with several, by most alike.
        kind(id="", control=control.name, value=value, support=support, confidence=share, sources=given[value])
        for value in sorted(given)
    ]
    return _told(Settled(consensus, soft, conflicts), by)


def _told(settled: Settled, by: RecallVote | None) -> Settled:
    if by is not None:
        settled.recall, settled.class_shares, settled.plain_vote = by.recall, by.class_shares, by.plain_vote
    return settled


@lru_cache(maxsize=16_384)
def _ballot(
    answers: tuple[Category, ...], weights: tuple[float, ...] | None, labels: tuple[str, ...]
) -> tuple[Vote, dict[str, float]]:
    """Remembered, because thousands of tasks get the same answers."""
    counted = vote(answers, weights, labels)
    return counted, _soft_labels(counted.shares)  # type: ignore[arg-type]


def _soft_labels(shares: Mapping[Category, float]) -> dict[str, float]:
    """Probabilities of the labels among those who gave one, as people spell them; sums to 1.

    None at all where nobody of any weight gave one.
    """
    given = {spelled(answer): share for answer, share in shares.items() if answer is not None}
    total = sum(given.values())
    if not total:
        return {}
    return {label: round(share / total, DIGITS) for label, share in sorted(given.items())}


def _category_conflicts(
    evidence: CategoryEvidence, answers: Sequence[Category], winner: Category, voters: Voters
) -> list[Conflict]:
    groups: dict[tuple[ConflictKind, str], list[int]] = {}
    for i, answer in enumerate(answers):
        if answer == winner:
            continue
        if answer is None:
            key: tuple[ConflictKind, str] = ("missing", "gave no answer")
        else:
            key = ("extra" if winner is None else "value", f"answered {spelled(answer)}")
        groups.setdefault(key, []).append(i)
    return [conflict(kind, rows, evidence.regions, voters, detail) for (kind, detail), rows in sorted(groups.items())]


def settle_set(control: ControlScore, voters: Voters) -> Settled:
    """Each label by itself: kept when more than half of the (weighted) annotators gave it.

    Where none has that and most annotators gave some label, the most common one is kept.
    """
    evidence: SetEvidence = control.evidence  # type: ignore[assignment]
    answers = [evidence.answers[row] for row in voters.rows]
    if not answers:
        return Settled([], {}, [])
    counted = vote_labels(answers, voters.weights, control.plan.labels)
    kept = list(counted.labels)
    if control.plan.adjudication == "best_annotator":
        best = answers[best_voter(control, voters)]
        kept = [label for label in counted.shares if label in best]
    differing = [i for i, answer in enumerate(answers) if answer != frozenset(kept)]
    conflicts = [
        conflict("value", [i], evidence.regions, voters, _set_difference(answers[i], frozenset(kept)))
        for i in differing
    ]
    soft = {label: round(share, DIGITS) for label, share in sorted(counted.shares.items())}
    if not kept:
        return Settled([], soft, conflicts)
    supporters = [i for i in range(len(answers)) if i not in differing]
    region = ConsensusChoices(
        id="",
        control=control.name,
        value=kept,
        support=[voters.ids[i] for i in supporters],
        confidence=round(counted.confidence, DIGITS),
        sources=[s for i in supporters for s in sources(voters, i, evidence.regions)],
    )
    return Settled([region], soft, conflicts)


def _set_difference(answer: frozenset[str], consensus: frozenset[str]) -> str:
    parts = [("without", sorted(consensus - answer)), ("besides", sorted(answer - consensus))]
    return "; ".join(f"{word} {_listed(labels)}" for word, labels in parts if labels)


def _listed(labels: Sequence[str]) -> str:
    """A decision tells this of every annotator, and has to fit through Kafka."""
    more = len(labels) - _LABELS_NAMED
    return ", ".join(labels[:_LABELS_NAMED]) + (f" and {more} more" if more > 0 else "")
