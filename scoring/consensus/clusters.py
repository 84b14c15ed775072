"""Which marks of different annotators are one object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from scoring.agreement.similarity import DENSE_UP_TO, Pairs, Similarity, above_zero, as_dense
from scoring.consensus.dense_linkage import join_dense
from scoring.types import Array

__all__ = ["cluster"]

_Places = NDArray[np.intp]
_Join = Callable[[Sequence[list[int]], _Places, Pairs, float], list[list[int]]]

_ROUNDING = 1e-9
# By how much a similarity may miss the minimum and still count: linkages are rounded to 12 digits.

_NO_EDGES = Pairs(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp), np.zeros(0))

_FEW_EDGES = 512
# So many are joined faster than sorted into parts.

_LARGEST_TABLE = 1 << 13
# Objects of a part up to which a square table of them (512 MB) may hold more zeros than similarities.


def cluster(
    similarity: Similarity,
    owners: Sequence[int],
    labels: Sequence[str],
    minimum_similarity: float = 0.4,
    tie_break: Sequence[int] | None = None,
) -> list[list[int]]:
    """Group the marks of all annotators into objects, at most one mark of each annotator in a group.

    Agglomerative clustering with average linkage under that constraint: the two groups with the highest mean similarity
    between their marks are joined first, and so on until no two groups that share no annotator reach the minimum. First
    only marks with the same label are joined, then what is left regardless of the label: so a mark with a wrong label
    joins its object, and a missing object stays missing.

    Unlike DBSCAN it never chains through a mark to another one of the same annotator, and unlike the greedy growth of
    CVAT and datumaro it does not depend on who comes first.

    Takes time in the number of pairs that overlap: 20,000 marks of which each overlaps a few 0.4 s, and 5,000 that all
    overlap one another 4 s and a gigabyte while it lasts.

    Parameters
    ----------
    similarity
        (N, N) symmetric, in [0, 1], over all objects of all annotators; dense or sparse, with the same result.
    owners
        N annotator indices.
    labels
        N labels.
    minimum_similarity
        Least mean similarity between two groups that are joined, above 0. The default is CVAT's 0.4: on the pedestrian
        set it gave a better consensus than 0.5 with every way of fusing; small objects are drawn loosely.
    tie_break
        N distinct places of the objects in an order of their content (box, label), smaller first; decides between
        equal linkages. Default: the object's index, which is the caller's order of annotators.

    Returns
    -------
    list[list[int]]
        Object indices, ascending in each group, groups by first index. Every object is in exactly one group; an object
        nobody else saw is a group of its own. Independent of the order of annotators; given `tie_break`, also in ties.

    Raises
    ------
    ValueError
        The inputs do not fit together or the minimum is not above 0.

    References
    ----------
    Sokal, R. R. and Michener, C. D. (1958), average linkage (UPGMA). Minimum: CVAT's quality settings.

    Examples
    --------
    Annotators 0 and 1 drew the same two objects; annotator 2 drew the first and called it a bus.

    >>> similarity = np.array(
    ...     [[1, 0, 0.8, 0, 0.7], [0, 1, 0, 0.9, 0], [0.8, 0, 1, 0, 0.6], [0, 0.9, 0, 1, 0], [0.7, 0, 0.6, 0, 1]]
    ... )
    >>> cluster(similarity, owners=[0, 0, 1, 1, 2], labels=["car", "car", "car", "car", "bus"])
    [[0, 2, 4], [1, 3]]
    """
    _check(similarity, owners, labels, minimum_similarity)
    find = _easy_and_edges if len(owners) <= DENSE_UP_TO else _easy_and_edges_of_many
    groups, left, edges = find(similarity, owners, minimum_similarity)
    if left:
        owner = np.array(owners, dtype=np.intp)
        ids: dict[str, int] = {}
        label = np.array([ids.setdefault(name, len(ids)) for name in labels])
        place = np.arange(len(owners)) if tie_break is None else np.asarray(tie_break)
        for join, objects, pairs in _parts(np.array(left), edges, len(owners), minimum_similarity):
            joined = [[i] for i in objects[np.argsort(place[objects])].tolist()]
            if len(ids) > 1:
                alike = pairs.where(label[pairs.first] == label[pairs.second])
                joined = join(joined, owner, alike, minimum_similarity)
            groups += [sorted(members) for members in join(joined, owner, pairs, minimum_similarity)]
    return sorted(groups)


def _easy_and_edges(
    similarity: Similarity, owners: Sequence[int], minimum: float
) -> tuple[list[list[int]], list[int], Pairs]:
    """Groups that need no search, the objects that do, and the similarities between these."""
    similarity = as_dense(similarity)
    groups, left = _cliques(similarity, owners, minimum)
    return groups, left, _edges(similarity, owners, left) if left else _NO_EDGES


def _easy_and_edges_of_many(
    similarity: Similarity, owners: Sequence[int], minimum: float
) -> tuple[list[list[int]], list[int], Pairs]:
    """The same where only objects that overlap are looked at."""
    count, owner, pairs = len(owners), np.array(owners, dtype=np.intp), above_zero(similarity)
    near = pairs.where(pairs.similarity >= minimum)
    component = _components(near, count)
    sizes = np.bincount(component)
    links = np.bincount(component[near.first], minlength=len(sizes))
    annotators = owner.max() + 1
    seen_by = np.bincount(np.unique(component * annotators + owner) // annotators, minlength=len(sizes))
    easy = ((links == sizes * (sizes - 1) // 2) & (seen_by == sizes))[component]
    groups = [group.tolist() for group in _split(np.flatnonzero(easy), component)]
    hard = ~easy[pairs.first] & ~easy[pairs.second] & (owner[pairs.first] != owner[pairs.second])
    return groups, np.flatnonzero(~easy).tolist(), pairs.where(hard)


def _parts(left: _Places, edges: Pairs, count: int, minimum: float) -> Iterator[tuple[_Join, _Places, Pairs]]:
    """Objects and edges in parts that do not concern one another, each with the way of joining that is faster for it.

    Groups only ever grow within a connected component of the graph of objects that reach the minimum, so a similarity
    between two components can be left out: it decides nothing. Components that are nearly complete are parts of their
    own; all others together are one.
    """
    if len(edges.first) <= _FEW_EDGES:
        yield _join_sparse, left, edges
        return
    component = _components(edges.where(edges.similarity >= minimum - _ROUNDING), count)
    edges = edges.where(component[edges.first] == component[edges.second])
    sizes, links = np.bincount(component), np.bincount(component[edges.first], minlength=component.max() + 1)
    # Measured: a queue costs some 4 microseconds an edge, a table 28 an object and 10 nanoseconds a pair of objects.
    dense = links > sizes * (7.0 + sizes / 400.0)
    dense &= (sizes <= _LARGEST_TABLE) | (16 * links >= sizes.astype(np.float64) ** 2)
    here = dense[component]
    yield _join_sparse, left[~here[left]], edges.where(~here[edges.first])
    tables = _split(left[here[left]], component)
    places = _split(np.flatnonzero(here[edges.first]), component[edges.first])
    for objects, inside in zip(tables, places, strict=True):
        yield join_dense, objects, edges.where(inside)


def _split(places: _Places, component: NDArray[np.int32]) -> list[_Places]:
    """Places, ascending, by the component that each is in."""
    if not len(places):
        return []
    places = places[np.argsort(component[places], kind="stable")]
    return np.split(places, np.flatnonzero(np.diff(component[places])) + 1)


def _components(pairs: Pairs, count: int) -> NDArray[np.int32]:
    """(count,), for each object which connected component it is in."""
    graph = coo_array((np.ones(len(pairs.first)), (pairs.first, pairs.second)), shape=(count, count))
    component: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return component


def _cliques(similarity: Array, owners: Sequence[int], minimum: float) -> tuple[list[list[int]], list[int]]:
    """Groups that need no search, and the objects that do.

    Objects similar enough to one another and to nothing else, each of another annotator, end up together whatever is
    joined first: every mean among them reaches the minimum, and none to anything outside does. They are found as
    objects with the same set of neighbours, namely themselves. Most tasks consist of nothing else.
    """
    near = similarity >= minimum
    np.fill_diagonal(near, True)
    alike: dict[bytes, list[int]] = defaultdict(list)
    for i, row in enumerate(near):
        alike[row.tobytes()].append(i)
    groups: list[list[int]] = []
    left: list[int] = []
    for neighbours, members in alike.items():
        clique = len(members) == neighbours.count(1) and len({owners[i] for i in members}) == len(members)
        if clique:
            groups.append(members)
        else:
            left += members
    return groups, sorted(left)


def _edges(similarity: Array, owners: Sequence[int], left: Sequence[int]) -> Pairs:
    """The similarities between these objects of different annotators."""
    pairs = above_zero(similarity[np.ix_(left, left)])
    objects, owner = np.array(left, dtype=np.intp), np.array(owners, dtype=np.intp)
    pairs = Pairs(objects[pairs.first], objects[pairs.second], pairs.similarity)
    return pairs.where(owner[pairs.first] != owner[pairs.second])


def _join_sparse(groups: Sequence[list[int]], owner: _Places, edges: Pairs, minimum: float) -> list[list[int]]:
    """What `join_dense` does, with a queue of all pairs of groups that reach the minimum."""
    clusters = _Clusters(groups, owner, minimum)
    clusters.join(edges)
    return clusters.in_order()


class _Clusters:
    """Clusters of objects on the way to being joined."""

    def __init__(self, groups: Sequence[list[int]], owner: _Places, minimum: float) -> None:
        self.minimum = minimum
        self.members = dict(enumerate(groups))
        self._annotators = {
            key: sum(1 << annotator for annotator in owner[members].tolist()) for key, members in self.members.items()
        }
        self._places = {key: key for key in self.members}
        self._next = len(groups)

    def in_order(self) -> list[list[int]]:
        """The clusters by the earliest place of their groups."""
        return [self.members[key] for key in sorted(self.members, key=self._places.__getitem__)]

    def join(self, edges: Pairs) -> None:
        """Join the two most similar clusters by these edges, again and again, until none are similar enough."""
        home = {i: key for key, members in self.members.items() for i in members}
        links: dict[int, dict[int, float]] = {key: defaultdict(float) for key in self.members}
        for i, j, similarity in zip(*(column.tolist() for column in edges), strict=True):
            a, b = home[i], home[j]
            if not self._annotators[a] & self._annotators[b]:
                links[a][b] += similarity
                links[b][a] += similarity
        heap: list[tuple[float, int, int, int, int]] = []
        for a, linked in links.items():
            for b, total in linked.items():
                if a < b:
                    self._offer(heap, a, b, total)
        while heap:
            *_, a, b = heappop(heap)
            if a in self.members and b in self.members:
                new = self._merge(a, b)
                links[new] = self._merged_links(new, links.pop(a), links.pop(b))
                for other, total in links[new].items():
                    links[other][new] = total
                    self._offer(heap, new, other, total)

    def _offer(self, heap: list[tuple[float, int, int, int, int]], a: int, b: int, total: float) -> None:
        # Rounded so that sums that were added up in another order still tie, and still reach the minimum.
        mean = round(total / (len(self.members[a]) * len(self.members[b])), 12)
        if mean >= self.minimum:
            first, second = self._places[a], self._places[b]
            heappush(heap, (-mean, min(first, second), max(first, second), a, b))

    def _merge(self, a: int, b: int) -> int:
        new, self._next = self._next, self._next + 1
        self.members[new] = self.members.pop(a) + self.members.pop(b)
        self._annotators[new] = self._annotators[a] | self._annotators[b]
        self._places[new] = min(self._places[a], self._places[b])
        return new

    def _merged_links(self, new: int, of_a: dict[int, float], of_b: dict[int, float]) -> dict[int, float]:
        """What the joined cluster shares with those it may still be joined with."""
        return {
            other: of_a.get(other, 0.0) + of_b.get(other, 0.0)
            for other in of_a | of_b
            if other in self.members and not self._annotators[new] & self._annotators[other]
        }


def _check(similarity: Similarity, owners: Sequence[int], labels: Sequence[str], minimum_similarity: float) -> None:
    count = len(owners)
    if similarity.shape != (count, count) or len(labels) != count:
        raise ValueError(
            f"expected one owner, one label and one row and column of similarity per object; got {count} owners, "
            f"{len(labels)} labels and similarity of shape {similarity.shape}"
        )
    if not minimum_similarity > 0.0:
        raise ValueError(f"expected a minimum similarity above 0, got {minimum_similarity}")
