"""The view `classes`: how labels are distributed, in the consensus, of late, and by annotator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scoring.chance.units import MISSING
from scoring.rolling.label_shift import LabelShiftRule, label_shift
from scoring.rolling.sums import from_micro, to_micro
from scoring.types import Undefined
from streams.contracts.views import ClassesView, ClassItem, ControlClasses, Statistic
from streams.quality.figures import plain, undefined
from streams.quality.project import ProjectQuality
from streams.quality.records import AnnotatorControl

__all__ = [
    "classes",
    "given_labels",
    "labels_of",
    "newest_labels",
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
    shares, of_late = shares_of(counts), recent_labels(quality, control)
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


def recent_labels(quality: ProjectQuality, control: str) -> dict[str, int]:
    """Label → tasks in millionths, of the newest that `label_shift` holds against those before."""
    newest = (quality.buckets[bucket].labels for bucket in sorted(quality.buckets, reverse=True))
    return newest_labels(newest, control, to_micro(quality.project.label_window))


def newest_labels(
    buckets: Iterable[Mapping[str, Mapping[str, int]]], control: str, wanted_micro: int
) -> dict[str, int]:
    """Label → tasks in millionths, of the fewest buckets that hold so many tasks with a label of the control.

    Args:
        buckets: control → label → tasks in millionths; the newest first.
        control: which.
        wanted_micro: tasks; a bucket is not divided, so there may be more, and where there are no more, fewer.

    >>> newest_labels([{"scene": {"day": 2}}, {"other": {"cat": 9}}, {"scene": {"day": 1, "dusk": 1}}], "scene", 3)
    {'day': 3, 'dusk': 1}
    """
    found: dict[str, int] = {}
    total = 0
    for labels in buckets:
        for label, n in labels.get(control, {}).items():
            found[label] = found.get(label, 0) + n
            total += n
        if total >= wanted_micro:
            break
    return found


def stability_index(quality: ProjectQuality, control: str, recent: Mapping[str, int]) -> Statistic:
    """Population stability index of `recent_labels` against all before them: what `label_shift` looks at."""
    record = quality.project
    everything = record.sums.shares.get(control, {})
    before = {label: n - recent.get(label, 0) for label, n in everything.items()}
    rule = LabelShiftRule(minimum=record.label_window, minimum_reference=record.label_reference)
    found = label_shift(recent, before, rule)
    if isinstance(found, Undefined):
        return undefined(found.reason, round(from_micro(sum(recent.values()))))
    return plain(found.psi, found.n)
