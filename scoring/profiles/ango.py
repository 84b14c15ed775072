"""iMerit Ango Hub's consensus.

Quirk: every answer is compared with itself too, so no score of n annotators is ever below 1 / n: all-different answers
of three annotators score 0.333, and the 30 % threshold of Ango's own example cannot fail
(`scoring.profiles.floors.threshold_cannot_fail`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from math import fsum, hypot

from scoring.agreement.nominal import equality_matrix
from scoring.profiles.score import ProfileScore, objects_by_annotator, pair_matrix
from scoring.types import Array, Undefined

__all__ = ["best_answers", "objects", "passes", "point_similarity", "question", "task_score"]


def question(answers: Sequence[Hashable]) -> ProfileScore:
    """A question (radio, checkbox, dropdown, text, number): `sameAnswers / taskCount`, the largest over annotators.

    Text counts as equal only when every character is. Each annotator's own answer counts as one of the same answers.

    Parameters
    ----------
    answers
        One per annotator, compared by `==` (a set of choices as a frozenset).

    Returns
    -------
    ProfileScore
        The score is in [1 / n, 1]; `Undefined` for no answers.

    References
    ----------
    Ango Hub documentation, "Consensus": question = sameAnswers / taskCount, maximum over annotators.

    Examples
    --------
    >>> question(["a", "a", "b"]).by_annotator
    [0.6666666666666666, 0.6666666666666666, 0.3333333333333333]
    >>> round(question(["a", "b", "c"]).score, 3)
    0.333
    """
    if not answers:
        return ProfileScore(Undefined("needs one annotator, got 0"), [], [])
    given = Counter(answers)
    shares: list[float | None] = [given[answer] / len(answers) for answer in answers]
    return ProfileScore(max(given.values()) / len(answers), equality_matrix(answers), shares)


def objects(similarity: Array, owners: Sequence[int], labels: Sequence[str], annotators: int) -> ProfileScore:
    """Objects: each annotator's mean IoU with every annotator including themselves, the best one's per class, averaged.

    `value(annotator, class) = mean over their objects of (sum over all annotators of the IoU with theirs) / annotators`

    where the annotator's own term is 1. The best value is the class's score; the task's score is the mean over classes.

    Own choice where the page is silent: of several objects of one annotator the most similar one is compared (many-to-
    one, as the page's "every object against every annotator" suggests); who marked none of a class has no value for it
    and adds 0 to the others'; nobody marked anything at all is agreement, 1.

    Parameters
    ----------
    similarity, owners, labels, annotators
        As in `scoring.profiles.score.objects_by_annotator`; a label is a class ("tool").

    Returns
    -------
    ProfileScore
        The score is in [1 / n, 1]. The matrix leaves the self-comparison to its diagonal; an annotator's figure is the
        mean of their values over the classes. `Undefined` for no annotators.

    Raises
    ------
    ValueError
        The inputs do not fit together.

    References
    ----------
    Ango Hub documentation, "Consensus": IoU against every annotator including oneself, averaged, best value, mean.

    Examples
    --------
    Three boxes that share nothing: each agrees with itself only.

    >>> import numpy as np
    >>> round(objects(np.eye(3), [0, 1, 2], ["car"] * 3, annotators=3).score, 3)
    0.333
    """
    members = objects_by_annotator(similarity, owners, labels, annotators)
    if not annotators:
        return ProfileScore(Undefined("needs one annotator, got 0"), [], [])
    classes = sorted(set(labels))
    if not classes:
        return ProfileScore(1.0, [[1.0] * annotators for _ in range(annotators)], [1.0] * annotators)
    nearest = [_nearest(similarity, members, labels, name) for name in classes]
    values = [[_value(row) for row in rows] for rows in nearest]
    best = [max(value for value in row if value is not None) for row in values]

    def compare(a: int, b: int) -> float:
        return fsum(_both_ways(rows, a, b) for rows in nearest) / len(classes)

    figures = [[value for value in own if value is not None] for own in zip(*values, strict=True)]
    return ProfileScore(
        fsum(best) / len(classes),
        pair_matrix(annotators, compare),
        [fsum(own) / len(own) if own else None for own in figures],
    )


def best_answers(
    similarity: Array, owners: Sequence[int], labels: Sequence[str], annotators: int, tie_break: Sequence[str]
) -> list[int]:
    """Ango's "Best Answer" composite task: for every class, the objects of the annotator with the best value.

    Parameters
    ----------
    similarity, owners, labels, annotators
        As in `objects`.
    tie_break
        One string per annotator (their id). Of equal values (to 1e-12) the smallest string's annotator is taken; Ango
        states no rule.

    Returns
    -------
    list[int]
        Indices of the objects to keep, ascending. Quirk: an object that one annotator alone drew is kept, for nobody
        who marked none of a class has a value for it.

    Raises
    ------
    ValueError
        The inputs do not fit together.

    Examples
    --------
    >>> import numpy as np
    >>> similarity = np.array([[1, 0.9, 0.5], [0.9, 1, 0.6], [0.5, 0.6, 1]])
    >>> best_answers(similarity, [0, 1, 2], ["car"] * 3, annotators=3, tie_break=["a", "b", "c"])
    [1]
    """
    members = objects_by_annotator(similarity, owners, labels, annotators)
    kept: list[int] = []
    for name in sorted(set(labels)):
        values = [_value(row) for row in _nearest(similarity, members, labels, name)]
        ranked = [(-round(value, 12), tie_break[who], who) for who, value in enumerate(values) if value is not None]
        *_, best = min(ranked)
        kept += [i for i in members[best] if labels[i] == name]
    return sorted(kept)


def point_similarity(a: tuple[float, float], b: tuple[float, float], width_px: float, height_px: float) -> float:
    """`1 - distance / diagonal of the image`, and 0 from one diagonal on.

    >>> point_similarity((0, 0), (300, 400), width_px=500, height_px=1200)        # 1 - 500 / 1300
    0.6153846153846154
    """
    diagonal_px = hypot(width_px, height_px)
    distance_px = hypot(a[0] - b[0], a[1] - b[1])
    if diagonal_px == 0.0:
        return 1.0 if distance_px == 0.0 else 0.0
    return max(0.0, 1.0 - distance_px / diagonal_px)


def task_score(scores: Sequence[float]) -> float | Undefined:
    """A task's score: the mean over its questions and tools.

    >>> task_score([1.0, 0.5])
    0.75
    """
    return fsum(scores) / len(scores) if scores else Undefined("needs one question or tool, got 0")


def passes(scores: Mapping[str, float], thresholds: Mapping[str, float]) -> bool:
    """Whether a task leaves by "Agreement": every class whose toggle is on reaches its threshold.

    Quirk: with no toggle on, or all at 0 %, every task is in agreement. A class without a score (nobody used it) is.

    Parameters
    ----------
    scores
        Score per class.
    thresholds
        Threshold in [0, 1] of every class whose toggle is on.

    Examples
    --------
    >>> passes({"car": 0.8, "bus": 0.2}, {"car": 0.7}), passes({"car": 0.8, "bus": 0.2}, {"car": 0.7, "bus": 0.3})
    (True, False)
    >>> passes({"car": 0.0}, {})
    True
    """
    return all(scores.get(name, 1.0) >= threshold for name, threshold in thresholds.items())


def _nearest(similarity: Array, members: list[list[int]], labels: Sequence[str], name: str) -> list[list[float] | None]:
    """Per annotator, mean over their objects of this class of the best IoU with each annotator; None without any."""
    own = [[i for i in mine if labels[i] == name] for mine in members]
    return [
        [fsum(max((float(similarity[i, j]) for j in theirs), default=0.0) for i in mine) / len(mine) for theirs in own]
        if mine
        else None
        for mine in own
    ]


def _value(row: list[float] | None) -> float | None:
    return None if row is None else fsum(row) / len(row)


def _both_ways(rows: list[list[float] | None], a: int, b: int) -> float:
    mine, theirs = rows[a], rows[b]
    if mine is None and theirs is None:
        return 1.0
    return 0.0 if mine is None or theirs is None else (mine[b] + theirs[a]) / 2.0
