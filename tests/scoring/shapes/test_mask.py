"""Masks: `scoring.shapes.mask` and `scoring.shapes.runs`, with pycocotools and plain images as the oracles."""

from __future__ import annotations

from time import process_time
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pycocotools import mask as coco

from scoring.shapes import Mask, mask_overlap, mask_similarity
from scoring.shapes.mask import mask_regions
from scoring.shapes.mask_fusion import MaskFusion, fuse_mask, staple
from tests.scoring.shapes.strategies import image_of_mask, images, mask_of_image, masks

long_counts = st.lists(st.integers(0, 200_000), min_size=1, max_size=30).filter(any)


def with_coco(image: NDArray[np.bool_]) -> dict[str, Any]:
    return dict(coco.encode(np.asfortranarray(image.astype(np.uint8))))


@given(images())
def test_the_compressed_string_is_cocos_both_ways(image: NDArray[np.bool_]) -> None:
    theirs, ours = with_coco(image), mask_of_image(image)
    assert ours.compressed == theirs["counts"].decode()
    assert Mask.of(theirs["size"], theirs["counts"].decode()) == ours
    assert np.array_equal(image_of_mask(ours), image)
    assert ours.area == coco.area(theirs) == image.sum()


@given(long_counts)
def test_long_runs_survive_compression(counts: list[int]) -> None:
    size = [sum(counts), 1]
    mask = Mask.of(size, counts)
    assert Mask.of(size, mask.compressed) == mask
    (theirs,) = coco.frPyObjects([{"size": size, "counts": list(mask.counts)}], *size)
    assert theirs["counts"].decode() == mask.compressed


@given(st.lists(images(height=5, width=4), min_size=1, max_size=6))
def test_iou_is_cocos(drawn: list[NDArray[np.bool_]]) -> None:
    theirs = [with_coco(image) for image in drawn]
    expected = coco.iou(theirs, theirs, [0] * len(drawn))
    similarity = mask_similarity([mask_of_image(image) for image in drawn])
    for i, a in enumerate(drawn):
        for j, b in enumerate(drawn):
            # COCO gives 0 to two empty masks; to us nothing equals nothing.
            assert similarity[i, j] == (expected[i, j] if a.any() or b.any() else 1.0)


@given(st.lists(images(height=13, width=3), min_size=2, max_size=5), st.sampled_from([0, 1, 4, 99]))
def test_iou_is_the_same_by_columns_and_by_looking_runs_up(drawn: list[NDArray[np.bool_]], most_pieces: int) -> None:
    # Up to seven pieces a column, runs over several columns, columns without any: some masks are tidy, some are not.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mask_overlap, "_MOST_PIECES_A_COLUMN", most_pieces)
        similarity = mask_similarity([mask_of_image(image) for image in drawn])
    for i, a in enumerate(drawn):
        for j, b in enumerate(drawn):
            expected = (a & b).sum() / (a | b).sum() if (a | b).any() else 1.0
            assert similarity[i, j] == expected


@given(images(), images())
def test_rasters_of_different_sizes_share_their_top_left_corner(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> None:
    height, width = max(a.shape[0], b.shape[0]), max(a.shape[1], b.shape[1])
    one, other = (np.pad(m, ((0, height - m.shape[0]), (0, width - m.shape[1]))) for m in (a, b))
    if one.any() and other.any():
        expected = (one & other).sum() / (one | other).sum()
        assert mask_similarity([mask_of_image(a), mask_of_image(b)])[0, 1] == pytest.approx(expected)


@given(masks)
@settings(deadline=None)
def test_the_outline_of_a_mask_is_exactly_its_pixels(mask: Mask) -> None:
    (region,), image = mask_regions([mask]), image_of_mask(mask)
    assert region.is_valid
    assert region.area == mask.area
    for row, column in np.argwhere(image).tolist():
        assert region.contains(mask_regions([pixel(mask.size, row, column)])[0])


def pixel(size: tuple[int, int], row: int, column: int) -> Mask:
    image = np.zeros(size, dtype=bool)
    image[row, column] = True
    return mask_of_image(image)


def test_pixels_that_meet_at_a_corner_and_a_pixel_in_a_hole_keep_a_valid_outline() -> None:
    checkers = np.indices((6, 6)).sum(axis=0) % 2 == 0
    target = np.ones((5, 5), dtype=bool)
    target[1:4, 1:4] = False
    target[2, 2] = True
    for image in (checkers, target):
        (region,) = mask_regions([mask_of_image(image)])
        assert region.is_valid
        assert region.area == image.sum()


def test_boundary_f1_and_giou_of_masks_are_those_of_their_outlines() -> None:
    image = np.zeros((40, 60), dtype=bool)
    image[10:30, 10:30] = True
    shapes = [mask_of_image(image), mask_of_image(np.roll(image, 3, axis=1))]
    # As the squares in test_polygon: 38 / 80. Hull 23 x 20, filled: IoU alone, 17 / 23.
    assert mask_similarity(shapes, "boundary_f1", tolerance_px=1.0)[0, 1] == pytest.approx(38 / 80, abs=4 / 200)
    assert mask_similarity(shapes, "giou")[0, 1] == pytest.approx((1 + 17 / 23) / 2)
    # The default tolerance is 0.75 % of the raster's own diagonal: 0.54 px here, 3.75 px at ten times the size.
    assert mask_similarity(shapes, "boundary_f1")[0, 1] < 0.5


def test_a_large_mask_is_compared_without_an_image() -> None:
    # 2^25 x 2^25 pixels: an image of them would not fit into any memory.
    side = 2**25
    half, whole = (
        Mask.of([side, side], [0, side * side // 2, side * side // 2]),
        Mask.of([side, side], [0, side * side]),
    )
    assert mask_similarity([half, whole])[0, 1] == 0.5


def test_runs_of_no_length_are_another_way_to_write_the_same_mask() -> None:
    assert Mask.of([2, 3], [1, 1, 0, 2, 0, 0, 2]) == Mask.of([2, 3], [1, 3, 2])
    assert Mask.of([2, 3], [0, 0, 6]) == Mask.of([2, 3], [6])
    assert Mask.of([2, 3], [0, 6, 0]).counts == (0, 6)


@pytest.mark.parametrize(
    ("size", "counts", "message"),
    [
        ([2, 3], [1, 3], "sum to height x width = 2 x 3 = 6 pixels, got 4"),
        ([2, 3], [1, 3, 2, 1], "got 7"),
        ([2, 3], [], "got 0"),
        ([2, 3], "", "got 0"),
        ([2, 3], [8, -2], "at least 0, got -2 as count 1"),
        ([2, 3], [1, 2.5, 2], r"whole numbers of 64 bits as run lengths, got 2\.5 as count 1"),
        ([2, 3], [1, "3", 2], "got '3' as count 1"),
        ([2, 3], [[1, 3], [2, 0]], r"got \[1, 3\] as count 0"),
        ([2, 3], [[1, 3], 2], "flat list of whole numbers"),
        ([2, 3], [2**63, 1], "got 9223372036854775808 as count 0"),
        ([2, 3], [2**62, 2**62, 2**62, 2**62, 6], "got more than 4503599627370496"),  # 64 bits overflow to 6
        ([2, 3], [2**64, 6], "got 18446744073709551616 as count 0"),
        ([2], [2], r"\[height, width\], whole numbers above 0, got \[2\]"),
        ([0, 3], [0], r"got \[0, 3\]"),
        ([2, -3], [6], r"got \[2, -3\]"),
        ([2, 3.0], [6], r"got \[2, 3\.0\]"),
        ([2**40, 2**40], [1], "at most 4503599627370496 pixels"),
        ([2, 3], "1~2", "characters from '0' to 'o' in compressed counts, got '~' at 1"),
        ([2, 3], "1 2", "got ' ' at 1"),
        ([2, 3], "13€", "got '€' at 2"),
        ([2, 3], "13P", "end with a whole number, got '13P' at their end"),
        ([2, 3], "1" + "o" * 12 + "0", "at most 12 characters for a number in compressed counts at 1"),
        ([2, 3], "1O2", "at least 0, got -1 as count 1"),
    ],
)
def test_counts_that_are_no_mask_are_refused_with_what_is_wrong(size: Any, counts: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Mask.of(size, counts)


@given(st.lists(st.integers(1, 8), min_size=2, max_size=2), st.one_of(st.text(max_size=12), st.lists(st.integers())))
def test_whatever_comes_is_a_mask_or_a_value_error(size: list[int], counts: Any) -> None:
    try:
        mask = Mask.of(size, counts)
    except ValueError as error:
        assert "expected" in str(error)
    else:
        assert sum(mask.counts) == size[0] * size[1]


def test_masks_of_different_heights_that_are_too_wide_for_one_raster_share_nothing_and_cost_nothing() -> None:
    columns = 10**12
    low, half = Mask.of([1, columns], [0, columns]), Mask.of([1, columns], [0, columns // 2, columns // 2])
    high = Mask.of([2, columns], [0, 2 * columns])
    begun = process_time()
    similarity = mask_similarity([low, half, high, low])
    assert similarity.tolist() == [
        [1.0, 0.5, 0.0, 1.0],
        [0.5, 1.0, 0.0, 0.5],
        [0.0, 0.0, 1.0, 0.0],
        [1.0, 0.5, 0.0, 1.0],
    ]
    assert [fuse_mask([low, half, high, low], method=method) for method in get_args(MaskFusion)] == [low] * 3
    assert process_time() - begun < 1.0  # 10 million columns took 25 s, these would not fit into memory
    with pytest.raises(ValueError, match="masks of one height, or of few columns"):
        staple([low, high])
