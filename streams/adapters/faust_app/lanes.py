"""All lanes of a worker: taken over, opened, fed, and given up together, as the consumer group says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from faust.types import TP

from streams.adapters.faust_app.delivery import Delivery
from streams.adapters.faust_app.lane import Lane
from streams.ports import InputRecord

__all__ = ["Lanes"]

_STOP_SECONDS = 30.0


class _Held(NamedTuple):
    lane: Lane
    delivery: Delivery


class Lanes:
    """By source partition.

    The order of a rebalance: `take_over` starts the deliveries, which fences the former owners; then Faust recovers the
    tables; then `open`. At the next rebalance `end` closes the lanes, each of which finishes or drops its unit, and
    only then stops the deliveries.

    Args:
        new_delivery: of a source partition.
        new_lane: of a source partition whose state is recovered.
    """

    def __init__(self, new_delivery: Callable[[TP], Delivery], new_lane: Callable[[TP, Delivery], Lane]) -> None:
        self._new_delivery = new_delivery
        self._new_lane = new_lane
        self._deliveries: dict[TP, Delivery] = {}
        self._lanes: dict[TP, Lane] = {}

    @property
    def count(self) -> int:
        """Open lanes."""
        return len(self._lanes)

    @property
    def open_lanes(self) -> Mapping[TP, Lane]:
        """By source partition."""
        return self._lanes

    def wanted(self) -> frozenset[TP]:
        """The source partitions to fetch: those with an open lane that is not full."""
        return frozenset(tp for tp, lane in self._lanes.items() if not lane.full)

    async def take_over(self, sources: Iterable[TP]) -> None:
        """Start the deliveries of source partitions. After a failure, `end` stops those that were started."""
        fresh = {tp: self._new_delivery(tp) for tp in sources}
        self._deliveries.update(fresh)
        await asyncio.gather(*(delivery.start() for delivery in fresh.values()))

    def open(self) -> None:
        """Open a lane for each partition that was taken over and has none."""
        for tp in sorted(self._deliveries.keys() - self._lanes.keys()):
            lane = self._new_lane(tp, self._deliveries[tp])
            self._lanes[tp] = lane
            lane.open()

    def put(self, tp: TP, records: Sequence[InputRecord]) -> None:
        """Hand a chunk to its lane. Without a lane it is dropped: its partition is being given up."""
        if (lane := self._lanes.get(tp)) is not None:
            lane.put(records)

    async def end(self) -> None:
        """Close every lane, then stop every delivery. Idempotent."""
        lanes, self._lanes = self._lanes, {}
        deliveries, self._deliveries = self._deliveries, {}
        await asyncio.gather(*(lane.close() for lane in lanes.values()))
        async with asyncio.timeout(_STOP_SECONDS):
            await asyncio.gather(*(delivery.stop() for delivery in deliveries.values()))
