"""Which partitions are ticked, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from streams.adapters.faust_app.ticker import Ticker
from streams.contracts.events import ClockTick


async def test_only_partitions_that_were_quiet_long_enough_are_ticked_with_the_time_of_the_clock() -> None:
    sent: list[tuple[int, ClockTick]] = []

    async def send(partition: int, event: bytes) -> None:
        sent.append((partition, msgspec.json.decode(event, type=ClockTick)))

    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    arrivals = {0: 95.0, 1: 70.0, 2: 40.0}
    ticker = Ticker(30.0, lambda: arrivals, send, monotonic=lambda: 100.0, now=lambda: noon)
    await ticker.once()
    assert [(partition, tick.occurred_at) for partition, tick in sent] == [(1, noon), (2, noon)]
    assert len({tick.event_id for _, tick in sent}) == 2


async def test_a_partition_that_has_heard_its_tick_is_left_alone_until_it_has_been_quiet_again() -> None:
    sent: list[int] = []
    now = 0.0
    arrivals = {0: 0.0}

    async def send(partition: int, event: bytes) -> None:
        sent.append(partition)
        arrivals[partition] = now

    ticker = Ticker(30.0, lambda: arrivals, send, monotonic=lambda: now, now=lambda: datetime.now(UTC))
    for now in (29.0, 30.0, 45.0, 59.0, 60.0):  # noqa: B007 - the clock
        await ticker.once()
    assert sent == [0, 0]


async def test_no_partition_owned_is_nothing_to_tick() -> None:
    async def send(partition: int, event: bytes) -> None:
        raise AssertionError("nobody to tick")

    await Ticker(30.0, dict, send, monotonic=lambda: 1e9, now=lambda: datetime.now(UTC)).once()
