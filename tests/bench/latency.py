"""Latency: from sending a task's last submission to its decision at a `read_committed` reader, at a steady rate.

The worker is up and the topics are empty when the first event is sent. The clock of an event starts at the moment when
it is due by the rate, not when the producer comes round to it, so a producer that is held up hides nothing; as the
producer sends what has become due every few milliseconds, this includes its linger. Producer, reader, broker and worker
share the machine, so the producer sends whole batches and the reader looks at keys only.
"""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

from msgspec import Struct

from streams.adapters.kafka.producer import BatchProducer, Outbound
from streams.config import Delivery
from tests.bench.observed import following
from tests.bench.place import Broker, Place
from tests.bench.workload import ANNOTATORS, PARTITIONS, Workload, choice_workload

__all__ = ["Latency", "measure_latency"]

_LINGER_SECONDS = 0.005
_WARM_UP_SECONDS = 5.0
_PATIENCE_SECONDS = 30.0


class Latency(Struct):
    """One run of the worker."""

    delivery: Delivery
    events_per_second: float
    """Wanted, and held."""
    decisions: int
    """Measured, those of the first seconds left out."""
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    producer_late_p99_ms: float
    """How far our own producer was behind its plan: part of the figures above, and not the worker's."""


def measure_latency(broker: Broker, delivery: Delivery, events_per_second: float, seconds: float) -> Latency:
    """Run a worker at a rate for a time."""
    tasks_per_second = max(1, round(events_per_second / ANNOTATORS))
    workload = choice_workload(round(events_per_second * (seconds + _WARM_UP_SECONDS)), tasks_per_second)
    with Place(broker, delivery) as place:
        return asyncio.run(_run(place, workload, events_per_second))


async def _run(place: Place, workload: Workload, rate: float) -> Latency:
    last = {key: number for number, (key, _) in enumerate(workload.events)}
    seen: list[tuple[int, float]] = []

    def on_decisions(now: float, _partition: int, records: list[Any]) -> None:
        seen.extend((last[record.key], now) for record in records)

    gc.freeze()
    try:
        with place.worker() as worker:
            await place.ready(worker)
            async with following(place.config, on_decisions) as reader:
                began, late = await _produce(place, workload, rate)
                await reader.until(len(last), worker, _PATIENCE_SECONDS)
    finally:
        gc.unfreeze()
    waited = sorted(at - began - number / rate for number, at in seen if number / rate >= _WARM_UP_SECONDS)
    return Latency(
        delivery=place.config.delivery,
        events_per_second=rate,
        decisions=len(waited),
        p50_ms=_milliseconds(waited, 0.5),
        p90_ms=_milliseconds(waited, 0.9),
        p99_ms=_milliseconds(waited, 0.99),
        max_ms=_milliseconds(waited, 1.0),
        producer_late_p99_ms=_milliseconds(sorted(late), 0.99),
    )


async def _produce(place: Place, workload: Workload, rate: float) -> tuple[float, list[float]]:
    """Send every event when it is due. Returns when the first one was, and how late each round of sending began."""
    source = place.config.topic("annotation-events")
    producer = BatchProducer(place.config.broker, [source])
    await producer.start()
    acknowledged: list[asyncio.Future[object]] = []
    late: list[float] = []
    sent = 0
    began = time.monotonic()
    try:
        while sent < len(workload.events):
            await asyncio.sleep(_LINGER_SECONDS)
            elapsed = time.monotonic() - began
            late.append(max(0.0, elapsed - sent / rate - _LINGER_SECONDS))
            due = min(len(workload.events), int(elapsed * rate) + 1)
            waiting: list[list[Outbound]] = [[] for _ in range(PARTITIONS)]
            for number in range(sent, due):
                waiting[workload.partitions[number]].append(Outbound(*workload.events[number]))
            for partition, records in enumerate(waiting):
                acknowledged += await producer.send(source, partition, records)
            sent = due
        await asyncio.gather(*acknowledged)
    finally:
        await producer.stop()
    return began, late


def _milliseconds(ordered: list[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000
