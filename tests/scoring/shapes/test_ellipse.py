"""Ellipses: `scoring.shapes.ellipse`, with closed forms as the oracle."""

from __future__ import annotations

from math import acos, atan, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.shapes import Ellipse, ellipse_similarity, fuse_ellipse

STATED_ERROR = 3e-4
radii = st.floats(0.5, 50)


def one_iou(a: Ellipse, b: Ellipse) -> float:
    return float(ellipse_similarity([a, b])[0, 1])


def lens(d: float, r: float, s: float) -> float:
    """Area common to two circles that cross."""
    if d >= r + s:
        return 0.0
    if d <= abs(r - s):
        return pi * min(r, s) ** 2
    kite = sqrt((-d + r + s) * (d + r - s) * (d - r + s) * (d + r + s)) / 2
    return (
        r * r * acos((d * d + r * r - s * s) / (2 * d * r)) + s * s * acos((d * d + s * s - r * r) / (2 * d * s)) - kite
    )


def test_worked_examples() -> None:
    # 2 r^2 acos(d / 2r) - d / 2 sqrt(4 r^2 - d^2); panoptes_aggregation's 64 corners give 0.24266.
    assert one_iou(Ellipse(0, 0, 10, 10), Ellipse(10, 0, 10, 10)) == pytest.approx(0.2430097937748631, abs=5e-5)
    # I = 4 a b atan(b / a)
    assert one_iou(Ellipse(0, 0, 20, 10), Ellipse(0, 0, 20, 10, 90)) == pytest.approx(0.41877626876052265, abs=5e-5)


@given(radii, radii, st.floats(0, 100), st.floats(0, 360))
@settings(deadline=None, max_examples=200)
def test_the_error_against_circles_is_within_what_is_stated(r: float, s: float, d: float, direction: float) -> None:
    towards = np.deg2rad(direction)
    common = lens(d, r, s)
    expected = common / (pi * (r * r + s * s) - common)
    found = one_iou(Ellipse(0, 0, r, r), Ellipse(d * np.cos(towards), d * np.sin(towards), s, s))
    assert found == pytest.approx(expected, abs=STATED_ERROR)


@given(radii, radii, st.floats(0, 360))
@settings(deadline=None, max_examples=100)
def test_the_error_against_crossed_ellipses_is_within_what_is_stated(a: float, b: float, turn: float) -> None:
    a, b = max(a, b), min(a, b)
    common = 4 * a * b * atan(b / a)
    expected = common / (2 * pi * a * b - common)
    assert one_iou(Ellipse(3, 4, a, b, turn), Ellipse(3, 4, a, b, turn + 90)) == pytest.approx(
        expected, abs=STATED_ERROR
    )


def test_one_ellipse_described_in_different_ways_is_one() -> None:
    described = [Ellipse(5, 5, 9, 4, 30), Ellipse(5, 5, 9, 4, 210), Ellipse(5, 5, 4, 9, 120), Ellipse(5, 5, 4, 9, -60)]
    assert np.array_equal(ellipse_similarity(described), np.ones((4, 4)))
    assert one_iou(Ellipse(5, 5, 4, 4, 10), Ellipse(5, 5, 4, 4, 77)) == 1.0


def test_rotation_is_clockwise_in_the_image() -> None:
    # Turned by 45 degrees clockwise it runs from the top left to the bottom right.
    long = Ellipse(50, 50, 40, 2, 45)
    assert one_iou(long, Ellipse(75, 75, 3, 3)) > 0
    assert one_iou(long, Ellipse(75, 25, 3, 3)) == 0


def test_ellipses_without_area_equal_themselves_only() -> None:
    flat, dot = Ellipse(5, 5, 4, 0), Ellipse(5, 5, 0, 0)
    assert np.array_equal(ellipse_similarity([flat, dot, Ellipse(5, 5, 4, 4)]), np.eye(3))
    assert one_iou(flat, Ellipse(5, 5, 0, 4, 90)) == 1.0


def test_what_is_no_ellipse_is_refused() -> None:
    with pytest.raises(ValueError, match=r"radii of at least 0 px, got \(0, 0, -1, 2, 0\.0\)"):
        Ellipse(0, 0, -1, 2)
    with pytest.raises(ValueError, match="finite ellipse"):
        Ellipse(float("nan"), 0, 1, 2)
    with pytest.raises(ValueError, match="medoid, median or weighted_mean, got 'mean'"):
        fuse_ellipse([Ellipse(0, 0, 1, 2), Ellipse(0, 0, 1, 3)], method="mean")  # type: ignore[arg-type]


def test_the_medoid_was_drawn_and_the_median_is_made() -> None:
    drawn = [Ellipse(0, 0, 10, 5), Ellipse(2, 0, 10, 5), Ellipse(3, 0, 10, 5), Ellipse(40, 0, 10, 5)]
    assert fuse_ellipse(drawn) == drawn[1]
    # Edges -10 -8 -7 30 and 10 12 13 50: -7.5 and 12.5.
    assert fuse_ellipse(drawn, method="median") == Ellipse(2.5, 0, 10, 5)


def test_the_median_sees_through_swapped_radii_and_half_turns() -> None:
    fused = fuse_ellipse([Ellipse(5, 5, 9, 4, 179), Ellipse(5, 5, 4, 9, 91), Ellipse(5, 5, 9, 4, 180)], method="median")
    assert one_iou(fused, Ellipse(5, 5, 9, 4, 0)) == pytest.approx(1.0, abs=1e-3)
