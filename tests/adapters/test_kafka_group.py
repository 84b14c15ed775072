"""What a member of a group commits, on the embedded broker."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from streams.adapters.embedded_broker import EmbeddedBroker
from streams.adapters.kafka import topics
from streams.adapters.kafka.group import GroupReader
from streams.config import WorkerConfig
from tests.contract.deployment import until


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with EmbeddedBroker() as embedded:
        yield embedded.address


async def test_what_a_rebalance_took_away_is_not_committed_and_is_no_error(broker: str) -> None:
    name = uuid.uuid4().hex[:8]
    config = WorkerConfig(broker=broker, app_id=name, topic_prefix=f"{name}.", partitions=1)
    await topics.create(config)
    read, taken = config.topic("task-agreement"), config.topic("task-review")

    first = await _member(broker, name, read)
    try:
        await first.commit({(taken, 0): 7})
        await first.commit({(read, 0): 0, (taken, 0): 7})
    finally:
        await first.stop()

    second = await _member(broker, name, read, taken)
    try:
        await second.fetch(0.1)
        assert await second.positions() == {(read, 0): 0, (taken, 0): 0}
    finally:
        await second.stop()


async def _member(broker: str, group_id: str, *of: str) -> GroupReader:
    reader = GroupReader(broker, group_id, of, session_timeout_seconds=6.0, rebalance_timeout_seconds=1.0)
    await reader.start()

    async def owns_all() -> bool:
        return len(await reader.positions()) == len(of)

    await until(owns_all)
    return reader
