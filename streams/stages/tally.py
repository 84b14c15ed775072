"""(sums of a project, fact) → sums: what a task contributed is taken back, what it contributes now is added.

All sums are whole numbers, so facts of different tasks commute, and a fact undone leaves the sums as they were.
"""

from __future__ import annotations

from scoring.rolling.sums import ScoreSums, histogram_bin, to_micro
from scoring.rolling.window import BucketedSums
from streams.contracts.facts import Contribution, Fact
from streams.quality import BUCKET_SECONDS, HISTOGRAM_BINS, LABEL_BYTES, ProjectSums, Touched

__all__ = ["bucket_of", "tally"]

_BUCKET_US = BUCKET_SECONDS * 1_000_000
_NO_LABELS: dict[str, dict[str, float]] = {}
_ENTRY_BYTES = 24
"""What a label costs in the record besides the names: its count, and the overheads of the map."""


def bucket_of(event_time_us: int) -> int:
    """The bucket of a decision's event time.

    >>> bucket_of(119_999_999), bucket_of(120_000_000)
    (1, 2)
    """
    return event_time_us // _BUCKET_US


def tally(sums: ProjectSums, buckets: BucketedSums, fact: Fact, touched: Touched) -> None:
    """Count one fact, in place; `touched` learns what it changed.

    `buckets` and `sums.scores` hold the same scores, once by event time and once in all.

    Raises:
        ValueError: a score outside [0, 1], which SETTLE never sends.
    """
    before, after = fact.before, fact.after
    if before is not None:
        _count(sums, before, -1, touched)
    if after is not None:
        _count(sums, after, 1, touched)
    old, new = _scored(before), _scored(after)
    if old != new:
        touched.scores = True
        if old is not None:
            scores = ScoreSums.of(old[0])
            sums.scores = sums.scores.minus(scores)
            sums.histogram[histogram_bin(old[0], HISTOGRAM_BINS)] -= 1
            buckets.retract(old[1], scores)
        if new is not None:
            scores = ScoreSums.of(new[0])
            sums.scores = sums.scores.plus(scores)
            sums.histogram[histogram_bin(new[0], HISTOGRAM_BINS)] += 1
            buckets.add(new[1], scores)
    labels_before = _NO_LABELS if before is None else before.labels
    labels_after = _NO_LABELS if after is None else after.labels
    if labels_before != labels_after:
        _relabel(sums, labels_before, -1, touched)
        _relabel(sums, labels_after, 1, touched)


def _scored(contribution: Contribution | None) -> tuple[float, int] | None:
    """(score, bucket) of a decision that has a score."""
    if contribution is None or contribution.score is None:
        return None
    return contribution.score, bucket_of(contribution.event_time_us)


def _count(sums: ProjectSums, contribution: Contribution, sign: int, touched: Touched) -> None:
    sums.answers += sign * contribution.answers
    if contribution.stalled:
        sums.stalled += sign
        touched.stalled = True
    _change(sums.tasks, contribution.state, sign)


def _change(counts: dict[str, int], name: str, amount: int) -> None:
    left = counts.get(name, 0) + amount
    if left:
        counts[name] = left
    else:
        counts.pop(name, None)


def _relabel(sums: ProjectSums, labels: dict[str, dict[str, float]], sign: int, touched: Touched) -> None:
    for control, counts in labels.items():
        touched.controls.add(control)
        known = sums.labels.get(control, {})
        for label, count in counts.items():
            amount = sign * to_micro(count)
            if amount == 0:
                continue
            if label not in known:
                size = len(control.encode()) + len(label.encode()) + _ENTRY_BYTES
                if sums.further_labels_micro or sums.label_bytes + size > LABEL_BYTES:
                    sums.further_labels_micro += amount
                    continue
                sums.label_bytes += size
                known = sums.labels.setdefault(control, {})
            _change(known, label, amount)
            if label not in known:
                sums.label_bytes -= len(control.encode()) + len(label.encode()) + _ENTRY_BYTES
        if not known:
            sums.labels.pop(control, None)
