"""(state of a project, settings) → alerts raised and resolved, each only where something crosses a line.

| alert | raised | resolved | subject |
|---|---|---|---|
| `agreement_drift` | window mean more than `drop` below that before | less than `resolve_drop` below | project |
| `class_imbalance` | most / least frequent label over `ratio` | `resolve_ratio` (80 % of `ratio`) or less | control |
| `stalled_tasks` | `minimum` tasks stalled or more | fewer | project |

Between its lines, and while it is undefined (warm-up, window not full, too few labels), an alert stays as it is. One
that the settings switch off is resolved. Times are event times, so the same facts give the same alerts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from scoring.rolling.drift import drop, judge_drop
from scoring.rolling.imbalance import imbalance, judge_imbalance
from scoring.rolling.sums import Verdict, from_micro
from scoring.rolling.window import BucketedSums
from scoring.types import Undefined
from streams.contracts.alert_settings import AlertSettings
from streams.contracts.decisions import Alert
from streams.contracts.settings import ProjectSettings
from streams.quality import OpenAlert, ProjectRecord, Touched, rfc3339

__all__ = ["ALERTS", "AlertKind", "Rules", "warn"]

_DEFAULT_RESOLVE_SHARE = 0.8


class AlertKind(NamedTuple):
    """What is the same for every alert of a type."""

    severity: Literal["info", "warning", "critical"]
    action: str
    """What a labeling lead does about it; fields of the evidence in braces."""
    resolved: str
    """The same once it is over."""


ALERTS: dict[str, AlertKind] = {
    "agreement_drift": AlertKind(
        "critical",  # every answer from now on costs money and may have to be given again
        "Read the newest decisions on task-disagreement: the controls and annotators that their conflicts name most "
        "often are where to start. Brief those annotators or clarify the guideline before more is labeled, and send "
        "the tasks decided since to review.",
        "Nothing to do: agreement is back at its average. Consider a review of the tasks decided in between.",
    ),
    "class_imbalance": AlertKind(
        "info",  # the answers are right; what is asked is lopsided
        "Queue more tasks that are likely to show {least_frequent!r}, or fewer that show {most_frequent!r}. If the "
        "imbalance is the nature of the data, raise alerts.class_imbalance.ratio; if {least_frequent!r} can't occur, "
        "take it out of the control's labels.",
        "Nothing to do: the labels are balanced enough again.",
    ),
    "stalled_tasks": AlertKind(
        "warning",  # work has stopped, and none of it is wrong
        "Find annotators for the {n} waiting tasks (task-reassignment names who may not be asked), or ask for fewer "
        "answers with required_annotators.",
        "Nothing to do: the tasks move again.",
    ),
}
"""By alert type."""


class Rules(NamedTuple):
    """What of a project's settings decides about alerts."""

    alerts: AlertSettings
    expected: Mapping[str, frozenset[str]]
    """Control → the labels that its settings name."""

    @classmethod
    def of(cls, settings: ProjectSettings) -> Rules:
        """The rules in a project's settings."""
        return cls(settings.alerts, {name: frozenset(c.labels) for name, c in settings.controls.items() if c.labels})


def warn(record: ProjectRecord, buckets: BucketedSums, rules: Rules, touched: Touched) -> list[Alert]:
    """Test what was touched; `record.alerts` and `record.episodes` follow. Alerts come in a fixed order."""
    found: list[Alert | None] = []
    if touched.scores:
        found.append(_drift(record, buckets, rules))
    found += [_imbalance(record, control, rules) for control in sorted(touched.controls)]
    if touched.stalled:
        found.append(_stalled(record, rules))
    return [alert for alert in found if alert is not None]


def _drift(record: ProjectRecord, buckets: BucketedSums, rules: Rules) -> Alert | None:
    test = rules.alerts.agreement_drift
    baseline, recent = buckets.baseline, buckets.recent
    verdict = Verdict.BETWEEN
    if not test.enabled:
        verdict = Verdict.WITHIN
    elif buckets.full and baseline.n >= test.minimum_baseline_tasks:
        verdict = judge_drop(baseline, recent, test.drop, test.resolve_drop)

    def evidence() -> dict[str, Any]:
        return {
            "drop": _figure(drop(baseline, recent)),
            "recent_mean": _figure(recent.mean()),
            "baseline_mean": _figure(baseline.mean()),
            "recent_deviation": _figure(recent.deviation()),
            "n": recent.n,
            "baseline_n": baseline.n,
            "window": test.window_tasks,
            "raised_above": test.drop,
            "resolved_below": test.resolve_drop,
        }

    return _move(record, "agreement_drift", record.project_id, verdict, evidence)


def _imbalance(record: ProjectRecord, control: str, rules: Rules) -> Alert | None:
    test = rules.alerts.class_imbalance
    counts = record.sums.labels.get(control, {})
    expected = rules.expected.get(control, frozenset())
    resolve_ratio = test.ratio * _DEFAULT_RESOLVE_SHARE if test.resolve_ratio is None else test.resolve_ratio
    verdict = Verdict.WITHIN
    if test.enabled:
        verdict = judge_imbalance(counts, expected, test.ratio, resolve_ratio, test.minimum)

    def evidence() -> dict[str, Any]:
        figures: dict[str, Any] = {"n": from_micro(sum(counts.values())), "window": "all", "raised_above": test.ratio}
        figures["resolved_at"] = round(resolve_ratio, 6)
        ends = imbalance(counts, expected)
        if isinstance(ends, Undefined):
            return figures | {"ratio": None, "undefined": ends.reason}
        return figures | {
            "ratio": round(ends.ratio(), 6),
            "ratio_is_lower_bound": ends.is_lower_bound(),
            "most_frequent": ends.most,
            "most_frequent_n": from_micro(ends.most_micro),
            "least_frequent": ends.least,
            "least_frequent_n": from_micro(ends.least_micro),
            "labels": ends.labels,
        }

    return _move(record, "class_imbalance", control, verdict, evidence)


def _stalled(record: ProjectRecord, rules: Rules) -> Alert | None:
    test = rules.alerts.stalled_tasks
    stalled = record.sums.stalled
    verdict = Verdict.BEYOND if test.enabled and stalled >= test.minimum else Verdict.WITHIN

    def evidence() -> dict[str, Any]:
        return {"n": stalled, "window": "all", "raised_at": test.minimum, "tasks": sum(record.sums.tasks.values())}

    return _move(record, "stalled_tasks", record.project_id, verdict, evidence)


def _move(
    record: ProjectRecord, alert: str, subject: str, verdict: Verdict, evidence: Callable[[], dict[str, Any]]
) -> Alert | None:
    key = f"{alert}/{subject}"
    standing = record.alerts.get(key)
    if verdict is not (Verdict.BEYOND if standing is None else Verdict.WITHIN):
        return None
    now, figures = rfc3339(record.event_time_us or 0), evidence()
    if standing is not None:
        del record.alerts[key]
        return _alert(standing, record.project_id, "resolved", now, figures, ALERTS[alert].resolved)
    episode = record.episodes[key] = record.episodes.get(key, 0) + 1
    alert_id = _alert_id(record.project_id, alert, subject, now, episode)
    kind = ALERTS[alert]
    raised = OpenAlert(alert, subject, alert_id, kind.severity, now, figures, kind.action.format_map(figures))
    record.alerts[key] = raised
    return _alert(raised, record.project_id, "raised", now, figures, raised.recommended_action)


def _alert(
    episode: OpenAlert,
    project_id: str,
    state: Literal["raised", "resolved"],
    now: str,
    evidence: dict[str, Any],
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


def _figure(value: float | Undefined) -> float | None:
    return None if isinstance(value, Undefined) else round(value, 6)
