"""What a worker says of itself in its log: when it has partitions to work on and when it has not."""

from __future__ import annotations

import time
from collections.abc import Set

import structlog

from streams.adapters.faust_app import SilentObserver

__all__ = ["Announcer"]

_log = structlog.get_logger("labelquorum.worker")


class Announcer(SilentObserver):
    """Logs when the worker gets ready, and when it stops being so."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._partitions: dict[str, int] = {}
        self._is_ready = False

    def assigned(self, agent: str, partitions: Set[int]) -> None:
        """Remembered for the line to come."""
        self._partitions[f"{agent}_partitions"] = len(partitions)

    def ready(self, is_ready: bool) -> None:
        """One line for each change."""
        if is_ready and not self._is_ready:
            seconds = round(time.monotonic() - self._began, 1)
            _log.info("ready: events are processed", seconds=seconds, **self._partitions)
        elif self._is_ready and not is_ready:
            self._began = time.monotonic()
            _log.info("partitions are being shared out anew, or given back")
        self._is_ready = is_ready
