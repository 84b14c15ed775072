"""From a similarity of two answers to the matrix of all annotators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from scoring.types import Matrix

__all__ = ["pairwise"]

A = TypeVar("A")


def pairwise(answers: Sequence[A | None], similarity: Callable[[A, A], float]) -> Matrix:
    """Compare every annotator's answer with every other's.

    Parameters
    ----------
    answers
        One per annotator. None gave no answer: similarity 0 with every answer, an empty one too, and 1 with None.
    similarity
        Symmetric, in [0, 1], 1 for equal answers; called once for every two annotators.

    Returns
    -------
    Matrix
        n x n, symmetric, in [0, 1], diagonal 1.0; `[]` for no answers. n (n - 1) / 2 calls.

    Examples
    --------
    >>> pairwise([1.0, 0.75, None], lambda a, b: 1.0 - abs(a - b))
    [[1.0, 0.75, 0.0], [0.75, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    count = len(answers)
    matrix = [[1.0] * count for _ in range(count)]
    for i in range(1, count):
        mine = answers[i]
        for j in range(i):
            other = answers[j]
            value = float(mine is other) if mine is None or other is None else similarity(mine, other)
            matrix[i][j] = matrix[j][i] = value
    return matrix
