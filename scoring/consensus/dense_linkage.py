"""Average linkage where nearly every object is similar to every other: whole rows at a time, in one square table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scoring.agreement.similarity import Pairs
from scoring.types import Array

__all__ = ["join_dense", "round_12"]

_NEVER = -1e9
# Total of two groups that share an annotator. It stays far below 0 whatever similarities are added to it, and finite.

_STRIP = 256

_UNSURE = 0.4998
# A number times 1e12 is rounded by at most 1.3e-4 where the number is at most 1: nearer to a half than this, which way
# it goes is left to Python, which looks at the exact digits.


def join_dense(groups: Sequence[list[int]], owner: NDArray[np.intp], edges: Pairs, minimum: float) -> list[list[int]]:
    """Join the two most similar groups, again and again, until no two that share no annotator reach the minimum.

    The same groups as a queue of all pairs gives, in time that grows with the square of the number of groups and not
    with their pairs' logarithms and dictionaries: every group keeps its best partner among those after it, and when two
    are joined their rows are added and only the partners that this concerns are looked for anew, when it is their turn.

    Parameters
    ----------
    groups
        n groups of object indices, in the order that decides between equal linkages: the one of the pair whose first
        group comes first, then whose second does. A joined group takes the earlier place of its two.
    owner
        (N,), the annotator of every object, those in no group included.
    edges
        Pairs of objects of these groups and their similarity in [0, 1], each pair once; the others have 0.
    minimum
        Least mean similarity, above 0.

    Returns
    -------
    list[list[int]]
        The groups that are left, in the same order; members in no particular one.

    References
    ----------
    Müllner, D. (2011), Modern hierarchical, agglomerative clustering algorithms, arXiv:1109.2378: the generic
    algorithm, with the best partner as a bound that is put right when it comes to the top.

    Examples
    --------
    >>> three = Pairs(np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([0.9, 0.7, 0.3]))
    >>> join_dense([[0], [1], [2]], np.array([0, 1, 2]), three, minimum=0.5)
    [[0, 1, 2]]
    """
    table = _Table(groups, owner, edges)
    while True:
        first = int(table.best.argmax())
        if table.best[first] < minimum:
            return [members for members in table.members if members]
        if table.partner[first] < 0:
            table.look(first)
        else:
            table.join(first, int(table.partner[first]))


class _Table:
    """Groups, by their place, and what every two of them share."""

    def __init__(self, groups: Sequence[list[int]], owner: NDArray[np.intp], edges: Pairs) -> None:
        count = len(groups)
        self.members = [list(members) for members in groups]
        self._sizes = np.array([float(len(members)) for members in groups])
        self._totals = _totals(self.members, owner, edges)
        self.best: Array = np.full(count, -np.inf)
        """(n,) mean similarity with the best group after this one, or more than that."""
        self.partner: NDArray[np.intp] = np.full(count, -1)
        """(n,) which one it is, the first of equally good ones; -1 where that has to be looked for."""
        for first in range(count - 1):
            self.look(first)

    def look(self, first: int) -> None:
        """Find the best partner of a group among those after it."""
        self._choose(first, self._means(first, slice(first + 1, None)))

    def join(self, first: int, second: int) -> None:
        """Make two groups one, in the place of the first."""
        self.members[first] += self.members[second]
        self.members[second] = []
        self._totals[first] += self._totals[second]
        self._totals[:, first] = self._totals[first]
        self._sizes[first] += self._sizes[second]
        # Nothing has any mean with a group of infinite size: as good as crossing it out of every row, at no cost.
        self._sizes[second] = np.inf
        self.best[second] = -np.inf
        self.partner[self.partner == second] = -1
        means = self._means(first, slice(None))
        self._choose(first, means[first + 1 :])
        means, best, partner = means[:first], self.best[:first], self.partner[:first]
        partner[(partner == first) & (means < best)] = -1
        better = (means > best) | ((means == best) & (partner > first))
        best[better], partner[better] = means[better], first

    def _means(self, first: int, others: slice) -> Array:
        # Rounded so that sums that were added up in another order still tie, and still reach the minimum.
        return round_12(self._totals[first, others] / (self._sizes[first] * self._sizes[others]))

    def _choose(self, first: int, means: Array) -> None:
        if len(means):
            place = int(means.argmax())
            self.best[first], self.partner[first] = means[place], first + 1 + place


def _totals(groups: Sequence[list[int]], owner: NDArray[np.intp], edges: Pairs) -> Array:
    """(n, n), symmetric: summed similarity between the objects of two groups, or `_NEVER`."""
    count = len(groups)
    home = np.empty(len(owner), dtype=np.intp)
    members = np.concatenate([np.asarray(group) for group in groups])
    group = np.repeat(np.arange(count), [len(members) for members in groups])
    home[members] = group
    one, other = home[edges.first], home[edges.second]
    cell = np.minimum(one, other)
    cell *= count
    cell += np.maximum(one, other)
    totals = np.zeros((count, count))
    # One by one in their order, so that the sums have the same last digits as those of a queue.
    np.add.at(totals.reshape(-1), cell, edges.similarity)
    # Turned around in strips that stay in a core's cache: a tenth of the time of one piece.
    for start in range(0, count, _STRIP):
        strip = slice(start, start + _STRIP)
        totals[start:, strip] += totals[strip, start:].T
    for annotator in np.unique(owner[members]):
        theirs = group[owner[members] == annotator]
        totals[np.ix_(theirs, theirs)] = _NEVER
    return totals


def round_12(values: Array) -> Array:
    """`round(value, 12)` of every value, each at most 1, with the same bits.

    >>> round_12(np.array([1 / 3, 0.1 + 0.2])).tolist()
    [0.333333333333, 0.3]
    """
    scaled = values * 1e12
    whole = np.rint(scaled)
    rounded: Array = whole / 1e12
    for place in np.flatnonzero(np.abs(scaled - whole) > _UNSURE).tolist():
        rounded[place] = round(float(values[place]), 12)
    return rounded
