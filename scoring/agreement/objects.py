"""Agreement of annotators who each marked any number of objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations, combinations_with_replacement, starmap
from math import fsum
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.agreement.matching import ONE_MORE_PAIR, match, match_rows
from scoring.agreement.similarity import DENSE_UP_TO, Pairs, Similarity, above_zero_between, as_dense
from scoring.agreement.sparse_matching import match_pairs
from scoring.types import Array, Matrix

__all__ = ["MatchedPair", "ObjectAgreement", "ObjectMetric", "compare_objects"]

ObjectMetric = Literal["soft_f1", "f1"]

_DEFAULT_MINIMUM = {"soft_f1": 0.0, "f1": 0.5}

_SAME_OBJECT = 0.5
# Two objects of different labels are one object named twice from this similarity on (CVAT's and COCO's IoU 0.5); with
# less, neighbours that merely touch would be called wrongly labelled.

_LISTS_UP_TO = 60
# Objects of a task up to which lists are faster than arrays.

_RUN = 1_000
# Objects, about, whose pairs with as many others are matched in one go: of some 100 MB where all overlap.


class MatchedPair(NamedTuple):
    """Two annotators' objects that were matched: what they both saw."""

    first: int
    """Index of the object of the annotator with the lower index."""
    second: int
    """Index of the object of the other annotator."""
    similarity: float
    """Geometric similarity in [0, 1], whatever the labels."""
    same_label: bool
    """False: both saw an object here but named it differently. Such a pair does not add to the score."""


@dataclass(frozen=True, slots=True)
class ObjectAgreement:
    """How far the annotators of a task agree on its objects."""

    matrix: Matrix
    """Annotators x annotators, symmetric, in [0, 1], diagonal 1."""
    pairs: list[MatchedPair]
    """Matched objects of every two annotators, by annotator pair, then by first object. An object of one annotator in
    no pair with another one is missing there."""


def compare_objects(
    similarity: Similarity,
    owners: Sequence[int],
    labels: Sequence[str],
    annotators: int,
    metric: ObjectMetric = "soft_f1",
    minimum_similarity: float | None = None,
) -> ObjectAgreement:
    """Match the objects of every two annotators one to one and score how far they agree.

    - `soft_f1(a, b) = 2 * sum(similarity of matched pairs) / (|a| + |b|)`: a loose outline costs its share, and every
      missed, extra or duplicate object costs a whole one.
    - `f1(a, b) = 2 * (matched pairs) / (|a| + |b|)`: a pair counts 1 when similar enough. As many pairs as possible are
      matched, and of these pairings the most similar one.

    Two annotators who both marked nothing agree: 1. Objects with different labels have similarity 0 in the score; what
    is left over is then matched regardless of the label, from a similarity of 0.5 on, and reported with
    `same_label=False`, which tells a wrong label from a missing object.

    Parameters
    ----------
    similarity
        (N, N) symmetric in [0, 1] over all objects of all annotators; dense or sparse, with the same result.
    owners
        N annotator indices in 0 .. annotators - 1, never decreasing.
    labels
        N labels.
    annotators
        How many annotators answered, those without objects included.
    metric
        `soft_f1` or `f1`.
    minimum_similarity
        Less similar objects are not matched. Default 0 for `soft_f1` (any overlap earns its part), 0.5 for `f1`.

    Returns
    -------
    ObjectAgreement
        The matrix is `[]` for no annotators.

    Raises
    ------
    ValueError
        The shapes disagree, an owner is out of range or owners decrease.

    References
    ----------
    Dice, L. R. (1945), doi:10.2307/1932409, summed over an optimal matching.

    Examples
    --------
    Annotator 0 marked one car, annotator 1 the same car (IoU 0.8) and another, annotator 2 nothing:
    2 x 0.8 / (1 + 2) = 0.533.

    >>> import numpy as np
    >>> boxes = np.array([[1.0, 0.8, 0.0], [0.8, 1.0, 0.0], [0.0, 0.0, 1.0]])
    >>> agreement = compare_objects(boxes, owners=[0, 1, 1], labels=["car", "car", "car"], annotators=3)
    >>> [[round(cell, 3) for cell in row] for row in agreement.matrix]
    [[1.0, 0.533, 0.0], [0.533, 1.0, 0.0], [0.0, 0.0, 1.0]]
    >>> agreement.pairs
    [MatchedPair(first=0, second=1, similarity=0.8, same_label=True)]
    """
    _check(similarity, owners, labels, annotators)
    minimum = _DEFAULT_MINIMUM[metric] if minimum_similarity is None else minimum_similarity
    counts = [0] * annotators
    for owner in owners:
        counts[owner] += 1
    match_all = _match_small if len(owners) <= DENSE_UP_TO else _match_large
    matrix = [[1.0] * annotators for _ in range(annotators)]
    pairs: list[MatchedPair] = []
    for a, b, matched in match_all(similarity, counts, labels, metric, minimum):
        pairs += matched
        matrix[a][b] = matrix[b][a] = _score(matched, counts[a] + counts[b], metric)
    return ObjectAgreement(matrix, pairs)


def _match_small(
    similarity: Similarity, counts: Sequence[int], labels: Sequence[str], metric: ObjectMetric, minimum: float
) -> Iterator[tuple[int, int, list[MatchedPair]]]:
    """Match every two annotators' objects as a block: of a few as plain lists, which are the fastest form for these."""
    similarity = as_dense(similarity)
    rows: list[list[float]] = similarity.tolist() if len(labels) <= _LISTS_UP_TO else []
    ids: dict[str, int] = {}
    label = np.array([ids.setdefault(name, len(ids)) for name in labels])
    starts = [0, *accumulate(counts)]
    for a, b in combinations(range(len(counts)), 2):
        mine, theirs = range(starts[a], starts[a + 1]), range(starts[b], starts[b + 1])
        if rows:
            yield a, b, _match(rows, mine, theirs, labels, len(ids) < 2, metric, minimum)
        else:
            yield a, b, _match_block(similarity, mine, theirs, label, metric, minimum)


def _match_block(
    similarity: Array, mine: range, theirs: range, label: NDArray[np.intp], metric: ObjectMetric, minimum: float
) -> list[MatchedPair]:
    """`_match` for an array."""
    block = similarity[mine.start : mine.stop, theirs.start : theirs.stop]
    same = label[mine.start : mine.stop, None] == label[theirs.start : theirs.stop]
    found = [(i, j, True) for i, j in _best_of_block(np.where(same, block, 0.0), metric, minimum)]
    if not same.all():
        left = block.copy()
        left[[i for i, _, _ in found]] = 0.0
        left[:, [j for _, j, _ in found]] = 0.0
        found += [(i, j, False) for i, j in _best_of_block(left, metric, max(minimum, _SAME_OBJECT))]
        found.sort()
    return [MatchedPair(mine[i], theirs[j], float(block[i, j]), same) for i, j, same in found]


def _best_of_block(block: Array, metric: ObjectMetric, minimum: float) -> list[tuple[int, int]]:
    if metric == "f1":
        block = np.where((block > 0.0) & (block >= minimum), block + ONE_MORE_PAIR * len(block), 0.0)
    return match(block, minimum)


def _match_large(
    similarity: Similarity, counts: Sequence[int], labels: Sequence[str], metric: ObjectMetric, minimum: float
) -> Iterator[tuple[int, int, list[MatchedPair]]]:
    """The same for many pairs of annotators at once, looking only at objects that overlap."""
    annotators = len(counts)
    owner = np.repeat(np.arange(annotators), counts)
    ids: dict[str, int] = {}
    label = np.array([ids.setdefault(name, len(ids)) for name in labels])
    by_two: dict[tuple[int, int], list[MatchedPair]] = defaultdict(list)
    owners = owner.tolist()
    for mine, theirs in combinations_with_replacement(_runs(counts), 2):
        pairs = above_zero_between(similarity, mine, theirs)
        pairs = pairs.where((owner[pairs.first] < owner[pairs.second]) & (pairs.similarity >= minimum))
        for pair in _match_run(pairs, owner, label, annotators, metric):
            by_two[owners[pair.first], owners[pair.second]].append(pair)
    for a, b in combinations(range(annotators), 2):
        yield a, b, by_two[a, b]


def _runs(counts: Sequence[int]) -> list[slice]:
    """The objects of one annotator after the other, cut between annotators once a run has `_RUN` or more."""
    ends = list(accumulate(counts))
    runs: list[slice] = []
    start = 0
    for end in ends:
        if end - start >= _RUN or (end == ends[-1] and end > start):
            runs.append(slice(start, end))
            start = end
    return runs


def _match_run(
    pairs: Pairs, owner: NDArray[np.intp], label: NDArray[np.intp], annotators: int, metric: ObjectMetric
) -> Iterator[MatchedPair]:
    """Which of these pairs of different annotators' objects are matched."""
    same = label[pairs.first] == label[pairs.second]
    # An object is matched once with each other annotator: as many rows or columns of one matrix that falls apart.
    rows = pairs.first * annotators + owner[pairs.second]
    columns = pairs.second * annotators + owner[pairs.first]
    named = np.flatnonzero(same)
    named = named[match_pairs(rows[named], columns[named], pairs.similarity[named], metric == "f1")]
    left = np.flatnonzero(
        (pairs.similarity >= _SAME_OBJECT) & ~np.isin(rows, rows[named]) & ~np.isin(columns, columns[named])
    )
    misnamed = left[match_pairs(rows[left], columns[left], pairs.similarity[left], metric == "f1")]
    return _matched_pairs(pairs, named, misnamed)


def _matched_pairs(pairs: Pairs, named: NDArray[np.intp], misnamed: NDArray[np.intp]) -> Iterator[MatchedPair]:
    """The pairs at these places, by first object and then by second."""
    places = np.concatenate([named, misnamed])
    order = np.argsort(places)
    same = np.arange(len(places)) < len(named)
    columns = (*(column[places[order]].tolist() for column in pairs), same[order].tolist())
    return starmap(MatchedPair, zip(*columns, strict=True))


def _match(
    rows: list[list[float]],
    mine: range,
    theirs: range,
    labels: Sequence[str],
    one_label: bool,
    metric: ObjectMetric,
    minimum: float,
) -> list[MatchedPair]:
    """Match two annotators' objects: first within each label, then what is left over across labels."""
    block = [rows[i][theirs.start : theirs.stop] for i in mine]
    if one_label:
        named = block
    else:
        named = [
            [s if labels[i] == labels[j] else 0.0 for s, j in zip(row, theirs, strict=True)]
            for row, i in zip(block, mine, strict=True)
        ]
    found = [(i, j, True) for i, j in _best_pairs(named, metric, minimum)]
    if not one_label:
        seen_i, seen_j = {i for i, _, _ in found}, {j for _, j, _ in found}
        left = [[0.0 if i in seen_i or j in seen_j else s for j, s in enumerate(row)] for i, row in enumerate(block)]
        found += [(i, j, False) for i, j in _best_pairs(left, metric, max(minimum, _SAME_OBJECT))]
        found.sort()
    return [MatchedPair(mine[i], theirs[j], block[i][j], same) for i, j, same in found]


def _best_pairs(block: list[list[float]], metric: ObjectMetric, minimum: float) -> list[tuple[int, int]]:
    if metric == "f1":
        block = [[s + ONE_MORE_PAIR * len(block) if s > 0.0 and s >= minimum else 0.0 for s in row] for row in block]
    return match_rows(block, minimum)


def _score(matched: list[MatchedPair], objects: int, metric: ObjectMetric) -> float:
    if objects == 0:
        return 1.0
    agreeing = [pair.similarity if metric == "soft_f1" else 1.0 for pair in matched if pair.same_label]
    return 2.0 * fsum(agreeing) / objects


def _check(similarity: Similarity, owners: Sequence[int], labels: Sequence[str], annotators: int) -> None:
    count = len(owners)
    if similarity.shape != (count, count) or len(labels) != count:
        raise ValueError(
            f"expected one owner, one label and one row and column of similarity per object; got {count} owners, "
            f"{len(labels)} labels and similarity of shape {similarity.shape}"
        )
    if count and (sorted(owners) != list(owners) or owners[0] < 0 or owners[-1] >= annotators):
        raise ValueError(f"expected owners that never decrease, in 0 .. {annotators - 1}; got {list(owners)}")
