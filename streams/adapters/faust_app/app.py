"""The Faust app: agents that feed lanes, tables, web pages, and what happens at a rebalance, a failure and a stop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import faust
from faust.types import TP
from mode import CrashingSupervisor

from streams.adapters.faust_app.delivery import AtLeastOnce, Checkpoint, Delivery, ExactlyOnce, Route, no_checkpoint
from streams.adapters.faust_app.lane import Lane, LaneLimits
from streams.adapters.faust_app.lanes import Lanes
from streams.adapters.faust_app.observer import Observer, SilentObserver, UnitReport
from streams.adapters.faust_app.recovery import ChunkRecovery, ChunkTableManager
from streams.adapters.faust_app.table import PartitionTable
from streams.adapters.faust_app.ticker import TICKED_SOURCE, Ticker
from streams.adapters.faust_app.transport import ChunkConsumer, ChunkSchema, ChunkTransport
from streams.adapters.kafka.producer import BatchProducer, Outbound
from streams.adapters.kafka.topics import changelog
from streams.config import WorkerConfig
from streams.errors import LabelquorumError
from streams.ports import Processor
from streams.topics import TOPICS

__all__ = ["Companion", "Page", "StreamApp", "build_app"]

log = logging.getLogger("labelquorum.worker")

Page = Callable[[], Awaitable[tuple[int, str, bytes]]]
"""Answers a GET with status, content type and body."""

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


def build_app(
    config: WorkerConfig,
    processors: Mapping[str, Processor],
    *,
    observer: Observer | None = None,
    pages: Mapping[str, Page] | None = None,
    companions: Sequence[Companion] = (),
    checkpoint: Checkpoint = no_checkpoint,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> StreamApp:
    """The Faust app of a worker; call it with an event loop set, and run it there.

    Args:
        config: of the worker.
        processors: agent's name → its pure half; sources and tables must differ.
        observer: told what happens; none: nobody.
        pages: path → page, served on `config.web_host:web_port`.
        companions: run beside the stream; lanes open when all of them are ready.
        checkpoint: called between the steps of a delivery.
        now: the time to put into clock ticks.
    """
    app = StreamApp(**_settings(config), web_enabled=bool(pages))
    app.config = config
    app.observer = observer or SilentObserver()
    app.companions = companions
    app.on_failure = lambda: None
    app.agent_of = {config.topic(processor.source): agent for agent, processor in processors.items()}
    tables = {agent: _add_agent(app, agent, processor) for agent, processor in processors.items()}
    app.lanes = Lanes(_delivery_factory(app, processors, checkpoint), _lane_factory(app, processors, tables))
    app.tick = _ticking(app, now)
    for path, page in (pages or {}).items():
        _add_page(app, path, page)
    return app


def _settings(config: WorkerConfig) -> dict[str, Any]:
    session = config.session_timeout_seconds
    return {
        "id": config.app_id,
        "broker": ";".join(f"kafka://{address.strip()}" for address in config.broker.split(",")),
        "store": "memory://",
        "TableManager": ChunkTableManager,
        "agent_supervisor": CrashingSupervisor,
        "topic_partitions": config.partitions,
        "topic_replication_factor": config.replication_factor,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "table_standby_replicas": 0,
        "broker_session_timeout": session,
        "broker_heartbeat_interval": min(3.0, session / 3),
        "broker_rebalance_timeout": config.rebalance_timeout_seconds,
        "broker_request_timeout": max(90.0, session + 10.0),
        "broker_commit_interval": 1.0,
        # One partition's chunk must not be so large that the bound of its lane means nothing.
        "broker_max_poll_records": config.lane_records,
        # Lanes are the buffers: this one is never full, so that Faust's own back-pressure, which forgets which
        # partitions it paused when they are revoked, never acts.
        "stream_buffer_maxsize": 65_536,
        "stream_wait_empty": False,
        "cython_optimizations": True,
        "datadir": config.data_dir or None,
        "web_bind": config.web_host,
        "web_port": config.web_port,
        "web_stats_enabled": False,
        "web_graph_enabled": False,
        "web_router_enabled": False,
        "web_tables_enabled": False,
        "web_metrics_enabled": False,
        "worker_redirect_stdouts": False,
    }


def _add_agent(app: StreamApp, name: str, processor: Processor) -> PartitionTable:
    source = app.topic(app.config.topic(processor.source), schema=ChunkSchema(), partitions=app.config.partitions)

    async def feed(stream: Any) -> None:
        async for event in stream.events():
            app.lanes.put(event.message.tp, event.value)

    app.agent(source, name=name)(feed)
    table = PartitionTable(app, name=processor.table, partitions=app.config.partitions)
    app.tables.add(table)
    return table


def _lane_factory(
    app: StreamApp, processors: Mapping[str, Processor], tables: Mapping[str, PartitionTable]
) -> Callable[[TP, Delivery], Lane]:
    limits = LaneLimits(app.config.lane_records, app.config.lane_bytes)

    def new_lane(tp: TP, delivery: Delivery) -> Lane:
        agent = app.agent_of[tp.topic]
        table = tables[agent]
        changelog_tp = TP(table.changelog_topic_name, tp.partition)

        def on_unit(report: UnitReport, changelog_end: int | None) -> None:
            if changelog_end is not None:
                app.recovery.advance(changelog_tp, changelog_end)
            app.observer.unit_done(report)

        state = table.partition(tp.partition)
        return Lane(
            agent, tp.partition, processors[agent], state, delivery, limits, on_unit=on_unit, on_failure=app.fail
        )

    return new_lane


class _Member:
    """The consumer group, as at-least-once sees it from one source partition."""

    def __init__(self, app: StreamApp, tp: TP) -> None:
        self._app = app
        self._tp = tp
        self._generation = app.consumer_generation_id
        # Half of the time after which the group gives a silent member up, so that the answer is still fresh.
        self._patience_seconds = app.config.session_timeout_seconds / 2

    def still_ours(self, first_offset: int) -> Awaitable[bool]:
        """See `delivery.Membership`."""
        consumer = cast(ChunkConsumer, self._app.consumer)
        return consumer.still_ours(self._tp, self._generation, first_offset, self._patience_seconds)

    def durable(self, next_offset: int) -> None:
        """See `delivery.Membership`."""
        cast(ChunkConsumer, self._app.consumer).durable(self._tp, next_offset)


def _delivery_factory(
    app: StreamApp, processors: Mapping[str, Processor], checkpoint: Checkpoint
) -> Callable[[TP], Delivery]:
    config = app.config
    outputs = [config.topic(name) for name in TOPICS]

    def new_delivery(tp: TP) -> Delivery:
        processor = processors[app.agent_of[tp.topic]]
        route = Route(config.app_id, tp.topic, tp.partition, changelog(config, processor.table), config.topic)
        topics = [*outputs, route.changelog]
        if config.delivery == "exactly-once":
            identity = f"{config.app_id}-{processor.source}-{tp.partition}"
            return ExactlyOnce(route, BatchProducer(config.broker, topics, identity), checkpoint)
        return AtLeastOnce(route, BatchProducer(config.broker, topics), _Member(app, tp), checkpoint)

    return new_delivery


def _ticking(app: StreamApp, now: Callable[[], datetime]) -> Callable[[], Awaitable[None]]:
    source = app.config.topic(TICKED_SOURCE)

    def last_arrivals() -> dict[int, float]:
        return {tp.partition: lane.last_arrival for tp, lane in app.lanes.open_lanes.items() if tp.topic == source}

    async def run() -> None:
        producer = BatchProducer(app.config.broker, [source])
        await producer.start()

        async def send(partition: int, event: bytes) -> None:
            await asyncio.gather(*await producer.send(source, partition, [Outbound(None, event)]))

        try:
            await Ticker(app.config.tick_seconds, last_arrivals, send, monotonic=time.monotonic, now=now).run()
        finally:
            await producer.stop()

    return run


def _add_page(app: StreamApp, path: str, page: Page) -> None:
    async def answer(web: Any, request: Any) -> Any:
        status, content_type, body = await page()
        # As a header: aiohttp takes no charset in `content_type`, and Prometheus' has one.
        return web.bytes(body, status=status, headers={"Content-Type": content_type})

    app.page(path)(answer)
