"""Consensus without fusing: whose objects to take as they are.

`best_annotator` is RedBrick's rule, `best_answer_per_class` Ango's "Best Answer" and `select_all` Ango's "Select All".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoring.agreement.aggregate import mean_with_others
from scoring.agreement.objects import ObjectMetric, compare_objects
from scoring.types import Array, Matrix

__all__ = ["best_annotator", "best_answer_per_class", "select_all"]


def best_annotator(matrix: Matrix, counted: Sequence[int], tie_break: Sequence[str]) -> int:
    """The counted annotator who agrees best with the other counted ones; their whole answer is the consensus.

    Parameters
    ----------
    matrix
        Annotators x annotators.
    counted
        Those who may be chosen and who are compared with.
    tie_break
        One string per annotator of the matrix (their id). Of annotators whose means differ by less than 1e-12 the one
        with the smallest string is taken, in code point order.

    Returns
    -------
    int
        Index into the matrix. With one counted annotator, that one.

    Raises
    ------
    ValueError
        Nobody counts.

    Examples
    --------
    Means with others: 0.6, 0.75, 0.65.

    >>> best_annotator([[1.0, 0.7, 0.5], [0.7, 1.0, 0.8], [0.5, 0.8, 1.0]], [0, 1, 2], ["a", "b", "c"])
    1
    >>> best_annotator([[1.0, 0.7], [0.7, 1.0]], [0, 1], ["b", "a"])
    1
    """
    if not counted:
        raise ValueError("expected at least one counted annotator to choose from, got none")
    means = mean_with_others(matrix, counted)
    return min(counted, key=lambda i: (-round(means[i] or 0.0, 12), tie_break[i]))


def best_answer_per_class(
    similarity: Array,
    owners: Sequence[int],
    labels: Sequence[str],
    annotators: int,
    counted: Sequence[int],
    tie_break: Sequence[str],
    metric: ObjectMetric = "soft_f1",
) -> list[int]:
    """For every label, the objects of the annotator whose objects of that label agree best with the others'.

    Each label is scored by itself with `compare_objects`, and `best_annotator` chooses. An annotator without objects of
    a label has said "none of these here": where most say so, the label's best answer is no object at all.

    Parameters
    ----------
    similarity, owners, labels, annotators, metric
        As in `compare_objects`.
    counted, tie_break
        As in `best_annotator`.

    Returns
    -------
    list[int]
        Indices of the objects to keep, ascending.

    Raises
    ------
    ValueError
        Nobody counts, or the inputs do not fit together.

    Examples
    --------
    Two of three annotators drew the car alike; only the third saw a bus.

    >>> similarity = np.array([[1, 0.9, 0.5, 0], [0.9, 1, 0.6, 0], [0.5, 0.6, 1, 0], [0, 0, 0, 1.0]])
    >>> best_answer_per_class(similarity, [0, 1, 2, 2], ["car", "car", "car", "bus"], 3, [0, 1, 2], ["a", "b", "c"])
    [1]
    """
    kept: list[int] = []
    for label in sorted(set(labels)):
        members = [i for i, name in enumerate(labels) if name == label]
        theirs = [owners[i] for i in members]
        block = similarity[np.ix_(members, members)]
        agreement = compare_objects(block, theirs, [label] * len(members), annotators, metric)
        best = best_annotator(agreement.matrix, counted, tie_break)
        kept += [i for i in members if owners[i] == best]
    return sorted(kept)


def select_all(owners: Sequence[int], counted: Sequence[int]) -> list[int]:
    """Every object of every counted annotator, none merged.

    Returns
    -------
    list[int]
        Indices of the objects to keep, ascending.

    Examples
    --------
    >>> select_all([0, 0, 1, 2], counted=[0, 2])
    [0, 1, 3]
    """
    chosen = set(counted)
    return [i for i, owner in enumerate(owners) if owner in chosen]
