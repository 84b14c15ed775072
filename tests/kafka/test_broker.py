"""The client parts on Apache Kafka: what the embedded broker can't show."""

from __future__ import annotations

import uuid

import pytest

from streams.adapters.embedded_broker import EmbeddedBroker
from streams.adapters.kafka import topics
from streams.adapters.kafka.connection import require_transactions
from streams.adapters.kafka.offsets import end_offsets
from streams.adapters.kafka.producer import BatchProducer, Outbound
from streams.adapters.kafka.reader import consume
from streams.config import WorkerConfig
from streams.errors import TransactionsUnavailable
from tests.support.kafka_broker import KafkaBroker
from tests.support.kafka_contract import (
    assert_a_compacted_reader_is_ready_at_the_end_and_follows,
    assert_all_topic_problems_are_listed_at_once,
    assert_ends_are_true,
)

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(60)]


@pytest.fixture
def config(kafka: KafkaBroker) -> WorkerConfig:
    name = uuid.uuid4().hex[:8]
    return WorkerConfig(broker=kafka.address, app_id=name, topic_prefix=f"{name}.", partitions=3)


async def test_topics_are_created_once_and_then_found_as_they_must_be(config: WorkerConfig) -> None:
    assert len(await topics.create(config)) == len(topics.declared(config))
    assert await topics.create(config) == []
    await topics.check(config)


async def test_all_topic_problems_are_listed_at_once_policies_too(config: WorkerConfig) -> None:
    await assert_all_topic_problems_are_listed_at_once(config, policies_are_told=True)


async def test_ends_are_true(config: WorkerConfig) -> None:
    await assert_ends_are_true(config)


async def test_a_compacted_reader_is_ready_at_the_end_and_follows(config: WorkerConfig) -> None:
    await assert_a_compacted_reader_is_ready_at_the_end_and_follows(config)


async def test_transactions_are_found_here_and_missed_on_the_embedded_broker(
    config: WorkerConfig, embedded: EmbeddedBroker
) -> None:
    await require_transactions(config)
    with pytest.raises(TransactionsUnavailable, match="--delivery at-least-once"):
        await require_transactions(WorkerConfig(broker=embedded.address, app_id="probe"))


async def test_taking_a_transactional_id_over_ends_what_was_open_and_fences_whoever_had_it(
    config: WorkerConfig,
) -> None:
    await topics.create(config)
    topic = config.topic("task-review")
    former, owner = (BatchProducer(config.broker, [topic], f"{config.app_id}-annotation-events-0") for _ in "ab")
    await former.start()
    await former.begin()
    for future in await former.send(topic, 0, [Outbound(b"k", b"left open")]):
        await future
    await owner.start()
    # The open transaction's record and its abort marker: both count, neither is shown.
    assert await end_offsets(config.broker, [(topic, 0)]) == {(topic, 0): 2}
    assert [record async for record in consume(config.broker, [topic])] == []
    assert [r.value async for r in consume(config.broker, [topic], committed_only=False)] == [b"left open"]
    with pytest.raises(Exception, match=r"(?i)fenced|epoch"):
        await former.commit()
    await owner.begin()
    for future in await owner.send(topic, 0, [Outbound(b"k", b"committed")]):
        await future
    await owner.commit()
    assert [record.value async for record in consume(config.broker, [topic])] == [b"committed"]
    await owner.stop()
    await former.stop()
