"""A task's outcome → what it adds to its project's statistics."""

from __future__ import annotations

from typing import Any

from streams.contracts.facts import Contribution
from streams.decide import Outcome, discarded_us
from streams.evidence import detail_of
from streams.plan import Plan
from streams.stages.fold import answered_us
from streams.state import Task

__all__ = ["contribution"]

_WITHOUT_SCORE = frozenset(("waiting", "cancelled"))
_WITHOUT_LABELS = frozenset(("text", "number", "rating", "ranking", "taxonomy"))
"""Answers that are no classes: each text would be one of its own."""
_COUNTED_LABELS = frozenset(("agreed", "reviewed", "accepted"))


def contribution(task: Task, plan: Plan, found: Outcome) -> Contribution | None:
    """What the task adds to its project's sums; nothing while only its gold is known."""
    header = task.header
    if found.scores is None and not task.answers and not header.fields and not header.skipped:
        return None
    state = found.verdict.state
    latest_us, quorum_us = header.latest_us, _quorum_us(task, plan, found)
    return Contribution(
        state=state,
        answers=found.situation.counted,
        event_time_us=latest_us,
        score=found.scores.score if found.scores is not None and state not in _WITHOUT_SCORE else None,
        labels=_labels(found) if found.scores is not None and state in _COUNTED_LABELS else {},
        stalled=header.stalled and state in ("waiting", "reassigning"),
        detail=detail_of(task, plan, found),
        quorum_us=None if quorum_us == latest_us else quorum_us,
    )


def _quorum_us(task: Task, plan: Plan, found: Outcome) -> int:
    """When the last of those required answered; of as many as there are, where they are fewer."""
    answered = answered_us(task, discarded_us(task, plan))
    times = sorted([answered[one.annotator_id] for one in found.standings if one.counts])
    if not times:
        return task.header.latest_us
    return times[min(found.situation.required, len(times)) - 1]


def _labels(found: Outcome) -> dict[str, dict[str, float]]:
    """Remembered where the scores are; read only."""
    known: dict[str, dict[str, float]] | None = None if found.shared is None else found.shared.get("labels")
    if known is None:
        known = {}
        for region in found.consensus:
            _count_labels(known, region)
        if found.shared is not None:
            found.shared["labels"] = known
    return known


def _count_labels(labels: dict[str, dict[str, float]], region: Any) -> None:
    fields = region if isinstance(region, dict) else {name: getattr(region, name) for name in region.__struct_fields__}
    if fields.get("type") in _WITHOUT_LABELS:
        return
    value = fields.get("value", fields.get("label"))
    values = value if isinstance(value, list) else [] if value is None else [value]
    counts = labels.setdefault(str(fields["control"]), {})
    for one in values:
        name = str(one).lower() if isinstance(one, bool) else str(one)
        counts[name] = counts.get(name, 0.0) + 1.0
