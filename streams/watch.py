"""WATCH: facts in, alerts out, sums as state; the pure half of the second stateful agent.

Each record of `quality-facts` is a `FactBatch`. Its facts go through `stages.tally` and, once all facts of one source
offset are counted, through `stages.warn`. So neither how SETTLE cuts its batches nor how the shell cuts records into
steps changes an alert; across source partitions, alerts follow the order of the log and sums do not depend on any.

A fact at or below the last one counted of its source partition is passed over: after a crash at least once, SETTLE
sends the same facts again, perhaps in other batches. All facts of one offset stand in one batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from scoring.rolling.sums import NO_SCORES, ScoreSums
from streams.contracts.decisions import Alert
from streams.contracts.facts import FactBatch
from streams.contracts.settings import ProjectSettings
from streams.overview import overview_of
from streams.ports import InputRecord, UnitOfWork
from streams.quality import (
    STORED_FORM,
    WATERMARK_KEY,
    AnnotatorRecord,
    BucketRecord,
    ControlRecord,
    ProjectRecord,
    PublishedRecord,
    decode_state,
    encode,
)
from streams.quality.gauges import Gauge
from streams.quality.reliability import reliability_record
from streams.quality.tallies import BucketLabels
from streams.quality.views import ProjectQuality
from streams.settings import SettingsBook
from streams.stages import emit
from streams.state import Watermark
from streams.watched import WatchedProject

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
        touched: dict[str, WatchedProject] = {}
        for record in records:
            if record.offset < shard.next_offset:
                _increment(work, "records_replayed_total", _AGENT)
                continue
            batch = _decode(partition, record)
            project = shard.project(batch.project_id, self._settings.of(batch.project_id))
            for told in project.count(batch):
                if isinstance(told, Alert):
                    work.outgoing.append(emit.alert(told))
                    _increment(work, "alerts_total", told.alert, told.state)
                else:
                    work.outgoing.append(reliability_record(told))
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

    def gauges(self) -> Iterator[Gauge]:
        """The `project_*` and `annotator_*` gauges of `streams.metrics` as they stand: (name, label values, value)."""
        for shard in self._shards.values():
            for project in shard.projects.values():
                yield from project.gauges()

    def overview(self, project_id: str) -> dict[str, Any]:
        """A project as `overview_of` shows it. Raises KeyError where no open partition has seen it."""
        return overview_of(self.quality(project_id).project)

    def projects(self) -> list[str]:
        """The projects of all open partitions."""
        return sorted(project_id for shard in self._shards.values() for project_id in shard.projects)

    def quality(self, project_id: str) -> ProjectQuality:
        """A project as memory has it: for reading, until the next `step`. Raises KeyError as `overview`."""
        for shard in self._shards.values():
            if project_id in shard.projects:
                return ProjectQuality.of(shard.projects[project_id].tallies)
        raise KeyError(project_id)


class _Shard:
    """One partition in memory."""

    def __init__(self) -> None:
        self.next_offset = 0
        self.projects: dict[str, WatchedProject] = {}

    def project(self, project_id: str, settings: ProjectSettings) -> WatchedProject:
        known = self.projects.get(project_id)
        if known is None:
            known = WatchedProject(ProjectRecord(STORED_FORM, project_id), settings)
            self.projects[project_id] = known
        known.adopt(settings)
        return known


def _recover(state: Mapping[bytes, bytes], settings: SettingsBook) -> _Shard:
    shard = _Shard()
    found = [decode_state(key, value) for key, value in state.items()]
    buckets: dict[str, dict[int, ScoreSums]] = {}
    labels: dict[str, BucketLabels] = {}
    older: dict[str, ScoreSums] = {}
    for stored in found:
        if isinstance(stored, ProjectRecord):
            shard.projects[stored.project_id] = WatchedProject(stored, settings.of(stored.project_id))
        elif isinstance(stored, Watermark):
            shard.next_offset = stored.next_offset
        elif isinstance(stored, BucketRecord):
            if stored.bucket is None:
                older[stored.project_id] = stored.sums
            else:
                buckets.setdefault(stored.project_id, {})[stored.bucket] = stored.sums
                if stored.labels:
                    labels.setdefault(stored.project_id, {})[stored.bucket] = stored.labels
    for project_id, project in shard.projects.items():
        project.tallies.recover(
            buckets.get(project_id, {}), labels.get(project_id, {}), older.get(project_id, NO_SCORES)
        )
    for stored in found:
        if isinstance(stored, AnnotatorRecord):
            shard.projects[stored.project_id].tallies.annotators[stored.annotator_id] = stored
        elif isinstance(stored, PublishedRecord):
            shard.projects[stored.project_id].tallies.published[stored.annotator_id] = stored
        elif isinstance(stored, ControlRecord):
            shard.projects[stored.project_id].tallies.controls[stored.control, stored.type] = stored
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
