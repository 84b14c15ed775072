"""From Kafka into the read model, through outages: real consumer groups on the embedded broker, real Redis kills."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from streams.adapters.embedded_broker import EmbeddedBroker
from streams.demo.fake_redis import FakeRedis
from tests.contract.deployment import Deployment, gauge_is, shows, until
from tests.contract.outputs import alert, decision, fact, facts
from tests.contract.redis_server import BINARY, RedisServer


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


@pytest.fixture
async def deployment(broker: EmbeddedBroker, redis: RedisServer) -> AsyncIterator[Deployment]:
    deployment = Deployment(broker.address, redis.url)
    await deployment.start()
    yield deployment
    await deployment.stop()


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
