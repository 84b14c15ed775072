"""What a run of output records changes in the read model: pure, and of what is replaced only the newest.

Of each record only the few fields are decoded that say where it belongs; decisions and alerts go to Redis as the bytes
that came from Kafka.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

import msgspec
from msgspec import Raw, Struct

from streams.contracts.views import UNCONTESTED_STATES, TaskItem
from streams.overview import overview_of
from streams.ports import InputRecord
from streams.quality import ProjectRecord, decode_state, project_key, rfc3339

__all__ = ["Batch", "Decided", "Figures", "OpenTask", "Translator", "Versioned", "translators"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Versioned(NamedTuple):
    """A value of which the greatest `version` wins, whatever the order of arrival."""

    version: str
    """Compares as text: fixed-width digits first."""
    time_us: int
    """Event time, microseconds since 1970."""
    value: bytes
    final: bool = False
    """For alerts: the episode is over."""


class Decided(NamedTuple):
    """One revision of a task's decision, under a version that compares as text like `Versioned.version`."""

    version: str
    time_us: int
    value: bytes
    score: float | None
    """What it is contested by; none where there is nothing to contest."""
    item: bytes
    """`contracts.views.TaskItem`, as JSON."""


class Figures(NamedTuple):
    """What changed in a project's records of the table `quality`."""

    offset: int
    """Of the last record: the same offset, the same records."""
    records: dict[bytes, bytes | None]
    """None: it is gone."""


class OpenTask(Struct, frozen=True):
    """Where a task that is not decided yet stands; `state` is none of `keys.OPEN_STATES` once it is."""

    task_id: str
    state: str
    answers: int
    event_time_us: int
    score: float | None
    stalled: bool


class Batch:
    """Changes, by key. Adding the same record twice is adding it once."""

    def __init__(self) -> None:
        self.decisions: dict[tuple[str, str], dict[str, Decided]] = {}
        """All revisions, by version."""
        self.alerts: dict[tuple[str, str], Versioned] = {}
        self.tasks: dict[tuple[str, str], OpenTask | None] = {}
        """The last one added holds: facts of a task come in order. None: the task is no longer known."""
        self.figures: dict[str, Figures] = {}
        """WATCH's state as it came, by project."""
        self.unusable = 0
        """Records that were not what their topic promises; they are passed over."""

    def add(self, records: Iterable[InputRecord], translate: Translator) -> None:
        """Add records of one partition, in offset order."""
        for record in records:
            try:
                translate(self, record)
            except msgspec.DecodeError:
                self.unusable += 1

    def overviews(self) -> dict[str, bytes]:
        """Project → its figures as JSON, `overview.overview_of`. Of projects whose own record changed."""
        found = {}
        for project, figures in self.figures.items():
            key = project_key(project)
            value = figures.records.get(key)
            try:
                state = None if value is None else decode_state(key, value)
            except ValueError:
                self.unusable += 1
            else:
                if isinstance(state, ProjectRecord):
                    found[project] = msgspec.json.encode(overview_of(state))
        return found


Translator: TypeAlias = Callable[[Batch, InputRecord], None]
"""Adds one record to a batch. Raises `msgspec.DecodeError` (which `ValidationError` is) for one that is unusable."""


def translators(deployed: Callable[[str], str], changelog: str) -> Mapping[str, Translator]:
    """What to make of the records of each topic that the read model follows, by deployed name.

    Args:
        deployed: a name of `streams.topics` → the deployed one.
        changelog: the deployed name of the changelog of WATCH's table.
    """
    return {
        deployed("task-agreement"): _decision,
        deployed("task-disagreement"): _decision,
        deployed("quality-facts"): _facts,
        deployed("quality-alerts"): _alert,
        changelog: _figures,
    }


class _SubmissionHead(Struct):
    annotator_id: str


class _ConflictHead(Struct):
    kind: str


class _ControlHead(Struct):
    conflicts: list[_ConflictHead]


class _DecisionHead(Struct):
    decision_id: str
    project_id: str
    task_id: str
    event_time: datetime
    revision: int
    state: str
    score: float | None
    submissions: list[_SubmissionHead]
    controls: dict[str, _ControlHead]


class _AlertHead(Struct):
    alert_id: str
    state: str
    project_id: str
    event_time: datetime
    raised_at: datetime


class _ContributionHead(Struct, array_like=True):
    state: str
    answers: int
    event_time_us: int
    score: float | None
    labels: Raw
    stalled: bool = False


class _FactHead(Struct, array_like=True):
    offset: int
    task_id: str
    before: Raw
    after: _ContributionHead | None


class _FactBatchHead(Struct):
    project_id: str
    facts: list[_FactHead]


_key = msgspec.msgpack.Decoder(tuple[Any, ...])
_decision_head = msgspec.json.Decoder(_DecisionHead)
_alert_head = msgspec.json.Decoder(_AlertHead)
_fact_batch_head = msgspec.json.Decoder(_FactBatchHead)


def _decision(batch: Batch, record: InputRecord) -> None:
    value = record.value or b""
    head = _decision_head.decode(value)
    time_us = _microseconds(head.event_time)
    # The id breaks a tie that only a fault could make, so that even then every copy of the model shows the same.
    version = f"{head.revision:012d}{time_us:020d}{head.decision_id}"
    contested = None if head.state in UNCONTESTED_STATES else head.score
    decided = Decided(version, time_us, value, contested, msgspec.json.encode(_item(head, time_us)))
    batch.decisions.setdefault((head.project_id, head.task_id), {})[version] = decided


def _item(head: _DecisionHead, time_us: int) -> TaskItem:
    conflicts = Counter(conflict.kind for control in head.controls.values() for conflict in control.conflicts)
    return TaskItem(
        task_id=head.task_id,
        state=head.state,
        score=head.score,
        event_time=rfc3339(time_us),
        annotators=[submission.annotator_id for submission in head.submissions],
        conflicts=dict(sorted(conflicts.items())),
        decision_id=head.decision_id,
    )


def _alert(batch: Batch, record: InputRecord) -> None:
    value = record.value or b""
    head = _alert_head.decode(value)
    final = head.state == "resolved"
    version = f"{final:d}{_microseconds(head.event_time):020d}"
    change = Versioned(version, _microseconds(head.raised_at), value, final)
    _keep_newest(batch.alerts, (head.project_id, head.alert_id), change)


def _facts(batch: Batch, record: InputRecord) -> None:
    head = _fact_batch_head.decode(record.value or b"")
    for fact in head.facts:
        after = fact.after
        batch.tasks[head.project_id, fact.task_id] = (
            None
            if after is None
            else OpenTask(fact.task_id, after.state, after.answers, after.event_time_us, after.score, after.stalled)
        )


def _figures(batch: Batch, record: InputRecord) -> None:
    match _key.decode(record.key or b""):
        case (str(), str(project), *_):
            former = batch.figures.get(project)
            records = {} if former is None else former.records
            records[record.key or b""] = record.value
            batch.figures[project] = Figures(record.offset, records)
        case _:
            pass  # a watermark is no project's


def _keep_newest(changes: dict[tuple[str, str], Versioned], key: tuple[str, str], change: Versioned) -> None:
    former = changes.get(key)
    if former is None or former.version < change.version:
        changes[key] = change


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
