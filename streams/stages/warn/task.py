"""Alerts about one task."""

from __future__ import annotations

from functools import partial

from scoring.rolling.sums import Verdict
from streams.contracts.decisions import Alert
from streams.contracts.facts import Contribution
from streams.quality import OUTLIER_BELOW, ProjectRecord, Touched
from streams.quality.tallies import Tallies
from streams.stages.warn.rules import Rules
from streams.stages.warn.standing import Evidence, figure, move, stands

__all__ = ["task_alerts"]

_ALERT = "outlier_task"
_CHANGED = "the decision is not what it was, and either a model agrees with it or the task is open again"


def task_alerts(tallies: Tallies, rules: Rules, touched: Touched) -> list[Alert | None]:
    """`outlier_task`: the newest stay open."""
    record, test = tallies.record, rules.alerts.outlier_task
    settled, outliers = record.sums.modelled
    stand_out = test.enabled and settled >= test.minimum_tasks and outliers <= test.maximum_share * settled
    found: list[Alert | None] = []
    for task, contribution in sorted(touched.outliers.items()):
        if contribution is None:
            found.append(_resolve(record, task, _CHANGED))
        elif not test.enabled:
            found.append(_resolve(record, task, "outlier_task is switched off"))
        elif stand_out and not stands(record, _ALERT, task):
            found += _make_room(record, test.maximum_open)
            found.append(move(record, _ALERT, task, Verdict.BEYOND, partial(_named, record, task, contribution)))
    return found


def _resolve(record: ProjectRecord, task: str, reason: str) -> Alert | None:
    return move(record, _ALERT, task, Verdict.WITHIN, lambda: _figures(record, task) | {"reason": reason})


def _make_room(record: ProjectRecord, most: int) -> list[Alert | None]:
    """Resolve the oldest."""
    standing = sorted((one.raised_at, one.subject) for one in record.alerts.values() if one.alert == _ALERT)
    reason = f"{most} newer ones are open, and nothing about this task has changed"
    return [_resolve(record, task, reason) for _, task in standing[: max(0, len(standing) + 1 - most)]]


def _figures(record: ProjectRecord, task: str) -> Evidence:
    settled, outliers = record.sums.modelled
    return {
        "task": task,
        "n": sum(one.alert == _ALERT for one in record.alerts.values()),
        "window": "open",
        "tasks_with_models": settled,
        "outlier_tasks": outliers,
        "disagrees_below": OUTLIER_BELOW,
    }


def _named(record: ProjectRecord, task: str, contribution: Contribution) -> Evidence:
    detail = contribution.detail
    people = [] if detail is None else detail.annotators
    models = {part.annotator_id: figure(part.consensus) for part in people if part.model and part.consensus is not None}
    models = dict(sorted(models.items()))
    return _figures(record, task) | {
        "annotators": ", ".join(part.annotator_id for part in people if part.counts and not part.model),
        "models": ", ".join(models),
        "agreement_with_consensus": models,
        "score": figure(contribution.score),
    }
