"""A lane: one source partition's queue and task, so that one partition's round trips hide behind another's work.

A lane takes everything that waits, within bounds, into one unit of work. It needs no artificial wait: while a unit is
being made durable, records gather, so units grow with the load and shrink without it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence

from streams.adapters.faust_app.delivery import Delivery, PartitionLost
from streams.adapters.faust_app.observer import UnitReport
from streams.adapters.faust_app.table import apply_changes
from streams.ports import InputRecord, Processor

__all__ = ["Lane", "LaneLimits"]

_STEP_SECONDS = 0.05
"""How long a step may hold the event loop, which all lanes share: a longer one shows as latency in every other lane."""

_ASSUMED_RECORD_SECONDS = 1e-4
"""A step's time a record, until it has been measured."""

_LEAST_RECORDS = 64
"""In a unit, however slow the records: below this, round trips cost more than they spare."""


class LaneLimits:
    """How much a lane holds, and how much of it goes into one unit of work.

    Args:
        records: at most in a unit, and in the queue before fetching stops.
        size_bytes: of keys and values, likewise. One record may be larger; it is then a unit by itself.
        gather_seconds: between the beginnings of two units, while the queue has room. For work that nobody waits for:
            fewer units leave the broker and the processor to the lanes that somebody does wait for.
    """

    def __init__(self, records: int, size_bytes: int, gather_seconds: float = 0.0) -> None:
        self.records = records
        self.size_bytes = size_bytes
        self.gather_seconds = gather_seconds


class Lane:
    """Opened when the partition's state is recovered, closed before it is given up.

    Args:
        agent: whose lane it is, for reports.
        partition: of the source topic.
        processor: the pure half.
        state: the table's live records of this partition.
        delivery: started already; the lane never stops it.
        limits: see `LaneLimits`.
        on_unit: told of every unit that is durable, and of the end of its changelog records.
        on_failure: told of what ended the lane, once; memory may be ahead of the log then.
        clock: seconds, monotonic.
        cpu_clock: seconds that this thread has worked. Units are sized by it: by the wall's they would shrink, and cost
            more, just when the machine is busy.
    """

    def __init__(
        self,
        agent: str,
        partition: int,
        processor: Processor,
        state: dict[bytes, bytes],
        delivery: Delivery,
        limits: LaneLimits,
        *,
        on_unit: Callable[[UnitReport, int | None], None],
        on_failure: Callable[[BaseException], None],
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self.partition = partition
        self.last_arrival = clock()
        """When records last came, by `clock`."""
        self._agent = agent
        self._processor = processor
        self._state = state
        self._delivery = delivery
        self._limits = limits
        self._on_unit = on_unit
        self._on_failure = on_failure
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._queue: deque[InputRecord] = deque()
        self._queued_bytes = 0
        self._unit_records = 0
        self._next_arrival = 0
        self._record_seconds = _ASSUMED_RECORD_SECONDS
        self._work = asyncio.Event()
        self._hurry = asyncio.Event()
        """Set while gathering is no good: the queue is full, or the lane closes."""
        self._began = float("-inf")
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Records that are here and not durable."""
        return len(self._queue) + self._unit_records

    @property
    def full(self) -> bool:
        """Whether no more should be fetched for now."""
        return (
            self._closing or len(self._queue) >= self._limits.records or self._queued_bytes >= self._limits.size_bytes
        )

    def open(self) -> None:
        """Let the processor read the state, and begin."""
        self._processor.open(self.partition, self._state)
        self._task = asyncio.create_task(self._run(), name=f"{self._agent}/{self.partition}")

    def put(self, records: Sequence[InputRecord]) -> None:
        """Queue records, in offset order; ones that were queued before (a fetch repeated) are passed over.

        Never blocks and never refuses: what was fetched before the lane was full is here already.
        """
        if self._closing:
            return
        self.last_arrival = self._clock()
        if records[0].offset < self._next_arrival:
            records = [record for record in records if record.offset >= self._next_arrival]
        if records:
            self._next_arrival = records[-1].offset + 1
            self._queue.extend(records)
            self._queued_bytes += sum(map(_weight, records))
            self._work.set()
            if self.full:
                self._hurry.set()

    async def close(self) -> None:
        """Finish the unit that is under way, drop what waits (the next owner reads it again), forget the state."""
        self._closing = True
        self._work.set()
        self._hurry.set()
        if self._task is not None:
            await self._task
        self._queue.clear()
        self._processor.close(self.partition)

    async def _run(self) -> None:
        try:
            while not self._closing:
                if not self._queue:
                    self._work.clear()
                    await self._work.wait()
                elif not await self._gathering():
                    await self._unit(self._take())
        except PartitionLost:
            self._closing = True
        except Exception as failure:  # noqa: BLE001 - handed on, whatever it is: nothing may be swallowed here
            self._closing = True
            self._on_failure(failure)

    async def _gathering(self) -> bool:
        """Let records come together for as long as there is time; whether any was spent."""
        left = self._began + self._limits.gather_seconds - self._clock()
        if left <= 0 or self.full:
            return False
        self._hurry.clear()
        try:
            async with asyncio.timeout(left):
                await self._hurry.wait()
        except TimeoutError:
            pass
        return True

    async def _unit(self, records: Sequence[InputRecord]) -> None:
        started = self._began = self._clock()
        spent = self._cpu_clock()
        unit = self._processor.step(self.partition, records)
        self._pace((self._cpu_clock() - spent) / len(records))
        changelog_end = await self._delivery.deliver(unit, records[0].offset)
        apply_changes(self._state, unit.changes.items())
        self._unit_records = 0
        report = UnitReport(
            self._agent, self.partition, len(records), self._clock() - started, unit.next_offset,
            records[-1].timestamp / 1000, Counter(out.topic for out in unit.outgoing), unit.counts,
        )  # fmt: skip
        self._on_unit(report, changelog_end)

    def _take(self) -> list[InputRecord]:
        """Everything that waits, up to the limits."""
        affordable = int(_STEP_SECONDS / max(self._record_seconds, 1e-9))
        most = min(self._limits.records, max(_LEAST_RECORDS, affordable))
        taken: list[InputRecord] = []
        size = 0
        while self._queue and len(taken) < most:
            weight = _weight(self._queue[0])
            if taken and size + weight > self._limits.size_bytes:
                break
            taken.append(self._queue.popleft())
            size += weight
        self._queued_bytes -= size
        self._unit_records = len(taken)
        return taken

    def _pace(self, record_seconds: float) -> None:
        self._record_seconds += 0.2 * (record_seconds - self._record_seconds)


def _weight(record: InputRecord) -> int:
    return len(record.value or b"") + len(record.key or b"")
