"""Producers, topics, offsets and readers, on the embedded broker; on Apache Kafka in `tests/kafka`."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator

import pytest

from streams.adapters.embedded_broker import EmbeddedBroker, free_port
from streams.adapters.kafka import topics
from streams.adapters.kafka.connection import connect, require_transactions
from streams.adapters.kafka.producer import BatchProducer, BatchTooLarge, Outbound, key_partition
from streams.config import WorkerConfig
from streams.errors import ConfigurationError, TransactionsUnavailable
from tests.support.kafka_contract import (
    assert_a_compacted_reader_is_ready_at_the_end_and_follows,
    assert_all_topic_problems_are_listed_at_once,
    assert_ends_are_true,
)


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with EmbeddedBroker() as embedded:
        yield embedded.address


@pytest.fixture
def config(broker: str) -> WorkerConfig:
    name = uuid.uuid4().hex[:8]
    return WorkerConfig(broker=broker, app_id=name, topic_prefix=f"{name}.", partitions=3)


async def test_topics_are_created_once_and_then_found_as_they_must_be(config: WorkerConfig) -> None:
    created = await topics.create(config)
    assert created == sorted(topic.name for topic in topics.declared(config))
    assert f"{config.app_id}-tasks-changelog" in created
    assert await topics.create(config) == []
    await topics.check(config)


async def test_all_topic_problems_are_listed_at_once(config: WorkerConfig) -> None:
    await assert_all_topic_problems_are_listed_at_once(config, policies_are_told=False)


async def test_ends_are_true_though_list_offsets_is_not(config: WorkerConfig) -> None:
    await assert_ends_are_true(config)


async def test_a_compacted_reader_is_ready_at_the_end_and_follows(config: WorkerConfig) -> None:
    await assert_a_compacted_reader_is_ready_at_the_end_and_follows(config)


async def test_a_broker_without_transactions_is_named_with_the_setting_to_change(config: WorkerConfig) -> None:
    with pytest.raises(TransactionsUnavailable, match=r"LABELQUORUM_DELIVERY=at-least-once") as caught:
        await require_transactions(config)
    assert config.broker in str(caught.value)
    assert caught.value.exit_code == 2


async def test_a_broker_that_does_not_answer_is_named_after_a_bounded_time() -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(ConfigurationError, match=rf"no Kafka broker answers at {address} \(waited 0\.3 s\)"):
        await connect(address, patience_seconds=0.3)


async def test_records_that_do_not_fit_one_batch_are_split_or_refused_where_they_must_stay_whole(
    config: WorkerConfig,
) -> None:
    await topics.create(config)
    topic = config.topic("task-review")
    producer = BatchProducer(config.broker, [topic], max_batch_bytes=1_000)
    await producer.start()
    try:
        thirty = [Outbound(b"k%d" % n, b"x" * 100) for n in range(30)]  # some 110 bytes each, so eight in a batch
        futures = await producer.send(topic, 0, thirty)
        await asyncio.gather(*futures)
        assert len(futures) == 4
        with pytest.raises(BatchTooLarge, match="LABELQUORUM_LANE_BYTES"):
            await producer.send(topic, 0, thirty, whole=True)
    finally:
        await producer.stop()


@pytest.mark.parametrize(("key", "hashed"), [(b"21", -973932308), (b"foobar", -790332482)])
def test_keys_go_where_kafkas_default_partitioner_puts_them(key: bytes, hashed: int) -> None:
    # The two hashes are from Apache Kafka's own UtilsTest.testMurmur2; the sign bit is cut off, not the sign.
    assert key_partition(key, 12) == (hashed & 0x7FFFFFFF) % 12
