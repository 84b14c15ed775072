"""CVAT: quality against a reference, and the merge of consensus replicas.

CVAT compares annotators with a ground truth or merges their replicas; it shows no agreement of annotators with one
another. `objects` gives its accuracy for every two of them, so that the two kinds of figures can be set side by side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import ceil, fsum
from typing import NamedTuple

import numpy as np

from scoring.agreement.boxes import iou
from scoring.agreement.matching import match
from scoring.profiles.score import ProfileScore, objects_by_annotator, pair_matrix, pairwise_score
from scoring.types import Array, Boxes

__all__ = [
    "AUDIO_IOU",
    "CONSENSUS_IOU",
    "GROUND_TRUTH_IOU",
    "Merged",
    "Quality",
    "label_jaccard",
    "merge_cluster",
    "objects",
    "quality",
    "quorum_votes",
]

GROUND_TRUTH_IOU = 0.4
"""Least IoU of a match in CVAT's quality reports."""

AUDIO_IOU = 0.3
"""Least overlap of a match of two stretches of audio."""

CONSENSUS_IOU = 0.5
"""Least IoU of a match when CVAT merges consensus replicas."""


class Quality(NamedTuple):
    """CVAT's figures of one set of objects against a reference. All are 0 where there is nothing to divide by."""

    accuracy: float
    """Valid over all: `TP / (TP + FP + FN)`, where a match with a wrong label is one object of all."""
    precision: float
    """Valid over the annotator's objects."""
    recall: float
    """Valid over the reference's objects."""
    valid: list[tuple[int, int]]
    """Matched with the same label: (reference's object, annotator's object)."""
    mismatching: list[tuple[int, int]]
    """Matched with different labels."""
    missing: list[int]
    """The reference's objects without a match."""
    extra: list[int]
    """The annotator's objects without a match."""


class Merged(NamedTuple):
    """What CVAT makes of a cluster of replicas."""

    member: int
    """Place in the cluster of the box that is kept as it was drawn."""
    label: str
    """The label with most votes."""
    score: float
    """`(votes / annotators) * mean IoU of the kept box with the cluster`, itself included (a quirk)."""


def quality(
    similarity: Array,
    reference: Sequence[int],
    annotated: Sequence[int],
    labels: Sequence[str],
    iou_threshold: float = GROUND_TRUTH_IOU,
) -> Quality:
    """Compare one set of objects with a reference: optimal matching, equal labels first, then any with what is left.

    Parameters
    ----------
    similarity
        (N, N) over all objects.
    reference, annotated
        Indices of the reference's and of the annotator's objects.
    labels
        N labels.
    iou_threshold
        Least similarity of a match; default 0.4.

    Returns
    -------
    Quality
        Quirk: with no objects on either side everything is 0, unless CVAT's `empty_is_annotated` is on (`objects`).

    References
    ----------
    CVAT, `quality_control/comparison_report.py`, `annotation_matching.py` and `statistics.py` (accuracy = trace over
    sum of the confusion matrix with its "unmatched" row and column).

    Examples
    --------
    A car found, a bus called a van, a car missed, nothing extra: 1 of 3.

    >>> similarity = np.eye(5)
    >>> similarity[0, 3] = similarity[3, 0] = similarity[1, 4] = similarity[4, 1] = 0.9
    >>> result = quality(similarity, [0, 1, 2], [3, 4], ["car", "bus", "car", "car", "van"])
    >>> result.valid, result.mismatching, result.missing, round(result.accuracy, 3), result.precision
    ([(0, 3)], [(1, 4)], [2], 0.333, 0.5)
    """
    block = similarity[np.ix_(reference, annotated)]
    named = np.array([[labels[i] == labels[j] for j in annotated] for i in reference], dtype=bool).reshape(block.shape)
    valid = match(np.where(named, block, 0.0), iou_threshold)
    left = block.copy()
    left[[i for i, _ in valid]] = 0.0
    left[:, [j for _, j in valid]] = 0.0
    mismatching = match(left, iou_threshold)
    seen_i = {i for i, _ in valid + mismatching}
    seen_j = {j for _, j in valid + mismatching}
    matched, total = len(valid), len(reference) + len(annotated) - len(seen_i)
    return Quality(
        accuracy=matched / total if total else 0.0,
        precision=matched / len(annotated) if annotated else 0.0,
        recall=matched / len(reference) if reference else 0.0,
        valid=[(reference[i], annotated[j]) for i, j in valid],
        mismatching=[(reference[i], annotated[j]) for i, j in mismatching],
        missing=[place for i, place in enumerate(reference) if i not in seen_i],
        extra=[place for j, place in enumerate(annotated) if j not in seen_j],
    )


def label_jaccard(compared: Quality, labels: Sequence[str]) -> dict[str, float]:
    """Per label: `TP / (annotated + reference - TP)`, from what `quality` returned.

    >>> similarity = np.ones((3, 3))
    >>> label_jaccard(quality(similarity, [0], [1, 2], ["car", "car", "bus"]), ["car", "car", "bus"])
    {'bus': 0.0, 'car': 1.0}
    """
    both = [*compared.valid, *compared.mismatching]
    used = [*(i for i, _ in both), *compared.missing, *(j for _, j in both), *compared.extra]
    scores: dict[str, float] = {}
    for name in sorted({labels[i] for i in used}):
        hits = sum(1 for i, _ in compared.valid if labels[i] == name)
        scores[name] = hits / (sum(1 for i in used if labels[i] == name) - hits)
    return scores


def objects(
    similarity: Array,
    owners: Sequence[int],
    labels: Sequence[str],
    annotators: int,
    iou_threshold: float = GROUND_TRUTH_IOU,
    empty_is_annotated: bool = False,
) -> ProfileScore:
    """CVAT's accuracy of every two annotators, and their mean.

    Parameters
    ----------
    similarity, owners, labels, annotators
        As in `scoring.profiles.score.objects_by_annotator`.
    iou_threshold
        Default 0.4 (`GROUND_TRUTH_IOU`); `CONSENSUS_IOU` is what a merge uses.
    empty_is_annotated
        CVAT's setting of that name. Quirk: off, as is its default, two annotators who marked nothing score 0; on, 1.

    Returns
    -------
    ProfileScore
        `Undefined` score for fewer than two annotators.

    Raises
    ------
    ValueError
        The inputs do not fit together.

    Examples
    --------
    >>> objects(np.array([[1, 0.5], [0.5, 1]]), [0, 1], ["car", "car"], annotators=2).score
    1.0
    >>> objects(np.zeros((0, 0)), [], [], annotators=2).score
    0.0
    """
    members = objects_by_annotator(similarity, owners, labels, annotators)

    def compare(a: int, b: int) -> float:
        if not members[a] and not members[b]:
            return 1.0 if empty_is_annotated else 0.0
        return quality(similarity, members[a], members[b], labels, iou_threshold).accuracy

    return pairwise_score(pair_matrix(annotators, compare))


def quorum_votes(quorum: float, annotators: int) -> int:
    """How many replicas must have an object for a merge to keep it: `ceil(quorum * annotators)`.

    Quirk: the product is a float, so 0.56 of 25 asks for 15 (14.000000000000002 rounded up).

    >>> quorum_votes(0.7, 5), quorum_votes(0.56, 25)
    (4, 15)
    """
    return ceil(quorum * annotators)


def merge_cluster(boxes: Boxes, labels: Sequence[str], annotators: int, quorum: float = 0.5) -> Merged | None:
    """Merge the boxes that CVAT's matching put together: the member nearest to their mean box, never a fused one.

    Parameters
    ----------
    boxes
        (k, 5), at least one; CVAT's mean box is upright.
    labels
        k labels; each box is a vote. Quirk: a tie, between labels as between equally near boxes, goes to what
        comes first in the cluster, so CVAT's order of replicas decides.
    annotators
        How many replicas there are.
    quorum
        Share of the replicas that must agree on the label; default 0.5.

    Returns
    -------
    Merged | None
        None where too few agree on the label: CVAT drops the object.

    Raises
    ------
    ValueError
        No box, or not one label per box.

    References
    ----------
    CVAT, `consensus/intersect_merge.py`, as in datumaro's IntersectMerge.

    Examples
    --------
    >>> boxes = np.array([[10, 10, 40, 40, 0], [12, 12, 40, 40, 0], [9, 11, 41, 40, 0]], dtype=float)
    >>> merged = merge_cluster(boxes, ["car"] * 3, annotators=3)
    >>> merged.member, merged.label, round(merged.score, 4)
    (2, 'car', 0.9239)
    """
    if not len(boxes) or len(boxes) != len(labels):
        raise ValueError(f"expected at least one box and one label each, got {len(boxes)} and {len(labels)}")
    votes: dict[str, int] = defaultdict(int)
    for label in labels:
        votes[label] += 1
    label = max(votes, key=votes.__getitem__)
    if votes[label] < quorum_votes(quorum, annotators):
        return None
    mean = boxes.mean(axis=0, keepdims=True)
    member = int(iou(boxes, mean)[:, 0].argmax())
    near = iou(boxes[member : member + 1], boxes)[0].tolist()
    return Merged(member, label, votes[label] / annotators * fsum(near) / len(near))
