"""Optimal one-to-one pairing of many objects, of which each is similar to a few others only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

from scoring.agreement.matching import ONE_MORE_PAIR, match
from scoring.types import Array

__all__ = ["match_pairs"]

_Places = NDArray[np.intp]

_SURELY = 1e-12
# What a pair must be better by to be matched at a glance: more than rounding can make of equal sums.

_GLANCES = 8
# How often what is left is looked at again. Each glance settles most of it; only a chain would go on for ever.

_BLOCK = 1 << 16
# Cells of a component up to which it is matched as a dense block, with the tie rule of `match`; beyond, the sparse
# algorithm is several times faster and needs no memory for the zeros.


def match_pairs(rows: _Places, columns: _Places, similarity: Array, most_pairs: bool = False) -> _Places:
    """`match` for a matrix given by its entries above 0: as good a pairing, in time nearly linear in their number.

    A pair that is worth more than the best two that it rules out is in every optimal pairing, so it is settled at a
    glance, and what it rules out is gone. What is left falls apart into the connected components of the graph of
    entries; nothing in one concerns another, and each is matched by itself. So the pairing is the one that `match`
    finds, save where several are optimal: then each component chooses by itself, a small one as `match` does.

    Parameters
    ----------
    rows, columns
        (k,), where each entry is; no place comes twice.
    similarity
        (k,), above 0. Leave out entries that may not be matched.
    most_pairs
        Match as many pairs as possible, and of these pairings take the most similar one. Similarities must then be at
        most 1.

    Returns
    -------
    _Places
        Which entries are matched, ascending.

    References
    ----------
    Jonker, R. and Volgenant, A. (1987), doi:10.1007/BF02278710, in scipy's form for sparse matrices
    (`min_weight_full_bipartite_matching`): components too large for a dense block.

    Examples
    --------
    Greedy takes 0.9 and strands the second row: 0.9 + 0. Optimal is 0.8 + 0.7.

    >>> rows, columns = np.array([0, 0, 1, 2]), np.array([0, 1, 0, 2])
    >>> match_pairs(rows, columns, np.array([0.9, 0.8, 0.7, 0.1])).tolist()
    [1, 2, 3]
    """
    rows, columns = _numbered(rows)[1], _numbered(columns)[1]
    chosen = [np.zeros(0, dtype=np.intp)]
    left = np.arange(len(similarity))
    for _ in range(_GLANCES):
        sure = _sure(rows[left], columns[left], similarity[left], most_pairs)
        if not sure.any():
            break
        chosen.append(left[sure])
        left = left[~np.isin(rows[left], rows[left[sure]]) & ~np.isin(columns[left], columns[left[sure]])]
    for part in _components(rows, columns, left):
        (height, row), (width, column) = _numbered(rows[part]), _numbered(columns[part])
        shape = height, width
        solve = _match_block if shape[0] * shape[1] <= _BLOCK else _match_sparse
        chosen.append(part[solve(row, column, similarity[part], shape, most_pairs)])
    return np.sort(np.concatenate(chosen))


def _numbered(places: _Places) -> tuple[int, _Places]:
    """How many distinct places there are, and the number of each among them in ascending order."""
    if places.max(initial=0) > len(places):
        distinct, number = np.unique(places, return_inverse=True)
        return len(distinct), number
    # Without sorting, which for millions of entries in thousands of rows takes ten times as long.
    there = np.bincount(places) > 0
    return int(there.sum()), (np.cumsum(there) - 1)[places]


def _sure(rows: _Places, columns: _Places, similarity: Array, most_pairs: bool) -> NDArray[np.bool_]:
    """The entries that are in every optimal pairing because no two others that they rule out are worth as much."""
    in_row, in_column = _best_other(rows, similarity), _best_other(columns, similarity)
    sure: NDArray[np.bool_] = similarity > in_row + in_column + _SURELY
    return sure & ((in_row == 0.0) | (in_column == 0.0)) if most_pairs else sure


def _best_other(lines: _Places, similarity: Array) -> Array:
    """The largest other entry of each entry's line, 0 where there is none."""
    best = np.zeros(lines.max(initial=-1) + 1)
    np.maximum.at(best, lines, similarity)
    largest = similarity == best[lines]
    alone = largest & (np.bincount(lines[largest], minlength=len(best))[lines] == 1)
    second = np.zeros(len(best))
    np.maximum.at(second, lines[~alone], similarity[~alone])
    other: Array = np.where(alone, second[lines], best[lines])
    return other


def _components(rows: _Places, columns: _Places, left: _Places) -> list[_Places]:
    """The entries that are left, by connected component."""
    if not len(left):
        return []
    row_count, column_count = rows.max() + 1, columns.max() + 1
    nodes = row_count + column_count
    edges = coo_array((np.ones(len(left)), (rows[left], row_count + columns[left])), shape=(nodes, nodes))
    component = connected_components(edges, directed=False)[1][rows[left]]
    order = np.argsort(component, kind="stable")
    return np.split(left[order], np.flatnonzero(np.diff(component[order])) + 1)


def _match_block(row: _Places, column: _Places, similarity: Array, shape: tuple[int, int], most_pairs: bool) -> _Places:
    block, place = np.zeros(shape), np.zeros(shape, dtype=np.intp)
    block[row, column] = similarity + (ONE_MORE_PAIR * min(shape) if most_pairs else 0.0)
    place[row, column] = np.arange(len(row))
    rows, columns = zip(*match(block), strict=True)
    matched: _Places = place[list(rows), list(columns)]
    return matched


def _match_sparse(
    row: _Places, column: _Places, similarity: Array, shape: tuple[int, int], most_pairs: bool
) -> _Places:
    # The algorithm matches every row at the least cost and takes a cost of 0 for no entry. So each row gets a column of
    # its own, which stands for "unmatched" and costs more than any entry, by the worth of a pair.
    rows, columns = shape
    alone = np.full(rows, 2.0 + (ONE_MORE_PAIR * min(shape) if most_pairs else 0.0))
    every_row = np.arange(rows)
    places = np.concatenate([row, every_row]), np.concatenate([column, columns + every_row])
    cost = coo_array((np.concatenate([2.0 - similarity, alone]), places), shape=(rows, columns + rows)).tocsr()
    partner = np.empty(rows, dtype=np.intp)
    matched_rows, matched_columns = min_weight_full_bipartite_matching(cost)
    partner[matched_rows] = matched_columns
    return np.flatnonzero(partner[row] == column)
