"""Cuboids: `scoring.shapes.cuboid`, with counted points as the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from scoring.shapes import Cuboid, cuboid_similarity, fuse_cuboid
from scoring.shapes.common_volume import Turned, common_volume
from scoring.types import Array

positions = st.tuples(*[st.floats(-2, 2)] * 3)
extents = st.tuples(*[st.floats(0.5, 4)] * 3)
rotations = st.tuples(*[st.floats(-180, 180)] * 3)
cuboids = st.builds(Cuboid, positions, extents, rotations)


def one_iou(a: Cuboid, b: Cuboid) -> float:
    return float(cuboid_similarity([a, b])[0, 1])


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (Cuboid((0, 0, 0), (2, 2, 2)), Cuboid((1, 0, 0), (2, 2, 2)), 4 / 12),
        (Cuboid((0, 0, 0), (2, 2, 2)), Cuboid((1, 1, 1), (2, 2, 2)), 1 / 15),
        (Cuboid((0, 0, 0), (2, 2, 2)), Cuboid((0, 0, 2), (2, 2, 2)), 0.0),  # one on top of the other
        (Cuboid((0, 0, 0), (4, 2, 2)), Cuboid((0, 0, 0), (4, 2, 2), (0, 0, 90)), 8 / 24),
        (Cuboid((0, 0, 0), (4, 2, 2)), Cuboid((0, 0, 0), (2, 4, 2), (0, 0, 90)), 1.0),
        (Cuboid((0, 0, 0), (4, 2, 2)), Cuboid((0, 0, 0), (4, 2, 2), (90, 0, 0)), 1.0),  # rolled about its own axis
        (Cuboid((0, 0, 0), (4, 2, 2)), Cuboid((0, 0, 0), (4, 2, 2), (0, 90, 0)), 8 / 24),  # upended
        # A unit cube turned by 45 degrees in itself: a regular octagon, 2 (sqrt(2) - 1), about any axis.
        (Cuboid((0, 0, 0), (1, 1, 1)), Cuboid((0, 0, 0), (1, 1, 1), (45, 0, 0)), 0.8284271247 / (2 - 0.8284271247)),
        (Cuboid((0, 0, 0), (1, 1, 1)), Cuboid((0, 0, 0), (1, 1, 1), (0, 0, 45)), 0.8284271247 / (2 - 0.8284271247)),
    ],
)
def test_iou_by_hand(a: Cuboid, b: Cuboid, expected: float) -> None:
    assert one_iou(a, b) == pytest.approx(expected, abs=1e-9)


def inside(shape: Cuboid, points: Array) -> NDArray[np.bool_]:
    local = Rotation.from_euler("xyz", shape.rotation_degrees, degrees=True).inv().apply(points - shape.center)
    counted: NDArray[np.bool_] = (np.abs(local) <= np.array(shape.size) / 2).all(axis=1)
    return counted


@given(cuboids, cuboids)
@settings(deadline=None, max_examples=40)
def test_iou_is_the_share_of_points_in_both(a: Cuboid, b: Cuboid) -> None:
    points = np.random.default_rng(0).uniform(-6, 6, size=(60_000, 3))
    in_a, in_b = inside(a, points), inside(b, points)
    either = (in_a | in_b).sum()
    # 3 standard deviations and more of a share of so many points.
    assert one_iou(a, b) == pytest.approx((in_a & in_b).sum() / max(either, 1), abs=4.5 * 0.5 / max(either, 1) ** 0.5)


@pytest.mark.filterwarnings("ignore:Gimbal lock")  # scipy says that one angle of three is its own choice
@given(cuboids, cuboids, rotations)
@settings(deadline=None, max_examples=40)
def test_turning_space_changes_nothing(a: Cuboid, b: Cuboid, turn: tuple[float, float, float]) -> None:
    space = Rotation.from_euler("xyz", turn, degrees=True)

    def turned(shape: Cuboid) -> Cuboid:
        own = space * Rotation.from_euler("xyz", shape.rotation_degrees, degrees=True)
        return Cuboid.of(space.apply(shape.center).tolist(), shape.size, own.as_euler("xyz", degrees=True).tolist())

    assert one_iou(turned(a), turned(b)) == pytest.approx(one_iou(a, b), abs=1e-6)


plain = st.builds(
    Cuboid,
    st.tuples(*[st.sampled_from([0.0, 0.5, 1.0])] * 3),
    st.tuples(*[st.sampled_from([1.0, 2.0])] * 3),
    st.tuples(st.just(0.0), st.just(0.0), st.sampled_from([0.0, 1e-10, 30.0, 45.0, 90.0])),
)


@given(plain, plain, rotations)
@settings(deadline=None, max_examples=150)
def test_faces_edges_and_corners_that_coincide_count_once(
    a: Cuboid, b: Cuboid, turn: tuple[float, float, float]
) -> None:
    # Upright cuboids are compared as boxes seen from above; turned in space, they are no longer upright.
    space = Rotation.from_euler("xyz", turn, degrees=True)
    axes, centers = [], []
    for shape in (a, b):
        axes.append((space * Rotation.from_euler("z", shape.rotation_degrees[2], degrees=True)).as_matrix())
        centers.append(space.apply(shape.center))
    turned = Turned(np.array(centers), np.array([a.size, b.size]) / 2, np.array(axes))
    volume = common_volume(turned, np.array([0]), np.array([1]))[0]
    either = np.prod(a.size) + np.prod(b.size) - volume
    assert volume / either == pytest.approx(one_iou(a, b), abs=1e-7)


def test_all_tilted_pairs_are_compared_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = []

    def counted(boxes: Turned, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
        pairs.append(len(first))
        return common_volume(boxes, first, second)

    monkeypatch.setattr("scoring.shapes.cuboid.common_volume", counted)
    heap = [Cuboid((x / 100, 0, 0), (4, 2, 2), (10, x / 10, 0)) for x in range(100)]
    similarity = cuboid_similarity([*heap, Cuboid((50, 0, 0), (4, 2, 2), (10, 0, 0)), Cuboid((0, 0, 0), (4, 2, 0))])
    assert pairs == [100 * 99 / 2]
    assert np.count_nonzero(similarity) == 100 * 100 + 2


def test_the_closed_form_and_the_clipped_edges_agree_about_upright_cuboids() -> None:
    a, b = Cuboid((0, 0, 0), (4, 2, 2), (0, 0, 20)), Cuboid((0.5, 0.3, 0.2), (3, 2, 2), (0, 0, -35))
    barely = Cuboid(b.center, b.size, (1e-7, 0, -35))
    assert one_iou(a, barely) == pytest.approx(one_iou(a, b), abs=1e-6)


def test_a_corner_where_edges_of_both_touch_is_not_lost() -> None:
    # Turned by 1 degree about z and about y, an edge of one cube touches an edge of the other in a single point. Of the
    # common body, 0.98578 by counting points, a tenth hangs on two such corners.
    a, b = Cuboid((0, 0, 0), (1, 1, 1), (0, 0, 1)), Cuboid((0, 0, 0), (1, 1, 1), (0, 1, 0))
    assert one_iou(a, b) == pytest.approx(0.98578 / (2 - 0.98578), abs=1e-5)


def test_cuboids_without_volume_equal_themselves_only() -> None:
    plate, tilted = Cuboid((0, 0, 0), (2, 2, 0)), Cuboid((0, 0, 0), (2, 2, 0), (30, 0, 0))
    assert np.array_equal(cuboid_similarity([plate, tilted, Cuboid((0, 0, 0), (2, 2, 2))]), np.eye(3))


def test_each_side_is_fused_by_its_median() -> None:
    fused = fuse_cuboid([Cuboid((0, 0, 1), (4, 2, 2)), Cuboid((1, 0, 1), (4, 2, 2)), Cuboid((9, 5, 2), (4, 2, 4))])
    # x -2 -1 7 and 2 3 11; y -1 -1 4 and 1 1 6; z 0 0 0 and 2 2 4
    assert fused == Cuboid((1, 0, 1), (4, 2, 2))


def test_the_front_is_where_most_say() -> None:
    drawn = [Cuboid((0, 0, 0), (4, 2, 2), (0, 0, yaw)) for yaw in (181, 179, 1)]
    assert fuse_cuboid(drawn).rotation_degrees[2] == pytest.approx(180, abs=1.1)
    assert fuse_cuboid(drawn, [1, 1, 5]).rotation_degrees[2] == pytest.approx(1, abs=1e-9)


def test_of_tilted_cuboids_the_most_central_is_taken() -> None:
    drawn = [Cuboid((x, 0, 0), (4, 2, 2), (10, 0, 0)) for x in (0, 0.5, 2)]
    assert fuse_cuboid(drawn) == drawn[1]


def test_what_is_no_cuboid_is_refused() -> None:
    with pytest.raises(ValueError, match=r"size \(at least 0\) and rotation, got .*\(1, -1, 1\)"):
        Cuboid((0, 0, 0), (1, -1, 1))
    with pytest.raises(ValueError, match="finite cuboid"):
        Cuboid((0, 0, float("inf")), (1, 1, 1))
    with pytest.raises(ValueError, match="unpack"):
        Cuboid.of([0, 0], [1, 1, 1])
