"""What every profile returns, and how objects are handed to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from scoring.agreement.aggregate import mean_of_pairs, mean_with_others
from scoring.types import Array, Matrix, Undefined

__all__ = ["ProfileScore", "objects_by_annotator", "pair_matrix", "pairwise_score"]


@dataclass(frozen=True, slots=True)
class ProfileScore:
    """A task's agreement in the way of another platform."""

    score: float | Undefined
    """The figure that the platform shows for the task, in [0, 1]; `Undefined` where it shows none."""
    matrix: Matrix
    """Annotators x annotators, symmetric, in [0, 1], diagonal 1."""
    by_annotator: list[float | None]
    """The figure that ranks the annotators, in [0, 1]; None where there is none."""


def pairwise_score(matrix: Matrix) -> ProfileScore:
    """The score of the platforms that take the mean over unordered annotator pairs.

    >>> pairwise_score([[1.0, 0.5], [0.5, 1.0]])
    ProfileScore(score=0.5, matrix=[[1.0, 0.5], [0.5, 1.0]], by_annotator=[0.5, 0.5])
    """
    everyone = range(len(matrix))
    return ProfileScore(mean_of_pairs(matrix, everyone), matrix, mean_with_others(matrix, everyone))


def pair_matrix(annotators: int, compare: Callable[[int, int], float]) -> Matrix:
    """Compare every two annotators once.

    >>> pair_matrix(2, lambda a, b: 0.25)
    [[1.0, 0.25], [0.25, 1.0]]
    """
    matrix = [[1.0] * annotators for _ in range(annotators)]
    for a, b in combinations(range(annotators), 2):
        matrix[a][b] = matrix[b][a] = compare(a, b)
    return matrix


def objects_by_annotator(
    similarity: Array, owners: Sequence[int], labels: Sequence[str], annotators: int
) -> list[list[int]]:
    """Indices of each annotator's objects, ascending.

    Parameters
    ----------
    similarity
        (N, N) symmetric in [0, 1] over all objects of all annotators.
    owners
        N annotator indices in 0 .. annotators - 1.
    labels
        N labels.
    annotators
        How many annotators answered, those without objects included.

    Raises
    ------
    ValueError
        The inputs do not fit together.

    Examples
    --------
    >>> import numpy as np
    >>> objects_by_annotator(np.eye(3), [0, 2, 2], ["car", "car", "bus"], annotators=3)
    [[0], [], [1, 2]]
    """
    count = len(owners)
    if similarity.shape != (count, count) or len(labels) != count:
        raise ValueError(
            f"expected one owner, one label and one row and column of similarity per object; got {count} owners, "
            f"{len(labels)} labels and similarity of shape {similarity.shape}"
        )
    if not all(0 <= owner < annotators for owner in owners):
        raise ValueError(f"expected owners in 0 .. {annotators - 1}; got {list(owners)}")
    members: list[list[int]] = [[] for _ in range(annotators)]
    for place, owner in enumerate(owners):
        members[owner].append(place)
    return members
