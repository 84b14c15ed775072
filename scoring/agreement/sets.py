"""Agreement of answers that are sets (multiple choice): Jaccard."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet

from scoring.types import Matrix

__all__ = ["jaccard", "jaccard_matrix"]


def jaccard(a: AbstractSet[Hashable], b: AbstractSet[Hashable]) -> float:
    """Jaccard similarity `|a & b| / |a | b|`.

    Two empty sets are equal answers ("none of these") and score 1. Unlike exact equality it gives partial credit, as
    Labelbox does for checklists.

    References
    ----------
    Jaccard, P. (1912). The distribution of the flora in the alpine zone. doi:10.1111/j.1469-8137.1912.tb05611.x

    Examples
    --------
    >>> jaccard({"wet", "dark"}, {"wet"})
    0.5
    >>> jaccard(set(), set())
    1.0
    """
    if a == b:
        return 1.0
    common = len(a & b)
    return common / (len(a) + len(b) - common)


def jaccard_matrix(answers: Sequence[AbstractSet[Hashable]]) -> Matrix:
    """Jaccard similarity of every annotator's set with every other's.

    Returns
    -------
    Matrix
        n x n, symmetric, in [0, 1], diagonal 1.0; `[]` for no answers.

    Examples
    --------
    >>> jaccard_matrix([{"wet"}, {"wet", "dark"}, set()])
    [[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    count = len(answers)
    matrix = [[1.0] * count for _ in range(count)]
    for i in range(1, count):
        for j in range(i):
            matrix[i][j] = matrix[j][i] = jaccard(answers[i], answers[j])
    return matrix
