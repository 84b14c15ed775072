"""Faust's Kafka transport, handing agents whole chunks of one partition instead of single records.

Faust keeps group membership, assignment, tables, recovery, flow control and the commit timer. Five things are ours:

* A Faust message is a chunk: everything that one fetch brought of one partition, as aiokafka's records, undecoded.
  Faust's machinery costs 350 µs a message; spread over a chunk that is nothing.
* A source partition is fetched only while its lane wants records. That is the back-pressure, and it closes the gap in
  which stock Faust, between resuming the partitions and seeking to the committed offsets, processes records twice or
  never (faust-streaming issue 596): lanes are opened after the seek.
* Changelog chunks go straight to the recovery.
* Positions are set while no fetch is under way, and always: a fetch that spans a rebalance takes records of the new
  assignment and drops them as stale; stock Faust does not wait for it, and leaves a partition of which nothing has been
  committed where that fetch has left it.
* What is committed is what lanes have made durable, in order, not what agents have acknowledged: stock Faust
  acknowledges an event whose processing raised, and commits past events still in flight (issue 606).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.adapters.kafka.offsets import CommitFailedError, end_offsets

if TYPE_CHECKING:
    from streams.adapters.faust_app.app import StreamApp

__all__ = ["ChunkConsumer", "ChunkSchema", "ChunkTransport"]

FETCH_WAIT_MS = 20
"""How long the broker holds a fetch that finds nothing. Faust's 1,500 ms is felt: a partition whose last records were
still unread when a fetch went out is not part of that fetch, and waits for it to come back."""

_PATIENCE_SECONDS = 0.25
"""A fetch waits for records at most so long, and a rebalance for the fetch. Faust's second is felt there."""

_IDLE_SECONDS = 0.01
_RECOVERY_POLL_SECONDS = 0.05
"""A fetch that brings only transaction markers returns nothing until its timeout, and the position is read after it."""


class ChunkThread(driver.AIOKafkaConsumerThread):
    """The thread that aiokafka's consumer lives in."""

    def _create_worker_consumer(self, transport: driver.Transport) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Faust hard-codes the first, and ties the second to its own kind of transactions. Both are read at start.
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._isolation_level = "read_committed"
        return consumer

    async def positions(self, partitions: Sequence[TP]) -> dict[TP, int]:
        """The offset that each partition is read at next."""
        return cast("dict[TP, int]", await self.call_thread(self._positions, partitions))

    async def _positions(self, partitions: Sequence[TP]) -> dict[TP, int]:
        consumer = self._ensure_consumer()
        return {tp: await consumer.position(tp) for tp in partitions}

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        # Stock Faust looks for words in the error that are not there, and crashes where the group has moved on.
        assigned = self.assignment()
        mine = {driver.ensure_aiokafka_TP(tp): offset for tp, offset in offsets.items() if tp in assigned}
        try:
            await self._ensure_consumer().commit(mine)
        except CommitFailedError:
            return False
        return bool(mine)


class ChunkConsumer(driver.Consumer):
    """See the module."""

    app: StreamApp
    _thread: ChunkThread  # the base class knows it by its own type

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._durable: dict[TP, int] = {}
        self._confirmed_at = time.monotonic()
        self._fetching = asyncio.Lock()
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> ChunkThread:
        return ChunkThread(self, loop=self.loop, beacon=self.beacon)

    # ---- fetching

    async def _getmany(  # Faust's signature
        self,
        active_partitions: set[TP] | None,
        timeout: float,  # noqa: ASYNC109
    ) -> Mapping[TP, list[Any]]:
        recovery = self.app.recovery
        if changelogs := recovery.reading() & frozenset(active_partitions or ()):
            return await self._read_changelogs(changelogs)
        wanted = self.app.lanes.wanted() & frozenset(active_partitions or ())
        if not wanted:  # an empty set would mean "all"
            await asyncio.sleep(_IDLE_SECONDS)
            return {}
        generation = self.app.consumer_generation_id
        # A lane that is full now is not part of this fetch, so it must not wait for it long.
        patience = min(timeout, _PATIENCE_SECONDS) if len(wanted) == self.app.lanes.count else _IDLE_SECONDS
        async with self._fetching:
            records = await super()._getmany(cast("set[TP]", wanted), patience)
        stale = self.app.rebalancing or self.app.consumer_generation_id != generation
        return {} if stale else records

    async def perform_seek(self) -> None:
        """Set all positions to what is committed. What a fetch of the former assignment took is then read again."""
        async with self._fetching:
            await super().perform_seek()

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """As `perform_seek`, for the changelogs: recovery says where each is read from."""
        async with self._fetching:
            await super().seek_wait(partitions)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """The committed offsets. A source partition that has none is read from its beginning."""
        committed = await super().seek_to_committed()
        fresh = [tp for tp, offset in committed.items() if not offset and tp.topic in self.app.agent_of]
        if fresh:
            await self._thread.seek_to_beginning(*fresh)
        return committed

    async def _read_changelogs(self, changelogs: frozenset[TP]) -> Mapping[TP, list[Any]]:
        recovery = self.app.recovery
        generation = self.app.consumer_generation_id
        async with self._fetching:
            chunks = await super()._getmany(cast("set[TP]", changelogs), _RECOVERY_POLL_SECONDS)
            positions = await self._thread.positions(sorted(changelogs))
        if self.app.consumer_generation_id == generation and recovery.reading() >= changelogs and self.flow_active:
            recovery.read(chunks, positions)
        return {}

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:  # noqa: ASYNC109 - Faust's
        """One message per fetched partition; its value is the list of records."""
        chunks, _ = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        for (topic, partition), records in (chunks or {}).items():
            # Chunks that are dropped here are fetched again: a stop of the flow is followed by a new assignment.
            if self.should_stop or not self.flow_active or self.app.consumer_generation_id != generation:
                return
            tp = TP(topic, partition)
            yield tp, self._chunk_message(tp, records, generation)

    def _chunk_message(self, tp: TP, records: list[Any], generation: int) -> ConsumerMessage:
        last = records[-1]
        value: Any = records  # a chunk where Faust has bytes; ChunkSchema knows
        return ConsumerMessage(
            tp.topic, tp.partition, last.offset, last.timestamp / 1000, last.timestamp_type, [],
            None, value, None, 0, 0, tp, generation_id=generation,
        )  # fmt: skip

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Gaps do not matter: compaction and transactions leave them, and commits do not count records."""

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """Where changelogs end. A former owner's open transaction counts until it is ended: it may yet commit."""
        ends = await end_offsets(self.app.bootstrap, partitions)
        return {TP(*tp): end for tp, end in ends.items()}

    async def backlog(self, partitions: Sequence[TP]) -> dict[TP, int]:
        """Records of these partitions that the broker has and we have not fetched."""
        positions = await self._thread.positions(partitions)
        return {tp: max((self.highwater(tp) or position) - position, 0) for tp, position in positions.items()}

    # ---- committing

    def durable(self, tp: TP, next_offset: int) -> None:
        """A lane has made everything before `next_offset` durable; Faust's commit timer takes it from here."""
        self._durable[tp] = next_offset

    def forget(self) -> None:
        """All partitions are given up."""
        self._durable.clear()

    async def still_ours(self, tp: TP, generation: int, durable_offset: int, patience_seconds: float) -> bool:
        """Whether the group still counts this partition as ours.

        The broker has confirmed it within `patience_seconds`, by accepting a commit; if that is longer ago (a process
        that was suspended does not know that it lost its partitions), it is asked: by committing `durable_offset`,
        before which everything is durable. A broker refuses the commit of a member that it has given up.
        """
        if self.app.rebalancing or self.app.consumer_generation_id != generation:
            return False
        if time.monotonic() - self._confirmed_at > patience_seconds:
            return await self._commit({tp: durable_offset})
        return True

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        accepted = await super()._commit(offsets)
        if accepted:
            self._confirmed_at = time.monotonic()
        return accepted

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return iter(list(self._durable))

    def _new_offset(self, tp: TP) -> int | None:
        return self._durable.get(tp)

    def ack(self, message: Any) -> bool:
        """A chunk has reached its lane. That commits nothing."""
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        return True

    # ---- what we do not want

    async def verify_all_partitions_active(self) -> None:
        """Faust's livelock detector measures its own commits. Ours is the metric `committed_offset` against the lag."""

    async def create_topic(self, topic: str, *args: Any, **kwargs: Any) -> None:
        """Topics are declared by `labelquorum topics create`; stock Faust would warn about each one here."""


class ChunkTransport(driver.Transport):
    """The transport with `ChunkConsumer`."""

    Consumer = ChunkConsumer


class ChunkSchema(faust.Schema[Any, Any]):
    """Decodes nothing: the event's value is the list of records."""

    def compile(
        self,
        app: Any,
        *,
        on_key_decode_error: Callable[..., Any] | None = None,
        on_value_decode_error: Callable[..., Any] | None = None,
        default_propagate: bool = False,
    ) -> Callable[..., Any]:
        """The decode function of a topic."""
        create_event = app.create_event

        async def decode(message: Any, *, propagate: bool = default_propagate) -> Any:
            return create_event(None, message.value, None, message)

        return decode
