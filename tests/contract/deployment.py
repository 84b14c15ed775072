"""A deployment's outputs on a broker, and projectors that show them in a Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from streams.adapters.kafka.group import GroupReader
from streams.adapters.kafka.topics import changelog, create
from streams.adapters.redis_model import Projector, ReadModel, translators
from streams.config import WorkerConfig
from streams.quality import STORED_FORM, ProjectRecord, ProjectSums, encode, project_key

PATIENCE_SECONDS = 20.0


class Deployment:
    """Topics of their own on the broker, a producer, and any number of projectors into one Redis."""

    def __init__(self, broker: str, redis_url: str) -> None:
        name = uuid4().hex[:8]
        self.config = WorkerConfig(broker=broker, app_id=f"app-{name}", topic_prefix=f"{name}.", partitions=2)
        self.model = ReadModel.connect(redis_url)
        self.gauges: dict[str, float] = {}
        self._changelog = changelog(self.config, "quality")
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
