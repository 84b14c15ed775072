"""WATCH: facts in, alerts out, sums as state; the pure half of the second stateful agent.

Each record of `quality-facts` is a `FactBatch`. Its facts go through `stages.tally` and, once all facts of one source
offset are counted, through `stages.warn`. So neither how SETTLE cuts its batches nor how the shell cuts records into
steps changes an alert; across source partitions, alerts follow the order of the log and sums do not depend on any.

A fact at or below the last one counted of its source partition is passed over: after a crash at least once, SETTLE
sends the same facts again, perhaps in other batches. All facts of one offset stand in one batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import msgspec

from scoring.rolling.imbalance import imbalance
from scoring.rolling.sums import NO_SCORES, ScoreSums
from scoring.rolling.window import BucketedSums
from scoring.types import Undefined
from streams.contracts.decisions import Alert
from streams.contracts.facts import Fact, FactBatch
from streams.contracts.settings import ProjectSettings
from streams.overview import gauges_of, overview_of
from streams.ports import InputRecord, UnitOfWork
from streams.quality import (
    BUCKETS_BEFORE_WINDOW,
    STORED_FORM,
    WATERMARK_KEY,
    ProjectRecord,
    Touched,
    bucket_key,
    decode_state,
    encode,
    older_key,
    project_key,
)
from streams.settings import SettingsBook
from streams.stages import emit
from streams.stages.tally import tally
from streams.stages.warn import Rules, warn
from streams.state import Watermark

__all__ = ["Watch", "decode_state", "overview_of"]

_AGENT = "watch"
_facts = msgspec.json.Decoder(FactBatch)


class Watch:
    """`ports.Processor` of the quality statistics, partitioned by project."""

    source = "quality-facts"
    table = "quality"

    def __init__(self, settings: SettingsBook) -> None:
        self._settings = settings
        self._shards: dict[int, _Shard] = {}

    def open(self, partition: int, state: Mapping[bytes, bytes]) -> None:
        """Take a partition over. Raises ValueError on state that this version does not read."""
        self._shards[partition] = _recover(state, self._settings)

    def step(self, partition: int, records: Sequence[InputRecord]) -> UnitOfWork:
        """Count the facts of some records; `changes` holds what they touched, and the watermark last.

        Raises:
            LookupError: the partition is not open.
            ValueError: a record is no `FactBatch`. Only SETTLE writes this topic: that is a fault of ours.
        """
        shard = self._shards.get(partition)
        if shard is None:
            raise LookupError(f"partition {partition} of {self.source} is not open; open are {sorted(self._shards)}")
        work = UnitOfWork([], {}, records[-1].offset + 1 if records else shard.next_offset, {})
        touched: dict[str, _Project] = {}
        for record in records:
            if record.offset < shard.next_offset:
                _increment(work, "records_replayed_total", _AGENT)
                continue
            batch = _decode(partition, record)
            project = shard.project(batch.project_id, self._settings.of(batch.project_id))
            for alert in project.count(batch):
                work.outgoing.append(emit.alert(alert))
                _increment(work, "alerts_total", alert.alert, alert.state)
            touched[batch.project_id] = project
            shard.next_offset = record.offset + 1
        for project in touched.values():
            work.changes.update(project.take_changes())
        work.changes[WATERMARK_KEY] = encode(Watermark(shard.next_offset))
        return work

    def close(self, partition: int) -> None:
        """Forget a partition; its projects' gauges go with it."""
        self._shards.pop(partition, None)

    def open_partitions(self) -> Iterable[int]:
        """The partitions that are open."""
        return sorted(self._shards)

    def gauges(self) -> Iterator[tuple[str, tuple[str, ...], float]]:
        """The `project_*` gauges of `streams.metrics` as they stand: (name, label values, value)."""
        for shard in self._shards.values():
            for project in shard.projects.values():
                yield from gauges_of(project.record)

    def overview(self, project_id: str) -> dict[str, Any]:
        """A project as `overview_of` shows it. Raises KeyError where no open partition has seen it."""
        for shard in self._shards.values():
            if project_id in shard.projects:
                return overview_of(shard.projects[project_id].record)
        raise KeyError(project_id)


class _Shard:
    """One partition in memory."""

    def __init__(self) -> None:
        self.next_offset = 0
        self.projects: dict[str, _Project] = {}

    def project(self, project_id: str, settings: ProjectSettings) -> _Project:
        known = self.projects.get(project_id)
        if known is None:
            known = _Project(ProjectRecord(STORED_FORM, project_id), {}, NO_SCORES, settings)
            self.projects[project_id] = known
        known.adopt(settings)
        return known


class _Project:
    """One project in memory: its record, its buckets, and what differs from what is stored."""

    def __init__(
        self, record: ProjectRecord, buckets: Mapping[int, ScoreSums], older: ScoreSums, settings: ProjectSettings
    ) -> None:
        self.record = record
        self._settings = settings
        self._rules = Rules.of(settings)
        self._buckets = BucketedSums(*_extent(settings), buckets, older, record.horizon)
        self._changed = False
        self._controls: set[str] = set()

    def adopt(self, settings: ProjectSettings) -> None:
        """Go by these settings from now on."""
        if settings is self._settings:
            return
        self._settings = settings
        self._rules = Rules.of(settings)
        self._buckets.resize(*_extent(settings))

    def count(self, batch: FactBatch) -> Iterator[Alert]:
        """Count what is new in a batch, and say what crosses a line after each source offset."""
        record, source = self.record, str(batch.source_partition)
        seen = record.seen.get(source, -1)
        facts = [fact for fact in batch.facts if fact.offset > seen]
        if not facts:
            return
        self._changed = True
        record.seen[source] = max(fact.offset for fact in facts)
        touched = Touched()
        for fact, following in zip_longest(facts, facts[1:]):
            self._date(fact)
            tally(record.sums, self._buckets, fact, touched)
            whole = following is None or following.offset != fact.offset
            if whole and (touched.scores or touched.stalled or touched.controls):
                yield from warn(record, self._buckets, self._rules, touched)
                self._controls |= touched.controls
                touched = Touched()

    def _date(self, fact: Fact) -> None:
        known = self.record.event_time_us
        if fact.after is not None and (known is None or fact.after.event_time_us > known):
            self.record.event_time_us = fact.after.event_time_us

    def take_changes(self) -> dict[bytes, bytes | None]:
        """The state records to write since this was last asked: buckets, then the project's own with its figures."""
        changes: dict[bytes, bytes | None] = {}
        if not self._changed:
            return changes
        project_id, buckets = self.record.project_id, self._buckets
        changed = buckets.take_changed()
        for bucket in sorted(b for b in changed if b is not None):
            sums = buckets.buckets.get(bucket)
            changes[bucket_key(project_id, bucket)] = None if sums is None else encode(sums)
        if None in changed:
            changes[older_key(project_id)] = encode(buckets.older)
        self._render()
        changes[project_key(project_id)] = encode(self.record)
        self._changed = False
        return changes

    def _render(self) -> None:
        record, drift = self.record, self._settings.alerts.agreement_drift
        record.horizon, record.recent = self._buckets.horizon, self._buckets.recent
        record.window, record.warm_up = drift.window_tasks, drift.minimum_baseline_tasks
        for control in self._controls:
            ends = imbalance(record.sums.labels.get(control, {}), self._rules.expected.get(control, frozenset()))
            if isinstance(ends, Undefined):
                record.imbalance.pop(control, None)
            else:
                record.imbalance[control] = ends
        self._controls.clear()


def _extent(settings: ProjectSettings) -> tuple[int, int]:
    """(tasks in the window, buckets kept by themselves)."""
    window = settings.alerts.agreement_drift.window_tasks
    return window, window + BUCKETS_BEFORE_WINDOW


def _recover(state: Mapping[bytes, bytes], settings: SettingsBook) -> _Shard:
    shard = _Shard()
    records: list[ProjectRecord] = []
    buckets: dict[str, dict[int, ScoreSums]] = {}
    older: dict[str, ScoreSums] = {}
    for key, value in state.items():
        found = decode_state(key, value)
        if isinstance(found, ProjectRecord):
            records.append(found)
        elif isinstance(found, Watermark):
            shard.next_offset = found.next_offset
        elif found.bucket is None:
            older[found.project_id] = found.sums
        else:
            buckets.setdefault(found.project_id, {})[found.bucket] = found.sums
    for record in records:
        project_id = record.project_id
        stored = buckets.get(project_id, {}), older.get(project_id, NO_SCORES)
        shard.projects[project_id] = _Project(record, *stored, settings.of(project_id))
    return shard


def _decode(partition: int, record: InputRecord) -> FactBatch:
    if record.value is None:
        problem = "nothing"
    else:
        try:
            return _facts.decode(record.value)
        except msgspec.MsgspecError as error:
            problem = f"{error}: {record.value[:200]!r}"
    raise ValueError(
        f"quality-facts partition {partition} offset {record.offset}: expected a FactBatch as JSON; got {problem}. "
        "Only SETTLE may write this topic; look for another producer, or for workers of different versions"
    )


def _increment(work: UnitOfWork, *name: str) -> None:
    work.counts[name] = work.counts.get(name, 0) + 1
