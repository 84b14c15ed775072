"""Label Studio's numbers: `scoring.profiles.label_studio`.

Figures: Label Studio Enterprise, "Annotation agreement and how it is calculated" (older versions list the metrics), and
label-studio-evalme 0.0.18, run.
"""

from __future__ import annotations

import numpy as np
import pytest

from scoring.agreement.boxes import iou
from scoring.profiles.label_studio import (
    consensus,
    consensus_of_pairs,
    every_pair,
    exact,
    objects,
    overall,
    pairwise,
    point_similarity,
    precision_recall,
)
from scoring.types import Matrix, Undefined
from tests.scoring.strategies import as_boxes

IOUS: Matrix = [[1.0, 0.74, 0.90], [0.74, 1.0, 0.52], [0.90, 0.52, 1.0]]


def test_pairwise_and_consensus_of_the_documentations_ious() -> None:
    # The page's example: IoU .74, .90, .52 is pairwise .72; pairs from .65 on 2/3, .50 3/3, .75 1/3, .95 none.
    assert pairwise(IOUS).score == pytest.approx(0.72)
    thresholds = {0.65: 2 / 3, 0.50: 1.0, 0.75: 1 / 3, 0.95: 0.0, 0.74: 2 / 3}
    found = {threshold: consensus_of_pairs(IOUS, threshold).score for threshold in thresholds}
    assert found == pytest.approx(thresholds)
    assert consensus_of_pairs(IOUS, 0.75).matrix == [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]


def test_consensus_counts_annotators_for_categories_and_pairs_for_boxes() -> None:
    # One agreeing pair of three people: 66.67 % and 33 %.
    assert consensus(["a", "a", "b"]).score == pytest.approx(2 / 3)
    assert consensus_of_pairs([[1.0, 0.9, 0.1], [0.9, 1.0, 0.2], [0.1, 0.2, 1.0]], 0.5).score == pytest.approx(1 / 3)
    assert consensus(["a", "a", "b"]).by_annotator == pytest.approx([2 / 3, 2 / 3, 1 / 3])


def test_sets_of_choices_are_all_or_nothing() -> None:
    assert exact([frozenset("abc"), frozenset("ab")]).score == 0.0
    assert exact([frozenset("ab"), frozenset("ba")]).score == 1.0


def test_the_worse_direction_counts() -> None:
    # evalme prints iou_bboxes 0.818 one way and 0.409 the other: one box against two of which one is far.
    drawn = as_boxes([(0, 0, 10, 10, 0), (1, 0, 10, 10, 0), (50, 0, 10, 10, 0)])
    scored = objects(iou(drawn, drawn), [0, 1, 1], ["car"] * 3, 2)
    assert scored.score == pytest.approx(0.409, abs=5e-4)


def test_label_weights_weigh_the_objects() -> None:
    similarity = np.eye(4)
    similarity[0, 2] = similarity[2, 0] = 0.8
    args = similarity, [0, 0, 1, 1], ["car", "bus", "car", "bus"], 2
    assert objects(*args).score == pytest.approx(0.4)
    assert objects(*args, label_weights={"car": 3.0}).score == pytest.approx(0.6)
    assert objects(*args, label_weights={"car": 0.0, "bus": 0.0}).score == 0.0


def test_precision_and_recall_of_the_documentations_aligned_pairs() -> None:
    # The page's example: .99 Car/Car, .34 Car/Car, .82, .44 and .67 with other labels, at 0.5: P .33, R .5, F1 .40.
    aligned = [(0.99, True), (0.34, True), (0.82, False), (0.44, False), (0.67, False)]
    assert precision_recall(aligned, 0.5) == pytest.approx((1 / 3, 1 / 2, 0.4))
    assert precision_recall([]) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("count", "f1"), [(1, 1.0), (2, 0.667), (3, 0.5), (5, 0.333)])
def test_the_same_boxes_drawn_twice_lose_to_the_crowd(count: int, f1: float) -> None:
    # Run on evalme: the F1 at IoU counts pairs, not objects.
    drawn = as_boxes([(20 * i, 0, 10, 10, 0) for i in range(count)] * 2)
    pairs = every_pair(iou(drawn, drawn), list(range(count)), list(range(count, 2 * count)), ["car"] * 2 * count)
    result = precision_recall(pairs)
    assert (result.precision, result.recall) == pytest.approx((1.0, 1 / count))
    assert result.f1 == pytest.approx(f1, abs=5e-4)


def test_the_overall_score_follows_the_formula_not_the_page() -> None:
    # The page prints 60.67 %; it is 66.33 %.
    assert overall([0.83, 0.33, 0.33], [1.0, 0.3, 0.2]) == pytest.approx(0.6633, abs=5e-5)
    assert overall([1.0, 0.0]) == 0.5
    assert overall([1.0, 0.2], [0.0, 1.0]) == 0.2
    assert overall([1.0], [0.0]) == Undefined("needs a control with a weight above 0, got weights [0.0]")


def test_points_are_hits_within_one_percent_of_the_image() -> None:
    # Run on evalme: 0.99 is 1.0, 1.0 is 0.0.
    assert point_similarity((10.0, 10.0), (10.99, 9.01)) == 1.0
    assert point_similarity((10.0, 10.0), (11.0, 10.0)) == 0.0
    assert point_similarity((10.0, 10.0), (10.0, 11.5)) == 0.0
    assert point_similarity((10.0, 10.0), (12.0, 10.0), local_range=3.0) == 1.0
