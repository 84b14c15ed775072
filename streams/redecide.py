"""Whether a decided task is worth deciding again: how far those whom it trusted are trusted otherwise since.

A decided task is looked at when `redecide_after_seconds` have passed since it was last touched, when twice as many
have, four times, and so on, and for the last time when it is closed: a handful of looks a task, whatever is published
meanwhile. A look reads the task's header alone. The task is worked out again only where somebody's weight or recall,
whichever votes are counted by, has moved by more than `redecide_when_weight_moves` from what the decision in force was
counted by.

Both are compared as log odds, which is what a weight is: 0.5 is a recall that went from 0.8 to 0.87, or to 0.71.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from math import inf, log
from typing import Any, Final

import msgspec

from scoring.consensus.posterior import SUREST
from streams.decide import Outcome
from streams.plan import Plan
from streams.scores import CategoryEvidence, ControlScore
from streams.stages.adjudicate.recall import UNKNOWN, is_by_recall, named
from streams.stages.emit import content_id, written
from streams.state import DecidedBy, Header, Trusted

__all__ = ["decided_by", "has_moved", "looked", "next_look_us"]

_NOT_THE_ANSWER: Final = ("id", "support", "confidence", "sources")
_CATEGORIES: Final = ("choice", "boolean")
_SETTLED: Final = ("agreed", "accepted")
"""States of a task that is decided, and waits for nobody."""


def next_look_us(header: Header, plan: Plan) -> int | None:
    """When a decided task is to be looked at next, by event time; None: never."""
    if plan.redecide_us is None or header.decided_by is None:
        return None
    return header.touched_us + (plan.redecide_us << header.looks)


def looked(header: Header, plan: Plan, now_us: int) -> None:
    """The header was looked at: the next time is a later one."""
    at_us = next_look_us(header, plan)
    while at_us is not None and at_us <= now_us:
        header.looks += 1
        at_us = next_look_us(header, plan)


def decided_by(found: Outcome, plan: Plan) -> DecidedBy | None:
    """What to remember of an outcome; None where it is not looked at again."""
    scores = found.scores
    if plan.redecide_us is None or scores is None or found.verdict.state not in _SETTLED:
        return None
    voters = [scores.annotators[row] for row in scores.counted]
    trusted = {
        control.name: _trusted(plan, control.name, voters, _answered(control, scores.counted))
        for control in scores.controls
        if control.plan.adjudication == "weighted"
    }
    return DecidedBy(content_id(written([_answer(region) for region in found.consensus])), trusted)


def has_moved(header: Header, plan: Plan) -> bool:
    """Whether somebody who had a vote in the decision in force is trusted otherwise by more than the settings say.

    So they are, too, where votes were counted by weights and are counted by recalls now, or the other way round.
    """
    by, most = header.decided_by, plan.settings.routing.redecide_when_weight_moves
    if by is None or most is None:
        return False
    for control, voters in by.trusted.items():
        answered = max((was.recall for was in voters.values()), key=len, default={})
        kind = plan.settings.controls[control].type if control in plan.settings.controls else None
        now = _trusted(plan, control, [*voters], answered or ([""] if kind in _CATEGORIES else []))
        if any(_apart(was, now[name]) > most for name, was in voters.items()):
            return True
    return False


def _answered(control: ControlScore, rows: Iterable[int]) -> list[str]:
    """The classes that anybody answered: one of these is the consensus, and only their recalls tell which."""
    evidence: Any = control.evidence
    if not isinstance(evidence, CategoryEvidence):
        return []
    answers = (evidence.answers[row] for row in rows)
    return sorted(set(map(named, answers)))


def _trusted(plan: Plan, control: str, voters: Sequence[str], classes: Collection[str]) -> dict[str, Trusted]:
    learned, weights = plan.learned.get(control, {}), plan.settings.annotator_weights
    found = {name: learned.get(name) for name in voters}
    by_recall = is_by_recall(weights, voters, found.values())
    return {
        name: Trusted(
            weights.get(name, 1.0 if one is None else one.weight),
            {k: UNKNOWN if one is None else one.recall.get(k, one.accuracy) for k in classes} if by_recall else {},
        )
        for name, one in found.items()
    }


def _apart(was: Trusted, now: Trusted) -> float:
    """By what votes are counted by: recalls, or weights; infinity where it is not the same now."""
    if bool(was.recall) != bool(now.recall):
        return inf
    if not was.recall:
        return abs(was.weight - now.weight)
    return max(abs(_log_odds(share) - _log_odds(now.recall[name])) for name, share in was.recall.items())


def _log_odds(share: float) -> float:
    bounded = min(max(share, 1.0 - SUREST), SUREST)
    return log(bounded / (1.0 - bounded))


def _answer(region: Any) -> Any:
    """What a region of the consensus says, without who said so and how sure it is."""
    fields = msgspec.to_builtins(region)
    return {name: value for name, value in fields.items() if name not in _NOT_THE_ANSWER}
