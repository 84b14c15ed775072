"""The read model: what programs and people read of the stream without asking Kafka, and the one way to write it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from streams.adapters.redis_model.batch import Batch, OpenTask
from streams.adapters.redis_model.keys import (
    ALERT_TTL_SECONDS,
    DECISION_TTL_SECONDS,
    DECISIONS_KEPT,
    EPISODES_KEPT,
    OPEN_STATES,
    OPEN_TASKS_KEPT,
    PREFIX,
    Keys,
)
from streams.adapters.redis_model.script import APPLY, Plan
from streams.errors import LabelquorumError

__all__ = ["Claim", "ProjectAlerts", "ReadModel", "ReadModelUnavailable"]

_ANSWER_SECONDS = 5.0
"""A Redis that takes longer is down: the stream's read model retries, a reader is told."""


class ReadModelUnavailable(LabelquorumError):
    """Redis does not answer, or refuses."""


class Claim(NamedTuple):
    """What a write says of one partition: these were the records from `start` up to, not including, `following`."""

    topic: str
    partition: int
    start: int
    following: int


class ProjectAlerts(NamedTuple):
    """A project's alerts as they were sent (`contracts.decisions.Alert`)."""

    open: list[dict[str, Any]]
    """Raised and not resolved, by time raised."""
    episodes: list[dict[str, Any]]
    """The last event of each of the newest episodes, newest first."""


class ReadModel:
    """One deployment's read model. Every method raises `ReadModelUnavailable` when Redis does not do its part.

    Args:
        redis: a client that answers bytes (`decode_responses` off). `connect` makes one from a URL.
        prefix: in front of every key.
        decisions_kept, open_tasks_kept, episodes_kept: the bounds that `keys` documents.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        prefix: str = PREFIX,
        decisions_kept: int = DECISIONS_KEPT,
        open_tasks_kept: int = OPEN_TASKS_KEPT,
        episodes_kept: int = EPISODES_KEPT,
    ) -> None:
        self._redis = redis
        self._keys = Keys(prefix)
        self._decisions_kept = decisions_kept
        self._open_tasks_kept = open_tasks_kept
        self._episodes_kept = episodes_kept
        self._script: str | None = None

    @classmethod
    def connect(cls, url: str, *, prefix: str = PREFIX) -> ReadModel:
        """For a URL as `redis://host:port/db`; nothing is sent yet, so Redis may be down. `close` it at the end."""
        # One more attempt at once: a connection from before a restart of Redis fails once. Twice is harmless, `apply`
        # included: a write whose answer was lost is refused the second time, and the projector learns where Redis is.
        retry = Retry(NoBackoff(), 1)
        redis = Redis.from_url(url, retry=retry, socket_timeout=_ANSWER_SECONDS, socket_connect_timeout=_ANSWER_SECONDS)
        return cls(redis, prefix=prefix)

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
            refused = _texts(await self._run(self._arguments(batch, claims)))
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
            newest = await self._range(self._keys.of_project("episodes", project), self._episodes_kept, newest=True)
            episodes = await self._values([self._keys.item("alert", project, alert) for alert in newest])
        decoded = [msgspec.json.decode(value, type=dict[str, Any]) for value in raised]
        return ProjectAlerts(sorted(decoded, key=lambda a: (a["raised_at"], a["alert_id"])), episodes)

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

    def _arguments(self, batch: Batch, claims: Sequence[Claim]) -> list[bytes]:
        """What `script.APPLY` takes: the plan, then the values that it names."""
        keys, values = self._keys, [b""]

        def index(value: bytes) -> int:
            values.append(value)
            return len(values)

        overviews = batch.overviews()
        changed = (batch.decisions, batch.alerts, batch.tasks)
        projects = sorted({project for changes in changed for project, _ in changes}.union(overviews))
        plan = Plan(
            offsets=[(keys.offset(c.topic, c.partition), str(c.start), str(c.following)) for c in claims],
            decisions=[
                (keys.item("decision", project, task), keys.of_project("decisions", project), task,
                 str(d.time_us), d.version, index(d.value))
                for (project, task), d in batch.decisions.items()
            ],
            decisions_kept=self._decisions_kept,
            decision_ttl_seconds=DECISION_TTL_SECONDS,
            alerts=[
                (keys.item("alert", project, alert), keys.of_project("episodes", project), alert,
                 str(a.time_us), a.version, index(a.value), keys.of_project("alerts", project), a.final)
                for (project, alert), a in batch.alerts.items()
            ],
            episodes_kept=self._episodes_kept,
            alert_ttl_seconds=ALERT_TTL_SECONDS,
            tasks=self._open_tasks(batch),
            open_lists={
                keys.of_project("task", project): [keys.open(project, state) for state in OPEN_STATES]
                for project in projects
            },
            open_tasks_kept=self._open_tasks_kept,
            overviews=[(keys.of_project("overview", project), index(value)) for project, value in overviews.items()],
            projects_key=keys.projects,
            projects=projects,
        )  # fmt: skip
        values[0] = msgspec.json.encode(plan)
        return values

    def _open_tasks(self, batch: Batch) -> dict[str, list[tuple[str, str, str, str]]]:
        found: dict[str, list[tuple[str, str, str, str]]] = {}
        for (project, task_id), task in batch.tasks.items():
            if task is not None and task.state in OPEN_STATES:
                details = msgspec.json.encode(task).decode()
                entry = (task_id, self._keys.open(project, task.state), str(task.event_time_us), details)
            else:
                entry = (task_id, "", "", "")
            found.setdefault(self._keys.of_project("task", project), []).append(entry)
        return found


def _texts(values: Iterable[Any]) -> list[str]:
    return [value.decode() for value in values]


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    try:
        yield
    except RedisError as error:
        raise ReadModelUnavailable(f"Redis does not answer as expected: {type(error).__name__}: {error}") from error
