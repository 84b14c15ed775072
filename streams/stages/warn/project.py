"""Alerts about a project as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from scoring.rolling.aged import scores_of
from scoring.rolling.drift import drop, judge_drop
from scoring.rolling.level import Shift
from scoring.rolling.sums import MICRO, NO_SCORES, ScoreSums, Verdict
from scoring.rolling.window import BucketedSums
from scoring.types import Undefined
from streams.contracts.decisions import Alert
from streams.quality import AGED_SECONDS, BUCKET_SECONDS, ProjectRecord, Touched, rfc3339
from streams.quality.aged import AGREEMENT
from streams.quality.tallies import Tallies
from streams.stages.warn.copying import is_model
from streams.stages.warn.level import fall_figures, fall_of, follow_level, has_fallen
from streams.stages.warn.rules import Rules, looks
from streams.stages.warn.standing import Evidence, figure, key_of, move

__all__ = ["project_alerts"]

_SCORES: Final = 1
_MOST_NAMED: Final = 3
_LEAST_TASKS: Final = 5
"""Before and after, of whoever is named."""


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
            **_where(tallies, fall_of(record, key, cells, _SCORES, level) if fallen else None),
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


def _where(tallies: Tallies, fall: Shift | None) -> Evidence:
    """What a labeling lead has to know to begin: since when, whose agreement has fallen most, what agrees least."""
    buckets = tallies.buckets
    if fall is None:
        since, before, after = _window_start(buckets) * BUCKET_SECONDS, buckets.baseline.mean(), buckets.recent.mean()
    else:
        since, before, after = fall.since * AGED_SECONDS, fall.before, fall.after
    fallen = sorted(_fallen(tallies, since // AGED_SECONDS))[:_MOST_NAMED]
    controls = [(name, one.scores) for (name, _), one in tallies.controls.items() if one.scores[0]]
    mean, control = min(((sums[1] / sums[0], name) for name, sums in controls), default=(None, None))
    return {
        "since": rfc3339(since * MICRO),
        "mean_before": figure(before),
        "mean_since": figure(after),
        "annotators_fallen": {name: figure(mean) for name, mean in sorted((name, mean) for _, name, mean in fallen)},
        "lowest_control": control,
        "lowest_control_mean": figure(mean and mean / MICRO),
    }


def _window_start(buckets: BucketedSums) -> int:
    n, start = 0, 0
    for bucket, scores in reversed(buckets.in_order()):
        n, start = n + scores.n, bucket
        if n >= buckets.window:
            break
    return start


def _fallen(tallies: Tallies, since: int) -> Iterator[tuple[float, str, float]]:
    """(minus the fall, times tasks; who; mean since) of people with enough tasks on both sides."""
    for name, record in tallies.annotators.items():
        if name is None or is_model(record):
            continue
        former, now = _parts(record.aged.cells, AGREEMENT, since)
        before, after = former.mean(), now.mean()
        if isinstance(before, Undefined) or isinstance(after, Undefined) or min(former.n, now.n) < _LEAST_TASKS:
            continue
        if after < before:
            yield (after - before) * now.n, name, after


def _parts(cells: Sequence[Sequence[int]], column: int, since: int) -> tuple[ScoreSums, ScoreSums]:
    """The sums before a moment, and those since."""
    scores = scores_of(cells, column)
    after = NO_SCORES
    for bucket, sums in scores.in_order():
        if bucket >= since:
            after = after.plus(sums)
    return scores.total.minus(after), after


def _stalled(record: ProjectRecord, rules: Rules) -> Alert | None:
    test = rules.alerts.stalled_tasks
    stalled = record.sums.stalled
    verdict = Verdict.BEYOND if test.enabled and stalled >= test.minimum else Verdict.WITHIN

    def evidence() -> Evidence:
        return {"n": stalled, "window": "all", "raised_at": test.minimum, "tasks": sum(record.sums.tasks.values())}

    return move(record, "stalled_tasks", record.project_id, verdict, evidence)
