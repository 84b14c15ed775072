"""Raise, resolve or leave alone: at most one open alert of a type for a subject, and a bounded number in all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final, Literal
from urllib.parse import quote

import msgspec

from scoring.rolling.sums import Verdict
from scoring.types import Undefined
from streams.contracts.decisions import Alert
from streams.quality import OpenAlert, ProjectRecord, rfc3339
from streams.stages.warn.catalogue import ALERTS

__all__ = ["OPEN_ALERTS", "Evidence", "figure", "key_of", "move", "stands"]

OPEN_ALERTS: Final = 50
"""Of one type in one project: each is in the project's record with its evidence. Who finds no room waits for the next
look; what nobody can go through need not be told one by one."""

Evidence = dict[str, Any]


def key_of(alert: str, subject: str) -> str:
    """Under which the project's record has it; alert names have no slash."""
    return f"{alert}/{subject}"


def stands(record: ProjectRecord, alert: str, subject: str) -> bool:
    """Whether it is open."""
    return bool(record.alerts) and key_of(alert, subject) in record.alerts


def move(
    record: ProjectRecord, alert: str, subject: str, verdict: Verdict, evidence: Callable[[], Evidence]
) -> Alert | None:
    """Follow a verdict; None where that changes nothing.

    Args:
        record: the project, whose open alerts follow.
        alert: its type.
        subject: what it is about.
        verdict: where the statistic stands.
        evidence: makes the figures, once they are needed; maps in them have sorted keys.
    """
    key = key_of(alert, subject)
    standing = record.alerts.get(key)
    if verdict is not (Verdict.BEYOND if standing is None else Verdict.WITHIN):
        return None
    now = rfc3339(record.event_time_us or 0)
    if standing is not None:
        del record.alerts[key]
        figures = dict(sorted(evidence().items()))
        action = ALERTS[alert].resolved.format_map(_told(record.project_id, standing.evidence | figures))
        return _alert(standing, record.project_id, "resolved", now, figures, action)
    if sum([one.alert == alert for one in record.alerts.values()]) >= OPEN_ALERTS:
        return None
    figures = dict(sorted(evidence().items()))  # as they are stored
    episode = record.episodes[alert] = record.episodes.get(alert, 0) + 1
    alert_id = _alert_id(record.project_id, alert, subject, now, episode)
    named = ALERTS[alert]
    kind = named.of_model if named.of_model is not None and figures.get("kind") == "model" else named
    action = kind.action.format_map(_told(record.project_id, figures))
    raised = OpenAlert(alert, subject, alert_id, kind.severity, now, figures, action)
    record.alerts[key] = raised
    return _alert(raised, record.project_id, "raised", now, figures, raised.recommended_action)


class _Figure(float):
    """A figure in a sentence: three digits, or as a share (`:%`)."""

    def __format__(self, spec: str) -> str:
        if spec == "%":
            return f"{float(self) * 100:.0f} %"
        return f"{float(self):,.0f}" if abs(self) >= 1_000 else f"{float(self):.3g}"


class _Unknown:
    """What there is no figure of."""

    def __format__(self, spec: str) -> str:
        return "unknown"


def _told(project_id: str, figures: Evidence) -> dict[str, Any]:
    """Evidence as sentences have it."""
    told: dict[str, Any] = {
        "path": f"/v1/projects/{quote(project_id, safe='')}/quality",
        "who": quote(str(figures.get("annotator", "")), safe=""),
    }
    for name, value in figures.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            told[name] = _Figure(value)
        elif isinstance(value, dict):
            parts = [f"{part} {_Figure(mean)}" for part, mean in value.items() if isinstance(mean, int | float)]
            told[name] = ", ".join(parts) or "everybody alike"
        else:
            told[name] = _Unknown() if value is None else value
    return told


def figure(value: float | Undefined | None) -> float | None:
    """As evidence tells it."""
    return None if value is None or isinstance(value, Undefined) else round(value, 6)


def _alert(
    episode: OpenAlert,
    project_id: str,
    state: Literal["raised", "resolved"],
    now: str,
    evidence: Evidence,
    recommended_action: str,
) -> Alert:
    return Alert(
        schema=1,
        type="quality.alert",
        alert_id=episode.alert_id,
        alert=episode.alert,
        state=state,
        project_id=project_id,
        subject=episode.subject,
        severity=episode.severity,
        event_time=now,
        raised_at=episode.raised_at,
        evidence=evidence,
        recommended_action=recommended_action,
    )


def _alert_id(*identity: str | int) -> str:
    return hashlib.sha256(msgspec.json.encode(identity)).hexdigest()[:32]
