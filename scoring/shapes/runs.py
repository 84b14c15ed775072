"""Arithmetic on the run lengths of masks, which are never decoded to an image.

A mask is a strictly increasing array of *toggles*: positions in the column-major raster (position = column x height +
row) where the mask begins, ends, begins again, and so on, so its length is even. All costs grow with the runs, not with
the pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scoring.types import Array

__all__ = [
    "EXACT",
    "Toggles",
    "areas",
    "at_height",
    "column_segments",
    "common_pixels",
    "extents",
    "rectangles",
    "voting_cells",
]

Toggles: TypeAlias = NDArray[np.int64]
"""(2 k,) for k runs, strictly increasing."""

EXACT = 2**53
"""Up to here a float64 holds every whole number."""

_LOOK_UPS = 1 << 14
# In one go: a dozen arrays of this many numbers stay in a core's cache and are not fetched anew from the system.


def column_segments(toggles: Toggles, height: int) -> tuple[Toggles, Toggles, Toggles]:
    """The runs cut where a column ends: (column, first row, row after the last) of each piece.

    Examples
    --------
    A run of 4 from position 2 in columns of 3 rows:

    >>> [part.tolist() for part in column_segments(np.array([2, 6]), 3)]
    [[0, 1], [2, 0], [3, 3]]
    """
    starts, ends = toggles[::2], toggles[1::2]
    first, last = starts // height, (ends - 1) // height
    pieces = last - first + 1
    run = np.repeat(np.arange(len(starts)), pieces)
    column = first[run] + np.arange(len(run)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    top = np.maximum(starts[run] - column * height, 0)
    bottom = np.minimum(ends[run] - column * height, height)
    return column, top, bottom


def rectangles(toggles: Toggles, height: int) -> tuple[Toggles, Toggles, Toggles, Toggles]:
    """The runs cut into at most three rectangles each: (column, column after the last, row, row after the last).

    What a run has of its first column, all columns that it has whole, and what it has of its last one.

    Examples
    --------
    A run of 9 from position 2 in columns of 3 rows:

    >>> [part.tolist() for part in rectangles(np.array([2, 11]), 3)]
    [[0, 1, 3], [1, 3, 4], [2, 0, 0], [3, 3, 2]]
    """
    starts, ends = toggles[::2], toggles[1::2]
    first, last = starts // height, (ends - 1) // height
    top, bottom = starts - first * height, ends - last * height
    several = last > first
    low, high = first + (top > 0), last + (bottom == height)
    whole = several & (low < high)
    before, after = several & (top > 0), several & (bottom < height)
    zeros, full = np.zeros_like(starts), np.full_like(starts, height)
    parts = (
        (~several, first, first + 1, top, bottom),
        (before, first, first + 1, top, full),
        (whole, low, high, zeros, full),
        (after, last, last + 1, zeros, bottom),
    )
    left, right, above, below = (np.concatenate([part[column][part[0]] for part in parts]) for column in (1, 2, 3, 4))
    return left, right, above, below


def at_height(toggles: Toggles, height: int, new_height: int) -> Toggles:
    """The same pixels in a raster with taller columns.

    >>> at_height(np.array([2, 6]), 3, 5).tolist()
    [2, 3, 5, 8]
    """
    if height == new_height or not len(toggles):
        return toggles
    column, top, bottom = column_segments(toggles, height)
    return np.column_stack([column * new_height + top, column * new_height + bottom]).ravel()


def extents(masks: Sequence[Toggles], height: int) -> Array:
    """(n, 4) bounding boxes: first column, first row, column and row after the last; of an empty mask inverted.

    >>> extents([np.array([2, 6]), np.array([], dtype=np.int64)], 3).tolist()
    [[0.0, 0.0, 2.0, 3.0], [inf, inf, -inf, -inf]]
    """
    sizes = np.array([len(toggles) for toggles in masks], dtype=np.intp)
    boxes = np.full((len(masks), 4), (np.inf, np.inf, -np.inf, -np.inf))
    for part in _blocks(sizes):
        painted = part.start + np.flatnonzero(sizes[part])
        if len(painted):
            boxes[painted] = _painted_extents(np.concatenate(masks[part]), sizes[painted] // 2, height)
    return boxes


def _painted_extents(laid: Toggles, runs: NDArray[np.intp], height: int) -> Array:
    """The same of masks laid one after the other, all of which have runs."""
    starts, ends = laid[::2], laid[1::2] - 1
    first, last = starts // height, ends // height
    # A run that goes on in the next column has reached the bottom of this one and the top of that one.
    crossing = first != last
    top, bottom = np.where(crossing, 0, starts - first * height), np.where(crossing, height, ends - last * height + 1)
    after = np.cumsum(runs)
    begin = after - runs
    rows = np.minimum.reduceat(top, begin), np.maximum.reduceat(bottom, begin)
    boxes: Array = np.column_stack([first[begin], rows[0], last[after - 1] + 1, rows[1]]).astype(np.float64)
    return boxes


def areas(masks: Sequence[Toggles]) -> NDArray[np.int64]:
    """(n,) numbers of pixels.

    >>> areas([np.array([2, 5, 9, 10]), np.array([], dtype=np.int64)]).tolist()
    [4, 0]
    """
    runs = np.array([len(toggles) // 2 for toggles in masks], dtype=np.intp)
    pixels = np.empty(len(masks), dtype=np.int64)
    for part in _blocks(2 * runs):
        laid = np.concatenate(masks[part])
        passed = np.append(0, np.cumsum(laid[1::2] - laid[::2]))
        ends = np.cumsum(runs[part])
        pixels[part] = passed[ends] - passed[ends - runs[part]]
    return pixels


def common_pixels(masks: Sequence[Toggles], first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.int64]:
    """Pixels in common of pairs of masks: one look-up for each run of the one with fewer runs.

    The number of pixels of a mask before a position is piecewise linear with slopes 0 and 1, so interpolating it
    between the toggles is exact; the pixels in common are its growth over the runs of the other mask. All masks lie one
    after the other on one axis, so that one interpolation serves many pairs, and of the other mask only the runs
    between the first and the last toggle are looked up.

    Parameters
    ----------
    first, second
        (k,) indices into `masks`, none of an empty one.

    Returns
    -------
    NDArray
        (k,)

    Examples
    --------
    >>> masks = [np.array([2, 6]), np.array([0, 3, 5, 9]), np.array([6, 9])]
    >>> common_pixels(masks, np.array([0, 0, 1]), np.array([1, 2, 2])).tolist()
    [2, 0, 3]
    """
    common = np.zeros(len(first), dtype=np.int64)
    if not len(first):
        return common
    stride = max(int(toggles[-1]) for toggles in masks if len(toggles)) + 1
    if len(masks) > 2 and len(masks) * stride > EXACT:
        # Of rasters that nobody has not all fit on one axis, but any two do.
        for k, (i, j) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
            common[k] = common_pixels([masks[i], masks[j]], np.array([0]), np.array([1]))[0]
        return common
    sizes = np.array([len(toggles) for toggles in masks], dtype=np.intp)
    axis = np.concatenate(masks).astype(np.float64) + np.repeat(np.arange(len(masks)) * float(stride), sizes)
    fewer = sizes[first] < sizes[second]
    looked_at, asking = np.where(fewer, second, first), np.where(fewer, first, second)
    begins = np.cumsum(sizes) - sizes
    shift = (looked_at - asking) * float(stride)
    # From the run that the other's first toggle falls into to the one that its last toggle falls into.
    begin = axis.searchsorted(axis[begins[looked_at]] - shift)
    end = axis.searchsorted(axis[begins[looked_at] + sizes[looked_at] - 1] - shift)
    begin, end = begin - begin % 2, end + end % 2
    meeting = np.flatnonzero(begin < end)
    common[meeting] = _growth(axis, begin[meeting], end[meeting], shift[meeting])
    return common


def _growth(axis: Array, begin: NDArray[np.intp], end: NDArray[np.intp], shift: Array) -> NDArray[np.int64]:
    """By how many pixels the masks on the axis grow over these runs of it, moved by `shift`."""
    covered = np.zeros(len(axis))
    np.subtract(axis[1::2], axis[::2], out=covered[1::2])
    np.cumsum(covered, out=covered)
    growth = np.empty(len(begin), dtype=np.int64)
    for block in _blocks(end - begin):
        runs = [axis[low:high] for low, high in zip(begin[block].tolist(), end[block].tolist(), strict=True)]
        count = (end - begin)[block]
        before = np.interp(np.concatenate(runs) + np.repeat(shift[block], count), axis, covered)
        growth[block] = np.add.reduceat(before[1::2] - before[::2], (np.cumsum(count) - count) // 2)
    return growth


def _blocks(counts: NDArray[np.intp]) -> Iterator[slice]:
    """Pairs in a row with about `_LOOK_UPS` look-ups together, at least one pair each."""
    passed = np.cumsum(counts) // _LOOK_UPS
    borders = [0, *(np.flatnonzero(np.diff(passed)) + 1).tolist(), len(counts)]
    return (slice(start, stop) for start, stop in pairwise(borders) if start < stop)


def voting_cells(masks: Sequence[Toggles]) -> tuple[Toggles, NDArray[np.bool_]]:
    """The stretches of the raster within which no mask changes, and who covers each.

    Returns
    -------
    tuple
        (c + 1,) borders of the stretches, from the first to the last toggle, and (n, c) whether each mask covers each
        stretch. No stretch where all masks are empty.

    Examples
    --------
    >>> borders, covered = voting_cells([np.array([2, 6]), np.array([4, 8])])
    >>> borders.tolist(), covered.astype(int).tolist()
    ([2, 4, 6, 8], [[1, 1, 0], [0, 1, 1]])
    """
    borders = np.unique(np.concatenate(masks)) if masks else np.zeros(0, dtype=np.int64)
    covered = [np.searchsorted(toggles, borders[:-1], side="right") % 2 == 1 for toggles in masks]
    return borders, np.array(covered, dtype=np.bool_).reshape(len(masks), max(len(borders) - 1, 0))
