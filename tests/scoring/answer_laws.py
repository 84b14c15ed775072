"""What holds for every kind of answer: the laws of a matrix and of a consensus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

import pytest

from scoring.consensus.answers import AnswerConsensus
from scoring.types import Matrix


def expect(outcome: AnswerConsensus[Any], value: Any, confidence: float, supporters: list[int]) -> None:
    """The outcome, its confidence up to rounding."""
    assert (outcome.value, outcome.supporters) == (value, supporters)
    assert outcome.confidence == pytest.approx(confidence)


def check_matrix(matrix_of: Callable[[Sequence[Any]], Matrix], answers: Sequence[Any], order: Sequence[int]) -> None:
    """Symmetric to the bit, in [0, 1], 1 for equal answers, and it follows a permutation of the annotators."""
    matrix = matrix_of(answers)
    for i, mine in enumerate(answers):
        for j, other in enumerate(answers):
            assert isfinite(matrix[i][j])
            assert 0.0 <= matrix[i][j] <= 1.0
            assert matrix[i][j] == matrix[j][i]
            if mine == other:
                assert matrix[i][j] == 1.0
            elif mine is None or other is None:
                assert matrix[i][j] == 0.0
    assert matrix_of([answers[i] for i in order]) == [[matrix[i][j] for j in order] for i in order]


def check_consensus(
    consensus_of: Callable[[Sequence[Any], Sequence[float]], AnswerConsensus[Any]],
    cast: Sequence[tuple[Any, float]],
    order: Sequence[int],
) -> AnswerConsensus[Any]:
    """Bounded, the same bits for every order of the annotators, and 1 exactly where somebody is of that opinion."""
    outcome = consensus_of([answer for answer, _ in cast], [weight for _, weight in cast])
    again = consensus_of([cast[i][0] for i in order], [cast[i][1] for i in order])
    assert 0.0 <= outcome.confidence <= 1.0
    assert (again.value, again.confidence) == (outcome.value, outcome.confidence)
    assert sorted(order[i] for i in again.supporters) == outcome.supporters
    # All weights are above 0, so nothing but full support gives full confidence.
    assert (outcome.confidence > 1.0 - 1e-12) == (len(outcome.supporters) == len(cast))
    return outcome
