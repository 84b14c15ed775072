"""The best answer of every label: whose marks of it agree best with the others', as the control compares them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scoring.agreement.aggregate import mean_with_others
from scoring.agreement.objects import compare_objects
from scoring.agreement.similarity import Similarity, submatrix
from scoring.types import Undefined
from streams.kinds.base import Scene
from streams.kinds.marked_text import with_texts
from streams.kinds.platform_marks import platform_marks
from streams.plan import ControlPlan
from streams.platforms import PLATFORMS, platform_figures

__all__ = ["best_answer"]


def best_answer(
    plan: ControlPlan,
    shapes: Sequence[Any],
    owners: Sequence[int],
    regions: Sequence[Any],
    similarity: Similarity,
    scene: Scene,
    ids: Sequence[str],
) -> list[int]:
    """The marks to keep, ascending: for each label those of one annotator, ties to the first by id.

    By the control's metric, with the texts that the marks carry; by a platform's where it asks for one. Who marked none
    of a label has said "none of these here", and where most say so that is the best answer, but for platforms to which
    it is none (Ango).
    """
    kept: list[int] = []
    for label in sorted({region.label for region in regions}):
        members = [i for i, region in enumerate(regions) if region.label == label]
        figures = _figures(
            plan,
            [shapes[i] for i in members],
            [owners[i] for i in members],
            [regions[i] for i in members],
            submatrix(similarity, members),
            scene,
            len(ids),
        )
        ranked = [(-round(-1.0 if figure is None else figure, 12), ids[who], who) for who, figure in enumerate(figures)]
        *_, best = min(ranked)
        kept += [i for i in members if owners[i] == best]
    return sorted(kept)


def _figures(
    plan: ControlPlan,
    shapes: Sequence[Any],
    owners: Sequence[int],
    regions: Sequence[Any],
    similarity: Similarity,
    scene: Scene,
    annotators: int,
) -> list[float | None]:
    """How far each annotator agrees with the others on marks of one label."""
    everybody = list(range(annotators))
    if plan.metric in PLATFORMS:
        theirs = platform_marks(plan.metric, plan.type, shapes, scene) if plan.by_platform else None
        compared = similarity if theirs is None else theirs
        found = platform_figures(plan.metric, plan.type, compared, owners, regions, annotators, everybody)
        if not isinstance(found, Undefined):
            return found.individual
    hits = plan.metric == "f1"
    agreement = compare_objects(
        similarity,
        owners,
        [region.label for region in regions],
        annotators,
        metric="f1" if hits else "soft_f1",
        minimum_similarity=plan.minimum_similarity if hits else 0.0,
    )
    return mean_with_others(with_texts(agreement, owners, regions, plan).matrix, everybody)
