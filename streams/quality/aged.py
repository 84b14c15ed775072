"""Sums by event time as records keep them: five minutes each, then coarser with age (`scoring.rolling.aged`)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from scoring.rolling.aged import Cells, advance, cell_at, drop_cell, place_now, place_of

__all__ = ["AGREEMENT", "ANNOTATOR_SUMS", "CONSENSUS", "GOLD", "REVIEWS", "SCORE_SUMS", "Aged"]

AGREEMENT: Final = 1
"""Columns of an annotator's cells: tasks with others, agreement with them in millionths, and its squares;"""
CONSENSUS: Final = 4
"""of the same tasks those with a consensus, and agreement with it;"""
GOLD: Final = 6
"""tasks with gold, and accuracy;"""
REVIEWS: Final = 8
"""tasks reviewed, and those approved in millionths."""
ANNOTATOR_SUMS: Final = 9
SCORE_SUMS: Final = 3
"""Of a project: decisions, their scores, and the squares."""


class Aged(Struct, array_like=True):
    """Rows of sums, found again by event time."""

    newest: int | None = None
    """The latest period of `AGED_SECONDS` seen: what is taken back may leave it."""
    cells: Cells = []

    def cell(self, period: int, sums: int) -> list[int]:
        """The row to add to, or to take from; time passes where `period` is later than all before."""
        newest = self.newest
        if period == newest and self.cells:  # as most are
            last = self.cells[-1]
            if last[0] == place_now(period):
                return last
        if newest is None:
            newest = self.newest = period
        elif period > newest:
            advance(self.cells, newest, period)
            newest = self.newest = period
        return cell_at(self.cells, place_of(period, newest), sums)

    def forget(self, period: int) -> None:
        """Leave no row of zeros where something was taken back."""
        if self.newest is not None:
            drop_cell(self.cells, place_of(period, self.newest))
