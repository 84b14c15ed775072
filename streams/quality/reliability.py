"""How far each annotator's answers to a categorical control can be trusted, and when that is worth telling SETTLE.

An answer to a task with gold is right or wrong for certain; of other tasks the consensus decides. Both are whole counts
in the annotator's confusion matrices, so a revised decision takes its share back exactly, and the posterior is read
from the counts when it is asked for: the incremental model of `scoring.reliability`, with its priors and, where the
settings ask for it, a half-life.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
from scipy.special import betaincinv

from scoring.reliability.parameters import DEFAULT, Prior, accuracy, prior_of
from scoring.reliability.sums import Counts, Sums
from scoring.reliability.trust import voting_weight
from scoring.rolling.sums import MICRO, from_micro
from streams.contracts.reliability import AnnotatorReliability, ControlReliability
from streams.contracts.settings import ControlSettings, ReliabilityModel
from streams.contracts.views import Statistic
from streams.ports import Outgoing
from streams.quality.detail import WEEK_US
from streams.quality.labels import CATEGORICAL
from streams.quality.records import AnnotatorControl, AnnotatorRecord, ControlRecord, ProjectRecord
from streams.quality.stored import rfc3339
from streams.quality.tallies import Tallies
from streams.stages.emit import cloud_event, content_id, task_key

__all__ = ["MOVED", "MOVED_RECALL", "interval", "moved", "reliability_of", "reliability_record"]

MOVED: Final = 0.02
"""A weight that has moved by no more is not published again."""
MOVED_RECALL: Final = 0.05
"""Nor is a recall, where votes are counted by it."""
_MOVED_MICRO: Final = round(MOVED * MICRO)
_MOVED_RECALL_MICRO: Final = round(MOVED_RECALL * MICRO)
_FIXED: Final = prior_of(Sums())
_KINDS: Final = sorted(CATEGORICAL)
_NOTHING: Final = AnnotatorControl()
_NO_RECALL: Final[Mapping[str, int]] = {}
_encode = msgspec.json.Encoder().encode


class _Known(NamedTuple):
    """What the annotators of a control have in common."""

    classes: int
    """Answers that there are to choose from."""
    prior: Prior
    """What everybody starts with."""
    model: ReliabilityModel
    week: int
    """The latest one."""
    half_life_weeks: float | None

    @classmethod
    def of(
        cls,
        control: ControlRecord | None,
        name: str,
        labels: Sequence[str],
        model: ReliabilityModel,
        project: ProjectRecord,
    ) -> _Known:
        """The labels that the settings name are chosen from, or else those seen; two at least.

        By one coin everybody starts alike: a start that follows the project would feed on itself, as
        `scoring.reliability.incremental` has found.
        """
        total, right = (0, 0) if control is None else control.judged
        classes = max(2, len(labels) or len(project.sums.labels.get(name, ())))
        prior = _FIXED if model == "one_coin" else prior_of(Sums(everyone=Counts(total * MICRO, right * MICRO)))
        half_life = None if project.half_life_seconds is None else project.half_life_seconds * MICRO / WEEK_US
        return cls(classes, prior, model, (project.event_time_us or 0) // WEEK_US, half_life)


def reliability_of(
    record: AnnotatorRecord, controls: Mapping[tuple[str, str], ControlRecord], project: ProjectRecord
) -> dict[str, ControlReliability]:
    """Control → how reliable, for the categorical controls that this annotator has answers to."""
    return {
        name: _Posterior.of(
            record.controls[name], _Known.of(control, name, control.labels, control.model, project)
        ).told()
        for (name, kind), control in sorted(controls.items())
        if kind in CATEGORICAL and name in record.controls
    }


def interval(found: ControlReliability) -> Statistic:
    """The probability of being right, with its credible interval."""
    return Statistic(value=found.accuracy, n=round(found.n), low=found.low, high=found.high)


def moved(
    tallies: Tallies, annotators: Iterable[str | None], weighted: Mapping[str, ControlSettings]
) -> Iterator[AnnotatorReliability]:
    """Of whom SETTLE is to be told, by id: on one of the `weighted` controls something has moved since they were.

    A weight by more than `MOVED`, or a recall by more than `MOVED_RECALL`; or the model, which says whether there are
    recalls. What is yielded counts as published. Who has no answer left is back at what is assumed of anybody.

    Args:
        tallies: the project.
        annotators: who is looked at.
        weighted: by name.
    """
    project = tallies.record
    records = {name: _record(tallies, name) for name in sorted(weighted)}
    controls = {
        name: _Known.of(record, name, weighted[name].labels, weighted[name].reliability_model, project)
        for name, record in records.items()
    }
    for annotator_id in sorted(name for name in annotators if name is not None):
        record, published = tallies.annotators.get(annotator_id), tallies.published.get(annotator_id)
        known = {} if record is None else record.controls
        before = {} if published is None else published.weights
        said = {} if published is None else published.recall
        mine = {
            name: _Posterior.of(known.get(name, _NOTHING), controls[name])
            for name in controls
            if name in before or (name in known and records[name] is not None)
        }
        if not any(
            name not in before
            or abs(one.weight_micro - before[name]) > _MOVED_MICRO
            or one.recall_moved(said.get(name, _NO_RECALL))
            for name, one in mine.items()
        ):
            continue
        told = {name: one.told() for name, one in mine.items()}
        recall = {name: one.recall_micro() for name, one in mine.items()}
        weights = {name: one.weight_micro for name, one in mine.items()}
        tallies.publish(annotator_id, before | weights, {name: row for name, row in (said | recall).items() if row})
        yield AnnotatorReliability(
            schema=1,
            type="annotator.reliability",
            project_id=tallies.record.project_id,
            annotator_id=annotator_id,
            event_time=rfc3339(tallies.record.event_time_us or 0),
            controls=told,
        )


def _record(tallies: Tallies, name: str) -> ControlRecord | None:
    """A control's record, where it is categorical."""
    found = (tallies.controls.get((name, kind)) for kind in _KINDS)
    return next((record for record in found if record is not None), None)


def reliability_record(found: AnnotatorReliability) -> Outgoing:
    """As a record of `annotator-reliability`; the latest by project and annotator stays."""
    key = task_key(found.project_id, found.annotator_id)
    value = _encode(found)
    return cloud_event(
        "annotator-reliability", key, value, id=content_id(value), type=found.type, time=found.event_time, subject=key,
        partition=None,
    )  # fmt: skip


def _counts(control: AnnotatorControl, known: _Known) -> Counts:
    """Answers whose truth is known, and those of them that were right, in millionths; faded by age, in whole weeks.

    Those that found no room among the weeks do not fade: nobody knows how old they are.
    """
    total, right = control.consensus.total + control.gold.total, control.consensus.right + control.gold.right
    if known.half_life_weeks is None:
        return Counts(total * MICRO, right * MICRO)
    left, left_right = float(total), float(right)
    for week, (n, hits) in sorted(control.weeks.items()):
        gone = 1.0 - 0.5 ** (max(0, known.week - int(week)) / known.half_life_weeks)
        left -= gone * n
        left_right -= gone * hits
    return Counts(round(left * MICRO), round(left_right * MICRO))


class _Posterior(NamedTuple):
    """What is known of one annotator on one control."""

    control: AnnotatorControl
    known: _Known
    counts: Counts
    share: float
    """Probability of being right."""
    weight_micro: int

    @classmethod
    def of(cls, control: AnnotatorControl, known: _Known) -> _Posterior:
        """From the sums."""
        counts = _counts(control, known)
        share = accuracy(counts, known.prior)
        return cls(control, known, counts, share, round(voting_weight(share, known.classes) * MICRO))

    def left(self) -> float:
        """Share of the answers that has not faded: of a class, and of gold, as much as of all."""
        total = self.control.consensus.total + self.control.gold.total
        return self.counts.total / MICRO / total if total else 0.0

    def recall_micro(self) -> dict[str, int]:
        """Class → recall in millionths, where the model has any.

        It is drawn towards the annotator's own accuracy, as the model `shrunk` does. Few answers to a class say little,
        and that little is worth telling: on bluebirds, votes counted by recalls that are told from the first answer on
        find .85 of the classes, from the tenth on .83, and by weights alone .76.
        """
        if self.known.model != "shrunk":
            return {}
        left, drawn = self.left(), DEFAULT.worth * self.share
        return {
            truth: round((left * hits + drawn) / (left * answers + DEFAULT.worth) * MICRO)
            for truth, (answers, hits) in _rows(self.control).items()
        }

    def recall_moved(self, said: Mapping[str, int]) -> bool:
        """Whether a vote counted by what was said differs; of a class without a recall the accuracy is taken for it."""
        now, usual = self.recall_micro(), round(self.share * MICRO)
        if bool(now) != bool(said):
            return True
        return any(abs(now.get(k, usual) - said.get(k, usual)) > _MOVED_RECALL_MICRO for k in now.keys() | said.keys())

    def told(self) -> ControlReliability:
        """As it is published."""
        counts, prior, left = self.counts, self.known.prior, self.left()
        right, wrong = (prior.right + counts.right) / MICRO, (prior.wrong + counts.total - counts.right) / MICRO
        recall = self.recall_micro()
        return ControlReliability(
            model=self.known.model,
            accuracy=round(self.share, 6),
            low=round(float(betaincinv(right, wrong, 0.025)), 6),
            high=round(float(betaincinv(right, wrong, 0.975)), 6),
            n=counts.total / MICRO,
            gold=round(left * self.control.gold.total, 6),
            weight=from_micro(self.weight_micro),
            recall={truth: from_micro(micro) for truth, micro in recall.items()},
            tasks={k: round(left * answers, 6) for k, (answers, _) in _rows(self.control).items() if k in recall},
        )


def _rows(control: AnnotatorControl) -> dict[str, list[int]]:
    """Class that has been true → their answers, and those that named it."""
    rows: dict[str, list[int]] = {}
    for cells in (control.consensus, control.gold):
        for truth, row in cells.counts.items():
            sums = rows.setdefault(truth, [0, 0])
            sums[0] += sum(row.values())
            sums[1] += row.get(truth, 0)
    return {truth: row for truth, row in sorted(rows.items()) if row[0] > 0}
