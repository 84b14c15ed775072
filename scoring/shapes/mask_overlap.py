"""How many pixels masks have in common, from their runs.

The usual mask is an object: all its columns lie side by side and have a piece or a few each. Two such masks are
compared column by column, which takes no search: the pieces that may meet are found by the number of their column.
What is no such mask (a few runs over thousands of columns, scattered pixels) is looked up in the other run by run.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.shapes.runs import EXACT, Laid, Toggles, Wholes, in_blocks
from scoring.types import Array

__all__ = ["common_pixels", "looked_up_pixels"]

_MOST_COLUMNS_A_RUN = 4
_MOST_PIECES_A_COLUMN = 4
# Of masks that are compared by columns: what a pair costs then stays below what looking its runs up would.


class _Columns(NamedTuple):
    """The columns of all masks, one mask after the other."""

    tidy: NDArray[np.bool_]
    """(n,) which masks may be compared by columns."""
    shift: NDArray[np.intp]
    """(n,) what brings a column of a tidy mask to its place here."""
    starts: Wholes
    """(p, c) first pixel of every column's first piece, second piece, and so on."""
    ends: Wholes
    """(p, c) pixel after its last one; where there is no such piece not above its start."""
    several: NDArray[np.bool_] | None
    """(c,) which columns have more than one piece; None where none has."""


def common_pixels(laid: Laid, height: int, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.int64]:
    """Pixels in common of pairs of masks.

    Parameters
    ----------
    height
        Of their raster.
    first, second
        (k,) indices of masks whose bounding boxes have columns in common.

    Returns
    -------
    NDArray
        (k,)

    Examples
    --------
    >>> from scoring.shapes.runs import lay
    >>> laid = lay([np.array([2, 6]), np.array([0, 3, 5, 9]), np.array([3, 5, 6, 9])], 3)
    >>> common_pixels(laid, 3, np.array([0, 0, 1]), np.array([1, 2, 2])).tolist()
    [2, 2, 3]
    """
    common = np.zeros(len(first), dtype=np.int64)
    columns = _columns(laid, height)
    by_column = columns.tidy[first] & columns.tidy[second]
    if by_column.all():
        return _met_in_columns(columns, laid.boxes, first, second)
    (places,), (others,) = np.nonzero(by_column), np.nonzero(~by_column)
    if len(places):
        common[places] = _met_in_columns(columns, laid.boxes, first[places], second[places])
    if len(others):
        toggles = np.column_stack([laid.starts, laid.ends]).astype(np.int64).ravel()
        common[others] = looked_up_pixels(np.split(toggles, 2 * laid.begins[1:-1]), first[others], second[others])
    return common


def _columns(laid: Laid, height: int) -> _Columns:
    left, _, right, _ = laid.boxes
    width = right - left
    tidy = width <= _MOST_COLUMNS_A_RUN * laid.runs
    width[~tidy] = 0
    shift = np.cumsum(width) - width - left
    starts, ends, places = _cut(laid, height, tidy, shift)
    columns = int(width.sum())
    new = places[1:] != places[:-1]
    if len(places) == columns and new.all():
        return _Columns(tidy, shift, starts[None], ends[None], None)
    heads = np.flatnonzero(np.append(True, new)[: len(places)])
    first, counts = np.zeros((2, columns), dtype=np.intp)
    first[places[heads]], counts[places[heads]] = heads, np.diff(heads, append=len(starts))
    most = int(counts.max(initial=1))
    if most > _MOST_PIECES_A_COLUMN:
        there = np.flatnonzero(tidy)
        tidy[there] = np.maximum.reduceat(counts, (shift + left)[there]) <= _MOST_PIECES_A_COLUMN
    nth_starts, nth_ends = np.zeros((2, min(most, max(_MOST_PIECES_A_COLUMN, 1)), columns), dtype=starts.dtype)
    for nth in range(len(nth_starts)):
        there = np.flatnonzero(counts > nth)
        nth_starts[nth, there], nth_ends[nth, there] = starts[first[there] + nth], ends[first[there] + nth]
    return _Columns(tidy, shift, nth_starts, nth_ends, counts > 1 if most > 1 else None)


def _cut(
    laid: Laid, height: int, tidy: NDArray[np.bool_], shift: NDArray[np.intp]
) -> tuple[Wholes, Wholes, NDArray[np.intp]]:
    """First pixel, pixel after the last and place of its column, of every piece of the tidy masks."""
    starts, ends, columns, shifts = laid.starts, laid.ends, laid.columns, np.repeat(shift, laid.runs)
    if not tidy.all():
        kept = np.repeat(tidy, laid.runs)
        starts, ends, columns, shifts = starts[kept], ends[kept], columns[kept], shifts[kept]
    if np.count_nonzero(ends - columns * starts.dtype.type(height) > height):
        reached = (ends - 1) // height - columns + 1
        run = np.repeat(np.arange(len(starts)), reached)
        columns = columns[run] + np.arange(len(run)) - np.repeat(np.cumsum(reached) - reached, reached)
        starts = np.maximum(starts[run], columns * height)
        ends = np.minimum(ends[run], (columns + 1) * height)
        shifts = shifts[run]
    shifts += columns
    return starts, ends, shifts


def _met_in_columns(
    columns: _Columns, boxes: NDArray[np.intp], first: NDArray[np.intp], second: NDArray[np.intp]
) -> NDArray[np.int64]:
    left = np.maximum(boxes[0, first], boxes[0, second])
    width = np.minimum(boxes[2, first], boxes[2, second]) - left
    from_first, from_second = columns.shift[first] + left, columns.shift[second] + left
    common = np.empty(len(first), dtype=np.int64)
    for part in in_blocks(width):
        wide = width[part]
        begin = np.cumsum(wide) - wide
        one = np.repeat(from_first[part] - begin, wide)
        one += np.arange(len(one))
        other = np.repeat((from_second - from_first)[part], wide)
        other += one
        met = _met(columns, one, other, 1)
        if columns.several is not None:
            several = np.flatnonzero(columns.several[one] | columns.several[other])
            met[several] = _met(columns, one[several], other[several], len(columns.starts))
        common[part] = np.add.reduceat(met, begin, dtype=met.dtype)
    return common


def _met(columns: _Columns, one: NDArray[np.intp], other: NDArray[np.intp], pieces: int) -> Wholes:
    """Pixels in common of columns of two masks, of which so many pieces are looked at."""
    sides = [[(columns.starts[nth][side], columns.ends[nth][side]) for nth in range(pieces)] for side in (one, other)]
    met: Wholes = reduce(np.add, (_overlap(*piece, *other_piece) for piece, other_piece in product(*sides)))
    return met


def _overlap(start: Wholes, end: Wholes, other_start: Wholes, other_end: Wholes) -> Wholes:
    overlap: Wholes = np.minimum(end, other_end)
    overlap -= np.maximum(start, other_start)
    return np.maximum(overlap, 0, out=overlap)


def looked_up_pixels(masks: Sequence[Toggles], first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.int64]:
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
    >>> looked_up_pixels(masks, np.array([0, 0, 1]), np.array([1, 2, 2])).tolist()
    [2, 0, 3]
    """
    common = np.zeros(len(first), dtype=np.int64)
    if not len(first):
        return common
    stride = max(int(toggles[-1]) for toggles in masks if len(toggles)) + 1
    if len(masks) > 2 and len(masks) * stride > EXACT:
        # Of rasters that nobody has not all fit on one axis, but any two do.
        for k, (i, j) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
            common[k] = looked_up_pixels([masks[i], masks[j]], np.array([0]), np.array([1]))[0]
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
    for block in in_blocks(end - begin):
        runs = [axis[low:high] for low, high in zip(begin[block].tolist(), end[block].tolist(), strict=True)]
        count = (end - begin)[block]
        before = np.interp(np.concatenate(runs) + np.repeat(shift[block], count), axis, covered)
        growth[block] = np.add.reduceat(before[1::2] - before[::2], (np.cumsum(count) - count) // 2)
    return growth
