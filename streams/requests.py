"""What a decision asks of others: more annotators, or a person's judgement."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct

from streams.contracts.decisions import BaseAnnotation, Reassignment, Review
from streams.decide import Outcome
from streams.decision import raw_region
from streams.plan import Plan
from streams.scores import Scores
from streams.stages.emit import instant
from streams.stages.fold import Standing
from streams.stages.route import shortfall
from streams.state import Task

__all__ = ["asked_in_all", "reassignment", "review_request"]


def reassignment(task: Task, plan: Plan, found: Outcome, decision_id: str | None) -> Reassignment | None:
    """The request for more annotators that the task needs and has not made yet."""
    state, header = found.verdict.state, task.header
    if state not in ("waiting", "reassigning") or (state == "waiting" and not header.withdrawn and not header.skipped):
        return None
    replaced = plan.settings.routing.skip_policy == "reassign"
    answered = {answer.annotator_id for answer in task.answers.values()}
    wanted = shortfall(found.verdict, found.situation, task.header.asked, _used_places(task, plan))
    if not wanted:
        return None
    reason = found.verdict.reason
    if found.verdict.state == "waiting":
        reason = "skipped" if replaced and found.situation.skipped else "answer_withdrawn"
    scores = found.scores
    return Reassignment(
        schema=1,
        type="task.reassignment",
        reassignment_id="",
        decision_id=decision_id,
        project_id=task.project_id,
        task_id=task.task_id,
        event_time=instant(found.event_time_us),
        round=found.verdict.round,
        annotators_wanted=wanted,
        exclude_annotators=sorted(answered | task.header.skipped.keys()),
        reason=reason,
        controls=[] if scores is None else scores.failing,
        score=None if scores is None else scores.score,
        priority=found.verdict.round,
    )


def asked_in_all(task: Task, plan: Plan, found: Outcome) -> int:
    """`Header.asked` once a reassignment is sent: so that as many places are open as answers are missing.

    Counted from the answers, not added up: annotators nobody asked for may have filled more places than there were.
    """
    missing = found.verdict.target - found.situation.counted
    return missing + _used_places(task, plan) - found.situation.required


def _used_places(task: Task, plan: Plan) -> int:
    """Annotators who have taken a place: by an answer, withdrawn or not, or, where skips are replaced, by a skip."""
    routing = plan.settings.routing
    counting = {a.annotator_id for a in task.answers.values() if a.kind == "human" or routing.count_models}
    return len(counting | task.header.skipped.keys()) if routing.skip_policy == "reassign" else len(counting)


class _Conflicts(Struct):
    conflicts: Raw


class _Named(Struct):
    """What a review request takes out of its decision, where the names are in place."""

    consensus: Raw
    controls: dict[str, _Conflicts]


_named = msgspec.json.Decoder(_Named).decode


def review_request(task: Task, found: Outcome) -> Review | None:
    """The hand-over to a person of a task that is in review."""
    scores, verdict = found.scores, found.verdict
    if verdict.state != "in_review" or scores is None:
        return None
    decided = _named(b"{" + found.body)
    consensus: Any = decided.consensus
    conflicts: Any = {name: c.conflicts for name, c in decided.controls.items() if bytes(c.conflicts) != b"[]"}
    return Review(
        schema=1,
        type="task.review",
        review_id="",
        decision_id=found.decision_id,
        project_id=task.project_id,
        task_id=task.task_id,
        event_time=instant(found.event_time_us),
        reason=verdict.reason,
        score=scores.score,
        priority=verdict.round,
        exclude_reviewers=sorted({answer.annotator_id for answer in task.answers.values()}),
        base=_base(found.standings, scores),
        consensus=consensus,
        conflicts=conflicts,
    )


def _base(standings: list[Standing], scores: Scores) -> BaseAnnotation | None:
    """The counted answer that agrees best with the others; ties to the first annotator by id."""
    if not scores.counted:
        return None
    best = max(scores.counted, key=lambda row: (scores.individual[row] or 0.0, -row))
    chosen = standings[best]
    return BaseAnnotation(
        submission_id=chosen.submission_id,
        annotator_id=chosen.annotator_id,
        score=scores.individual[best],
        result=[raw_region(region) for region in chosen.answer.result or []],
    )
