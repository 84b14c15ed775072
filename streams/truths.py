"""Annotators held against a truth: the consensus of their task, a reviewer's correction, or gold.

Agreement with a truth is what agreement with another annotator is who gave it: the control's own similarity. Where the
truth is somebody's answer, which it is for nearly every category, it stands in the matrix already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from scoring.agreement.nominal import equality_matrix
from scoring.agreement.objects import compare_objects
from scoring.agreement.sets import jaccard_matrix, masi_matrix
from scoring.agreement.similarity import submatrix
from scoring.consensus.clusters import cluster
from scoring.types import Matrix
from streams.contracts.facts import Units, Value
from streams.kinds import ANSWER_KINDS, OBJECT_KINDS
from streams.kinds.base import places
from streams.plan import ControlPlan
from streams.scores import JOIN, AnswerEvidence, Category, CategoryEvidence, ControlScore, ObjectEvidence, SetEvidence
from streams.stages.adjudicate.voters import DIGITS, ObjectUnit, Settled

__all__ = ["UNITS", "Held", "against_consensus", "against_first"]

UNITS = 1_000
"""Of a control, in one detail; those of the truth come first, then what annotators drew beside it."""

_NUMBERS = frozenset(("number", "rating"))


class Held(NamedTuple):
    """The annotators of a task held against a truth."""

    units: Units | None
    """None for answers that are no classes and no numbers."""
    alike: Sequence[float]
    """Each annotator's agreement with it, in [0, 1], rounded."""
    size: int
    """Of the units as JSON, in bytes, for labels of plain letters."""


def _held(units: Units | None, alike: Sequence[float]) -> Held:
    alike = [round(figure, DIGITS) for figure in alike]
    if units is None:
        return Held(None, alike, 0)
    size = sum(map(_bytes, units.truth)) + sum(_bytes(value) for row in units.given for value in row)
    return Held(units, alike, size)


def _bytes(value: Value) -> int:
    if isinstance(value, str):
        return len(value) + 3
    return 20 if not isinstance(value, list) else 2 + sum(len(label) + 3 for label in value)


def against_consensus(control: ControlScore, settled: Settled) -> Held | None:
    """Everyone whose answer stands against what the task was adjudicated to. None: nobody answered the control."""
    evidence = control.evidence
    if isinstance(evidence, CategoryEvidence):
        values = [region.value for region in settled.consensus]
        truth: Category = values[0] if len(values) == 1 else JOIN.join(map(_spelled, values)) or None
        return _category(control.plan, evidence.answers, truth)
    if isinstance(evidence, SetEvidence):
        return _set(control.plan, evidence.answers, frozenset(settled.consensus[0].value if settled.consensus else ()))
    if isinstance(evidence, AnswerEvidence):
        return _answer(control, evidence.answers, settled.answer)
    return _objects(control, evidence, settled.objects)


def against_first(control: ControlScore) -> Held | None:
    """Everyone but the first, whose answer is the truth. None: nobody answered the control."""
    evidence, plan = control.evidence, control.plan
    if isinstance(evidence, CategoryEvidence):
        return _category(plan, evidence.answers[1:], evidence.answers[0])
    if isinstance(evidence, SetEvidence):
        return _set(plan, evidence.answers[1:], evidence.answers[0])
    if isinstance(evidence, AnswerEvidence):
        truth, answers = evidence.answers[0], evidence.answers[1:]
        if truth is None and not _given(answers):
            return None
        return _held(_number_units(plan, truth, answers), control.matrix[0][1:])
    return _held(_units_of_first(plan, evidence, len(control.matrix) - 1), control.matrix[0][1:])


# ---- categories and sets


@lru_cache(maxsize=16_384)
def _category(plan: ControlPlan, answers: tuple[Category, ...], truth: Category) -> Held | None:
    """Remembered, as the scores of the same answers are: thousands of tasks share it."""
    if truth is None and not _given(answers):
        return None
    named = _value(truth)
    given = [_value(answer) for answer in answers]
    return _held(Units([named], [given]), [1.0 if value == named else 0.0 for value in given])


def _value(answer: Category) -> Value:
    return None if answer is None else _spelled(answer).replace(JOIN, " | ")


def _spelled(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else value


_SETS: dict[str, Callable[[Any], Matrix]] = {"exact": equality_matrix, "jaccard": jaccard_matrix, "masi": masi_matrix}


@lru_cache(maxsize=4_096)
def _set(plan: ControlPlan, answers: tuple[frozenset[str], ...], truth: frozenset[str]) -> Held | None:
    if not truth and not any(answers):
        return None
    alike = _SETS[plan.metric]([truth, *answers])[0][1:]
    return _held(Units([sorted(truth)], [[sorted(answer) for answer in answers]]), alike)


# ---- answers


def _answer(control: ControlScore, answers: list[Any], truth: Any) -> Held | None:
    if not _given(answers):
        return None
    if truth in answers:
        alike = control.matrix[answers.index(truth)]
    else:
        alike = ANSWER_KINDS[control.plan.type].compare([truth, *answers], control.plan)[0][1:]
    return _held(_number_units(control.plan, truth, answers), alike)


def _number_units(plan: ControlPlan, truth: Any, answers: list[Any]) -> Units | None:
    return Units([truth], [list(answers)]) if plan.type in _NUMBERS else None


def _given(answers: Sequence[Any]) -> bool:
    return any(answer is not None for answer in answers)


# ---- objects


def _objects(control: ControlScore, evidence: ObjectEvidence, objects: Sequence[ObjectUnit]) -> Held:
    """By the clusters that the consensus was made of: an annotator has at most one mark in each."""
    plan, annotators = control.plan, len(control.matrix)
    truth: list[Value] = [unit.kept[0][0] if unit.kept else None for unit in objects]
    given: list[list[Value]] = [[None] * annotators for _ in objects]
    gained, voted, least = [0.0] * annotators, set[int](), plan.minimum_similarity
    for row, unit in zip(given, objects, strict=True):
        for annotator, label, like in zip(unit.rows, unit.labels, unit.alike, strict=True):
            row[annotator] = label
            gained[annotator] += like if plan.metric != "f1" else float(like >= least)
            voted.add(annotator)
    drawn = [0] * annotators
    for owner in evidence.owners:
        drawn[owner] += 1
    kept = sum(len(unit.kept) for unit in objects)
    alike = [2.0 * gain / (count + kept) if count + kept else 1.0 for gain, count in zip(gained, drawn, strict=True)]
    for annotator in range(annotators):
        if drawn[annotator] and annotator not in voted:  # a model, which has no part in the clusters
            alike[annotator] = _beside(plan, evidence, objects, annotator, truth, given)
    return _held(Units(truth[:UNITS], given[:UNITS]), alike)


def _beside(
    plan: ControlPlan,
    evidence: ObjectEvidence,
    objects: Sequence[ObjectUnit],
    annotator: int,
    truth: list[Value],
    given: list[list[Value]],
) -> float:
    """Match somebody who did not vote to the consensus; their marks join its units, or are units of their own."""
    kept = [(number, label, shape) for number, unit in enumerate(objects) for label, shape in unit.kept]
    mine = [i for i, owner in enumerate(evidence.owners) if owner == annotator]
    shapes = [shape for _, _, shape in kept] + [evidence.shapes[i] for i in mine]
    labels = [label for _, label, _ in kept] + [evidence.regions[i].label for i in mine]
    agreement = compare_objects(
        OBJECT_KINDS[plan.type].compare(shapes, plan, evidence.scene),
        [0] * len(kept) + [1] * len(mine),
        labels,
        2,
        metric="f1" if plan.metric == "f1" else "soft_f1",
        minimum_similarity=plan.minimum_similarity if plan.metric == "f1" else 0.0,
    )
    annotators, placed = len(evidence.agreement.matrix), set()
    for pair in agreement.pairs:
        if pair.similarity >= plan.minimum_similarity:
            given[kept[pair.first][0]][annotator] = labels[pair.second]
            placed.add(pair.second)
    for i in range(len(kept), len(shapes)):
        if i not in placed:
            truth.append(None)
            given.append([labels[i] if row == annotator else None for row in range(annotators)])
    return agreement.matrix[0][1]


def _units_of_first(plan: ControlPlan, evidence: ObjectEvidence, annotators: int) -> Units:
    """One unit per mark of the first, then one per object that others drew beside them."""
    owners, labels = evidence.owners, [region.label for region in evidence.regions]
    true = owners.count(0)
    truth: list[Value] = list(labels[:true])
    given: list[list[Value]] = [[None] * annotators for _ in range(true)]
    placed = set()
    for pair in evidence.agreement.pairs:
        if owners[pair.first] == 0 and pair.similarity >= plan.minimum_similarity:
            given[pair.first][owners[pair.second] - 1] = labels[pair.second]
            placed.add(pair.second)
    beside = [i for i in range(true, len(owners)) if i not in placed]
    for group in _groups(plan, evidence, beside, labels):
        truth.append(None)
        row: list[Value] = [None] * annotators
        for i in group:
            row[owners[i] - 1] = labels[i]
        given.append(row)
    return Units(truth[:UNITS], given[:UNITS])


def _groups(plan: ControlPlan, evidence: ObjectEvidence, marks: list[int], labels: list[str]) -> list[list[int]]:
    if len(marks) < 2:
        return [marks] if marks else []
    shapes, names = [evidence.shapes[i] for i in marks], [labels[i] for i in marks]
    similarity = submatrix(evidence.similarity, marks)
    found = cluster(
        similarity, [evidence.owners[i] for i in marks], names, plan.minimum_similarity, places(shapes, names)
    )
    return [[marks[i] for i in members] for members in found]
