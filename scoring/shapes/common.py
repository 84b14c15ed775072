"""What all shapes share: pairs judged once, votes in the order of their content, the medoid, circular medians.

Here the promises that hold for every shape are kept in one place: a similarity is exactly symmetric, exactly 1 for
identical shapes and the same bits for every order of the annotators, because every matrix is made over the *distinct*
shapes, sorted by content; a fused shape does not depend on who came first, because voters are sorted the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import chain
from math import fsum, hypot
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from scoring.agreement.similarity import DENSE_UP_TO, Pairs, Similarity, above_zero, as_dense
from scoring.consensus.centre import fused_confidence, weighted_median
from scoring.consensus.weights import checked_weights
from scoring.types import Array

__all__ = [
    "UNKNOWN_DIAGONAL_PX",
    "Coordinate",
    "circular_median",
    "coordinates",
    "fused_confidence",
    "many_of_distinct",
    "of_distinct",
    "over_distinct",
    "upper_triangle",
    "voters",
]

Coordinate = tuple[float, float]
"""x, y in pixels, y pointing down."""

UNKNOWN_DIAGONAL_PX = hypot(500.0, 500.0)
"""Diagonal that tolerances are shares of where nobody has said how large the image is: Dataloop's 500 x 500 px."""

_SMALLEST = 1e-100

_S = TypeVar("_S", bound=Hashable)


def over_distinct(
    shapes: Sequence[_S], compare: Callable[[list[_S]], Similarity | Pairs], canonical: Callable[[_S], _S] | None = None
) -> Similarity:
    """Similarity matrix of shapes through a comparison of the distinct ones, which come sorted by content.

    `compare` returns (k, k), of which only what lies above the diagonal is read (`upper_triangle`), or the pairs that
    are alike. `canonical` maps different descriptions of one shape to one, so that they count as identical.

    Returns
    -------
    Similarity
        (n, n), exactly symmetric, 1 between identical shapes, within [0, 1]; dense up to
        `scoring.agreement.similarity.DENSE_UP_TO` shapes, beyond as `many_of_distinct` has it.

    Examples
    --------
    >>> over_distinct(["b", "a", "b"], lambda distinct: np.full((len(distinct), len(distinct)), 0.25)).tolist()
    [[1.0, 0.25, 1.0], [0.25, 1.0, 0.25], [1.0, 0.25, 1.0]]
    """
    described = shapes if canonical is None else [canonical(shape) for shape in shapes]
    # Equal ones come beside one another. To hash an outline of hundreds of points takes far longer than to sort it.
    keys = [_by_content(shape) for shape in described]
    distinct: list[_S] = []
    rows = np.empty(len(described), dtype=np.intp)
    for place in sorted(range(len(described)), key=keys.__getitem__):
        if not distinct or distinct[-1] != described[place]:
            distinct.append(described[place])
        rows[place] = len(distinct) - 1
    return of_distinct(compare(distinct) if len(distinct) > 1 else np.zeros((len(distinct), len(distinct))), rows)


def of_distinct(upper: Similarity | Pairs, rows: NDArray[np.intp]) -> Similarity:
    """The similarity of objects from that of the distinct ones among them, dense or sparse by the number of objects.

    Parameters
    ----------
    upper
        Of the distinct objects; of a matrix only what lies above its diagonal is read.
    rows
        (n,), which distinct object each of the n objects is.

    Returns
    -------
    Similarity
        As `over_distinct`.

    Examples
    --------
    >>> of_distinct(Pairs(np.array([0]), np.array([1]), np.array([0.5])), np.array([1, 0, 1])).tolist()
    [[1.0, 0.5, 1.0], [0.5, 1.0, 0.5], [1.0, 0.5, 1.0]]
    """
    if len(rows) > DENSE_UP_TO:
        pairs = upper.where(upper.similarity > 0.0) if isinstance(upper, Pairs) else above_zero(upper)
        return many_of_distinct(pairs, rows)
    count = int(rows.max(initial=-1)) + 1
    if isinstance(upper, Pairs):
        similarity = np.zeros((count, count))
        values = np.clip(upper.similarity, 0.0, 1.0)
        similarity[upper.first, upper.second] = similarity[upper.second, upper.first] = values
    else:
        above = np.triu(np.clip(as_dense(upper), 0.0, 1.0), 1)
        similarity = above + above.T
    np.fill_diagonal(similarity, 1.0)
    return similarity.take(rows, axis=0).take(rows, axis=1)


def many_of_distinct(pairs: Pairs, rows: Sequence[int] | NDArray[np.intp]) -> Similarity:
    """The similarity of many objects from that of the distinct ones among them.

    Parameters
    ----------
    pairs
        Pairs of distinct objects with their similarity, above 0; no pair comes twice, and none not given is similar.
    rows
        (n,), which distinct object each of the n objects is.

    Returns
    -------
    Similarity
        (n, n), symmetric, 1 between equal objects. A csr_array, its column indices ascending; but where more than a
        quarter of all pairs are similar an array, which is then smaller and several times faster to make.

    Examples
    --------
    >>> pairs = Pairs(np.array([0]), np.array([1]), np.array([0.5]))
    >>> many_of_distinct(pairs, [1, 0, 1]).tolist()
    [[1.0, 0.5, 1.0], [0.5, 1.0, 0.5], [1.0, 0.5, 1.0]]
    """
    which = np.asarray(rows, dtype=np.intp)
    everyone = np.arange(which.max(initial=-1) + 1)
    count, times = len(everyone), np.bincount(which)
    values = np.minimum(pairs.similarity, 1.0)
    if 4 * (times @ times + 2 * (times[pairs.first] @ times[pairs.second])) > len(which) ** 2:
        similarity = np.eye(count)
        similarity[pairs.first, pairs.second] = similarity[pairs.second, pairs.first] = values
        return similarity if np.array_equal(which, everyone) else similarity[np.ix_(which, which)]
    places = (
        np.concatenate([pairs.first, pairs.second, everyone]),
        np.concatenate([pairs.second, pairs.first, everyone]),
    )
    matrix = coo_array((np.concatenate([values, values, np.ones(count)]), places), shape=(count, count)).tocsr()
    if not np.array_equal(which, everyone):
        matrix = matrix[which][:, which]
    matrix.sort_indices()
    return matrix


def upper_triangle(count: int, first: NDArray[np.intp], second: NDArray[np.intp], values: Array) -> Similarity:
    """(count, count) with the values at (first, second) and 0 elsewhere, dense or sparse by the number of objects.

    >>> upper_triangle(2, np.array([0]), np.array([1]), np.array([0.5])).tolist()
    [[0.0, 0.5], [0.0, 0.0]]
    """
    if count > DENSE_UP_TO:
        return coo_array((values, (first, second)), shape=(count, count)).tocsr()
    similarity = np.zeros((count, count))
    similarity[first, second] = values
    return similarity


def voters(shapes: Sequence[_S], weights: Sequence[float] | None) -> tuple[list[_S], list[float]]:
    """Who takes part in fusing: the shapes whose weight is above 0, sorted by content, and their weights.

    Raises
    ------
    ValueError
        No shape, or weights that do not fit.

    Examples
    --------
    >>> voters(["c", "a", "b"], [1.0, 2.0, 0.0])
    (['a', 'c'], [2.0, 1.0])
    """
    if not shapes:
        raise ValueError("expected at least one shape to fuse, got none")
    given = zip(shapes, checked_weights(weights, len(shapes)), strict=True)
    chosen = [(shape, float(weight)) for shape, weight in given if weight > 0.0]
    alike = _alike([shape for shape, _ in chosen])
    ordered = sorted(((alike[shape], weight) for shape, weight in chosen), key=lambda v: (_by_content(v[0]), v[1]))
    return [shape for shape, _ in ordered], [weight for _, weight in ordered]


def circular_median(degrees: Sequence[float], weights: Sequence[float], period: float = 360.0) -> float:
    """Weighted median of directions, which neither breaks at 0 nor at the period.

    The direction with the least summed difference from the others is the reference; the median of the differences from
    it, each within half a period either way, is added to it.

    Returns
    -------
    float
        In [0, period).

    Examples
    --------
    >>> circular_median([350.0, 10.0, 20.0], [1.0, 1.0, 1.0]), circular_median([179.0, 1.0], [1.0, 1.0], period=180.0)
    (10.0, 0.0)
    """
    ordered = sorted((angle % period, weight) for angle, weight in zip(degrees, weights, strict=True))
    angles, trust = [angle for angle, _ in ordered], [weight for _, weight in ordered]

    def deviations(reference: float) -> list[float]:
        return [(angle - reference + period / 2.0) % period - period / 2.0 for angle in angles]

    def spread(reference: float) -> float:
        return round(fsum(w * abs(d) for w, d in zip(trust, deviations(reference), strict=True)), 9)

    reference = min(angles, key=spread)
    return float((reference + weighted_median(deviations(reference), trust)) % period)


def coordinates(points: Sequence[Coordinate], what: str) -> Array:
    """Points as an (n, 2) array, those within 1e-100 px of an axis on it.

    Raises
    ------
    ValueError
        A coordinate is not finite; the message names the point.

    Examples
    --------
    >>> coordinates([(1, 2)], "polygon").tolist(), coordinates([], "polygon").shape
    ([[1.0, 2.0]], (0, 2))
    """
    # Half the time of `np.array`, which looks at every pair by itself.
    array = np.fromiter(chain.from_iterable(points), np.float64, 2 * len(points)).reshape(-1, 2)
    if not np.isfinite(array).all():
        place = int(np.argmin(np.isfinite(array).all(axis=1)))
        raise ValueError(f"expected finite coordinates, got {array[place].tolist()} as point {place} of a {what}")
    # Numbers that small overflow once something is divided by them; no place in an image is meant by them.
    array[np.abs(array) < _SMALLEST] = 0.0
    return array


def _alike(shapes: Iterable[_S]) -> dict[_S, _S]:
    """Shape → the one that stands for all that equal it: equal ones may still differ in the sign of a zero."""
    chosen: dict[_S, _S] = {}
    for shape in shapes:
        known = chosen.setdefault(shape, shape)
        if known is not shape and repr(shape) < repr(known):
            chosen[shape] = shape
    return chosen


def _by_content(shape: Any) -> tuple[str, Any]:
    # Shapes of different kinds have no order among themselves, so the kind's name goes first.
    kind: Any = type(shape)
    return kind.__name__, _content(kind)(shape)


@cache
def _content(kind: Any) -> Callable[[Any], Any]:
    """What shapes of a kind are ordered by: of dataclasses their fields, as they do themselves, but without a call."""
    if not is_dataclass(kind):
        return lambda shape: shape
    return attrgetter(*(field.name for field in fields(kind) if field.compare))
