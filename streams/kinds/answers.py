"""The answer kinds besides the categories: text, number, rating, ranking, taxonomy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from scoring.agreement.numbers import number_matrix
from scoring.agreement.ranking import ranking_matrix
from scoring.agreement.taxonomy import taxonomy_matrix
from scoring.agreement.text import text_matrix
from scoring.consensus.answers import AnswerConsensus
from scoring.consensus.numbers import number_consensus
from scoring.consensus.rankings import ranking_consensus
from scoring.consensus.taxonomy import taxonomy_consensus
from scoring.consensus.text import text_consensus
from scoring.types import Matrix
from streams.kinds.base import AnswerKind
from streams.plan import ControlPlan

__all__ = ["ANSWER_KINDS"]

_Weights = Sequence[float] | None


def _first(key: Callable[[Any], Any]) -> Callable[[Sequence[Any]], Any]:
    """An annotator who answers twice is taken by the answer that sorts first: by content, never by order of sending."""
    return lambda regions: min(key(region) for region in regions)


def _join_text(regions: Sequence[Any]) -> str:
    """Several texts of one control are lines of one text, in the order of their region ids: r2 before r10."""
    lines = sorted(regions, key=lambda region: (len(region.id), region.id, region.value))
    return "\n".join(region.value for region in lines)


def _texts(answers: Sequence[Any], plan: ControlPlan) -> Matrix:
    return text_matrix(answers, plan.metric, plan.fold_case)  # type: ignore[arg-type]  # settings have checked it


def _settle_text(answers: Sequence[Any], weights: _Weights, plan: ControlPlan) -> AnswerConsensus[Any]:
    method: Any = "word_vote" if plan.adjudication == "word_vote" else "medoid"
    return text_consensus(answers, weights, method, plan.metric, plan.fold_case)  # type: ignore[arg-type]


def _numbers(answers: Sequence[Any], plan: ControlPlan) -> Matrix:
    return number_matrix(answers, *plan.scale, 0.0 if plan.metric == "exact" else plan.tolerance)


def _settle_number(answers: Sequence[Any], weights: _Weights, plan: ControlPlan) -> AnswerConsensus[Any]:
    method: Any = "trimmed_mean" if plan.adjudication == "trimmed_mean" else "median"
    minimum, maximum = plan.scale
    return number_consensus(answers, weights, method, minimum=minimum, maximum=maximum, threshold=plan.tolerance)


def _settle_rating(answers: Sequence[Any], weights: _Weights, plan: ControlPlan) -> AnswerConsensus[Any]:
    """A step of the scale that somebody chose: half a star is no answer."""
    minimum, maximum = plan.scale
    return number_consensus(answers, weights, "low_median", minimum=minimum, maximum=maximum, threshold=plan.tolerance)


def _rankings(answers: Sequence[Any], plan: ControlPlan) -> Matrix:
    return ranking_matrix(answers, plan.metric)  # type: ignore[arg-type]


def _settle_ranking(answers: Sequence[Any], weights: _Weights, plan: ControlPlan) -> AnswerConsensus[Any]:
    method: Any = "borda" if plan.adjudication == "borda" else "kemeny"
    return ranking_consensus(answers, weights, method, plan.metric, plan.labels)  # type: ignore[arg-type]


def _taxonomies(answers: Sequence[Any], plan: ControlPlan) -> Matrix:
    return taxonomy_matrix(answers, plan.metric)  # type: ignore[arg-type]


def _settle_taxonomy(answers: Sequence[Any], weights: _Weights, plan: ControlPlan) -> AnswerConsensus[Any]:
    return taxonomy_consensus(answers, weights, plan.metric)  # type: ignore[arg-type]


def _all_paths(regions: Sequence[Any]) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted({tuple(path) for region in regions for path in region.paths}))


def _value(answer: Any) -> dict[str, Any]:
    return {"value": answer}


ANSWER_KINDS: dict[str, AnswerKind] = {
    kind.name: kind
    for kind in (
        AnswerKind("text", _join_text, _texts, _settle_text, _value),
        AnswerKind("number", _first(lambda r: r.value), _numbers, _settle_number, _value),
        AnswerKind("rating", _first(lambda r: r.value), _numbers, _settle_rating, _value),
        AnswerKind(
            "ranking", _first(lambda r: tuple(r.items)), _rankings, _settle_ranking, lambda a: {"items": list(a)}
        ),
        AnswerKind(
            "taxonomy", _all_paths, _taxonomies, _settle_taxonomy, lambda a: {"paths": [list(path) for path in a]}
        ),
    )
}
"""By region type."""
