"""What very many or very large shapes cost: counted in work and in memory, which no busy machine changes."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given

from scoring.agreement.similarity import as_dense
from scoring.shapes import Keypoints, Mask, Polygon, keypoints_similarity, mask_overlap, mask_similarity
from scoring.shapes import boundaries as boundary_rules
from scoring.shapes import meeting as meeting_rules
from scoring.shapes import regions as region_rules
from scoring.shapes import runs as mask_runs
from scoring.shapes.mask import mask_regions
from scoring.shapes.polygon import polygon_regions
from scoring.shapes.regions import boundary_f1, generalised_iou, region_iou
from tests.scoring.shapes.strategies import masks


def disc(x: float, y: float, radius: float, size: tuple[int, int] = (300, 400)) -> Mask:
    rows, columns = np.mgrid[: size[0], : size[1]]
    inside = np.hypot(columns - x, rows - y) < radius
    ends = np.flatnonzero(np.diff(inside.T.ravel().astype(np.int8), prepend=0))
    return Mask.of(size, np.diff(ends, prepend=0, append=size[0] * size[1]).tolist())


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the interpolations that masks are compared by."""
    sizes: list[int] = []
    interp = np.interp

    def counted(x: Any, *arguments: Any) -> Any:
        sizes.append(len(x))
        return interp(x, *arguments)

    monkeypatch.setattr(np, "interp", counted)
    return sizes


@pytest.fixture
def columns_met(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of columns that pairs of masks are compared in at once."""
    sizes: list[int] = []
    met = mask_overlap._met

    def counted(columns: Any, one: Any, *rest: Any) -> Any:
        sizes.append(len(one))
        return met(columns, one, *rest)

    monkeypatch.setattr(mask_overlap, "_met", counted)
    return sizes


def test_masks_are_compared_in_one_go_and_only_where_they_may_meet(columns_met: list[int]) -> None:
    one, beside = disc(100, 100, 40), disc(170, 100, 40)
    mask_similarity([one, beside, disc(300, 200, 40)])
    # The third meets neither; the first two have the columns 131 to 139 in common.
    assert columns_met == [9]


def test_masks_are_compared_in_parts_of_bounded_size(columns_met: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [disc(100 + shift, 100, 40) for shift in range(8)]
    whole = mask_similarity(drawn)
    columns_met.clear()
    monkeypatch.setattr(mask_runs, "_LOOK_UPS", 200)
    assert np.array_equal(as_dense(mask_similarity(drawn)), as_dense(whole))
    assert len(columns_met) > 10
    assert max(columns_met) <= 200 + 80  # the last pair of a part may go over: 80 columns


def test_masks_that_are_looked_up_are_so_in_one_go_and_only_where_they_may_meet(
    looked_up: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mask_overlap, "_MOST_COLUMNS_A_RUN", 0)
    one, beside = disc(100, 100, 40), disc(170, 100, 40)
    mask_similarity([one, beside, disc(300, 200, 40)])
    # Of the first two only the columns that both have, 131 to 139, have runs to look up.
    assert len(looked_up) == 1
    assert sum(looked_up) <= 2 * 10


def test_masks_whose_boxes_meet_but_whose_runs_do_not_share_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # A frame's upper left and lower right corner: one ends before the other begins.
    upper = Mask.of([4, 4], [0, 4, 2, 1, 9])  # column 0 and row 2 of column 1
    lower = Mask.of([4, 4], [7, 1, 8])  # row 3 of column 1
    wider = Mask.of([4, 4], [7, 2, 3, 4])
    for most in (4, 0):
        monkeypatch.setattr(mask_overlap, "_MOST_COLUMNS_A_RUN", most)
        assert mask_similarity([upper, lower]).tolist() == [[1.0, 0.0], [0.0, 1.0]]
        assert mask_similarity([upper, wider]).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_masks_of_few_runs_in_thousands_of_columns_are_not_cut_into_columns(columns_met: list[int]) -> None:
    height, width = 3_000, 100_000
    floor, sea = (Mask.of([height, width], [start, height * width - start]) for start in (7, height * width // 2))
    assert mask_similarity([floor, sea])[0, 1] == (height * width // 2) / (height * width - 7)
    assert columns_met == []


def test_masks_too_large_to_lie_on_one_axis_have_the_same_similarity(looked_up: list[int]) -> None:
    # Three rasters of 2^51 pixels are more than a float64 numbers exactly; two are not.
    height, width = 2**26, 2**25
    runs = [[10 * height, 20 * height], [20 * height, 20 * height], [0, 15 * height]]
    drawn = [Mask.of([height, width], [*counts, height * width - sum(counts)]) for counts in runs]
    far = Mask.of([height, width], [height * width - 7, 7])
    similarity = as_dense(mask_similarity([*drawn, far]))
    assert similarity[0].tolist() == [1.0, 1 / 3, 1 / 6, 0.0]
    assert len(looked_up) == 2


def test_a_run_over_millions_of_columns_is_a_few_rectangles_and_its_outline_a_few_corners() -> None:
    height, width = 1_000, 10**9
    run = [height * 5 + 10, height * (width - 20) + 500]
    mask = Mask.of([height, width], [*run, height * width - sum(run)])
    region = mask_regions([mask])[0]  # a piece a column would be a billion
    assert region.area == mask.area
    assert len(shapely.get_coordinates(region)) < 20
    assert [len(part) for part in mask_runs.rectangles(mask.toggles, height)] == [3] * 4


@given(masks)
def test_a_run_over_columns_has_the_outline_of_its_pieces(mask: Mask) -> None:
    column, top, bottom = mask_runs.column_segments(mask.toggles, mask.size[0])
    pieces = shapely.union_all(shapely.box(column, top, column + 1, bottom))
    assert shapely.equals(mask_regions([mask])[0], pieces)


def squares(count: int, side: float = 20.0, seed: int = 1) -> Any:
    x, y = np.random.default_rng(seed).uniform(0, 1_000, (2, count))
    return shapely.box(x, y, x + side, y + side)


def sizes_of_calls(monkeypatch: pytest.MonkeyPatch, name: str) -> list[int]:
    """How many geometries each call of a function of shapely is given."""
    seen: list[int] = []
    called = getattr(shapely, name)

    def counted(one: Any, *rest: Any, **named: Any) -> Any:
        seen.append(np.size(one))
        return called(one, *rest, **named)

    monkeypatch.setattr(shapely, name, counted)
    return seen


def test_giou_of_too_many_compares_those_that_meet_and_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    regions = squares(150)
    every = as_dense(generalised_iou(regions))
    monkeypatch.setattr(region_rules, "MOST_HULLS", 1_000)
    joint = sizes_of_calls(monkeypatch, "geometrycollections")
    fewer = as_dense(generalised_iou(regions))
    assert 600 < sum(joint) // 2 < 1_200  # both of each pair; all would be 11,175 pairs
    assert np.array_equal(fewer[fewer > 0.0], every[fewer > 0.0])
    assert ((fewer > 0.0) | (every <= 0.5)).all()  # whatever touches is among them
    left_out = np.triu(np.ones_like(every), 1).astype(bool) & (fewer == 0.0)
    assert every[left_out].mean() < every[fewer > 0.0].mean()


def test_regions_are_intersected_in_parts_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    regions = squares(60, side=900.0)
    whole = as_dense(region_iou(regions))
    monkeypatch.setattr(meeting_rules, "_AT_ONCE", 1_000)
    monkeypatch.setattr(meeting_rules, "_CANDIDATES", 500)
    cut = sizes_of_calls(monkeypatch, "intersection")
    assert np.array_equal(as_dense(region_iou(regions)), whole)
    assert sum(cut) == np.count_nonzero(whole)
    assert max(cut) <= 1_000 // 10 + 1  # squares have five corners each, the first once more


def test_boundaries_are_looked_at_only_where_the_other_one_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    # 200 places on each; of the left square's only those on its right side are near the other's box: 50, and 1 % more.
    regions = shapely.box([0, 21], [0, 0], [20, 41], [20, 20])
    looked_at = sizes_of_calls(monkeypatch, "dwithin")
    assert as_dense(boundary_f1(regions, 1.5))[0, 1] > 0.2
    assert sum(looked_at) <= 2 * 60


def test_very_many_boundaries_on_one_another_are_compared_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    regions = squares(40, side=900.0)
    whole = as_dense(boundary_f1(regions, 5.0))
    monkeypatch.setattr(meeting_rules, "_AT_ONCE", 2_000)
    monkeypatch.setattr(boundary_rules, "_BOUNDARIES_AT_ONCE", 7)
    looked_at, placed = sizes_of_calls(monkeypatch, "dwithin"), sizes_of_calls(monkeypatch, "line_interpolate_point")
    assert np.array_equal(as_dense(boundary_f1(regions, 5.0)), whole)
    assert max(looked_at) <= 2_000 + 200
    assert max(placed) <= 7


def test_the_holes_of_all_polygons_are_taken_out_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = ((0, 0), (40, 0), (40, 40), (0, 40))
    holes = tuple(((x, 5), (x + 3, 5), (x + 3, 9)) for x in range(0, 40, 5))
    polygons = [Polygon(ring, holes[:count]) for count in range(9)] * 30
    cut, made = sizes_of_calls(monkeypatch, "difference"), sizes_of_calls(monkeypatch, "linearrings")
    areas = shapely.area(polygon_regions(polygons))
    assert areas[:9].tolist() == [1_600 - 6.0 * count for count in range(9)]
    assert len(cut) == 1
    assert len(made) == 2


def test_skeletons_whose_joints_all_have_other_names_take_the_memory_of_their_joints() -> None:
    skeletons = [Keypoints.of({f"{n % 200}/{joint}": (joint, n % 7, 2) for joint in range(300)}) for n in range(600)]
    tracemalloc.start()
    similarity = keypoints_similarity(skeletons)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # 60,000 names for each of 600 skeletons would be a table of 576 MB.
    assert peak < 150e6
    assert similarity[0, 200] > 0.9
    assert similarity[0, 1] == 0.0
