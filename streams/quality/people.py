"""The views `annotators`, `benchmark` and `matrix`: who answers, how well, and like whom."""

from __future__ import annotations

from collections.abc import Iterator

from scoring.rolling.sums import MICRO
from streams.contracts.views import (
    AnnotatorItem,
    AnnotatorsView,
    BenchmarkItem,
    BenchmarkView,
    MatrixCell,
    MatrixView,
)
from streams.quality.classes import given_labels, labels_of, shares_of, true_labels
from streams.quality.figures import plain, share, share_of
from streams.quality.project import ProjectQuality
from streams.quality.records import AnnotatorRecord, Cells, OpenAlert
from streams.quality.reliability import interval, reliability_of
from streams.quality.times import quantile_seconds

__all__ = ["GOLD", "annotators", "benchmark", "kind_of", "matrix"]

GOLD = "gold"
_NO_GOLD = "none of their tasks has gold"
_NO_REPEATS = "they never answered a task twice, by a second submission"


def kind_of(record: AnnotatorRecord) -> str:
    """`model` for whoever sent most of their answers as one, else `human`."""
    return "model" if 2 * record.as_model > record.submissions else "human"


def annotators(quality: ProjectQuality, *, annotator: str | None = None, limit: int | None = None) -> AnnotatorsView:
    """Annotators by least agreement with the consensus, those without a figure last; one, or at most `limit`."""
    people = [record for record in quality.people() if annotator is None or record.annotator_id == annotator]
    people.sort(key=lambda record: _rank(record.consensus))
    beyond = quality.annotators.get(None)
    return AnnotatorsView(
        project_id=quality.project.project_id,
        items=[_annotator(quality, record) for record in people[:limit]],
        further=0 if beyond is None else beyond.submissions,
    )


def benchmark(quality: ProjectQuality, *, limit: int | None = None) -> BenchmarkView:
    """Everybody against gold, least accurate first; those without a task with gold left out."""
    sums = quality.project.sums
    people = sorted((r for r in quality.people() if r.gold[0]), key=lambda record: _rank(record.gold))
    reason = "no task has gold" if not sums.gold_tasks else "no answer to a task with gold"
    return BenchmarkView(
        project_id=quality.project.project_id,
        gold_tasks=sums.gold_tasks,
        annotators=share_of(sums.gold_people, reason),
        models=share_of(sums.gold_models, reason),
        consensus=share_of(
            sums.gold_consensus, reason if not sums.gold_tasks else "no consensus of a task with gold to compare"
        ),
        items=[
            BenchmarkItem(
                annotator_id=record.annotator_id or "",
                kind=kind_of(record),
                accuracy=share_of(record.gold, _NO_GOLD),
                confusion={name: _confusion(c.gold) for name, c in sorted(record.controls.items()) if c.gold.counts},
            )
            for record in people[:limit]
        ],
    )


def matrix(quality: ProjectQuality, *, limit: int = 50) -> MatrixView:
    """Annotator by annotator, the `limit` with most answers, and gold where there is any.

    A pair is compared where both are among the first so many annotators of a task (`bounds.PAIRED_ROWS`), and the
    second is one of the first's `bounds.PEERS`.
    """
    people = sorted(quality.people(), key=lambda record: (-record.submissions, record.annotator_id or ""))[:limit]
    names = [record.annotator_id or "" for record in people]
    kinds = [kind_of(record) for record in people]
    cells = list(_cells(people, set(names)))
    if quality.project.sums.gold_tasks:
        names.append(GOLD)
        kinds.append(GOLD)
        cells += [
            MatrixCell(a=r.annotator_id or "", b=GOLD, agreement=_mean(r.gold), tasks=r.gold[0])
            for r in people
            if r.gold[0]
        ]
    return MatrixView(project_id=quality.project.project_id, annotators=names, kinds=kinds, cells=cells)


def _cells(people: list[AnnotatorRecord], names: set[str]) -> Iterator[MatrixCell]:
    for record in people:
        for other, pair in sorted(record.peers.items()):
            if other in names and pair[0]:
                yield MatrixCell(a=record.annotator_id or "", b=other, agreement=_mean(pair), tasks=pair[0])


def _mean(sums: list[int]) -> float:
    return round(sums[1] / (sums[0] * MICRO), 6)


def _rank(sums: list[int]) -> tuple[bool, float]:
    return not sums[0], sums[1] / sums[0] if sums[0] else 0.0


def _about(alert: OpenAlert) -> tuple[str | None, ...]:
    """Whom an alert is about: some are about two."""
    return alert.subject, alert.evidence.get("first"), alert.evidence.get("second")


def _annotator(quality: ProjectQuality, record: AnnotatorRecord) -> AnnotatorItem:
    reviewed = sum(record.reviews.values())
    learned = reliability_of(record, quality.controls, quality.project)
    open_alerts = quality.project.alerts.values()
    return AnnotatorItem(
        annotator_id=record.annotator_id or "",
        kind=kind_of(record),
        submissions=record.submissions,
        median_seconds=plain(quantile_seconds(record.seconds, 0.5), sum(record.seconds.values())),
        agreement_with_peers=share_of(record.agreement, "nobody else answered their tasks"),
        agreement_with_consensus=share_of(record.consensus, "none of their tasks has a consensus"),
        gold_accuracy=share_of(record.gold, _NO_GOLD),
        approval=share(record.reviews.get("approved", 0), reviewed, "none of their tasks was reviewed"),
        self_consistency=share_of(record.repeats, _NO_REPEATS),
        reliability={name: interval(one) for name, one in learned.items()},
        weights={name: round(one.weight, 6) for name, one in learned.items()},
        bias=_bias(record),
        confusion={
            name: _confusion(c.consensus, c.unjudged)
            for name, c in sorted(record.controls.items())
            if c.consensus.counts or c.unjudged.counts
        },
        alerts=sorted({alert.alert for alert in open_alerts if record.annotator_id in _about(alert)}),
    )


def _bias(record: AnnotatorRecord) -> dict[str, dict[str, float]]:
    found = {}
    for name, control in sorted(record.controls.items()):
        given, true = shares_of(given_labels(control)), shares_of(true_labels(control))
        if given and true:
            found[name] = {
                label: round(given.get(label, 0.0) - true.get(label, 0.0), 6) for label in labels_of(given, true)
            }
    return found


def _confusion(*parts: Cells) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for cells in parts:
        for truth, row in cells.counts.items():
            into = found.setdefault(truth, {})
            for given, n in row.items():
                into[given] = into.get(given, 0.0) + n
    return {truth: dict(sorted(row.items())) for truth, row in sorted(found.items())}
