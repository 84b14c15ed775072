"""The Faust app: agents that feed lanes, tables, web pages, and what happens at a rebalance, a failure and a stop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from typing import Protocol, cast

import faust
from faust.types import TP

from streams.adapters.faust_app.lanes import Lanes
from streams.adapters.faust_app.observer import Observer
from streams.adapters.faust_app.recovery import ChunkRecovery, ChunkTableManager
from streams.adapters.faust_app.transport import ChunkConsumer, ChunkTransport
from streams.config import WorkerConfig
from streams.errors import LabelquorumError

__all__ = ["Companion", "StreamApp"]

log = logging.getLogger("labelquorum.worker")

_LAG_SECONDS = 1.0


class Companion(Protocol):
    """Something that runs beside the stream; lanes open when all are ready. `kafka.reader.CompactedReader` is one."""

    ready: asyncio.Event

    async def run(self) -> None:
        """Until cancelled. What it raises ends the worker."""
        ...


class StreamApp(faust.App):
    """Faust's app with our transport, recovery and lanes; made by `build_app`."""

    lanes: Lanes
    config: WorkerConfig
    observer: Observer
    companions: Sequence[Companion]
    tick: Callable[[], Awaitable[None]]
    """Runs the ticker."""
    agent_of: Mapping[str, str]
    """Deployed source topic → agent."""
    on_failure: Callable[[], None]
    """Has the worker stopped; set by whoever runs the app."""
    failure: BaseException | None = None
    """What ended the stream, if something did."""
    _opening: asyncio.Future[None] | None = None
    _recovery_began = 0.0

    @property
    def bootstrap(self) -> str:
        """The broker, for clients of our own."""
        return self.config.broker

    @property
    def recovery(self) -> ChunkRecovery:
        """The recovery of the tables."""
        return cast(ChunkTableManager, self.tables).recovery

    @property
    def is_ready(self) -> bool:
        """Whether events are processed: state recovered, companions ready, no rebalance under way, nothing failed."""
        return not self.rebalancing and self.failure is None and self._opening is not None and self._opening.done()

    def fail(self, failure: BaseException) -> None:
        """End the worker: memory may be ahead of the log. The first failure counts and is logged, once."""
        if self.failure is not None:
            return
        self.failure = failure
        if isinstance(failure, LabelquorumError):
            log.error("%s", failure)
        else:
            log.error("The stream failed and the worker ends; a restart recovers from the changelog.", exc_info=failure)
        self.observer.ready(False)
        self.on_failure()

    def _new_transport(self) -> ChunkTransport:
        return ChunkTransport(self.conf.broker_consumer, self)

    # ---- a rebalance, in order

    def on_rebalance_start(self) -> None:
        """Partitions are about to be revoked."""
        super().on_rebalance_start()
        self.observer.ready(False)

    async def _on_partitions_revoked(self, revoked: set[TP]) -> None:
        await self._end_lanes()
        await super()._on_partitions_revoked(revoked)

    async def _on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        try:
            if not self.should_stop:
                await self.lanes.take_over(tp for tp in assigned if tp.topic in self.agent_of)
                self._recovery_began = time.monotonic()
                self.observer.recovery_started()
        except Exception as failure:  # noqa: BLE001 - aiokafka logs what a rebalance listener raises, and goes on
            self.fail(failure)
        await super()._on_partitions_assigned(assigned, generation_id)

    def on_rebalance_end(self) -> None:
        """Tables are recovered, positions are set."""
        super().on_rebalance_end()
        self.observer.recovery_finished(time.monotonic() - self._recovery_began)
        self._opening = asyncio.ensure_future(self._open_lanes())

    async def _open_lanes(self) -> None:
        try:
            for companion in self.companions:
                await companion.ready.wait()
            self.lanes.open()
            for agent, partitions in self._open_partitions().items():
                self.observer.assigned(agent, partitions)
            self.observer.ready(True)
        except Exception as failure:  # noqa: BLE001 - a state that a processor can't read must not go unnoticed
            self.fail(failure)

    async def _end_lanes(self) -> None:
        """Finish or drop what is under way, commit what is durable, and let the partitions go."""
        if self._opening is not None:
            self._opening.cancel()
        for agent, partitions in self._open_partitions().items():
            if partitions:
                self.observer.revoked(agent, partitions)
        try:
            await self.lanes.end()
            await self.consumer.commit()
        except Exception as failure:  # noqa: BLE001 - as above
            self.fail(failure)
        cast(ChunkConsumer, self.consumer).forget()

    def _open_partitions(self) -> dict[str, Set[int]]:
        found: dict[str, set[int]] = {agent: set() for agent in self.agent_of.values()}
        for tp in self.lanes.open_lanes:
            found[self.agent_of[tp.topic]].add(tp.partition)
        return cast("dict[str, Set[int]]", found)

    # ---- start and stop

    async def on_first_start(self) -> None:
        """Start what runs beside the stream."""
        await super().on_first_start()
        for companion in self.companions:
            self.add_future(self._guarded(companion.run()))
        self.add_future(self._guarded(self.tick()))
        self.add_future(self._guarded(self._watch_lag()))

    async def _stop_consumer(self) -> None:
        if self._consumer is not None:
            await self._end_lanes()
        await super()._stop_consumer()

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception as failure:  # noqa: BLE001 - as above
            self.fail(failure)

    async def _watch_lag(self) -> None:
        while True:
            await asyncio.sleep(_LAG_SECONDS)
            lanes = dict(self.lanes.open_lanes)
            if lanes and not self.rebalancing:
                backlog = await cast(ChunkConsumer, self.consumer).backlog(sorted(lanes))
                for tp, lane in lanes.items():
                    self.observer.lag(self.agent_of[tp.topic], tp.partition, backlog[tp] + lane.waiting)
