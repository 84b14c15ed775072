"""Reading topics outside the consumer group: compacted topics into memory, and any topic for a person or a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.adapters.kafka.connection import connect, partition_counts
from streams.adapters.kafka.offsets import end_offsets
from streams.errors import ConfigurationError

__all__ = ["CompactedReader", "consume"]


class CompactedReader:
    """Reads a compacted topic from its beginning to its end, then keeps following.

    Args:
        broker: bootstrap servers.
        topic: the deployed name.
        on_record: called with key and value of each record, in order; a value of none deletes.

    Attributes:
        ready: set when everything that was there at the start has been handed over.
    """

    def __init__(self, broker: str, topic: str, on_record: Callable[[bytes | None, bytes | None], None]) -> None:
        self._broker = broker
        self._topic = topic
        self._on_record = on_record
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled.

        Raises:
            ConfigurationError: the topic is not there.
        """
        consumer = _consumer(self._broker)
        await consumer.start()
        try:
            partitions = await _assign(consumer, self._broker, [self._topic])
            await consumer.seek_to_beginning(*partitions)
            ends = await end_offsets(self._broker, [(p.topic, p.partition) for p in partitions])
            while True:
                if not self.ready.is_set() and await _reached(consumer, ends):
                    self.ready.set()
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        self._on_record(record.key, record.value)
        finally:
            await consumer.stop()


async def consume(
    broker: str,
    topics: Collection[str],
    *,
    start: Literal["beginning", "end"] = "beginning",
    follow: bool = False,
    committed_only: bool = True,
) -> AsyncIterator[Any]:
    """The records of topics as aiokafka's `ConsumerRecord`s, without a consumer group, in offset order per partition.

    Args:
        broker: bootstrap servers.
        topics: deployed names.
        start: where to begin; `end` is only useful with `follow`.
        follow: go on with what comes; otherwise stop at the ends that the partitions have when it is called.
        committed_only: leave out the records of transactions that are open or aborted.

    Raises:
        ConfigurationError: a topic is not there.
    """
    consumer = _consumer(broker, "read_committed" if committed_only else "read_uncommitted")
    await consumer.start()
    try:
        partitions = await _assign(consumer, broker, topics)
        ends = await end_offsets(broker, [(p.topic, p.partition) for p in partitions])
        if start == "end":
            for partition in partitions:
                consumer.seek(partition, ends[partition.topic, partition.partition])
        else:
            await consumer.seek_to_beginning(*partitions)
        while follow or not await _reached(consumer, ends):
            for records in (await consumer.getmany(timeout_ms=100)).values():
                for record in records:
                    yield record
    finally:
        await consumer.stop()


def _consumer(broker: str, isolation: str = "read_committed") -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=broker, enable_auto_commit=False, isolation_level=isolation, fetch_max_wait_ms=50,
        auto_offset_reset="earliest",
    )  # fmt: skip


async def _assign(consumer: AIOKafkaConsumer, broker: str, topics: Collection[str]) -> list[TopicPartition]:
    client = await connect(broker)
    try:
        counts = await partition_counts(client)
    finally:
        await client.close()
    if missing := sorted(set(topics) - counts.keys()):
        raise ConfigurationError(
            [f"topic {name} does not exist: run `labelquorum topics create`" for name in missing], "Topics are missing"
        )
    partitions = [TopicPartition(t, p) for t in sorted(topics) for p in range(counts[t])]
    consumer.assign(partitions)
    return partitions


async def _reached(consumer: AIOKafkaConsumer, ends: dict[tuple[str, int], int]) -> bool:
    # Position, not the last record's offset: a transaction ends with a marker that no consumer is ever given.
    for (topic, partition), end in ends.items():
        if await consumer.position(TopicPartition(topic, partition)) < end:
            return False
    return True
