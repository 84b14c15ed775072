"""Polygons: `scoring.shapes.polygon`, with shapely and rasters as the oracles."""

from __future__ import annotations

from math import hypot
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import scoring
from scoring.shapes import Box, Polygon, fuse_area, fuse_polygon, polygon_similarity
from scoring.shapes.polygon import covered_region, fuse_regions, polygon_regions
from scoring.types import Array
from tests.scoring.shapes.strategies import polygons, rings
from tests.scoring.strategies import weights


def rectangle(x: float, y: float, width: float, height: float) -> Polygon:
    return Polygon(((x, y), (x + width, y), (x + width, y + height), (x, y + height)))


def region(polygon: Polygon) -> shapely.Geometry:
    return polygon_regions([polygon])[0]


BOW_TIE = Polygon(((0, 0), (10, 10), (10, 0), (0, 10)))
SQUARE = rectangle(0, 0, 10, 10)

stars = st.lists(st.floats(5, 20), min_size=3, max_size=12)


def star(radii: list[float], x: float = 50.0) -> Polygon:
    """A simple outline around (x, 50): one corner at each of evenly spread directions."""
    turns = np.arange(len(radii)) * 2 * np.pi / len(radii)
    return Polygon.of([(x + r * np.cos(t), 50 + r * np.sin(t)) for r, t in zip(radii, turns, strict=True)])


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        # Dataloop's raster gives 0.4774: it counts the border pixels. 40 x 40 common of 2 x 50 x 50.
        (rectangle(10, 10, 50, 50), rectangle(20, 20, 50, 50), 1600 / 3400),
        (rectangle(10, 10, 20, 20), rectangle(10, 10, 40, 40), 0.25),  # pycocotools with iscrowd: 1
        (SQUARE, rectangle(10, 0, 10, 10), 0.0),  # touching
        (SQUARE, rectangle(90, 90, 10, 10), 0.0),
        (SQUARE, BOW_TIE, 0.5),
        (Polygon(SQUARE.points, (rectangle(2, 2, 6, 6).points,)), SQUARE, 64 / 100),
        (SQUARE, Polygon(SQUARE.points[2:] + SQUARE.points[:2]), 1.0),  # begun at another corner
        (SQUARE, Polygon((*SQUARE.points, SQUARE.points[0])), 1.0),  # closed explicitly
    ],
)
def test_iou_by_hand(a: Polygon, b: Polygon, expected: float) -> None:
    assert polygon_similarity([a, b])[0, 1] == pytest.approx(expected, abs=1e-12)


def test_a_ring_that_crosses_itself_means_what_it_encloses_an_odd_number_of_times() -> None:
    assert region(BOW_TIE).area == 50  # both wings; the shoelace formula gives 0, a zero-width buffer 25
    # A pentagram's inner pentagon is enclosed twice, so it is outside.
    turns = np.arange(5) * 4 * np.pi / 5
    pentagram = region(Polygon.of(np.column_stack([np.cos(turns), np.sin(turns)]).tolist()))
    assert not pentagram.contains(shapely.Point(0, 0))
    assert pentagram.contains(shapely.Point(0.9, 0))


def test_crossings_too_near_for_their_distance_are_repaired_all_the_same() -> None:
    # Found by chance: GEOS can't order what crosses 1e-9 px apart on a line that ends 1e9 px away.
    far = Polygon(((0, 17), (1, 0), (1, 7), (-1e9, 999999999), (4, 4)))
    assert region(far).is_valid
    assert region(far).area > 0
    assert polygon_similarity([far, SQUARE])[0, 1] < 0.1


def test_lines_that_enclose_nothing_are_dropped() -> None:
    with_spike = Polygon(((0, 0), (10, 0), (10, 10), (10, 30), (10, 10), (0, 10)))
    assert region(with_spike).equals(region(SQUARE))


def test_holes_take_away_only_what_they_share_with_the_outer_ring() -> None:
    outside, crossing = rectangle(20, 20, 5, 5).points, rectangle(8, 8, 5, 5).points
    assert region(Polygon(SQUARE.points, (outside,))).area == 100
    assert region(Polygon(SQUARE.points, (crossing,))).area == 96
    assert region(Polygon(SQUARE.points, (SQUARE.points,))).area == 0
    assert region(Polygon(SQUARE.points, (((1, 1), (2, 2)),))).area == 100  # a hole without area


@given(rings, st.lists(rings, max_size=2))
@settings(deadline=None)
def test_every_outline_means_a_valid_region(outer: tuple[tuple[float, float], ...], holes: list[object]) -> None:
    meant = region(Polygon(outer, tuple(holes)))  # type: ignore[arg-type]
    assert meant.geom_type in ("Polygon", "MultiPolygon")
    assert meant.is_valid


@given(st.lists(st.tuples(stars, st.floats(30, 70)), min_size=2, max_size=5))
@settings(deadline=None, max_examples=50)
def test_iou_is_shapelys_one_pair_at_a_time(drawn: list[tuple[list[float], float]]) -> None:
    shapes = [star(radii, x) for radii, x in drawn]
    similarity = polygon_similarity(shapes)
    for i, a in enumerate(shapes):
        for j, b in enumerate(shapes):
            first, second = shapely.Polygon(a.points), shapely.Polygon(b.points)
            expected = first.intersection(second).area / first.union(second).area
            assert similarity[i, j] == pytest.approx(expected, abs=1e-9)


@given(stars, stars, st.floats(-1e4, 1e4), st.floats(0.01, 100))
@settings(deadline=None, max_examples=50)
@pytest.mark.parametrize("metric", ["iou", "giou"])
def test_moving_and_scaling_the_image_changes_nothing(
    metric: str, a: list[float], b: list[float], shift: float, scale: float
) -> None:
    def moved(shape: Polygon) -> Polygon:
        return Polygon(tuple((x * scale + shift, y * scale - shift) for x, y in shape.points))

    shapes = [star(a), star(b)]
    there = polygon_similarity([moved(shape) for shape in shapes], metric)[0, 1]  # type: ignore[arg-type]
    assert there == pytest.approx(polygon_similarity(shapes, metric)[0, 1], abs=1e-6)  # type: ignore[arg-type]


def test_boundary_f1_asks_how_far_outlines_run_apart() -> None:
    # Shifted right by 3 px with a tolerance of 1. Of the 80 px around, 18 above and below are within reach, and 1 px
    # at both ends of the side that lies inside the other square: 38 / 80 of either.
    shapes = [rectangle(0, 0, 20, 20), rectangle(3, 0, 20, 20)]
    assert polygon_similarity(shapes, "boundary_f1", tolerance_px=1.0)[0, 1] == pytest.approx(38 / 80, abs=4 / 200)
    assert polygon_similarity(shapes, "boundary_f1", tolerance_px=3.0)[0, 1] == 1.0
    # 0.75 % of 400 px is 3 px.
    assert polygon_similarity(shapes, "boundary_f1", diagonal_px=401)[0, 1] == 1.0
    # Inside by 5 px on all sides: IoU sees 10 x 10 of 20 x 20, the boundaries share nothing.
    assert polygon_similarity([shapes[0], rectangle(5, 5, 10, 10)], "boundary_f1", tolerance_px=2.0)[0, 1] == 0.0


def test_giou_tells_near_from_far() -> None:
    near, far = (polygon_similarity([SQUARE, rectangle(x, 0, 10, 10)], "giou")[0, 1] for x in (20, 90))
    # The hull of both is 30 x 10 of which 20 x 10 is covered: (1 - 1 / 3) / 2; at 90: (1 - 8 / 10) / 2.
    assert (near, far) == (pytest.approx(1 / 3), pytest.approx(0.1))


def test_giou_of_outlines_that_are_not_convex_is_the_formula_in_the_docs_and_not_its_authors() -> None:
    # Two L of 12 square px, hulls of 14, 10 px apart: both in a hull of 14 x 4 less the corner of the right one, 2.
    left, right = (Polygon(((x, 0), (x + 4, 0), (x + 4, 2), (x + 2, 2), (x + 2, 4), (x, 4))) for x in (0, 10))
    found = polygon_similarity([left, right], "giou")[0, 1]
    assert found == pytest.approx((1 + 0 - (54 - 2 * 14) / 54) / 2)
    assert found != pytest.approx((1 + 0 - (54 - 2 * 12) / 54) / 2, abs=0.01)
    text = (Path(scoring.__file__).parent / "README.md").read_text(encoding="utf-8")
    assert (
        "(1 + IoU − waste) / 2, waste = the share of the common convex hull that the own hulls of a and b leave free"
        in text
    )


def test_giou_of_outlines_that_are_not_convex_goes_to_one_as_they_become_alike() -> None:
    corner = Polygon(((0, 0), (10, 0), (10, 2), (2, 2), (2, 10), (0, 10)))
    nearly = Polygon(((0, 0), (10, 0), (10, 2), (2, 2), (2, 10.001), (0, 10)))
    assert polygon_similarity([corner, nearly], "giou")[0, 1] > 0.999


def test_what_is_not_a_metric_or_a_tolerance_is_refused() -> None:
    with pytest.raises(ValueError, match="iou, boundary_f1 or giou, got 'dice'"):
        polygon_similarity([SQUARE, BOW_TIE], "dice")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="tolerance above 0 px, got 0"):
        polygon_similarity([SQUARE, BOW_TIE], "boundary_f1", tolerance_px=0.0)
    with pytest.raises(ValueError, match=r"finite coordinates, got \[nan, 1.0\] as point 1 of a polygon"):
        polygon_similarity([SQUARE, Polygon(((0, 0), (float("nan"), 1), (2, 2)))])


THREE = [rectangle(x, 0, 10, 10) for x in (0, 2, 4)]


def test_the_fused_polygon_is_what_more_than_half_cover() -> None:
    fused = region(fuse_polygon(THREE))
    assert fused.equals(shapely.box(2, 0, 12, 10))
    # With two voices more than half is both.
    assert region(fuse_polygon(THREE[:2])).equals(shapely.box(2, 0, 10, 10))


def test_weights_and_the_least_weight_decide_what_is_covered() -> None:
    assert region(fuse_polygon(THREE, [3, 1, 1])).equals(shapely.box(0, 0, 10, 10))
    assert region(fuse_polygon(THREE, at_least=1)).equals(shapely.box(0, 0, 14, 10))
    assert region(fuse_polygon(THREE, at_least=3)).equals(shapely.box(4, 0, 10, 10))


def test_where_nothing_is_covered_enough_the_most_central_polygon_is_taken() -> None:
    apart = [rectangle(0, 0, 4, 4), rectangle(50, 0, 4, 4)]
    assert fuse_polygon(apart) == apart[0]
    assert fuse_polygon(THREE, method="medoid") == THREE[1]


def test_a_fused_polygon_keeps_holes_that_most_drew() -> None:
    ring = Polygon(SQUARE.points, (rectangle(3, 3, 4, 4).points,))
    fused = fuse_polygon([ring, Polygon(ring.points, (rectangle(3, 3, 4, 4.5).points,)), SQUARE])
    assert region(fused).area == 84
    assert len(fused.holes) == 1


def test_of_separate_parts_the_largest_is_kept() -> None:
    # Two thirds cover 0 .. 3 and 12 .. 20: the larger part is 8 / 11 of that, the longest rectangle 11 / 20 alike.
    fused = fuse_polygon([rectangle(0, 0, 20, 4), rectangle(0, 0, 3, 4), rectangle(12, 0, 14, 4)])
    assert region(fused).equals(shapely.box(12, 0, 20, 4))


def test_a_drawn_polygon_that_is_nearer_to_all_that_is_covered_than_its_largest_part_is_taken() -> None:
    # Two thirds cover 0 .. 3 and 7 .. 12: the larger part is 5 / 8 of that, the longest rectangle 8 / 12 alike.
    longest = rectangle(0, 0, 12, 4)
    assert fuse_polygon([longest, rectangle(0, 0, 3, 4), rectangle(7, 0, 9, 4)]) == longest


def test_a_bow_tie_keeps_both_wings() -> None:
    careless = Polygon(((0, 0), (10, 10.2), (10, 0), (0, 10)))
    assert fuse_polygon([BOW_TIE, BOW_TIE, careless]) == BOW_TIE
    assert fuse_area([BOW_TIE, BOW_TIE, Box(0, 0, 10, 10)]) == BOW_TIE


@given(st.lists(st.tuples(stars, st.floats(45, 55), weights), min_size=1, max_size=5))
@settings(deadline=None, max_examples=60)
def test_coverage_is_the_vote_on_every_pixel(drawn: list[tuple[list[float], float, float]]) -> None:
    shapes, given_weights = [star(radii, x) for radii, x, _ in drawn], [weight for *_, weight in drawn]
    regions = polygon_regions(shapes)
    fused = covered_region(regions, given_weights)
    for x, y in np.random.default_rng(1).uniform(25, 75, size=(100, 2)):
        votes = [
            weight for shape, weight in zip(regions, given_weights, strict=True) if shapely.contains_xy(shape, x, y)
        ]
        share = sum(votes) / sum(given_weights)
        near_a_border = shapely.union_all(shapely.boundary(regions)).distance(shapely.Point(x, y)) < 1e-6
        if not near_a_border and abs(share - 0.5) > 1e-6:
            assert shapely.contains_xy(fused, x, y) == (share > 0.5)


@given(st.lists(st.tuples(stars, st.floats(48, 52)), min_size=3, max_size=5), st.floats(0, 3))
@settings(deadline=None, max_examples=60)
def test_simplifying_moves_the_outline_by_no_more_than_stated(
    drawn: list[tuple[list[float], float]], simplify_px: float
) -> None:
    regions = polygon_regions([star(radii, x) for radii, x in drawn])
    voices = [1.0] * len(drawn)
    exact, simple = (fuse_regions(regions, voices, simplify_px=most) for most in (0.0, simplify_px))
    assert (exact is None) == (simple is None)
    if exact is not None and simple is not None:
        assert region(simple).is_valid
        moved = shapely.hausdorff_distance(region(exact).exterior, region(simple).exterior, densify=0.05)
        allowed = min(simplify_px, 0.01 * region(exact).area ** 0.5)
        assert moved <= allowed + 1e-9
        assert len(simple.points) <= len(exact.points)


def test_a_negative_simplification_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 0 px, got -1"):
        fuse_polygon(THREE, simplify_px=-1)


@given(st.lists(polygons, min_size=1, max_size=4))
@settings(deadline=None, max_examples=60)
def test_the_fused_polygon_lies_within_what_was_drawn(shapes: list[Polygon]) -> None:
    fused, drawn = region(fuse_polygon(shapes)), shapely.union_all(polygon_regions(shapes))
    extent = hypot(*np.ptp(np.array([p for s in shapes for p in s.points] or [(0, 0)], dtype=float), axis=0))
    assert fused.difference(drawn).area <= drawn.area * 0.2 + 1e-9 * extent**2 + 1e-9


def test_three_noisy_outlines_fused_are_nearer_to_the_truth_than_each() -> None:
    rng = np.random.default_rng(5)
    truth = star([15.0] * 40)
    gains = []
    for _ in range(20):
        drawn = [star((15 + rng.normal(0, 1.5, 40)).tolist()) for _ in range(3)]
        similarity: Array = polygon_similarity([truth, fuse_polygon(drawn), *drawn])[0]
        gains.append(similarity[1] - similarity[2:].mean())
    assert min(gains) > 0.0
