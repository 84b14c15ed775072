"""Standing answers → scores and consensus: the score and adjudicate stages joined, remembered where tasks are alike.

Most tasks of a classification project are alike but for names: three said day, or two said day and one night. Such a
pattern is worked out once, by the same two stages, with slots for names (`streams.template`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from streams.contracts.regions import Boolean, Choice
from streams.kinds.base import Scene
from streams.plan import Plan
from streams.scores import Scores
from streams.stages.adjudicate import Adjudication, adjudicate
from streams.stages.fold import Standing
from streams.stages.score import score
from streams.template import SLOT, slot

__all__ = ["Judged", "in_slots", "judge", "judge_by_name"]

_ANNOTATORS = 8
"""Beyond, patterns hardly ever repeat. Slots must sort as their rows do, too, which they would up to ten."""
_PATTERNS = 4_096
"""Remembered of a project; a few kB each."""


class Judged(Struct, gc=False):
    """What the stages found."""

    scores: Scores
    adjudication: Adjudication
    shared: dict[Any, Any] | None = None
    """None: made for this task alone. Else names are slots, and later steps keep here what all tasks of the pattern
    have in common."""


def judge(standings: Sequence[Standing], plan: Plan, may_join: int, scene: Scene) -> Judged:
    """Score and adjudicate the answers that stand, sorted by annotator; from memory where the pattern is known.

    But for the names it is the same: annotators keep their order, and nothing else depends on a name unless votes are
    weighted by it.
    """
    pattern = _pattern(standings, may_join) if plan.remembers and len(standings) <= _ANNOTATORS else None
    if pattern is None:
        return judge_by_name(standings, plan, may_join, scene)
    known = plan.remembered.get(pattern)
    if known is None:
        if len(plan.remembered) >= _PATTERNS:
            plan.remembered.clear()
        known = plan.remembered[pattern] = _worked_out(pattern, standings, plan, may_join, scene)
    return judge_by_name(standings, plan, may_join, scene) if known.shared is None else known


def _worked_out(
    pattern: tuple[Any, ...], standings: Sequence[Standing], plan: Plan, may_join: int, scene: Scene
) -> Judged:
    judged = judge_by_name(in_slots(standings), plan, may_join, scene)
    # A region that was not scored is handed on as it was sent, with its own id.
    if not judged.scores.unscored and not any(type(part) is str and SLOT in part for part in pattern):
        judged.shared = {}
    return judged


def judge_by_name(standings: Sequence[Standing], plan: Plan, may_join: int, scene: Scene) -> Judged:
    """Score and adjudicate these very answers."""
    answers = [(s.annotator_id, s.answer.result or [], s.counts) for s in standings]
    scores = score(answers, plan, may_join, scene)
    weights = plan.settings.annotator_weights
    return Judged(scores, adjudicate(scores, [s.submission_id for s in standings], weights, plan.learned))


def _pattern(standings: Sequence[Standing], may_join: int) -> tuple[Any, ...] | None:
    """What was answered without who did: per annotator whether they count, then each control and its value.

    None where an answer is no single category. A flat tuple is read back in one way only: the place after a value
    holds a string where the same annotator goes on, and a truth value where the next one begins.
    """
    pattern: list[Any] = [may_join]
    for standing in standings:
        pattern.append(standing.counts)
        for region in standing.answer.result or ():
            kind = type(region)
            if kind is not Choice and kind is not Boolean:
                return None
            pattern.append(region.control)
            pattern.append(region.value)  # type: ignore[union-attr]  # Choice or Boolean, as was just seen
    return tuple(pattern)


def in_slots(standings: Sequence[Standing]) -> list[Standing]:
    """The same answers with slots for names: annotator `a0`, submission `s0`, its first region `s0/0`, and so on."""
    return [_in_slots(row, standing) for row, standing in enumerate(standings)]


def _in_slots(row: int, standing: Standing) -> Standing:
    regions = [msgspec.structs.replace(r, id=str(i)) for i, r in enumerate(standing.answer.result or [])]
    version: Any = slot(f"v{row}")  # written as a string, and filled in as a number
    kind: Any = slot(f"k{row}")
    answer = msgspec.structs.replace(standing.answer, result=regions, version=version, kind=kind)
    return Standing(slot(f"a{row}"), slot(f"s{row}"), answer, standing.counts)
