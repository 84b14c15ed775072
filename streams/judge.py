"""Standing answers → scores and consensus: the score and adjudicate stages joined, remembered where tasks are alike.

Most tasks of a classification project are alike but for names: three said day, or two said day and one night. Such a
pattern is worked out once, with numbers for names, by the same two stages; after that only the names are put in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from streams.contracts.decisions import Conflict
from streams.contracts.regions import Boolean, Choice
from streams.kinds.base import Scene
from streams.plan import Plan
from streams.scores import Scores
from streams.stages.adjudicate import Adjudication, adjudicate
from streams.stages.adjudicate.voters import Settled
from streams.stages.fold import Standing
from streams.stages.score import score

__all__ = ["judge"]

_ANNOTATORS = 8
"""Beyond, patterns hardly ever repeat."""
_DIGITS = "01234567"
_PATTERNS = 4_096
"""Remembered of a project; a few kB each."""


def judge(standings: Sequence[Standing], plan: Plan, may_join: int, scene: Scene) -> tuple[Scores, Adjudication]:
    """Score and adjudicate the answers that stand, sorted by annotator.

    Remembered or not, the result is the same: annotators keep their order, and nothing else depends on a name unless
    votes are weighted by it.
    """
    pattern = None if plan.weighs_by_name or len(standings) > _ANNOTATORS else _pattern(standings, may_join)
    if pattern is None:
        return _judged(standings, plan, may_join, scene)
    known = plan.remembered.get(pattern)
    if known is None:
        if len(plan.remembered) >= _PATTERNS:
            plan.remembered.clear()
        numbered = [_numbered(row, standing) for row, standing in enumerate(standings)]
        known = plan.remembered[pattern] = _judged(numbered, plan, may_join, scene)
    return _with_names(known[0], known[1], standings)


def _judged(standings: Sequence[Standing], plan: Plan, may_join: int, scene: Scene) -> tuple[Scores, Adjudication]:
    answers = [(s.annotator_id, s.answer.result or [], s.counts) for s in standings]
    scores = score(answers, plan, may_join, scene)
    weights = plan.settings.annotator_weights
    return scores, adjudicate(scores, [s.submission_id for s in standings], weights, plan.learned)


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


def _numbered(row: int, standing: Standing) -> Standing:
    """The standing with numbers for names; a digit sorts as the row does, up to ten annotators."""
    regions = [msgspec.structs.replace(r, id=str(i)) for i, r in enumerate(standing.answer.result or [])]
    answer = msgspec.structs.replace(standing.answer, result=regions)
    return standing._replace(annotator_id=_DIGITS[row], submission_id=_DIGITS[row], answer=answer)


def _with_names(
    scores: Scores, adjudication: Adjudication, standings: Sequence[Standing]
) -> tuple[Scores, Adjudication]:
    names, marks = {}, {}
    for row, standing in enumerate(standings):
        names[_DIGITS[row]] = standing.annotator_id
        for i, region in enumerate(standing.answer.result or ()):
            marks[f"{row}/{i}"] = f"{standing.submission_id}/{region.id}"
    controls = {name: _settled(settled, names, marks) for name, settled in adjudication.controls.items()}
    consensus = [region for settled in controls.values() for region in settled.consensus]
    named = Scores(
        list(names.values()), scores.counted, scores.controls, scores.score, scores.passed, scores.reachable,
        scores.failing, scores.individual, [],
    )  # fmt: skip
    return named, Adjudication(consensus, controls)


def _settled(settled: Settled, names: dict[str, str], marks: dict[str, str]) -> Settled:
    consensus = [
        type(region)(
            id=region.id,
            control=region.control,
            value=region.value,
            support=[names[n] for n in region.support],
            confidence=region.confidence,
            sources=[marks[m] for m in region.sources],
        )
        for region in settled.consensus
    ]
    conflicts = [
        Conflict(
            kind=c.kind,
            annotators=[names[n] for n in c.annotators],
            regions=[marks[m] for m in c.regions],
            detail=c.detail,
        )
        for c in settled.conflicts
    ]
    return Settled(consensus, settled.soft_labels, conflicts)
