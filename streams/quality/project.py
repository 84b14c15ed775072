"""A project's records together: what the views are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from streams.quality.records import (
    AnnotatorRecord,
    BucketRecord,
    BucketSums,
    ControlRecord,
    ProjectRecord,
    PublishedRecord,
)
from streams.quality.stored import StoredRecord, decode_state
from streams.quality.tallies import Tallies

__all__ = ["ProjectQuality"]


@dataclass(frozen=True, slots=True)
class ProjectQuality:
    """One project, from WATCH's memory or from stored records: both show the same. Read only."""

    project: ProjectRecord
    annotators: Mapping[str | None, AnnotatorRecord]
    """By id; None is all those beyond the bound."""
    controls: Mapping[tuple[str, str], ControlRecord]
    """By name and type."""
    buckets: Mapping[int, BucketSums]
    """By event time, those before the horizon left out."""

    @classmethod
    def of(cls, tallies: Tallies) -> ProjectQuality:
        """What memory has; shared with it, so to be read before it counts on."""
        buckets = {b: BucketSums(scores, tallies.labels.get(b, {})) for b, scores in tallies.buckets.in_order()}
        return cls(tallies.record, tallies.annotators, tallies.controls, buckets)

    @classmethod
    def from_records(
        cls, records: Mapping[bytes, bytes], decode: Callable[[bytes, bytes], StoredRecord] = decode_state
    ) -> ProjectQuality:
        """Records of the `quality` table, all of one project; a watermark among them is passed over.

        `decode` is `decode_state`, or one that remembers what it has read: what it returns is only read.

        Raises:
            LookupError: the project's own record is not among them.
            ValueError: one is not readable by this version, or is another project's.
        """
        project: ProjectRecord | None = None
        annotators: dict[str | None, AnnotatorRecord] = {}
        controls: dict[tuple[str, str], ControlRecord] = {}
        buckets: dict[int, BucketSums] = {}
        owners: set[str] = set()
        for key, value in records.items():
            match decode(key, value):
                case ProjectRecord() as project:
                    owners.add(project.project_id)
                case AnnotatorRecord() as annotator:
                    owners.add(annotator.project_id)
                    annotators[annotator.annotator_id] = annotator
                case PublishedRecord() as published:
                    owners.add(published.project_id)
                case ControlRecord() as control:
                    owners.add(control.project_id)
                    controls[control.control, control.type] = control
                case BucketRecord(owner, bucket, scores, labels):
                    owners.add(owner)
                    if bucket is not None:
                        buckets[bucket] = BucketSums(scores, labels)
        if len(owners) > 1:
            raise ValueError(f"expected the records of one project; got those of {', '.join(sorted(owners))}")
        if project is None:
            raise LookupError("the project's own record is not among its records")
        return cls(project, annotators, controls, dict(sorted(buckets.items())))

    def people(self) -> list[AnnotatorRecord]:
        """Everybody with a record of their own, by id."""
        return [record for name, record in sorted(self.annotators.items(), key=_by_id) if name is not None]


def _by_id(item: tuple[str | None, AnnotatorRecord]) -> str:
    return item[0] or ""
