"""Points: `scoring.shapes.point`."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext
from math import hypot, sqrt
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from scoring.shapes import Point, fuse_point, point_similarity
from scoring.shapes import geometric_median as module
from scoring.shapes.geometric_median import geometric_median
from tests.scoring.strategies import weights

nearby = st.tuples(st.floats(-50, 50), st.floats(-50, 50))


@pytest.mark.parametrize(("apart", "expected"), [(5, 0.868), (20, 0.568), (100, 0.059)])
def test_the_exponential_is_dataloops(apart: float, expected: float) -> None:
    assert point_similarity([Point(0, 0), Point(apart, 0)])[0, 1] == pytest.approx(expected, abs=5e-4)


def test_the_linear_one_is_angos() -> None:
    # 500 x 1200 px: diagonal 1300; 130 px is a tenth of it, and what is further than the diagonal shares nothing.
    points = [Point(0, 0), Point(50, 120), Point(5000, 0)]
    assert point_similarity(points, "linear", diagonal_px=1300)[0].tolist() == [1.0, 0.9, 0.0]


def test_what_is_not_a_metric_or_a_diagonal_is_refused() -> None:
    two = [Point(0, 0), Point(1, 0)]
    with pytest.raises(ValueError, match="exponential or linear, got 'oks'"):
        point_similarity(two, "oks")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"above 0, got 0\.0 px and 20\.0"):
        point_similarity(two, diagonal_px=0.0)
    with pytest.raises(ValueError, match=r"got \[nan, 0\.0\] as point \d of a point"):
        point_similarity([Point(0, 0), Point(float("nan"), 0)])


def test_the_geometric_median_of_a_triangle_is_fermats_point() -> None:
    # From it all corners lie 120 degrees apart; for this one it is (1 / 2 - sqrt(3) / 6) along both legs.
    fused = fuse_point([Point(0, 0), Point(1, 0), Point(0, 1)])
    assert (fused.x, fused.y) == pytest.approx((0.5 - sqrt(3) / 6, 0.5 - sqrt(3) / 6), abs=1e-9)


def test_a_corner_wide_open_is_itself_the_median() -> None:
    # Seen from (0, 0) the two others are 180 - 2 x 5.7 degrees apart, more than 120.
    assert fuse_point([Point(0, 0), Point(100, 10), Point(-100, 10)]) == Point(0, 0)


def test_two_points_meet_half_way_and_weight_decides() -> None:
    two = [Point(0, 0), Point(4, 2)]
    assert fuse_point(two) == Point(2, 1)
    assert fuse_point(two, [1, 1.5]) == Point(4, 2)


def test_one_careless_point_moves_it_no_further_than_one_near_by() -> None:
    # The median of four corners is where their diagonals cross: y = x / right, and y = 4 - 2 x.
    careful = [Point(0, 0), Point(2, 0), Point(1, 2)]
    near, far = (fuse_point([*careful, Point(right, 1)]) for right in (10, 1e9))
    assert (near.x, near.y) == pytest.approx((40 / 21, 4 / 21), abs=1e-14)
    assert (far.x, far.y) == pytest.approx((2, 0), abs=1e-6)


def test_a_point_on_which_all_other_pulls_balance_exactly_is_the_median() -> None:
    # Of (400, 0) and (400, 600) the pulls cancel, and the point itself holds what (350, 100) pulls.
    assert fuse_point([Point(400, 0), Point(350, 100), Point(400, 600), Point(400, 550)]) == Point(400, 550)


def test_on_one_line_it_is_the_weighted_median_and_half_way_between_two() -> None:
    row = [Point(3 * t + 1, 7 * t + 5) for t in (0, 1, 3, 50)]
    assert fuse_point(row) == Point(7, 19)
    assert fuse_point(row, [1, 1, 1, 0.5]) == row[1]
    assert fuse_point(row, [0.1, 0.2, 0.2, 0.1]) == Point(7, 19)


def test_a_place_clicked_twice_counts_twice() -> None:
    assert fuse_point([Point(0, 0), Point(10, 0), Point(0, 10), Point(0, 10)]) == Point(0, 10)


@given(st.lists(st.tuples(nearby, weights), min_size=1, max_size=6))
@settings(deadline=None, max_examples=60)
def test_no_other_point_is_nearer_to_all(drawn: list[tuple[tuple[float, float], float]]) -> None:
    points, voices = np.array([point for point, _ in drawn]), np.array([weight for _, weight in drawn])

    def cost(place: object) -> float:
        return float(voices @ np.linalg.norm(points - np.asarray(place, dtype=float), axis=1))

    found = cost(geometric_median(points[np.lexsort(points.T)], voices[np.lexsort(points.T)].tolist()))
    others = [*points, minimize(cost, np.average(points, axis=0, weights=voices), method="Nelder-Mead").x]
    assert found <= min(map(cost, others)) * (1 + 1e-6) + 1e-9


@given(st.lists(nearby, min_size=1, max_size=5), st.floats(-1e3, 1e3), st.floats(0.01, 100))
@settings(deadline=None, max_examples=60)
def test_the_median_moves_and_grows_with_its_points(
    drawn: list[tuple[float, float]], shift: float, scale: float
) -> None:
    before = fuse_point([Point(x, y) for x, y in drawn])
    after = fuse_point([Point(x * scale + shift, y * scale - shift) for x, y in drawn])
    distance_before = sum(hypot(x - before.x, y - before.y) for x, y in drawn) * scale
    back = Point((after.x - shift) / scale, (after.y + shift) / scale)
    assert sum(hypot(x - back.x, y - back.y) for x, y in drawn) * scale == pytest.approx(distance_before, abs=1e-4)


def exactly(points: list[tuple[float, float]], voices: list[float], near: tuple[float, float]) -> tuple[float, float]:
    """Newton's method with 60 digits from a place near the median, which is no point."""
    with localcontext(Context(prec=60)):
        x, y = map(Decimal, near)
        gx = gy = Decimal(1)
        while abs(gx) + abs(gy) > Decimal("1e-40"):
            gx = gy = xx = xy = yy = Decimal(0)
            # Weights as on paper: there 0.1 + 0.2 is 0.3.
            for (u, v), weight in zip(points, map(Decimal, map(str, voices)), strict=True):
                a, b = x - Decimal(u), y - Decimal(v)
                apart = (a * a + b * b).sqrt()
                gx, gy = gx + weight * a / apart, gy + weight * b / apart
                pull = weight / apart**3
                xx, xy, yy = xx + pull * b * b, xy - pull * a * b, yy + pull * a * a
            flat = xx * yy - xy * xy
            x, y = x - (yy * gx - xy * gy) / flat, y - (xx * gy - xy * gx) / flat
    return float(x), float(y)


@pytest.mark.parametrize("across_px", [30.0, 0.03, 0.0003])
def test_it_is_right_to_a_billionth_of_a_pixel_however_nearly_the_points_lie_on_one_line(across_px: float) -> None:
    inside = 0
    for seed in range(150):
        draw = Random(seed)
        points = sorted((draw.gauss(600, 30), draw.gauss(400, across_px)) for _ in range(draw.randint(3, 7)))
        voices = [draw.choice([0.1, 0.2, 0.3]) for _ in points]
        median = geometric_median(np.array(points), voices)
        if median not in points:
            inside += 1
            assert median == pytest.approx(exactly(points, voices, median), rel=0, abs=1e-9)
    assert inside > 10


def test_a_median_costs_a_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    pull = module._pull

    def counted(*given: Any) -> Any:
        nonlocal asked
        asked += 1
        return pull(*given)

    monkeypatch.setattr(module, "_pull", counted)
    for seed in range(200):
        draw = Random(seed)
        geometric_median(np.array(sorted((draw.gauss(600, 3), draw.gauss(400, 3)) for _ in range(4))), [1.0] * 4)
    assert asked < 200 * 12  # Weiszfeld's iteration took hundreds, of some a thousand that were not enough
