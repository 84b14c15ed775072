"""All views of all projects at the end of a replay: what `quality.json` holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from streams.contracts.decisions import Alert, Decision
from streams.contracts.views import VIEW_NAMES, AlertItem, TaskItem
from streams.ports import Outgoing
from streams.quality.project import ProjectQuality
from streams.quality.views import alert_item, task_item, view

__all__ = ["TASKS", "Seen", "documents"]

TASKS: Final = 1_000
"""Tasks of a project at most, the least agreed first."""
_decision = msgspec.json.Decoder(Decision)
_alert = msgspec.json.Decoder(Alert)


class Seen:
    """The decisions in force and the resolved alerts, which are not in a project's sums."""

    def __init__(self) -> None:
        self.tasks: dict[str, dict[str, TaskItem]] = {}
        """Project → task → its decision in force."""
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


def documents(projects: Iterable[ProjectQuality], seen: Seen) -> Mapping[str, Mapping[str, Any]]:
    """Project → view name → document."""
    found: dict[str, dict[str, Any]] = {}
    for quality in projects:
        project_id = quality.project.project_id
        given: dict[str, dict[str, Any]] = {
            "tasks": {"items": seen.tasks.get(project_id, {}).values(), "limit": TASKS},
            "alerts": {"resolved": seen.resolved.get(project_id, [])},
        }
        found[project_id] = {name: view(quality, name, **given.get(name, {})) for name in VIEW_NAMES}
    return found
