"""Angles: `scoring.shapes.angle`."""

from __future__ import annotations

from math import cos, exp, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.shapes import Angle, angle_similarity, fuse_angle

turns = st.floats(0, 360)


def angle(first: float, second: float, x: float = 0.0, y: float = 0.0, length: float = 50.0) -> Angle:
    ends = [(x + length * cos(radians(turn)), y + length * sin(radians(turn))) for turn in (first, second)]
    return Angle.of((x, y), ends)


@pytest.mark.parametrize(
    ("first", "second", "expected"), [(0, 90, 90), (350, 20, 30), (0, 180, 180), (10, 350, 20), (7, 7, 0)]
)
def test_the_opening_is_the_smaller_way_round(first: float, second: float, expected: float) -> None:
    assert angle(first, second).opening_degrees == pytest.approx(expected, abs=1e-9)


def test_opening_and_vertex_both_have_to_agree() -> None:
    # 18 degrees of 180 and 5 px of 100.
    assert angle_similarity([angle(0, 90), angle(0, 72)])[0, 1] == pytest.approx(0.9)
    assert angle_similarity([angle(0, 90), angle(0, 90, x=5)], diagonal_px=100)[0, 1] == pytest.approx(exp(-1))
    assert angle_similarity([angle(0, 90), angle(0, 72, x=5)], diagonal_px=100)[0, 1] == pytest.approx(0.9 * exp(-1))
    assert angle_similarity([angle(0, 90), angle(0, 72, x=5)], rate=0)[0, 1] == pytest.approx(0.9)


def test_how_long_the_arms_are_and_where_they_point_is_not_measured() -> None:
    assert angle_similarity([angle(0, 90), angle(200, 290, length=7)])[0, 1] == pytest.approx(1.0)
    one = angle(0, 90)
    assert angle_similarity([one, Angle(one.vertex, one.arms[::-1])])[0, 1] == 1.0


def test_an_angle_without_an_arm_equals_itself_only() -> None:
    broken = Angle((0, 0), ((0, 0), (5, 0)))
    assert broken.opening_degrees is None
    assert angle_similarity([broken, angle(0, 0), Angle((0, 0), ((5, 0), (0, 0)))])[0].tolist() == [1.0, 0.0, 1.0]


def test_arms_are_fused_whichever_came_first() -> None:
    fused = fuse_angle([angle(0, 90), angle(88, 2), angle(356, 91)])
    # Directions 0, 2, -4 and 90, 88, 91: 0 and 90.
    assert fused.opening_degrees == pytest.approx(90)
    assert angle_similarity([fused, angle(0, 90)])[0, 1] == pytest.approx(1.0)


def test_directions_are_fused_across_the_full_turn() -> None:
    fused = fuse_angle([angle(358, 100), angle(2, 100)])
    assert fused.opening_degrees == pytest.approx(100)


def test_one_careless_angle_does_not_move_the_others() -> None:
    drawn = [angle(0, 60), angle(0, 60), angle(120, 300, x=400)]
    assert angle_similarity([fuse_angle(drawn), drawn[0]])[0, 1] == pytest.approx(1.0)


@given(turns, turns, turns)
def test_turning_the_image_does_not_change_what_was_measured(first: float, second: float, turn: float) -> None:
    before, after = angle(first, second).opening_degrees, angle(first + turn, second + turn).opening_degrees
    assert before == pytest.approx(after, abs=1e-6)


def test_what_is_no_angle_is_refused() -> None:
    with pytest.raises(ValueError, match="unpack"):
        Angle.of([0, 0], [[1, 1]])
    with pytest.raises(ValueError, match="above 0"):
        angle_similarity([angle(0, 90), angle(0, 80)], diagonal_px=0)
