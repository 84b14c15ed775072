"""How long answers take, as a histogram that can be added to and taken from; and who is too fast to have looked.

A bin spans a factor of 2^(1/8), so a quantile read from it is right to 4.4 % (half a bin), however many answers there
were. At most 169 bins, from a sixteenth of a second to a day and a half, hold everything; what is shorter or longer
lies in the first or last one.

**Too fast** is an answer below both the 2 % quantile and a third of the median of *everybody else's* answers in the
project. Either alone misfires: where times are spread widely, a third of the median is nothing unusual; where all take
about the same time, somebody is in the fastest 2 % whatever they do. By construction at most 2 % of the others' answers
are that fast; an annotator is `too_fast` when more than `TOO_FAST.line` of theirs are, by `rate_above`.

References: fast answers as careless ones: Wise and Kong (2005), doi:10.1207/s15324818ame1802_2; a share of the median:
Wise and Ma (2012), NCME; histograms of constant relative error: Masson, Rim and Lee, DDSketch (2019),
doi:10.14778/3352063.3352135.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from scoring.rolling.rates import RateRule
from scoring.rolling.sums import MICRO, ScoreSums
from scoring.types import Undefined

__all__ = [
    "FAST_LINE",
    "TOO_FAST",
    "FastLine",
    "bin_seconds",
    "fast_answers",
    "fast_line",
    "lead_time_bin",
    "lead_time_quantile",
    "others",
]

_PER_DOUBLING: Final = 8
_FIRST, _LAST = -4 * _PER_DOUBLING, 17 * _PER_DOUBLING

TOO_FAST: Final = RateRule(line=0.2, minimum=20)
"""For `rate_above` over `fast_answers`."""


class FastLine(NamedTuple):
    """Where too fast begins. The defaults are from `tests/bench` (see README)."""

    quantile: float = 0.02
    of_median: float = 1 / 3
    minimum: int = 100
    """Answers of others without which nobody knows what is usual."""


FAST_LINE: Final = FastLine()


def lead_time_bin(seconds: float) -> int:
    """The bin of a lead time, ⌊8 log₂ seconds⌋ within the ends.

    Raises:
        ValueError: not a number, or negative.

    >>> [lead_time_bin(s) for s in (0.0, 1.0, 1.09, 1.1, 60.0)]
    [-32, 0, 0, 1, 47]
    """
    if not seconds >= 0:
        raise ValueError(f"expected a lead time of 0 seconds or more; got {seconds!r}")
    if seconds <= 2 ** (_FIRST / _PER_DOUBLING):
        return _FIRST
    return min(_LAST, math.floor(_PER_DOUBLING * math.log2(min(seconds, 1e9))))


def bin_seconds(place: float) -> float:
    """Seconds at which a bin begins; of half a bin more, its geometric middle.

    >>> bin_seconds(8), round(bin_seconds(0.5), 3)
    (2.0, 1.044)
    """
    return float(2.0 ** (place / _PER_DOUBLING))


def lead_time_quantile(counts: Mapping[int, int], q: float) -> float | Undefined:
    """The q-quantile in seconds, to 4.4 %: the middle of the first bin up to which a share q or more lies.

    Args:
        counts: bin → how many.
        q: in [0, 1].

    Raises:
        ValueError: `q` is outside.

    >>> lead_time_quantile({lead_time_bin(s): 1 for s in (2.0, 9.0, 40.0)}, 0.5)
    9.1...
    """
    found = _bin_at(counts, q)
    return found if isinstance(found, Undefined) else bin_seconds(found + 0.5)


def others(project: Mapping[int, int], annotator: Mapping[int, int]) -> dict[int, int]:
    """Everybody else's answers: who answers a lot, and fast, should not shift what counts as fast.

    >>> others({0: 5, 8: 2}, {0: 5})
    {8: 2}
    """
    return {place: n - annotator.get(place, 0) for place, n in project.items() if n != annotator.get(place, 0)}


def fast_line(counts: Mapping[int, int], rule: FastLine = FAST_LINE) -> int | Undefined:
    """The bin below which an answer is too fast, from the answers of others.

    >>> usual = {lead_time_bin(s): 100 for s in (10.0, 20.0, 30.0)}
    >>> bin_seconds(fast_line(usual))
    6.1...
    """
    n = sum(counts.values())
    if n < rule.minimum:
        return Undefined(f"{n} answers of others, it takes {rule.minimum} to know what is usual")
    low, median = _bin_at(counts, rule.quantile), _bin_at(counts, 0.5)
    if isinstance(low, Undefined) or isinstance(median, Undefined):
        return Undefined("no answers of others")
    return min(low, math.floor(median + 0.5 + _PER_DOUBLING * math.log2(rule.of_median)))


def fast_answers(annotator: Mapping[int, int], line: int) -> ScoreSums:
    """How many of an annotator's answers lie below the line, as sums for `rate_above`.

    >>> fast_answers({0: 3, 8: 7}, 8)
    ScoreSums(n=10, total_micro=3000000, squares_micro=3000000)
    """
    fast = sum(n for place, n in annotator.items() if place < line) * MICRO
    return ScoreSums(sum(annotator.values()), fast, fast)


def _bin_at(counts: Mapping[int, int], q: float) -> int | Undefined:
    if not 0 <= q <= 1:
        raise ValueError(f"expected a quantile in [0, 1]; got {q!r}")
    wanted, reached = q * sum(counts.values()), 0
    for place in sorted(counts):
        reached += counts[place]
        if counts[place] > 0 and reached >= wanted:
            return place
    return Undefined("no lead times")
