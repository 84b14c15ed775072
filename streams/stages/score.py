"""Standing answers → how far their annotators agree, per control and overall.

The mathematics is in `scoring`; here answers are sorted into controls, and thresholds are held against the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scoring.agreement.aggregate import (
    best_consensus_share,
    best_mean_of_pairs,
    best_pairs_nominal,
    consensus_share,
    mean_of_pairs,
    mean_with_others,
)
from scoring.agreement.boxes import iou
from scoring.agreement.nominal import equality_matrix
from scoring.agreement.objects import compare_objects
from scoring.agreement.sets import jaccard_matrix
from scoring.types import Matrix, Undefined
from streams.contracts.events import Box, UnscoredRegion
from streams.plan import ControlPlan, Plan
from streams.scores import JOIN, Category, CategoryEvidence, ControlScore, ObjectEvidence, Placed, Scores, SetEvidence

__all__ = ["DIGITS", "score"]

DIGITS = 6
"""Decimals of every figure that leaves the engine: enough to rank tasks, too few to show rounding noise. Thresholds are
held against the rounded figure, so what one reads is what was compared."""

_Evidence = CategoryEvidence | SetEvidence | ObjectEvidence
_Answers = list[list[Any]]


def score(answers: Sequence[tuple[str, Sequence[Any], bool]], plan: Plan, may_join: int) -> Scores:
    """Score every control that anybody answered or that the settings name.

    Args:
        answers: (annotator id, regions, counts) of everyone whose answer stands, sorted by annotator id.
        plan: the project.
        may_join: how many more annotators are allowed, for what the scores can still become.

    Returns:
        `Scores`; with fewer than two counted annotators every score is undefined and says so.
    """
    counted = [row for row, (_, _, counts) in enumerate(answers) if counts]
    by_control, unscored = _sort_into_controls(answers, plan)
    controls: list[ControlScore] = []
    for name, rows in by_control.items():
        control = plan.control(name, _types(rows, counted))
        if control is None:  # configured without a type, and nobody answered it
            continue
        compared = [_of_type(rows[row], control.type, row, unscored) for row in range(len(answers))]
        controls.append(_score_control(name, control, compared, counted, may_join))
    return _combine([a for a, _, _ in answers], counted, controls, plan, unscored)


def _sort_into_controls(
    answers: Sequence[tuple[str, Sequence[Any], bool]], plan: Plan
) -> tuple[dict[str, _Answers], list[Placed]]:
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
    return dict(sorted(found.items())), unscored


def _types(rows: _Answers, counted: Sequence[int]) -> list[str]:
    voters = [region for row in counted for region in rows[row]] or [region for row in rows for region in row]
    return [_tag(region) for region in voters]


def _tag(region: Any) -> str:
    return str(type(region).__struct_config__.tag)


def _of_type(regions: list[Any], kind: str, row: int, unscored: list[Placed]) -> list[Any]:
    if all(_tag(region) == kind for region in regions):
        return regions
    unscored += [Placed(row, region, "wrong_control_type") for region in regions if _tag(region) != kind]
    return [region for region in regions if _tag(region) == kind]


def _score_control(name: str, plan: ControlPlan, rows: _Answers, counted: list[int], may_join: int) -> ControlScore:
    matrix, evidence = _COMPARE[plan.type](rows, plan)
    value = _aggregate(matrix, evidence, plan, counted)
    best = _best(matrix, evidence, plan, counted, may_join)
    figure = None if isinstance(value, Undefined) else round(value, DIGITS)
    return ControlScore(
        name=name,
        plan=plan,
        matrix=[[round(s, DIGITS) for s in row] for row in matrix],
        score=figure,
        undefined=value.reason if isinstance(value, Undefined) else None,
        passed=None if figure is None or plan.threshold is None else figure >= plan.threshold,
        best_possible=None if isinstance(best, Undefined) else best,
        evidence=evidence,
    )


def _compare_categories(rows: _Answers, plan: ControlPlan) -> tuple[Matrix, _Evidence]:
    answers = [_category(regions) for regions in rows]
    return equality_matrix(answers), CategoryEvidence(answers, rows)


def _category(regions: list[Any]) -> Category:
    if len(regions) == 1:
        value: Category = regions[0].value
        return value
    values = sorted({str(region.value) for region in regions})
    return JOIN.join(values) if values else None


def _compare_sets(rows: _Answers, plan: ControlPlan) -> tuple[Matrix, _Evidence]:
    answers = [frozenset(label for region in regions for label in region.value) for regions in rows]
    matrix = equality_matrix(answers) if plan.metric == "exact" else jaccard_matrix(answers)
    return matrix, SetEvidence(answers, rows)


def _compare_boxes(rows: _Answers, plan: ControlPlan) -> tuple[Matrix, _Evidence]:
    owned = [(row, region) for row, regions in enumerate(rows) for region in sorted(regions, key=_content)]
    owners = [row for row, _ in owned]
    regions = [region for _, region in owned]
    boxes = np.array([(r.x, r.y, r.width, r.height, r.rotation_degrees) for r in regions], dtype=np.float64).reshape(
        -1, 5
    )
    similarity = iou(boxes, boxes)
    agreement = compare_objects(
        similarity,
        owners,
        [region.label for region in regions],
        len(rows),
        metric="f1" if plan.metric == "f1" else "soft_f1",
        minimum_similarity=plan.minimum_iou if plan.metric == "f1" else 0.0,
    )
    return agreement.matrix, ObjectEvidence(boxes, owners, regions, similarity, agreement)


def _content(box: Box) -> tuple[Any, ...]:
    """Sorts an annotator's boxes by what they are, so that nothing depends on the order they were sent in."""
    return (
        box.label,
        box.x,
        box.y,
        box.width,
        box.height,
        box.rotation_degrees,
        repr(sorted(box.attributes.items())),
        box.id,
    )


_COMPARE: dict[str, Callable[[_Answers, ControlPlan], tuple[Matrix, _Evidence]]] = {
    "choice": _compare_categories,
    "boolean": _compare_categories,
    "choices": _compare_sets,
    "box": _compare_boxes,
}
"""Region type → how its answers are compared."""


def _aggregate(matrix: Matrix, evidence: _Evidence, plan: ControlPlan, counted: list[int]) -> float | Undefined:
    if plan.aggregate == "consensus_share" and not isinstance(evidence, ObjectEvidence):
        return consensus_share(evidence.answers, counted)
    return mean_of_pairs(matrix, counted)


def _best(
    matrix: Matrix, evidence: _Evidence, plan: ControlPlan, counted: list[int], may_join: int
) -> float | Undefined:
    if isinstance(evidence, ObjectEvidence):
        return best_mean_of_pairs(matrix, counted, may_join, law="soft_f1" if plan.metric == "soft_f1" else "any")
    if plan.aggregate == "consensus_share":
        return best_consensus_share(evidence.answers, counted, may_join)
    if plan.metric == "exact":
        return best_pairs_nominal(evidence.answers, counted, may_join)
    return best_mean_of_pairs(matrix, counted, may_join, law="metric")


def _combine(
    annotators: list[str], counted: list[int], controls: list[ControlScore], plan: Plan, unscored: list[Placed]
) -> Scores:
    threshold = plan.settings.agreement_threshold
    defined = [c for c in controls if c.score is not None]
    overall = _overall([(c.score, c.plan.weight) for c in defined if c.score is not None], plan.settings.aggregate)
    if not controls and not unscored and len(counted) > 1:
        overall = 1.0  # everybody answered, and everybody answered "nothing here"
    failing = [c.name for c in controls if c.passed is False]
    overall_fails = threshold is not None and overall is not None and overall < threshold
    best = _overall(
        [(c.best_possible, c.plan.weight) for c in defined if c.best_possible is not None], plan.settings.aggregate
    )
    return Scores(
        annotators=annotators,
        counted=counted,
        controls=controls,
        score=overall,
        passed=overall is not None and not failing and not overall_fails,
        reachable=all(_can_pass(c) for c in controls if c.passed is False)
        and (threshold is None or best is None or best >= threshold),
        failing=failing,
        individual=_individual(annotators, counted, defined),
        unscored=unscored,
    )


def _can_pass(control: ControlScore) -> bool:
    threshold, best = control.plan.threshold, control.best_possible
    return threshold is None or best is None or round(best, DIGITS) >= threshold


def _overall(scores: list[tuple[float, float]], aggregate: str) -> float | None:
    """Σ weight · score / Σ weight, or the least score; None where no control has a score and a weight."""
    weighted = [(score, weight) for score, weight in scores if weight > 0]
    if not weighted:
        return None
    if aggregate == "minimum":
        return min(score for score, _ in weighted)
    total = sum(weight for _, weight in weighted)
    return round(sum(score * weight for score, weight in weighted) / total, DIGITS)


def _individual(annotators: list[str], counted: list[int], controls: list[ControlScore]) -> list[float | None]:
    means = [(mean_with_others(control.matrix, counted), control.plan.weight) for control in controls]
    figures: list[float | None] = []
    for row in range(len(annotators)):
        own = [(mean[row], weight) for mean, weight in means]
        figures.append(_overall([(m, w) for m, w in own if m is not None], "weighted_mean"))
    return figures
