"""Producing records: whole batches, compressed, with or without a transaction around them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import lru_cache

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from msgspec import Struct

from streams.errors import LabelquorumError

__all__ = ["MAX_BATCH_BYTES", "BatchProducer", "BatchTooLarge", "Outbound", "key_partition"]

MAX_BATCH_BYTES = 15 * 1024 * 1024
"""A record batch before compression. A megabyte below what our topics accept: compression can make one grow."""

_COMPRESSION = "zstd"
"""aiokafka runs lz4 at level 9: 8 µs an event on a unit's records, where zstd takes 1 and makes a third less."""

_RETRY_BACKOFF_MS = 20
"""aiokafka's 100 ms is felt: a transaction that begins right after another is told "not yet" now and then."""

_TRANSACTION_TIMEOUT_MS = 30_000
"""How long a dead worker's open transaction can hold up readers when nobody takes its partitions over."""


class Outbound(Struct, gc=False):
    """A record to be produced to a partition that is known."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class BatchTooLarge(LabelquorumError):
    """Records that must stay together are more than our topics accept as one batch."""


@lru_cache(maxsize=65_536)
def key_partition(key: bytes, partitions: int) -> int:
    """Kafka's default partitioner: where a record with this key goes. Cached, for murmur2 is plain Python here.

    >>> key_partition(b"street/t-17", 12)
    8
    """
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


class BatchProducer:
    """A producer that writes batches whole.

    Args:
        broker: bootstrap servers.
        topics: every deployed topic that will be written to. They are pinned: aiokafka forgets, at its next refresh,
            a topic that it knows from the first metadata only, and then spins on "unknown leader".
        transactional_id: makes it transactional. Starting it fences whoever has the same id, and ends what they left
            open, before `start` returns.
        max_batch_bytes: a batch before compression.
    """

    def __init__(
        self,
        broker: str,
        topics: Iterable[str],
        transactional_id: str | None = None,
        *,
        max_batch_bytes: int = MAX_BATCH_BYTES,
    ) -> None:
        self._topics = sorted(topics)
        self._max_batch_bytes = max_batch_bytes
        options = (
            {"transactional_id": transactional_id, "transaction_timeout_ms": _TRANSACTION_TIMEOUT_MS}
            if transactional_id
            else {}
        )
        self._producer = AIOKafkaProducer(
            bootstrap_servers=broker,
            acks="all",
            retry_backoff_ms=_RETRY_BACKOFF_MS,
            compression_type=_COMPRESSION,
            max_batch_size=max_batch_bytes,
            **options,
        )

    async def start(self) -> None:
        """Connect; a transactional one fences its predecessors. Whatever it raises, nothing is left open."""
        try:
            await self._producer.start()
            await self._producer.client.set_topics(self._topics)
        except BaseException:
            await self._producer.stop()
            raise

    async def stop(self) -> None:
        """Let go. A transaction that is open stays so: the next with the same id aborts it. Idempotent."""
        await self._producer.stop()

    async def partition(self, topic: str, key: bytes) -> int:
        """Where Kafka's default partitioner puts the key."""
        return key_partition(key, len(await self._producer.partitions_for(topic)))

    async def send(
        self, topic: str, partition: int, records: Iterable[Outbound], *, whole: bool = False
    ) -> list[asyncio.Future[object]]:
        """Queue records, in order, in as few batches as they fit; the futures tell when they are acknowledged.

        Args:
            topic: the deployed name.
            partition: of the topic.
            records: any number.
            whole: they must be one batch, which Kafka appends as a whole or not at all.

        A record larger than a batch goes out alone; whether it is too large is for the broker to say.

        Raises:
            BatchTooLarge: with `whole`, they do not fit into one batch. Nothing is sent then.
        """
        futures: list[asyncio.Future[object]] = []
        batch = self._producer.create_batch()
        for record in records:
            headers = list(record.headers)
            if batch.append(key=record.key, value=record.value, timestamp=None, headers=headers) is not None:
                continue
            if whole:
                raise self._too_large(topic)
            futures.append(await self._producer.send_batch(batch, topic, partition=partition))
            batch = self._producer.create_batch()
            batch.append(key=record.key, value=record.value, timestamp=None, headers=headers)
        if batch.record_count():
            batch.close()
            futures.append(await self._producer.send_batch(batch, topic, partition=partition))
        return futures

    async def begin(self) -> None:
        """Open a transaction."""
        await self._producer.begin_transaction()

    async def add_offset(self, group: str, topic: str, partition: int, next_offset: int) -> None:
        """Let the transaction commit a consumer group's offset too."""
        offsets = {TopicPartition(topic, partition): OffsetAndMetadata(next_offset, "")}
        await self._producer.send_offsets_to_transaction(offsets, group)

    async def commit(self) -> None:
        """Commit the transaction. Raises when somebody else has taken over its id."""
        await self._producer.commit_transaction()

    def _too_large(self, topic: str) -> BatchTooLarge:
        return BatchTooLarge(
            f"the records of one unit of work for topic {topic} have to be one batch, and exceed "
            f"{self._max_batch_bytes:,} bytes. Make units of work smaller: lower lane_bytes (LABELQUORUM_LANE_BYTES) "
            "or lane_records (LABELQUORUM_LANE_RECORDS)."
        )
