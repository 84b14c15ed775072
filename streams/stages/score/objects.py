"""Controls that take any number of objects: matched first, then compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from scoring.agreement.aggregate import PairLaw, best_mean_of_pairs, mean_of_pairs
from scoring.agreement.objects import compare_objects
from scoring.types import Undefined
from streams.kinds import OBJECT_KINDS
from streams.kinds.base import Scene
from streams.kinds.marked_text import with_texts
from streams.kinds.platform_marks import platform_marks
from streams.plan import ControlPlan
from streams.platforms import PLATFORMS, platform_figures
from streams.scores import ObjectEvidence
from streams.stages.score.figures import DIGITS, Figures, figures_of

__all__ = ["score_objects"]


def score_objects(
    plan: ControlPlan,
    rows: list[list[Any]],
    counted: list[int],
    may_join: int,
    scene: Scene,
    shape: Callable[[int, Any], Any] | None = None,
) -> tuple[ObjectEvidence, Figures]:
    """`shape` takes an annotator's row and a region, where a region alone does not say what is compared."""
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
    figures = figures_of(read.matrix, mean_of_pairs(read.matrix, counted), best, plan, counted)
    return evidence, figures


def _platform(plan: ControlPlan, evidence: ObjectEvidence, counted: list[int], may_join: int) -> Figures:
    """By another platform's formula, of which nothing is known of what it can still become."""
    rows, owners = len(evidence.agreement.matrix), evidence.owners
    theirs = platform_marks(plan.metric, plan.type, evidence.shapes, evidence.scene) if plan.by_platform else None
    similarity = evidence.similarity if theirs is None else theirs
    found = platform_figures(plan.metric, plan.type, similarity, owners, evidence.regions, rows, counted)
    if isinstance(found, Undefined):  # annotators are compared by our own measure then, and the task by none
        return figures_of(evidence.agreement.matrix, found, 1.0, plan, counted)
    figures = figures_of(found.matrix, found.score, 1.0 if may_join else found.score, plan, counted)
    individual = [None if figure is None else round(figure, DIGITS) for figure in found.individual]
    return figures._replace(individual=individual)


def _content(shape: Any, region: Any) -> tuple[Any, ...]:
    """Sorts an annotator's marks by what they are, so that nothing depends on the order they were sent in."""
    place = shape if type(shape) is tuple else repr(shape)
    return (region.label, place, repr(sorted(region.attributes.items())), region.text or "", region.id)
