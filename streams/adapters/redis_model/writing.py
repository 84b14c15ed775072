"""Batch → what the script is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from streams.adapters.redis_model.batch import Batch
from streams.adapters.redis_model.keys import (
    ALERT_TTL_SECONDS,
    CONTESTED_KEPT,
    DECISION_TTL_SECONDS,
    DECISIONS_KEPT,
    EPISODES_KEPT,
    OPEN_STATES,
    OPEN_TASKS_KEPT,
    REVISIONS_KEPT,
    Keys,
)
from streams.adapters.redis_model.script import Plan

__all__ = ["DEFAULT_BOUNDS", "Bounds", "Claim", "arguments"]


class Bounds(NamedTuple):
    """How much is kept; `keys` says of what."""

    decisions: int = DECISIONS_KEPT
    revisions: int = REVISIONS_KEPT
    contested: int = CONTESTED_KEPT
    open_tasks: int = OPEN_TASKS_KEPT
    episodes: int = EPISODES_KEPT


DEFAULT_BOUNDS = Bounds()


class Claim(NamedTuple):
    """What a write says of one partition: these were the records from `start` up to, not including, `following`."""

    topic: str
    partition: int
    start: int
    following: int


def arguments(batch: Batch, claims: Sequence[Claim], keys: Keys, bounds: Bounds) -> list[bytes]:
    """What `script.APPLY` takes: the plan, then the values that it names."""
    values = [b""]

    def index(value: bytes) -> int:
        values.append(value)
        return len(values)

    overviews = batch.overviews()
    changed = (batch.decisions, batch.alerts, batch.tasks)
    projects = sorted({project for changes in changed for project, _ in changes}.union(overviews, batch.figures))
    plan = Plan(
        offsets=[(keys.offset(c.topic, c.partition), str(c.start), str(c.following)) for c in claims],
        decisions=[
            (keys.item("decision", project, task), keys.of_project("decisions", project), task,
             str(d.time_us), d.version, index(d.value), index(d.item), keys.item("former", project, task),
             keys.of_project("contested", project), "" if d.score is None else repr(d.score))
            for (project, task), revisions in batch.decisions.items()
            for _, d in sorted(revisions.items())
        ],
        decisions_kept=bounds.decisions,
        revisions_kept=bounds.revisions,
        contested_kept=bounds.contested,
        contested={
            keys.of_project("contested", project): keys.item("decision", project, "")
            for project, _ in batch.decisions
        },
        decision_ttl_seconds=DECISION_TTL_SECONDS,
        alerts=[
            (keys.item("alert", project, alert), keys.of_project("episodes", project), alert,
             str(a.time_us), a.version, index(a.value), keys.of_project("alerts", project), a.final)
            for (project, alert), a in batch.alerts.items()
        ],
        episodes_kept=bounds.episodes,
        alert_ttl_seconds=ALERT_TTL_SECONDS,
        tasks=_open_tasks(batch, keys),
        open_lists={
            keys.of_project("task", project): [keys.open(project, state) for state in OPEN_STATES]
            for project in projects
        },
        open_tasks_kept=bounds.open_tasks,
        figures=[
            (keys.of_project("quality", project), str(offset),
             [index(part) for key, value in records.items() if value is not None for part in (key, value)],
             [index(key) for key, value in records.items() if value is None])
            for project, (offset, records) in batch.figures.items()
        ],
        overviews=[(keys.of_project("overview", project), index(value)) for project, value in overviews.items()],
        projects_key=keys.projects,
        projects=projects,
    )  # fmt: skip
    values[0] = msgspec.json.encode(plan)
    return values


def _open_tasks(batch: Batch, keys: Keys) -> dict[str, list[tuple[str, str, str, str]]]:
    found: dict[str, list[tuple[str, str, str, str]]] = {}
    for (project, task_id), task in batch.tasks.items():
        if task is not None and task.state in OPEN_STATES:
            details = msgspec.json.encode(task).decode()
            entry = (task_id, keys.open(project, task.state), str(task.event_time_us), details)
        else:
            entry = (task_id, "", "", "")
        found.setdefault(keys.of_project("task", project), []).append(entry)
    return found
