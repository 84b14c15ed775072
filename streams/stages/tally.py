"""(tallies of a project, fact) → tallies: what a task contributed is taken back, what it contributes now is added.

All sums are whole numbers, so facts of different tasks commute, and a fact undone leaves the sums as they were.
"""

from __future__ import annotations

from scoring.rolling.label_shift import task_shares
from scoring.rolling.sums import MICRO, ScoreSums, histogram_bin, to_micro
from streams.contracts.facts import Contribution, Fact
from streams.quality import (
    AGED_SECONDS,
    BUCKET_SECONDS,
    HISTOGRAM_BINS,
    LABEL_BYTES,
    OUTLIER_BELOW,
    ProjectSums,
    Touched,
)
from streams.quality.aged import SCORE_SUMS
from streams.quality.detail import SETTLED, count_detail, differs
from streams.quality.labels import change
from streams.quality.tallies import Tallies

__all__ = ["bucket_of", "tally"]

_BUCKET_US = BUCKET_SECONDS * 1_000_000
_NO_LABELS: dict[str, dict[str, float]] = {}
_NO_SHARES: dict[str, int] = {}
_ENTRY_BYTES = 24
"""What a label costs in the record besides the names: its count, and the overheads of the map."""


def bucket_of(event_time_us: int) -> int:
    """The bucket of a decision.

    >>> bucket_of(119_999_999), bucket_of(120_000_000)
    (1, 2)
    """
    return event_time_us // _BUCKET_US


def tally(tallies: Tallies, fact: Fact, touched: Touched) -> None:
    """Count one fact, in place; `touched` learns what it changed.

    Raises:
        ValueError: a score outside [0, 1], which SETTLE never sends.
    """
    before, after = fact.before, fact.after
    sums = tallies.record.sums
    if before is not None:
        _count(sums, before, -1, touched)
    if after is not None:
        _count(sums, after, 1, touched)
    old, new = _scored(before), _scored(after)
    rescored = old != new
    labels_before = _NO_LABELS if before is None else before.labels
    labels_after = _NO_LABELS if after is None else after.labels
    relabelled = labels_before != labels_after
    # Labels are taken back before their bucket may pass behind the horizon, and added once it is there.
    if (relabelled or rescored) and labels_before:
        _relabel(tallies, labels_before, old, -1, touched)
    if rescored:
        if not touched.scores:
            touched.scores, touched.decisions = True, sums.scores.n
        if old is not None:
            _score(tallies, *old, -1)
        if new is not None:
            _score(tallies, *new, 1)
    if (relabelled or rescored) and labels_after:
        _relabel(tallies, labels_after, new, 1, touched)
    if differs(before, after):
        count_detail(tallies, before, after)
        _count_outlier(sums, fact, touched)


def _scored(contribution: Contribution | None) -> tuple[float, int] | None:
    """(score, bucket) of a decision that has a score."""
    if contribution is None or contribution.score is None:
        return None
    return contribution.score, bucket_of(contribution.told_us)


def _score(tallies: Tallies, score: float, bucket: int, sign: int) -> None:
    sums, scores = tallies.record.sums, ScoreSums.of(score)
    sums.histogram[histogram_bin(score, HISTOGRAM_BINS)] += sign
    if sign < 0:
        sums.scores = sums.scores.minus(scores)
        tallies.buckets.retract(bucket, scores)
    else:
        sums.scores = sums.scores.plus(scores)
        tallies.buckets.add(bucket, scores)
    aged, period = tallies.record.aged, bucket * BUCKET_SECONDS // AGED_SECONDS
    cell = aged.cell(period, SCORE_SUMS)
    cell[1] += sign * scores.n
    cell[2] += sign * scores.total_micro
    cell[3] += sign * scores.squares_micro
    if sign < 0:
        aged.forget(period)


def _count_outlier(sums: ProjectSums, fact: Fact, touched: Touched) -> None:
    """Whether all models disagree with what people settled on."""
    for contribution, sign in ((fact.before, -1), (fact.after, 1)):
        if contribution is None or contribution.detail is None or contribution.state not in SETTLED:
            continue
        people = contribution.detail.annotators
        agreements = [part.consensus for part in people if part.model and part.consensus is not None]
        if agreements:
            sums.modelled[0] += sign
            if max(agreements) < OUTLIER_BELOW:
                sums.modelled[1] += sign
                touched.outliers[fact.task_id] = contribution if sign > 0 else None


def _count(sums: ProjectSums, contribution: Contribution, sign: int, touched: Touched) -> None:
    sums.answers += sign * contribution.answers
    if contribution.stalled:
        sums.stalled += sign
        touched.stalled = True
    change(sums.tasks, contribution.state, sign)


def _relabel(
    tallies: Tallies, labels: dict[str, dict[str, float]], scored: tuple[float, int] | None, sign: int, touched: Touched
) -> None:
    sums = tallies.record.sums
    for control, counts in labels.items():
        if control not in touched.controls:
            touched.controls[control] = sum(sums.shares.get(control, _NO_SHARES).values())
        shares = {} if scored is None else _shares(counts)
        for label, count in counts.items():
            amount = sign * to_micro(count)
            if amount == 0:
                continue
            known = sums.labels.get(control)
            if known is None or label not in known:
                size = len(control.encode()) + len(label.encode()) + _ENTRY_BYTES
                if sign < 0 or sums.further_labels_micro or sums.label_bytes + size > LABEL_BYTES:
                    sums.further_labels_micro += amount
                    continue
                sums.label_bytes += size
                known = sums.labels.setdefault(control, {})
            share = shares.get(label)
            if share is not None and scored is not None:
                _share(tallies, scored[1], control, label, sign * share)
            change(known, label, amount)
            if label not in known:
                sums.label_bytes -= len(control.encode()) + len(label.encode()) + _ENTRY_BYTES
            if not known:
                del sums.labels[control]


def _shares(counts: dict[str, float]) -> dict[str, int]:
    if len(counts) == 1:
        return dict.fromkeys(counts, MICRO)
    return task_shares(counts)


def _share(tallies: Tallies, bucket: int, control: str, label: str, amount: int) -> None:
    """A task's share of a label, in all and, before its bucket passes behind the horizon, by event time."""
    _nested(tallies.record.sums.shares, control, label, amount)
    if tallies.buckets.horizon is None or bucket >= tallies.buckets.horizon:
        by_control = tallies.labels.setdefault(bucket, {})
        _nested(by_control, control, label, amount)
        tallies.touched_buckets.add(bucket)
        if not by_control:
            del tallies.labels[bucket]


def _nested(counts: dict[str, dict[str, int]], control: str, label: str, amount: int) -> None:
    known = counts.setdefault(control, {})
    change(known, label, amount)
    if not known:
        del counts[control]
