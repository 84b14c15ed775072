"""All views of all projects at the end of a replay: what `quality.json` holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from streams.contracts.decisions import Alert, Decision
from streams.contracts.facts import Contribution, FactBatch
from streams.contracts.views import OPEN_STATES, UNCONTESTED_STATES, VIEW_NAMES, AlertItem, TaskItem
from streams.ports import Outgoing
from streams.quality.project import ProjectQuality
from streams.quality.views import alert_item, in_order, open_item, task_item, view

__all__ = ["TASKS", "Seen", "documents"]

TASKS: Final = 1_000
"""Decided tasks of a project at most, the least agreed first; and as many open ones without a score."""
_decision = msgspec.json.Decoder(Decision)
_alert = msgspec.json.Decoder(Alert)


class Seen:
    """The decisions in force, the open tasks and the resolved alerts, which are not in a project's sums."""

    def __init__(self) -> None:
        self.tasks: dict[str, dict[str, TaskItem]] = {}
        """Project → task → its decision in force."""
        self.open: dict[str, dict[str, Contribution]] = {}
        """Project → task that is not decided yet → where it stands."""
        self.resolved: dict[str, list[AlertItem]] = {}
        """Project → alerts in the order in which they were resolved."""

    def add(self, outgoing: Outgoing) -> None:
        """What of a record is shown later."""
        if outgoing.topic in ("task-agreement", "task-disagreement"):
            decision = _decision.decode(outgoing.value)
            self.tasks.setdefault(decision.project_id, {})[decision.task_id] = task_item(decision)
        elif outgoing.topic == "quality-alerts":
            alert = _alert.decode(outgoing.value)
            if alert.state == "resolved":
                self.resolved.setdefault(alert.project_id, []).append(alert_item(alert))

    def follow(self, batch: FactBatch) -> None:
        """Where tasks stand that are not decided yet; batches of one source partition in their order."""
        standing = self.open.setdefault(batch.project_id, {})
        for fact in batch.facts:
            standing.pop(fact.task_id, None)
            if fact.after is not None and fact.after.state in OPEN_STATES:
                standing[fact.task_id] = fact.after

    def items(self, project_id: str) -> list[TaskItem]:
        """What `tasks` lists, as the read model has it: decided tasks with a score, then open ones without."""
        decided = self.tasks.get(project_id, {})
        scored = [item for item in decided.values() if item.score is not None and item.state not in UNCONTESTED_STATES]
        waiting = [
            open_item(task_id, found.state, found.score, found.event_time_us, decided.get(task_id))
            for task_id, found in self.open.get(project_id, {}).items()
            if found.score is None
        ]
        return in_order(scored)[:TASKS] + in_order(waiting)[:TASKS]


def documents(projects: Iterable[ProjectQuality], seen: Seen) -> Mapping[str, Mapping[str, Any]]:
    """Project → view name → document."""
    found: dict[str, dict[str, Any]] = {}
    for quality in projects:
        project_id = quality.project.project_id
        given: dict[str, dict[str, Any]] = {
            "tasks": {"items": seen.items(project_id)},
            "alerts": {"resolved": seen.resolved.get(project_id, [])},
        }
        found[project_id] = {name: view(quality, name, **given.get(name, {})) for name in VIEW_NAMES}
    return found
