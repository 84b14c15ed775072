"""Memory: the worker's resident set over the demo's recordings, looped.

Two forms. `repeated`: the same events again, so that every one after the first loop is a duplicate. `renewed`: in every
loop new tasks, later by more than the retention, so that the worker has to close and forget the old ones. What may grow
in the second form is by design small: the closed marker of each task. There is no reviewer here, and a task in review
is kept until a person has looked at it; so tasks at their limit are accepted in both forms, not handed to one.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from streams.adapters.kafka.producer import key_partition
from streams.demo.recorded import PROJECTS, packaged
from streams.replay_files import read_lines
from tests.bench.place import Broker, Place
from tests.bench.programs import Program
from tests.bench.workload import PARTITIONS, Workload

__all__ = ["FORMS", "Form", "Memory", "measure_memory"]

Form = Literal["repeated", "renewed"]
FORMS: tuple[Form, ...] = ("repeated", "renewed")

_SHIFT = timedelta(days=31)
"""More than the default retention of thirty days."""
_SETTLED_AFTER = 2
"""Loops that fill caches and buffers; the slope is taken over those after them."""
_LOOP_SECONDS = 120.0
_PAUSE_SECONDS = 2.5


class Memory(Struct):
    """One worker over all loops."""

    form: Form
    events_per_loop: int
    tasks_per_loop: int
    megabytes: list[float]
    """Before the first loop, and after each one."""

    @property
    def slope(self) -> float:
        """Megabytes a loop, by least squares over the loops after the second. ValueError for fewer than four loops."""
        flat = self.megabytes[_SETTLED_AFTER + 1 :]
        return statistics.linear_regression(range(len(flat)), flat).slope


def measure_memory(broker: Broker, form: Form, loops: int, told: Callable[[str], None]) -> Memory:
    """Run one worker, on the best delivery that the broker can do, over all loops."""
    lines = [line for project in PROJECTS for line in read_lines(packaged(f"data/{project}.jsonl.gz"))]
    with tempfile.TemporaryDirectory(prefix="labelquorum-bench-") as folder:
        settings = Path(folder) / "settings.yaml"
        settings.write_text(packaged("settings.yaml").read_text().replace("on_limit: review", "on_limit: accept_best"))
        with Place(broker, broker.deliveries[-1], str(settings)) as place:
            return asyncio.run(_run(place, form, lines, loops, told))


async def _run(place: Place, form: Form, lines: list[bytes], loops: int, told: Callable[[str], None]) -> Memory:
    with place.worker() as worker:
        await place.ready(worker)
        found = Memory(form, len(lines), 0, [worker.resident_bytes() / 1e6])
        told(f"{form}: {found.megabytes[0]:.1f} MB before the first loop")
        for loop in range(1, loops + 1):
            workload = _workload(list(_shifted(lines, loop - 1) if form == "renewed" else map(_keyed, lines)))
            found.tasks_per_loop = len(set(workload.completing))
            await place.produce(workload)
            await _processed(place, worker, loop * len(lines))
            found.megabytes.append(worker.resident_bytes() / 1e6)
            told(f"{form}: {found.megabytes[-1]:.1f} MB after loop {loop}")
    return found


async def _processed(place: Place, worker: Program, events: int) -> None:
    """Wait until the worker has taken this many events in all, and WATCH has caught up."""
    async with asyncio.timeout(_LOOP_SECONDS):
        while await asyncio.to_thread(place.metric, "labelquorum_events_total") < events:
            worker.check()
            await asyncio.sleep(0.1)
        await asyncio.sleep(_PAUSE_SECONDS)  # the lag is looked at once a second
        while await asyncio.to_thread(place.metric, "labelquorum_lag_records") > 0:
            worker.check()
            await asyncio.sleep(0.1)


def _keyed(line: bytes) -> tuple[bytes, bytes]:
    event = msgspec.json.decode(line)
    return _key(event), line


def _shifted(lines: list[bytes], loop: int) -> Iterator[tuple[bytes, bytes]]:
    """The same answers, of tasks of their own, and that much later."""
    for line in lines:
        event = msgspec.json.decode(line)
        at = datetime.fromisoformat(event["occurred_at"]) + loop * _SHIFT
        event["occurred_at"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        event["task_id"] += f"-{loop}"
        event["event_id"] += f"-{loop}"
        yield _key(event), msgspec.json.encode(event)


def _key(event: dict[str, Any]) -> bytes:
    return f"{event['project_id']}/{event['task_id']}".encode()


def _workload(events: list[tuple[bytes, bytes]]) -> Workload:
    partitions = [key_partition(key, PARTITIONS) for key, _ in events]
    return Workload(events, partitions, {key: 0 for key, _ in events})
