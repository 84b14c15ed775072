"""Agreement of numbers and ratings: how far apart they are on their scale."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import isfinite

from scoring.agreement.pairwise import pairwise
from scoring.types import Matrix

__all__ = ["number_matrix", "number_similarity"]

_ROUNDING = 1e-12
# 0.8 - 0.7 is 0.10000000000000009: a difference that equals the threshold on paper is still within it.


def number_similarity(
    a: float, b: float, minimum: float | None = None, maximum: float | None = None, threshold: float | None = None
) -> float:
    """How near two numbers are.

    - With a scale: `1 - |a - b| / (maximum - minimum)`, 0 where they are further apart than the scale is long (an
      answer may lie off it).
    - Without one: `1 - |a - b| / max(|a|, |b|)`, the relative difference, 0 for opposite signs. It depends on the two
      alone: the range of all answers as the scale would make any two that are alone disagree fully, and an outlier
      would make all others agree. It does not change with the unit of measurement; but where 0 is an arbitrary point,
      as with dates or degrees, give the scale.
    - With a threshold: 1 where `|a - b| <= threshold`, else 0; 0 asks for identical numbers. The scale is then unused.

    Parameters
    ----------
    a, b
        Finite.
    minimum, maximum
        The ends of the control's scale, both or neither.
    threshold
        Largest difference that counts as none, at least 0, in the unit of the numbers.

    Returns
    -------
    float
        In [0, 1], symmetric, 1 where equal. Without a threshold `1 - similarity` obeys the triangle inequality.

    Raises
    ------
    ValueError
        One end without the other, an empty scale, or a threshold below 0.

    References
    ----------
    Label Studio's "Numeric Difference" and its threshold. Relative difference: Hästö, P. A. (2002). A new weighted
    metric: the relative metric I. doi:10.1016/S0022-247X(02)00219-6

    Examples
    --------
    >>> number_similarity(2, 3, minimum=1, maximum=5), number_similarity(90, 100), number_similarity(-1, 1)
    (0.75, 0.9, 0.0)
    >>> number_similarity(20.5, 20.8, threshold=0.5), number_similarity(20, 21, threshold=0.5)
    (1.0, 0.0)
    """
    length = _length(minimum, maximum)
    difference = abs(a - b)
    if threshold is not None:
        if not threshold >= 0.0:
            raise ValueError(f"expected a threshold of at least 0, got {threshold}")
        return 1.0 if difference <= threshold + _ROUNDING * max(abs(a), abs(b)) else 0.0
    if a == b:
        return 1.0
    return max(0.0, 1.0 - difference / (max(abs(a), abs(b)) if length is None else length))


def number_matrix(
    answers: Sequence[float | None],
    minimum: float | None = None,
    maximum: float | None = None,
    threshold: float | None = None,
) -> Matrix:
    """`number_similarity` of every annotator's number with every other's.

    Parameters
    ----------
    answers
        One per annotator; None gave no answer.
    minimum, maximum, threshold
        As in `number_similarity`; by default no scale and no threshold.

    Returns
    -------
    Matrix
        As `pairwise`.

    Raises
    ------
    ValueError
        As `number_similarity`, however few the answers are.

    Examples
    --------
    >>> number_matrix([1, 2, 5], minimum=1, maximum=5)
    [[1.0, 0.75, 0.0], [0.75, 1.0, 0.25], [0.0, 0.25, 1.0]]
    """
    similarity = partial(number_similarity, minimum=minimum, maximum=maximum, threshold=threshold)
    similarity(0.0, 0.0)
    return pairwise(answers, similarity)


def _length(minimum: float | None, maximum: float | None) -> float | None:
    if minimum is None and maximum is None:
        return None
    if minimum is None or maximum is None or not maximum > minimum or not isfinite(maximum - minimum):
        raise ValueError(f"expected a scale with both ends and minimum < maximum, got {minimum} to {maximum}")
    return maximum - minimum
