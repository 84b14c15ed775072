"""Relations between regions: alike where their ends are, with the regions of different annotators matched first.

An annotator relates regions of their own, so two relations can only be compared once it is known which regions of
different annotators are one object. `cluster` (from `scoring.consensus.clusters`) says so, over the regions of all
controls that relations may point at; `relations_between` then names the ends by cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from scoring.agreement.similarity import DENSE_UP_TO, Pairs, Similarity
from scoring.consensus.votes import vote
from scoring.shapes.common import many_of_distinct
from scoring.types import Array

__all__ = ["Relation", "RelationMetric", "fuse_relation", "relation_similarity", "relations_between"]

RelationMetric = Literal["exact", "undirected"]
"""How two relations are compared, see `relation_similarity`."""


class Relation(NamedTuple):
    """A relation between two matched objects, as `relations_between` makes it.

    >>> Relation(0, 1)
    Relation(source=0, target=1, directed=True)
    """

    source: int
    """Which object it starts from: the number of a cluster, or a negative number for a region that does not exist."""
    target: int
    """Which object it points at."""
    directed: bool = True
    """False: from source to target is the same as from target to source."""


def relations_between(
    ends: Sequence[tuple[int | None, int | None, bool]], clusters: Sequence[Sequence[int]]
) -> list[Relation]:
    """Name the ends of every relation by the object that its region belongs to.

    An end that names no region (a dangling id), or one in no cluster, gets a negative number of its own: such a
    relation is like no other one, for nobody can tell what it relates.

    Parameters
    ----------
    ends
        Per relation: index of the region it comes from, of the one it goes to (None where there is no such region), and
        whether it is directed. Indices count over all regions of all annotators, as in `cluster`.
    clusters
        What `cluster` returned: each the indices of the regions that are one object.

    Returns
    -------
    list[Relation]
        One per relation, in their order.

    Examples
    --------
    Regions 0 and 2 are one object, 1 and 3 another: annotators 0 and 1 relate the same two.

    >>> relations_between([(0, 1, True), (2, 3, True), (2, None, True)], clusters=[[0, 2], [1, 3]])[:2]
    [Relation(source=0, target=1, directed=True), Relation(source=0, target=1, directed=True)]
    """
    home = {region: number for number, members in enumerate(clusters) for region in members}
    relations: list[Relation] = []
    for place, (source, target, directed) in enumerate(ends):
        nowhere = -2 * place - 1
        relations.append(
            Relation(
                nowhere if source is None else home.get(source, nowhere),
                nowhere - 1 if target is None else home.get(target, nowhere - 1),
                directed,
            )
        )
    return relations


def relation_similarity(relations: Sequence[Relation], metric: RelationMetric = "exact") -> Similarity:
    """1 where two relations are the same, 0 where not; labels are left to `compare_objects`.

    - `exact` (default): the same ends, and the same direction: both directed from and to the same objects, or both
      undirected. "A treats B" is not "B treats A", and neither is "A and B are linked".
    - `undirected`: the same two ends whichever way, to cluster relations before their direction is voted on.

    The soft F1 of `compare_objects` over it is the F1 of relations whose end points match: `2 TP / (|a| + |b|)`.

    Parameters
    ----------
    relations
        All relations of all annotators of a task, ends named by cluster.
    metric
        See above.

    Returns
    -------
    Similarity
        (N, N) of 0 and 1, symmetric, transitive, diagonal 1; (0, 0) for no relations. Dense up to
        `scoring.agreement.similarity.DENSE_UP_TO` relations, beyond as `scoring.shapes.common.many_of_distinct` has it.

    References
    ----------
    The relation F1 of information extraction: (head, tail, type, direction) after entities are matched, as in Zhou et
    al. (2005), doi:10.3115/1219840.1219893.

    Examples
    --------
    >>> forth, back, linked = Relation(0, 1), Relation(1, 0), Relation(1, 0, directed=False)
    >>> relation_similarity([forth, back, linked]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    >>> relation_similarity([forth, back, linked], "undirected").all()
    np.True_
    """
    numbers: dict[Relation, int] = {}
    for relation in relations:
        numbers.setdefault(_same_for_all(relation, metric), len(numbers))
    key = np.array([numbers[_same_for_all(relation, metric)] for relation in relations], dtype=np.int64)
    if len(key) > DENSE_UP_TO:
        none = np.zeros(0, dtype=np.intp)
        return many_of_distinct(Pairs(none, none, np.zeros(0)), key)
    similarity: Array = (key[:, None] == key).astype(np.float64)
    return similarity


def fuse_relation(relations: Sequence[Relation], weights: Sequence[float] | None = None) -> Relation:
    """The relation with the largest (weighted) support among those of a cluster: it settles the direction.

    Clusters of `exact` similarity hold one relation only. Which clusters become part of the consensus (majority over
    the matched ends) is decided by their support, as for every other kind of object.

    Parameters
    ----------
    relations
        At least one, ends named by cluster.
    weights
        One per relation, as in `vote`; default 1 each.

    Returns
    -------
    Relation
        One of those given. A tie goes to the undirected one, which claims least, then to the smaller source.

    Raises
    ------
    ValueError
        No relation, or weights that do not fit.

    Examples
    --------
    >>> fuse_relation([Relation(0, 1), Relation(1, 0), Relation(0, 1)])
    Relation(source=0, target=1, directed=True)
    >>> fuse_relation([Relation(0, 1), Relation(0, 1, directed=False)])
    Relation(source=0, target=1, directed=False)
    """
    if not relations:
        raise ValueError("expected at least one relation to fuse, got none")
    claims = [_same_for_all(relation, "exact") for relation in relations]
    preference = sorted(set(claims), key=lambda claim: (claim.directed, claim))
    winner = vote(claims, weights, preference).winner
    return min(relation for relation, claim in zip(relations, claims, strict=True) if claim == winner)


def _same_for_all(relation: Relation, metric: RelationMetric) -> Relation:
    """One of several equal descriptions of a relation: the ends of an undirected one in ascending order."""
    if relation.directed and metric == "exact":
        return relation
    return Relation(min(relation.source, relation.target), max(relation.source, relation.target), directed=False)
