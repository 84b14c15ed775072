"""One box of several: `scoring.consensus.boxes`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.boxes import iou
from scoring.consensus.boxes import FuseMethod, confidence, fuse, fuse_clusters
from scoring.types import Boxes
from tests.scoring.strategies import as_boxes, box, some_boxes, weights

methods: st.SearchStrategy[FuseMethod] = st.sampled_from(["median", "weighted_mean", "medoid"])


def swapped(row: tuple[float, ...], quarters: int) -> tuple[float, ...]:
    """The same region, described from another side."""
    x, y, width, height, turn = row
    if quarters % 2 == 0:
        return x, y, width, height, turn + 90.0 * quarters
    return x + (width - height) / 2, y + (height - width) / 2, height, width, turn + 90.0 * quarters


def test_the_median_takes_each_edge_by_itself_and_ignores_one_careless_box() -> None:
    # left 10 11 90 -> 11; top 10 9 10 -> 10; right 30 31 110 -> 31; bottom 30 31 30 -> 30
    drawn = as_boxes([(10, 10, 20, 20, 0), (11, 9, 20, 22, 0), (90, 10, 20, 20, 0)])
    assert fuse(drawn).tolist() == [11, 10, 20, 20, 0]


def test_two_boxes_meet_half_way() -> None:
    assert fuse(as_boxes([(0, 0, 10, 10, 0), (2, 4, 10, 10, 0)])).tolist() == [1, 2, 10, 10, 0]


def test_weights_move_the_mean_and_the_median() -> None:
    drawn = as_boxes([(0, 0, 10, 10, 0), (10, 0, 10, 10, 0), (20, 0, 10, 10, 0)])
    # (0 x 2 + 10 + 20) / 4 = 7.5
    assert fuse(drawn, [2, 1, 1], "weighted_mean").tolist() == [7.5, 0, 10, 10, 0]
    # Half of the weight of 4 is reached exactly at 0: the middle of 0 and 10. With 3 of 5 it lies at 0.
    assert fuse(drawn, [2, 1, 1]).tolist() == [5, 0, 10, 10, 0]
    assert fuse(drawn, [3, 1, 1]).tolist() == [0, 0, 10, 10, 0]
    assert fuse(drawn, [0, 1, 0]).tolist() == [10, 0, 10, 10, 0]
    assert fuse(drawn, [0, 0, 0]).tolist() == [10, 0, 10, 10, 0]


def test_the_medoid_is_the_box_that_overlaps_the_others_most() -> None:
    drawn = as_boxes([(0, 0, 10, 10, 0), (3, 0, 10, 10, 0), (4, 0, 10, 10, 0)])
    assert fuse(drawn, method="medoid").tolist() == [3, 0, 10, 10, 0]


def test_rotations_are_fused_across_the_half_turn() -> None:
    # 179 and 1 degree are 2 degrees apart: half way is 180, which is 0, not 90.
    fused = fuse(as_boxes([(0, 0, 40, 10, 179), (0, 0, 40, 10, 1)]))
    assert iou(fused[None], as_boxes([(0, 0, 40, 10, 0)]))[0, 0] == pytest.approx(1.0)


def test_rotated_boxes_are_fused_along_their_common_sides() -> None:
    # Three boxes turned by 90 degrees: along x they span 10..30, 12..32 and 50..70, as if drawn upright.
    upright = [(10, 0, 20, 40, 0), (12, 0, 20, 40, 0), (50, 0, 20, 40, 0)]
    fused = fuse(as_boxes(swapped(row, 1) for row in upright))
    assert iou(fused[None], as_boxes([(12, 0, 20, 40, 0)]))[0, 0] == pytest.approx(1.0)


def test_confidence_by_hand() -> None:
    # Weights 2 and 1 of 4, IoU with the fused box 1 and 0.5: (2 x 1 + 1 x 0.5) / 4.
    drawn = as_boxes([(0, 0, 10, 10, 0), (0, 0, 10, 5, 0)])
    assert confidence(drawn, drawn[0], total_weight=4, weights=[2, 1]) == pytest.approx(2.5 / 4)
    assert confidence(as_boxes([]), drawn[0], total_weight=1) == 0.0


def test_a_total_weight_that_leaves_the_supporters_out_is_refused() -> None:
    drawn = as_boxes([(0, 0, 10, 10, 0)] * 2)
    with pytest.raises(ValueError, match=r"includes the 2\.0 of its annotators, got 1"):
        confidence(drawn, drawn[0], total_weight=1)
    with pytest.raises(ValueError, match="above 0"):
        confidence(as_boxes([]), drawn[0], total_weight=0)
    with pytest.raises(ValueError, match="at least one box to fuse"):
        fuse(as_boxes([]))


def test_fusing_all_objects_at_once_is_fusing_each() -> None:
    drawn = as_boxes([(0, 0, 10, 10, 0), (50, 50, 8, 8, 20), (1, 0, 10, 10, 0), (51, 50, 8, 8, 24)])
    given_weights = [1.0, 2.0, 0.5, 1.0]
    first, second = fuse_clusters(drawn, [[0, 2], [1, 3]], 4.0, given_weights, "weighted_mean")
    for object_, members in ((first, [0, 2]), (second, [1, 3])):
        weights_of = [given_weights[i] for i in members]
        assert object_.members == members
        assert object_.overlaps == pytest.approx(iou(drawn[members], object_.box[None])[:, 0])
        assert np.array_equal(object_.box, fuse(drawn[members], weights_of, "weighted_mean"))
        assert object_.confidence == confidence(drawn[members], object_.box, 4.0, weights_of)
    assert fuse_clusters(as_boxes([]), [], 1.0) == []


def test_an_object_of_untrusted_annotators_has_no_confidence() -> None:
    drawn = as_boxes([(0, 0, 10, 10, 0), (50, 50, 8, 8, 0)])
    assert [fused.confidence for fused in fuse_clusters(drawn, [[0], [1]], 1.0, [0.0, 1.0])] == [0.0, 1.0]


@given(box, st.lists(weights, min_size=1, max_size=5), methods)
def test_identical_boxes_give_exactly_that_box_with_full_confidence(
    row: tuple[float, ...], given_weights: list[float], method: FuseMethod
) -> None:
    drawn = as_boxes([row] * len(given_weights))
    fused = fuse(drawn, given_weights, method)
    assert tuple(fused.tolist()) == row
    assert confidence(drawn, fused, sum(given_weights), given_weights) == pytest.approx(1.0)


@given(st.lists(st.tuples(box, weights), min_size=1, max_size=6), methods, st.data())
def test_fusing_does_not_depend_on_the_order_of_the_boxes(
    drawn: list[tuple[tuple[float, ...], float]], method: FuseMethod, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(drawn))))
    fused = fuse(as_boxes(row for row, _ in drawn), [weight for _, weight in drawn], method)
    again = fuse(as_boxes(drawn[i][0] for i in order), [drawn[i][1] for i in order], method)
    assert np.array_equal(fused, again)
    assert np.isfinite(fused).all()
    assert (fused[2:4] >= 0).all()


@given(box, st.lists(st.integers(-3, 3), min_size=1, max_size=5), methods)
def test_one_region_described_from_different_sides_gives_that_region(
    row: tuple[float, ...], quarters: list[int], method: FuseMethod
) -> None:
    x, y, width, height, turn = row
    region = (x, y, 5.0 + width, 5.0 + height, turn)  # big enough that describing it anew costs it no digits
    fused = fuse(as_boxes(swapped(region, turns) for turns in quarters), method=method)
    assert iou(fused[None], as_boxes([region]))[0, 0] == pytest.approx(1.0, abs=1e-6)


@given(some_boxes, methods)
def test_confidence_is_a_share(drawn: Boxes, method: FuseMethod) -> None:
    assert 0.0 <= confidence(drawn, fuse(drawn, method=method), total_weight=len(drawn)) <= 1.0


@given(some_boxes.filter(lambda drawn: bool((drawn[:, 4] == 0).all())), st.sampled_from(["median", "weighted_mean"]))
def test_an_upright_fused_box_stays_within_the_outline_of_its_members(drawn: Boxes, method: FuseMethod) -> None:
    x, y, width, height, _ = fuse(drawn, method=method)
    low, high = drawn[:, 0:2].min(axis=0), (drawn[:, 0:2] + drawn[:, 2:4]).max(axis=0)
    assert (np.array([x, y]) >= low - 1e-9).all()
    assert (np.array([x + width, y + height]) <= high + 1e-9).all()


def test_the_weighted_mean_is_weighted_box_fusions() -> None:
    # ensemble-boxes 1.0.9 on corners (.1 .1 .5 .5), (.12 .1 .52 .5), (.1 .12 .5 .52), here in hundredths.
    drawn = as_boxes([(10, 10, 40, 40, 0), (12, 10, 40, 40, 0), (10, 12, 40, 40, 0)])
    assert fuse(drawn, method="weighted_mean").tolist() == pytest.approx([10.67, 10.67, 40, 40, 0], abs=0.005)
    # (3 x 10 + 12 + 10) / 5 = 10.4
    assert fuse(drawn, [3, 1, 1], "weighted_mean").tolist() == pytest.approx([10.4, 10.4, 40, 40, 0])


@given(st.permutations([0.0, -0.0, -0.0]), methods)
def test_which_zero_came_first_does_not_show(corners: list[float], method: FuseMethod) -> None:
    fused = fuse(as_boxes([(corner, corner, 10, 10, corner) for corner in corners]), method=method)
    assert str(fused.tolist()) == "[0.0, 0.0, 10.0, 10.0, 0.0]"
