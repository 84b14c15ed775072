"""What a control's answers come to, held against its threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scoring.agreement.aggregate import mean_with_others
from scoring.types import Matrix, Undefined
from streams.plan import ControlPlan

__all__ = ["DIGITS", "Figures", "figures_of"]

DIGITS = 6
"""Decimals of every figure that leaves the engine: enough to rank tasks, too few to show rounding noise. Thresholds are
held against the rounded figure, so what one reads is what was compared."""


class Figures(NamedTuple):
    """What a control's answers come to, whoever gave them."""

    matrix: Matrix
    score: float | None
    undefined: str | None
    passed: bool | None
    best_possible: float | None
    individual: list[float | None]


def figures_of(
    matrix: Matrix, value: float | Undefined, best: float | Undefined, plan: ControlPlan, counted: Sequence[int]
) -> Figures:
    """From the similarity of every two annotators, the score and the best that it can still become."""
    figure = None if isinstance(value, Undefined) else round(value, DIGITS)
    return Figures(
        matrix=[[round(s, DIGITS) for s in row] for row in matrix],
        score=figure,
        undefined=value.reason if isinstance(value, Undefined) else None,
        passed=None if figure is None or plan.threshold is None else figure >= plan.threshold,
        best_possible=None if isinstance(best, Undefined) else best,
        individual=[None if m is None else round(m, DIGITS) for m in mean_with_others(matrix, counted)],
    )
