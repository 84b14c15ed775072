"""A project's figures as Prometheus gauges: what `streams.metrics` declares as `project_*` and `annotator_*`.

Bounded: annotators only up to so many, those with most answers, and the others summed; labels likewise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias, get_args

from scoring.rolling.sums import MICRO, ScoreSums
from scoring.types import Undefined
from streams.contracts.decisions import TaskState
from streams.contracts.views import Statistic
from streams.quality.chance import coefficients
from streams.quality.classes import recent_labels, stability_index
from streams.quality.people import kind_of
from streams.quality.project import ProjectQuality
from streams.quality.records import AnnotatorRecord, ControlRecord, ProjectSums
from streams.quality.reliability import reliability_of
from streams.quality.times import quantile_seconds, quorum_seconds
from streams.stages.warn import ALERTS

__all__ = ["LABELS_SHOWN", "OTHERS", "CoefficientCache", "Gauge", "gauges_of"]

Gauge: TypeAlias = tuple[str, tuple[str, ...], float]
"""(name in `streams.metrics`, label values, value)."""

LABELS_SHOWN: Final = 20
"""Labels of a control, the most frequent; what is left is summed as `OTHERS`."""
OTHERS: Final = "(others)"

CoefficientCache: TypeAlias = dict[tuple[str, str], dict[str, Statistic]]
"""Coefficients of a control by name and type, kept until its record changes: a scrape asks for all of them."""


def gauges_of(quality: ProjectQuality, annotators: int, cache: CoefficientCache | None = None) -> Iterator[Gauge]:
    """Every gauge that is defined.

    Args:
        quality: the project.
        annotators: at most so many by name.
        cache: filled by this function; its owner takes out whatever has changed.
    """
    yield from _project(quality)
    yield from _work(quality.project.project_id, quality.project.sums)
    kept = {} if cache is None else cache
    for place, control in quality.controls.items():
        if place not in kept:
            kept[place] = coefficients(control)
        yield from _control(control, kept[place])
    yield from _labels(quality)
    people = sorted(quality.people(), key=lambda record: (-record.submissions, record.annotator_id or ""))
    for record in people[:annotators]:
        name = record.annotator_id or ""
        yield from _annotator(name, record)
        for control_name, found in reliability_of(record, quality.controls, quality.project).items():
            yield "annotator_reliability_ratio", (record.project_id, name, control_name), found.accuracy
    others = [*people[annotators:], *(record for name, record in quality.annotators.items() if name is None)]
    if others:
        yield from _annotator(OTHERS, _together(others))


def _project(quality: ProjectQuality) -> Iterator[Gauge]:
    record, sums = quality.project, quality.project.sums
    project = (record.project_id,)
    for state in get_args(TaskState):
        yield "project_tasks", (*project, state), sums.tasks.get(state, 0)
    yield "project_answers", project, sums.answers
    yield "project_annotators", project, len(quality.people())
    yield "project_stalled_tasks", project, sums.stalled
    recent = record.recent if record.recent.n >= record.window else ScoreSums()
    for name, scores in (
        ("project_agreement_ratio", sums.scores),
        ("project_agreement_recent_ratio", recent),
        ("project_agreement_baseline_ratio", sums.scores.minus(record.recent)),
    ):
        mean = scores.mean()
        if not isinstance(mean, Undefined):
            yield name, project, mean
    for control, ends in record.imbalance.items():
        yield "project_imbalance_ratio", (*project, control), ends.ratio()
    for kind in ALERTS:
        yield "project_alerts_open", (*project, kind), sum(alert.alert == kind for alert in record.alerts.values())


def _work(project: str, sums: ProjectSums) -> Iterator[Gauge]:
    yield "project_settled_tasks", (project,), sums.settled
    yield "project_settled_answers", (project,), sums.settled_answers
    yield "project_spared_answers", (project,), sums.spared_answers
    if sums.settled:
        yield "project_prelabelled_ratio", (project,), sums.prelabelled / sums.settled
    for percentile in (50, 90):
        seconds = quorum_seconds(sums.quorum_times, percentile / 100)
        if not isinstance(seconds, Undefined):
            yield "project_time_to_quorum_seconds", (project, f"p{percentile}"), seconds
    for verdict in ("approved", "rejected", "corrected"):
        yield "project_reviews", (project, verdict), sums.reviews.get(verdict, 0)
    for kind, n in sums.conflicts.items():
        yield "project_disagreements", (project, kind), n
    yield "project_gold_tasks", (project,), sums.gold_tasks
    for who, found in (("human", sums.gold_people), ("model", sums.gold_models), ("consensus", sums.gold_consensus)):
        if found[0]:
            yield "project_gold_accuracy_ratio", (project, who), _mean(found)


def _control(record: ControlRecord, found: Mapping[str, Statistic]) -> Iterator[Gauge]:
    place = (record.project_id, record.control, record.type)
    if record.scores[0]:
        yield "project_control_agreement_ratio", place, _mean(record.scores)
    if record.passed[0]:
        yield "project_control_passed_ratio", place, record.passed[1] / record.passed[0]
    for name, statistic in found.items():
        if statistic.value is None:
            continue
        yield "project_coefficient", (*place, name), statistic.value
        for bound, end in (("low", statistic.low), ("high", statistic.high)):
            if end is not None:
                yield "project_coefficient_bound", (*place, name, bound), end


def _labels(quality: ProjectQuality) -> Iterator[Gauge]:
    for control, counts in quality.project.sums.labels.items():
        shift = stability_index(quality, control, recent_labels(quality, control))
        if shift.value is not None:
            yield "project_stability_index", (quality.project.project_id, control), shift.value
        total = sum(counts.values())
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        shown = dict(ranked[:LABELS_SHOWN])
        if rest := sum(n for _, n in ranked[LABELS_SHOWN:]):
            shown[OTHERS] = rest + shown.get(OTHERS, 0)
        for label, n in shown.items():
            if total > 0:
                yield "project_label_ratio", (quality.project.project_id, control, label), n / total


def _annotator(name: str, record: AnnotatorRecord) -> Iterator[Gauge]:
    place = (record.project_id, name)
    kind = OTHERS if name == OTHERS else kind_of(record)
    yield "annotator_submissions", (*place, kind), record.submissions
    seconds = quantile_seconds(record.seconds, 0.5)
    if not isinstance(seconds, Undefined):
        yield "annotator_median_seconds", place, seconds
    for metric, sums in (
        ("annotator_peer_agreement_ratio", record.agreement),
        ("annotator_consensus_agreement_ratio", record.consensus),
        ("annotator_gold_accuracy_ratio", record.gold),
    ):
        if sums[0]:
            yield metric, place, _mean(sums)
    if reviewed := sum(record.reviews.values()):
        yield "annotator_approval_ratio", place, record.reviews.get("approved", 0) / reviewed


def _together(records: list[AnnotatorRecord]) -> AnnotatorRecord:
    """The sums of several annotators that are shown for one."""
    first = records[0]
    found = AnnotatorRecord(first.form, first.project_id, None)
    for record in records:
        found.submissions += record.submissions
        for into, counts in ((found.seconds, record.seconds), (found.reviews, record.reviews)):
            for name, n in counts.items():
                into[name] = into.get(name, 0) + n
        for total, sums in (
            (found.agreement, record.agreement),
            (found.consensus, record.consensus),
            (found.gold, record.gold),
        ):
            total[0] += sums[0]
            total[1] += sums[1]
    return found


def _mean(sums: list[int]) -> float:
    return sums[1] / (sums[0] * MICRO)
