"""Tools beside one another: `scoring.shapes.mixed`."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scoring.shapes import (
    Area,
    Box,
    Ellipse,
    Mask,
    Polygon,
    area_similarity,
    box_similarity,
    fuse_area,
    mask_similarity,
)
from scoring.shapes.mixed import area_regions
from tests.scoring.shapes.strategies import areas, image_of_mask, images, mask_of_image

SQUARE = Polygon(((2, 1), (6, 1), (6, 5), (2, 5)))
SQUARES: list[Area] = [Box(2, 1, 4, 4), SQUARE, Mask.of([8, 8], [17, 4, 4, 4, 4, 4, 4, 4, 19]), Box(2, 1, 4, 4, 90)]


def test_one_region_by_different_tools_is_one() -> None:
    assert area_similarity(SQUARES) == pytest.approx(np.ones((4, 4)))
    assert area_similarity(SQUARES, "boundary_f1") == pytest.approx(np.ones((4, 4)))
    assert area_similarity(SQUARES, "giou") == pytest.approx(np.ones((4, 4)))


def test_a_circle_against_its_square() -> None:
    circle = Ellipse(4, 3, 2, 2)
    # The polygon of its area sticks out by 0.02 % where it touches.
    assert area_similarity([*SQUARES, circle])[4, :4] == pytest.approx([pi / 4] * 4, abs=1e-3)


def test_a_turned_box_is_turned_clockwise_about_its_centre() -> None:
    # A square of 4 turned by 45 degrees in itself: a regular octagon, as in test_boxes.
    octagon = 2 * (2**0.5 - 1)
    assert area_similarity([SQUARE, Box(2, 1, 4, 4, 45)])[0, 1] == pytest.approx(octagon / (2 - octagon))
    (region,) = area_regions([Box(10, 49, 80, 2, 45)])
    assert region.contains(shapely.Point(73, 73))
    assert not region.contains(shapely.Point(73, 27))


@given(images(), st.tuples(*[st.floats(0, 6)] * 4))
@settings(deadline=None)
def test_a_mask_against_an_outline_is_exact_in_parts_of_pixels(
    image: NDArray[np.bool_], corners: tuple[float, float, float, float]
) -> None:
    left, right = sorted(corners[:2])
    top, bottom = sorted(corners[2:])
    outline = Polygon(((left, top), (right, top), (right, bottom), (left, bottom)))
    mask = mask_of_image(image)
    pixels = shapely.union_all([shapely.box(x, y, x + 1, y + 1) for y, x in zip(*np.nonzero(image), strict=True)])
    box = shapely.box(left, top, right, bottom)
    union = pixels.union(box).area
    if box.area > 1e-6 and image_of_mask(mask).any():
        expected = pixels.intersection(box).area / union
        assert area_similarity([mask, outline])[0, 1] == pytest.approx(expected, abs=1e-9)


@given(st.lists(areas, min_size=2, max_size=5))
@settings(deadline=None, max_examples=60)
def test_a_pairs_similarity_does_not_depend_on_the_other_shapes_of_the_call(shapes: list[Area]) -> None:
    similarity = area_similarity(shapes)
    for i, a in enumerate(shapes):
        for j, b in enumerate(shapes):
            assert area_similarity([a, b])[0, 1] == similarity[i, j]


def test_one_kind_is_compared_as_that_kind_always_is() -> None:
    boxes = [Box(0, 0, 10, 10), Box(1e-9, 3, 10, 10, 20)]
    masks = [Mask.of([2, 3], [0, 4, 2]), Mask.of([2, 3], [2, 4])]
    together = area_similarity([*boxes, *masks])
    assert np.array_equal(together[:2, :2], box_similarity(boxes))
    assert np.array_equal(together[2:, 2:], mask_similarity(masks))


def test_one_kind_is_fused_as_that_kind_always_is() -> None:
    assert fuse_area([Box(0, 0, 10, 10), Box(2, 0, 10, 10)]) == Box(1, 0, 10, 10)
    assert isinstance(fuse_area([SQUARE, Polygon(((2, 1), (7, 1), (7, 5), (2, 5)))]), Polygon)
    assert isinstance(fuse_area([Ellipse(0, 0, 2, 2), Ellipse(0, 1, 2, 2)]), Ellipse)
    assert isinstance(fuse_area([Mask.of([2, 2], [0, 4]), Mask.of([2, 2], [1, 3])]), Mask)


def test_different_kinds_are_fused_to_what_more_than_half_cover() -> None:
    fused = fuse_area([*SQUARES[:3], Polygon(((0, 0), (9, 0), (9, 9), (0, 9)))])
    assert area_regions([fused])[0].equals(shapely.box(2, 1, 6, 5))
    apart: list[Area] = [Box(0, 0, 1, 1), Ellipse(50, 50, 1, 1)]
    assert fuse_area(apart) == apart[0]
