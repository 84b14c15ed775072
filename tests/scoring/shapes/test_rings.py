"""What rings enclose: `scoring.shapes.rings`."""

from __future__ import annotations

from math import cos, pi, sin
from time import process_time

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.shapes.rings import FEW_CROSSINGS, MOST_CROSSINGS, enclosed

places = st.tuples(st.integers(0, 8), st.integers(0, 8))
far_and_near = st.floats(-10, 10) | st.floats(-1e9, 1e9) | st.sampled_from([0.0, 1e-9, 1e9, 1e-300])


def at_random(points: int) -> list[tuple[float, float]]:
    return [(x, y) for x, y in np.random.default_rng(points).uniform(0, 1000, size=(points, 2)).tolist()]


def zigzag(teeth: int) -> list[tuple[float, float]]:
    """Up and down, then straight back half way up through all the teeth: 2 sides a tooth are crossed."""
    up_and_down = [(float(x), 10.0 * (x % 2)) for x in range(2 * teeth + 1)]
    return [*up_and_down, (2.0 * teeth + 1.0, 5.0), (-1.0, 5.0)]


@pytest.mark.parametrize("times", [2, 3])
def test_an_outline_gone_round_more_than_once_means_what_it_means_once(times: int) -> None:
    square = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]
    assert enclosed([square * times])[0].equals(shapely.box(0, 0, 4, 4))


def test_neighbours_that_share_a_line_drawn_twice_become_one() -> None:
    # Round two squares in the form of an eight whose halves share the side x = 4, gone through both ways.
    eight = [(4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0), (4.0, 0.0), (8.0, 0.0), (8.0, 4.0), (4.0, 4.0)]
    assert enclosed([eight])[0].equals(shapely.box(0, 0, 8, 4))


@given(st.lists(places, min_size=3, max_size=8))  # of 8 sides no more than 20 pairs cross
@settings(deadline=None, max_examples=200)
def test_a_ring_encloses_what_shapely_finds_an_odd_number_of_times(ring: list[tuple[float, float]]) -> None:
    found = enclosed([ring])[0]
    reference = shapely.make_valid(shapely.Polygon(ring), method="linework")
    assert found.is_valid
    assert found.symmetric_difference(reference).area == pytest.approx(0.0, abs=1e-9)


@given(st.lists(st.tuples(far_and_near, far_and_near), min_size=3, max_size=10))
@settings(deadline=None)
def test_any_ring_encloses_a_valid_region(ring: list[tuple[float, float]]) -> None:
    found = enclosed([ring])[0]
    assert found.is_valid
    assert found.geom_type in ("Polygon", "MultiPolygon")


def test_up_to_the_most_crossings_even_odd_decides_and_beyond_the_hull() -> None:
    # The line back meets each of the 2 x teeth sides.
    careful, scribble = zigzag(MOST_CROSSINGS // 2 - 2), zigzag(MOST_CROSSINGS // 2 + 2)
    within, beyond = enclosed([careful, scribble])
    assert within.area < 0.6 * within.convex_hull.area
    assert beyond.equals(shapely.MultiPoint(scribble).convex_hull)


@pytest.mark.parametrize(
    ("points", "every", "scribble"),
    [(5, 2, False), (7, 3, False), (29, 2, False), (11, 3, True), (20, 3, True)],
)
def test_a_ring_that_crosses_itself_more_often_than_it_has_sides_is_its_hull(
    points: int, every: int, scribble: bool
) -> None:
    # Every k-th of n points on a circle: each side crosses 2 (k - 1) others, so n (k - 1) crossings: 5, 14, 29; 22, 40.
    turns = [2 * pi * every * k / points for k in range(points)]
    found = enclosed([[(cos(turn), sin(turn)) for turn in turns]])[0]
    assert found.equals(found.convex_hull) == scribble
    assert (points * (every - 1) > max(FEW_CROSSINGS, points)) == scribble


def test_a_long_outline_gone_round_twice_is_no_scribble() -> None:
    outline = [(50 * cos(k / 20), 50 * sin(k / 20) * (1 + 0.5 * (k % 2))) for k in range(125)]
    once, twice = enclosed([outline, outline * 2])
    assert twice.symmetric_difference(once).area == pytest.approx(0.0, abs=1e-6)
    assert once.area < 0.95 * once.convex_hull.area


def test_scribbles_have_no_more_corners_than_points() -> None:
    drawn = [[(x, y) for x, y in at_random(40)[k : k + 20]] for k in range(20)]
    assert max(shapely.get_num_coordinates(enclosed(drawn))) <= 21


def test_two_thousand_points_at_random_cost_less_than_a_second() -> None:
    begun = process_time()
    found = enclosed([at_random(2_000), [(0.0, 0.0), (10.0, 0.0)] * 1_000])
    assert process_time() - begun < 1.0  # 0.02 s measured; the cells of the first alone take over 10 s
    assert found[0].equals(shapely.MultiPoint(at_random(2_000)).convex_hull)
    assert found[1].is_empty


def test_a_ring_that_ends_where_it_began_is_the_same_ring_and_gains_no_corner() -> None:
    corners = ((0, 0), (4, 0), (4, 4), (0, 4))
    shut, left_open = enclosed([(*corners, corners[0]), corners])
    assert shapely.equals_exact(shut, left_open)
    assert shapely.get_num_coordinates([shut, left_open]).tolist() == [5, 5]


def test_a_corner_that_is_nowhere_is_named_by_its_place_in_its_own_ring() -> None:
    fine, broken = ((0, 0), (4, 0), (4, 4)), ((0, 0), (4, float("inf")), (4, 4))
    with pytest.raises(ValueError, match="as point 1 of a polygon"):
        enclosed([fine, fine, broken])
