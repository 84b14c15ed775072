"""RedBrick AI's inter-annotator agreement: averages of averages, from instance to task."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import fsum, pi, sqrt

from scoring.agreement.matching import match
from scoring.agreement.nominal import equality_matrix
from scoring.consensus.pick import best_annotator as best_of_matrix
from scoring.profiles.score import ProfileScore, objects_by_annotator, pair_matrix, pairwise_score
from scoring.types import Array, Matrix, Undefined

__all__ = [
    "angle_similarity",
    "base_annotator",
    "classification",
    "length_similarity",
    "mean_of_matrices",
    "objects",
    "point_similarity",
]


def classification(answers: Sequence[Hashable]) -> ProfileScore:
    """Classification is binary: 1 where category and attributes are equal, else 0.

    Pass each answer as one value, for instance `(category, frozenset(attributes))`.

    >>> classification(["benign", "benign", "malign"]).score == 1 / 3
    True
    """
    return pairwise_score(equality_matrix(answers))


def objects(similarity: Array, owners: Sequence[int], labels: Sequence[str], annotators: int) -> ProfileScore:
    """Instances of one label type: matched within each category so that the summed similarity is largest.

    A category's score is the mean over its instances, the pair's the mean over its categories, the task's the mean over
    unordered pairs of annotators. Several label types: `mean_of_matrices`.

    Own choice where the page is silent: an instance without a counterpart counts 0, as at Labelbox, and two annotators
    without instances agree, 1.

    Parameters
    ----------
    similarity, owners, labels, annotators
        As in `scoring.profiles.score.objects_by_annotator`; a label is a category. IoU for boxes, polygons and masks.

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
    RedBrick AI documentation, "Agreement calculation" (one version prints the IoU upside down).

    Examples
    --------
    Category car: 0.8 and an extra one; category bus: 0.6. (0.8 / 2 + 0.6) / 2.

    >>> import numpy as np
    >>> similarity = np.eye(5)
    >>> similarity[0, 2] = similarity[2, 0] = 0.8
    >>> similarity[1, 4] = similarity[4, 1] = 0.6
    >>> objects(similarity, [0, 0, 1, 1, 1], ["car", "bus", "car", "car", "bus"], annotators=2).score
    0.5
    """
    members = objects_by_annotator(similarity, owners, labels, annotators)

    def compare(a: int, b: int) -> float:
        categories = {labels[i] for i in (*members[a], *members[b])}
        if not categories:
            return 1.0
        return fsum(_category(similarity, members[a], members[b], labels, name) for name in categories) / len(
            categories
        )

    return pairwise_score(pair_matrix(annotators, compare))


def mean_of_matrices(matrices: Sequence[Matrix]) -> ProfileScore:
    """The mean, pair by pair, over the label types of a task, the frames of a video or the volumes of a study.

    Returns
    -------
    ProfileScore
        `Undefined` score for no matrix or fewer than two annotators.

    Examples
    --------
    >>> mean_of_matrices([[[1.0, 0.5], [0.5, 1.0]], [[1.0, 1.0], [1.0, 1.0]]]).score
    0.75
    """
    if not matrices:
        return ProfileScore(Undefined("needs one label type, frame or volume, got 0"), [], [])
    count = len(matrices)
    return pairwise_score(pair_matrix(len(matrices[0]), lambda a, b: fsum(matrix[a][b] for matrix in matrices) / count))


def base_annotator(scored: ProfileScore, tie_break: Sequence[str]) -> int:
    """Whose set of labels becomes the base annotation: the annotator with the highest mean agreement with the others.

    RedBrick states no rule for ties; here the smallest string of `tie_break` (the annotators' ids) decides.

    Raises
    ------
    ValueError
        There is no annotator.

    Examples
    --------
    >>> base_annotator(pairwise_score([[1.0, 0.7, 0.5], [0.7, 1.0, 0.8], [0.5, 0.8, 1.0]]), ["a", "b", "c"])
    1
    """
    return best_of_matrix(scored.matrix, range(len(scored.matrix)), tie_break)


def point_similarity(a: Sequence[float], b: Sequence[float], size_px: Sequence[float]) -> float:
    """Landmarks: `1 - RMSE` of the coordinates, each divided by the image's size in its direction.

    Parameters
    ----------
    a, b
        x and y, or x, y and z.
    size_px
        Width and height, or width, height and depth; above 0. Lengths are compared by their two end points, averaged.

    Returns
    -------
    float
        In [0, 1]: 0 from an RMSE of 1 on.

    Examples
    --------
    0.3 and 0.4 of the image apart: 1 - sqrt((0.09 + 0.16) / 2).

    >>> round(point_similarity((0, 0), (30, 80), size_px=(100, 200)), 4)
    0.6464
    """
    squares = [((p - q) / size) ** 2 for p, q, size in zip(a, b, size_px, strict=True)]
    return max(0.0, 1.0 - sqrt(fsum(squares) / len(squares)))


def length_similarity(
    a: tuple[Sequence[float], Sequence[float]], b: tuple[Sequence[float], Sequence[float]], size_px: Sequence[float]
) -> float:
    """Length measurements: the mean of `point_similarity` of both end points.

    Own choice where the page is silent: which end was drawn first makes no difference, the better way counts.

    Examples
    --------
    The same start, and ends a tenth of the width apart: 1 - sqrt(0.01 / 2) / 2.

    >>> round(length_similarity(((0, 0), (50, 0)), ((60, 0), (0, 0)), size_px=(100, 200)), 4)
    0.9646
    """
    ways = ((b[0], b[1]), (b[1], b[0]))
    return max((point_similarity(a[0], p, size_px) + point_similarity(a[1], q, size_px)) / 2.0 for p, q in ways)


def angle_similarity(first_arm_radians: float, second_arm_radians: float) -> float:
    """Angle measurements: `1 - (theta_1 + theta_2) / (2 pi)`, thetas between the two annotators' first and second arms.

    >>> angle_similarity(pi / 2, pi / 2)
    0.5
    """
    return 1.0 - (first_arm_radians + second_arm_radians) / (2.0 * pi)


def _category(
    similarity: Array, first: Sequence[int], second: Sequence[int], labels: Sequence[str], name: str
) -> float:
    mine = [i for i in first if labels[i] == name]
    theirs = [j for j in second if labels[j] == name]
    if not mine or not theirs:
        return 0.0
    block = similarity[mine][:, theirs]
    pairs = match(block)
    return fsum(float(block[i, j]) for i, j in pairs) / (len(mine) + len(theirs) - len(pairs))
