"""Dataloop's numbers: `scoring.profiles.dataloop`.

The literals were printed by dtlpy 1.126.5 (with pandas < 3: under pandas 3 it stores no match) and dtlpymetrics 1.2.32,
run on the boxes given here: `measure_annotations(..., compare_types=["box"])` and `calculate_annotation_score(...,
ignore_attributes=True, ignore_geometry=True, match_threshold=0.01)`.
"""

from __future__ import annotations

import numpy as np
import pytest

from scoring.agreement.boxes import iou
from scoring.profiles.dataloop import classes, consensus, label_score, measure, objects, point_similarity
from scoring.types import Array, Undefined

Corners = tuple[float, float, float, float, str]
"""left, top, right, bottom, label: as dtlpy's `Box` takes them."""

CAR_AND_DOG: list[Corners] = [(10, 10, 50, 50, "car"), (100, 100, 150, 160, "dog")]
DOG_ELSEWHERE: list[Corners] = [(12, 12, 52, 52, "car"), (300, 300, 350, 360, "dog")]
TWO_CARS: list[Corners] = [(11, 9, 51, 50, "car"), (102, 100, 150, 158, "dog"), (12, 10, 50, 50, "car")]


def prepared(answers: list[list[Corners]]) -> tuple[Array, list[int], list[str]]:
    """Similarity, owners and labels."""
    drawn = [box for answer in answers for box in answer]
    rows = [[left, top, right - left, bottom - top, 0.0] for left, top, right, bottom, _ in drawn]
    boxes = np.array(rows, dtype=np.float64).reshape(-1, 5)
    owners = [owner for owner, answer in enumerate(answers) for _ in answer]
    return iou(boxes, boxes), owners, [label for *_, label in drawn]


def measured(
    first: list[Corners], second: list[Corners], match_threshold: float = 0.5, ignore_labels: bool = False
) -> tuple[float, float, float]:
    similarity, owners, labels = prepared([first, second])
    mine, theirs = [i for i, owner in enumerate(owners) if not owner], [i for i, owner in enumerate(owners) if owner]
    result = measure(similarity, mine, theirs, labels, None, match_threshold, ignore_labels)
    return round(result.total_mean_score, 6), round(result.precision, 6), round(result.recall, 6)


def test_the_first_snippet_of_dtlpy() -> None:
    assert measured(CAR_AND_DOG, DOG_ELSEWHERE) == (0.313591, 0.5, 0.5)
    # The matched pair alone: annotation score 0.9408 with geometry 0.8223.
    assert measured(CAR_AND_DOG[:1], DOG_ELSEWHERE[:1])[0] == pytest.approx(0.9408, abs=5e-5)
    assert prepared([CAR_AND_DOG, DOG_ELSEWHERE])[0][0, 2] == pytest.approx(0.8223, abs=5e-5)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (CAR_AND_DOG, TWO_CARS, (0.653111, 0.666667, 1.0)),
        (TWO_CARS, CAR_AND_DOG, (0.653111, 1.0, 0.666667)),
        ([(0, 0, 10, 10, "car")], [(0, 0, 10, 10, "carpet")], (0.0, 0.0, 0.0)),
    ],
)
def test_more_of_dtlpy(first: list[Corners], second: list[Corners], expected: tuple[float, float, float]) -> None:
    assert measured(first, second) == expected


def test_matching_is_greedy() -> None:
    # IoU 0.818 is taken first, which leaves a pair of 0.25; 0.667 and 0.538 would have been two matches.
    first: list[Corners] = [(0, 0, 10, 10, "car"), (3, 0, 13, 10, "car")]
    second: list[Corners] = [(2, 0, 12, 10, "car"), (6, 0, 16, 10, "car")]
    assert measured(first, second, match_threshold=0.3) == (0.313131, 0.5, 0.5)


def test_ignored_labels_match_but_still_count_and_a_part_of_a_label_is_the_label() -> None:
    car: list[Corners] = [(0, 0, 10, 10, "car")]
    assert measured(car, [(0, 0, 10, 10, "dog")], ignore_labels=True) == (0.666667, 1.0, 1.0)
    assert measured(car, [(0, 0, 10, 10, "carpet")], ignore_labels=True) == (1.0, 1.0, 1.0)
    assert label_score("car", "scar") == 1.0  # dtlpy's match_labels, run
    assert label_score("car", "dog") == 0.0


def test_attributes_are_a_third_of_the_score() -> None:
    similarity, owners, labels = prepared([[(0, 0, 10, 10, "car")], [(0, 0, 10, 10, "car")]])
    attributes = [{"occluded-True", "parked-True"}, {"occluded-True"}]
    assert objects(similarity, owners, labels, 2, attributes).score == pytest.approx((1 + 0.5 + 1) / 3)


def test_the_pairs_matrix_is_averaged() -> None:
    similarity, owners, labels = prepared([CAR_AND_DOG, DOG_ELSEWHERE, TWO_CARS])
    scored = objects(similarity, owners, labels, 3)
    assert scored.matrix[0][1:] == pytest.approx([0.313591, 0.653111], abs=5e-7)
    assert scored.score == pytest.approx((scored.matrix[0][1] + scored.matrix[0][2] + scored.matrix[1][2]) / 3)
    assert objects(similarity[:2, :2], owners[:2], labels[:2], 1).score == Undefined("needs two annotators, got 1")


@pytest.mark.parametrize(
    ("first", "second", "confusion", "overall"),
    [
        # overall: mean of the printed annotation_overall and one 1 for the object itself.
        (CAR_AND_DOG, TWO_CARS, 2 / 3, [1.0, 1.0, 1.0, 1.0, 0.5]),
        (CAR_AND_DOG, DOG_ELSEWHERE, 1 / 3, [1.0, 0.5, 1.0, 0.5]),
        (CAR_AND_DOG, [], 0.0, [0.5, 0.5]),
        ([], [], 1.0, []),
        ([(0, 0, 10, 10, "car")], [(0, 0, 10, 10, "dog")], 0.0, [0.5, 0.5]),
    ],
)
def test_the_scoring_apps_pairs(
    first: list[Corners], second: list[Corners], confusion: float, overall: list[float]
) -> None:
    result = consensus(*prepared([first, second]), annotators=2)
    assert result.agreement.score == pytest.approx(confusion)
    # Which of the two cars is matched is up to their IoU: the second one's is larger, so the first is left over.
    assert sorted(result.annotation_overall) == pytest.approx(sorted(overall))
    assert result.item_overall == pytest.approx(sum(overall) / len(overall) if overall else 1.0)


def test_a_consensus_task_of_three() -> None:
    # get_image_scores of dtlpymetrics 1.2.32, run.
    answers: list[list[Corners]] = [
        [(10, 10, 50, 50, "car")],
        [(11, 10, 51, 50, "car")],
        [(60, 60, 90, 90, "car"), (10, 10, 50, 50, "truck")],
    ]
    result = consensus(*prepared(answers), annotators=3)
    assert result.annotation_overall == pytest.approx([0.6667, 0.6667, 0.3333, 0.3333], abs=5e-5)
    assert result.agreement.matrix == [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    assert result.agreement.score == pytest.approx(0.3333, abs=5e-5)
    assert result.item_overall == pytest.approx(0.5)


def test_classes_are_matched_within_themselves() -> None:
    assert classes([{"day", "wet"}, {"day"}, set()]).matrix == [[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]]


@pytest.mark.parametrize(("distance_px", "expected"), [(5, 0.868), (20, 0.568), (100, 0.059)])
def test_points_in_an_image_of_unknown_size(distance_px: float, expected: float) -> None:
    assert point_similarity((0, 0), (distance_px, 0)) == pytest.approx(expected, abs=5e-4)


def test_points_as_dtlpy_prints_them() -> None:
    assert point_similarity((10, 10), (13, 14)) == pytest.approx(0.8681234453945849, rel=1e-14)
    assert point_similarity((1, 1), (1, 1), 0, 0) == 1.0
    assert point_similarity((1, 1), (1, 2), 0, 0) == 0.0
