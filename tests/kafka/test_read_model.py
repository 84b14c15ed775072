"""The read model over transactions, which only Apache Kafka has: nothing aborted is shown, and markers are no lag."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaProducer

from streams.demo.fake_redis import FakeRedis
from tests.contract.deployment import Deployment, gauge_is, shows
from tests.contract.outputs import decision
from tests.support.kafka_broker import KafkaBroker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]


async def test_what_a_transaction_took_back_is_never_shown_and_its_marker_is_no_lag(kafka: KafkaBroker) -> None:
    with FakeRedis() as redis:
        deployment = Deployment(kafka.address, redis.url)
        await deployment.start()
        producer = AIOKafkaProducer(bootstrap_servers=kafka.address, transactional_id=deployment.config.app_id)
        await producer.start()
        topic = deployment.config.topic("task-agreement")
        await deployment.project()
        for number, fate in enumerate(["committed", "aborted", "committed", "aborted"]):
            await producer.begin_transaction()
            await producer.send_and_wait(topic, decision(f"{fate}-{number}", second=number), b"k", 0)
            await (producer.commit_transaction() if fate == "committed" else producer.abort_transaction())
        await shows(deployment, "committed-0", "committed-2")
        await gauge_is(deployment, "read_model_lag_records", 0)

        await deployment.stop_one()  # somebody else goes on behind a marker that nobody was given
        await producer.begin_transaction()
        await producer.send_and_wait(topic, decision("committed-4", second=4), b"k", 0)
        await producer.commit_transaction()
        await deployment.project()
        await shows(deployment, "committed-0", "committed-2", "committed-4")
        await gauge_is(deployment, "read_model_lag_records", 0)
        await producer.stop()
        await deployment.stop()
