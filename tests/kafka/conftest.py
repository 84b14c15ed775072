"""One Apache Kafka for all tests of this folder, and a deployment of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from streams.adapters.embedded_broker import EmbeddedBroker
from streams.config import Delivery
from tests.kafka.harness import TOY, Deployment, Workload
from tests.support.kafka_broker import KafkaBroker

Deploy = Callable[..., Awaitable[Deployment]]


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaBroker]:
    """Apache Kafka."""
    with KafkaBroker() as broker:
        yield broker


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedBroker]:
    """The embedded broker."""
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture
def workload() -> Workload:
    """What flows through the stream; a test that wants another parametrizes it."""
    return TOY


@pytest.fixture
async def deploy(kafka: KafkaBroker, workload: Workload) -> AsyncIterator[Deploy]:
    """Makes deployments on Apache Kafka; their workers end with the test."""
    made: list[Deployment] = []

    async def make(delivery: Delivery, **options: Any) -> Deployment:
        deployment = Deployment(kafka.address, workload, delivery, **options)
        made.append(deployment)
        await deployment.create()
        return deployment

    yield make
    for deployment in made:
        deployment.kill_all()
