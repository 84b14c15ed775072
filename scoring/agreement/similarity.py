"""The similarity of all objects of a task with one another, as an array or as a sparse matrix.

Most tasks have a few dozen objects, for which a dense array is the fastest form. Of many thousands each overlaps a few
others and all else is 0: there only the pairs above 0 are kept. What is computed from the numbers does not depend on
the form: it is chosen by the number of objects alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from scoring.types import Array

__all__ = ["DENSE_UP_TO", "Pairs", "Similarity", "above_zero", "above_zero_between", "as_dense", "entries", "submatrix"]

Similarity: TypeAlias = Array | csr_array
"""(N, N), symmetric, in [0, 1]: a float64 array, or a `scipy.sparse.csr_array` whose missing entries are 0."""

DENSE_UP_TO = 512
"""Number of objects up to which a task is worked on as a dense array: 2 MB and at most 20 ms.

Measured, a sparse matrix costs less from about 150 objects on and several times as much for the few of most tasks. In
between dense is kept for its ties: every two annotators' objects are then matched in one piece by the rule of `match`,
where beyond each group of overlapping objects decides between equally good pairings by itself."""


class Pairs(NamedTuple):
    """Pairs of objects and their similarity, one per place."""

    first: NDArray[np.intp]
    """(k,), the lower index of each pair."""
    second: NDArray[np.intp]
    """(k,), the higher index."""
    similarity: Array
    """(k,)"""

    def where(self, kept: NDArray[np.bool_] | NDArray[np.intp]) -> Pairs:
        """The pairs at the places where `kept`, (k,), is true, or at these places."""
        # Most often nothing is left out, and of millions of pairs a copy takes longer than to look.
        if kept.dtype == np.bool_ and kept.all():
            return self
        return Pairs(self.first[kept], self.second[kept], self.similarity[kept])


def above_zero(similarity: Similarity) -> Pairs:
    """The pairs of different objects with a similarity above 0, by first and then by second object.

    >>> pairs = above_zero(np.array([[1, 0.5, 0], [0.5, 1, 0.25], [0, 0.25, 1]]))
    >>> pairs.first.tolist(), pairs.second.tolist(), pairs.similarity.tolist()
    ([0, 1], [1, 2], [0.5, 0.25])
    """
    if isinstance(similarity, np.ndarray):
        return _entries_above_zero(np.triu(similarity, 1))
    pairs = _entries_above_zero(similarity)
    return pairs.where(pairs.first < pairs.second)


def above_zero_between(similarity: Similarity, rows: slice, columns: slice) -> Pairs:
    """The pairs of an object of one run and one of another with a similarity above 0, by first and then by second.

    Parameters
    ----------
    similarity
        (N, N).
    rows, columns
        From and to which object each run goes. Where they overlap, a pair comes twice and an object with itself too.

    Returns
    -------
    Pairs
        First objects are those of `rows`.

    Examples
    --------
    >>> pairs = above_zero_between(np.array([[1, 0.5, 0], [0.5, 1, 0.25], [0, 0.25, 1]]), slice(0, 2), slice(2, 3))
    >>> pairs.first.tolist(), pairs.second.tolist(), pairs.similarity.tolist()
    ([1], [2], [0.25])
    """
    pairs = _entries_above_zero(similarity[rows, columns])
    return Pairs(pairs.first + rows.start, pairs.second + columns.start, pairs.similarity)


def _entries_above_zero(block: Similarity) -> Pairs:
    if isinstance(block, np.ndarray):
        first, second = np.nonzero(block > 0.0)
        return Pairs(first, second, block[first, second])
    if not block.has_sorted_indices:
        block = block.sorted_indices()
    first = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
    return Pairs(first, block.indices.astype(np.intp, copy=False), block.data).where(block.data > 0.0)


def as_dense(similarity: Similarity) -> Array:
    """The matrix as an array; one that is an array already is returned as it is."""
    if isinstance(similarity, np.ndarray):
        return similarity
    array: Array = similarity.toarray()
    return array


def submatrix(similarity: Similarity, indices: Sequence[int]) -> Similarity:
    """The similarities of some objects with one another: `similarity[np.ix_(indices, indices)]`, in the same form.

    Parameters
    ----------
    similarity
        (N, N).
    indices
        n objects, in the order that the result is to have them in.

    Returns
    -------
    Similarity
        (n, n), dense if `similarity` is; (0, 0) for no objects.

    Raises
    ------
    IndexError
        An index is out of range.

    Examples
    --------
    >>> similarity = np.array([[1, 0.5, 0], [0.5, 1, 0.25], [0, 0.25, 1]])
    >>> submatrix(similarity, [2, 1]).tolist()
    [[1.0, 0.25], [0.25, 1.0]]
    >>> submatrix(csr_array(similarity), [2, 1]).toarray().tolist()
    [[1.0, 0.25], [0.25, 1.0]]
    """
    chosen = np.asarray(indices, dtype=np.intp)
    if isinstance(similarity, np.ndarray):
        return similarity[np.ix_(chosen, chosen)]
    part = similarity[chosen][:, chosen]
    part.sort_indices()
    return part


def entries(similarity: Similarity, rows: Sequence[int], column: int) -> list[float]:
    """The similarities of some objects with one: `similarity[rows, column].tolist()`.

    Parameters
    ----------
    similarity
        (N, N), symmetric.
    rows
        n objects, each in 0 .. N - 1.
    column
        The one, in 0 .. N - 1.

    Returns
    -------
    list[float]
        n numbers, in the order of `rows`; `[]` for no rows.

    Examples
    --------
    >>> similarity = np.array([[1, 0.5, 0], [0.5, 1, 0.25], [0, 0.25, 1]])
    >>> entries(similarity, [0, 2], 1), entries(csr_array(similarity), [0, 2], 1)
    ([0.5, 0.25], [0.5, 0.25])
    """
    if isinstance(similarity, np.ndarray):
        listed: list[float] = similarity[np.asarray(rows, dtype=np.intp), column].tolist()
        return listed
    # Row `column` is column `column`, and a csr_array's rows lie together.
    own = slice(similarity.indptr[column], similarity.indptr[column + 1])
    above: dict[int, float] = dict(zip(similarity.indices[own].tolist(), similarity.data[own].tolist(), strict=True))
    return [above.get(row, 0.0) for row in rows]
