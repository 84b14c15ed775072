"""The view `agreement`: how far annotators agree, over time and by control."""

from __future__ import annotations

from scoring.rolling.sums import ScoreSums
from streams.contracts.views import AgreementView, ControlAgreement, Point
from streams.quality.bounds import BUCKET_SECONDS
from streams.quality.chance import coefficients, scale_of
from streams.quality.figures import baseline, drop_of, mean, plain, recent, share
from streams.quality.project import ProjectQuality
from streams.quality.records import ControlRecord
from streams.quality.stored import rfc3339

__all__ = ["POINTS", "agreement"]

POINTS = 120
"""Points of a trend at most: buckets are put together by the narrowest of `_WIDTHS` that makes no more."""

_WIDTHS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1_440, 10_080, 43_200, 525_600)
"""In buckets: minutes, up to a year."""


def agreement(quality: ProjectQuality, *, control: str | None = None) -> AgreementView:
    """How far annotators agree; of one control only, where `control` names it."""
    record = quality.project
    sums = record.sums
    controls = [c for (name, _), c in sorted(quality.controls.items()) if control is None or name == control]
    return AgreementView(
        project_id=record.project_id,
        overall=mean(sums.scores),
        deviation=plain(sums.scores.deviation(), sums.scores.n),
        recent=recent(record),
        baseline=baseline(record),
        drop=drop_of(record),
        window_tasks=record.window,
        histogram=list(sums.histogram),
        trend=_trend(quality),
        controls=[_control(c) for c in controls],
        disagreements=dict(sorted(sums.conflicts.items(), key=lambda item: (-item[1], item[0]))),
    )


def _control(record: ControlRecord) -> ControlAgreement:
    return ControlAgreement(
        control=record.control,
        type=record.type,
        score=mean(ScoreSums(*record.scores)),
        passed=share(record.passed[1], record.passed[0], "nothing is asked of this control"),
        coefficients=coefficients(record),
        scale=scale_of(record),
    )


def _trend(quality: ProjectQuality) -> list[Point]:
    buckets = [bucket for bucket, sums in quality.buckets.items() if sums.scores.n > 0]
    width = next((w for w in _WIDTHS if len({b // w for b in buckets}) <= POINTS), _WIDTHS[-1])
    points: dict[int, list[int]] = {}
    for bucket in sorted(buckets):
        scores = quality.buckets[bucket].scores
        point = points.setdefault(bucket // width, [0, 0])
        point[0] += scores.n
        point[1] += scores.total_micro
    start = width * BUCKET_SECONDS * 1_000_000
    return [
        Point(at=rfc3339(place * start), n=n, mean=round(total / n / 1_000_000, 6))
        for place, (n, total) in points.items()
    ]
