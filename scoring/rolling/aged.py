"""Sums by time, the older the coarser: a few dozen cells that reach back weeks, and still take corrections.

Times are whole numbers of any unit. Seen from the newest one, the last `KEPT` units have cells of their own, those
before them cells of two units, then four, and so on for `LEVELS` doublings; what is older yet lies in one cell. So a
moment is known to about a sixth of its age, which is as well as a change at it can be dated anyhow.

A cell is a row of whole numbers behind its place. In which cell a moment lies depends on nothing but the moment and
the newest one, so cells hold the same whatever the order in which rows came, and what is taken back is found where it
has moved.

References: exponential histograms, Datar, Gionis, Indyk and Motwani (2002), doi:10.1137/S0097539701398363.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from scoring.rolling.level import PROJECT_LEVEL, LevelRule
from scoring.rolling.sums import MICRO, NO_SCORES, ScoreSums
from scoring.rolling.window import BucketedSums

__all__ = [
    "KEPT", "LEVELS", "OLDER", "Cells", "advance", "cell_at", "drop_cell", "may_have_fallen", "place_now", "place_of",
    "scores_of", "start_of", "window",
]  # fmt: skip

Cells = list[list[int]]
"""Rows of (place, sums), by place. Places are ordered as their times are."""

KEPT: Final = 6
LEVELS: Final = 14
OLDER: Final = -(1 << 60)
"""The place of everything before all other cells."""

_BITS: Final = 5
_TOP: Final = (1 << _BITS) - 1
_PLACE: Final = itemgetter(0)


def place_of(at: int, newest: int) -> int:
    """The cell of a moment that is no later than `newest`.

    >>> [start_of(place_of(at, 100)) for at in (100, 95, 94, 80)]
    [100, 95, 94, 80]
    >>> place_of(80, 100) == place_of(83, 100), place_of(0, 10_000_000) == OLDER
    (True, True)
    """
    for level in range(LEVELS):
        if (newest >> level) - (at >> level) < KEPT:
            return _place(level, at >> level)
    return OLDER


def place_now(newest: int) -> int:
    """The cell of the newest moment itself.

    >>> place_now(7) == place_of(7, 7)
    True
    """
    return (newest << _BITS) | _TOP


def start_of(place: int) -> int:
    """The first moment of a cell; of `OLDER`, one before all others."""
    return place >> _BITS


def cell_at(cells: Cells, place: int, sums: int) -> list[int]:
    """The row of a place, to be changed where it is; a new one of so many zeros where there was none.

    >>> cells: Cells = []
    >>> cell_at(cells, place_of(7, 9), 2)[1] += 5
    >>> cells == [[place_of(7, 9), 5, 0]]
    True
    """
    if cells and cells[-1][0] == place:
        return cells[-1]
    index = bisect_left(cells, place, key=_PLACE)
    if index == len(cells) or cells[index][0] != place:
        cells.insert(index, [place, *[0] * sums])
    return cells[index]


def drop_cell(cells: Cells, place: int) -> None:
    """Forget a row of zeros: it would be a trace of what was taken back."""
    index = bisect_left(cells, place, key=_PLACE)
    if index < len(cells) and cells[index][0] == place and not any(cells[index][1:]):
        del cells[index]


def advance(cells: Cells, before: int, newest: int) -> None:
    """Let time pass, in place: cells that have become too fine for their age are put together.

    >>> cells = [[place_of(1, 6), 1], [place_of(2, 6), 1]]
    >>> advance(cells, 6, 9)
    >>> cells == [[place_of(1, 9), 1], [place_of(2, 9), 1]]
    True
    """
    end = len(cells) - 1
    for level in range(LEVELS):
        old, new = before >> level, newest >> level
        if old == new:
            return
        leaving = _place(level, min(old, new - KEPT))
        while end >= 0 and cells[end][0] > leaving:
            end -= 1
        end = _coarsen(cells, end, level)


def window(cells: Sequence[Sequence[int]], column: int, minimum: int) -> ScoreSums:
    """How many and their sum over the fewest newest cells that hold `minimum` or more, or over all; no squares.

    Args:
        cells: rows that have counts in `column` and sums in millionths in the next one.
        column: where; the place is column 0.
        minimum: how many are wanted.

    >>> window([[place_of(3, 9), 5, 4_000_000], [place_of(9, 9), 2, 1_000_000]], 1, 2)
    ScoreSums(n=2, total_micro=1000000, squares_micro=0)
    """
    n = total = 0
    for cell in reversed(cells):
        n += cell[column]
        total += cell[column + 1]
        if n >= minimum:
            break
    return ScoreSums(n, total, 0)


def scores_of(cells: Sequence[Sequence[int]], column: int = 1) -> BucketedSums:
    """What `level.judge_level` judges: counts, sums and sums of squares, a bucket for each cell.

    >>> scores_of([[OLDER, 2, 1_000_000, 500_000], [place_of(9, 9), 1, 1_000_000, 1_000_000]]).total
    ScoreSums(n=3, total_micro=2000000, squares_micro=1500000)
    """
    sums = {cell[0]: ScoreSums(*cell[column : column + 3]) for cell in cells if any(cell[column : column + 3])}
    older = sums.pop(OLDER, NO_SCORES)
    buckets = {start_of(place): scores for place, scores in sums.items()}
    return BucketedSums(window=1, kept=max(1, len(buckets)), buckets=buckets, older=older)


def may_have_fallen(cells: Sequence[Sequence[int]], column: int = 1, rule: LevelRule = PROJECT_LEVEL) -> bool:
    """Whether `level.find_shift` might have the evidence to raise a fall; where not, it need not be asked.

    ψ(λ) ≥ λ² / 2, so no bet comes to more than (Σy)² / (2 Σy²), and ln(evidence / starts) or less at every start is
    `rule.evidence` or less in all. It costs a tenth of the scan.

    >>> steady = [[place_of(at, 99), 10, 9_000_000, 8_200_000] for at in range(50, 99)]
    >>> may_have_fallen(steady), may_have_fallen([*steady, [place_of(99, 99), 100, 60_000_000, 40_000_000]])
    (False, True)
    """
    n = sum([cell[column] for cell in cells])
    total = sum([cell[column + 1] for cell in cells])
    line = 2 * math.log(max(rule.evidence / max(1, len(cells)), 1.0))
    since_n = since_total = squares = 0
    for cell in reversed(cells):
        if cell[0] == OLDER or since_n >= rule.memory:
            return False
        since_n += cell[column]
        since_total += cell[column + 1]
        squares += cell[column + 2]
        before_n = n - since_n
        if before_n < rule.minimum_baseline:
            return False
        mean = max(((total - since_total) / MICRO + 1) / (before_n + 2) - rule.slack, 0.5 / (before_n + 2))
        fallen = since_n * mean - since_total / MICRO
        if fallen > 0 and since_n >= rule.minimum:
            spread = (squares - 2 * mean * since_total) / MICRO + since_n * mean * mean
            if fallen * fallen >= line * spread:
                return True
    return False


def _coarsen(cells: Cells, end: int, level: int) -> int:
    """Put the cells of a level up to `end` into the next one; where the last of these is."""
    finer, at = _TOP - level, end
    while at >= 0 and cells[at][0] & _TOP == finer:
        place = cells[at][0]
        cells[at][0] = OLDER if level + 1 == LEVELS else _place(level + 1, place >> (level + _BITS + 1))
        end -= _join(cells, at)
        at -= 1
    return end - _join(cells, at) if at >= 0 else end


def _join(cells: Cells, at: int) -> int:
    """Put two neighbours together if they share a place; whether they did."""
    if at + 1 >= len(cells) or cells[at][0] != cells[at + 1][0]:
        return False
    into, gone = cells[at], cells.pop(at + 1)
    for column in range(1, len(gone)):
        into[column] += gone[column]
    return True


def _place(level: int, index: int) -> int:
    return (index << (level + _BITS)) | (_TOP - level)
