"""A worker's app, put together from its configuration and the agents' pure halves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from faust.types import TP
from mode import CrashingSupervisor

from streams.adapters.faust_app.app import Companion, StreamApp
from streams.adapters.faust_app.delivery import AtLeastOnce, Checkpoint, Delivery, ExactlyOnce, Route, no_checkpoint
from streams.adapters.faust_app.lane import Lane, LaneLimits
from streams.adapters.faust_app.lanes import Lanes
from streams.adapters.faust_app.observer import Observer, SilentObserver, UnitReport
from streams.adapters.faust_app.recovery import ChunkTableManager
from streams.adapters.faust_app.table import PartitionTable
from streams.adapters.faust_app.ticker import TICKED_SOURCE, Ticker
from streams.adapters.faust_app.transport import ChunkConsumer, ChunkSchema
from streams.adapters.kafka.producer import BatchProducer, Outbound
from streams.adapters.kafka.topics import changelog
from streams.config import WorkerConfig
from streams.ports import Processor
from streams.topics import TOPICS

__all__ = ["Mount", "Page", "build_app"]

Page = Callable[[], Awaitable[tuple[int, str, bytes]]]
"""Answers a GET with status, content type and body."""

Mount = Callable[[Any], None]
"""Takes the web server's `aiohttp.web.Application`, before it starts."""

_GATHER_SECONDS = {"quality-facts": 0.5}
"""By source. Nobody waits for statistics as a queue waits for a decision: without this, WATCH makes as many
transactions as SETTLE, of a few facts each, and decisions wait behind them."""


def build_app(
    config: WorkerConfig,
    processors: Mapping[str, Processor],
    *,
    observer: Observer | None = None,
    pages: Mapping[str, Page] | None = None,
    mount: Mount | None = None,
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
        mount: adds what else is to be served there.
        companions: run beside the stream; lanes open when all of them are ready.
        checkpoint: called between the steps of a delivery.
        now: the time to put into clock ticks.
    """
    app = StreamApp(**_settings(config), web_enabled=bool(pages) or mount is not None)
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
    if mount is not None:
        mount(cast(Any, app.web).web_app)
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
    def new_lane(tp: TP, delivery: Delivery) -> Lane:
        agent = app.agent_of[tp.topic]
        table = tables[agent]
        changelog_tp = TP(table.changelog_topic_name, tp.partition)

        def on_unit(report: UnitReport, changelog_end: int | None) -> None:
            if changelog_end is not None:
                app.recovery.advance(changelog_tp, changelog_end)
            app.observer.unit_done(report)

        state = table.partition(tp.partition)
        limits = LaneLimits(
            app.config.lane_records, app.config.lane_bytes, _GATHER_SECONDS.get(processors[agent].source, 0.0)
        )
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
