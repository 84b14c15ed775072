"""A lane with a delivery of our own making: what goes into a unit, when, and what happens when it goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import pytest

from streams.adapters.faust_app.delivery import PartitionLost
from streams.adapters.faust_app.lane import Lane, LaneLimits
from streams.adapters.faust_app.observer import UnitReport
from streams.errors import DeadLetterBudgetExceeded
from streams.ports import InputRecord, Outgoing, Record, UnitOfWork


class Echo:
    """Writes each value under its key, and sends it out."""

    source = "annotation-events"
    table = "tasks"

    def __init__(self) -> None:
        self.opened: dict[int, Mapping[bytes, bytes]] = {}
        self.units: list[list[int]] = []

    def open(self, partition: int, state: Mapping[bytes, bytes]) -> None:
        self.opened[partition] = state

    def step(self, partition: int, records: Sequence[InputRecord]) -> UnitOfWork:
        self.units.append([record.offset for record in records])
        outgoing = [Outgoing("task-agreement", r.key or b"", r.value or b"", (), partition) for r in records]
        changes = {record.key or b"": record.value for record in records}
        return UnitOfWork(outgoing, changes, records[-1].offset + 1, {("records_total", "echo"): len(records)})

    def close(self, partition: int) -> None:
        self.opened.pop(partition, None)

    def open_partitions(self) -> Iterable[int]:
        return self.opened.keys()


class Gate:
    """A delivery that waits until it is let through, and fails when told to."""

    def __init__(self, *, is_open: bool = True, failure: Exception | None = None) -> None:
        self.passable = asyncio.Event()
        if is_open:
            self.passable.set()
        self.failure = failure
        self.delivered: list[UnitOfWork] = []
        self.waiting = 0

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def deliver(self, unit: UnitOfWork, first_offset: int) -> int | None:
        self.waiting += 1
        await self.passable.wait()
        if self.failure is not None:
            raise self.failure
        self.delivered.append(unit)
        return unit.next_offset


class Bench:
    """A lane and everything around it."""

    def __init__(self, delivery: Gate, *, records: int = 100, size_bytes: int = 10_000) -> None:
        self.processor = Echo()
        self.state: dict[bytes, bytes] = {b"old": b"gone"}
        self.reports: list[UnitReport] = []
        self.failures: list[BaseException] = []
        self.lane = Lane(
            "echo", 7, self.processor, self.state, delivery, LaneLimits(records, size_bytes),
            on_unit=lambda report, _end: self.reports.append(report), on_failure=self.failures.append,
        )  # fmt: skip
        self.lane.open()


def records(first: int, last: int, value: bytes = b"v") -> list[Record]:
    return [Record(offset, b"k%d" % offset, value, (), 1_000 * offset) for offset in range(first, last + 1)]


async def until_idle(bench: Bench) -> None:
    async with asyncio.timeout(2):
        while bench.lane.waiting and not bench.failures:  # noqa: ASYNC110 - the lane has no such event
            await asyncio.sleep(0)


async def test_what_waits_while_a_unit_is_on_its_way_becomes_one_unit() -> None:
    gate = Gate(is_open=False)
    bench = Bench(gate)
    bench.lane.put(records(0, 0))
    await asyncio.sleep(0.01)
    for offset in range(1, 6):
        bench.lane.put(records(offset, offset))
    gate.passable.set()
    await until_idle(bench)
    assert bench.processor.units == [[0], [1, 2, 3, 4, 5]]


async def test_a_unit_is_bounded_in_records() -> None:
    bench = Bench(Gate(), records=3)
    bench.lane.put(records(0, 6))
    await until_idle(bench)
    assert bench.processor.units == [[0, 1, 2], [3, 4, 5], [6]]


async def test_a_unit_is_bounded_in_bytes_and_a_larger_record_is_one_by_itself() -> None:
    bench = Bench(Gate(), size_bytes=25)  # a record of 8 + 2 bytes: two fit
    bench.lane.put([*records(0, 2, b"8 bytes."), *records(3, 3, b"x" * 50), *records(4, 4)])
    await until_idle(bench)
    assert bench.processor.units == [[0, 1], [2], [3], [4]]


async def test_a_lane_is_full_at_its_bound_in_records_or_bytes_and_not_when_they_are_taken() -> None:
    gate = Gate(is_open=False)
    bench = Bench(gate, records=3, size_bytes=100)
    seen = []
    for step in (
        lambda: bench.lane.put(records(0, 1)),
        lambda: bench.lane.put(records(2, 2)),
        None,  # the three are taken
        lambda: bench.lane.put(records(3, 3, b"x" * 100)),
    ):
        step() if step else await asyncio.sleep(0.01)
        seen.append(bench.lane.full)
    assert seen == [False, True, False, True]
    gate.passable.set()
    await bench.lane.close()


async def test_changes_are_applied_only_once_they_are_durable() -> None:
    gate = Gate(is_open=False)
    bench = Bench(gate)
    bench.lane.put([Record(0, b"new", b"1"), Record(1, b"old", None)])
    await asyncio.sleep(0.01)
    assert gate.waiting == 1
    assert bench.state == {b"old": b"gone"}
    gate.passable.set()
    await until_idle(bench)
    assert bench.state == {b"new": b"1"}


async def test_records_that_a_repeated_fetch_brings_again_are_passed_over() -> None:
    bench = Bench(Gate())
    bench.lane.put(records(0, 4))
    bench.lane.put(records(3, 6))
    bench.lane.put(records(0, 2))
    await until_idle(bench)
    assert [offset for unit in bench.processor.units for offset in unit] == [0, 1, 2, 3, 4, 5, 6]


async def test_a_unit_is_reported_with_what_it_held() -> None:
    bench = Bench(Gate())
    bench.lane.put(records(5, 7))
    await until_idle(bench)
    (report,) = bench.reports
    assert (report.agent, report.partition, report.records, report.next_offset) == ("echo", 7, 3, 8)
    assert report.outputs == {"task-agreement": 3}
    assert report.counts == {("records_total", "echo"): 3}
    assert report.last_timestamp_seconds == 7.0


async def test_closing_finishes_the_unit_under_way_and_drops_what_waits() -> None:
    gate = Gate(is_open=False)
    bench = Bench(gate)
    bench.lane.put(records(0, 1))
    await asyncio.sleep(0.01)
    bench.lane.put(records(2, 9))
    closing = asyncio.create_task(bench.lane.close())
    await asyncio.sleep(0.01)
    assert not closing.done()
    gate.passable.set()
    await closing
    assert bench.processor.units == [[0, 1]]
    assert len(gate.delivered) == 1
    assert list(bench.processor.open_partitions()) == []
    bench.lane.put(records(2, 9))
    await asyncio.sleep(0.01)
    assert bench.processor.units == [[0, 1]]


@pytest.mark.parametrize("failure", [DeadLetterBudgetExceeded("too many"), ValueError("a fault of ours")])
async def test_a_failure_ends_the_lane_and_is_handed_on_as_it_is(failure: Exception) -> None:
    bench = Bench(Gate(failure=failure))
    bench.lane.put(records(0, 3))
    await until_idle(bench)
    assert bench.failures == [failure]
    assert bench.state == {b"old": b"gone"}
    bench.lane.put(records(4, 5))
    await asyncio.sleep(0.01)
    assert bench.processor.units == [[0, 1, 2, 3]]
    assert bench.lane.full
    await bench.lane.close()


async def test_a_partition_that_was_lost_drops_its_unit_and_is_no_failure() -> None:
    bench = Bench(Gate(failure=PartitionLost("annotation-events/7")))
    bench.lane.put(records(0, 3))
    await asyncio.sleep(0.01)
    assert bench.failures == []
    assert bench.reports == []
    assert bench.state == {b"old": b"gone"}
    await bench.lane.close()


async def test_slow_records_make_smaller_units_so_that_other_lanes_get_their_turn() -> None:
    now = 0.0

    class Slow(Echo):
        def step(self, partition: int, records: Sequence[InputRecord]) -> UnitOfWork:
            nonlocal now
            now += 0.001 * len(records)  # a millisecond a record: fifty are as long as a step may hold the loop
            return super().step(partition, records)

    processor, failures = Slow(), list[BaseException]()
    lane = Lane(
        "slow", 0, processor, {}, Gate(), LaneLimits(1_000, 10**6),
        on_unit=lambda report, end: None, on_failure=failures.append, cpu_clock=lambda: now,
    )  # fmt: skip
    lane.open()
    lane.put(records(0, 2_999))
    async with asyncio.timeout(2):
        while lane.waiting:  # noqa: ASYNC110 - the lane has no such event
            await asyncio.sleep(0)
    sizes = [len(unit) for unit in processor.units]
    assert sum(sizes) == 3_000
    assert sizes[0] == 500  # nothing is known yet: a tenth of a millisecond a record is assumed
    assert sizes[-2] == 64  # the least that a unit holds when there is enough
    await lane.close()
    assert failures == []


async def test_a_lane_that_gathers_begins_at_once_and_then_lets_records_come_together() -> None:
    now, processor = 0.0, Echo()
    lane = Lane(
        "echo", 0, processor, {}, Gate(), LaneLimits(10, 10**6, gather_seconds=0.2),
        on_unit=lambda report, end: None, on_failure=lambda failure: None, clock=lambda: now,
    )  # fmt: skip
    lane.open()
    lane.put(records(0, 0))
    await asyncio.sleep(0.01)
    assert processor.units == [[0]]
    lane.put(records(1, 1))
    await asyncio.sleep(0.01)
    lane.put(records(2, 2))
    await asyncio.sleep(0.01)
    assert processor.units == [[0]]
    now = 0.2
    async with asyncio.timeout(2):
        while lane.waiting:  # noqa: ASYNC110 - the lane has no such event
            await asyncio.sleep(0.01)
    assert processor.units == [[0], [1, 2]]
    lane.put(records(3, 12))  # a full queue waits for nothing
    await asyncio.sleep(0.01)
    assert processor.units[2] == list(range(3, 13))
    lane.put(records(13, 13))
    await asyncio.sleep(0.01)
    async with asyncio.timeout(0.1):
        await lane.close()  # nor does the end
    assert len(processor.units) == 3
