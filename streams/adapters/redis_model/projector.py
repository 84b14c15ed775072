"""Brings the stream's outputs into the read model, beside the stream: it never holds it up.

Redis may be down for as long as it likes; it may come back empty, or with an older snapshot of itself. The offsets in
Redis say what it holds, so the projector reads again from there, and shows every record exactly once and in order.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import structlog

from streams.adapters.redis_model.batch import Batch, Translator
from streams.adapters.redis_model.model import ReadModel, ReadModelUnavailable
from streams.adapters.redis_model.writing import Claim
from streams.ports import InputRecord

__all__ = ["FetchedChunk", "Projector", "RecordSource"]

_log = structlog.get_logger(__name__)


class FetchedChunk(Protocol):
    """Records of one partition, in offset order, that follow on the chunk before or on a `seek`."""

    @property
    def topic(self) -> str:
        """As deployed."""
        ...

    @property
    def partition(self) -> int:
        """Of the topic."""
        ...

    @property
    def start(self) -> int:
        """Where reading was asked to begin."""
        ...

    @property
    def following(self) -> int:
        """One past the last record."""
        ...

    @property
    def records(self) -> Sequence[InputRecord]:
        """At least one."""
        ...


class RecordSource(Protocol):
    """What the projector needs of a Kafka consumer group; `adapters.kafka.group.GroupReader` is one."""

    async def fetch(self, timeout_seconds: float) -> Sequence[FetchedChunk]:
        """Committed records of the partitions that are ours, at most one chunk per partition; none in time: empty."""
        ...

    async def positions(self) -> Mapping[tuple[str, int], int]:
        """Where each of our partitions will be read next; those where this is not known yet are left out."""
        ...

    def seek(self, topic: str, partition: int, offset: int) -> None:
        """Read from there next (from the oldest record where that one is gone). Not ours any more: does nothing."""
        ...

    async def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Tell the broker, so that lag can be watched from outside. May fail silently."""
        ...

    async def lag_records(self) -> int:
        """Records of our partitions that have not been fetched yet."""
        ...


class Projector:
    """Consumes the outputs and keeps the read model up to date; `run` it as a task of its own.

    Args:
        source: the outputs, started; the caller stops it.
        model: where they go.
        translate: by deployed topic name, what to make of a record (`batch.translators`).
        set_gauge: takes `read_model_up` and `read_model_lag_records`.
        interval_seconds: between writes while it keeps up: what comes meanwhile shares a round trip.
        check_seconds: how often an idle partition's offset is compared with what Redis holds.
        backoff_seconds: the pauses between attempts while Redis is down: the first, doubling up to the last.
    """

    def __init__(
        self,
        source: RecordSource,
        model: ReadModel,
        translate: Mapping[str, Translator],
        set_gauge: Callable[[str, tuple[str, ...], float], None],
        *,
        interval_seconds: float = 0.1,
        check_seconds: float = 1.0,
        backoff_seconds: tuple[float, float] = (0.1, 5.0),
    ) -> None:
        self._source = source
        self._model = model
        self._translate = translate
        self._set_gauge = set_gauge
        self._interval_seconds = interval_seconds
        self._check_seconds = check_seconds
        self._backoff_seconds = backoff_seconds
        self._pause_seconds = backoff_seconds[0]
        self._down_since: float | None = None
        self._checked_at = float("-inf")

    async def run(self) -> None:
        """Until cancelled. Cancelling at any moment is safe: what Redis holds says where to go on."""
        self._set_gauge("read_model_up", (), 0)
        while True:
            behind = await self._step()
            await asyncio.sleep(0 if behind else self._interval_seconds)

    async def _step(self) -> bool:
        """Show what can be fetched now. While Redis is down: one attempt, then the pause before the next.

        Returns:
            Whether more waits already.
        """
        chunks = await self._source.fetch(self._check_seconds)
        batch = Batch()
        for chunk in chunks:
            batch.add(chunk.records, self._translate[chunk.topic])
            await asyncio.sleep(0)  # the stream's own work goes first
        claims = [Claim(c.topic, c.partition, c.start, c.following) for c in chunks]
        try:
            moved = await self._model.apply(batch, claims + await self._idle_claims(claims))
        except ReadModelUnavailable as error:
            self._read_again({(c.topic, c.partition): c.start for c in claims})
            await self._wait_out(error)
        else:
            self._note_answer()
            if moved:
                # Of a refused write nothing is in Redis: all of it is read again, the refused from where Redis is.
                self._read_again({(c.topic, c.partition): c.start for c in claims} | dict(moved))
            elif claims:
                self._report_unusable(batch.unusable)
                await self._source.commit({(c.topic, c.partition): c.following for c in claims})
        lag = await self._source.lag_records()
        self._set_gauge("read_model_lag_records", (), lag)
        return lag > 0

    async def _idle_claims(self, claims: Sequence[Claim]) -> list[Claim]:
        """Claims without records: a Redis that lost its data must be noticed where nothing new comes, too."""
        if time.monotonic() - self._checked_at < self._check_seconds:
            return []
        self._checked_at = time.monotonic()
        busy = {(c.topic, c.partition) for c in claims}
        positions = await self._source.positions()
        return [Claim(*where, offset, offset) for where, offset in positions.items() if where not in busy]

    def _read_again(self, offsets: Mapping[tuple[str, int], int]) -> None:
        for (topic, partition), offset in offsets.items():
            self._source.seek(topic, partition, offset)

    def _report_unusable(self, count: int) -> None:
        if count:
            _log.warning("records that are not what their topic promises were not shown", records=count)

    def _note_answer(self) -> None:
        self._pause_seconds = self._backoff_seconds[0]
        self._set_gauge("read_model_up", (), 1)
        if self._down_since is not None:
            _log.info("read model is back, catching up", down_seconds=round(time.monotonic() - self._down_since, 1))
            self._down_since = None

    async def _wait_out(self, error: ReadModelUnavailable) -> None:
        self._set_gauge("read_model_up", (), 0)
        if self._down_since is None:
            self._down_since = time.monotonic()
            _log.warning("read model is down; the stream goes on, and the model catches up after", reason=str(error))
        await asyncio.sleep(self._pause_seconds)
        self._pause_seconds = min(self._pause_seconds * 2, self._backoff_seconds[1])
