"""What must hold on every broker that we run on."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.admin import NewTopic

from streams.adapters.kafka import topics
from streams.adapters.kafka.connection import connect, partition_counts
from streams.adapters.kafka.offsets import end_offsets
from streams.adapters.kafka.producer import BatchProducer, Outbound
from streams.adapters.kafka.reader import CompactedReader, consume
from streams.config import WorkerConfig
from streams.errors import ConfigurationError

__all__ = [
    "assert_a_compacted_reader_is_ready_at_the_end_and_follows",
    "assert_all_topic_problems_are_listed_at_once",
    "assert_ends_are_true",
]


async def assert_all_topic_problems_are_listed_at_once(config: WorkerConfig, *, policies_are_told: bool) -> None:
    """One topic with too few partitions and the wrong policy, all others missing."""
    reviews = config.topic("task-review")
    client = await connect(config.broker)
    try:
        policy = {"cleanup.policy": "compact"}
        await client.create_topics([NewTopic(reviews, config.partitions - 1, 1, topic_configs=policy)])
        while reviews not in await partition_counts(client, usable_only=True):  # noqa: ASYNC110 - only the broker knows
            await asyncio.sleep(0.05)
    finally:
        await client.close()
    with pytest.raises(ConfigurationError) as caught:
        await topics.check(config)
    problems = caught.value.problems
    missing = [problem for problem in problems if "does not exist: run `labelquorum topics create`" in problem]
    assert len(missing) == len(topics.declared(config)) - 1
    assert any(f"{config.app_id}-quality-changelog" in problem for problem in missing)
    wrong = [problem for problem in problems if problem not in missing]
    assert wrong[0].startswith(f"topic {reviews} has {config.partitions - 1} partitions; expected {config.partitions} ")
    if policies_are_told:
        assert f"topic {reviews} has cleanup.policy=compact; expected delete" in wrong[1]
        assert f"topic {reviews} has max.message.bytes=" in wrong[2]


async def assert_ends_are_true(config: WorkerConfig) -> None:
    """Two batches of several records in one partition, none in the other."""
    await topics.create(config)
    topic = config.topic("annotation-events")
    await produce(config, topic, 1, [b"%d" % n for n in range(5)])
    await produce(config, topic, 1, [b"%d" % n for n in range(5, 12)])
    assert await end_offsets(config.broker, [(topic, 1), (topic, 2)]) == {(topic, 1): 12, (topic, 2): 0}
    assert [record.value async for record in consume(config.broker, [topic])] == [b"%d" % n for n in range(12)]


async def assert_a_compacted_reader_is_ready_at_the_end_and_follows(config: WorkerConfig) -> None:
    """What was there is handed over before it is ready, what comes after."""
    await topics.create(config)
    topic = config.topic("project-settings")
    await produce(config, topic, 0, [b"1", b"2", b"3"])
    seen: list[tuple[bytes | None, bytes | None]] = []
    reader = CompactedReader(config.broker, topic, lambda key, value: seen.append((key, value)))
    running = asyncio.create_task(reader.run())
    try:
        async with asyncio.timeout(10):
            await reader.ready.wait()
            assert seen == [(b"k", b"1"), (b"k", b"2"), (b"k", b"3")]
            await produce(config, topic, 0, [b"4"])
            while len(seen) < 4:  # noqa: ASYNC110 - the callback is a plain list
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert seen[-1] == (b"k", b"4")


async def produce(config: WorkerConfig, topic: str, partition: int, values: list[bytes]) -> None:
    """One batch."""
    producer = BatchProducer(config.broker, [topic])
    await producer.start()
    try:
        await asyncio.gather(*await producer.send(topic, partition, [Outbound(b"k", value) for value in values]))
    finally:
        await producer.stop()
