"""Moves the clock of quiet partitions.

Stream time is the time of the events of a partition. Where nobody writes, it stands still, and deadlines do not
expire; so a tick is put into the source topic, in partition order with everything else, and replays the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import msgspec

from streams.contracts.events import ClockTick

__all__ = ["TICKED_SOURCE", "Ticker", "quiet_partitions", "tick"]

TICKED_SOURCE = "annotation-events"


def quiet_partitions(last_arrivals: Mapping[int, float], now: float, quiet_seconds: float) -> list[int]:
    """The partitions, sorted, whose last record came at least `quiet_seconds` ago.

    >>> quiet_partitions({0: 100.0, 1: 71.0, 2: 69.0}, now=100.0, quiet_seconds=30.0)
    [2]
    """
    return sorted(p for p, arrival in last_arrivals.items() if now - arrival >= quiet_seconds)


def tick(partition: int, at: datetime) -> bytes:
    """The event. Its id follows from partition and time, so a tick sent twice is a duplicate.

    >>> tick(3, datetime(2026, 1, 31, 10, tzinfo=UTC))
    b'{"type":"clock.tick","schema":1,"event_id":"tick-3-1769853600000","occurred_at":"2026-01-31T10:00:00Z"}'
    """
    event_id = f"tick-{partition}-{int(at.timestamp() * 1000)}"
    return msgspec.json.encode(ClockTick(schema=1, event_id=event_id, occurred_at=at))


class Ticker:
    """Ticks the quiet partitions that this worker owns.

    Args:
        seconds: how long a partition must be quiet.
        last_arrivals: by partition that is open, when records last came, by `monotonic`.
        send: produces an event to a partition of the source; what it raises ends the worker.
        monotonic: seconds.
        now: the time to put into ticks, UTC.
    """

    def __init__(
        self,
        seconds: float,
        last_arrivals: Callable[[], Mapping[int, float]],
        send: Callable[[int, bytes], Awaitable[None]],
        *,
        monotonic: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._seconds = seconds
        self._last_arrivals = last_arrivals
        self._send = send
        self._monotonic = monotonic
        self._now = now

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._seconds / 2)
            await self.once()

    async def once(self) -> None:
        """Tick what is quiet now."""
        for partition in quiet_partitions(self._last_arrivals(), self._monotonic(), self._seconds):
            await self._send(partition, tick(partition, self._now().astimezone(UTC)))
