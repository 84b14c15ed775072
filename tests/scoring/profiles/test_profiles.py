"""What holds for every profile of `scoring.profiles`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.profiles import ango, cvat, dataloop, label_studio, redbrick
from scoring.profiles.score import objects_by_annotator, pairwise_score
from scoring.types import Undefined
from tests.scoring.profiles.strategies import OBJECT_PROFILES
from tests.scoring.strategies import Marks, marks

CAR = ("car", (0.0, 0.0, 10.0, 10.0, 0.0))
SHIFTED_CAR = ("car", (5.0, 0.0, 10.0, 10.0, 0.0))  # IoU 1/3
NEAR_CAR = ("car", (2.0, 0.0, 10.0, 10.0, 0.0))  # IoU 2/3
FAR_CAR = ("car", (50.0, 0.0, 10.0, 10.0, 0.0))
BUS_THERE = ("bus", (0.0, 0.0, 10.0, 10.0, 0.0))

names = st.sampled_from(sorted(OBJECT_PROFILES))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([[CAR], [CAR]], dict.fromkeys(OBJECT_PROFILES, 1.0)),
        (
            [[CAR], []],  # one of two saw nothing: Ango's (1 + 0) / 2 of the only one with a value
            dict.fromkeys(OBJECT_PROFILES, 0.0) | {"ango": 0.5},
        ),
        ([[], []], dict.fromkeys(OBJECT_PROFILES, 1.0) | {"cvat": 0.0}),
        (
            [[CAR], [NEAR_CAR]],
            {
                "ango": (1 + 2 / 3) / 2,
                "cvat": 1.0,  # a match is a match
                "dataloop": (2 / 3 + 1 + 1) / 3,
                "dataloop consensus": 1.0,
                "label_studio": 2 / 3,
                "redbrick": 2 / 3,
            },
        ),
        (
            [[CAR], [SHIFTED_CAR]],
            {
                "ango": (1 + 1 / 3) / 2,
                "cvat": 0.0,  # below 0.4
                "dataloop": 0.0,  # below 0.5
                "dataloop consensus": 1.0,  # from 0.01 on, geometry ignored
                "label_studio": 1 / 3,
                "redbrick": 1 / 3,
            },
        ),
        (
            [[CAR], [CAR, CAR, CAR]],  # duplicates
            {
                "ango": 1.0,
                "cvat": 1 / 3,
                "dataloop": 1 / 3,
                "dataloop consensus": 1 / 3,
                "label_studio": 1.0,  # label-studio-evalme, run: 1.0 both ways
                "redbrick": 1 / 3,
            },
        ),
        (
            [[CAR], [BUS_THERE]],  # a wrong label
            dict.fromkeys(OBJECT_PROFILES, 0.0) | {"ango": 0.5},
        ),
        (
            [[CAR, FAR_CAR], [NEAR_CAR]],
            {
                "ango": (1 + 2 / 3) / 2,  # the second annotator's; the first has (5/6 + 1/2) / 2
                "cvat": 1 / 2,
                "dataloop": (2 / 3 + 1 + 1) / 3 / 2,
                "dataloop consensus": 1 / 2,
                "label_studio": 1 / 3,  # min((2/3 + 0) / 2, 2/3)
                "redbrick": 1 / 3,
            },
        ),
    ],
)
def test_two_annotators_boxes_by_hand(
    answers: list[list[tuple[str, tuple[float, ...]]]], expected: dict[str, float]
) -> None:
    scores = {name: profile(Marks(answers)).score for name, profile in OBJECT_PROFILES.items()}
    assert scores == pytest.approx(expected)


@given(marks(), names)
def test_the_matrix_is_symmetric_bounded_and_one_on_identity(drawn: Marks, name: str) -> None:
    scored = OBJECT_PROFILES[name](drawn)
    assert len(scored.matrix) == len(scored.by_annotator) == len(drawn.answers)
    for i, row in enumerate(scored.matrix):
        assert row[i] == 1.0
        assert all(0.0 <= cell <= 1.0 and cell == scored.matrix[j][i] for j, cell in enumerate(row))
        alike = OBJECT_PROFILES[name](Marks([drawn.answers[i], drawn.answers[i]]))
        assert alike.score == (pytest.approx(1.0) if drawn.answers[i] or name != "cvat" else 0.0)
    assert isinstance(scored.score, Undefined) or 0.0 <= scored.score <= 1.0


@given(marks(), names, st.data())
def test_permuting_annotators_permutes_the_matrix(drawn: Marks, name: str, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(drawn.answers))))
    scored, again = OBJECT_PROFILES[name](drawn), OBJECT_PROFILES[name](drawn.permuted(order))
    assert np.allclose(again.matrix, [[scored.matrix[i][j] for j in order] for i in order], atol=1e-12)
    assert again.score == (pytest.approx(scored.score) if isinstance(scored.score, float) else scored.score)


def test_an_annotator_alone_has_no_score_but_ango_compares_them_with_themselves() -> None:
    for name, profile in OBJECT_PROFILES.items():
        score = profile(Marks([[CAR]])).score
        assert score == (1.0 if name == "ango" else Undefined("needs two annotators, got 1"))
    assert ango.question(["a"]).score == 1.0
    assert ango.question([]).score == Undefined("needs one annotator, got 0")
    assert label_studio.exact(["a"]).score == Undefined("needs two annotators, got 1")


@pytest.mark.parametrize(
    ("answers", "share", "pairs"),
    [  # by Label Studio's definitions on its page about agreement
        ("AAB", 0.667, 0.333),
        ("AABB", 0.5, 0.333),
        ("AAAB", 0.75, 0.5),
        ("ABC", 0.333, 0.0),
        ("AAABB", 0.6, 0.4),
    ],
)
def test_votes_by_hand(answers: str, share: float, pairs: float) -> None:
    given_answers = list(answers)
    for scored in (label_studio.consensus(given_answers), ango.question(given_answers)):
        assert scored.score == pytest.approx(share, abs=5e-4)
    for scored in (
        label_studio.exact(given_answers),
        redbrick.classification(given_answers),
        dataloop.classes([{answer} for answer in given_answers]),
    ):
        assert scored.score == pytest.approx(pairs, abs=5e-4)


def test_inputs_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match=r"got 2 owners, 1 labels and similarity of shape \(2, 2\)"):
        objects_by_annotator(np.eye(2), [0, 1], ["car"], 2)
    for objects in (ango.objects, cvat.objects, dataloop.objects, label_studio.objects, redbrick.objects):
        with pytest.raises(ValueError, match=r"owners in 0 \.\. 0; got \[0, 1\]"):
            objects(np.eye(2), [0, 1], ["car"] * 2, 1)


def test_a_score_over_pairs_ranks_annotators_by_their_mean_with_the_others() -> None:
    scored = pairwise_score([[1.0, 0.7, 0.5], [0.7, 1.0, 0.8], [0.5, 0.8, 1.0]])
    assert scored.score == pytest.approx(2 / 3)
    assert scored.by_annotator == pytest.approx([0.6, 0.75, 0.65])
