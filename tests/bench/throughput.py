"""Rates: the same input, the same decisions, one broker, contenders in turn.

How it is measured, the same for all. The input is produced whole; then the contender is started on it, in a consumer
group of its own. A `read_committed` reader takes the decisions, and each tells how far its partition has come: to the
event that completed the task. The clock runs from the moment when a quarter of the input is decided to 95 %, so neither
start-up nor the time before the first quorums nor the last, smaller batches count, and processor time is taken from
/proc over the same span. At the end all decisions are there, and those of every contender are the same bytes.

Contenders take turns, because the machine's speed wanders: only ratios within one run mean something. A ratio is taken
within each round, and its median over the rounds.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from tests.bench.observed import following
from tests.bench.place import Broker, Place
from tests.bench.programs import Program
from tests.bench.workload import PARTITIONS, Workload, choice_workload

__all__ = ["Measured", "Throughput", "measure_throughput"]

BARE, STOCK = "bare aiokafka", "stock Faust"
"""They do the same job as the worker, all of it."""
BARE_DECISIONS, STOCK_DECISIONS, BARE_TRIVIAL = (
    f"{BARE}, decisions only",
    f"{STOCK}, decisions only",
    f"{BARE}, trivial",
)
"""They do less: no edits, no duplicates, no clocks, no statistics, no alerts; the last has no engine at all."""
_JOBS = {BARE: "whole", BARE_DECISIONS: "decisions", BARE_TRIVIAL: "trivial"}
_FROM, _TO = 0.25, 0.95
_PATIENCE_SECONDS = 180.0
_WINDOW = 5_500
"""Answers of a task are 16,500 events apart: more than the units of work of all lanes hold together."""


class Measured(Struct):
    """One run of one contender."""

    contender: str
    round: int
    events: int
    events_per_second: float
    cpu_seconds_per_100k: float
    start_seconds: float
    """From its start to its first decision."""
    fingerprint: int | None
    """Of all its decisions; none for the trivial job, which makes others."""


class Throughput(Struct):
    """All runs."""

    bytes_per_event: float
    events: int
    runs: list[Measured]

    def contenders(self) -> list[str]:
        """In the order of their first run."""
        return list(dict.fromkeys(run.contender for run in self.runs))

    def rate(self, contender: str) -> float:
        """The median, in events a second."""
        return statistics.median(r.events_per_second for r in self.runs if r.contender == contender)

    def cpu(self, contender: str) -> float:
        """The median, in processor seconds for 100,000 events."""
        return statistics.median(r.cpu_seconds_per_100k for r in self.runs if r.contender == contender)

    def ratio(self, contender: str, base: str) -> float | None:
        """Median over the rounds of contender's rate over the base's; None where they never ran in one round.

        The stock agent does not run in every round: its last rate stands for the rounds after it.
        """
        ratios = []
        last: float | None = None
        by_round = {(r.contender, r.round): r.events_per_second for r in self.runs}
        for number in sorted({r.round for r in self.runs}):
            last = by_round.get((base, number), last)
            own = by_round.get((contender, number))
            if own is not None and last is not None:
                ratios.append(own / last)
        return statistics.median(ratios) if ratios else None

    def same_decisions(self) -> bool:
        """Whether all contenders that had the same input made the same decisions."""
        by_size: dict[int, set[int]] = {}
        for run in self.runs:
            if run.fingerprint is not None:
                by_size.setdefault(run.events, set()).add(run.fingerprint)
        return all(len(found) == 1 for found in by_size.values())


class _Progress:
    """Samples of how far a contender is: (time, source events decided, processor seconds)."""

    def __init__(self, workload: Workload, program: Program) -> None:
        self.samples: list[tuple[float, int, float]] = []
        self._completing = workload.completing
        self._program = program
        self._reached = [0] * PARTITIONS

    def on_decisions(self, now: float, partition: int, records: list[Any]) -> None:
        """As `observed.OnDecisions`."""
        position = self._completing[records[-1].key]  # a partition's decisions come in the order of its events
        self._reached[partition] = max(self._reached[partition], position)
        self.samples.append((now, sum(self._reached), self._program.cpu_seconds()))

    def between(self, first: float, last: float, events: int) -> tuple[float, float]:
        """Events per second and processor seconds per 100,000 events between two shares of the input."""
        (t0, n0, c0), (t1, n1, c1) = (
            next(sample for sample in self.samples if sample[1] >= share * events) for share in (first, last)
        )
        if t1 <= t0:
            raise ValueError(f"the {events} events were decided in one go: measure with more events")
        return (n1 - n0) / (t1 - t0), (c1 - c0) / (n1 - n0) * 100_000


def measure_throughput(
    broker: Broker, events: int, rounds: int, stock_events: int, told: Callable[[str], None]
) -> Throughput:
    """Run all contenders; `told` hears what is going on."""
    workload = choice_workload(events, _window(events))
    few = choice_workload(stock_events, _window(stock_events))
    found = Throughput(workload.bytes_per_event, len(workload.events), [])
    for number in range(1, rounds + 1):
        for contender, input_ in _turn(broker, number, workload, few):
            told(f"round {number} of {rounds}: {contender}, {len(input_.events):,} events")
            with Place(broker, "exactly-once" if "exactly" in contender else "at-least-once") as place:
                found.runs.append(asyncio.run(_run(place, contender, number, input_)))
            run = found.runs[-1]
            told(f"  {run.events_per_second:,.0f} events/s, {run.cpu_seconds_per_100k:.2f} CPU s per 100,000")
    return found


def _window(events: int) -> int:
    """A short input has all of its quorums going before a quarter of it is decided, too."""
    return min(_WINDOW, events // 30)


def _turn(broker: Broker, number: int, workload: Workload, few: Workload) -> Iterator[tuple[str, Workload]]:
    """Who runs in a round. The stock agent once or twice: it is slow, and its rate does not depend on the length."""
    yield BARE, workload
    for delivery in broker.deliveries:
        yield f"worker, {delivery}", workload
    if number <= 2:
        yield STOCK, few
        yield STOCK_DECISIONS, few
    yield BARE_DECISIONS, workload
    yield BARE_TRIVIAL, workload


def _start(place: Place, contender: str) -> Program:
    if contender in _JOBS:
        return place.bare(_JOBS[contender])
    if contender in (STOCK, STOCK_DECISIONS):
        return place.stock(contender == STOCK)
    return place.worker()


async def _run(place: Place, contender: str, number: int, workload: Workload) -> Measured:
    await place.produce(workload)
    os.sync()  # the broker's writes of the input are not to be paid by whoever comes next
    started = time.monotonic()
    with _start(place, contender) as program:
        progress = _Progress(workload, program)
        async with following(place.config, progress.on_decisions) as reader:
            await reader.until(len(workload.completing), program, _PATIENCE_SECONDS)
        rate, cpu = progress.between(_FROM, _TO, len(workload.events))
    fingerprint = None if contender == BARE_TRIVIAL else reader.fingerprint
    first = progress.samples[0][0] - started
    return Measured(contender, number, len(workload.events), rate, cpu, first, fingerprint)
