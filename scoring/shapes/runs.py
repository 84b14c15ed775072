"""Arithmetic on the run lengths of masks, which are never decoded to an image.

A mask is a strictly increasing array of *toggles*: positions in the column-major raster (position = column x height +
row) where the mask begins, ends, begins again, and so on, so its length is even. All costs grow with the runs, not with
the pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scoring.types import Array

__all__ = ["Toggles", "area", "at_height", "column_segments", "extents", "intersections", "voting_cells"]

Toggles: TypeAlias = NDArray[np.int64]
"""(2 k,) for k runs, strictly increasing."""


def area(toggles: Toggles) -> int:
    """Number of pixels.

    >>> area(np.array([2, 5, 9, 10]))
    4
    """
    return int(toggles[1::2].sum() - toggles[::2].sum())


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
    boxes = np.full((len(masks), 4), (np.inf, np.inf, -np.inf, -np.inf))
    for i, toggles in enumerate(masks):
        if len(toggles):
            starts, ends = toggles[::2], toggles[1::2] - 1
            crossing = starts // height != ends // height
            top, bottom = (starts % height).min(), (ends % height).max() + 1
            # A run that goes on in the next column has reached the bottom of this one and the top of that one.
            boxes[i] = (
                (starts[0] // height, 0, ends[-1] // height + 1, height)
                if crossing.any()
                else (starts[0] // height, top, ends[-1] // height + 1, bottom)
            )
    return boxes


def intersections(one: Toggles, others: Sequence[Toggles]) -> NDArray[np.int64]:
    """Pixels in common of one mask with each of several: one binary search for each run of the others.

    The number of pixels of `one` before a position is piecewise linear with slopes 0 and 1, so interpolating it between
    the toggles is exact; the pixels in common are its growth over the runs of the other mask.

    >>> intersections(np.array([2, 6]), [np.array([0, 3, 5, 9]), np.array([6, 9])]).tolist()
    [2, 0]
    """
    if not len(one) or not others:
        return np.zeros(len(others), dtype=np.int64)
    covered = np.concatenate([[0], np.cumsum(np.diff(one) * (np.arange(len(one) - 1) % 2 == 0))])
    before = np.interp(np.concatenate(others), one, covered)
    signed = np.where(np.arange(len(before)) % 2 == 0, -before, before)
    # Every mask has an even number of toggles, so the signs alternate through all of them alike.
    running = np.concatenate([[0.0], np.cumsum(signed)])
    ends = np.cumsum([len(toggles) for toggles in others])
    common: NDArray[np.int64] = np.rint(np.diff(running[np.concatenate([[0], ends])])).astype(np.int64)
    return common


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
