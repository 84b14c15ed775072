"""What stands behind a task's decision, for the statistics: who agreed with whom, with the consensus and with gold.

Made from what the stages found anyway. Gold is compared as one more annotator would be, so a task that still waits for
its quorum has its single answers scored at once.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from math import fsum
from typing import Any, NamedTuple

import msgspec

from streams.contracts.facts import AnnotatorPart, ControlPart, Detail, Units
from streams.contracts.regions import ScoredRegion
from streams.decide import Outcome, discarded_us, scene_of
from streams.decision import raw_region
from streams.plan import Plan
from streams.scores import ControlScore, ObjectEvidence, Scores
from streams.stages.adjudicate import Adjudication
from streams.stages.adjudicate.voters import Settled
from streams.stages.fold import Standing, answered_us
from streams.stages.score import DIGITS, score
from streams.state import Answer, Task
from streams.truths import Held, against_consensus, against_first

__all__ = ["ROOM_BYTES", "detail_of"]

ROOM_BYTES = 500_000
"""For matrices and units of one detail, roughly as JSON: a fact carries two, and has to fit through Kafka. A control
that there is no room for, in the order of names, keeps its score and its conflicts."""

_CELL_BYTES = 9
_UNDECIDED = frozenset(("waiting", "cancelled"))
_STILL_REJECTED = (None, "rejected")
_WITHOUT_CONSENSUS = frozenset(("abandoned",))
_Controls = dict[str, tuple[ControlScore, Held]]


def detail_of(task: Task, plan: Plan, found: Outcome) -> Detail | None:
    """The detail of a task with a decision in force, or with gold and an answer; None for others, and once cancelled.

    Agreement with the consensus and with gold is the mean over the controls that were answered, by their weights. It
    includes the annotator's own part in the consensus: with few annotators it flatters. Gold says nothing of a
    control that it does not answer; that there are no objects is an answer of gold that is empty, or that names the
    control.

    Truth promoted from the first answers is gold to everybody else, without units: it is nothing to learn confusions
    from. A correction by a reviewer is the consensus. While a task waits only gold is compared, and matrices are empty.
    """
    decided = found.scores is not None and found.verdict.state not in _UNDECIDED
    standings = found.standings
    if not standings or not (decided or (task.gold is not None and found.verdict.state != "cancelled")):
        return None
    held = _held(task, plan, found, decided)
    afresh = plan.settings.routing.on_rejected == "all"
    repeats = _repeats(task, plan, standings) if len(task.answers) > len(standings) else {}
    rejected_us = task.header.rejected_us if afresh or found.situation.review in _STILL_REJECTED else -1
    answered = answered_us(task, discarded_us(task, plan))
    times = [answered[s.annotator_id] for s in standings if s.counts] or [*answered.values(), task.header.latest_us]
    return Detail(
        first_us=min(times),
        required=found.situation.required,
        most=max(plan.settings.routing.max_annotators, found.situation.required),
        review=found.situation.review,
        annotators=[
            AnnotatorPart(
                s.annotator_id, s.answer.kind == "model", s.counts, s.answer.lead_time_seconds,
                held.peers[row], held.consensus[row], held.gold[row], s.answer.at_us <= rejected_us,
                repeats.get(s.annotator_id),
            )
            for row, s in enumerate(standings)
        ],
        controls=held.controls,
        consensus_gold=held.consensus_gold,
    )  # fmt: skip


def _repeats(task: Task, plan: Plan, standings: Sequence[Standing]) -> dict[str, float]:
    """Whoever answered twice → agreement of what stands with their other submissions: a new submission, not an edit."""
    found: dict[str, float] = {}
    for one in standings:
        others = [
            (submission_id, answer.result or [], True)
            for submission_id, answer in sorted(task.answers.items())
            if answer.annotator_id == one.annotator_id
            and submission_id != one.submission_id
            and answer.result is not None
        ]
        if others:
            scores = score([("", one.answer.result or [], True), *others], plan, 0, scene_of(task))
            if scores.individual[0] is not None:
                found[one.annotator_id] = scores.individual[0]
    return found


class _Held(NamedTuple):
    """By row: who gave the answers does not matter."""

    peers: Sequence[float | None]
    """Agreement with the others, with the consensus, and with gold."""
    consensus: Sequence[float | None]
    gold: Sequence[float | None]
    controls: dict[str, ControlPart]
    consensus_gold: float | None


def _held(task: Task, plan: Plan, found: Outcome, decided: bool) -> _Held:
    """Remembered where the scores are: without gold, tasks of one pattern that go the same way hold the same."""
    if found.shared is None or task.gold is not None or not decided:
        return _compared(task, plan, found, decided)
    key = ("held", found.verdict)
    known: _Held | None = found.shared.get(key)
    if known is None:
        known = found.shared[key] = _compared(task, plan, found, decided)
    return known


def _compared(task: Task, plan: Plan, found: Outcome, decided: bool) -> _Held:
    standings = found.standings
    gold = {} if task.gold is None else _against_gold(task, plan, task.gold, _results(standings))
    truth = None if task.gold is not None or not decided else found.promoted
    consensus = _consensus(task, plan, found) if decided else {}
    scores = found.scores if decided else None
    if scores is None:
        controls = {name: _gold_part(control, held.units) for name, (control, held) in sorted(gold.items())}
    else:
        controls = {
            control.name: _part(control, found.adjudication.controls[control.name], consensus, gold)  # type: ignore[union-attr]
            for control in scores.controls
        }
    nobody: Sequence[float | None] = [None] * len(standings)
    against_gold = _means(gold.values()) or nobody
    if truth is not None:
        against_gold = _but_for(truth.makers, _means(_settled(truth.scores, truth.adjudication).values()) or nobody)
    return _Held(
        peers=nobody if scores is None else scores.individual,
        consensus=_means(consensus.values()) or nobody,
        gold=against_gold,
        controls=_within_room(controls, consensus, gold),
        consensus_gold=None if task.gold is None else _consensus_gold(task, plan, found, consensus),
    )


def _results(standings: Sequence[Standing]) -> list[Sequence[Any]]:
    return [s.answer.result or [] for s in standings]


def _means(held: Iterable[tuple[ControlScore, Held]]) -> Sequence[float] | None:
    """Σ weight · agreement / Σ weight, for each annotator; None where no control has a weight."""
    weighed = [(control.plan.weight, one.alike) for control, one in held if control.plan.weight > 0]
    if len(weighed) < 2:
        return weighed[0][1] if weighed else None
    total = fsum(weight for weight, _ in weighed)
    rows = zip(*([weight * figure for figure in alike] for weight, alike in weighed), strict=True)
    return [round(fsum(row) / total, DIGITS) for row in rows]


def _consensus(task: Task, plan: Plan, found: Outcome) -> _Controls:
    """By control; nothing where there is no consensus, or nobody to have it with."""
    if found.scores is None or found.adjudication is None or found.verdict.state in _WITHOUT_CONSENSUS:
        return {}
    if found.situation.review == "corrected" and task.review is not None:
        return _against(task, plan, _results(found.standings), task.review.result or [])
    return _settled(found.scores, found.adjudication)


def _settled(scores: Scores, adjudication: Adjudication) -> _Controls:
    held: _Controls = {}
    for control in scores.controls:
        if control.score is None:
            continue
        one = against_consensus(control, adjudication.controls[control.name])
        if one is not None:
            held[control.name] = (control, one)
    return held


def _but_for(makers: Container[int], figures: Sequence[float | None]) -> list[float | None]:
    return [None if row in makers else figure for row, figure in enumerate(figures)]


def _against(task: Task, plan: Plan, results: Sequence[Sequence[Any]], truth: list[Any]) -> _Controls:
    answers: list[tuple[str, Sequence[Any], bool]] = [("", truth, True)]
    answers += [(str(row), result, False) for row, result in enumerate(results)]
    held: _Controls = {}
    for control in score(answers, plan, 0, scene_of(task)).controls:
        one = against_first(control)
        if one is not None:
            held[control.name] = (control, one)
    return held


def _against_gold(task: Task, plan: Plan, gold: Answer, results: Sequence[Sequence[Any]]) -> _Controls:
    held = _against(task, plan, results, gold.result or [])
    return {name: found for name, found in held.items() if _speaks_of(gold, found[0])}


def _speaks_of(gold: Answer, control: ControlScore) -> bool:
    evidence: Any = control.evidence
    if not isinstance(evidence, ObjectEvidence):
        return bool(evidence.regions[0])
    if 0 in evidence.owners:
        return True
    return not gold.result if gold.covers is None else control.name in gold.covers


def _consensus_gold(task: Task, plan: Plan, found: Outcome, consensus: _Controls) -> float | None:
    """Agreement of the consensus with gold, as if an annotator had given it."""
    if not consensus or task.gold is None:
        return None
    regions: list[Any] = found.consensus
    if found.situation.review == "corrected" and task.review is not None:
        regions = task.review.result or []
    else:
        regions = [msgspec.convert(raw_region(region), ScoredRegion, str_keys=True) for region in regions]
    against = _means(_against_gold(task, plan, task.gold, [regions]).values())
    return None if against is None else against[0]


def _part(control: ControlScore, settled: Settled, consensus: _Controls, gold: _Controls) -> ControlPart:
    name = control.name
    conflicts: dict[str, int] = {}
    for one in settled.conflicts:
        conflicts[one.kind] = conflicts.get(one.kind, 0) + 1
    return ControlPart(
        control.plan.type,
        control.score,
        control.passed,
        control.matrix,
        conflicts,
        consensus[name][1].units if name in consensus else None,
        gold[name][1].units if name in gold else None,
        _identical(control) if isinstance(control.evidence, ObjectEvidence) else [],
    )


def _gold_part(control: ControlScore, units: Units | None) -> ControlPart:
    return ControlPart(control.plan.type, None, None, [], {}, None, units)


def _identical(control: ControlScore) -> list[tuple[int, int, int, int]]:
    """Of every two annotators, how many marks were the same object, and how many of these the same to the last digit.

    Relations have no geometry.
    """
    evidence: Any = control.evidence
    if control.plan.type == "relation":
        return []
    owners, shapes, least = evidence.owners, evidence.shapes, control.plan.minimum_similarity
    counts: dict[tuple[int, int], list[int]] = {}
    for pair in evidence.agreement.pairs:
        if pair.similarity >= least:
            seen = counts.setdefault((owners[pair.first], owners[pair.second]), [0, 0])
            seen[0] += 1
            seen[1] += shapes[pair.first] == shapes[pair.second]
    return [(a, b, compared, same) for (a, b), (compared, same) in sorted(counts.items())]


def _within_room(controls: dict[str, ControlPart], consensus: _Controls, gold: _Controls) -> dict[str, ControlPart]:
    room = ROOM_BYTES
    for name, part in controls.items():
        size = _CELL_BYTES * len(part.matrix) ** 2
        if name in consensus:
            size += consensus[name][1].size
        if name in gold:
            size += gold[name][1].size
        if size > room:
            controls[name] = ControlPart(part.type, part.score, part.passed, [], part.conflicts, None)
        else:
            room -= size
    return controls
