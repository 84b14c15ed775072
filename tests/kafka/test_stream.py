"""The whole stream on Apache Kafka, in worker processes: nothing missing, nothing wrong, and how often."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from streams.config import Delivery
from tests.kafka.conftest import Deploy
from tests.kafka.harness import TOY, Deployment
from tests.kafka.real import REAL

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

STEPS = ("begin", "outputs", "state", "offsets", "committed")

both_workloads = pytest.mark.parametrize("workload", [TOY, REAL], ids=lambda workload: workload.name)

deliveries = pytest.mark.parametrize("delivery", ["exactly-once", "at-least-once"])


@asynccontextmanager
async def feeding(deployment: Deployment) -> AsyncIterator[None]:
    """Events come all the while."""
    enough = asyncio.Event()
    feed = asyncio.create_task(deployment.produce(100_000, per_second=600, until=enough))
    yield
    enough.set()
    await feed


async def assert_every_output_exactly_once(deployment: Deployment) -> None:
    for wanted, produced in (await deployment.settled()).values():
        assert produced == wanted.outputs
    await assert_state_exact(deployment)


async def assert_every_output_at_least_once_and_never_another(deployment: Deployment) -> None:
    # The equality of keys says that a repeated output is a repetition: same topic, key and bytes.
    for wanted, produced in (await deployment.settled()).values():
        assert produced.keys() == wanted.outputs.keys()
    await assert_state_exact(deployment)


async def assert_state_exact(deployment: Deployment) -> None:
    for agent, processor in deployment.workload.make().items():
        wanted = (await deployment.expected(agent)).state
        for _ in range(20):  # outputs are visible before at-least-once has written the state
            if await deployment.state(processor.table) == wanted:
                break
            await asyncio.sleep(0.2)
        assert await deployment.state(processor.table) == wanted


@both_workloads
@deliveries
async def test_outputs_and_state_equal_those_of_the_processor_stepped_directly(
    deploy: Deploy, delivery: Delivery
) -> None:
    deployment = await deploy(delivery)
    worker = deployment.start_worker()
    assert await deployment.produce(1_000) == 3_000
    await assert_every_output_exactly_once(deployment)
    assert await deployment.stop_worker(worker) == 0


@pytest.mark.parametrize("workload", [REAL], ids=["real"])
async def test_killed_ten_times_between_the_steps_a_reader_of_committed_records_sees_every_output_exactly_once(
    deploy: Deploy,
) -> None:
    deployment = await deploy("exactly-once")
    async with feeding(deployment):
        for round_ in range(10):
            worker = deployment.start_worker(STEPS[round_ % 5], 2 + round_)
            assert await deployment.wait_for_exit(worker, 30) == -signal.SIGKILL
    last = deployment.start_worker()
    await assert_every_output_exactly_once(deployment)
    assert await deployment.stop_worker(last) == 0


async def test_at_least_once_killed_at_every_step_repeats_outputs_with_the_same_content_only(deploy: Deploy) -> None:
    deployment = await deploy("at-least-once")
    async with feeding(deployment):
        for round_, step in enumerate(STEPS):
            worker = deployment.start_worker(step, 2 + round_)
            assert await deployment.wait_for_exit(worker, 30) == -signal.SIGKILL
    last = deployment.start_worker()
    await assert_every_output_at_least_once_and_never_another(deployment)
    assert await deployment.stop_worker(last) == 0


@deliveries
async def test_workers_stopped_by_sigterm_and_started_again_lose_and_repeat_nothing(
    deploy: Deploy, delivery: Delivery
) -> None:
    deployment = await deploy(delivery)
    async with feeding(deployment):
        for _ in range(3):
            worker = deployment.start_worker()
            await deployment.members(1)
            await asyncio.sleep(1)
            assert await deployment.stop_worker(worker) == 0
    last = deployment.start_worker()
    await assert_every_output_exactly_once(deployment)
    assert await deployment.stop_worker(last) == 0


@deliveries
async def test_a_second_worker_joins_leaves_joins_and_takes_over_from_a_killed_one(
    deploy: Deploy, delivery: Delivery
) -> None:
    deployment = await deploy(delivery)
    async with feeding(deployment):
        first, second = deployment.start_worker(), deployment.start_worker()
        await deployment.members(2)
        await asyncio.sleep(1)
        assert await deployment.stop_worker(second) == 0
        await deployment.members(1)
        second = deployment.start_worker()
        await deployment.members(2)
        await asyncio.sleep(1)
        first.kill()
        await deployment.members(1)
    if delivery == "exactly-once":
        await assert_every_output_exactly_once(deployment)
    else:
        await assert_every_output_at_least_once_and_never_another(deployment)
    assert await deployment.stop_worker(second) == 0
