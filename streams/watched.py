"""One project as WATCH has it in memory: facts counted, alerts and reliabilities told, figures kept for readers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

from scoring.rolling.imbalance import imbalance
from scoring.types import Undefined
from streams.contracts.decisions import Alert
from streams.contracts.facts import Fact, FactBatch
from streams.contracts.reliability import AnnotatorReliability
from streams.contracts.settings import TYPE_DEFAULTS, ControlSettings, ProjectSettings
from streams.quality import (
    BUCKETS_BEFORE_WINDOW,
    ControlRecord,
    ProjectRecord,
    Touched,
    encode,
    project_key,
)
from streams.quality.gauges import CoefficientCache, Gauge, gauges_of
from streams.quality.reliability import moved
from streams.quality.tallies import Tallies
from streams.quality.views import ProjectQuality
from streams.stages.tally import tally
from streams.stages.warn import Rules, warn

__all__ = ["WatchedProject"]

_LEVELS: Final = {"jaccard": "jaccard", "masi": "masi"}
_UNCONFIGURED: Final = ControlSettings()


class WatchedProject:
    """One project in memory: its tallies, and by which settings they are judged."""

    def __init__(self, record: ProjectRecord, settings: ProjectSettings) -> None:
        self.tallies = Tallies(record, *_extent(settings))
        self._settings = settings
        self._rules = Rules.of(settings)
        self._weighted = _weighted(settings)
        self._changed = False
        self._controls: set[str] = set()
        self._coefficients: CoefficientCache = {}

    def adopt(self, settings: ProjectSettings) -> None:
        """Go by these settings from now on."""
        if settings is self._settings:
            return
        self._settings = settings
        self._rules = Rules.of(settings)
        self._weighted = _weighted(settings)
        self.tallies.buckets.resize(*_extent(settings))

    def count(self, batch: FactBatch) -> Iterator[Alert | AnnotatorReliability]:
        """Count what is new in a batch; after each source offset say what crosses a line, and whose weight moved."""
        tallies, source = self.tallies, str(batch.source_partition)
        record = tallies.record
        seen = record.seen.get(source, -1)
        facts = [fact for fact in batch.facts if fact.offset > seen]
        if not facts:
            return
        self._changed = True
        record.seen[source] = max(fact.offset for fact in facts)
        touched = Touched()
        for fact, following in zip_longest(facts, facts[1:]):
            self._date(fact)
            tally(tallies, fact, touched)
            if following is not None and following.offset == fact.offset:
                continue
            yield from warn(tallies, self._rules, touched)
            self._controls.update(touched.controls)
            touched = Touched()
            if self._weighted and tallies.touched_annotators:
                record.half_life_seconds = self._settings.quality.reliability_half_life_seconds
                yield from moved(tallies, tallies.touched_annotators, self._weighted)
            tallies.end_offset()

    def _date(self, fact: Fact) -> None:
        record = self.tallies.record
        known = record.event_time_us
        if fact.after is not None and (known is None or fact.after.event_time_us > known):
            record.event_time_us = fact.after.event_time_us

    def gauges(self) -> Iterator[Gauge]:
        """Its gauges as they stand."""
        shown = self._settings.quality.annotators_in_metrics
        return gauges_of(ProjectQuality.of(self.tallies), shown, self._coefficients)

    def take_changes(self) -> dict[bytes, bytes | None]:
        """The state records to write since this was last asked; last the project's own, with its figures."""
        if not self._changed:
            return {}
        self._render()
        record = self.tallies.record
        changes = self.tallies.take_changes()
        changes[project_key(record.project_id)] = encode(record)
        self._changed = False
        return changes

    def _render(self) -> None:
        tallies, drift = self.tallies, self._settings.alerts.agreement_drift
        record, buckets = tallies.record, tallies.buckets
        record.horizon, record.recent = buckets.horizon, buckets.recent
        record.half_life_seconds = self._settings.quality.reliability_half_life_seconds
        record.window, record.warm_up = drift.window_tasks, drift.minimum_baseline_tasks
        shift = self._settings.alerts.label_shift
        record.label_window, record.label_reference = shift.window_tasks, shift.minimum_reference_tasks
        for name in self._controls:
            ends = imbalance(record.sums.labels.get(name, {}), self._rules.expected.get(name, frozenset()))
            if isinstance(ends, Undefined):
                record.imbalance.pop(name, None)
            else:
                record.imbalance[name] = ends
        self._controls.clear()
        for place in tallies.touched_controls:
            self._coefficients.pop(place, None)
            control = tallies.controls.get(place)
            if control is not None:
                _describe(control, self._settings.controls.get(control.control, _UNCONFIGURED))


def _describe(control: ControlRecord, settings: ControlSettings) -> None:
    """What of the settings its statistics depend on."""
    metrics = TYPE_DEFAULTS[control.type].metrics
    metric = settings.metric or (metrics[0] if metrics else "")
    control.labels, control.level = list(settings.labels), _LEVELS.get(metric, "nominal")
    control.model = settings.reliability_model


def _weighted(settings: ProjectSettings) -> dict[str, ControlSettings]:
    """The controls whose votes are weighted."""
    return {name: control for name, control in settings.controls.items() if control.adjudication == "weighted"}


def _extent(settings: ProjectSettings) -> tuple[int, int]:
    """(tasks in the window, buckets kept by themselves)."""
    window = settings.alerts.agreement_drift.window_tasks
    return window, window + BUCKETS_BEFORE_WINDOW
