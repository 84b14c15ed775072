"""Arithmetic on the run lengths of masks, which are never decoded to an image.

A mask is a strictly increasing array of *toggles*: positions in the column-major raster (position = column x height +
row) where the mask begins, ends, begins again, and so on, so its length is even. All costs grow with the runs, not with
the pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "EXACT",
    "Laid",
    "Toggles",
    "Wholes",
    "at_height",
    "column_segments",
    "in_blocks",
    "lay",
    "rectangles",
    "voting_cells",
]

Toggles: TypeAlias = NDArray[np.int64]
"""(2 k,) for k runs, strictly increasing."""

Wholes: TypeAlias = NDArray[np.int32] | NDArray[np.int64]
"""Positions in a raster, in the smaller form where all fit."""

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


class Laid(NamedTuple):
    """Masks laid one after the other, so that one call works on the runs of all of them."""

    starts: Wholes
    """(r,) first pixel of every run."""
    ends: Wholes
    """(r,) pixel after its last one."""
    columns: Wholes
    """(r,) column that it begins in."""
    runs: NDArray[np.intp]
    """(n,) how many each mask has."""
    begins: NDArray[np.intp]
    """(n + 1,) where each mask's runs begin, and after the last one the number of runs."""
    boxes: NDArray[np.intp]
    """(4, n) first column, first row, column and row after the last."""
    areas: NDArray[np.int64]
    """(n,) numbers of pixels."""


def lay(masks: Sequence[Toggles], height: int) -> Laid:
    """Masks laid one after the other; none may be empty.

    >>> laid = lay([np.array([2, 6]), np.array([0, 1, 3, 4])], 3)
    >>> laid.columns.tolist(), laid.begins.tolist(), laid.boxes.T.tolist(), laid.areas.tolist()
    ([0, 0, 1], [0, 1, 3], [[0, 0, 2, 3], [0, 0, 2, 1]], [4, 2])
    """
    sizes = np.array([len(toggles) for toggles in masks], dtype=np.intp)
    runs = sizes // 2
    begins = np.zeros(len(masks) + 1, dtype=np.intp)
    np.cumsum(runs, out=begins[1:])
    # Of half the size numbers take half the time. No sum is larger than the last position: areas are of one mask.
    small = max([toggles[-1] for toggles in masks]) + height < 2**31
    kind: type[np.int32] | type[np.int64] = np.int32 if small else np.int64
    starts, ends, columns = np.empty((3, begins[-1]), dtype=kind)
    boxes, areas = np.empty((4, len(masks)), dtype=np.intp), np.empty(len(masks), dtype=np.int64)
    for part in in_blocks(sizes):
        low, high = begins[part.start], begins[part.stop]
        own, last = begins[part] - low, begins[part.start + 1 : part.stop + 1] - low - 1
        start, end, column = starts[low:high], ends[low:high], columns[low:high]
        toggles = np.concatenate(masks[part], dtype=kind, casting="unsafe")
        start[:], end[:] = toggles[::2], toggles[1::2]
        areas[part] = np.add.reduceat(end - start, own, dtype=kind)
        np.floor_divide(start, kind(height), out=column)
        corner = column * kind(height)
        top, bottom = start - corner, end - corner
        # A run that goes on in the next column has reached the bottom of this one and the top of that one.
        crossing = bottom > height
        if np.count_nonzero(crossing):
            top[crossing], bottom[crossing] = 0, height
        boxes[:, part] = (
            column[own], np.minimum.reduceat(top, own), (end[last] - 1) // height + 1, np.maximum.reduceat(bottom, own),
        )  # fmt: skip
    return Laid(starts, ends, columns, runs, begins, boxes, areas)


def in_blocks(counts: NDArray[np.intp]) -> Iterator[slice]:
    """Masks, or pairs of them, in a row with some 16,000 toggles or look-ups together, at least one each.

    >>> list(in_blocks(np.array([16_000, 16_000, 5])))
    [slice(0, 1, None), slice(1, 3, None)]
    """
    passed = np.cumsum(counts) // _LOOK_UPS
    if len(counts) and not passed.any():
        return iter((slice(0, len(counts)),))
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
