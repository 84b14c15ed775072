"""Sums of scores that can be taken back exactly.

Floating-point sums do not come back: `0.1 + 0.2 - 0.2` is not `0.1`. A contribution is therefore rounded once to a
whole number of millionths, and only whole numbers are added: sums then form a group, so adding commutes and a
retraction undoes it to the bit.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Final, NamedTuple

from scoring.types import Undefined

__all__ = ["MICRO", "NO_SCORES", "ScoreSums", "Verdict", "from_micro", "histogram_bin", "to_micro"]

MICRO: Final = 1_000_000
"""Units in 1. A millionth is finer than any agreement is known, and 2**63 of them hold 9e12 scores of 1."""


class Verdict(Enum):
    """Where a statistic stands between two lines."""

    BEYOND = "beyond"
    """Past the upper line: raise."""
    BETWEEN = "between"
    """Between the lines: leave things as they are."""
    WITHIN = "within"
    """Back inside the lower line: resolve."""


def to_micro(value: float) -> int:
    """`value` in millionths, rounded half to even; exact for whole numbers.

    Raises:
        ValueError: `value` is NaN.
        OverflowError: `value` is infinite.

    >>> to_micro(0.58), to_micro(3.0)
    (580000, 3000000)
    """
    return round(value * MICRO)


def from_micro(micro: int) -> float:
    """The inverse of `to_micro`.

    >>> from_micro(580_000)
    0.58
    """
    return micro / MICRO


def histogram_bin(score: float, bins: int) -> int:
    """The bin of a score in [0, 1] among `bins` equal ones; each holds its lower edge, the last one also 1.

    Taken from the rounded score, so that what `ScoreSums.of` sums and what the histogram counts agree.

    >>> [histogram_bin(s, 10) for s in (0.0, 0.0999, 0.1, 0.95, 1.0)]
    [0, 0, 1, 9, 9]
    """
    return min(to_micro(score) * bins // MICRO, bins - 1)


class ScoreSums(NamedTuple):
    """How many scores, their sum, and the sum of their squares; the last two in millionths.

    >>> both = ScoreSums.of(0.5).plus(ScoreSums.of(1.0))
    >>> both.mean(), both.deviation()
    (0.75, 0.25)
    >>> both.minus(ScoreSums.of(0.5)) == ScoreSums.of(1.0)
    True
    """

    n: int = 0
    total_micro: int = 0
    squares_micro: int = 0

    @classmethod
    def of(cls, score: float) -> ScoreSums:
        """One score's contribution.

        Raises:
            ValueError: the score is not in [0, 1] (NaN included).
        """
        if not 0.0 <= score <= 1.0:
            raise ValueError(f"expected a score in [0, 1]; got {score!r}")
        # The square is rounded by itself: squares of millionths would fill 64 bits after 18 million scores.
        return cls(1, round(score * MICRO), round(score * score * MICRO))

    def plus(self, other: ScoreSums) -> ScoreSums:
        """Both together."""
        return ScoreSums(self[0] + other[0], self[1] + other[1], self[2] + other[2])

    def minus(self, other: ScoreSums) -> ScoreSums:
        """Without `other`. What was never added leaves sums that are off by just that, negative where need be."""
        return ScoreSums(self[0] - other[0], self[1] - other[1], self[2] - other[2])

    def mean(self) -> float | Undefined:
        """Arithmetic mean, in [0, 1]; undefined without a score."""
        if self.n <= 0:
            return Undefined("no scores")
        return self.total_micro / (self.n * MICRO)

    def deviation(self) -> float | Undefined:
        """Population standard deviation, √(E[s²] − E[s]²), to about 0.001; undefined without a score."""
        if self.n <= 0:
            return Undefined("no scores")
        mean = self.total_micro / (self.n * MICRO)
        return math.sqrt(max(0.0, self.squares_micro / (self.n * MICRO) - mean * mean))


NO_SCORES: Final = ScoreSums()
"""The empty sum."""
