"""Alerts about a project as a whole."""

from __future__ import annotations

from typing import Final

from scoring.rolling.drift import drop, judge_drop
from scoring.rolling.sums import Verdict
from streams.contracts.decisions import Alert
from streams.quality import ProjectRecord, Touched
from streams.quality.tallies import Tallies
from streams.stages.warn.level import fall_figures, follow_level, has_fallen
from streams.stages.warn.rules import Rules, looks
from streams.stages.warn.standing import Evidence, figure, key_of, move

__all__ = ["project_alerts"]

_SCORES: Final = 1


def project_alerts(tallies: Tallies, rules: Rules, touched: Touched) -> list[Alert | None]:
    """`agreement_drift` and `stalled_tasks`."""
    found = [_drift(tallies, rules, touched.decisions)] if touched.scores else []
    if touched.stalled:
        found.append(_stalled(tallies.record, rules))
    return found


def _drift(tallies: Tallies, rules: Rules, before: int) -> Alert | None:
    """By the newest window against all before it, and by a scan for a fall that may have begun at any time."""
    record, subject, test = tallies.record, tallies.record.project_id, rules.alerts.agreement_drift
    key, level = key_of("agreement_drift", subject), rules.project_level
    n, cells = record.sums.scores.n, record.aged.cells
    if not test.enabled or not n:
        record.dropped = False
        record.levels.pop(key, None)
        fallen = False
    else:
        _follow_window(tallies, rules)
        fallen = has_fallen(record, key)
        if looks(before, n, fallen):
            fallen = follow_level(record, key, cells, _SCORES, level)
    beyond = record.dropped or fallen
    if not beyond and key not in record.alerts:
        return None

    def evidence() -> Evidence:
        baseline, recent = tallies.buckets.baseline, tallies.buckets.recent
        return {
            "drop": figure(drop(baseline, recent)),
            "recent_mean": figure(recent.mean()),
            "baseline_mean": figure(baseline.mean()),
            "recent_deviation": figure(recent.deviation()),
            "n": recent.n,
            "baseline_n": baseline.n,
            "window": test.window_tasks,
            "raised_above": test.drop,
            "resolved_below": test.resolve_drop,
            "standard_errors": test.standard_errors,
            "window_dropped": record.dropped,
            "fallen": fallen,
            "fall_raised_at": test.evidence,
            **{f"fall_{name}": value for name, value in fall_figures(record, key, cells, _SCORES, level).items()},
        }

    return move(record, "agreement_drift", subject, Verdict.BEYOND if beyond else Verdict.WITHIN, evidence)


def _follow_window(tallies: Tallies, rules: Rules) -> None:
    test, buckets = rules.alerts.agreement_drift, tallies.buckets
    recent = buckets.recent
    if not buckets.full or buckets.total.n - recent.n < test.minimum_baseline_tasks:
        return
    verdict = judge_drop(buckets.baseline, recent, test.drop, test.resolve_drop, test.standard_errors)
    if verdict is not Verdict.BETWEEN:
        tallies.record.dropped = verdict is Verdict.BEYOND


def _stalled(record: ProjectRecord, rules: Rules) -> Alert | None:
    test = rules.alerts.stalled_tasks
    stalled = record.sums.stalled
    verdict = Verdict.BEYOND if test.enabled and stalled >= test.minimum else Verdict.WITHIN

    def evidence() -> Evidence:
        return {"n": stalled, "window": "all", "raised_at": test.minimum, "tasks": sum(record.sums.tasks.values())}

    return move(record, "stalled_tasks", record.project_id, verdict, evidence)
