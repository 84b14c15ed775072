"""RedBrick AI's numbers: `scoring.profiles.redbrick`. Formulas: RedBrick AI documentation, "Agreement calculation"."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest

from scoring.profiles.redbrick import (
    angle_similarity,
    base_annotator,
    classification,
    mean_of_matrices,
    objects,
    point_similarity,
)
from scoring.types import Undefined


def test_pairs_maximise_the_total() -> None:
    # Greedy takes 0.9 and strands the second: 0.45. Optimal is (0.8 + 0.7) / 2.
    similarity = np.eye(4)
    similarity[:2, 2:] = [[0.9, 0.8], [0.7, 0.0]]
    similarity[2:, :2] = similarity[:2, 2:].T
    assert objects(similarity, [0, 0, 1, 1], ["lesion"] * 4, 2).score == pytest.approx(0.75)


def test_categories_are_averaged_whatever_their_number_of_instances() -> None:
    # Three perfect cysts and one tumour of IoU 0.5: (1 + 0.5) / 2, not 3.5 / 4.
    similarity = np.eye(8)
    for a, b, value in [(0, 4, 1.0), (1, 5, 1.0), (2, 6, 1.0), (3, 7, 0.5)]:
        similarity[a, b] = similarity[b, a] = value
    labels = ["cyst", "cyst", "cyst", "tumour"] * 2
    assert objects(similarity, [0] * 4 + [1] * 4, labels, 2).score == pytest.approx(0.75)
    # A category that one of them has not used at all counts 0.
    assert objects(np.ones((3, 3)), [0, 0, 1], ["cyst", "tumour", "cyst"], 2).score == pytest.approx(0.5)


def test_category_and_attributes_must_both_match() -> None:
    answers = [("lesion", frozenset({"left"})), ("lesion", frozenset({"left"})), ("lesion", frozenset({"right"}))]
    assert classification(answers).matrix == [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


def test_label_types_frames_and_volumes_are_averaged_pair_by_pair() -> None:
    boxes = [[1.0, 0.5, 0.2], [0.5, 1.0, 0.4], [0.2, 0.4, 1.0]]
    classes = [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    scored = mean_of_matrices([boxes, classes])
    assert scored.matrix[0] == pytest.approx([1.0, 0.75, 0.1])
    assert scored.score == pytest.approx((0.75 + 0.1 + 0.2) / 3)
    assert base_annotator(scored, ["a", "b", "c"]) == 1
    assert mean_of_matrices([]).score == Undefined("needs one label type, frame or volume, got 0")
    with pytest.raises(ValueError, match="at least one counted annotator"):
        base_annotator(mean_of_matrices([]), [])


def test_landmarks_by_rmse_of_normalised_coordinates() -> None:
    assert point_similarity((10, 20), (10, 20), (100, 200)) == 1.0
    assert point_similarity((0, 0), (100, 200), (100, 200)) == 0.0
    assert point_similarity((0, 0), (10, 20), (100, 200)) == pytest.approx(0.9)
    # Three components in a volume: 0.3 in one of them, sqrt(0.09 / 3).
    assert point_similarity((0, 0, 0), (0, 0, 9), (10, 20, 30)) == pytest.approx(1 - (0.09 / 3) ** 0.5)
    assert point_similarity((0, 0), (900, 0), (100, 200)) == 0.0


def test_angles_by_the_turn_of_their_arms() -> None:
    assert angle_similarity(0.0, 0.0) == 1.0
    assert angle_similarity(pi, pi) == 0.0
    assert angle_similarity(pi / 2, 0.0) == 0.75
