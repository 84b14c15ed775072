"""Where a measurement happens: one broker for the whole run, and on it a deployment of its own for each contender."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from streams.adapters.embedded_broker import EmbeddedBroker, free_port
from streams.adapters.kafka import topics
from streams.adapters.kafka.producer import BatchProducer, Outbound
from streams.config import Delivery, WorkerConfig
from tests.bench.programs import Program
from tests.bench.workload import PARTITIONS, Workload
from tests.support.kafka_broker import KAFKA_VERSION, KafkaBroker

__all__ = ["DELIVERIES", "Broker", "Place", "open_broker"]

DELIVERIES: tuple[Delivery, ...] = ("at-least-once", "exactly-once")
_BATCH_BYTES = 256 * 1024
_READY_SECONDS = 60.0


class Broker(NamedTuple):
    """A broker that is up."""

    address: str
    name: str
    deliveries: tuple[Delivery, ...]
    """What it can do."""


@contextmanager
def open_broker(address: str | None) -> Iterator[Broker]:
    """The broker at `address`; none: an Apache Kafka of our own, or where that can't be had, the embedded broker."""
    if address is not None:
        yield Broker(address, f"the broker at {address}", DELIVERIES)
        return
    with ExitStack() as stack:
        try:
            kafka = stack.enter_context(KafkaBroker())
            found = Broker(kafka.address, f"Apache Kafka {KAFKA_VERSION}", DELIVERIES)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            reason = str(error).partition("\n")[0]
            embedded = stack.enter_context(EmbeddedBroker())
            name = f"the embedded broker (at-least-once only), as there is no Apache Kafka here: {reason}"
            found = Broker(embedded.address, name, DELIVERIES[:1])
        yield found


class Place:
    """One deployment: topics with a prefix of their own, and a folder for logs. Use with `with`."""

    def __init__(self, broker: Broker, delivery: Delivery = "at-least-once", settings_file: str = "") -> None:
        name = f"bench-{uuid.uuid4().hex[:8]}"
        self._scratch = tempfile.TemporaryDirectory(prefix="labelquorum-bench-")
        self.folder = Path(self._scratch.name)
        self.config = WorkerConfig(
            broker=broker.address, app_id=name, topic_prefix=f"{name}.", partitions=PARTITIONS, delivery=delivery,
            settings_file=settings_file, web_port=free_port(), session_timeout_seconds=10.0,
            rebalance_timeout_seconds=6.0,
        )  # fmt: skip

    def __enter__(self) -> Place:
        asyncio.run(topics.create(self.config))
        return self

    def __exit__(self, *_: object) -> None:
        self._scratch.cleanup()

    async def produce(self, workload: Workload) -> None:
        """All events, as fast as it goes."""
        records: list[list[Outbound]] = [[] for _ in range(PARTITIONS)]
        for (key, value), partition in zip(workload.events, workload.partitions, strict=True):
            records[partition].append(Outbound(key, value))
        source = self.config.topic("annotation-events")
        producer = BatchProducer(self.config.broker, [source], max_batch_bytes=_BATCH_BYTES)
        await producer.start()
        try:
            for partition, waiting in enumerate(records):
                await asyncio.gather(*await producer.send(source, partition, waiting))
        finally:
            await producer.stop()

    # ---- contenders

    def worker(self) -> Program:
        """Our worker, as `labelquorum worker` starts it."""
        config = self.config
        options = (
            ("broker", config.broker), ("app-id", config.app_id), ("topic-prefix", config.topic_prefix),
            ("partitions", config.partitions), ("delivery", config.delivery), ("web-port", config.web_port),
            ("settings-file", config.settings_file), ("log-level", "warning"),
            ("session-timeout-seconds", config.session_timeout_seconds),
            ("rebalance-timeout-seconds", config.rebalance_timeout_seconds),
        )  # fmt: skip
        return self._program(["streams", "worker", *(f"--{name}={value}" for name, value in options)])

    def bare(self, job: str) -> Program:
        """The bare loop; see `tests.bench.bare`."""
        config = self.config
        return self._program(["tests.bench.bare", config.broker, config.topic_prefix, config.app_id, job], grace=0.5)

    def stock(self, whole: bool) -> Program:
        """The stock pair of agents that does the whole job, or the one that decides; see `tests.bench.stock`."""
        config = self.config
        return self._program(
            ["tests.bench.stock", "worker", "-l", "info", "--without-web"],
            BENCH_BROKER=config.broker, BENCH_PREFIX=config.topic_prefix, BENCH_GROUP=config.app_id,
            BENCH_WHOLE="1" if whole else "",
        )  # fmt: skip

    async def ready(self, worker: Program) -> None:
        """Wait until the worker takes events.

        Raises:
            TimeoutError: it does not.
        """
        async with asyncio.timeout(_READY_SECONDS):
            while not await asyncio.to_thread(self._answers, "/readyz"):
                worker.check()
                await asyncio.sleep(0.2)

    def metric(self, name: str) -> float:
        """The sum of one metric of the worker over its labels; `name` may go on into the labels, as in `x_total{a="b"`.

        Raises:
            OSError: the worker does not answer.
        """
        found = [line for line in self._page("/metrics").splitlines() if line.startswith(name)]
        return sum(float(line.rpartition(" ")[2]) for line in found)

    def _program(self, arguments: Sequence[str], grace: float = 30.0, **environment: str) -> Program:
        return Program(arguments, self.folder / "log", environment=environment, grace_seconds=grace)

    def _page(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.config.web_port}{path}", timeout=10) as answer:
            return str(answer.read().decode())

    def _answers(self, path: str) -> bool:
        try:
            self._page(path)
        except (urllib.error.URLError, OSError):
            return False
        return True
