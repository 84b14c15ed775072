"""Optimal one-to-one pairing of one annotator's objects with another's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from scoring.types import Array

__all__ = ["ONE_MORE_PAIR", "match", "match_rows"]

_FEW_CELLS = 256
# Up to so many, lists are faster than arrays.

ONE_MORE_PAIR = 2.0
"""Times the number of rows and added to each similarity in [0, 1], it makes one more matched pair worth more than any
gain in similarity."""


def match(similarity: Array, minimum: float = 0.0) -> list[tuple[int, int]]:
    """Pair rows with columns one to one so that the summed similarity is as large as possible.

    Only pairs with a similarity above 0 and of at least `minimum` may be matched; among these the sum is maximal, so a
    pair is given up where two others are worth more together (a greedy choice of the best pair first is not optimal).

    Of several optimal pairings one is chosen by the similarities alone, without regard to which side comes first:
    `match(s.T)` gives the same pairs as `match(s)`, turned around, save where `s` equals its own transpose.

    Parameters
    ----------
    similarity
        (n, m), finite, 1 when equal.
    minimum
        Least similarity of a pair.

    Returns
    -------
    list[tuple[int, int]]
        (row, column) pairs, ascending; empty where nothing can be matched.

    References
    ----------
    Crouse, D. F. (2016). On implementing 2D rectangular assignment algorithms. doi:10.1109/TAES.2016.140952
    (scipy's `linear_sum_assignment`).

    Examples
    --------
    Greedy takes 0.9 and strands the second row: 0.9 + 0. Optimal is 0.8 + 0.7.

    >>> match(np.array([[0.9, 0.8], [0.7, 0.0]]))
    [(0, 1), (1, 0)]
    >>> match(np.array([[0.9, 0.8], [0.7, 0.0]]), minimum=0.75)
    [(0, 0)]
    """
    if similarity.size <= _FEW_CELLS:
        return match_rows(similarity.tolist(), minimum)
    if similarity.shape[0] > similarity.shape[1]:
        return sorted((row, column) for column, row in match(similarity.T, minimum))
    pairs = _best_of_each_line(similarity, minimum)
    return _assign(similarity, minimum) if pairs is None else pairs


def match_rows(rows: Sequence[Sequence[float]], minimum: float = 0.0) -> list[tuple[int, int]]:
    """`match` for a matrix given as lists, which is faster for the few objects that most tasks have.

    >>> match_rows([[0.9, 0.8], [0.7, 0.0]])
    [(0, 1), (1, 0)]
    """
    if not rows or not rows[0]:
        return []
    if len(rows) > len(rows[0]):
        return sorted((row, column) for column, row in match_rows(list(zip(*rows, strict=True)), minimum))
    pairs = _best_of_each_row(rows, minimum)
    return _assign(rows, minimum) if pairs is None else pairs


def _best_of_each_row(rows: Sequence[Sequence[float]], minimum: float) -> list[tuple[int, int]] | None:
    """Pair each row with its largest entry; None where two rows want one column or a row has two largest.

    When every row gets its largest entry no pairing can sum to more, and when each is the only largest, no other
    pairing sums to as much: the answer is optimal and unique without calling scipy (some 10 microseconds a call).
    """
    pairs: list[tuple[int, int]] = []
    taken = set()
    for i, row in enumerate(rows):
        largest = max(row)
        if largest > 0.0 and largest >= minimum:
            column = row.index(largest)
            if column in taken or row.count(largest) > 1:
                return None
            taken.add(column)
            pairs.append((i, column))
    return pairs


def _best_of_each_line(similarity: Array, minimum: float) -> list[tuple[int, int]] | None:
    """`_best_of_each_row` of an array."""
    largest, columns = similarity.max(axis=1), similarity.argmax(axis=1)
    rows = np.flatnonzero((largest > 0.0) & (largest >= minimum))
    ties = np.count_nonzero(similarity == largest[:, None], axis=1) > 1
    if ties[rows].any() or np.bincount(columns[rows]).max(initial=0) > 1:
        return None
    return list(zip(rows.tolist(), columns[rows].tolist(), strict=True))


def _assign(rows: Sequence[Sequence[float]] | Array, minimum: float) -> list[tuple[int, int]]:
    similarity = np.array(rows)
    similarity[similarity < max(minimum, 0.0)] = 0.0
    # Which of several optimal pairings scipy returns depends on which side it is given as rows. For a square matrix
    # the orientation is therefore chosen by content; for another one the shorter side is the rows.
    turned = similarity.shape[0] == similarity.shape[1] and _comes_before(similarity.T, similarity)
    if turned:
        similarity = similarity.T
    chosen = zip(*linear_sum_assignment(similarity, maximize=True), strict=True)
    pairs = [(int(row), int(column)) for row, column in chosen if similarity[row, column] > 0.0]
    return sorted((column, row) for row, column in pairs) if turned else pairs


def _comes_before(one: Array, other: Array) -> bool:
    """Whether, cell by cell, the first that differs is smaller."""
    differing = one != other
    first = int(differing.argmax())
    return bool(differing.flat[first] and one.flat[first] < other.flat[first])
