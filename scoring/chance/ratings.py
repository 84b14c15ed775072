"""Numbers on a fine scale: sums of powers that can be taken back exactly, and interval alpha from them.

A rating enters the sums as the decimal that it is written as, exactly: 0.1 is a tenth, 4.1e-7 is 41 / 10^8. So alpha
and ICC are the same whatever the unit, metres or micrometres. Kept is how many tasks with m ratings there are, and for
these the sums of products of powers of each task's s (its sum) and q (its sum of squares). Nine numbers for each m hold
everything that alpha and ICC(1) and their intervals depend on, however fine the scale. They count in millionths, so
that they are whole for most scales, and are fractions for finer ones; beyond 64 bits, which JSON readers may not have:
store them as text (`str`; `exactly` reads it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import inf, isfinite, lcm
from typing import Final, NamedTuple, TypeAlias

from scoring.chance.coefficient import CONFIDENCE, Coefficient, around, check_confidence
from scoring.chance.tally import ExactSums
from scoring.rolling.sums import MICRO
from scoring.types import Undefined

__all__ = ["RatingSums", "Totals", "as_float", "exactly", "interval_alpha"]

_Exact: TypeAlias = int | Fraction

_DELTA: Final = "delta method over tasks"
_POWERS: Final = ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (3, 0), (0, 2), (2, 1), (4, 0))
# Of s and q. The variance of alpha needs the squares of everything that its value needs: s, q and s².

_SURE_DIGITS: Final = 10**15
# Of decimals with no more digits no two are the same float.


class RatingSums(ExactSums[tuple[int, int, int], _Exact]):
    """Sums over tasks of s^a q^b by the number of ratings m; the key is (m, a, b).

    >>> sums = RatingSums()
    >>> sums.add([1.0, 2.0])
    >>> sums.add([4.0, 4.0, 5.0])
    >>> sums.retract([4.0, 4.0, 5.0])
    >>> sums.counts[2, 0, 0], sums.counts[2, 1, 0]
    (1, 3000000)
    """

    def add(self, ratings: Iterable[float], tasks: int = 1) -> None:
        """Count a task with these ratings, one an annotator; one with fewer than two changes nothing.

        Raises
        ------
        ValueError
            A rating is not finite.
        """
        listed = list(ratings)
        if not all(isfinite(rating) for rating in listed):
            raise ValueError(f"expected finite ratings, got {listed}")
        if len(listed) < 2:
            return
        micro = [_in_millionths(rating) for rating in listed]
        # Over one denominator, so that fractions are made once a sum.
        below = lcm(*(x.denominator for x in micro))
        parts = [x.numerator * (below // x.denominator) for x in micro]
        s, q = sum(parts), sum(x * x for x in parts)
        for a, b in _POWERS:
            power = tasks * s**a * q**b
            self.change((len(parts), a, b), power if below == 1 else Fraction(power, below ** (a + 2 * b)))

    def retract(self, ratings: Iterable[float], tasks: int = 1) -> None:
        """Take a task back that was counted with these ratings."""
        self.add(ratings, -tasks)

    def totals(self) -> Totals | Undefined:
        """What the sums come to; undefined where nothing can be compared: no task, or no difference at all."""
        groups = self.by_size()
        if any(moments[0, 0] < 0 for moments in groups.values()):
            return Undefined("more tasks were taken back than added")
        if not groups:
            return Undefined("no task has two ratings: fewer than two annotators, or no overlap between them")
        totals = Totals(
            tasks=sum(int(moments[0, 0]) for moments in groups.values()),
            ratings=_sum(Fraction(m * moments[0, 0]) for m, moments in groups.items()),
            total=_sum(Fraction(moments[1, 0]) for moments in groups.values()),
            squares=_sum(Fraction(moments[0, 1]) for moments in groups.values()),
            of_tasks=_sum(Fraction(moments[2, 0], m) for m, moments in groups.items()),
            pairs=sum(int(moments[0, 0]) * m * (m - 1) // 2 for m, moments in groups.items()),
        )
        if totals.ratings * totals.squares == totals.total**2:
            equal = as_float(totals.total / totals.ratings / MICRO)
            return Undefined(f"all ratings are equal ({equal:g}), so nothing could have disagreed")
        return totals

    def by_size(self) -> dict[int, dict[tuple[int, int], _Exact]]:
        """The sums by number of ratings, in ascending order: number of ratings, then powers of s and q, to the sum."""
        sizes = sorted({m for (m, _, _), _ in self})
        counts = self.counts
        return {m: {(a, b): counts.get((m, a, b), 0) for a, b in _POWERS} for m in sizes}


class Totals(NamedTuple):
    """Over all tasks with two ratings or more, in millionths."""

    tasks: int
    ratings: Fraction
    total: Fraction
    """Of the ratings."""
    squares: Fraction
    """Of the ratings."""
    of_tasks: Fraction
    """Sum of (a task's sum)² / (its number of ratings)."""
    pairs: int


def interval_alpha(sums: RatingSums, confidence: float = CONFIDENCE) -> Coefficient | Undefined:
    """Krippendorff's alpha at the interval level; as `krippendorff_alpha`, from the sums of the ratings.

    `1 - [sum over tasks of m / (m - 1) sum (x - task mean)²] / [n / (n - 1) sum (x - mean)²]`, computed in fractions,
    so that no digits cancel. The interval is the delta method over tasks; that of the jackknife differs little.

    Returns
    -------
    Coefficient | Undefined
        `observed` and `expected` are mean squared differences of pairs. Undefined where no task has two ratings, and
        where all ratings are equal.

    Examples
    --------
    >>> sums = RatingSums()
    >>> for ratings in ([1, 1], [2, 3], [5, 5]):
    ...     sums.add(ratings)
    >>> round(interval_alpha(sums).value, 4)
    0.9505
    """
    check_confidence(confidence)
    totals = sums.totals()
    if isinstance(totals, Undefined):
        return totals
    tasks, n, first, second, _, pairs = totals
    groups = sums.by_size()
    # Ordered pairs of each task's ratings, (x - y)² / (m - 1) each, and of all ratings.
    observed = _sum(Fraction(2, m - 1) * (m * moments[0, 1] - moments[2, 0]) for m, moments in groups.items())
    total = 2 * (n * second - first * first)
    value = 1 - (n - 1) * observed / total
    interval = around(float(value), _variance(totals, groups, observed, total), tasks, confidence, _DELTA, tasks - 1.0)
    unit = MICRO * MICRO
    wrong, by_chance = as_float(observed / n / unit), as_float(total / (n * (n - 1)) / unit)
    return Coefficient(float(value), wrong, by_chance, interval, tasks, int(n), pairs)


def _variance(
    totals: Totals, groups: Mapping[int, Mapping[tuple[int, int], _Exact]], observed: Fraction, total: Fraction
) -> float:
    """Variance of alpha by the delta method, from what each task adds to it."""
    tasks, n, first, second, _, _ = totals
    slope = (n - 1) * observed / (total * total)
    # The gradient of alpha by the four totals, times the task's part of each.
    by_n, by_s = 2 * second * slope - observed / total, -4 * first * slope
    by_q, by_observed = 2 * n * slope, (1 - n) / total
    parts, squares = Fraction(0), Fraction(0)
    for m, moments in groups.items():
        terms = {
            (0, 0): by_n * m,
            (1, 0): by_s,
            (0, 1): by_q + by_observed * Fraction(2 * m, m - 1),
            (2, 0): -by_observed * Fraction(2, m - 1),
        }
        parts += _sum(factor * moments[power] for power, factor in terms.items())
        for (a, b), x in terms.items():
            squares += _sum(x * y * moments[a + c, b + d] for (c, d), y in terms.items())
    return float(squares - parts * parts / tasks) * tasks / max(tasks - 1, 1)


def as_float(number: Fraction) -> float:
    """The nearest float, infinite beyond the range of floats.

    >>> as_float(Fraction(1, 4)), as_float(Fraction(10) ** 400)
    (0.25, inf)
    """
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf


def exactly(text: str) -> int | Fraction:
    """One of the sums from its text.

    >>> exactly("3000000"), exactly("41/100")
    (3000000, Fraction(41, 100))
    """
    return Fraction(text) if "/" in text else int(text)


def _in_millionths(rating: float) -> _Exact:
    """The shortest decimal that is this float, or the whole number, times a million."""
    if isinstance(rating, int):
        return rating * MICRO
    micro = rating * MICRO
    if abs(micro) < _SURE_DIGITS and round(micro) / MICRO == rating:
        return round(micro)
    return Fraction(Decimal(repr(float(rating)))) * MICRO


def _sum(terms: Iterable[Fraction]) -> Fraction:
    return sum(terms, Fraction(0))
