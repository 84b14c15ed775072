"""Standing answers → how far their annotators agree, per control and overall.

The mathematics is in `scoring`; here answers are sorted into controls, and thresholds are held against the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from scoring.agreement.aggregate import (
    PairLaw,
    best_consensus_share,
    best_mean_of_pairs,
    best_pairs_nominal,
    consensus_share,
    mean_of_pairs,
    mean_with_others,
)
from scoring.agreement.nominal import equality_matrix
from scoring.agreement.objects import compare_objects
from scoring.agreement.sets import jaccard_matrix, masi_matrix
from scoring.types import Matrix, Undefined
from streams.contracts.regions import UnscoredRegion
from streams.kinds import ANSWER_KINDS, OBJECT_KINDS, tag_of, takes
from streams.kinds.base import UNKNOWN_SCENE, Scene
from streams.kinds.marked_text import with_texts
from streams.kinds.relations import Ends
from streams.plan import ControlPlan, Plan
from streams.platforms import PLATFORMS, platform_figures
from streams.scores import (
    JOIN,
    AnswerEvidence,
    Category,
    CategoryEvidence,
    ControlScore,
    ObjectEvidence,
    Placed,
    Scores,
    SetEvidence,
)

__all__ = ["DIGITS", "score"]

DIGITS = 6
"""Decimals of every figure that leaves the engine: enough to rank tasks, too few to show rounding noise. Thresholds are
held against the rounded figure, so what one reads is what was compared."""

_REMEMBERED_ANNOTATORS = 8

_Answers = list[list[Any]]
"""Per annotator, the regions of one control."""


def score(
    answers: Sequence[tuple[str, Sequence[Any], bool]], plan: Plan, may_join: int, scene: Scene = UNKNOWN_SCENE
) -> Scores:
    """Score every control that anybody answered or that the settings name.

    Args:
        answers: (annotator id, regions, counts) of everyone whose answer stands, sorted by annotator id.
        plan: the project.
        may_join: how many more annotators are allowed, for what the scores can still become.
        scene: what is known of the task's image.

    Returns:
        `Scores`; with fewer than two counted annotators every score is undefined and says so.
    """
    counted = [row for row, (_, _, counts) in enumerate(answers) if counts]
    by_control, unscored = _sort_into_controls(answers, plan)
    controls: list[ControlScore] = []
    relations: list[tuple[str, ControlPlan, _Answers]] = []
    for name, rows in by_control:
        control, compared = _resolve(name, rows, counted, plan, unscored)
        if control is None:  # configured without a type, and nobody answered it
            continue
        if control.type == "relation":
            relations.append((name, control, compared))
        else:
            controls.append(_score_control(name, control, compared, counted, may_join, scene))
    if relations:  # what they connect has to be matched first
        ends = Ends(controls)
        for name, control, compared in relations:
            marks, figures = _score_objects(control, compared, counted, may_join, scene, ends.relation)
            controls.append(ControlScore(name, control, *figures, marks))
        controls.sort(key=lambda control: control.name)
    return _combine([a for a, _, _ in answers], counted, controls, plan, unscored)


def _sort_into_controls(
    answers: Sequence[tuple[str, Sequence[Any], bool]], plan: Plan
) -> tuple[list[tuple[str, _Answers]], list[Placed]]:
    unscored: list[Placed] = []
    found: dict[str, _Answers] = {name: [[] for _ in answers] for name in plan.settings.controls}
    for row, (_, regions, _) in enumerate(answers):
        for region in regions:
            if type(region) is UnscoredRegion:
                unscored.append(Placed(row, region, region.reason))
                continue
            rows = found.get(region.control)
            if rows is None:
                rows = found[region.control] = [[] for _ in answers]
            rows[row].append(region)
    return sorted(found.items()), unscored


def _resolve(
    name: str, rows: _Answers, counted: Sequence[int], plan: Plan, unscored: list[Placed]
) -> tuple[ControlPlan | None, _Answers]:
    """The control's plan, and its answers without the regions of another type, which go to `unscored`."""
    kinds = {type(region) for row in rows for region in row}
    if len(kinds) == 1:
        kind = tag_of(kinds.pop())
        control = plan.control(name, (kind,))
        if control is not None and control.type == kind:
            return control, rows
    voters = [region for row in counted for region in rows[row]] or [region for row in rows for region in row]
    control = plan.control(name, [tag_of(type(region)) for region in voters])
    if control is None:
        return None, rows
    kept: _Answers = []
    for row, regions in enumerate(rows):
        kept.append([region for region in regions if takes(control.type, type(region))])
        unscored += [Placed(row, r, "wrong_control_type") for r in regions if not takes(control.type, type(r))]
    return control, kept


class _Figures(NamedTuple):
    """What a control's answers come to, whoever gave them."""

    matrix: Matrix
    score: float | None
    undefined: str | None
    passed: bool | None
    best_possible: float | None
    individual: list[float | None]


def _score_control(
    name: str, plan: ControlPlan, rows: _Answers, counted: list[int], may_join: int, scene: Scene
) -> ControlScore:
    if plan.type in OBJECT_KINDS:
        marks, figures = _score_objects(plan, rows, counted, may_join, scene)
        return ControlScore(name, plan, *figures, marks)
    if plan.type in ANSWER_KINDS:
        answered, figures = _score_answers(plan, rows, counted, may_join)
        return ControlScore(name, plan, *figures, answered)
    if plan.type == "choices":
        sets = tuple(frozenset(label for region in regions for label in region.value) for regions in rows)
        return ControlScore(name, plan, *_categorical(plan, sets, tuple(counted), may_join), SetEvidence(sets, rows))
    answers = tuple(_category(regions) for regions in rows)
    figures = _categorical(plan, answers, tuple(counted), may_join)
    return ControlScore(name, plan, *figures, CategoryEvidence(answers, rows))


def _figures(
    matrix: Matrix, value: float | Undefined, best: float | Undefined, plan: ControlPlan, counted: Sequence[int]
) -> _Figures:
    figure = None if isinstance(value, Undefined) else round(value, DIGITS)
    return _Figures(
        matrix=[[round(s, DIGITS) for s in row] for row in matrix],
        score=figure,
        undefined=value.reason if isinstance(value, Undefined) else None,
        passed=None if figure is None or plan.threshold is None else figure >= plan.threshold,
        best_possible=None if isinstance(best, Undefined) else best,
        individual=[None if m is None else round(m, DIGITS) for m in mean_with_others(matrix, counted)],
    )


def _categorical(plan: ControlPlan, answers: tuple[Any, ...], counted: tuple[int, ...], may_join: int) -> _Figures:
    """Remembered, because thousands of tasks get the same answers: two said day, one said night.

    But not of many annotators: theirs hardly ever repeat, and a matrix of 39 takes 65 kB.
    """
    work_out = _remembered if len(answers) <= _REMEMBERED_ANNOTATORS else _worked_out
    return work_out(plan, answers, counted, may_join)


_SETS = {"exact": equality_matrix, "jaccard": jaccard_matrix, "masi": masi_matrix}


def _worked_out(plan: ControlPlan, answers: tuple[Any, ...], counted: tuple[int, ...], may_join: int) -> _Figures:
    exact = plan.metric == "exact"
    matrix = _SETS[plan.metric](answers)
    if plan.aggregate == "consensus_share":
        value, best = consensus_share(answers, counted), best_consensus_share(answers, counted, may_join)
    else:
        value = mean_of_pairs(matrix, counted)
        best = (
            best_pairs_nominal(answers, counted, may_join)
            if exact
            else best_mean_of_pairs(matrix, counted, may_join, law="metric")
        )
    return _figures(matrix, value, best, plan, counted)


_remembered = lru_cache(maxsize=16_384)(_worked_out)


def _category(regions: list[Any]) -> Category:
    if len(regions) == 1:
        value: Category = regions[0].value
        return value
    given = {region.value for region in regions}
    if len(given) == 1:  # said twice is said once
        value = given.pop()
        return value
    return JOIN.join(sorted(str(value).lower() if isinstance(value, bool) else value for value in given)) or None


def _score_answers(
    plan: ControlPlan, rows: _Answers, counted: list[int], may_join: int
) -> tuple[AnswerEvidence, _Figures]:
    kind = ANSWER_KINDS[plan.type]
    answers = [kind.read(regions) if regions else None for regions in rows]
    matrix = kind.compare(answers, plan)
    evidence = AnswerEvidence(answers, rows)
    if plan.aggregate == "consensus_share":
        best = best_consensus_share(answers, counted, may_join)
        return evidence, _figures(matrix, consensus_share(answers, counted), best, plan, counted)
    best = best_mean_of_pairs(matrix, counted, may_join)
    return evidence, _figures(matrix, mean_of_pairs(matrix, counted), best, plan, counted)


def _score_objects(
    plan: ControlPlan,
    rows: _Answers,
    counted: list[int],
    may_join: int,
    scene: Scene,
    shape: Callable[[int, Any], Any] | None = None,
) -> tuple[ObjectEvidence, _Figures]:
    kind = OBJECT_KINDS[plan.type]
    as_shape = shape or (lambda _, region: kind.shape(region))
    marks = [
        (row, *mark)
        for row, regions in enumerate(rows)
        for mark in sorted(((as_shape(row, r), r) for r in regions), key=lambda mark: _content(*mark))
    ]
    owners = [row for row, _, _ in marks]
    shapes = [shape for _, shape, _ in marks]
    regions = [region for _, _, region in marks]
    similarity = kind.compare(shapes, plan, scene) if shapes else np.zeros((0, 0))
    agreement = compare_objects(
        similarity,
        owners,
        [region.label for region in regions],
        len(rows),
        metric="f1" if plan.metric == "f1" else "soft_f1",
        minimum_similarity=plan.minimum_similarity if plan.metric == "f1" else 0.0,
    )
    read = with_texts(agreement, owners, regions, plan)
    evidence = ObjectEvidence(shapes, owners, regions, similarity, read, scene)
    if plan.metric in PLATFORMS:
        return evidence, _platform(plan, evidence, counted, may_join)
    # The tighter bound on what can still be reached is proven for IoU.
    by_place = plan.metric == "soft_f1" and plan.similarity == "iou" and read is agreement
    law: PairLaw = "soft_f1" if by_place else "any"
    best = best_mean_of_pairs(read.matrix, counted, may_join, law=law)
    figures = _figures(read.matrix, mean_of_pairs(read.matrix, counted), best, plan, counted)
    return evidence, figures


def _platform(plan: ControlPlan, evidence: ObjectEvidence, counted: list[int], may_join: int) -> _Figures:
    """By another platform's formula, of which nothing is known of what it can still become."""
    rows = len(evidence.agreement.matrix)
    found = platform_figures(plan.metric, evidence.similarity, evidence.owners, evidence.regions, rows, counted)
    if isinstance(found, Undefined):  # annotators are compared by our own measure then, and the task by none
        return _figures(evidence.agreement.matrix, found, 1.0, plan, counted)
    figures = _figures(found.matrix, found.score, 1.0 if may_join else found.score, plan, counted)
    individual = [None if figure is None else round(figure, DIGITS) for figure in found.individual]
    return figures._replace(individual=individual)


def _content(shape: Any, region: Any) -> tuple[Any, ...]:
    """Sorts an annotator's marks by what they are, so that nothing depends on the order they were sent in."""
    place = shape if type(shape) is tuple else repr(shape)
    return (region.label, place, repr(sorted(region.attributes.items())), region.text or "", region.id)


def _combine(
    annotators: list[str], counted: list[int], controls: list[ControlScore], plan: Plan, unscored: list[Placed]
) -> Scores:
    threshold, aggregate = plan.settings.agreement_threshold, plan.settings.aggregate
    overall = _overall([(c.score, c.plan.weight) for c in controls], aggregate)
    if not controls and not unscored and len(counted) > 1:
        overall = 1.0  # everybody answered, and everybody answered "nothing here"
    failing = [c.name for c in controls if c.passed is False]
    passed = overall is not None and not failing and (threshold is None or overall >= threshold)
    return Scores(
        annotators=annotators,
        counted=counted,
        controls=controls,
        score=overall,
        passed=passed,
        reachable=passed or _reachable(controls, threshold, aggregate),
        failing=failing,
        individual=_individual(len(annotators), controls),
        unscored=unscored,
    )


def _reachable(controls: list[ControlScore], threshold: float | None, aggregate: str) -> bool:
    if not all(_can_pass(control) for control in controls if control.passed is False):
        return False
    best = _overall([(c.best_possible, c.plan.weight) for c in controls if c.score is not None], aggregate)
    return threshold is None or best is None or best >= threshold


def _can_pass(control: ControlScore) -> bool:
    threshold, best = control.plan.threshold, control.best_possible
    return threshold is None or best is None or round(best, DIGITS) >= threshold


def _overall(scores: list[tuple[float | None, float]], aggregate: str) -> float | None:
    """Σ weight · score / Σ weight, or the least score; None where no control has a score and a weight."""
    weighted = [(score, weight) for score, weight in scores if score is not None and weight > 0]
    if not weighted:
        return None
    if aggregate == "minimum":
        return min(score for score, _ in weighted)
    if len(weighted) == 1:
        return weighted[0][0]
    total = sum(weight for _, weight in weighted)
    return round(sum(score * weight for score, weight in weighted) / total, DIGITS)


def _individual(annotators: int, controls: list[ControlScore]) -> list[float | None]:
    scored = [control for control in controls if control.score is not None]
    if len(scored) == 1 and scored[0].plan.weight > 0:
        return scored[0].individual
    return [
        _overall([(c.individual[row], c.plan.weight) for c in scored], "weighted_mean") for row in range(annotators)
    ]
