"""The read model: what programs and people read of the stream without asking Kafka, and the one way to write it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from streams.adapters.quality_reader import QualityUnavailable, StoredQuality, TaskPage
from streams.adapters.redis_model.batch import Batch, OpenTask
from streams.adapters.redis_model.keys import DECISIONS_KEPT, OPEN_STATES, PREFIX, Keys
from streams.adapters.redis_model.script import APPLY
from streams.adapters.redis_model.writing import DEFAULT_BOUNDS, Bounds, Claim, arguments
from streams.contracts.decisions import Alert
from streams.contracts.views import AlertItem, TaskItem
from streams.quality.views import alert_item, open_item

__all__ = ["ProjectAlerts", "ReadModel", "ReadModelUnavailable"]

_VERSION = b"version"
"""Beside the records' keys, which are msgpack arrays: none of them begins with a letter."""

_ANSWER_SECONDS = 5.0
"""A Redis that takes longer is down: the stream's read model retries, a reader is told."""


class ReadModelUnavailable(QualityUnavailable):
    """Redis does not answer, or refuses."""


class ProjectAlerts(NamedTuple):
    """A project's alerts as they were sent (`contracts.decisions.Alert`)."""

    open: list[dict[str, Any]]
    """Raised and not resolved, by time raised."""
    episodes: list[dict[str, Any]]
    """The last event of each of the newest episodes, newest first."""


class ReadModel:
    """One deployment's read model. Every method raises `ReadModelUnavailable` when Redis does not do its part.

    It is a `QualityReader`.

    Args:
        redis: a client that answers bytes (`decode_responses` off). `connect` makes one from a URL.
        prefix: in front of every key.
        bounds: how much is kept.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        prefix: str = PREFIX,
        bounds: Bounds = DEFAULT_BOUNDS,
    ) -> None:
        self._redis = redis
        self._keys = Keys(prefix)
        self._bounds = bounds
        self._script: str | None = None

    @classmethod
    def connect(cls, url: str, *, prefix: str = PREFIX, bounds: Bounds = DEFAULT_BOUNDS) -> ReadModel:
        """For a URL as `redis://host:port/db`; nothing is sent yet, so Redis may be down. `close` it at the end."""
        # One more attempt at once: a connection from before a restart of Redis fails once. Twice is harmless, `apply`
        # included: a write whose answer was lost is refused the second time, and the projector learns where Redis is.
        retry = Retry(NoBackoff(), 1)
        redis = Redis.from_url(url, retry=retry, socket_timeout=_ANSWER_SECONDS, socket_connect_timeout=_ANSWER_SECONDS)
        return cls(redis, prefix=prefix, bounds=bounds)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def apply(self, batch: Batch, claims: Sequence[Claim]) -> Mapping[tuple[str, int], int]:
        """Write a batch and the offsets that it reaches, all or nothing, in one round trip.

        Returns:
            Empty when it is written. Else nothing is: for each partition whose records do not follow on what Redis
            holds, the offset to read from instead, by (topic, partition); 0 where Redis holds nothing.
        """
        offsets = {self._keys.offset(c.topic, c.partition): (c.topic, c.partition) for c in claims}
        async with _answering():
            refused = _texts(await self._run(arguments(batch, claims, self._keys, self._bounds)))
        return {offsets[key]: int(stored) for key, stored in zip(refused[::2], refused[1::2], strict=True)}

    async def projects(self) -> list[str]:
        """The ids of all projects, sorted."""
        async with _answering():
            return sorted(_texts(await self._redis.smembers(self._keys.projects)))

    async def overview(self, project: str) -> dict[str, Any] | None:
        """The project's figures as WATCH keeps them; none where it has said nothing yet."""
        async with _answering():
            value = await self._redis.get(self._keys.of_project("overview", project))
        return None if value is None else msgspec.json.decode(value, type=dict[str, Any])

    async def decisions(self, project: str, limit: int = DECISIONS_KEPT) -> list[dict[str, Any]]:
        """The newest decisions, newest first: by event time, then task id; one per task, its newest revision."""
        async with _answering():
            tasks = await self._range(self._keys.of_project("decisions", project), limit, newest=True)
            return await self._values([self._keys.item("decision", project, task) for task in tasks])

    async def decision(self, project: str, task: str) -> dict[str, Any] | None:
        """The newest revision of a task's decision; none where there is none, or not any more."""
        async with _answering():
            found = await self._values([self._keys.item("decision", project, task)])
        return found[0] if found else None

    async def open_tasks(self, project: str, state: str, limit: int = 100) -> list[OpenTask]:
        """Tasks in a state of `OPEN_STATES`, those that nothing has happened to for longest first."""
        if state not in OPEN_STATES:
            raise ValueError(f"expected one of {', '.join(OPEN_STATES)}; got {state!r}")
        async with _answering():
            tasks = await self._range(self._keys.open(project, state), limit, newest=False)
            details = await self._redis.hmget(self._keys.of_project("task", project), tasks) if tasks else []
        return [msgspec.json.decode(detail, type=OpenTask) for detail in details if detail is not None]

    async def alerts(self, project: str) -> ProjectAlerts:
        """Open alerts and the newest episodes."""
        async with _answering():
            raised = await self._redis.hvals(self._keys.of_project("alerts", project))
            newest = await self._range(self._keys.of_project("episodes", project), self._bounds.episodes, newest=True)
            episodes = await self._values([self._keys.item("alert", project, alert) for alert in newest])
        decoded = [msgspec.json.decode(value, type=dict[str, Any]) for value in raised]
        return ProjectAlerts(sorted(decoded, key=lambda a: (a["raised_at"], a["alert_id"])), episodes)

    async def quality_version(self, project: str) -> str | None:
        """See `QualityReader`."""
        async with _answering():
            versions = await self._redis.hmget(self._keys.of_project("quality", project), [_VERSION.decode()])
        return None if versions[0] is None else _texts(versions)[0]

    async def quality(self, project: str) -> StoredQuality | None:
        """See `QualityReader`. Of a unit of work of WATCH that is being read in, a part may be there for an instant."""
        async with _answering():
            fields: dict[Any, Any] = await self._redis.hgetall(self._keys.of_project("quality", project))
        version = fields.pop(_VERSION, None)
        return None if version is None else StoredQuality(version.decode(), fields)

    async def tasks(self, project: str, state: str | None, offset: int, limit: int) -> TaskPage:
        """See `QualityReader`. Of decided tasks the `CONTESTED_KEPT` least agreed are known, none without score."""
        counts: dict[str, int] | None = ((await self.overview(project)) or {}).get("tasks")
        total = None if counts is None else sum(counts.values()) if state is None else counts.get(state, 0)
        if state in OPEN_STATES:
            tasks = sorted(await self.open_tasks(project, state, self._bounds.open_tasks), key=_in_order)
            return await self._open_page(project, tasks, offset, limit, total)
        async with _answering():
            scored = _texts(await self._redis.zrange(self._keys.of_project("contested", project), 0, -1))
            if state is not None:
                items = [item for item in await self._items(project, scored) if item.state == state]
                return TaskPage(items[offset : offset + limit], len(items) > offset + limit, total)
            items = await self._items(project, scored[offset : offset + limit])
        if len(scored) > offset + limit:
            return TaskPage(items, True, total)
        behind = await self._open_page(
            project, await self._unscored(project, set(scored)), max(0, offset - len(scored)),
            limit - max(0, len(scored) - offset), total,
        )  # fmt: skip
        return TaskPage([*items, *behind.items], behind.more, total)

    async def resolved_alerts(self, project: str) -> list[AlertItem]:
        """See `QualityReader`."""
        episodes = (await self.alerts(project)).episodes
        return [alert_item(msgspec.convert(event, Alert)) for event in episodes if event["state"] == "resolved"]

    async def revisions(self, project: str, task: str) -> list[bytes]:
        """See `QualityReader`. `REVISIONS_KEPT` of them, for `DECISION_TTL_SECONDS` after the newest."""
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.hget(self._keys.item("decision", project, task), "value")
        pipeline.hgetall(self._keys.item("former", project, task))
        async with _answering():
            newest, former = await pipeline.execute()
        return [] if newest is None else [newest, *(former[version] for version in sorted(former, reverse=True))]

    async def _unscored(self, project: str, listed: Collection[str]) -> list[OpenTask]:
        """Open tasks without a score, but for those that are listed by what they had."""
        found = [await self.open_tasks(project, state, self._bounds.open_tasks) for state in OPEN_STATES]
        return sorted(
            (task for tasks in found for task in tasks if task.score is None and task.task_id not in listed),
            key=_in_order,
        )

    async def _open_page(
        self, project: str, tasks: Sequence[OpenTask], offset: int, limit: int, total: int | None
    ) -> TaskPage:
        page = tasks[offset : offset + limit]
        async with _answering():
            decided = {item.task_id: item for item in await self._items(project, [task.task_id for task in page])}
        items = [open_item(t.task_id, t.state, t.score, t.event_time_us, decided.get(t.task_id)) for t in page]
        return TaskPage(items, len(tasks) > offset + limit, total)

    async def _items(self, project: str, tasks: Sequence[str]) -> list[TaskItem]:
        """Of the tasks whose decision is still there."""
        pipeline = self._redis.pipeline(transaction=False)
        for task in tasks:
            pipeline.hget(self._keys.item("decision", project, task), "item")
        return [msgspec.json.decode(item, type=TaskItem) for item in await pipeline.execute() if item is not None]

    async def _range(self, key: str, limit: int, *, newest: bool) -> list[str]:
        return _texts(await self._redis.zrange(key, 0, limit - 1, desc=newest)) if limit > 0 else []

    async def _values(self, keys: Sequence[str]) -> list[dict[str, Any]]:
        pipeline = self._redis.pipeline(transaction=False)
        for key in keys:
            pipeline.hget(key, "value")
        values = await pipeline.execute()
        return [msgspec.json.decode(value, type=dict[str, Any]) for value in values if value is not None]

    async def _run(self, arguments: Sequence[bytes]) -> list[Any]:
        # Loaded first rather than on NOSCRIPT: the in-process Redis of the demo hangs up after every error.
        script = self._script or await self._redis.script_load(APPLY)
        self._script = None
        answer: list[Any] = await self._redis.evalsha(script, 0, *arguments)
        self._script = script
        return answer


def _in_order(task: OpenTask) -> tuple[bool, float, int, str]:
    """As `quality.views.in_order` has it."""
    return task.score is None, task.score or 0.0, task.event_time_us if task.score is None else 0, task.task_id


def _texts(values: Iterable[Any]) -> list[str]:
    return [value.decode() for value in values]


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    try:
        yield
    except RedisError as error:
        raise ReadModelUnavailable(f"Redis does not answer as expected: {type(error).__name__}: {error}") from error
