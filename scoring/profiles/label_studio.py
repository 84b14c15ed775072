"""Label Studio: agreement as its Enterprise documentation defines it, with the metrics of its open-source evalme.

Quirks kept: a box may be the best match of many (three copies of one box agree perfectly with it); the F1 at an IoU
counts pairs of boxes, so two annotators who draw the same five boxes reach 0.333; sets of choices are equal or not.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from math import fsum
from typing import NamedTuple

import numpy as np

from scoring.agreement.aggregate import consensus_share
from scoring.agreement.boxes import paired_iou
from scoring.agreement.nominal import equality_matrix
from scoring.profiles.score import ProfileScore, objects_by_annotator, pair_matrix, pairwise_score
from scoring.sequences.track import Track
from scoring.types import Array, Matrix, Undefined

__all__ = [
    "PrecisionRecall",
    "consensus",
    "consensus_of_pairs",
    "every_pair",
    "exact",
    "objects",
    "overall",
    "pairwise",
    "point_similarity",
    "precision_recall",
    "track_similarity",
]


class PrecisionRecall(NamedTuple):
    """Precision and recall at an IoU, and their harmonic mean; 0 where there is nothing to divide by."""

    precision: float
    """True positives over true and false positives."""
    recall: float
    """True positives over true positives and false negatives."""
    f1: float
    """`2 * precision * recall / (precision + recall)`."""


def exact(answers: Sequence[Hashable]) -> ProfileScore:
    """Choices, text and numbers by exact match, the default metric: the mean over pairs of equal or not.

    Quirk: of two sets of choices all or nothing counts, `{a, b, c}` and `{a, b}` share 0 (the documentation's partial
    credit is not what the code does). Pass sets as frozensets.

    >>> exact(["a", "a", "b"]).score == 1 / 3
    True
    """
    return pairwise_score(equality_matrix(answers))


def pairwise(matrix: Matrix) -> ProfileScore:
    """The "pairwise" methodology for any metric: the mean of the pairs' scores.

    >>> round(pairwise([[1.0, 0.74, 0.90], [0.74, 1.0, 0.52], [0.90, 0.52, 1.0]]).score, 12)
    0.72
    """
    return pairwise_score(matrix)


def consensus(answers: Sequence[Hashable]) -> ProfileScore:
    """The "consensus" methodology for categories: the share of annotators who gave the most common answer.

    Never below 1 / n (`scoring.profiles.floors`). The documentation's "at a glance" table has 0 % for three different
    answers; its definition and worked example, followed here, have 33.33 %.

    >>> consensus(["a", "a", "b", "b"]).score
    0.5
    """
    return ProfileScore(
        consensus_share(answers, range(len(answers))),
        equality_matrix(answers),
        [answers.count(answer) / len(answers) for answer in answers],
    )


def consensus_of_pairs(matrix: Matrix, threshold: float) -> ProfileScore:
    """The "consensus" methodology for continuous metrics: the share of pairs that reach the threshold.

    Quirk: for categories "consensus" counts annotators, here it counts pairs: with one agreeing pair of three people a
    category has 66.67 %, boxes have 33 %.

    Parameters
    ----------
    matrix
        Annotators x annotators, of a continuous metric.
    threshold
        From which similarity on (inclusive) two annotators agree.

    Returns
    -------
    ProfileScore
        The matrix holds 1 where two agree and 0 where not. `Undefined` score for fewer than two annotators.

    References
    ----------
    Label Studio Enterprise, "Annotation agreement and how it is calculated".

    Examples
    --------
    >>> iou = [[1.0, 0.74, 0.90], [0.74, 1.0, 0.52], [0.90, 0.52, 1.0]]
    >>> [round(consensus_of_pairs(iou, threshold).score, 2) for threshold in (0.5, 0.65, 0.75, 0.95)]
    [1.0, 0.67, 0.33, 0.0]
    """
    return pairwise_score(pair_matrix(len(matrix), lambda a, b: 1.0 if matrix[a][b] >= threshold else 0.0))


def objects(
    similarity: Array,
    owners: Sequence[int],
    labels: Sequence[str],
    annotators: int,
    label_weights: Mapping[str, float] | None = None,
) -> ProfileScore:
    """Boxes, polygons, spans: for each object the best similarity with one of the same label, in the worse direction.

    `m(a, b) = weighted mean over the objects of a of max(similarity with the objects of b with its label)`, and the
    pair's score is `min(m(a, b), m(b, a))`. Both without objects: 1; one of them: 0.

    Quirk: many-to-one is allowed, so duplicates cost nothing: three copies of one box against that box are 1. Quirk,
    for the caller to reproduce: evalme compares boxes as if none were turned. By default ellipses, brush strokes,
    masks and vectors are compared for equality.

    Parameters
    ----------
    similarity, owners, labels, annotators
        As in `scoring.profiles.score.objects_by_annotator`.
    label_weights
        Weight of each label, at least 0; default 1 each. All 0: the pair scores 0.

    Returns
    -------
    ProfileScore
        `Undefined` score for fewer than two annotators.

    Raises
    ------
    ValueError
        The inputs do not fit together.

    References
    ----------
    label-studio-evalme, `ObjectDetectionEvalItem.total_iou` and `Metrics.apply`.

    Examples
    --------
    >>> import numpy as np
    >>> objects(np.ones((4, 4)), [0, 0, 0, 1], ["car"] * 4, annotators=2).score
    1.0
    """
    members = objects_by_annotator(similarity, owners, labels, annotators)
    weights = label_weights or {}

    def one_way(mine: Sequence[int], theirs: Sequence[int]) -> float:
        total = fsum(weights.get(labels[i], 1.0) for i in mine)
        best = [max((float(similarity[i, j]) for j in theirs if labels[i] == labels[j]), default=0.0) for i in mine]
        gained = fsum(weights.get(labels[i], 1.0) * value for i, value in zip(mine, best, strict=True))
        return min(1.0, gained / total) if total > 0.0 else 0.0

    def compare(a: int, b: int) -> float:
        if not members[a] and not members[b]:
            return 1.0
        return min(one_way(members[a], members[b]), one_way(members[b], members[a]))

    return pairwise_score(pair_matrix(annotators, compare))


def precision_recall(pairs: Sequence[tuple[float, bool]], threshold: float = 0.5) -> PrecisionRecall:
    """Precision, recall and F1 at an IoU, counted over pairs of objects.

    A pair that reaches the threshold is a true positive with equal labels and a false positive with different ones; a
    pair of equal labels that does not reach it is a false negative.

    Quirk: the open-source code counts every box of one annotator with every one of the other, so that two annotators
    who draw the same n boxes of one label have recall 1 / n. `every_pair` gives those pairs; the example of the
    documentation counts aligned pairs only.

    Parameters
    ----------
    pairs
        IoU of each pair, and whether the labels are equal.
    threshold
        Default 0.5, Label Studio's.

    References
    ----------
    Label Studio, stats page (5 aligned pairs); label-studio-evalme `_precision_recall_at_iou`.

    Examples
    --------
    >>> aligned = [(0.99, True), (0.34, True), (0.82, False), (0.44, False), (0.67, False)]
    >>> [round(value, 2) for value in precision_recall(aligned)]
    [0.33, 0.5, 0.4]
    """
    hits = sum(1 for iou, same in pairs if same and iou >= threshold)
    wrong = sum(1 for iou, same in pairs if not same and iou >= threshold)
    missed = sum(1 for iou, same in pairs if same and iou < threshold)
    precision = hits / (hits + wrong) if hits + wrong else 0.0
    recall = hits / (hits + missed) if hits + missed else 0.0
    both = precision + recall
    return PrecisionRecall(precision, recall, 2.0 * precision * recall / both if both else 0.0)


def every_pair(
    similarity: Array, first: Sequence[int], second: Sequence[int], labels: Sequence[str]
) -> list[tuple[float, bool]]:
    """Every object of one annotator with every one of the other, as evalme counts them for `precision_recall`.

    >>> import numpy as np
    >>> same_two = np.eye(2)[[0, 1, 0, 1]][:, [0, 1, 0, 1]]
    >>> round(precision_recall(every_pair(same_two, [0, 1], [2, 3], ["car"] * 4)).f1, 3)
    0.667
    """
    return [(float(similarity[i, j]), labels[i] == labels[j]) for i in first for j in second]


def point_similarity(a: tuple[float, float], b: tuple[float, float], local_range: float = 1.0) -> float:
    """1 where both coordinates differ by less than `local_range`, else 0.

    Coordinates are percentages of the image, as Label Studio stores them: the same pixels are near in a small image and
    far in a large one. Quirk: all or nothing, 0.99 apart is 1 and 1.0 apart is 0.

    >>> point_similarity((50.0, 50.0), (50.99, 50.0)), point_similarity((50.0, 50.0), (51.0, 50.0))
    (1.0, 0.0)
    """
    return 1.0 if abs(a[0] - b[0]) < local_range and abs(a[1] - b[1]) < local_range else 0.0


def track_similarity(a: Track, b: Track) -> float:
    """Two tracks: `sum of IoU over the key frames of both / key frames of either`.

    Quirk: boxes between key frames do not count, so the same movement told by other key frames shares nothing.

    Returns
    -------
    float
        In [0, 1], symmetric. Own choice: two tracks without key frames are 1.

    References
    ----------
    label-studio-evalme, `iou_over_time`.

    Examples
    --------
    IoU 0.5 on frame 0; 4 and 8 are key frames of one of them only.

    >>> tall, low = (0, 0, 10, 10), (0, 0, 10, 5)
    >>> round(track_similarity(Track((0, 4), (tall, tall)), Track((0, 8), (low, low))), 4)
    0.1667
    """
    ours, theirs = dict(zip(a.frames, a.boxes, strict=True)), dict(zip(b.frames, b.boxes, strict=True))
    both, either = sorted(ours.keys() & theirs.keys()), len(ours.keys() | theirs.keys())
    if not both:
        return 0.0 if either else 1.0
    mine, other = (np.array([_upright(*side[frame]) for frame in both], dtype=np.float64) for side in (ours, theirs))
    return fsum(paired_iou(mine, other).tolist()) / either


def overall(scores: Sequence[float], weights: Sequence[float] | None = None) -> float | Undefined:
    """Several control tags: `sum(weight * score) / sum(weight)`, equal weights by default, 0 ignores a control.

    The documentation prints 60.67 % for its example of 83, 33 and 33 % with weights 1, 0.3 and 0.2; by its own formula
    it is 66.33 %.

    >>> round(overall([0.83, 0.33, 0.33], [1.0, 0.3, 0.2]), 4)
    0.6633
    """
    weights = [1.0] * len(scores) if weights is None else weights
    total = fsum(weights)
    if not total > 0.0:
        return Undefined(f"needs a control with a weight above 0, got weights {list(weights)}")
    return fsum(weight * score for weight, score in zip(weights, scores, strict=True)) / total


def _upright(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float, float]:
    return min(x, x + width), min(y, y + height), abs(width), abs(height), 0.0
