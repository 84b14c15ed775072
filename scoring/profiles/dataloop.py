"""Dataloop: `measure_item` of its SDK (dtlpy), and the consensus score of its scoring app (dtlpymetrics).

Quirks kept: labels match when one is part of the other ("car" and "scar"); matching is greedy; `ignore_labels` changes
who is matched but not the score; boxes rotated by an angle are compared as if they were not (that is up to the caller's
similarity). Polygons it compares by the pixels that they are drawn to; here the caller has exact areas.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import exp, fsum, hypot
from typing import NamedTuple

from scoring.agreement.sets import jaccard, jaccard_matrix
from scoring.profiles.score import ProfileScore, objects_by_annotator, pair_matrix, pairwise_score
from scoring.types import Array

__all__ = ["Consensus", "PairMeasure", "classes", "consensus", "label_score", "measure", "objects", "point_similarity"]

_Attributes = Sequence[AbstractSet[str]]


class PairMeasure(NamedTuple):
    """What `measure_annotations` of dtlpy returns for two annotators."""

    total_mean_score: float
    """Mean over matches and unmatched objects of both."""
    precision: float
    """Matched over the second annotator's objects."""
    recall: float
    """Matched over the first annotator's objects."""


@dataclass(frozen=True, slots=True)
class Consensus:
    """What Dataloop's scoring app makes of a consensus task's item."""

    agreement: ProfileScore
    """Its matrix is USER_CONFUSION; its score their mean, which Dataloop compares with the threshold (0.5)."""
    annotation_overall: list[float]
    """ANNOTATION_OVERALL of every object."""
    item_overall: float
    """ITEM_OVERALL, their mean; 1 where nobody marked anything."""


def label_score(a: str, b: str) -> float:
    """Quirk: 1 where one label is a part of the other, else 0.

    >>> label_score("car", "scar"), label_score("car", "bus")
    (1.0, 0.0)
    """
    return 1.0 if a in b or b in a else 0.0


def point_similarity(
    a: tuple[float, float], b: tuple[float, float], width_px: float = 500.0, height_px: float = 500.0
) -> float:
    """`exp(-20 * distance / diagonal)`; the diagonal of a 500 x 500 image where the item's size is unknown.

    >>> round(point_similarity((10, 10), (13, 14)), 3)
    0.868
    """
    diagonal_px = hypot(width_px, height_px)
    distance_px = hypot(a[0] - b[0], a[1] - b[1])
    if diagonal_px == 0.0:
        return 1.0 if distance_px == 0.0 else 0.0
    return exp(-20.0 * distance_px / diagonal_px)


def classes(answers: Sequence[AbstractSet[str]]) -> ProfileScore:
    """Classification: a class is matched only with the same one and then scores 1; every other one scores 0.

    Of the classes that either of two annotators gave, it is the share that both did: Jaccard. None at all by either is
    1, as in the scoring app (the SDK fails with a division by zero).

    >>> classes([{"day", "wet"}, {"day"}]).score
    0.5
    """
    return pairwise_score(jaccard_matrix(answers))


def measure(
    similarity: Array,
    first: Sequence[int],
    second: Sequence[int],
    labels: Sequence[str],
    attributes: _Attributes | None = None,
    match_threshold: float = 0.5,
    ignore_labels: bool = False,
) -> PairMeasure:
    """`measure_annotations` of dtlpy for two annotators.

    The most similar pair of the same label is matched while it reaches the threshold, and again with what is left
    (greedy). A match scores `(geometry + attributes + label) / 3`, an unmatched object 0; the total is the mean over
    matches and unmatched objects.

    Parameters
    ----------
    similarity
        (N, N) geometric similarity over all objects, 0 between objects of different types.
    first, second
        Indices of the two annotators' objects. Quirk: of equally similar pairs the one of the objects that come first
        is matched, so the order of an annotator's objects can matter (which of the two is first does not).
    labels, attributes
        N labels, and N sets of "key-value" strings, compared by Jaccard. Default: no attributes, which are equal.
    match_threshold
        Least similarity of a match; default 0.5, Dataloop's.
    ignore_labels
        Match regardless of the label. Quirk: the label still counts in the score, so a wrong one gives 2 / 3.

    Returns
    -------
    PairMeasure
        All 1 where both are empty (the scoring app's default; the SDK fails with a division by zero).

    References
    ----------
    dtlpy 1.126.5, `dtlpy/ml/predictions_utils.py` and `dtlpy/ml/metrics.py`.

    Examples
    --------
    IoU 0.8223 of the cars, and two dogs in different places: (0.8223 + 1 + 1) / 3 over three rows.

    >>> import numpy as np
    >>> similarity = np.eye(4)
    >>> similarity[0, 2] = similarity[2, 0] = 1444 / 1756
    >>> result = measure(similarity, [0, 1], [2, 3], ["car", "dog", "car", "dog"])
    >>> round(result.total_mean_score, 6), result.precision, result.recall
    (0.313591, 0.5, 0.5)
    """
    if not first and not second:
        return PairMeasure(1.0, 1.0, 1.0)
    matched = _greedy(similarity, first, second, None if ignore_labels else labels, match_threshold)
    scores = [
        (float(similarity[i, j]) + (jaccard(attributes[i], attributes[j]) if attributes else 1.0) + label) / 3.0
        for i, j in matched
        for label in [label_score(labels[i], labels[j])]
    ]
    return PairMeasure(
        fsum(scores) / (len(first) + len(second) - len(matched)),
        len(matched) / len(second) if second else 0.0,
        len(matched) / len(first) if first else 0.0,
    )


def objects(
    similarity: Array,
    owners: Sequence[int],
    labels: Sequence[str],
    annotators: int,
    attributes: _Attributes | None = None,
    match_threshold: float = 0.5,
    ignore_labels: bool = False,
) -> ProfileScore:
    """`total_mean_score` of every two annotators, and their mean.

    Parameters
    ----------
    similarity, owners, labels, annotators
        As in `scoring.profiles.score.objects_by_annotator`.
    attributes, match_threshold, ignore_labels
        As in `measure`.

    Returns
    -------
    ProfileScore
        `Undefined` score for fewer than two annotators. The order of the annotators changes nothing.

    Raises
    ------
    ValueError
        The inputs do not fit together.

    Examples
    --------
    >>> import numpy as np
    >>> objects(np.array([[1, 0.7], [0.7, 1]]), [0, 1], ["car", "car"], annotators=2).score
    0.9
    """
    members = objects_by_annotator(similarity, owners, labels, annotators)

    def compare(a: int, b: int) -> float:
        measured = measure(similarity, members[a], members[b], labels, attributes, match_threshold, ignore_labels)
        return measured.total_mean_score

    return pairwise_score(pair_matrix(annotators, compare))


def consensus(
    similarity: Array, owners: Sequence[int], labels: Sequence[str], annotators: int, match_threshold: float = 0.01
) -> Consensus:
    """The consensus scores of Dataloop's scoring app (dtlpymetrics `get_image_scores`).

    Objects are matched greedily whatever their labels, from a similarity of 0.01 on. Quirk: geometry and attributes are
    then ignored, so a match scores 1 where one label is a part of the other, else 0; an unmatched object scores 0.

    - USER_CONFUSION of two annotators: mean over matches and unmatched objects; 1 where both marked nothing.
    - ANNOTATION_OVERALL of an object: mean of its scores against the other annotators and one 1 for itself (the same
      floor of 1 / n as Ango's).
    - ITEM_OVERALL: their mean.

    Parameters
    ----------
    similarity, owners, labels, annotators
        As in `scoring.profiles.score.objects_by_annotator`.
    match_threshold
        Least similarity of a match.

    Returns
    -------
    Consensus
        The agreement's score is `Undefined` for fewer than two annotators.

    Raises
    ------
    ValueError
        The inputs do not fit together.

    References
    ----------
    dtlpymetrics 1.2.32, `scoring/tasks.py` and `utils/matching.py`.

    Examples
    --------
    Two cars and a bus in one place:

    >>> import numpy as np
    >>> result = consensus(np.ones((3, 3)), [0, 1, 2], ["car", "car", "bus"], annotators=3)
    >>> [round(value, 4) for value in result.annotation_overall], round(result.agreement.score, 4)
    ([0.6667, 0.6667, 0.3333], 0.3333)
    """
    members = objects_by_annotator(similarity, owners, labels, annotators)
    received = [1.0] * len(owners)

    def compare(a: int, b: int) -> float:
        matched = _greedy(similarity, members[a], members[b], None, match_threshold)
        rows = len(members[a]) + len(members[b]) - len(matched)
        scores = [label_score(labels[i], labels[j]) for i, j in matched]
        for (i, j), score in zip(matched, scores, strict=True):
            received[i] += score
            received[j] += score
        return fsum(scores) / rows if rows else 1.0

    agreement = pairwise_score(pair_matrix(annotators, compare))
    overall = [score / annotators for score in received]
    return Consensus(agreement, overall, fsum(overall) / len(overall) if overall else 1.0)


def _greedy(
    similarity: Array, first: Sequence[int], second: Sequence[int], labels: Sequence[str] | None, minimum: float
) -> list[tuple[int, int]]:
    """Match the most similar pair first; only within equal labels where labels are given."""
    candidates = sorted(
        (-float(similarity[i, j]), row, column, i, j)
        for row, j in enumerate(second)
        for column, i in enumerate(first)
        if similarity[i, j] >= minimum and (labels is None or labels[i] == labels[j])
    )
    taken: set[int] = set()
    matched: list[tuple[int, int]] = []
    for *_, i, j in candidates:
        if not taken & {i, j}:
            taken |= {i, j}
            matched.append((i, j))
    return matched
