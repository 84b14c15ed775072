"""A project in memory: what facts are counted into, and which stored records that has changed."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.rolling.sums import ScoreSums
from scoring.rolling.window import BucketedSums
from streams.quality.bounds import ANNOTATORS, CONTROLS
from streams.quality.records import (
    STORED_FORM,
    AnnotatorRecord,
    BucketSums,
    ControlRecord,
    ProjectRecord,
    PublishedRecord,
)
from streams.quality.stored import annotator_key, bucket_key, control_key, encode, older_key, published_key

__all__ = ["BucketLabels", "Tallies"]

BucketLabels = dict[int, dict[str, dict[str, int]]]
"""Bucket → control → label → tasks in millionths."""


class Tallies:
    """What `stages.tally` counts into.

    `buckets` and `record.sums.scores` hold the same scores, once by event time and once in all.
    """

    def __init__(self, record: ProjectRecord, window: int, kept: int) -> None:
        self.record = record
        self.annotators: dict[str | None, AnnotatorRecord] = {}
        """By id; None is all those beyond the bound, once there are any."""
        self.controls: dict[tuple[str, str], ControlRecord] = {}
        """By name and type."""
        self.buckets = BucketedSums(window, kept, horizon=record.horizon)
        self.labels: BucketLabels = {}
        self.published: dict[str, PublishedRecord] = {}
        """By annotator."""
        self.touched_published: set[str] = set()
        self.touched_buckets: set[int] = set()
        """Whose labels have changed; `buckets` knows for itself whose scores have."""
        self.touched_annotators: dict[str | None, int] = {}
        """By the source offset that is being counted: how much was known of them before."""
        self.changed_annotators: set[str | None] = set()
        """By those before it."""
        self.touched_controls: set[tuple[str, str]] = set()

    def recover(self, buckets: Mapping[int, ScoreSums], labels: BucketLabels, older: ScoreSums) -> None:
        """Take over stored buckets."""
        known = self.buckets
        self.buckets = BucketedSums(known.window, known.kept, buckets, older, self.record.horizon)
        self.labels = labels

    def annotator(self, annotator_id: str, sign: int) -> AnnotatorRecord:
        """The record to count one of their answers in (or to take one back from, where `sign` is negative)."""
        found = self.annotators.get(annotator_id)
        if found is not None:
            if annotator_id not in self.touched_annotators:
                self.touched_annotators[annotator_id] = found.known
            return found
        beyond = self.annotators.get(None)
        full = sign < 0 or beyond is not None or len(self.annotators) >= ANNOTATORS
        name = None if full else annotator_id
        self.touched_annotators.setdefault(name, 0)
        if beyond is None or not full:
            beyond = self.annotators[name] = AnnotatorRecord(STORED_FORM, self.record.project_id, name)
        return beyond

    def control(self, name: str, type: str, sign: int) -> ControlRecord | None:
        """The record to count a decision's control in; None where there was no room for it."""
        place = (name, type)
        found = self.controls.get(place)
        if found is None:
            sums = self.record.sums
            if sign < 0 or sums.further_controls or len(self.controls) >= CONTROLS:
                sums.further_controls += sign
                return None
            found = self.controls[place] = ControlRecord(STORED_FORM, self.record.project_id, name, type)
        self.touched_controls.add(place)
        return found

    def publish(self, annotator_id: str, weights: dict[str, int], recall: dict[str, dict[str, int]]) -> None:
        """Remember what has been published of an annotator."""
        self.published[annotator_id] = PublishedRecord(
            STORED_FORM, self.record.project_id, annotator_id, weights, recall
        )
        self.touched_published.add(annotator_id)

    def end_offset(self) -> None:
        """All facts of a source offset have been counted."""
        self.changed_annotators.update(self.touched_annotators)
        self.touched_annotators.clear()

    def take_changes(self) -> dict[bytes, bytes | None]:
        """The records to write since this was last asked, but for the project's own."""
        changes: dict[bytes, bytes | None] = {}
        project_id, buckets = self.record.project_id, self.buckets
        changed = buckets.take_changed() | self.touched_buckets
        for bucket in sorted(b for b in changed if b is not None):
            scores = buckets.buckets.get(bucket)
            if scores is None:
                self.labels.pop(bucket, None)
                changes[bucket_key(project_id, bucket)] = None
            else:
                changes[bucket_key(project_id, bucket)] = encode(BucketSums(scores, self.labels.get(bucket, {})))
        if None in changed:
            changes[older_key(project_id)] = encode(BucketSums(buckets.older))
        self.end_offset()
        for name in sorted(self.changed_annotators, key=_none_last):
            annotator = self.annotators.get(name)
            changes[annotator_key(project_id, name)] = None if annotator is None else encode(annotator)
        for published in sorted(self.touched_published):
            changes[published_key(project_id, published)] = encode(self.published[published])
        for place in sorted(self.touched_controls):
            control = self.controls.get(place)
            changes[control_key(project_id, *place)] = None if control is None else encode(control)
        self.touched_buckets.clear()
        self.changed_annotators.clear()
        self.touched_published.clear()
        self.touched_controls.clear()
        return changes


def _none_last(name: str | None) -> tuple[bool, str]:
    return name is None, name or ""
