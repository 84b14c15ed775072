"""IoU of boxes: `scoring.agreement.boxes`, with shapely as the oracle."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely import affinity

from scoring.agreement import box_pairs
from scoring.agreement import boxes as box_rules
from scoring.agreement.boxes import box_similarity_matrix, iou, paired_iou, sparse_iou
from scoring.agreement.similarity import DENSE_UP_TO, as_dense
from scoring.types import Array, Boxes
from tests.scoring.scenes import scattered
from tests.scoring.strategies import as_boxes, box, boxes, some_boxes


def box_iou(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return float(iou(as_boxes([a]), as_boxes([b]))[0, 0])


def polygon(row: Array) -> shapely.Polygon:
    x, y, width, height, rotation = row.tolist()
    # Shapely's y points up and it turns anticlockwise: read with y down, the same numbers turn clockwise.
    return affinity.rotate(shapely.box(x, y, x + width, y + height), rotation, origin="center")


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((0, 0, 10, 10, 0), (5, 0, 10, 10, 0), 50 / 150),
        # 38 x 38 common, 40 x 40 each: 1444 / (3200 - 1444)
        ((10, 10, 40, 40, 0), (12, 12, 40, 40, 0), 1444 / 1756),
        ((0, 0, 10, 10, 0), (10, 0, 10, 10, 0), 0.0),  # touching
        ((0, 0, 10, 10, 0), (0, 0, 20, 20, 0), 0.25),  # inside
        ((0, 0, 10, 10, 0), (50, 50, 10, 10, 0), 0.0),
        # 40 x 20 turned a quarter about its centre (20, 10) spans 10..30, -10..30: common 20 x 20 of 2 x 800 - 400.
        ((0, 0, 40, 20, 0), (0, 0, 40, 20, 90), 400 / 1200),
        ((0, 0, 40, 20, 90), (10, -10, 20, 40, 0), 1.0),  # the same region, described with swapped sides
        ((0, 0, 40, 20, 30), (0, 0, 40, 20, 210), 1.0),  # half a turn
        ((10, 10, 40, 20, 30), (10, 10, 40, 20, 40), 0.8254482895921426),  # shapely, supervision
        # A unit square turned by 45 degrees in itself: a regular octagon, area 2 (sqrt(2) - 1).
        ((0, 0, 1, 1, 0), (0, 0, 1, 1, 45), 2 * (2**0.5 - 1) / (2 - 2 * (2**0.5 - 1))),
    ],
)
def test_iou_by_hand(a: tuple[float, ...], b: tuple[float, ...], expected: float) -> None:
    assert box_iou(a, b) == pytest.approx(expected, abs=1e-14)


def test_rotation_is_clockwise_in_the_image_about_the_centre() -> None:
    # A long box about (50, 50) turned clockwise by 45 degrees runs from the top left to the bottom right.
    long_box = (10, 49, 80, 2, 45)
    assert box_iou(long_box, (70, 70, 6, 6, 0)) > 0
    assert box_iou(long_box, (70, 24, 6, 6, 0)) == 0


@given(boxes, boxes)
def test_iou_is_shapelys(a: Boxes, b: Boxes) -> None:
    similarity = iou(a, b)
    for i, first in enumerate(map(polygon, a)):
        for j, second in enumerate(map(polygon, b)):
            common = first.intersection(second).area
            assert similarity[i, j] == pytest.approx(common / (first.area + second.area - common), abs=1e-9)


@given(some_boxes)
def test_iou_is_symmetric_bounded_and_exactly_one_on_identity(drawn: Boxes) -> None:
    similarity = iou(drawn, drawn)
    assert np.array_equal(similarity, similarity.T)
    assert similarity.min() >= 0.0
    assert similarity.max() <= 1.0
    assert (similarity.diagonal() == 1.0).all()


@given(boxes, boxes, st.data())
def test_a_pairs_iou_does_not_depend_on_the_other_boxes_of_the_call(a: Boxes, b: Boxes, data: st.DataObject) -> None:
    similarity = iou(a, b)
    assert np.array_equal(iou(b, a), similarity.T)
    order = data.draw(st.permutations(range(len(a))))
    assert np.array_equal(iou(a[order], b), similarity[order])
    assert similarity.tolist() == [[box_iou(tuple(x), tuple(y)) for y in b] for x in a]
    shortest = min(len(a), len(b))
    assert np.array_equal(paired_iou(a[:shortest], b[:shortest]), similarity.diagonal()[:shortest])


@given(box, box, st.floats(-1000, 1000), st.floats(-1000, 1000), st.floats(0.1, 10))
def test_moving_and_scaling_the_image_leaves_iou_alone(
    a: tuple[float, ...], b: tuple[float, ...], right: float, down: float, scale: float
) -> None:
    moved = [(x * scale + right, y * scale + down, w * scale, h * scale, turn) for x, y, w, h, turn in (a, b)]
    assume(min(a[2], a[3], b[2], b[3]) > 0.1)  # below, moving itself rounds away digits of the size
    assert box_iou(moved[0], moved[1]) == pytest.approx(box_iou(a, b), abs=1e-6)


@given(box, box, st.integers(-4, 4))
def test_a_box_may_be_described_from_any_of_its_sides(a: tuple[float, ...], b: tuple[float, ...], half: int) -> None:
    x, y, width, height, turn = a
    swapped = (x + (width - height) / 2, y + (height - width) / 2, height, width, turn + 90 + 180 * half)
    assert box_iou(swapped, b) == pytest.approx(box_iou(a, b), abs=1e-7)


@given(st.lists(box, min_size=1, max_size=3), st.sampled_from([1e-9, 1e9]), st.sampled_from([1e-9, 1e9]))
def test_extreme_sizes_and_coordinates_stay_in_range(drawn: list[tuple[float, ...]], far: float, big: float) -> None:
    stretched = as_boxes((x * far, y * far, w * big, h / big, turn) for x, y, w, h, turn in drawn)
    similarity = iou(stretched, stretched)
    assert ((similarity >= 0.0) & (similarity <= 1.0)).all()
    assert (similarity.diagonal() == 1.0).all()


def test_a_tiny_box_far_from_the_origin_keeps_its_digits() -> None:
    # x + width would be x: 1e9 has no room for 1e-9.
    assert box_iou((1e9, 1e9, 2e-9, 1e-9, 0), (1e9, 1e9, 1e-9, 1e-9, 0)) == 0.5


@pytest.mark.parametrize("turn", [0.0, 30.0])
def test_a_box_without_area_is_equal_to_itself_and_to_nothing_else(turn: float) -> None:
    point, line, whole, elsewhere = (5, 5, 0, 0, turn), (5, 5, 0, 4, turn), (0, 0, 10, 10, turn), (6, 5, 0, 0, 0)
    drawn = as_boxes([point, line, whole, point, elsewhere])
    expected = np.eye(5)
    expected[0, 3] = expected[3, 0] = 1.0
    assert np.array_equal(iou(drawn, drawn), expected)


def test_lines_that_cross_are_not_identical() -> None:
    assert box_iou((5, 5, 0, 4, 0), (5, 5, 0, 4, 30)) == 0.0
    assert box_iou((5, 5, 0, 4, 10), (5, 5, 0, 4, 30)) == 0.0


def test_no_boxes_on_one_side_give_an_empty_matrix() -> None:
    assert iou(as_boxes([]), as_boxes([(0, 0, 1, 1, 30)])).shape == (0, 1)
    assert iou(as_boxes([(0, 0, 1, 1, 0)]), as_boxes([])).shape == (1, 0)
    assert paired_iou(as_boxes([]), as_boxes([])).shape == (0,)


def test_what_is_not_a_box_is_refused_with_what_came() -> None:
    with pytest.raises(ValueError, match=r"\(n, 5\) array .* got shape \(1, 4\)"):
        iou(np.zeros((1, 4)), np.zeros((1, 4)))
    with pytest.raises(ValueError, match=r"finite boxes, got .*nan"):
        iou(as_boxes([(0, 0, float("nan"), 1, 0)]), as_boxes([]))
    with pytest.raises(ValueError, match=r"finite boxes, got .*inf"):
        iou(as_boxes([(float("inf"), float("-inf"), 1, 1, 0)]), as_boxes([]))
    with pytest.raises(ValueError, match=r"at least 0, got .*-1"):
        iou(as_boxes([(0, 0, -1, 1, 0)]), as_boxes([]))
    with pytest.raises(ValueError, match="as many boxes on both sides, got 1 and 0"):
        paired_iou(as_boxes([(0, 0, 1, 1, 0)]), as_boxes([]))


def assert_sparse_is_dense(drawn: Boxes) -> None:
    dense, sparse = iou(drawn, drawn), sparse_iou(drawn)
    assert np.array_equal(sparse.toarray(), dense)
    assert sparse.nnz == np.count_nonzero(dense)  # nothing stored that is 0
    assert sparse.has_canonical_format


@given(boxes, st.sampled_from([1.0, 1e-9, 1e9, 1e100]), st.sampled_from([1.0, 1e-9, 1e-150, 1e9]))
def test_the_sparse_matrix_has_the_very_bits_of_the_dense_one(drawn: Boxes, far: float, big: float) -> None:
    assert_sparse_is_dense(drawn * np.array([far, far, big, big, 1.0]))
    upright = drawn * np.array([far, far, big, big, 0.0])
    assert_sparse_is_dense(np.concatenate([upright, upright]))


@pytest.mark.parametrize("rotation_degrees", [0.0, 180.0, 90.0, 33.0])
def test_many_boxes_have_the_same_similarity_in_both_forms(rotation_degrees: float) -> None:
    scene = scattered(annotators=3, objects=300, side_px=900)
    scene.boxes[::2, 4] = rotation_degrees
    assert_sparse_is_dense(scene.boxes)


def test_boxes_without_area_and_edges_that_touch_are_the_same_in_the_sparse_matrix() -> None:
    assert_sparse_is_dense(
        as_boxes([(5, 5, 0, 0, 0), (5, 5, 0, 0, 0), (5, 5, 0, 4, 0), (5, 5, 4, 4, 0), (9, 5, 4, 4, 0), (5, 9, 4, 4, 0)])
    )
    # 1e9 has no room for 1e-9: the first two overlap by half, and all have their corner at one place.
    assert_sparse_is_dense(as_boxes([(1e9, 1e9, 2e-9, 1e-9, 0), (1e9, 1e9, 1e-9, 1e-9, 0), (1e9, 1e9, 1, 1, 0)]))


@given(boxes, st.sampled_from([1.0, 1e-9, 1e9, 1e100]), st.sampled_from([0.0, 1.0, 1e-9, 1e-150, 1e9]))
def test_boxes_that_are_sorted_first_have_the_very_bits_of_all_pairs(drawn: Boxes, far: float, big: float) -> None:
    upright = drawn * np.array([far, far, big, big, 0.0])
    upright = np.concatenate([upright, upright, upright + np.array([1, 0, 0, 0, 0.0]) * upright[:, 2:3]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(box_rules, "_SWEPT_FROM", 0)
        patch.setattr(box_rules, "_SWEPT_SHARE", 1.0)
        swept = iou(upright, upright)
    assert np.array_equal(swept, iou(upright, upright.copy()))


def test_of_the_boxes_of_a_large_image_only_those_beside_one_another_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[int] = []
    pair_iou = box_pairs.pair_iou

    def counted(a: Array, b: Array) -> Array:
        found = pair_iou(a, b)
        compared.append(found.size)
        return found

    monkeypatch.setattr(box_rules, "pair_iou", counted)
    row = np.array([(40.0 * place, 0, 30, 30, 0) for place in range(50)])
    pair = np.concatenate([row, row + np.array([3, 0, 0, 0, 0])])
    assert iou(pair, pair).sum() == pytest.approx(100 + 100 * 27 / 33)
    assert compared == [50]  # of 4,950
    heap = pair * np.array([0, 1, 1, 1, 1])
    assert (iou(heap, heap) == 1.0).all()
    assert compared == [50, 10_000]


def test_all_boxes_at_one_place_are_compared_in_parts() -> None:
    one_place = scattered(annotators=3, objects=400, side_px=0).boxes
    sparse = sparse_iou(one_place)
    assert sparse.nnz == len(one_place) ** 2
    assert np.array_equal(sparse.toarray(), iou(one_place, one_place))


def test_a_part_of_a_large_matrix_is_what_its_boxes_have_alone() -> None:
    scene = scattered(annotators=3, objects=200, side_px=900).boxes
    whole = iou(scene, scene)
    assert np.array_equal(whole[100:103, 590:], iou(scene[100:103], scene[590:]))
    assert np.array_equal(iou(scene[:7], scene), whole[:7])


def test_the_form_follows_the_number_of_boxes() -> None:
    scene = scattered(annotators=1, objects=DENSE_UP_TO + 1, side_px=900).boxes
    few, many = box_similarity_matrix(scene[:-1]), box_similarity_matrix(scene)
    assert isinstance(few, np.ndarray)
    assert not isinstance(many, np.ndarray)
    assert np.array_equal(as_dense(many), iou(scene, scene))
    assert box_similarity_matrix(as_boxes([])).shape == sparse_iou(as_boxes([])).shape == (0, 0)
    with pytest.raises(ValueError, match=r"finite boxes, got .*nan"):
        sparse_iou(as_boxes([(0, 0, float("nan"), 1, 0)]))
