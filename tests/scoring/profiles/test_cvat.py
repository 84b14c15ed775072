"""CVAT's numbers: `scoring.profiles.cvat`. Figures: CVAT's consensus page, its and datumaro's code, run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from scoring.agreement.boxes import iou
from scoring.profiles.cvat import (
    CONSENSUS_IOU,
    GROUND_TRUTH_IOU,
    label_jaccard,
    merge_cluster,
    objects,
    quality,
    quorum_votes,
)
from scoring.profiles.cvat_shapes import line_similarity, skeleton_similarity
from scoring.shapes.keypoints import Keypoints
from tests.scoring.strategies import Marks, as_boxes, marks


def test_the_matching_is_optimal_on_the_greedy_trap() -> None:
    # CVAT's matching, transcribed and run, finds a0-b1 and a1-b0, greedy datumaro a0-b0 only.
    similarity = np.eye(4)
    similarity[:2, 2:] = [[0.9, 0.8], [0.7, 0.0]]
    similarity[2:, :2] = similarity[:2, 2:].T
    assert quality(similarity, [0, 1], [2, 3], ["car"] * 4).valid == [(0, 3), (1, 2)]


def test_equal_labels_come_first_and_what_is_left_is_matched_across() -> None:
    # A bus lies exactly on the reference's car; a car lies a little off. The car is valid, the van a mismatch.
    similarity = np.eye(5)
    for a, b, value in [(0, 2, 1.0), (0, 3, 0.6), (1, 4, 0.9)]:
        similarity[a, b] = similarity[b, a] = value
    labels = ["car", "van", "bus", "car", "truck"]
    result = quality(similarity, [0, 1], [2, 3, 4], labels)
    assert (result.valid, result.mismatching) == ([(0, 3)], [(1, 4)])
    assert (result.missing, result.extra) == ([], [2])
    # All: one valid, one mismatch, one extra.
    assert (result.accuracy, result.precision, result.recall) == pytest.approx((1 / 3, 1 / 3, 1 / 2))
    assert label_jaccard(result, labels) == {"bus": 0.0, "car": 1.0, "truck": 0.0, "van": 0.0}


def test_quality_matches_from_04_and_consensus_from_05() -> None:
    similarity = np.array([[1.0, 0.45], [0.45, 1.0]])
    assert objects(similarity, [0, 1], ["car"] * 2, 2).score == 1.0
    assert objects(similarity, [0, 1], ["car"] * 2, 2, CONSENSUS_IOU).score == 0.0
    assert GROUND_TRUTH_IOU == 0.4


def test_two_empty_answers_are_zero_unless_empty_is_annotated() -> None:
    nothing = np.zeros((0, 0))
    assert objects(nothing, [], [], 2).score == 0.0
    assert objects(nothing, [], [], 2, empty_is_annotated=True).score == 1.0
    assert quality(nothing, [], [], [])[:3] == (0.0, 0.0, 0.0)


@given(marks(min_annotators=2, max_annotators=2))
def test_every_object_is_in_exactly_one_place_of_the_report(drawn: Marks) -> None:
    mine = [i for i, owner in enumerate(drawn.owners) if owner == 0]
    theirs = [i for i, owner in enumerate(drawn.owners) if owner == 1]
    result = quality(iou(drawn.boxes, drawn.boxes), mine, theirs, drawn.labels)
    both = result.valid + result.mismatching
    assert sorted([*(i for i, _ in both), *result.missing]) == mine
    assert sorted([*(j for _, j in both), *result.extra]) == theirs
    assert all(drawn.labels[i] == drawn.labels[j] for i, j in result.valid)
    assert all(drawn.labels[i] != drawn.labels[j] for i, j in result.mismatching)


@pytest.mark.parametrize(("quorum", "replicas", "votes"), [(0.7, 5, 4), (0.5, 4, 2), (0.5, 3, 2), (1.0, 3, 3)])
def test_a_quorum_is_rounded_up(quorum: float, replicas: int, votes: int) -> None:
    # CVAT's consensus page: 70 % of 5 replicas are 4 votes.
    assert quorum_votes(quorum, replicas) == votes


def test_a_merge_keeps_the_box_nearest_to_the_mean_box() -> None:
    # datumaro 1.13.12 (IntersectMerge) prints [9, 11, 41, 40] with 0.9239 for these three.
    boxes = as_boxes([(10, 10, 40, 40, 0), (12, 12, 40, 40, 0), (9, 11, 41, 40, 0)])
    merged = merge_cluster(boxes, ["car"] * 3, annotators=3)
    assert merged is not None
    assert boxes[merged.member].tolist() == [9, 11, 41, 40, 0]
    assert merged.score == pytest.approx(0.9239, abs=5e-5)


def test_a_merge_drops_what_too_few_agree_on() -> None:
    boxes = as_boxes([(0, 0, 10, 10, 0), (0, 0, 10, 10, 0)])
    assert merge_cluster(boxes[:1], ["car"], annotators=3) is None  # 1 of 2 votes
    assert merge_cluster(boxes, ["car", "bus"], annotators=3) is None
    kept = merge_cluster(boxes, ["car", "car"], annotators=3)
    assert kept is not None
    assert kept.score == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="at least one box and one label each, got 2 and 1"):
        merge_cluster(boxes, ["car"], annotators=3)


_LINE = [(100.0, 100.0), (500.0, 100.0), (900.0, 100.0)]


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        # CVAT's LineMatcher, transcribed and run on 1280 x 720.
        ([(100, 100), (500, 100)], 1 / 3),
        ([(100, 120), (900, 100)], 0.818145),
        ([(900, 110), (300, 110), (100, 100)], 0.468291),
        ([(100, 400), (900, 400)], 0.0),
    ],
)
def test_lines_are_compared_where_either_has_a_corner(other: list[tuple[float, float]], alike: float) -> None:
    assert line_similarity(_LINE, other, 1280, 720) == pytest.approx(alike, abs=1e-6)
    assert line_similarity(other, _LINE, 1280, 720) == pytest.approx(alike, abs=1e-6)


def test_a_skeleton_on_a_level_line_is_like_nothing() -> None:
    level = Keypoints.of({"a": [0, 0, 2], "b": [10, 0, 2]})
    assert skeleton_similarity(level, level) == 0.0
