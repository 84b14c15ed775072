"""The transport and the recovery without a broker: what is fetched when, what becomes of it, what is committed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import pytest
from faust.types import TP

from streams.adapters.faust_app.app import StreamApp
from streams.adapters.faust_app.build import build_app
from streams.adapters.faust_app.lanes import Lanes
from streams.adapters.faust_app.transport import ChunkConsumer
from streams.adapters.faust_app.versions import require_versions
from streams.config import WorkerConfig
from streams.ports import Record
from tests.kafka.toy import processors

SOURCE = TP("annotation-events", 1)
OTHER = TP("quality-facts", 1)
CHANGELOG = TP("app-tasks-changelog", 1)


class Broker:
    """What the consumer's thread would say."""

    def __init__(self) -> None:
        self.asked: list[frozenset[TP]] = []
        self.chunks: dict[TP, list[Record]] = {}
        self.at: dict[TP, int] = {}
        self.accepts = True
        self.commits: list[Mapping[TP, int]] = []
        self.committed: dict[TP, int | None] = {}

    async def getmany(self, wanted: frozenset[TP], timeout: float) -> Mapping[TP, list[Record]]:  # noqa: ASYNC109
        self.asked.append(frozenset(wanted))
        return {tp: self.chunks.pop(tp) for tp in list(self.chunks) if tp in wanted}

    async def positions(self, partitions: list[TP]) -> dict[TP, int]:
        return {tp: self.at[tp] for tp in partitions}

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        self.at.update({tp: offset for tp, offset in self.committed.items() if offset})
        return self.committed

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        self.at.update(partitions)

    async def seek_to_beginning(self, *partitions: TP) -> None:
        self.at.update(dict.fromkeys(partitions, 0))

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        self.commits.append(offsets)
        return self.accepts


class HungryLanes:
    """Lanes that want the partitions that a test says."""

    count = 2

    def __init__(self) -> None:
        self.wants: set[TP] = set()

    def wanted(self) -> frozenset[TP]:
        return frozenset(self.wants)


class Stream:
    """An app, its consumer, and the broker that it believes in."""

    def __init__(self, app: StreamApp) -> None:
        self.app = app
        self.consumer = cast(ChunkConsumer, app.consumer)
        self.broker = Broker()
        thread: Any = self.consumer._thread
        for name in ("getmany", "positions", "commit", "seek_to_committed", "seek_wait", "seek_to_beginning"):
            setattr(thread, name, getattr(self.broker, name))
        app.consumer_generation_id = 5
        app.rebalancing = False
        self.lanes = HungryLanes()
        app.lanes = cast(Lanes, self.lanes)

    async def fetch(self) -> Mapping[TP, list[Any]]:
        return await self.consumer._getmany({SOURCE, OTHER, CHANGELOG}, 0.01)


@pytest.fixture
async def stream(tmp_path: Any) -> AsyncIterator[Stream]:
    config = WorkerConfig(app_id="app", partitions=4, data_dir=str(tmp_path))
    app = build_app(config, processors())
    app.finalize()
    made = Stream(app)
    yield made
    made.consumer._thread.thread_loop.close()


def recover(stream: Stream, ends: dict[TP, int]) -> None:
    """As Faust begins a recovery: highwaters are the last offsets, offsets what is behind us."""
    recovery = stream.app.recovery
    recovery.active_tps.update(ends)
    recovery.active_highwaters.update({tp: end - 1 for tp, end in ends.items()})
    recovery.active_offsets.update(dict.fromkeys(ends, -1))
    recovery._set_recovery_started()


async def test_without_a_lane_that_wants_records_nothing_is_fetched(stream: Stream) -> None:
    assert await stream.fetch() == {}
    assert stream.broker.asked == []


async def test_only_partitions_whose_lanes_want_records_are_fetched(stream: Stream) -> None:
    stream.lanes.wants = {SOURCE}
    stream.broker.chunks = {SOURCE: [Record(0, b"k", b"v")], OTHER: [Record(0, b"k", b"v")]}
    assert await stream.fetch() == {SOURCE: [Record(0, b"k", b"v")]}
    assert stream.broker.asked == [{SOURCE}]


async def test_records_that_arrive_after_a_rebalance_began_are_dropped(stream: Stream) -> None:
    stream.lanes.wants = {SOURCE}
    stream.broker.chunks = {SOURCE: [Record(0, b"k", b"v")]}
    fetched = stream.broker.getmany

    async def late(wanted: frozenset[TP], timeout: float) -> Mapping[TP, list[Record]]:  # noqa: ASYNC109
        stream.app.rebalancing = True
        return await fetched(wanted, timeout)

    thread: Any = stream.consumer._thread
    thread.getmany = late
    assert await stream.fetch() == {}


async def test_where_nothing_was_committed_a_partition_is_read_again_from_its_beginning(stream: Stream) -> None:
    stream.broker.at = {SOURCE: 4, OTHER: 9, CHANGELOG: 7}  # where a fetch that was dropped has left them
    stream.broker.committed = {SOURCE: None, OTHER: 6, CHANGELOG: None}
    await stream.consumer.perform_seek()
    assert stream.broker.at == {SOURCE: 0, OTHER: 6, CHANGELOG: 7}  # recovery knows where changelogs are read from


@pytest.mark.parametrize("tp", [SOURCE, CHANGELOG], ids=["source", "changelog"])
async def test_positions_are_set_once_the_fetch_that_is_under_way_has_come_back(stream: Stream, tp: TP) -> None:
    stream.lanes.wants = {SOURCE}
    stream.broker.committed = {SOURCE: 3}
    stream.broker.at = {tp: 3}
    if tp == CHANGELOG:
        recover(stream, {CHANGELOG: 9})
    began, records = asyncio.Event(), asyncio.Event()

    async def spanning(wanted: frozenset[TP], timeout: float) -> Mapping[TP, list[Record]]:  # noqa: ASYNC109
        began.set()
        await records.wait()
        stream.broker.at[tp] = 8
        return {tp: [Record(7, b"k", b"v")]}

    thread: Any = stream.consumer._thread
    thread.getmany = spanning
    fetch = asyncio.create_task(stream.fetch())
    await began.wait()
    stream.app.consumer_generation_id += 1
    consumer = stream.consumer
    seek = asyncio.create_task(consumer.perform_seek() if tp == SOURCE else consumer.seek_wait({CHANGELOG: 3}))
    await asyncio.sleep(0)
    records.set()
    await seek
    assert await fetch == {}
    assert stream.broker.at == {tp: 3}
    assert table_state(stream) == {}


async def test_a_chunk_becomes_one_message_with_the_records_as_they_are(stream: Stream) -> None:
    stream.lanes.wants = {SOURCE}
    chunk = [Typed(4, b"a", b"1"), Typed(9, b"b", b"2")]
    stream.broker.chunks = {SOURCE: cast("list[Record]", chunk)}
    stream.consumer._set_active_tps({SOURCE})
    ((tp, message),) = [each async for each in stream.consumer.getmany(0.01)]
    assert tp == SOURCE
    assert message.value is cast(Any, chunk)
    assert (message.offset, message.generation_id) == (9, 5)


class Typed(Record):
    """A record with aiokafka's timestamp type."""

    timestamp_type = 0


async def test_recovery_applies_raw_records_and_ends_at_the_position_though_a_marker_is_the_last_offset(
    stream: Stream,
) -> None:
    recover(stream, {CHANGELOG: 4})  # three records and the marker of their transaction
    stream.broker.chunks = {CHANGELOG: [Record(0, b"a", b"1"), Record(1, b"b", b""), Record(2, b"a", None)]}
    stream.broker.at = {CHANGELOG: 4}
    assert await stream.fetch() == {}
    assert stream.app.recovery.in_recovery is False
    assert stream.app.recovery.signal_recovery_end.is_set()
    assert table_state(stream) == {b"b": b""}


async def test_recovery_goes_on_until_every_changelog_is_read_and_fetches_nothing_else_meanwhile(
    stream: Stream,
) -> None:
    second = TP("app-quality-changelog", 1)
    recover(stream, {CHANGELOG: 1, second: 2})
    stream.lanes.wants = {SOURCE}
    active = {SOURCE, CHANGELOG, second}
    stream.broker.chunks = {CHANGELOG: [Record(0, b"a", b"1")], SOURCE: [Record(0, b"k", b"v")]}
    stream.broker.at = {CHANGELOG: 1, second: 0}
    await stream.consumer._getmany(active, 0.01)
    assert stream.app.recovery.reading() == {CHANGELOG, second}
    stream.broker.at[second] = 2  # compaction removed its records: only the position says that they are behind us
    await stream.consumer._getmany(active, 0.01)
    assert stream.app.recovery.reading() == frozenset()
    assert stream.broker.asked == [{CHANGELOG, second}] * 2


async def test_a_lost_partition_takes_its_records_along_and_a_kept_one_keeps_them(stream: Stream) -> None:
    recover(stream, {CHANGELOG: 1})
    stream.broker.chunks = {CHANGELOG: [Record(0, b"a", b"1")]}
    stream.broker.at = {CHANGELOG: 1}
    await stream.fetch()
    table: Any = stream.app.tables["tasks"]
    await table.on_rebalance({CHANGELOG}, set(), set())
    assert table_state(stream) == {b"a": b"1"}
    await table.on_rebalance(set(), {CHANGELOG}, set())
    assert table_state(stream) == {}


async def test_a_unit_that_is_durable_spares_the_next_recovery_its_records(stream: Stream) -> None:
    recover(stream, {CHANGELOG: 1})
    stream.app.recovery.advance(CHANGELOG, 8)
    stream.app.recovery.advance(CHANGELOG, 6)
    assert stream.app.recovery.active_offsets[CHANGELOG] == 7


async def test_only_what_lanes_made_durable_is_committed_whatever_agents_acknowledged(stream: Stream) -> None:
    assert list(stream.consumer._filter_tps_with_pending_acks()) == []
    stream.consumer.durable(SOURCE, 12)
    stream.consumer.durable(SOURCE, 20)
    assert list(stream.consumer._filter_tps_with_pending_acks()) == [SOURCE]
    assert stream.consumer._filter_committable_offsets([SOURCE]) == {SOURCE: 20}
    stream.consumer.forget()
    assert list(stream.consumer._filter_tps_with_pending_acks()) == []


async def test_a_partition_of_a_former_generation_is_not_ours(stream: Stream) -> None:
    assert await stream.consumer.still_ours(SOURCE, 5, 0, 60.0)
    assert not await stream.consumer.still_ours(SOURCE, 4, 0, 60.0)
    stream.app.rebalancing = True
    assert not await stream.consumer.still_ours(SOURCE, 5, 0, 60.0)


@pytest.mark.parametrize("accepted", [True, False])
async def test_after_a_silence_the_broker_is_asked_whether_the_partition_is_still_ours(
    stream: Stream, accepted: bool
) -> None:
    stream.broker.accepts = accepted
    assert await stream.consumer.still_ours(SOURCE, 5, 7, -1.0) is accepted
    assert stream.broker.commits == [{SOURCE: 7}]


async def test_a_table_refuses_writes_that_no_unit_of_work_makes_durable(stream: Stream) -> None:
    table: Any = stream.app.tables["tasks"]
    with pytest.raises(TypeError, match=r"UnitOfWork\.changes"):
        table[b"a"] = b"1"


def test_another_version_of_a_library_is_refused_with_what_to_install() -> None:
    with pytest.raises(ImportError, match=r"aiokafka is .*, expected 0\.1.*pip install aiokafka==0\.1"):
        require_versions({"aiokafka": "0.1"})


def table_state(stream: Stream) -> dict[bytes, bytes]:
    table: Any = stream.app.tables["tasks"]
    state: dict[bytes, bytes] = table.partition(1)
    return state
