"""The worker as a process, on the embedded broker: from start to exit code."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator

import pytest

from streams.adapters.embedded_broker import EmbeddedBroker, free_port
from streams.adapters.faust_app.worker import _completed
from tests.kafka.harness import ROOT, TOY, Deployment, Workload

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with EmbeddedBroker() as embedded:
        yield embedded.address


async def deploy(broker: str, workload: Workload = TOY, **options: object) -> Deployment:
    # The embedded broker's join waits half the rebalance timeout.
    deployment = Deployment(broker, workload, "at-least-once", **{"rebalance_timeout_seconds": 2, **options})
    await deployment.create()
    return deployment


async def test_outputs_and_state_equal_those_of_the_processor_stepped_directly_across_a_restart(broker: str) -> None:
    deployment = await deploy(broker)
    try:
        worker = deployment.start_worker()
        await deployment.produce(100)
        await deployment.settled(20)
        assert await deployment.stop_worker(worker) == 0
        await deployment.produce(250)  # the first hundred again, and more
        worker = deployment.start_worker()
        found = await deployment.settled(20)
        assert await deployment.stop_worker(worker) == 0
        for agent, (wanted, produced) in found.items():
            assert produced == wanted.outputs
            table = deployment.workload.make()[agent].table
            assert await deployment.state(table) == wanted.state
    finally:
        deployment.kill_all()


async def test_missing_topics_end_the_worker_at_once_with_all_of_them_listed(broker: str) -> None:
    deployment = Deployment(broker, TOY, "at-least-once")
    code, log = await deployment.run_worker_to_its_end()
    assert code == 2
    assert log.count("does not exist: run `labelquorum topics create`") == 12
    assert "Traceback" not in log


async def test_exactly_once_on_a_broker_without_transactions_ends_with_the_setting_to_change(broker: str) -> None:
    deployment = Deployment(broker, TOY, "exactly-once")
    await deployment.create()
    code, log = await deployment.run_worker_to_its_end()
    assert code == 2
    assert "--delivery at-least-once" in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    ("processors", "code", "message"),
    [
        ("exhausted", 3, "too many dead letters: look at the producer"),
        ("unreadable", 2, "state of another form: use another app id"),
    ],
)
async def test_an_error_of_ours_ends_the_worker_with_its_exit_code_and_its_message_once(
    broker: str, processors: str, code: int, message: str
) -> None:
    workload = dataclasses.replace(TOY, processors=f"tests.kafka.toy:{processors}")
    deployment = await deploy(broker, workload)
    await deployment.produce(1)
    ended_with, log = await deployment.run_worker_to_its_end()
    assert ended_with == code
    assert log.count(message) == 1
    assert "Traceback" not in log


class Served:
    """A worker that tells what happens."""

    def __init__(self, deployment: Deployment) -> None:
        self.config = dataclasses.replace(deployment.config, web_port=free_port())
        self.lines: list[str] = []
        self.process: asyncio.subprocess.Process

    async def start(self) -> None:
        configuration = json.dumps(dataclasses.asdict(self.config))
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.kafka.served_worker", configuration, cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def until(self, beginning: str) -> str:
        """The next line with this beginning."""
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            async for raw in self.process.stdout:
                self.lines.append(raw.decode().strip())
                if self.lines[-1].startswith(beginning):
                    return self.lines[-1]
        raise AssertionError(f"ended without {beginning!r}: {self.lines}")

    async def page(self) -> int:
        def get() -> int:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.config.web_port}/readyz", timeout=5) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                with error:
                    return error.code

        return await asyncio.to_thread(get)

    def settings_are_there(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")


@pytest.fixture
async def served(broker: str) -> AsyncIterator[tuple[Deployment, Served]]:
    deployment = await deploy(broker, tick_seconds=1)
    worker = Served(deployment)
    await worker.start()
    yield deployment, worker
    if worker.process.returncode is None:
        worker.process.kill()
    await worker.process.communicate()


async def test_lanes_wait_for_companions_and_readiness_follows_then_quiet_partitions_are_ticked(
    served: tuple[Deployment, Served],
) -> None:
    deployment, worker = served
    await deployment.produce(1)
    await worker.until("recovered")
    assert await worker.page() == 503
    await asyncio.sleep(0.3)
    worker.settings_are_there()
    await worker.until("assigned watch [0, 1, 2, 3]")
    assert worker.lines == ["recovered", "settings", "assigned settle [0, 1, 2, 3]", "assigned watch [0, 1, 2, 3]"]
    assert (await worker.until("unit settle")).endswith(" 3 {'task-agreement': 1, 'quality-facts': 1}")
    assert await worker.page() == 200
    # Ticks have no key and produce nothing; all four partitions get theirs, the one with the task too.
    ticked = {(await worker.until("unit settle")).split()[2] for _ in range(8)}
    assert ticked == {"0", "1", "2", "3"}
    worker.process.send_signal(signal.SIGTERM)
    await worker.until("revoked watch [0, 1, 2, 3]")
    assert await worker.process.wait() == 0


def test_a_signal_while_the_broker_is_being_verified_ends_the_verification() -> None:
    async def verification() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(30)

    async def nothing() -> None: ...

    loop = asyncio.new_event_loop()
    try:
        assert _completed(loop, verification()) is False
        assert _completed(loop, nothing()) is True
    finally:
        loop.close()
