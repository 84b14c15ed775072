"""One task as it stands → its decision: the score, adjudicate and route stages joined.

`outcome` is a pure function of the task's folded events and the project's plan: it does not know how the task came to
be as it is, nor what was decided before.
"""

from __future__ import annotations

from math import hypot
from typing import Any

import msgspec
from msgspec import Struct

from streams.contracts.decisions import Decision, ReviewVerdict
from streams.decision import decision_of, raw_region
from streams.judge import in_slots, judge, judge_by_name
from streams.kinds.base import UNKNOWN_SCENE, Scene
from streams.plan import Plan
from streams.promotion import Promoted, promoted
from streams.scores import Scores
from streams.stages.adjudicate import Adjudication
from streams.stages.emit import evidence_id, instant, named, written
from streams.stages.fold import Standing, required_annotators, standing
from streams.stages.route import Situation, Verdict, may_join, route
from streams.state import ReviewNote, Task
from streams.template import Template, slot

__all__ = ["Outcome", "outcome", "scene_of"]

_KINDS = {"human": b'"human"', "model": b'"model"'}
_LETS_STAND = (None, "approved")
_WITHOUT_CONSENSUS = frozenset(("waiting", "abandoned", "cancelled"))


class Outcome(Struct, gc=False):
    """What a task comes to now."""

    verdict: Verdict
    situation: Situation
    standings: list[Standing]
    scores: Scores | None
    """None while there is no quorum and nothing else to decide. Shared between tasks that are alike: annotators go by
    their rows, which are those of `standings`, and names may be slots."""
    adjudication: Adjudication | None
    """Likewise."""
    consensus: list[Any]
    """Likewise; a reviewer's correction where there is one."""
    shared: dict[Any, Any] | None
    """Room for what all tasks have in common that share `scores`; None: nobody shares them."""
    decision_id: str
    body: bytes
    event_time_us: int
    promoted: Promoted | None = None
    """What the first answers made, where the project promotes it."""


def outcome(task: Task, plan: Plan) -> Outcome:
    """Decide a task from what is folded into it."""
    routing = plan.settings.routing
    standings = standing(task, routing.count_models, discarded_us(task, plan))
    situation = _situation(task, plan, standings)
    if _only_waits(task, plan, situation):
        verdict = Verdict("waiting", False, "quorum_not_reached", 1, situation.required)
        at_us = _latest(task, standings, None)
        return Outcome(verdict, situation, standings, None, None, [], None, "", b"", at_us)
    judged = judge(standings, plan, may_join(situation, routing), scene_of(task))
    evidence = evidence_id(
        task.project_id,
        task.task_id,
        [(s.submission_id, s.answer.version, s.answer.at_us, s.answer.event_id) for s in standings if s.counts],
    )
    if task.review is not None:
        review = _review_in_force(task.review, standings, evidence, afresh=routing.on_rejected == "all")
        situation = msgspec.structs.replace(situation, review=review)
    if judged.shared is not None and (task.header.skipped or situation.review is not None):
        judged = judge_by_name(standings, plan, may_join(situation, routing), scene_of(task))
    verdict = route(situation, judged.scores, routing)
    at_us = _latest(task, standings, situation.review)
    consensus = _consensus(task, situation, verdict, judged.adjudication)
    truth = None
    if plan.settings.gold.promote_at is not None and not situation.cancelled and situation.review in _LETS_STAND:
        truth = promoted(standings, plan, scene_of(task))
    found = Outcome(
        verdict, situation, standings, judged.scores, judged.adjudication, consensus, judged.shared, "", b"", at_us,
        truth,
    )  # fmt: skip
    text = _own_text(task, plan, found) if judged.shared is None else _shared_text(task, plan, found, judged.shared)
    found.decision_id, found.body = named(text, verdict.passed, evidence)
    return found


def discarded_us(task: Task, plan: Plan) -> int:
    """Answers up to this time do not count: a reviewer rejected them, and the settings start such a task afresh."""
    return task.header.rejected_us if plan.settings.routing.on_rejected == "all" else -1


def _decision(task: Task, plan: Plan, found: Outcome) -> Decision:
    scores, adjudication = found.scores, found.adjudication
    if scores is None or adjudication is None:
        raise ValueError(f"expected a task with a decision; {task.project_id}/{task.task_id} only waits")
    skipped = task.header.skipped.keys() - {s.annotator_id for s in found.standings}
    return decision_of(
        task.project_id, task.task_id, instant(found.event_time_us), plan.hash, found.standings, scores, adjudication,
        found.verdict, found.consensus, sorted(skipped), _review_verdict(task, found.situation),
        found.promoted is not None,
    )  # fmt: skip


def _own_text(task: Task, plan: Plan, found: Outcome) -> bytes:
    return written(_decision(task, plan, found))


def _shared_text(task: Task, plan: Plan, found: Outcome, shared: dict[Any, Any]) -> bytes:
    """What `_own_text` would write, from the text that all tasks of the pattern share where they go the same way."""
    template: Template | None = shared.get(found.verdict)
    if template is None:
        in_place = decision_of(
            slot("p"), slot("t"), slot("e"), plan.hash, in_slots(found.standings), found.scores, found.adjudication,  # type: ignore[arg-type]
            found.verdict, found.consensus, [], None, False,
        )  # fmt: skip
        names = ["p", "t", "e"]
        for row, standing_ in enumerate(found.standings):
            names += [f"a{row}", f"s{row}", f"v{row}", f"k{row}"]
            names += [f"s{row}/{i}" for i in range(len(standing_.answer.result or []))]
        template = shared[found.verdict] = Template.of(written(in_place), names)
    values = [written(task.project_id), written(task.task_id), b'"%s"' % instant(found.event_time_us).encode()]
    for annotator_id, submission_id, answer, _ in found.standings:
        values += (written(annotator_id), written(submission_id), b"%d" % answer.version, _KINDS[answer.kind])
        for region in answer.result or ():
            values.append(written(f"{submission_id}/{region.id}"))
    return template.fill(values)


def scene_of(task: Task) -> Scene:
    """What is known of the task's image."""
    width, height = (task.header.fields.get(name) for name in ("width_px", "height_px"))
    if width is None or height is None:
        return UNKNOWN_SCENE
    return Scene(hypot(width[2], height[2]), (width[2], height[2]))


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


def _consensus(task: Task, situation: Situation, verdict: Verdict, adjudication: Adjudication) -> list[Any]:
    if situation.review == "corrected" and verdict.state == "reviewed" and task.review is not None:
        return [_corrected(region, task.review.reviewer_id) for region in task.review.result or []]
    return [] if verdict.state in _WITHOUT_CONSENSUS else list(adjudication.consensus)


def _corrected(region: Any, reviewer_id: str) -> dict[str, Any]:
    return {**raw_region(region), "support": [reviewer_id], "confidence": 1.0, "sources": [f"review/{region.id}"]}


def _review_verdict(task: Task, situation: Situation) -> ReviewVerdict | None:
    note = task.review
    if situation.review is None or note is None:
        return None
    return ReviewVerdict(reviewer_id=note.reviewer_id, verdict=note.verdict, event_id=note.event_id)
