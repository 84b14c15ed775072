"""Intersection over union of boxes, upright and rotated: the one IoU of this library.

`iou` compares all with all, `paired_iou` one with one, and `sparse_iou` finds by an index which of many boxes meet at
all. They share one formula (`scoring.agreement.box_pairs`), so a pair's IoU is the same to the bit in all three.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from scoring.agreement.box_pairs import pair_iou
from scoring.agreement.similarity import DENSE_UP_TO, Similarity
from scoring.types import Array, Boxes

__all__ = ["box_similarity_matrix", "iou", "paired_iou", "sparse_iou"]

_BLOCK = 1 << 14
# Pairs that are compared at once in `iou`. A dozen temporaries of this many numbers stay in a core's cache: 9 million
# pairs take a tenth of the time that they take in one piece, where every temporary is fetched anew from memory.

_SWEPT_FROM, _SWEPT_SHARE = 48, 0.12
# Of so many boxes it pays to sort them first, where the pairs beside one another are at most this share of all.

_CANDIDATES = 1 << 20
# Pairs that `sparse_iou` looks at at once: some 200 MB at most, however many boxes lie on one another.


def iou(a: Boxes, b: Boxes) -> Array:
    """Intersection over union of every box of `a` with every box of `b`.

    `|A & B| / |A | B|`, areas in the plane. Pass all boxes of all annotators of a task as both `a` and `b`: one call is
    far cheaper than one per annotator pair.

    Rotations count modulo 180 degrees, and a box turned by 90 degrees is the box with its sides swapped. A box without
    area has IoU 0 with every box but an identical one, with which it has 1 (so identity always gives 1, never NaN).

    Parameters
    ----------
    a, b
        (n, 5) and (m, 5): x, y, width, height in pixels, rotation in degrees (`scoring.types.Boxes`). Finite, sizes
        at least 0. Coordinates up to 1e100 neither overflow nor give NaN.

    Returns
    -------
    Array
        (n, m) in [0, 1], exactly symmetric (`iou(a, b) == iou(b, a).T`), exactly 1 for identical boxes. The error of
        rotated pairs is about 1e-15 for ordinary boxes and grows with the square of their aspect ratio.

    Raises
    ------
    ValueError
        The shape is not (n, 5), a value is not finite, or a size is negative.

    References
    ----------
    Jaccard (1912), doi:10.1111/j.1469-8137.1912.tb05611.x, applied to areas.

    Examples
    --------
    >>> upright = np.array([[0, 0, 10, 10, 0], [5, 0, 10, 10, 0]], dtype=float)
    >>> iou(upright, upright).round(4).tolist()
    [[1.0, 0.3333], [0.3333, 1.0]]

    A 40 x 20 box turned by 30 and by 40 degrees about the same centre, and one described with swapped sides:

    >>> turned = np.array([[10, 10, 40, 20, 30], [10, 10, 40, 20, 40], [20, 0, 20, 40, 120]], dtype=float)
    >>> iou(turned[:1], turned).round(6).tolist()
    [[1.0, 0.825448, 1.0]]
    """
    _check(a)
    if b is not a:
        _check(b)
    columns_a = np.ascontiguousarray(a.T)
    columns_b = columns_a if b is a else np.ascontiguousarray(b.T)
    if b is a and len(a) >= _SWEPT_FROM and not np.count_nonzero(columns_a[4]):
        pairs = _beside(columns_a)
        if pairs is not None:
            return _filled(columns_a, *pairs)
    rows = max(1, _BLOCK // max(1, len(b)))
    if len(a) <= rows:
        return pair_iou(columns_a[:, :, None], columns_b[:, None, :])
    similarity = np.empty((len(a), len(b)))
    for start in range(0, len(a), rows):
        block = slice(start, start + rows)
        # With themselves, one half is the other one turned around.
        left = slice(start if b is a else 0, None)
        similarity[block, left] = pair_iou(columns_a[:, block, None], columns_b[:, None, left])
        if b is a:
            similarity[start + rows :, block] = similarity[block, start + rows :].T
    return similarity


def paired_iou(a: Boxes, b: Boxes) -> Array:
    """Intersection over union of the first box of `a` with the first of `b`, the second with the second, and so on.

    Same rules as `iou`.

    Parameters
    ----------
    a, b
        Both (n, 5).

    Returns
    -------
    Array
        (n,) in [0, 1].

    Raises
    ------
    ValueError
        As `iou`, and where the two shapes differ.

    Examples
    --------
    >>> paired_iou(np.array([[0.0, 0, 10, 10, 0]]), np.array([[0.0, 0, 10, 5, 0]])).tolist()
    [0.5]
    """
    _check(a)
    _check(b)
    if a.shape != b.shape:
        raise ValueError(f"expected as many boxes on both sides, got {len(a)} and {len(b)}")
    return pair_iou(a.T, b.T)


def sparse_iou(boxes: Boxes) -> csr_array:
    """`iou(boxes, boxes)` as a sparse matrix: only pairs that overlap are looked at and kept.

    Candidates come from an R-tree over bounding boxes, so the time grows with the number of overlapping pairs and not
    with the square of the number of boxes. Memory is bounded by the result: 24 bytes an entry while it is put together.

    Parameters
    ----------
    boxes
        (N, 5), as for `iou`.

    Returns
    -------
    csr_array
        (N, N) with an entry exactly where `iou(boxes, boxes)` is above 0, the diagonal included, and the same bits
        there. Column indices ascend within each row and none comes twice.

    Raises
    ------
    ValueError
        As `iou`.

    References
    ----------
    Leutenegger, S. T., Lopez, M. A. and Edgington, J. (1997). STR: a simple and efficient algorithm for R-tree packing.
    doi:10.1109/ICDE.1997.582015 (GEOS's STRtree, by way of shapely).

    Examples
    --------
    >>> near_and_far = np.array([[0, 0, 10, 10, 0], [5, 0, 10, 10, 0], [90, 0, 10, 10, 0]], dtype=float)
    >>> similarity = sparse_iou(near_and_far)
    >>> similarity.nnz, similarity.toarray().round(4).tolist()
    (5, [[1.0, 0.3333, 0.0], [0.3333, 1.0, 0.0], [0.0, 0.0, 1.0]])
    """
    _check(boxes)
    columns = np.ascontiguousarray(boxes.T)
    found = [np.zeros((2, 0), dtype=np.intp)]
    values = [np.zeros(0)]
    for pairs in _candidates(columns):
        similarity = pair_iou(columns[:, pairs[0]], columns[:, pairs[1]])
        overlapping = similarity > 0.0
        found.append(pairs[:, overlapping])
        values.append(similarity[overlapping])
    (first, second), similarity = np.concatenate(found, axis=1), np.concatenate(values)
    everyone = np.arange(len(boxes))
    rows = np.concatenate([first, second, everyone])
    whole = np.concatenate([similarity, similarity, np.ones(len(boxes))])
    matrix = coo_array((whole, (rows, np.concatenate([second, first, everyone]))), shape=(len(boxes),) * 2).tocsr()
    matrix.sort_indices()
    return matrix


def box_similarity_matrix(boxes: Boxes) -> Similarity:
    """IoU of all boxes of a task with one another, in the form that is cheaper for so many.

    Up to `scoring.agreement.similarity.DENSE_UP_TO` boxes it is `iou(boxes, boxes)`, beyond `sparse_iou(boxes)`: the
    same numbers either way. `compare_objects`, `cluster`, `submatrix` and `entries` take both.

    Parameters
    ----------
    boxes
        (N, 5), as for `iou`.

    Returns
    -------
    Similarity
        (N, N), dense or sparse.

    Raises
    ------
    ValueError
        As `iou`.

    Examples
    --------
    >>> type(box_similarity_matrix(np.zeros((512, 5)))).__name__, type(box_similarity_matrix(np.eye(600, 5))).__name__
    ('ndarray', 'csr_array')
    """
    return iou(boxes, boxes) if len(boxes) <= DENSE_UP_TO else sparse_iou(boxes)


def _beside(columns: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """All pairs of upright boxes with an x in common; None where that is a good part of all pairs."""
    x, width = columns[0], columns[2]
    order = x.argsort(kind="stable")
    # The next larger number is not below the true right edge, however the sum was rounded.
    right = np.nextafter(x + width, np.inf)
    counts = x[order].searchsorted(right[order], side="right") - np.arange(1, len(order) + 1)
    total = int(counts.sum())
    if total > _SWEPT_SHARE * len(x) ** 2:
        return None
    one = np.arange(len(x)).repeat(counts)
    # Those after each, up to the last that begins before it ends.
    other = np.arange(1, total + 1)
    other += (np.arange(len(x)) - (counts.cumsum() - counts)).repeat(counts)
    return order[one], order[other]


def _filled(columns: Array, first: NDArray[np.intp], second: NDArray[np.intp]) -> Array:
    """The IoU of all boxes with one another, 0 of those that are no such pair."""
    count = columns.shape[1]
    similarity = np.zeros((count, count))
    values = pair_iou(columns.take(first, axis=1), columns.take(second, axis=1))
    similarity[first, second] = values
    similarity[second, first] = values
    similarity.ravel()[:: count + 1] = 1.0
    return similarity


def _candidates(columns: Array) -> Iterator[NDArray[np.intp]]:
    """All pairs of boxes that may overlap, and some that don't: (2, k) with the lower index first, in parts."""
    x, y, width, height, rotation = columns
    left, top, right, bottom = x, y, x + width, y + height
    if (rotation % 180.0 != 0.0).any():
        # A pair with a turned box is compared where the circles around both meet, so these must be found.
        reach = np.hypot(width, height) / 2.0
        across, down = x + width / 2.0, y + height / 2.0
        left, top, right, bottom = across - reach, down - reach, across + reach, down + reach
    # More than rounding can take from an edge; to look at a pair too many costs nothing but its time.
    room = 1e-12 * (np.abs(x) + np.abs(y) + width + height) + np.finfo(np.float64).tiny
    outlines = shapely.box(left - room, top - room, right + room, bottom + room)
    tree = shapely.STRtree(outlines)
    step = max(1, _CANDIDATES // max(1, len(outlines)))
    for start in range(0, len(outlines), step):
        pairs: NDArray[np.intp] = tree.query(outlines[start : start + step])
        pairs[0] += start
        yield pairs[:, pairs[0] < pairs[1]]


def _check(boxes: Boxes) -> None:
    if boxes.ndim != 2 or boxes.shape[1] != 5:
        raise ValueError(
            f"expected boxes as an (n, 5) array of x, y, width, height, rotation_degrees; got shape {boxes.shape}"
        )
    # A finite sum of squares has finite terms; only where it is not, they are looked at one by one.
    flat = boxes.ravel()
    if not isfinite(flat.dot(flat)) and not np.isfinite(boxes).all():
        raise ValueError(f"expected finite boxes, got {boxes[~np.isfinite(boxes).all(axis=1)].tolist()}")
    if np.count_nonzero(boxes[:, 2:4] < 0.0):
        raise ValueError(f"expected sizes of at least 0, got {boxes[(boxes[:, 2:4] < 0).any(axis=1)].tolist()}")
