"""From Kafka into the read model, through outages: real consumer groups on the embedded broker, real Redis kills."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from structlog.testing import capture_logs

from streams.adapters.embedded_broker import EmbeddedBroker
from streams.adapters.kafka.group import GroupReader
from streams.adapters.kafka.topics import create
from streams.adapters.redis_model import Projector, ReadModel, translators
from streams.config import WorkerConfig
from streams.demo.fake_redis import FakeRedis
from streams.quality import STORED_FORM, ProjectRecord, ProjectSums, encode, project_key
from tests.contract.outputs import alert, decision, fact, facts
from tests.contract.redis_server import BINARY, RedisServer

PATIENCE_SECONDS = 20.0


@pytest.fixture(scope="module")
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    if BINARY is None and "CI" not in os.environ:
        pytest.skip("redis-server is not installed; in CI (variable CI set) it must be")
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


class Deployment:
    """Topics of their own on the broker, a producer, and any number of projectors into one Redis."""

    def __init__(self, broker: str, redis_url: str) -> None:
        name = uuid4().hex[:8]
        self.config = WorkerConfig(broker=broker, app_id=f"app-{name}", topic_prefix=f"{name}.", partitions=2)
        self.model = ReadModel.connect(redis_url)
        self.gauges: dict[str, float] = {}
        self._changelog = f"{self.config.app_id}-quality-changelog"
        self._producer = AIOKafkaProducer(bootstrap_servers=broker)
        self._running: list[tuple[asyncio.Task[None], GroupReader]] = []

    async def start(self) -> None:
        await create(self.config)
        await self._producer.start()

    async def send(self, topic: str, *values: bytes, partition: int = 0, key: bytes = b"street") -> None:
        for value in values:
            await self._producer.send(self.config.topic(topic), value, key, partition)
        await self._producer.flush()

    async def send_figures(self, answers: int) -> None:
        record = encode(ProjectRecord(STORED_FORM, "street", ProjectSums(answers=answers)))
        await self._producer.send_and_wait(self._changelog, record, project_key("street"), 0)

    async def project(self) -> None:
        """Run one more projector."""
        translate = translators(self.config.topic, self._changelog)
        reader = GroupReader(
            self.config.broker, f"{self.config.app_id}-read-model", translate,
            session_timeout_seconds=2, rebalance_timeout_seconds=1,
        )  # fmt: skip
        await reader.start()
        projector = Projector(
            reader, self.model, translate, lambda name, _, value: self.gauges.update({name: value}),
            interval_seconds=0.01, check_seconds=0.2, backoff_seconds=(0.05, 0.2),
        )  # fmt: skip
        self._running.append((asyncio.create_task(projector.run()), reader))

    async def stop_one(self) -> None:
        task, reader = self._running.pop(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await reader.stop()

    async def stop(self) -> None:
        while self._running:
            await self.stop_one()
        await self._producer.stop()
        await self.model.close()

    async def tasks(self) -> list[str]:
        return sorted(d["task_id"] for d in await self.model.decisions("street", 1_000))


@pytest.fixture
async def deployment(broker: EmbeddedBroker, redis: RedisServer) -> AsyncIterator[Deployment]:
    deployment = Deployment(broker.address, redis.url)
    await deployment.start()
    yield deployment
    await deployment.stop()


async def until(what: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await what():  # noqa: ASYNC110 - what is waited for is in Redis
            await asyncio.sleep(0.02)


async def shows(deployment: Deployment, *tasks: str) -> None:
    async def check() -> bool:
        return await deployment.tasks() == sorted(tasks)

    await until(check)


async def gauge_is(deployment: Deployment, name: str, value: float) -> None:
    async def check() -> bool:
        return deployment.gauges.get(name) == value

    await until(check)


async def test_all_outputs_of_the_stream_are_shown(broker: EmbeddedBroker) -> None:
    with FakeRedis() as redis:
        deployment = Deployment(broker.address, redis.url)
        await deployment.start()
        await deployment.send("task-agreement", decision("a"), b"not a decision", decision("b", second=1))
        await deployment.send("task-disagreement", decision("c", second=2, passed=False), partition=1)
        await deployment.send("quality-facts", facts(fact(1, "d", "waiting")))
        await deployment.send("quality-alerts", alert("x", "raised"))
        await deployment.send_figures(7)
        with capture_logs() as logs:
            await deployment.project()
            await shows(deployment, "a", "b", "c")

            async def rest_is_shown() -> bool:
                overview = await deployment.model.overview("street") or {}
                open_tasks = await deployment.model.open_tasks("street", "waiting")
                alerts = await deployment.model.alerts("street")
                return (overview.get("answers"), len(open_tasks), len(alerts.open)) == (7, 1, 1)

            await until(rest_is_shown)
            await gauge_is(deployment, "read_model_lag_records", 0)
        assert deployment.gauges["read_model_up"] == 1
        assert [(line["log_level"], line["records"]) for line in logs] == [("warning", 1)]
        await deployment.stop()


async def test_a_redis_that_was_away_is_caught_up_and_the_log_says_it_twice(
    deployment: Deployment, redis: RedisServer
) -> None:
    await deployment.send("task-agreement", decision("a"))
    with capture_logs() as logs:
        await deployment.project()
        await shows(deployment, "a")
        redis.kill()
        await deployment.send("task-agreement", decision("b", second=1))
        await gauge_is(deployment, "read_model_up", 0)
        await asyncio.sleep(0.5)  # several attempts
        redis.start()
        await shows(deployment, "a", "b")
    assert deployment.gauges["read_model_up"] == 1
    assert [line["event"] for line in logs] == [
        "read model is down; the stream goes on, and the model catches up after",
        "read model is back, catching up",
    ]


async def test_a_redis_that_comes_back_empty_is_filled_again_although_nothing_new_arrives(
    deployment: Deployment, redis: RedisServer
) -> None:
    await deployment.send("task-agreement", decision("a"), decision("a", second=5, revision=2))
    await deployment.send("task-disagreement", decision("b", passed=False), partition=1)
    await deployment.send("quality-facts", facts(fact(1, "d", "waiting")), facts(fact(2, "d", "agreed")))
    await deployment.project()
    await shows(deployment, "a", "b")
    redis.kill(lose_data=True)
    redis.start()
    await shows(deployment, "a", "b")
    found = await deployment.model.decision("street", "a")
    assert found is not None
    assert found["revision"] == 2
    assert await deployment.model.open_tasks("street", "waiting") == []


async def test_a_redis_that_comes_back_with_an_older_snapshot_is_brought_up_to_date(
    deployment: Deployment, redis: RedisServer
) -> None:
    await deployment.send("quality-facts", facts(fact(1, "a", "waiting")), facts(fact(2, "b", "waiting")))
    await deployment.send("task-agreement", decision("x"))
    await deployment.project()
    await shows(deployment, "x")
    redis.save()
    await deployment.send("quality-facts", facts(fact(3, "a", "agreed")))
    await deployment.send("task-agreement", decision("a", second=1))
    await shows(deployment, "a", "x")
    redis.kill()
    redis.start()
    await shows(deployment, "a", "x")

    async def only_b_waits() -> bool:
        return [t.task_id for t in await deployment.model.open_tasks("street", "waiting")] == ["b"]

    await until(only_b_waits)


async def test_another_member_of_the_group_goes_on_where_one_has_stopped(deployment: Deployment) -> None:
    await deployment.send("task-agreement", decision("a"))
    await deployment.project()
    await shows(deployment, "a")
    await deployment.stop_one()
    await deployment.send("task-agreement", decision("b"))
    await deployment.project()
    await shows(deployment, "a", "b")


async def test_two_members_share_the_partitions_and_together_show_everything(deployment: Deployment) -> None:
    await deployment.project()
    await deployment.project()
    for number in range(20):
        await deployment.send("task-agreement", decision(f"t-{number}", second=number), partition=number % 2)
        await asyncio.sleep(0.05)  # through the rebalance that the second one causes
    await shows(deployment, *(f"t-{number}" for number in range(20)))
