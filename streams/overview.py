"""A project's record → what a person is shown of it.

From the record alone: the read model follows the changelog of the `quality` table and shows what memory shows.
"""

from __future__ import annotations

from typing import Any

from scoring.rolling.drift import drop
from scoring.rolling.sums import ScoreSums, from_micro
from scoring.types import Undefined
from streams.quality import OpenAlert, ProjectRecord, rfc3339

__all__ = ["overview_of"]


def overview_of(record: ProjectRecord) -> dict[str, Any]:
    """Ready for JSON; figures that are undefined are null beside the reason.

    Means are in [0, 1]. The histogram counts decided tasks by agreement in equal bins from 0 to 1. `agreement.drop` is
    baseline minus recent: what `agreement_drift` looks at.
    """
    sums = record.sums
    return {
        "project_id": record.project_id,
        "event_time": None if record.event_time_us is None else rfc3339(record.event_time_us),
        "tasks": dict(sorted(sums.tasks.items())),
        "answers": sums.answers,
        "stalled_tasks": sums.stalled,
        "agreement": {
            "mean": _statistic(sums.scores.mean(), sums.scores.n),
            "deviation": _statistic(sums.scores.deviation(), sums.scores.n),
            "recent": _statistic(_recent(record), record.recent.n),
            "baseline": _statistic(_baseline(record).mean(), _baseline(record).n),
            "drop": _statistic(_drop(record), sums.scores.n),
            "window_tasks": record.window,
            "histogram": list(sums.histogram),
        },
        "labels": {control: _labels(record, control) for control in sorted(sums.labels)},
        "further_labels": from_micro(sums.further_labels_micro),
        "alerts": [_alert(alert) for _, alert in sorted(record.alerts.items())],
    }


def _baseline(record: ProjectRecord) -> ScoreSums:
    return record.sums.scores.minus(record.recent)


def _recent(record: ProjectRecord) -> float | Undefined:
    if record.recent.n < record.window:
        return Undefined(f"the window is not full: {record.recent.n} of {record.window} decided tasks")
    return record.recent.mean()


def _drop(record: ProjectRecord) -> float | Undefined:
    recent, baseline = _recent(record), _baseline(record)
    if isinstance(recent, Undefined):
        return recent
    if baseline.n < record.warm_up:
        return Undefined(f"warm-up: {baseline.n} of {record.warm_up} decided tasks before the window")
    return drop(baseline, record.recent)


def _statistic(value: float | Undefined, n: int) -> dict[str, Any]:
    if isinstance(value, Undefined):
        return {"value": None, "n": n, "undefined": value.reason}
    return {"value": round(value, 6), "n": n, "undefined": None}


def _labels(record: ProjectRecord, control: str) -> dict[str, Any]:
    counts = record.sums.labels[control]
    ends = record.imbalance.get(control)
    return {
        "counts": {label: from_micro(count) for label, count in sorted(counts.items())},
        "n": from_micro(sum(counts.values())),
        "imbalance_ratio": None if ends is None else round(ends.ratio(), 6),
        "ratio_is_lower_bound": ends is not None and ends.is_lower_bound(),
        "most_frequent": None if ends is None else ends.most,
        "least_frequent": None if ends is None else ends.least,
        "undefined": "fewer than two labels are known" if ends is None else None,
    }


def _alert(alert: OpenAlert) -> dict[str, Any]:
    return {
        "alert_id": alert.alert_id,
        "alert": alert.alert,
        "subject": alert.subject,
        "severity": alert.severity,
        "raised_at": alert.raised_at,
        "evidence": alert.evidence,
        "recommended_action": alert.recommended_action,
    }
