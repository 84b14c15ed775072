"""What was found about a task → the decision that goes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from streams.contracts.decisions import (
    ControlOutcome,
    Decision,
    ReviewVerdict,
    SubmissionReport,
    UnscoredReport,
)
from streams.contracts.regions import UnscoredRegion
from streams.scores import ControlScore, Scores
from streams.stages.adjudicate import Adjudication
from streams.stages.fold import Standing
from streams.stages.route import Verdict

__all__ = ["decision_of", "raw_region"]

_UNSCORED_BYTES = 2_000_000
"""Of regions that nobody compared, in one decision: masks of twenty annotators would not fit through Kafka."""


def decision_of(
    project_id: str,
    task_id: str,
    event_time: str,
    settings: str,
    standings: Sequence[Standing],
    scores: Scores,
    adjudication: Adjudication,
    verdict: Verdict,
    consensus: list[Any],
    skipped: list[str],
    review: ReviewVerdict | None,
    promoted_gold: bool,
) -> Decision:
    """The decision, without the id that is made of its text."""
    return Decision(
        schema=1,
        type="task.agreement" if verdict.passed else "task.disagreement",
        decision_id="",
        replaces=None,
        revision=0,
        project_id=project_id,
        task_id=task_id,
        event_time=event_time,
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
        consensus=consensus,
        unscored=_unscored(standings, scores) if scores.unscored else [],
        skipped=skipped,
        review=review,
        settings=settings,
        promoted_gold=True if promoted_gold else UNSET,
    )


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
        recall=UNSET if settled.recall is None else settled.recall,
        class_shares=UNSET if settled.class_shares is None else settled.class_shares,
        plain_vote=UNSET if settled.plain_vote is None else settled.plain_vote,
    )


def _unscored(standings: Sequence[Standing], scores: Scores) -> list[UnscoredReport]:
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
