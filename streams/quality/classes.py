"""The view `classes`: how labels are distributed, in the consensus, of late, and by annotator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scoring.chance.units import MISSING
from scoring.rolling.label_shift import label_shift
from scoring.rolling.sums import from_micro
from scoring.types import Undefined
from streams.contracts.views import ClassesView, ClassItem, ControlClasses, Statistic
from streams.quality.figures import plain, undefined
from streams.quality.project import ProjectQuality
from streams.quality.records import AnnotatorControl

__all__ = [
    "classes",
    "given_labels",
    "labels_of",
    "recent_labels",
    "shares_of",
    "stability_index",
    "true_labels",
]


def classes(quality: ProjectQuality, *, control: str | None = None) -> ClassesView:
    """Class distributions, of one control where `control` names it; classes by frequency, then name."""
    named = sorted({*quality.project.sums.labels, *(name for name, _ in quality.controls)})
    found = [_classes(quality, name) for name in named if control is None or name == control]
    return ClassesView(
        project_id=quality.project.project_id, controls=[one for one in found if one.items or one.by_annotator]
    )


def given_labels(control: AnnotatorControl) -> dict[str, int]:
    """Label → how often given where there is a consensus; marks that were not made are none."""
    found: dict[str, int] = {}
    for cells in (control.consensus, control.unjudged):
        for row in cells.counts.values():
            for label, n in row.items():
                if label != MISSING:
                    found[label] = found.get(label, 0) + n
    return found


def true_labels(control: AnnotatorControl) -> dict[str, int]:
    """Label → how often it was the consensus."""
    found: dict[str, int] = {}
    for cells in (control.consensus, control.unjudged):
        for label, row in cells.counts.items():
            if label != MISSING:
                found[label] = found.get(label, 0) + sum(row.values())
    return found


def shares_of(counts: Mapping[str, float]) -> dict[str, float]:
    """Counts → shares of their sum; none of none."""
    total = sum(counts.values())
    return {label: n / total for label, n in counts.items()} if total else {}


def labels_of(*counts: Iterable[str]) -> list[str]:
    """The labels of all, by name."""
    return sorted(set().union(*counts))


def _classes(quality: ProjectQuality, control: str) -> ControlClasses:
    sums = quality.project.sums
    counts = {label: from_micro(n) for label, n in sums.labels.get(control, {}).items()}
    by_annotator = {
        record.annotator_id or "": given_labels(record.controls[control])
        for record in quality.people()
        if control in record.controls
    }
    given: dict[str, int] = {}
    for mine in by_annotator.values():
        for label, n in mine.items():
            given[label] = given.get(label, 0) + n
    configured = {label for (name, _), c in quality.controls.items() if name == control for label in c.labels}
    shares, of_late = shares_of(counts), recent_labels(quality, control, quality.window())
    recent = shares_of(of_late)
    ends = quality.project.imbalance.get(control)
    items = [
        ClassItem(
            label=label,
            consensus=counts.get(label, 0.0),
            share=round(shares.get(label, 0.0), 6),
            recent_share=round(recent.get(label, 0.0), 6) if recent else None,
            given=float(given.get(label, 0)),
        )
        for label in labels_of(counts, given, configured)
    ]
    return ControlClasses(
        control=control,
        n=round(sum(counts.values()), 6),
        imbalance_ratio=None if ends is None else round(ends.ratio(), 6),
        ratio_is_lower_bound=ends is not None and ends.is_lower_bound(),
        stability_index=stability_index(quality, control, of_late),
        items=sorted(items, key=lambda item: (-item.consensus, -item.given, item.label)),
        by_annotator={
            name: {label: round(part, 6) for label, part in sorted(shares_of(mine).items())}
            for name, mine in by_annotator.items()
            if mine
        },
    )


def recent_labels(quality: ProjectQuality, control: str, window: Iterable[int]) -> dict[str, int]:
    """Label → tasks of the rolling window, by its buckets, in millionths."""
    found: dict[str, int] = {}
    for bucket in window:
        for label, n in quality.buckets[bucket].labels.get(control, {}).items():
            found[label] = found.get(label, 0) + n
    return found


def stability_index(quality: ProjectQuality, control: str, recent: Mapping[str, int]) -> Statistic:
    """Population stability index of the rolling window against all tasks before it."""
    record = quality.project
    if record.recent.n < record.window:
        return undefined(f"the window is not full: {record.recent.n} of {record.window} decided tasks", record.recent.n)
    everything = record.sums.shares.get(control, {})
    found = label_shift(recent, {label: n - recent.get(label, 0) for label, n in everything.items()})
    if isinstance(found, Undefined):
        return undefined(found.reason, record.recent.n)
    return plain(found.psi, found.n)
