"""One task as it stands → its decision: the score, adjudicate and route stages joined.

`outcome` is a pure function of the task's folded events and the project's plan: it does not know how the task came to
be as it is, nor what was decided before.
"""

from __future__ import annotations

from math import hypot
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from streams.contracts.decisions import (
    ControlOutcome,
    Decision,
    ReviewVerdict,
    SubmissionReport,
    UnscoredReport,
)
from streams.contracts.regions import UnscoredRegion
from streams.judge import judge
from streams.kinds.base import Scene
from streams.plan import Plan
from streams.promotion import Promoted, promoted
from streams.scores import ControlScore, Scores
from streams.stages.adjudicate import Adjudication
from streams.stages.emit import decision_bytes, evidence_id, instant
from streams.stages.fold import Standing, required_annotators, standing
from streams.stages.route import Situation, Verdict, may_join, route
from streams.state import ReviewNote, Task

__all__ = ["Outcome", "outcome", "raw_region", "scene_of"]

_WITHOUT_CONSENSUS = frozenset(("waiting", "abandoned", "cancelled"))
_LETS_STAND = (None, "approved")
_UNSCORED_BYTES = 2_000_000
"""Of regions that nobody compared, in one decision: masks of twenty annotators would not fit through Kafka."""


class Outcome(Struct, gc=False):
    """What a task comes to now."""

    verdict: Verdict
    situation: Situation
    standings: list[Standing]
    scores: Scores | None
    """None while there is no quorum and nothing else to decide."""
    adjudication: Adjudication | None
    decision: Decision | None
    decision_id: str
    body: bytes
    event_time_us: int
    promoted: Promoted | None = None
    """What the first answers made, where the project promotes it."""


def outcome(task: Task, plan: Plan) -> Outcome:
    """Decide a task from what is folded into it."""
    routing = plan.settings.routing
    standings = standing(task, routing.count_models, task.header.rejected_us if routing.on_rejected == "all" else -1)
    situation = _situation(task, plan, standings)
    if _only_waits(task, plan, situation):
        verdict = Verdict("waiting", False, "quorum_not_reached", 1, situation.required)
        return Outcome(verdict, situation, standings, None, None, None, "", b"", _latest(task, standings, None))
    scores, adjudication = judge(standings, plan, may_join(situation, routing), scene_of(task))
    evidence = evidence_id(
        task.project_id,
        task.task_id,
        [(s.submission_id, s.answer.version, s.answer.at_us, s.answer.event_id) for s in standings if s.counts],
    )
    if task.review is not None:
        review = _review_in_force(task.review, standings, evidence, afresh=routing.on_rejected == "all")
        situation = msgspec.structs.replace(situation, review=review)
    return _decided(task, plan, standings, situation, scores, adjudication, evidence)


def scene_of(task: Task) -> Scene:
    """What is known of the task's image."""
    width, height = (task.header.fields.get(name) for name in ("width_px", "height_px"))
    return Scene(None if width is None or height is None else hypot(width[2], height[2]))


def _situation(task: Task, plan: Plan, standings: list[Standing]) -> Situation:
    routing = plan.settings.routing
    skipped, counted, rejected = 0, 0, 0
    for s in standings:
        counted += s.counts
        rejected += not s.counts and (routing.count_models or s.answer.kind == "human")
    if task.header.skipped:
        skipped = len(task.header.skipped.keys() - {s.annotator_id for s in standings})
    required = required_annotators(task, plan.settings.required_annotators)
    return Situation(counted, required, task.header.cancelled_us is not None, skipped, None, rejected)


def _only_waits(task: Task, plan: Plan, situation: Situation) -> bool:
    """Most events find a task that waits and has never been decided: nothing to score, nothing to write."""
    return (
        situation.counted < situation.required
        and task.review is None
        and task.header.decision_id is None
        and not situation.cancelled
        and not (situation.skipped and plan.settings.routing.skip_policy == "review")
    )


def _review_in_force(note: ReviewNote, standings: list[Standing], evidence: str, *, afresh: bool) -> Any:
    """The verdict of the latest review, unless what it was about is gone.

    A correction stands on its own. An approval or rejection that names a decision holds while the answers that count
    are those of that decision. A rejection asks for new evidence: it is spent once a counted answer is later than it.
    One that starts the task afresh has taken all answers up to its time: none is left to tell its decision by.
    """
    if note.verdict == "corrected":
        return "corrected"
    of = None if afresh and note.verdict == "rejected" else note.decision_id
    if of is not None and not of.startswith(evidence):
        return None
    if note.verdict == "rejected" and any(s.counts and s.answer.at_us > note.at_us for s in standings):
        return None
    return note.verdict


def _latest(task: Task, standings: list[Standing], review: str | None) -> int:
    """Time of the latest thing that the decision rests on."""
    times = [s.answer.at_us for s in standings]
    if task.header.cancelled_us is not None:
        times.append(task.header.cancelled_us)
    if review is not None and task.review is not None:
        times.append(task.review.at_us)
    return max(times, default=0)


def _decided(
    task: Task,
    plan: Plan,
    standings: list[Standing],
    situation: Situation,
    scores: Scores,
    adjudication: Adjudication,
    evidence: str,
) -> Outcome:
    verdict = route(situation, scores, plan.settings.routing)
    at_us = _latest(task, standings, situation.review)
    truth = None
    if plan.settings.gold.promote_at is not None and not situation.cancelled and situation.review in _LETS_STAND:
        truth = promoted(standings, plan, scene_of(task))
    decided = Decision(
        schema=1,
        type="task.agreement" if verdict.passed else "task.disagreement",
        decision_id="",
        replaces=None,
        revision=0,
        project_id=task.project_id,
        task_id=task.task_id,
        event_time=instant(at_us),
        round=verdict.round,
        state=verdict.state,
        reason=verdict.reason,
        score=scores.score,
        passed=verdict.passed,
        submissions=[
            SubmissionReport(
                submission_id=s.submission_id,
                version=s.answer.version,
                annotator_id=s.annotator_id,
                annotator_kind=s.answer.kind,
                counts=s.counts,
                score=individual,
            )
            for s, individual in zip(standings, scores.individual, strict=True)
        ],
        controls={control.name: _control(control, scores, adjudication) for control in scores.controls},
        consensus=_consensus(task, situation, verdict, adjudication),
        unscored=_unscored(standings, scores) if scores.unscored else [],
        skipped=sorted(task.header.skipped.keys() - set(scores.annotators)) if task.header.skipped else [],
        review=_review_verdict(task, situation),
        settings=plan.hash,
        promoted_gold=UNSET if truth is None else True,
    )
    decision_id, body = decision_bytes(decided, evidence)
    return Outcome(verdict, situation, standings, scores, adjudication, decided, decision_id, body, at_us, truth)


def _control(control: ControlScore, scores: Scores, adjudication: Adjudication) -> ControlOutcome:
    settled = adjudication.controls[control.name]
    return ControlOutcome(
        type=control.plan.type,
        metric=control.plan.metric,
        aggregate=control.plan.aggregate,
        score=control.score,
        undefined=control.undefined,
        threshold=control.plan.threshold,
        passed=control.passed,
        annotators=scores.annotators,
        matrix=control.matrix,  # type: ignore[arg-type]
        adjudication=control.plan.adjudication,
        soft_labels=settled.soft_labels,
        conflicts=settled.conflicts,
        weights=UNSET if settled.weights is None else settled.weights,
    )


def _consensus(task: Task, situation: Situation, verdict: Verdict, adjudication: Adjudication) -> list[Any]:
    if situation.review == "corrected" and verdict.state == "reviewed" and task.review is not None:
        return [_corrected(region, task.review.reviewer_id) for region in task.review.result or []]
    return [] if verdict.state in _WITHOUT_CONSENSUS else list(adjudication.consensus)


def _corrected(region: Any, reviewer_id: str) -> dict[str, Any]:
    return {**raw_region(region), "support": [reviewer_id], "confidence": 1.0, "sources": [f"review/{region.id}"]}


def _unscored(standings: list[Standing], scores: Scores) -> list[UnscoredReport]:
    reports = [
        UnscoredReport(
            submission_id=standings[placed.row].submission_id,
            annotator_id=standings[placed.row].annotator_id,
            reason=placed.reason,
            region=raw_region(placed.region),
        )
        for placed in scores.unscored
    ]
    reports.sort(key=lambda r: (r.annotator_id, str(r.region.get("control")), str(r.region.get("id")), r.reason))
    room = _UNSCORED_BYTES
    for report in reports:
        room -= len(msgspec.json.encode(report.region))
        if room < 0:
            report.region = {name: report.region.get(name) for name in ("id", "control", "type")}
    return reports


def raw_region(region: Any) -> Any:
    """A region as its producer sent it."""
    return region.raw if isinstance(region, UnscoredRegion) else msgspec.to_builtins(region)


def _review_verdict(task: Task, situation: Situation) -> ReviewVerdict | None:
    note = task.review
    if situation.review is None or note is None:
        return None
    return ReviewVerdict(reviewer_id=note.reviewer_id, verdict=note.verdict, event_id=note.event_id)
