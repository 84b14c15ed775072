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


def task_alerts(tallies: Tallies, rules: Rules, touched: Touched) -> list[Alert | None]:
    """`outlier_task`: the newest stay open."""
    record, test = tallies.record, rules.alerts.outlier_task
    settled, outliers = record.sums.modelled
    stand_out = test.enabled and settled >= test.minimum_tasks and outliers <= test.maximum_share * settled
    found: list[Alert | None] = []
    for task, contribution in sorted(touched.outliers.items()):
        if contribution is None or not test.enabled:
            found.append(_resolve(record, task))
        elif stand_out and not stands(record, _ALERT, task):
            found += _make_room(record, test.maximum_open)
            found.append(move(record, _ALERT, task, Verdict.BEYOND, partial(_named, record, task, contribution)))
    return found


def _resolve(record: ProjectRecord, task: str) -> Alert | None:
    return move(record, _ALERT, task, Verdict.WITHIN, partial(_figures, record, task))


def _make_room(record: ProjectRecord, most: int) -> list[Alert | None]:
    """Resolve the oldest."""
    standing = sorted((one.raised_at, one.subject) for one in record.alerts.values() if one.alert == _ALERT)
    return [_resolve(record, task) for _, task in standing[: max(0, len(standing) + 1 - most)]]


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
