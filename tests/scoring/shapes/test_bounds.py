"""What very many or very large shapes cost: counted in work and in memory, which no busy machine changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given

from scoring.agreement.similarity import as_dense
from scoring.shapes import Mask, mask_similarity
from scoring.shapes import runs as mask_runs
from scoring.shapes.mask import mask_regions
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


def test_masks_are_looked_up_in_one_go_and_only_where_they_may_meet(looked_up: list[int]) -> None:
    one, beside = disc(100, 100, 40), disc(170, 100, 40)
    mask_similarity([one, beside, disc(300, 200, 40)])
    # The third meets neither; of the first two only the columns that both have, 131 to 139, have runs to look up.
    assert len(looked_up) == 1
    assert sum(looked_up) <= 2 * 10


def test_masks_are_compared_in_parts_of_bounded_size(looked_up: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [disc(100 + shift, 100, 40) for shift in range(8)]
    whole = mask_similarity(drawn)
    looked_up.clear()
    monkeypatch.setattr(mask_runs, "_LOOK_UPS", 200)
    assert np.array_equal(as_dense(mask_similarity(drawn)), as_dense(whole))
    assert len(looked_up) > 10
    assert max(looked_up) <= 200 + 160  # the last pair of a part may go over: 80 columns, a run each


def test_masks_too_large_to_lie_on_one_axis_have_the_same_similarity(looked_up: list[int]) -> None:
    # Three rasters of 2^51 pixels are more than a float64 numbers exactly; two are not.
    height, width = 2**26, 2**25
    runs = [[10, 20], [20, 20], [0, 15]]
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
