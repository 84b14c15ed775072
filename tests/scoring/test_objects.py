"""Agreement on objects: `scoring.agreement.objects`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from scoring.agreement import matching as matching_module
from scoring.agreement import objects as objects_module
from scoring.agreement.boxes import iou
from scoring.agreement.objects import (
    MatchedPair,
    ObjectAgreement,
    ObjectMetric,
    _match_large,
    _match_small,
    compare_objects,
)
from scoring.agreement.similarity import Similarity, as_dense
from scoring.types import Array, Matrix
from tests.scoring.scenes import Scene, on_a_grid, scattered
from tests.scoring.strategies import Marks, marks

metrics = st.sampled_from(["soft_f1", "f1"])


def block(cells: list[list[float]]) -> Array:
    """(N, N) over two annotators' objects from the similarities of the first's with the second's."""
    rows, columns = len(cells), len(cells[0])
    whole = np.eye(rows + columns)
    whole[:rows, rows:] = cells
    whole[rows:, :rows] = whole[:rows, rows:].T
    return whole


def score(marks: Marks, metric: ObjectMetric = "soft_f1") -> Matrix:
    return compare_objects(iou(marks.boxes, marks.boxes), marks.owners, marks.labels, len(marks.answers), metric).matrix


CAR = ("car", (0.0, 0.0, 10.0, 10.0, 0.0))
SHIFTED_CAR = ("car", (5.0, 0.0, 10.0, 10.0, 0.0))  # IoU 1/3
FAR_CAR = ("car", (50.0, 0.0, 10.0, 10.0, 0.0))
BUS_THERE = ("bus", (0.0, 0.0, 10.0, 10.0, 0.0))


@pytest.mark.parametrize(
    ("a", "b", "soft_f1", "f1"),
    [
        ([CAR], [CAR], 1.0, 1.0),
        ([], [], 1.0, 1.0),
        ([CAR], [], 0.0, 0.0),
        ([CAR], [SHIFTED_CAR], 1 / 3, 0.0),  # 2 x 1/3 / 2; below IoU 0.5
        ([CAR], [CAR, FAR_CAR], 2 / 3, 2 / 3),  # 2 x 1 / 3
        ([CAR], [CAR, CAR, CAR], 0.5, 0.5),  # duplicates cost: 2 x 1 / 4, where many-to-one matching gives 1
        ([CAR], [BUS_THERE], 0.0, 0.0),
        ([CAR, FAR_CAR], [SHIFTED_CAR, FAR_CAR], 2 / 3, 0.5),  # 2 x (1/3 + 1) / 4; 2 x 1 / 4
    ],
)
def test_scores_by_hand(
    a: list[tuple[str, tuple[float, ...]]], b: list[tuple[str, tuple[float, ...]]], soft_f1: float, f1: float
) -> None:
    drawn = Marks([a, b])
    assert score(drawn)[0][1] == pytest.approx(soft_f1)
    assert score(drawn, "f1")[0][1] == pytest.approx(f1)


def test_crowded_images_are_not_punished() -> None:
    # Label Studio's pair-counting F1 gives the same five boxes 0.333.
    five = [("car", (20.0 * i, 0.0, 10.0, 10.0, 0.0)) for i in range(5)]
    assert score(Marks([five, five]), "f1") == [[1.0, 1.0], [1.0, 1.0]]


def test_a_label_is_compared_whole_not_as_a_part_of_another() -> None:
    assert score(Marks([[CAR], [("scar", CAR[1])]]))[0][1] == 0.0


def test_a_wrong_label_is_told_from_a_missing_object() -> None:
    drawn = Marks([[CAR, FAR_CAR], [BUS_THERE]])
    result = compare_objects(iou(drawn.boxes, drawn.boxes), drawn.owners, drawn.labels, 2)
    assert result.pairs == [MatchedPair(first=0, second=2, similarity=1.0, same_label=False)]
    assert result.matrix[0][1] == 0.0


def test_neighbours_of_different_labels_that_barely_overlap_are_not_one_object() -> None:
    drawn = Marks([[CAR], [("bus", SHIFTED_CAR[1])]])
    assert compare_objects(iou(drawn.boxes, drawn.boxes), drawn.owners, drawn.labels, 2).pairs == []


def test_f1_matches_as_many_pairs_as_it_can_before_the_most_similar() -> None:
    # One pair of 1.0 and two of 0.5 sum to the same; two pairs are two objects that both saw.
    similarity = block([[1.0, 0.5], [0.5, 0.0]])
    result = compare_objects(similarity, [0, 0, 1, 1], ["car"] * 4, 2, "f1")
    assert result.matrix[0][1] == 1.0
    assert [(pair.first, pair.second) for pair in result.pairs] == [(0, 3), (1, 2)]


def test_the_minimum_similarity_can_be_chosen() -> None:
    similarity = block([[0.6]])
    assert compare_objects(similarity, [0, 1], ["car"] * 2, 2, minimum_similarity=0.7).matrix[0][1] == 0.0
    assert compare_objects(similarity, [0, 1], ["car"] * 2, 2, "f1", minimum_similarity=0.7).matrix[0][1] == 0.0
    assert compare_objects(similarity, [0, 1], ["car"] * 2, 2, "f1").matrix[0][1] == 1.0


def test_annotators_without_objects_are_rows_of_the_matrix_too() -> None:
    assert compare_objects(np.zeros((0, 0)), [], [], 2).matrix == [[1.0, 1.0], [1.0, 1.0]]
    assert compare_objects(np.eye(1), [1], ["car"], 3).matrix == [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]


def test_inputs_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match=r"got 2 owners, 1 labels and similarity of shape \(2, 2\)"):
        compare_objects(np.eye(2), [0, 1], ["car"], 2)
    with pytest.raises(ValueError, match=r"never decrease, in 0 \.\. 1; got \[1, 0\]"):
        compare_objects(np.eye(2), [1, 0], ["car"] * 2, 2)
    with pytest.raises(ValueError, match=r"in 0 \.\. 0; got \[0, 1\]"):
        compare_objects(np.eye(2), [0, 1], ["car"] * 2, 1)


@given(marks(), metrics)
def test_the_score_is_symmetric_bounded_and_one_on_identity(drawn: Marks, metric: ObjectMetric) -> None:
    matrix = score(drawn, metric)
    for i, row in enumerate(matrix):
        assert row[i] == 1.0
        assert all(0.0 <= cell <= 1.0 and cell == matrix[j][i] for j, cell in enumerate(row))
        twice = score(Marks([drawn.answers[i], drawn.answers[i]]), metric)
        assert twice[0][1] == 1.0


@given(marks(), metrics, st.data())
def test_permuting_annotators_permutes_the_matrix(drawn: Marks, metric: ObjectMetric, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(drawn.answers))))
    matrix = score(drawn, metric)
    expected = [[matrix[i][j] for j in order] for i in order]
    assert np.allclose(score(drawn.permuted(order), metric), expected, atol=1e-12)


@given(marks(min_annotators=2, max_annotators=2))
def test_no_other_pairing_within_the_labels_scores_more(drawn: Marks) -> None:
    similarity = iou(drawn.boxes, drawn.boxes)
    mine = [i for i, owner in enumerate(drawn.owners) if owner == 0]
    # Rows beyond the second annotator's objects stand for "matched with nothing".
    theirs = [i for i, owner in enumerate(drawn.owners) if owner == 1] + [-1] * len(mine)
    labels = drawn.labels
    best = max(
        sum(similarity[i, j] for i, j in zip(mine, chosen, strict=True) if j >= 0 and labels[i] == labels[j])
        for chosen in permutations(theirs, len(mine))
    )
    expected = 2 * best / len(labels) if labels else 1.0
    assert score(drawn)[0][1] == pytest.approx(expected)


def agreement_of(scene: Scene, metric: ObjectMetric, form: Callable[[Array], Similarity] = as_dense) -> ObjectAgreement:
    similarity = form(iou(scene.boxes, scene.boxes))
    return compare_objects(similarity, scene.owners, scene.labels, max(scene.owners) + 1, metric)


@given(marks(), metrics)
def test_few_objects_agree_the_same_in_both_forms(drawn: Marks, metric: ObjectMetric) -> None:
    similarity, annotators = iou(drawn.boxes, drawn.boxes), len(drawn.answers)
    dense = compare_objects(similarity, drawn.owners, drawn.labels, annotators, metric)
    assert compare_objects(csr_array(similarity), drawn.owners, drawn.labels, annotators, metric) == dense


@pytest.mark.parametrize("metric", ["soft_f1", "f1"])
@pytest.mark.parametrize(
    "scene",
    [
        scattered(annotators=3, objects=200, side_px=700, labels=3),
        scattered(annotators=7, objects=80, side_px=200, labels=2),
        on_a_grid(annotators=3, objects=200, cells=25, labels=2),
    ],
    ids=["scattered", "crowded", "ties"],
)
def test_many_objects_agree_the_same_in_both_forms(scene: Scene, metric: ObjectMetric) -> None:
    dense = agreement_of(scene, metric)
    assert dense.pairs
    assert agreement_of(scene, metric, csr_array) == dense


@given(marks(), metrics, st.sampled_from([0.0, 0.3, 0.5]))
def test_by_overlapping_pairs_or_in_blocks_the_matching_is_worth_the_same(
    drawn: Marks, metric: ObjectMetric, minimum: float
) -> None:
    similarity = iou(drawn.boxes, drawn.boxes)
    task = ([len(answer) for answer in drawn.answers], drawn.labels, metric, minimum)
    blocks, by_pairs = list(_match_small(similarity, *task)), list(_match_large(csr_array(similarity), *task))
    assert list(_match_large(similarity, *task)) == by_pairs
    for run in (1, 4):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(objects_module, "_RUN", run)
            assert list(_match_large(csr_array(similarity), *task)) == by_pairs
    for (*annotators, in_block), (*same_annotators, overlapping) in zip(blocks, by_pairs, strict=True):
        assert annotators == same_annotators
        assert_worth_the_same(in_block, overlapping, metric)
        assert all(pair.similarity == similarity[pair.first, pair.second] for pair in overlapping)


@given(marks(), metrics, st.sampled_from([0.0, 0.3, 0.5]))
def test_in_arrays_or_in_lists_the_matching_is_the_very_same(
    drawn: Marks, metric: ObjectMetric, minimum: float
) -> None:
    similarity, task = iou(drawn.boxes, drawn.boxes), (drawn.owners, drawn.labels, len(drawn.answers), metric, minimum)
    in_lists = compare_objects(similarity, *task)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(objects_module, "_LISTS_UP_TO", -1)
        patch.setattr(matching_module, "_FEW_CELLS", 0)
        assert compare_objects(similarity, *task) == in_lists


def assert_worth_the_same(one: list[MatchedPair], other: list[MatchedPair], metric: ObjectMetric) -> None:
    named, also_named = ([pair for pair in pairs if pair.same_label] for pairs in (one, other))
    assert sum(p.similarity for p in named) == pytest.approx(sum(p.similarity for p in also_named), abs=1e-9)
    assert metric == "soft_f1" or len(named) == len(also_named)


@pytest.mark.parametrize("metric", ["soft_f1", "f1"])
@pytest.mark.parametrize("side_px", [100, 300, 2000])
def test_without_ties_blocks_and_overlapping_pairs_give_the_very_same(side_px: int, metric: ObjectMetric) -> None:
    for seed in range(3):
        scene = scattered(annotators=3, objects=60, side_px=side_px, labels=2, seed=seed)
        similarity = iou(scene.boxes, scene.boxes)
        task = ([60, 60, 60], scene.labels, metric, 0.5 if metric == "f1" else 0.0)
        matched = list(_match_small(similarity, *task))
        assert {pair.same_label for *_, pairs in matched for pair in pairs} == {True, False}
        assert list(_match_large(csr_array(similarity), *task)) == matched
