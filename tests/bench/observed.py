"""What all contenders are judged by: decisions, at the moment a `read_committed` reader gets them."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.config import WorkerConfig
from tests.bench.programs import Program

__all__ = ["DecisionReader", "following"]

_TOPICS = ("task-agreement", "task-disagreement")
_POLL_MS = 20

OnDecisions = Callable[[float, int, list[Any]], None]
"""Told of the time (monotonic seconds), the partition and the records of each chunk."""


@asynccontextmanager
async def following(config: WorkerConfig, on_decisions: OnDecisions) -> AsyncIterator[DecisionReader]:
    """A reader of a deployment's decisions, running beside what the body does."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=config.broker, isolation_level="read_committed", auto_offset_reset="earliest",
        enable_auto_commit=False, fetch_max_wait_ms=_POLL_MS, check_crcs=False,
    )  # fmt: skip
    await consumer.start()
    consumer.assign([TopicPartition(config.topic(t), p) for t in _TOPICS for p in range(config.partitions)])
    reader = DecisionReader(consumer, on_decisions)
    reader.start()
    try:
        yield reader
    finally:
        await reader.stop()


class DecisionReader:
    """Counts decisions; its fingerprint is the same for the same decisions in any order."""

    def __init__(self, consumer: AIOKafkaConsumer, on_decisions: OnDecisions) -> None:
        self.decisions = 0
        self.fingerprint = 0
        self._consumer = consumer
        self._on_decisions = on_decisions
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._consumer.stop()

    async def until(self, decisions: int, program: Program, patience_seconds: float) -> None:
        """Wait for this many in all.

        Raises:
            ProgramEnded: the program that makes them did not live to.
            TimeoutError: none came for `patience_seconds`; says how many had.
        """
        before, waited_since = -1, time.monotonic()
        while self.decisions < decisions:
            if self._task is not None and self._task.done():
                self._task.result()
            program.check()
            if self.decisions != before:
                before, waited_since = self.decisions, time.monotonic()
            if time.monotonic() - waited_since > patience_seconds:
                raise TimeoutError(f"{self.decisions} of {decisions} decisions, then none for {patience_seconds:g} s")
            await asyncio.sleep(0.05)

    async def _run(self) -> None:
        while True:
            chunks = await self._consumer.getmany(timeout_ms=_POLL_MS)
            now = time.monotonic()
            for tp, records in chunks.items():
                self._on_decisions(now, tp.partition, records)
                self.decisions += len(records)
                for record in records:
                    self.fingerprint += zlib.crc32(record.value, zlib.crc32(record.key))
