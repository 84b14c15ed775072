"""Scores → where the task goes next: wait, agree, ask somebody else, hand it to a person, or stop.

A function of the standing answers, the scores and the settings alone. How many have been asked so far is the one thing
that the caller remembers, so that nobody is asked twice for the same shortfall.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from streams.contracts.decisions import TaskState
from streams.contracts.settings import RoutingSettings
from streams.scores import Scores

__all__ = ["Review", "Situation", "Verdict", "may_join", "route", "shortfall"]

Review = Literal["approved", "rejected", "corrected"]


class Situation(Struct, frozen=True):
    """What `route` needs to know of a task besides its scores."""

    counted: int
    """Annotators whose answers stand and count."""
    required: int
    cancelled: bool
    skipped: int
    """Annotators who declined and have no standing answer."""
    review: Review | None
    """The verdict in force; `stages.route` does not ask how it came to be."""
    rejected: int = 0
    """Annotators whose answers a reviewer has rejected, so that others are asked in their place."""


class Verdict(Struct, frozen=True):
    """Where the task goes."""

    state: TaskState
    passed: bool
    reason: str
    round: int
    target: int
    """How many counted answers the task should have now."""


def may_join(situation: Situation, routing: RoutingSettings) -> int:
    """How many more annotators the limits allow."""
    return max(0, max(routing.max_annotators, situation.required) - situation.counted)


def route(situation: Situation, scores: Scores, routing: RoutingSettings) -> Verdict:
    """Decide.

    In this order: a cancelled task stays cancelled; a reviewer's approval or correction is final; too few answers wait,
    or have others asked where a reviewer has rejected what there was;
    agreement ends the work unless a reviewer has rejected it; below the threshold more annotators are asked, as long as
    the limit allows and asking could help; then `on_limit`.

    Rounds: round 1 is the required annotators, each further round is `extra_annotators` more.
    """
    counted, required = situation.counted, situation.required
    extra_round = -(-max(0, counted - required) // routing.extra_annotators)
    round_ = 1 + extra_round

    def verdict(state: TaskState, reason: str, *, passed: bool = False, target: int = counted) -> Verdict:
        return Verdict(state, passed, reason, round_, target)

    if situation.cancelled:
        return verdict("cancelled", "cancelled")
    if situation.review == "corrected" or (situation.review == "approved" and counted):
        return verdict("reviewed", situation.review, passed=True)
    if routing.skip_policy == "review" and situation.skipped and counted < required:
        return verdict("in_review", "skipped")
    if counted < required and situation.rejected:
        return verdict("reassigning", "rejected", target=required)
    if counted < required:
        return verdict("waiting", "quorum_not_reached", target=required)
    rejected = situation.review == "rejected"
    if not rejected:
        if counted == 1:
            return verdict("agreed", "single_annotator", passed=True)
        if scores.passed:
            return verdict("agreed", "all_thresholds_met", passed=True)
        if scores.score is None:
            return verdict("in_review", "nothing_to_compare")
    room = may_join(situation, routing)
    if room and (rejected or scores.reachable):
        steps = (counted - required) // routing.extra_annotators + 1
        target = min(required + steps * routing.extra_annotators, counted + room)
        return verdict("reassigning", "rejected" if rejected else "below_threshold", target=target)
    if rejected:
        return verdict("in_review", "rejected")
    reason = "threshold_unreachable" if room else "max_annotators_reached"
    states: dict[str, TaskState] = {"review": "in_review", "accept_best": "accepted", "abandon": "abandoned"}
    return verdict(states[routing.on_limit], reason)


def shortfall(verdict: Verdict, situation: Situation, asked_extra: int, used: int) -> int:
    """How many annotators to ask for now, beyond those who were asked already and may still answer.

    The queue hands out the required answers by itself. `asked_extra` were asked for on top, and `used` of all these
    places are gone: to annotators who answered (withdrawn or not) and, if skips are replaced, to those who declined.

    >>> situation = Situation(counted=3, required=3, cancelled=False, skipped=0, review=None)
    >>> shortfall(Verdict("reassigning", False, "below_threshold", 1, target=5), situation, asked_extra=0, used=3)
    2
    """
    if verdict.state not in ("waiting", "reassigning"):
        return 0
    outstanding = max(0, situation.required + asked_extra - used)
    return max(0, verdict.target - situation.counted - outstanding)
