"""iMerit Ango Hub's numbers: `scoring.profiles.ango`. Figures: Ango Hub documentation, "Consensus"."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.boxes import iou
from scoring.profiles.ango import best_answers, objects, passes, point_similarity, question, task_score
from scoring.types import Undefined
from tests.scoring.strategies import Marks, marks


@pytest.mark.parametrize(("annotators", "floor"), [(2, 0.5), (3, 0.333), (5, 0.2)])
def test_all_different_answers_score_one_over_n(annotators: int, floor: float) -> None:
    assert question([f"answer {i}" for i in range(annotators)]).score == pytest.approx(floor, abs=5e-4)
    nothing_alike = objects(np.eye(annotators), list(range(annotators)), ["car"] * annotators, annotators)
    assert nothing_alike.score == pytest.approx(floor, abs=5e-4)


@given(marks(min_annotators=1))
def test_objects_never_score_below_one_over_n(drawn: Marks) -> None:
    annotators = len(drawn.answers)
    scored = objects(iou(drawn.boxes, drawn.boxes), drawn.owners, drawn.labels, annotators)
    assert isinstance(scored.score, float)
    assert 1 / annotators - 1e-12 <= scored.score <= 1.0


def test_text_is_all_or_nothing() -> None:
    assert question(["dog", "dog", "dog."]).score == pytest.approx(2 / 3)


def test_the_tools_score_is_the_best_annotators_and_tools_are_averaged() -> None:
    # Cars: means with all three, themselves included: (1 + .9 + .5) / 3, (.9 + 1 + .6) / 3, (.5 + .6 + 1) / 3.
    similarity = np.eye(5)
    for a, b, value in [(0, 1, 0.9), (0, 2, 0.5), (1, 2, 0.6), (3, 4, 0.4)]:
        similarity[a, b] = similarity[b, a] = value
    scored = objects(similarity, [0, 1, 2, 0, 1], ["car", "car", "car", "bus", "bus"], 3)
    # Buses: the third annotator drew none: (1 + .4 + 0) / 3.
    assert scored.score == pytest.approx((2.5 / 3 + 1.4 / 3) / 2)
    assert scored.by_annotator == pytest.approx([(0.8 + 1.4 / 3) / 2, (2.5 / 3 + 1.4 / 3) / 2, 0.7])
    assert scored.matrix[0] == pytest.approx([1.0, (0.9 + 0.4) / 2, (0.5 + 0.0) / 2])


def test_the_best_answer_of_each_class_is_kept_whole() -> None:
    similarity = np.eye(5)
    for a, b, value in [(0, 1, 0.9), (0, 2, 0.5), (1, 2, 0.6)]:
        similarity[a, b] = similarity[b, a] = value
    labels = ["car", "car", "car", "bus", "bus"]
    # The buses share nothing: a tie, which the smaller id wins.
    assert best_answers(similarity, [0, 1, 2, 0, 2], labels, 3, ["c", "b", "a"]) == [1, 4]
    assert best_answers(similarity, [0, 1, 2, 0, 2], labels, 3, ["a", "b", "c"]) == [1, 3]
    assert best_answers(np.zeros((0, 0)), [], [], 2, ["a", "b"]) == []


def test_points_are_compared_on_the_diagonal() -> None:
    # The page's example: 500 x 1200 has diagonal 1300; the same point 1; a diagonal apart and more 0.
    assert point_similarity((3, 4), (3, 4), 500, 1200) == 1.0
    assert point_similarity((0, 0), (500, 1200), 500, 1200) == 0.0
    assert point_similarity((0, 0), (5000, 1200), 500, 1200) == 0.0
    assert point_similarity((0, 0), (0, 130), 500, 1200) == pytest.approx(0.9)
    assert point_similarity((0, 0), (0, 0), 0, 0) == 1.0
    assert point_similarity((0, 0), (0, 1), 0, 0) == 0.0


def test_every_toggle_that_is_on_must_pass() -> None:
    scores = {"car": 0.8, "bus": 0.4}
    assert passes(scores, {"car": 0.8})
    assert not passes(scores, {"car": 0.8, "bus": 0.5})
    assert passes(scores, {"bus": 0.0})  # at 0 % always in agreement
    assert passes(scores, {})
    assert passes(scores, {"van": 0.9})  # nobody used it


def test_a_task_is_the_mean_over_questions_and_tools() -> None:
    assert task_score([1.0, 0.5, 0.0]) == 0.5
    assert task_score([]) == Undefined("needs one question or tool, got 0")


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), st.data())
def test_a_question_does_not_depend_on_the_order(answers: list[str], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(answers))))
    scored, again = question(answers), question([answers[i] for i in order])
    assert again.score == scored.score == max(share or 0.0 for share in scored.by_annotator)
    assert again.by_annotator == [scored.by_annotator[i] for i in order]
