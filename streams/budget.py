"""How much unusable input is bad luck, and how much is a bad deploy."""

from __future__ import annotations

from collections import deque

from streams.errors import DeadLetterBudgetExceeded, Rejected

__all__ = ["DeadLetterBudget"]

WINDOW_RECORDS = 1_000
"""The share is taken over this many records: enough that a few bad ones in a row at the start mean nothing."""


class DeadLetterBudget:
    """Counts records and dead letters of one partition; refuses when a share or a run of them is too large.

    Without it a producer's (or our own) broken release would drain the whole topic into dead letters over night, and
    every task would wait for answers that were given.
    """

    def __init__(self, ratio: float, run: int) -> None:
        self._ratio, self._run = ratio, run
        self._seen = 0
        self._bad: deque[int] = deque()
        """Numbers of the dead letters that are in the window: they are rare, so records cost next to nothing."""
        self._in_a_row = 0

    def usable(self) -> None:
        """A record could be used."""
        self._seen += 1
        self._in_a_row = 0

    def unusable(self, rejected: Rejected, where: str) -> None:
        """A record could not be used.

        Raises:
            DeadLetterBudgetExceeded: it was one too many.
        """
        self._seen += 1
        self._in_a_row += 1
        self._bad.append(self._seen)
        while self._bad[0] <= self._seen - WINDOW_RECORDS:
            self._bad.popleft()
        if self._in_a_row >= self._run:
            raise self._exceeded(f"{self._in_a_row} records in a row", "dead_letter_run", self._run, rejected, where)
        if self._seen >= WINDOW_RECORDS and len(self._bad) > self._ratio * WINDOW_RECORDS:
            share = f"{len(self._bad)} of the last {WINDOW_RECORDS} records"
            raise self._exceeded(share, "dead_letter_ratio", self._ratio, rejected, where)

    def _exceeded(
        self, what: str, setting: str, limit: float, rejected: Rejected, where: str
    ) -> DeadLetterBudgetExceeded:
        return DeadLetterBudgetExceeded(
            f"{what} could not be used, over the limit {setting} = {limit:g}. The last: {where}: {rejected.reason} at "
            f"{rejected.path}: {rejected.message}. Nothing of this unit of work was committed. Look at the producers "
            f"and at what was deployed last; to let such records through as dead letters, raise {setting}."
        )
