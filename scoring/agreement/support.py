"""The share of the most common answer where answers can say the same without being spelled the same."""

from __future__ import annotations

from collections.abc import Sequence

from scoring.types import Matrix, Undefined

__all__ = ["best_support_share", "support_share"]


def support_share(matrix: Matrix, counted: Sequence[int]) -> float | Undefined:
    """Share of the counted annotators who agree, with similarity 1, with the answer that most agree with.

    Where agreeing is being equal, this is `consensus_share`. Of numbers within a tolerance it need not be: 20.4 and
    20.8 both agree with 20.6 at a tolerance of 0.3, though not with each other, and support it.

    Parameters
    ----------
    matrix
        Annotators x annotators, as the metric of the control has it.

    Returns
    -------
    float | Undefined
        In [1 / n, 1]; `Undefined` for fewer than two counted annotators.

    Examples
    --------
    >>> round(support_share([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]], [0, 1, 2]), 3)
    1.0
    >>> support_share([[1.0, 0.5], [0.5, 1.0]], [0, 1])
    0.5
    """
    if len(counted) < 2:
        return Undefined(f"needs two annotators, got {len(counted)}")
    return _most(matrix, counted) / len(counted)


def best_support_share(matrix: Matrix, counted: Sequence[int], more: int) -> float | Undefined:
    """Upper bound of `support_share` after `more` annotators have joined: all of them support the same answer.

    Parameters
    ----------
    matrix
        1 where two answers could support one and the same further answer: the matrix itself where agreeing is being
        equal, and for numbers within a tolerance the matrix at twice the tolerance.
    more
        Annotators still to join, at least 0.

    Returns
    -------
    float | Undefined
        In [0, 1]; `Undefined` where even with the newcomers there are fewer than two.

    Examples
    --------
    >>> best_support_share([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [0, 1, 2], 2)
    0.6
    """
    total = len(counted) + more
    if total < 2:
        return Undefined(f"needs two annotators, got {total}")
    return (_most(matrix, counted) + more) / total


def _most(matrix: Matrix, counted: Sequence[int]) -> int:
    return max((sum(matrix[i][j] == 1.0 for j in counted) for i in counted), default=0)
