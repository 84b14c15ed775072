"""Contender: a bare aiokafka loop. Takes a batch, works, produces whole batches, commits once a second.

    python -m tests.bench.bare BROKER TOPIC_PREFIX GROUP whole|decisions|trivial

State is in dicts: no changelog, no recovery, no transactions, nobody to notice a rebalance.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import OffsetAndMetadata

from streams.adapters.kafka.producer import key_partition
from streams.ports import Outgoing
from tests.bench.job import decisions_job, trivial_job, whole_job
from tests.bench.workload import PARTITIONS

__all__: list[str] = []

JOBS = {"whole": whole_job, "decisions": decisions_job, "trivial": trivial_job}
_RECORDS = 4_000
"""Taken at once: what a lane of the worker takes."""
_BATCH_BYTES = 1024 * 1024


async def run(broker: str, prefix: str, group: str, job_name: str) -> None:
    """Until killed."""
    job = JOBS[job_name]()
    sources = ["annotation-events", "quality-facts"] if job_name == "whole" else ["annotation-events"]
    consumer = AIOKafkaConsumer(
        *(prefix + source for source in sources), bootstrap_servers=broker, group_id=group, enable_auto_commit=False,
        auto_offset_reset="earliest", session_timeout_ms=10_000, rebalance_timeout_ms=6_000,
    )  # fmt: skip
    producer = AIOKafkaProducer(
        bootstrap_servers=broker, acks="all", compression_type="lz4", max_batch_size=_BATCH_BYTES
    )
    await producer.start()
    await consumer.start()
    committed_at = time.monotonic()
    done: dict[Any, OffsetAndMetadata] = {}
    while True:
        taken = await consumer.getmany(timeout_ms=200, max_records=_RECORDS)
        sent: list[asyncio.Future[object]] = []
        for tp, records in taken.items():
            outgoing = job(tp.topic.removeprefix(prefix), tp.partition, records)
            sent += await produce(producer, prefix, tp.partition, outgoing)
            done[tp] = OffsetAndMetadata(records[-1].offset + 1, "")
        await asyncio.gather(*sent)
        if done and time.monotonic() - committed_at > 1.0:
            await consumer.commit(done)
            committed_at = time.monotonic()


async def produce(
    producer: AIOKafkaProducer, prefix: str, partition: int, outgoing: Iterable[Outgoing]
) -> list[asyncio.Future[object]]:
    """Queue records in as few batches as they fit."""
    destinations: defaultdict[tuple[str, int], list[Outgoing]] = defaultdict(list)
    for out in outgoing:
        destinations[out.topic, key_partition(out.key, PARTITIONS) if out.partition is None else partition].append(out)
    futures = []
    for (topic, number), records in destinations.items():
        batch = producer.create_batch()
        for out in records:
            if batch.append(key=out.key, value=out.value, timestamp=None, headers=list(out.headers)) is None:
                futures.append(await producer.send_batch(batch, prefix + topic, partition=number))
                batch = producer.create_batch()
                batch.append(key=out.key, value=out.value, timestamp=None, headers=list(out.headers))
        futures.append(await producer.send_batch(batch, prefix + topic, partition=number))
    return futures


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
