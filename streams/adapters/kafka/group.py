"""A consumer group's member that hands out whole chunks and keeps no secret about where each of them starts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

__all__ = ["Chunk", "GroupReader"]

_POSITION_SECONDS = 1.0
"""For the broker to say what is committed; asked again later."""


class Chunk(NamedTuple):
    """Records of one partition, in offset order."""

    topic: str
    partition: int
    start: int
    """Where reading was asked to begin: a `seek`, or `following` of the chunk before. Not always the first record's
    offset: compacted records and transaction markers are never handed out."""
    following: int
    """One past the last record."""
    records: Sequence[ConsumerRecord[bytes, bytes]]


class GroupReader:
    """Reads committed records of topics as a member of a consumer group; commits only what it is told to.

    Args:
        broker: bootstrap servers, comma-separated.
        group_id: the consumer group.
        topics: deployed names; they must exist.
        max_records: in one `fetch`; what the caller makes of them holds up the event loop in one piece.
        session_timeout_seconds: silent that long, the member loses its partitions.
        rebalance_timeout_seconds: how long a rebalance waits for members. The embedded broker always waits half of it.
    """

    def __init__(
        self,
        broker: str,
        group_id: str,
        topics: Iterable[str],
        *,
        max_records: int = 500,
        session_timeout_seconds: float = 45.0,
        rebalance_timeout_seconds: float = 60.0,
    ) -> None:
        self._topics = list(topics)
        self._max_records = max_records
        self._next: dict[TopicPartition, int] = {}
        self._consumer: AIOKafkaConsumer[bytes, bytes] = AIOKafkaConsumer(
            bootstrap_servers=broker,
            group_id=group_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=int(session_timeout_seconds * 1000),
            heartbeat_interval_ms=int(session_timeout_seconds * 1000 / 10),
            rebalance_timeout_ms=int(rebalance_timeout_seconds * 1000),
        )

    async def start(self) -> None:
        """Connect and join the group. Raises aiokafka's `KafkaError` when the broker can't be reached."""
        self._consumer.subscribe(self._topics, listener=_Forget(self._next))
        try:
            await self._consumer.start()
        except KafkaError:
            await self._consumer.stop()
            raise

    async def stop(self) -> None:
        """Leave the group. Commits nothing. Idempotent."""
        await self._consumer.stop()

    async def fetch(self, timeout_seconds: float) -> list[Chunk]:
        """What has arrived, at most one chunk per partition; waits up to the timeout for the first."""
        fetched = await self._consumer.getmany(timeout_ms=int(timeout_seconds * 1000), max_records=self._max_records)
        chunks = []
        for where, records in fetched.items():
            if records:
                start = self._next.get(where, records[0].offset)
                following = self._next[where] = records[-1].offset + 1
                chunks.append(Chunk(where.topic, where.partition, start, following, records))
        return chunks

    async def positions(self) -> dict[tuple[str, int], int]:
        """Where each owned partition will be read next; one whose committed offset is not known yet is left out."""
        for where in self._consumer.assignment() - self._next.keys():
            with contextlib.suppress(IllegalStateError, TimeoutError):
                async with asyncio.timeout(_POSITION_SECONDS):
                    position = await self._consumer.position(where)
                self._next.setdefault(where, position)
        return {(where.topic, where.partition): offset for where, offset in self._next.items()}

    def seek(self, topic: str, partition: int, offset: int) -> None:
        """Read from `offset` next; from the oldest record where that one is gone. Does nothing when not ours."""
        where = TopicPartition(topic, partition)
        try:
            self._consumer.seek(where, offset)
        except IllegalStateError:
            return
        self._next[where] = offset

    async def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Commit for watchers of lag. No error where a rebalance makes it fail: the next commit says more."""
        ours = self._consumer.assignment()
        commits = {TopicPartition(*where): offset for where, offset in offsets.items()}
        commits = {where: offset for where, offset in commits.items() if where in ours}
        if not commits:  # a rebalance has taken them all; aiokafka takes no empty commit
            return
        with contextlib.suppress(KafkaError):
            await self._consumer.commit(commits)

    async def lag_records(self) -> int:
        """Records that the owned partitions hold beyond what was fetched; partitions not fetched from yet count 0."""
        lag = 0
        for where in self._consumer.assignment() & self._next.keys():
            with contextlib.suppress(IllegalStateError):
                # By the consumer's own position: transaction markers count as records of the partition.
                highwater = self._consumer.highwater(where)
                lag += max((highwater or 0) - await self._consumer.position(where), 0)
        return lag


class _Forget(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka carries no types
    """After a rebalance a partition is read from its committed offset, not from where this member was."""

    def __init__(self, known: dict[TopicPartition, int]) -> None:
        self._known = known

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._known.clear()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._known.clear()
