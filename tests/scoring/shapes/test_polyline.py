"""Polylines: `scoring.shapes.polyline`."""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scoring.shapes import Polyline, fuse_polyline, polyline_similarity
from tests.scoring.shapes.strategies import polylines

LINE = Polyline(((0, 0), (100, 0)))

thousandths = st.integers(0, 100_000).map(lambda number: number / 1000)  # so that none vanishes when it is moved
steps = st.lists(st.tuples(thousandths, thousandths), min_size=2, max_size=6)


def shifted(line: Polyline, right: float, down: float, scale: float = 1.0) -> Polyline:
    return Polyline(tuple((x * scale + right, y * scale + down) for x, y in line.points))


@pytest.mark.parametrize("metric", ["mutual", "aligned", "directed"])
def test_a_parallel_line_is_worth_the_kernel_of_its_distance(metric: str) -> None:
    # s = 0.014 x 500 = 7 px; 7 px away: exp(-1 / 2).
    similarity = polyline_similarity([LINE, shifted(LINE, 0, 7)], metric, diagonal_px=500)  # type: ignore[arg-type]
    assert similarity[0, 1] == pytest.approx(exp(-0.5), abs=1e-9)


def test_half_a_line_shares_two_thirds_of_what_both_drew() -> None:
    # All of the half lies on the line (50 px of 50) and half of the line on it (50 of 100): 100 of 150.
    half = Polyline(((0, 0), (50, 0)))
    assert polyline_similarity([LINE, half], scale=1e-5)[0, 1] == pytest.approx(2 / 3, abs=0.01)


def test_a_scrap_on_a_line_is_not_the_line() -> None:
    scrap = Polyline(((50, 0), (52, 0)))
    assert polyline_similarity([LINE, scrap], scale=1e-5)[0, 1] == pytest.approx(4 / 102, abs=0.01)


def test_vertices_along_the_way_change_nothing() -> None:
    dense = Polyline(tuple((float(x), 0.0) for x in range(0, 101, 5)))
    for metric in ("mutual", "aligned"):
        assert polyline_similarity([LINE, dense], metric)[0, 1] == pytest.approx(1.0, abs=1e-12)


@given(steps, steps)
@settings(deadline=None, max_examples=40)
def test_few_places_are_enough_for_the_mean_along_a_line(
    a: list[tuple[float, float]], b: list[tuple[float, float]]
) -> None:
    lines = [shapely.LineString(points) for points in (a, b)]
    assume(min(line.length for line in lines) > 1e-3)
    shared = 0.0
    for ours, theirs in (lines, lines[::-1]):
        places = shapely.line_interpolate_point(ours, np.linspace(0, 1, 2001)[1:] - 1 / 4000, normalized=True)
        shared += np.exp(-0.5 * (shapely.distance(places, theirs) / 10) ** 2).mean() * ours.length
    expected = shared / sum(line.length for line in lines)
    found = polyline_similarity([Polyline(tuple(a)), Polyline(tuple(b))], diagonal_px=1000, scale=0.01)[0, 1]
    assert found == pytest.approx(expected, abs=0.01)


def test_places_and_pairs_that_add_nothing_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    # Lines of 400 px, one below the other, 290 px apart: s is 70 px, so 23 places each, and neighbours within 301 px.
    asked = 0
    distance = shapely.distance

    def counted(one: Any, other: Any) -> Any:
        nonlocal asked
        asked += len(one)
        return distance(one, other)

    monkeypatch.setattr(shapely, "distance", counted)
    lines = [Polyline(((0, 290 * row), (400, 290 * row))) for row in range(10)]
    similarity = polyline_similarity(lines, diagonal_px=5000)
    assert asked == 9 * 2 * 23
    assert np.count_nonzero(similarity) == 10 + 9 * 2


def test_direction_matters_only_where_it_is_asked_for() -> None:
    back = Polyline(LINE.points[::-1])
    assert polyline_similarity([LINE, back])[0, 1] == 1.0
    assert polyline_similarity([LINE, back], "aligned")[0, 1] == 1.0
    assert polyline_similarity([LINE, back], "directed")[0, 1] < 0.3


def test_aligned_is_cvats_kernel() -> None:
    # CVAT: mean exp(-d^2 / (2 S (2 t)^2)) with S = 1000 x 1000 and t = 0.01; 0.014 of the diagonal is 1 % smaller.
    drawn = [LINE, shifted(LINE, 0, 12)]
    cvat = exp(-(12**2) / (2 * 1000 * 1000 * 0.02**2))
    assert polyline_similarity(drawn, "aligned", diagonal_px=2**0.5 * 1000)[0, 1] == pytest.approx(cvat, abs=0.005)


def test_lines_far_apart_share_nothing_and_lines_without_length_only_themselves() -> None:
    dot, twice, nothing = Polyline(((0, 0),)), Polyline(((0, 0), (0, 0))), Polyline(())
    similarity = polyline_similarity([LINE, shifted(LINE, 0, 900), dot, twice, nothing, dot])
    expected = np.eye(6)
    expected[2, 5] = expected[5, 2] = 1.0
    assert np.array_equal(similarity, expected)


@given(steps, steps, st.floats(-1e4, 1e4), st.floats(0.1, 10))
@settings(deadline=None, max_examples=50)
def test_moving_and_scaling_the_image_changes_nothing(
    a: list[tuple[float, float]], b: list[tuple[float, float]], shift: float, scale: float
) -> None:
    shapes = [Polyline(tuple(a)), Polyline(tuple(b))]
    moved = [shifted(shape, shift, -shift, scale) for shape in shapes]
    assert polyline_similarity(moved, diagonal_px=140 * scale)[0, 1] == pytest.approx(
        polyline_similarity(shapes, diagonal_px=140)[0, 1], abs=1e-6
    )


def test_the_most_central_line_stands_for_all() -> None:
    drawn = [shifted(LINE, 0, y) for y in (0, 4, 9, 40)]
    assert fuse_polyline(drawn) == drawn[1]
    assert fuse_polyline(drawn, [1, 1, 5, 1]) == drawn[2]


@given(st.lists(polylines, min_size=1, max_size=4))
@settings(deadline=None, max_examples=50)
def test_the_fused_line_is_one_that_was_drawn(shapes: list[Polyline]) -> None:
    assert fuse_polyline(shapes) in shapes


def test_what_is_not_a_metric_or_a_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="mutual, aligned or directed, got 'frechet'"):
        polyline_similarity([LINE], "frechet")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"above 0, got 0\.0 px and 0\.014"):
        polyline_similarity([LINE], diagonal_px=0.0)
    with pytest.raises(ValueError, match="as point 1 of a polyline"):
        polyline_similarity([LINE, Polyline(((0, 0), (float("inf"), 0)))])
