"""Masks as run lengths: the format of COCO, its compressed form, and how alike masks are.

COCO's run lengths go down the columns, first column first, and begin with the number of background pixels; the
compressed string holds the same numbers, each as its difference from the last but one, five bits a character.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scoring.agreement.similarity import Pairs, Similarity
from scoring.shapes.coco import compressed, decompressed
from scoring.shapes.common import UNKNOWN_DIAGONAL_PX, of_distinct, over_distinct, upper_triangle
from scoring.shapes.mask_outline import outline
from scoring.shapes.mask_overlap import common_pixels
from scoring.shapes.meeting import meeting_boxes
from scoring.shapes.regions import DEFAULT_TOLERANCE_SHARE, AreaMetric, Regions, compare_regions
from scoring.shapes.runs import EXACT, Toggles, at_height, lay

__all__ = [
    "MOST_PIECES",
    "Mask",
    "mask_iou",
    "mask_of_toggles",
    "mask_regions",
    "mask_similarity",
    "mask_toggles",
    "one_raster",
]

MOST_PIECES = 1_000_000
"""Runs, counted in each column, of masks that are brought into rasters of another height: 0.1 s and some 100 MB."""

_LARGEST_RASTER = EXACT // 2
# Pixels: a float64 holds every position of two such rasters, one after the other, exactly.


@dataclass(frozen=True, slots=True, order=True)
class Mask:
    """A set of pixels. Make it with `Mask.of`, which checks and brings it into the one form that equal masks share."""

    size: tuple[int, int]
    """Height and width of the raster, px."""
    counts: tuple[int, ...]
    """Run lengths down the columns, background first, none 0 but possibly the first, summing to height x width."""
    toggles: Toggles = field(init=False, compare=False, repr=False)
    """Where it begins, ends, begins again: the same in the form that is calculated with (`scoring.shapes.runs`)."""

    def __post_init__(self) -> None:
        ends = np.cumsum(np.array(self.counts, dtype=np.int64))
        object.__setattr__(self, "toggles", ends[: len(ends) // 2 * 2])

    def __hash__(self) -> int:
        # Of the array's bytes: several times faster than of hundreds of whole numbers.
        return hash((self.size, self.toggles.tobytes()))

    @classmethod
    def of(cls, size: Sequence[int], counts: Sequence[int] | str) -> Mask:
        """From COCO's `size` and `counts`, a list of run lengths or the compressed string.

        Raises
        ------
        ValueError
            Naming what is wrong: the size, a run length, a character, or a sum other than height x width.

        Examples
        --------
        >>> Mask.of([2, 3], [1, 2, 0, 1, 2])
        Mask(size=(2, 3), counts=(1, 3, 2))
        >>> Mask.of([2, 3], "132") == Mask.of([2, 3], [1, 3, 2])
        True
        >>> Mask.of([2, 3], [1, 3])
        Traceback (most recent call last):
        ValueError: expected run lengths that sum to height x width = 2 x 3 = 6 pixels, got 4
        """
        height, width = _checked_size(size)
        runs = decompressed(counts) if isinstance(counts, str) else _listed(counts)
        if len(runs) and runs.min() < 0:
            place = int(np.argmax(runs < 0))
            raise ValueError(f"expected run lengths of at least 0, got {int(runs[place])} as count {place}")
        # A sum in floating point first: hostile counts may not overflow into the right one.
        total = int(runs.sum()) if float(runs.sum(dtype=np.float64)) <= _LARGEST_RASTER else 2**63
        if total != height * width:
            came = total if total < 2**63 else f"more than {_LARGEST_RASTER}"
            raise ValueError(
                f"expected run lengths that sum to height x width = {height} x {width} = {height * width} pixels, "
                f"got {came}"
            )
        ends = np.cumsum(runs)
        return mask_of_toggles((height, width), _strictly_increasing(ends[: len(ends) // 2 * 2]))

    @property
    def compressed(self) -> str:
        """The run lengths as COCO's compressed string.

        >>> Mask.of([2, 3], [1, 3, 2]).compressed
        '132'
        """
        return compressed(self.counts)

    @property
    def area(self) -> int:
        """Pixels in the mask.

        >>> Mask.of([2, 3], [1, 3, 2]).area
        3
        """
        return sum(self.counts[1::2])


def mask_similarity(
    shapes: Sequence[Mask],
    metric: AreaMetric = "iou",
    *,
    tolerance_px: float | None = None,
    diagonal_px: float | None = None,
) -> Similarity:
    """How alike masks are, over all masks of all annotators of a task in one call.

    Masks of rasters of different sizes are compared pixel by pixel from the top left corner. Where their heights differ
    and all of them together have more than `MOST_PIECES` runs, counted anew in every column, only those of one height
    are compared and all others share nothing: tools do not give an image that large two heights, hostile input does.

    Parameters
    ----------
    metric
        `iou` (default; on the runs), or on the outlines of the pixels `boundary_f1` or `giou`: see
        `scoring.shapes.regions`.
    tolerance_px, diagonal_px
        As in `polygon_similarity`; the diagonal defaults to that of the largest raster.

    Returns
    -------
    Similarity
        (n, n), exactly symmetric, in [0, 1], exactly 1 for identical masks. An empty mask is similar to none but
        another empty one.

    References
    ----------
    COCO's mask API (pycocotools, `mask.iou` without `iscrowd`), which this agrees with to the bit.

    Examples
    --------
    Columns 0 and 1, and columns 1 and 2, of a 2 x 3 image:

    >>> mask_similarity([Mask.of([2, 3], [0, 4, 2]), Mask.of([2, 3], [2, 4])]).round(3).tolist()
    [[1.0, 0.333], [0.333, 1.0]]
    """
    if metric == "iou":
        # Whole numbers don't depend on the order, so the masks need not be sorted, and equal ones come to 1 by
        # themselves, but for empty ones: of each size there may be one.
        if all(len(shape.toggles) for shape in shapes):
            return of_distinct(_overlapping(shapes), np.arange(len(shapes)))
        return over_distinct(shapes, mask_iou)
    if diagonal_px is None:
        diagonal_px = max((float(np.hypot(*shape.size)) for shape in shapes), default=UNKNOWN_DIAGONAL_PX)
    tolerance = DEFAULT_TOLERANCE_SHARE * diagonal_px if tolerance_px is None else tolerance_px
    return over_distinct(shapes, lambda distinct: compare_regions(mask_regions(distinct), metric, tolerance))


def mask_iou(masks: Sequence[Mask]) -> Similarity:
    """Pixels in common over pixels of either, filled above the diagonal only.

    >>> mask_iou([Mask.of([2, 3], [0, 4, 2]), Mask.of([2, 3], [2, 4])])[0, 1].round(3)
    np.float64(0.333)
    """
    return upper_triangle(len(masks), *_overlapping(masks))


def _overlapping(masks: Sequence[Mask]) -> Pairs:
    """The pairs of masks whose bounding boxes meet, and their IoU: whole numbers until the last division."""
    painted = [place for place, mask in enumerate(masks) if len(mask.toggles)]
    if not painted:
        return Pairs(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp), np.zeros(0))
    if len(painted) == len(masks) and one_raster(masks):
        return _overlaps(masks)
    groups = [painted]
    if not one_raster(masks):
        heights = [masks[place].size[0] for place in painted]
        groups = [
            [place for place, own in zip(painted, heights, strict=True) if own == height] for height in set(heights)
        ]
    found = [_overlaps([masks[place] for place in group]) for group in groups]
    first, second = (
        np.concatenate([np.array(group)[pairs[side]] for group, pairs in zip(groups, found, strict=True)])
        for side in (0, 1)
    )
    return Pairs(first, second, np.concatenate([pairs.similarity for pairs in found]))


def _overlaps(masks: Sequence[Mask]) -> Pairs:
    """The same of masks none of which is empty, in one raster."""
    height, toggles = mask_toggles(masks)
    laid = lay(toggles, height)
    first, second = meeting_boxes(laid.boxes)
    common = common_pixels(laid, height, first, second)
    return Pairs(first, second, common / (laid.areas[first] + laid.areas[second] - common))


def one_raster(masks: Sequence[Mask]) -> bool:
    """Whether masks may be brought into one raster: they are equally high, or have no more than `MOST_PIECES` pieces.

    In a higher raster every run is cut where a column ended, so what costs is the columns and not the runs.

    >>> wide, high = Mask.of([1, 10**12], [0, 10**12]), Mask.of([2, 1], [1, 1])
    >>> one_raster([wide, wide]), one_raster([high, Mask.of([3, 1], [3])]), one_raster([wide, high])
    (True, True, False)
    """
    if len({mask.size[0] for mask in masks}) < 2:
        return True
    pieces = 0
    for mask in masks:
        toggles = mask.toggles
        pieces += int(((toggles[1::2] - 1) // mask.size[0] - toggles[::2] // mask.size[0] + 1).sum())
    return pieces <= MOST_PIECES


def mask_toggles(masks: Sequence[Mask]) -> tuple[int, list[Toggles]]:
    """The masks' toggles in a raster as high as the highest of them, and that height."""
    heights = {mask.size[0] for mask in masks}
    height = max(heights, default=1)
    if len(heights) < 2:
        return height, [mask.toggles for mask in masks]
    return height, [at_height(mask.toggles, mask.size[0], height) for mask in masks]


def mask_of_toggles(size: tuple[int, int], toggles: Toggles) -> Mask:
    """The mask of these toggles, which increase strictly and come in pairs.

    >>> mask_of_toggles((2, 3), np.array([1, 4]))
    Mask(size=(2, 3), counts=(1, 3, 2))
    """
    counts = np.diff(toggles, prepend=0, append=size[0] * size[1]).tolist()
    return Mask(size, tuple(counts if counts[-1] else counts[:-1]))


def mask_regions(masks: Sequence[Mask]) -> Regions:
    """The exact outlines of the masks' pixels, each pixel (row, column) a unit square from (column, row).

    Costs O(r log r) in the runs, however many columns they go on for, and several times more than comparing the runs
    themselves.

    Examples
    --------
    >>> mask_regions([Mask.of([2, 3], [1, 3, 2])])[0].area
    3.0
    """
    regions = np.empty(len(masks), dtype=object)
    for i, mask in enumerate(masks):
        regions[i] = outline(mask.toggles, mask.size[0])
    return regions


def _strictly_increasing(toggles: Toggles) -> Toggles:
    """Without runs of length 0: a position that toggles twice does not toggle."""
    positions, times = np.unique(toggles, return_counts=True)
    kept: Toggles = positions[times % 2 == 1]
    return kept


def _checked_size(size: Sequence[int]) -> tuple[int, int]:
    if len(size) != 2 or not all(_is_whole(side) and side > 0 for side in size):
        raise ValueError(f"expected the size as [height, width], whole numbers above 0, got {list(size)}")
    height, width = int(size[0]), int(size[1])
    if height * width > _LARGEST_RASTER:
        raise ValueError(f"expected a raster of at most {_LARGEST_RASTER} pixels, got {height} x {width}")
    return height, width


def _listed(counts: Sequence[int]) -> NDArray[np.int64]:
    try:
        runs = np.array(counts)
    except (OverflowError, ValueError) as error:
        raise ValueError("expected a flat list of whole numbers as run lengths") from error
    if runs.ndim == 1 and (not len(runs) or runs.dtype.kind == "i"):
        return runs.astype(np.int64)
    for place, count in enumerate(counts):
        if not _is_whole(count) or not -(2**63) <= count < 2**63:
            raise ValueError(f"expected whole numbers of 64 bits as run lengths, got {count!r} as count {place}")
    return np.array(counts, dtype=np.int64)


def _is_whole(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
