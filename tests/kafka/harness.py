"""A deployment of its own on a shared broker: topics, events, worker processes, and what should have come out."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka.errors import GroupCoordinatorNotAvailableError

from streams.adapters.faust_app.table import apply_changes
from streams.adapters.kafka import topics
from streams.adapters.kafka.connection import connect
from streams.adapters.kafka.producer import BatchProducer, Outbound, key_partition
from streams.adapters.kafka.reader import consume
from streams.config import Delivery, WorkerConfig
from streams.ports import Processor
from tests.kafka.toy import processors as toy_processors

__all__ = ["TOY", "Deployment", "Outcome", "Workload", "toy_events"]

ROOT = Path(__file__).parents[2]

Produced = tuple[str, bytes | None, bytes | None]
"""Topic without prefix, key, value."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What flows through the stream: the processors, and events for them."""

    name: str
    processors: str
    """`module:function` that makes the processors, by agent; SETTLE is first, WATCH second."""
    events: Callable[[int], Iterator[tuple[bytes, bytes]]]
    """Of a number of tasks: key and value, in the order of production."""
    compared: frozenset[str]
    """Topics whose records do not depend on how records are cut into units."""

    def make(self) -> Mapping[str, Processor]:
        """Fresh processors."""
        module, function = self.processors.split(":")
        made: Mapping[str, Processor] = getattr(__import__(module, fromlist=[function]), function)()
        return made


def toy_events(tasks: int) -> Iterator[tuple[bytes, bytes]]:
    """Three answers a task; the three are far apart, so that state has to last."""
    window = 200
    for first in range(0, tasks, window):
        for answer in range(3):
            for task in range(first, min(first + window, tasks)):
                yield b"p%d/t%d" % (task % 5, task), json.dumps({"answer": answer}).encode()


TOY = Workload(
    "toy", "tests.kafka.toy:processors", toy_events, frozenset({"task-agreement", "quality-facts", "quality-alerts"})
)
assert TOY.make().keys() == toy_processors().keys()


@dataclass(slots=True)
class Outcome:
    """What a processor produces and keeps."""

    outputs: Counter[Produced] = field(default_factory=Counter)
    state: dict[tuple[int, bytes], bytes] = field(default_factory=dict)


class Deployment:
    """One app id, one topic prefix, four partitions.

    Args:
        broker: host:port.
        workload: what flows.
        delivery: the guarantee.
        options: further settings of the worker.
    """

    def __init__(self, broker: str, workload: Workload, delivery: Delivery, **options: Any) -> None:
        name = f"{workload.name}-{uuid.uuid4().hex[:8]}"
        self.workload = workload
        self.config = WorkerConfig(
            broker=broker, app_id=name, topic_prefix=f"{name}.", partitions=4, delivery=delivery,
            **{"session_timeout_seconds": 2, "rebalance_timeout_seconds": 6, "tick_seconds": 3_600, **options},
        )  # fmt: skip
        self.workers: list[subprocess.Popen[bytes]] = []

    async def create(self) -> None:
        """Topics."""
        await topics.create(self.config)

    # ---- events in

    async def produce(self, tasks: int, *, per_second: float | None = None, until: asyncio.Event | None = None) -> int:
        """The events of these many tasks, at a rate if one is given, until an event is set. Returns how many."""
        source = self.config.topic("annotation-events")
        producer = BatchProducer(self.config.broker, [source])
        await producer.start()
        sent, began = 0, time.monotonic()
        try:
            pending: list[asyncio.Future[object]] = []
            batch: defaultdict[int, list[Outbound]] = defaultdict(list)
            for sent, (key, value) in enumerate(self.workload.events(tasks), 1):
                batch[key_partition(key, self.config.partitions)].append(Outbound(key, value))
                if sent % 50 == 0 and per_second is not None:
                    pending += [f for p, r in batch.items() for f in await producer.send(source, p, r)]
                    batch.clear()
                    await asyncio.sleep(max(0.0, sent / per_second - (time.monotonic() - began)))
                    if until is not None and until.is_set():
                        break
            pending += [f for p, r in batch.items() for f in await producer.send(source, p, r)]
            await asyncio.gather(*pending)
        finally:
            await producer.stop()
        return sent

    async def hand_in(self, events: Iterable[tuple[bytes, bytes]]) -> None:
        """These events, as fast as they are taken."""
        source = self.config.topic("annotation-events")
        batch: defaultdict[int, list[Outbound]] = defaultdict(list)
        for key, value in events:
            batch[key_partition(key, self.config.partitions)].append(Outbound(key, value))
        producer = BatchProducer(self.config.broker, [source])
        await producer.start()
        try:
            await asyncio.gather(*[f for p, r in batch.items() for f in await producer.send(source, p, r)])
        finally:
            await producer.stop()

    # ---- workers

    def start_worker(self, step: str = "", count: int = 0) -> subprocess.Popen[bytes]:
        """A worker process; with a step, it kills itself when it gets there for the `count`th time."""
        worker = subprocess.Popen([*self._command(), step, str(count)], cwd=ROOT)
        self.workers.append(worker)
        return worker

    async def run_worker_to_its_end(self, seconds: float = 30) -> tuple[int, str]:
        """Exit code and log of a worker that ends by itself."""
        worker = await asyncio.to_thread(
            subprocess.run, self._command(), cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
        )
        return worker.returncode, worker.stderr

    def _command(self) -> list[str]:
        configuration = json.dumps(dataclasses.asdict(self.config))
        return [sys.executable, "-m", "tests.kafka.crash_worker", configuration, self.workload.processors]

    async def members(self, count: int, seconds: float = 30) -> None:
        """Wait until this many workers share the partitions."""
        client = await connect(self.config.broker)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    with suppress(GroupCoordinatorNotAvailableError):  # a fresh broker makes its topic of groups first
                        (answer,) = await client.describe_consumer_groups([self.config.app_id])
                        _code, _group, state, _kind, _protocol, members, *_ = answer.groups[0]
                        if state == "Stable" and len(members) == count:
                            return
                    await asyncio.sleep(0.2)
        finally:
            await client.close()

    async def stop_worker(self, worker: subprocess.Popen[bytes]) -> int:
        """SIGTERM; the exit code."""
        worker.send_signal(signal.SIGTERM)
        return await self.wait_for_exit(worker, 20)

    async def wait_for_exit(self, worker: subprocess.Popen[bytes], seconds: float) -> int:
        """The exit code."""
        return await asyncio.to_thread(worker.wait, seconds)

    def kill_all(self) -> None:
        """Leave no process behind."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
                worker.wait()

    # ---- what came out

    async def records(self, topic: str, *, committed_only: bool = True) -> list[Any]:
        """Everything in a topic, named without prefix."""
        name = self.config.topic(topic)
        return [r async for r in consume(self.config.broker, [name], committed_only=committed_only)]

    async def produced(self, topic_names: Sequence[str]) -> Counter[Produced]:
        """The committed outputs."""
        return Counter([(t, r.key, r.value) for t in topic_names for r in await self.records(t)])

    async def state(self, table: str) -> dict[tuple[int, bytes], bytes]:
        """A table as its changelog has it."""
        name = topics.changelog(self.config, table)
        partitions: defaultdict[int, dict[bytes, bytes]] = defaultdict(dict)
        async for record in consume(self.config.broker, [name]):
            apply_changes(partitions[record.partition], [(record.key, record.value)])
        return {(p, key): value for p, records in partitions.items() for key, value in records.items()}

    async def expected(self, agent: str) -> Outcome:
        """What the agent's processor makes of its source topic as it stands, stepped directly and all at once."""
        processor = self.workload.make()[agent]
        by_partition: defaultdict[int, list[Any]] = defaultdict(list)
        for record in await self.records(processor.source):
            by_partition[record.partition].append(record)
        outcome = Outcome()
        for partition, records in by_partition.items():
            processor.open(partition, {})
            unit = processor.step(partition, records)
            outcome.outputs.update(
                (o.topic, o.key, o.value) for o in unit.outgoing if o.topic in self.workload.compared
            )
            state: dict[bytes, bytes] = {}
            apply_changes(state, unit.changes.items())
            outcome.state.update({(partition, key): value for key, value in state.items()})
        return outcome

    async def processed(self, seconds: float = 60) -> None:
        """Wait until the group has committed all that is in the sources, the first agent's before the second's."""
        client = await connect(self.config.broker)
        try:
            async with asyncio.timeout(seconds):
                for processor in self.workload.make().values():
                    ends = {r.partition: r.offset + 1 for r in await self.records(processor.source)}
                    source = self.config.topic(processor.source)
                    while True:
                        committed = await client.list_consumer_group_offsets(self.config.app_id)
                        reached = {p.partition: o.offset for p, o in committed.items() if p.topic == source}
                        if all(reached.get(partition, 0) >= end for partition, end in ends.items()):
                            break
                        await asyncio.sleep(0.2)
        finally:
            await client.close()

    async def settled(self, seconds: float = 60) -> dict[str, tuple[Outcome, Counter[Produced]]]:
        """Wait until every agent has produced, at least once, all that it should; then expected and actual, by agent.

        Agents are waited for in order, as the second reads what the first produces.
        """
        deadline = time.monotonic() + seconds
        found: dict[str, tuple[Outcome, Counter[Produced]]] = {}
        for agent in self.workload.make():
            while True:
                wanted = await self.expected(agent)
                produced = await self.produced(sorted({topic for topic, _, _ in wanted.outputs}))
                missing = wanted.outputs.keys() - produced.keys()
                if not missing:
                    found[agent] = (wanted, produced)
                    break
                if time.monotonic() > deadline:
                    raise AssertionError(f"{agent}: {len(missing)} outputs are missing, such as {min(missing)!r}")
                await asyncio.sleep(0.3)
        return found
