"""What the worker's web server shows: /metrics, /healthz and /readyz, as functions of no web framework.

The HTTP API is served beside them: `adapters.http_api`.

Alive means that work gets done, not that a process exists: a consumer that has lost its group, or an agent that waits
for ever, still answers requests. So /healthz fails when a partition has records and none of them has been committed
for a while, and an orchestrator restarts the worker.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Set
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec

if TYPE_CHECKING:  # a Protocol and a record: nothing of Faust is needed here
    from streams.adapters.faust_app.observer import UnitReport

__all__ = ["Handler", "Health", "Page", "pages"]

STUCK_AFTER_SECONDS = 120.0
"""Longer than a broker takes to fail over; shorter than anybody wants to wait for decisions."""

STANDSTILL_AFTER_SECONDS = 900.0
"""Longer than a recovery takes: 15 minutes read 70 million records of state."""


class Page(NamedTuple):
    """An answer."""

    status: int
    """200, or 503."""
    content_type: str
    body: bytes


Handler: TypeAlias = Callable[[], Awaitable[Page]]


def pages(health: Health, exposition: Callable[[], bytes], exposition_type: str) -> Mapping[str, Handler]:
    """Path → what answers a GET of it.

    Args:
        health: what /healthz and /readyz go by.
        exposition: all metrics as Prometheus scrapes them.
        exposition_type: the content type of that.
    """

    async def metrics() -> Page:
        return Page(200, exposition_type, exposition())

    async def healthz() -> Page:
        reasons = health.problems()
        return _json(not reasons, {"status": "failing" if reasons else "ok", "reasons": reasons})

    async def readyz() -> Page:
        waiting_for = health.waiting_for()
        body = {"ready": waiting_for is None, "waiting_for": waiting_for, "partitions": health.partitions()}
        return _json(waiting_for is None, body)

    return {"/metrics": metrics, "/healthz": healthz, "/readyz": readyz}


class _Partition:
    """What is known of the progress of a partition that is ours; times are the clock's."""

    def __init__(self, now: float) -> None:
        self.reported_at = now
        self.waiting_since: float | None = None
        """Since when records wait and none was committed; none: nothing waits."""


class Health:
    """The worker's `Observer` that knows whether it is alive and ready.

    Args:
        clock: seconds that only go forward, `time.monotonic`.
        stuck_after_seconds: how long records may wait in a partition without any being committed.
        standstill_after_seconds: how long the whole worker may do nothing useful, recoveries and rebalances included:
            one that is thrown out of its group again and again is never stuck for long.

    >>> health = Health(lambda: 0.0)
    >>> health.waiting_for()
    'partitions from the consumer group'
    """

    def __init__(
        self,
        clock: Callable[[], float],
        stuck_after_seconds: float = STUCK_AFTER_SECONDS,
        standstill_after_seconds: float = STANDSTILL_AFTER_SECONDS,
    ) -> None:
        self._clock = clock
        self._stuck_after_seconds = stuck_after_seconds
        self._standstill_after_seconds = standstill_after_seconds
        self._well_at = clock()
        """When records were last committed, or there were none to commit."""
        self._waiting_for: str | None = "partitions from the consumer group"
        self._partitions: dict[tuple[str, int], _Partition] = {}

    def problems(self) -> list[str]:
        """Why the worker should be restarted; empty when it is well."""
        now, limit = self._clock(), self._stuck_after_seconds
        found = []
        if self._has_work() and now - self._well_at > self._standstill_after_seconds:
            found.append(f"nothing was committed for {now - self._well_at:.0f} s")
        if self._waiting_for is not None:
            return [f"{problem}, waiting for {self._waiting_for}" for problem in found]
        for (agent, number), partition in sorted(self._partitions.items()):
            if partition.waiting_since is not None and now - partition.waiting_since > limit:
                waited = now - partition.waiting_since
                found.append(f"{agent}: partition {number} has records, and none was committed for {waited:.0f} s")
            elif now - partition.reported_at > limit:
                silent = now - partition.reported_at
                found.append(f"{agent}: nothing was heard of partition {number} for {silent:.0f} s")
        return found

    def waiting_for(self) -> str | None:
        """What has to happen until events are processed; none when they are."""
        return self._waiting_for

    def partitions(self) -> dict[str, list[int]]:
        """The partitions that are ours, by agent."""
        found: dict[str, list[int]] = {}
        for agent, number in sorted(self._partitions):
            found.setdefault(agent, []).append(number)
        return found

    def recovery_started(self) -> None:
        """Partitions have been assigned and their state is being read."""
        self._waiting_for = "state to be recovered from the changelog"

    def recovery_finished(self, seconds: float) -> None:
        """State is complete."""
        self._waiting_for = "project settings to be read"

    def assigned(self, agent: str, partitions: Set[int]) -> None:
        """These are all partitions that the agent has."""
        for known in [key for key in self._partitions if key[0] == agent and key[1] not in partitions]:
            del self._partitions[known]
        for number in partitions:
            self._partitions.setdefault((agent, number), _Partition(self._clock()))

    def revoked(self, agent: str, partitions: Set[int]) -> None:
        """They are somebody else's concern."""
        for number in partitions:
            self._partitions.pop((agent, number), None)

    def unit_done(self, report: UnitReport) -> None:
        """A unit of work is durable: whatever still waits has waited since now."""
        self._well_at = self._clock()
        partition = self._partitions.get((report.agent, report.partition))
        if partition is not None and partition.waiting_since is not None:
            partition.waiting_since = self._well_at

    def lag(self, agent: str, partition: int, records: int) -> None:
        """Records of a partition that are not processed yet."""
        known = self._partitions.get((agent, partition))
        if known is None:
            return
        known.reported_at = self._clock()
        if records == 0:
            known.waiting_since = None
            self._well_at = known.reported_at
        elif known.waiting_since is None:
            known.waiting_since = known.reported_at

    def ready(self, is_ready: bool) -> None:
        """Whether events are processed; a rebalance is no standstill, so patience starts again after it."""
        if not self._has_work():
            self._well_at = self._clock()
        if is_ready:
            self._waiting_for = None
            for key in self._partitions:
                self._partitions[key] = _Partition(self._clock())
        elif self._waiting_for is None:
            self._waiting_for = "the end of a rebalance"

    def _has_work(self) -> bool:
        # With more workers than partitions, some are ready and own nothing.
        return bool(self._partitions) or self._waiting_for is not None


def _json(good: bool, body: Mapping[str, Any]) -> Page:
    return Page(200 if good else 503, "application/json", msgspec.json.encode(body))
