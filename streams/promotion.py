"""Ground truth out of agreement: the first answers to a task, where they agree well enough, are held against the rest.

By event time, not by arrival: whoever comes later, and disagrees, changes nothing of what the first have come to. So a
promoted truth stays while the task's first answers do, and is a function of the set of events like everything else.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from streams.kinds.base import Scene
from streams.plan import Plan
from streams.scores import Scores
from streams.stages.adjudicate import Adjudication, adjudicate
from streams.stages.fold import Standing
from streams.stages.score import score

__all__ = ["Promoted", "promoted"]


class Promoted(Struct, gc=False):
    """What the first annotators came to, with everybody's answers beside it."""

    makers: frozenset[int]
    """The rows of those who made it: they are not to be scored by it."""
    scores: Scores
    adjudication: Adjudication


def promoted(standings: Sequence[Standing], plan: Plan, scene: Scene) -> Promoted | None:
    """The truth that the first counted answers make, by time, then event id, then submission id; None for none."""
    gold = plan.settings.gold
    if gold.promote_at is None:
        return None
    counted = [row for row, standing in enumerate(standings) if standing.counts]
    if len(counted) < gold.promote_minimum:
        return None
    counted.sort(key=lambda row: _when(standings[row]))
    makers = frozenset(counted[: gold.promote_minimum])
    scores = score(
        [(s.annotator_id, s.answer.result or [], row in makers) for row, s in enumerate(standings)], plan, 0, scene
    )
    if not scores.passed or scores.score is None or scores.score < gold.promote_at:
        return None
    submissions = [s.submission_id for s in standings]
    adjudication = adjudicate(scores, submissions, plan.settings.annotator_weights, plan.learned)
    return Promoted(makers, scores, adjudication)


def _when(standing: Standing) -> tuple[int, str, str]:
    return standing.answer.at_us, standing.answer.event_id, standing.submission_id
