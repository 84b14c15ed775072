"""Recorded events into a topic, keyed as a producer would key them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from streams.adapters.kafka.producer import BatchProducer, Outbound
from streams.adapters.kafka.topics import check
from streams.config import WorkerConfig

__all__ = ["feed"]

_PORTION = 2_000
"""Records in flight: enough to fill batches, few enough to hold in memory."""


class _Named(msgspec.Struct):
    project_id: str
    task_id: str


async def feed(config: WorkerConfig, lines: Iterable[bytes]) -> int:
    """Produce each line to `annotation-events` under the key of its task; returns how many.

    A line that names no task goes to the first partition without a key, to become a dead letter there.

    Raises:
        ConfigurationError: the broker or its topics are not as they must be.
    """
    await check(config)
    topic = config.topic("annotation-events")
    producer = BatchProducer(config.broker, [topic])
    await producer.start()
    count = 0
    try:
        for portion in _portions(lines):
            by_partition: dict[int, list[Outbound]] = {}
            for line in portion:
                key = _key(line)
                partition = 0 if key is None else await producer.partition(topic, key)
                by_partition.setdefault(partition, []).append(Outbound(key, line))
            sent = [await producer.send(topic, partition, batch) for partition, batch in by_partition.items()]
            await asyncio.gather(*(future for futures in sent for future in futures))
            count += len(portion)
    finally:
        await producer.stop()
    return count


def _portions(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(lines)
    while portion := list(islice(rest, _PORTION)):
        yield portion


_decode = msgspec.json.Decoder(_Named).decode


def _key(line: bytes) -> bytes | None:
    try:
        named = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return f"{named.project_id}/{named.task_id}".encode()
