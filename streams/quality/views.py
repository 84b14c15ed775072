"""A project's records → what a person or a program reads of it (`contracts.views`).

Pure: the same records, the same documents, whether they come from WATCH's memory, its changelog, Redis or `replay`.
`tasks` and the resolved alerts are not in the sums: who has decisions and past alerts passes them in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from streams.contracts.decisions import Alert, Decision
from streams.contracts.views import (
    VIEW_NAMES,
    AlertItem,
    AlertsView,
    OverviewView,
    Reviews,
    Statistic,
    TaskItem,
    TasksView,
)
from streams.quality.agreement import agreement
from streams.quality.classes import classes
from streams.quality.figures import baseline, mean, plain, recent, share, undefined
from streams.quality.people import annotators, benchmark, matrix
from streams.quality.project import ProjectQuality
from streams.quality.records import ProjectSums
from streams.quality.stored import rfc3339
from streams.quality.times import quorum_seconds

__all__ = [
    "ProjectQuality",
    "agreement",
    "alert_item",
    "alerts",
    "annotators",
    "benchmark",
    "classes",
    "in_order",
    "matrix",
    "open_item",
    "overview",
    "task_item",
    "tasks",
    "view",
]

_NOTHING_SETTLED = "no task is settled"


def view(quality: ProjectQuality, name: str, **filters: Any) -> Struct:
    """One of `contracts.views.VIEW_NAMES`; `filters` are the keyword arguments of the function of that name.

    Raises:
        LookupError: there is no such view.
    """
    found = _VIEWS.get(name)
    if found is None:
        raise LookupError(f"expected one of the views {', '.join(VIEW_NAMES)}; got {name!r}")
    return found(quality, **filters)


def overview(quality: ProjectQuality) -> OverviewView:
    """A project at one glance."""
    record = quality.project
    sums = record.sums
    return OverviewView(
        project_id=record.project_id,
        event_time=None if record.event_time_us is None else rfc3339(record.event_time_us),
        tasks=dict(sorted(sums.tasks.items())),
        annotations=sums.answers,
        annotators=len(quality.people()),
        stalled_tasks=sums.stalled,
        agreement=mean(sums.scores),
        recent_agreement=recent(record),
        baseline_agreement=baseline(record),
        overlap_mean=_overlap(sums),
        annotations_saved=sums.spared_answers,
        time_to_quorum_seconds={f"p{q}": _quorum_time(sums, q / 100) for q in (50, 90)},
        reviews=_reviews(sums),
        prelabelled=share(sums.prelabelled, sums.settled, _NOTHING_SETTLED),
        alerts_open=len(record.alerts),
    )


def tasks(
    quality: ProjectQuality, items: Iterable[TaskItem] = (), *, state: str | None = None, limit: int | None = None
) -> TasksView:
    """`items` `in_order`; by state and at most `limit`."""
    known = quality.project.sums.tasks
    chosen = [item for item in items if state is None or item.state == state]
    total = sum(known.values()) if state is None else known.get(state, 0)
    return TasksView(project_id=quality.project.project_id, total=total, items=in_order(chosen)[:limit])


def in_order(items: Iterable[TaskItem]) -> list[TaskItem]:
    """The least agreed first, ties by id; then those without a score, the longest untouched first, ties by id."""

    def place(item: TaskItem) -> tuple[bool, float, datetime | None, str]:
        since = datetime.fromisoformat(item.event_time) if item.score is None else None
        return item.score is None, item.score or 0.0, since, item.task_id

    return sorted(items, key=place)


def alerts(
    quality: ProjectQuality, resolved: Iterable[AlertItem] = (), *, alert: str | None = None, limit: int | None = None
) -> AlertsView:
    """Open alerts, newest first, then `resolved`, newest first; of one type, and at most `limit`."""
    standing = [
        AlertItem(
            alert_id=one.alert_id, alert=one.alert, subject=one.subject, severity=one.severity,
            raised_at=one.raised_at, resolved_at=None, evidence=dict(sorted(one.evidence.items())),
            recommended_action=one.recommended_action,
        )
        for one in quality.project.alerts.values()
    ]  # fmt: skip
    past = [item for item in resolved if item.resolved_at is not None]
    items = sorted(standing, key=_newest, reverse=True) + sorted(past, key=_newest, reverse=True)
    chosen = [item for item in items if alert is None or item.alert == alert]
    return AlertsView(project_id=quality.project.project_id, items=chosen[:limit])


def task_item(decision: Decision) -> TaskItem:
    """A decision as `tasks` lists it."""
    conflicts: dict[str, int] = {}
    for control in decision.controls.values():
        for conflict in control.conflicts:
            conflicts[conflict.kind] = conflicts.get(conflict.kind, 0) + 1
    return TaskItem(
        task_id=decision.task_id,
        state=decision.state,
        score=decision.score,
        event_time=decision.event_time,
        annotators=[submission.annotator_id for submission in decision.submissions],
        conflicts=dict(sorted(conflicts.items())),
        decision_id=decision.decision_id,
    )


def open_item(task_id: str, state: str, score: float | None, event_time_us: int, decided: TaskItem | None) -> TaskItem:
    """A task that is open, as the facts say that it stands, with what only its decision knows.

    One that waits has none in force: whether it ever had one depends on the order in which events came.
    """
    known = None if state == "waiting" else decided
    return TaskItem(
        task_id=task_id,
        state=state,
        score=score,
        event_time=rfc3339(event_time_us),
        annotators=[] if known is None else known.annotators,
        conflicts={} if known is None else known.conflicts,
        decision_id=None if known is None else known.decision_id,
    )


def alert_item(alert: Alert) -> AlertItem:
    """A record of `quality-alerts` as `alerts` lists it."""
    return AlertItem(
        alert_id=alert.alert_id, alert=alert.alert, subject=alert.subject, severity=alert.severity,
        raised_at=alert.raised_at, resolved_at=alert.event_time if alert.state == "resolved" else None,
        evidence=dict(sorted(alert.evidence.items())), recommended_action=alert.recommended_action,
    )  # fmt: skip


def _overlap(sums: ProjectSums) -> Statistic:
    if not sums.settled:
        return undefined(_NOTHING_SETTLED)
    return plain(sums.settled_answers / sums.settled, sums.settled)


def _quorum_time(sums: ProjectSums, q: float) -> Statistic:
    if not sums.quorum_times:
        return undefined(_NOTHING_SETTLED)
    return plain(quorum_seconds(sums.quorum_times, q), sums.settled)


def _reviews(sums: ProjectSums) -> Reviews:
    counts = {verdict: sums.reviews.get(verdict, 0) for verdict in ("approved", "rejected", "corrected")}
    approval = share(counts["approved"], sum(sums.reviews.values()), "nothing was reviewed")
    return Reviews(**counts, approval=approval)


def _newest(item: AlertItem) -> tuple[str, str]:
    return item.resolved_at or item.raised_at, item.alert_id


_VIEWS: Final[dict[str, Callable[..., Struct]]] = {
    "overview": overview,
    "agreement": agreement,
    "annotators": annotators,
    "tasks": tasks,
    "benchmark": benchmark,
    "alerts": alerts,
    "matrix": matrix,
    "classes": classes,
}
