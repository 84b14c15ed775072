"""Controls that take one answer: labels, sets of labels, texts, numbers, rankings, taxonomies."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from msgspec import structs

from scoring.agreement.aggregate import (
    best_consensus_share,
    best_mean_of_pairs,
    best_pairs_nominal,
    consensus_share,
    mean_of_pairs,
)
from scoring.agreement.nominal import equality_matrix
from scoring.agreement.sets import jaccard_matrix, masi_matrix
from scoring.agreement.support import best_support_share, support_share
from streams.kinds import ANSWER_KINDS
from streams.plan import ControlPlan
from streams.scores import JOIN, AnswerEvidence, Category, CategoryEvidence, SetEvidence
from streams.stages.score.figures import Figures, figures_of

__all__ = ["score_answers", "score_categories", "score_sets"]

_REMEMBERED_ANNOTATORS = 8


def score_categories(
    plan: ControlPlan, rows: list[list[Any]], counted: list[int], may_join: int
) -> tuple[CategoryEvidence, Figures]:
    """One label each."""
    answers = tuple(_category(regions) for regions in rows)
    return CategoryEvidence(answers, rows), _categorical(plan, answers, tuple(counted), may_join)


def score_sets(
    plan: ControlPlan, rows: list[list[Any]], counted: list[int], may_join: int
) -> tuple[SetEvidence, Figures]:
    """A set of labels each."""
    sets = tuple(frozenset(label for region in regions for label in region.value) for regions in rows)
    return SetEvidence(sets, rows), _categorical(plan, sets, tuple(counted), may_join)


def score_answers(
    plan: ControlPlan, rows: list[list[Any]], counted: list[int], may_join: int
) -> tuple[AnswerEvidence, Figures]:
    """A value each that is more or less like another one."""
    kind = ANSWER_KINDS[plan.type]
    answers = [kind.read(regions) if regions else None for regions in rows]
    matrix = kind.compare(answers, plan)
    evidence = AnswerEvidence(answers, rows)
    if plan.aggregate == "consensus_share":
        near = kind.compare(answers, _doubled(plan)) if plan.tolerance else matrix
        best = best_support_share(near, counted, may_join)
        return evidence, figures_of(matrix, support_share(matrix, counted), best, plan, counted)
    best = best_mean_of_pairs(matrix, counted, may_join)
    return evidence, figures_of(matrix, mean_of_pairs(matrix, counted), best, plan, counted)


def _doubled(plan: ControlPlan) -> ControlPlan:
    """Numbers that are a tolerance from one in between are twice as far from each other."""
    return structs.replace(plan, tolerance=2.0 * (plan.tolerance or 0.0))


def _categorical(plan: ControlPlan, answers: tuple[Any, ...], counted: tuple[int, ...], may_join: int) -> Figures:
    """Remembered, because thousands of tasks get the same answers: two said day, one said night.

    But not of many annotators: theirs hardly ever repeat, and a matrix of 39 takes 65 kB.
    """
    work_out = _remembered if len(answers) <= _REMEMBERED_ANNOTATORS else _worked_out
    return work_out(plan, answers, counted, may_join)


_SETS = {"exact": equality_matrix, "jaccard": jaccard_matrix, "masi": masi_matrix}


def _worked_out(plan: ControlPlan, answers: tuple[Any, ...], counted: tuple[int, ...], may_join: int) -> Figures:
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
    return figures_of(matrix, value, best, plan, counted)


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
