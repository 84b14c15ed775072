"""Turns the catalogue `streams.metrics` into a Prometheus exposition. Nobody else imports `prometheus_client`.

Counters and histograms are the library's; gauges are kept here as plain values next to *sources* that are asked when
Prometheus scrapes. So a gauge that was read from a partition's state is gone with the partition, and no stale copy of
it can be scraped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from streams.metrics import METRICS, PREFIX, Metric
from streams.topics import TOPICS

if TYPE_CHECKING:  # a Protocol and a record: nothing of Faust is needed to count
    from streams.adapters.faust_app.observer import UnitReport

__all__ = ["CONTENT_TYPE", "GaugeSource", "Metrics", "MetricsObserver", "UndeclaredMetric"]

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

Labels: TypeAlias = tuple[str, ...]
GaugeSource: TypeAlias = Callable[[], Iterable[tuple[str, Labels, float]]]
"""Asked at each scrape: (metric name, label values, value) of every gauge that it knows right now. Must not block."""

CLOSED_LABELS: Mapping[str, tuple[str, ...]] = {
    "agent": ("settle", "watch"),
    "topic": tuple(t for t in TOPICS if t not in {"annotation-events", "project-settings"}),
}
"""Label → all of its values, where they are known: series that exist at 0 from the start, so a rate sees the first."""


class UndeclaredMetric(LookupError):
    """A metric name or a set of label values that `streams.metrics` does not declare: a fault of ours."""


class Metrics:
    """All metrics of one process, in a registry of their own. Not thread-safe: for one event loop.

    Args:
        catalogue: by name; `streams.metrics.METRICS` but in tests.

    >>> metrics = Metrics()
    >>> metrics.increment({("decisions_total", "street", "agreed"): 2})
    >>> [line for line in metrics.exposition().decode().splitlines() if line.startswith("labelquorum_decisions")]
    ['labelquorum_decisions_total{project="street",state="agreed"} 2.0']
    """

    def __init__(self, catalogue: Mapping[str, Metric] = METRICS) -> None:
        self._catalogue = catalogue
        # One `_created` gauge per series would double what Prometheus keeps, and none of them is in the catalogue.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        self._counter_series: dict[tuple[str, ...], Counter] = {}
        self._histogram_series: dict[tuple[str, ...], Histogram] = {}
        for metric in catalogue.values():
            self._register(metric)
        self._gauges = _Gauges(catalogue)
        self._registry.register(self._gauges)
        ProcessCollector(registry=self._registry)

    def _register(self, metric: Metric) -> None:
        name = PREFIX + metric.name
        if metric.kind == "counter":
            self._counters[metric.name] = Counter(name, metric.help, metric.labels, registry=self._registry)
        elif metric.kind == "histogram":
            self._histograms[metric.name] = Histogram(
                name, metric.help, metric.labels, buckets=metric.buckets, registry=self._registry
            )
        else:
            return
        if all(label in CLOSED_LABELS for label in metric.labels):
            for values in product(*(CLOSED_LABELS[label] for label in metric.labels)):
                (self._counter if metric.kind == "counter" else self._histogram)((metric.name, *values))

    def increment(self, counts: Mapping[tuple[str, ...], float]) -> None:
        """Add to counters: (metric name, label values …) → amount, at least 0.

        Raises:
            UndeclaredMetric: the name is no counter of the catalogue, or the labels are not as many as declared.
        """
        for key, amount in counts.items():
            (self._counter_series.get(key) or self._counter(key)).inc(amount)

    def observe(self, name: str, labels: Labels, value: float) -> None:
        """Put one value into a histogram. Raises `UndeclaredMetric` as `increment` does."""
        key = (name, *labels)
        (self._histogram_series.get(key) or self._histogram(key)).observe(value)

    def set_gauge(self, name: str, labels: Labels, value: float) -> None:
        """Set a gauge until it is set again or removed. Raises `UndeclaredMetric` as `increment` does."""
        self._gauges.check(name, labels)
        self._gauges.values.setdefault(name, {})[labels] = value

    def remove_gauge(self, name: str, labels: Labels) -> None:
        """Forget a gauge: it is not scraped any more. One that was never set is not an error."""
        self._gauges.check(name, labels)
        self._gauges.values.get(name, {}).pop(labels, None)

    def add_source(self, source: GaugeSource) -> None:
        """Ask `source` for gauges at each scrape; of two that name the same series the one added last is shown."""
        self._gauges.sources.append(source)

    def exposition(self) -> bytes:
        """Everything, in the text format that Prometheus scrapes (`CONTENT_TYPE`)."""
        return generate_latest(self._registry)

    def _counter(self, key: tuple[str, ...]) -> Counter:
        _check(self._catalogue, key[0], key[1:], "counter")
        counter = self._counters[key[0]]
        series = self._counter_series[key] = counter.labels(*key[1:]) if key[1:] else counter
        return series

    def _histogram(self, key: tuple[str, ...]) -> Histogram:
        _check(self._catalogue, key[0], key[1:], "histogram")
        histogram = self._histograms[key[0]]
        series = self._histogram_series[key] = histogram.labels(*key[1:]) if key[1:] else histogram
        return series


class _Gauges(Collector):
    """Every gauge of the catalogue: those that were set, and those that the sources know at this moment."""

    def __init__(self, catalogue: Mapping[str, Metric]) -> None:
        self._catalogue = catalogue
        self.values: dict[str, dict[Labels, float]] = {}
        self.sources: list[GaugeSource] = []

    def check(self, name: str, labels: Labels) -> None:
        _check(self._catalogue, name, labels, "gauge")

    def collect(self) -> Iterable[GaugeMetricFamily]:
        found = {name: dict(series) for name, series in self.values.items()}
        for source in self.sources:
            for name, labels, value in source():
                self.check(name, labels)
                found.setdefault(name, {})[labels] = value
        for metric in self._catalogue.values():
            if series := found.get(metric.name):
                family = GaugeMetricFamily(PREFIX + metric.name, metric.help, labels=metric.labels)
                for labels, value in sorted(series.items()):
                    family.add_metric(labels, value)
                yield family


def _check(catalogue: Mapping[str, Metric], name: str, labels: Labels, kind: str) -> None:
    metric = catalogue.get(name)
    if metric is None:
        raise UndeclaredMetric(f"no metric {name!r} in streams/metrics.py: declare it there first")
    if metric.kind != kind:
        raise UndeclaredMetric(f"{name} is declared as a {metric.kind}, but was used as a {kind}")
    if len(labels) != len(metric.labels):
        raise UndeclaredMetric(f"{name} takes the labels {metric.labels}; got the values {labels}")


class MetricsObserver:
    """The worker's `Observer` that counts: all of the stream's own metrics come from here.

    Args:
        metrics: where to.
        now: seconds since 1970, by this machine; latency is measured against the broker's timestamps.
    """

    def __init__(self, metrics: Metrics, now: Callable[[], float]) -> None:
        self._metrics = metrics
        self._now = now
        self._owned: dict[str, frozenset[int]] = {}
        metrics.set_gauge("ready", (), 0)

    def recovery_started(self) -> None:
        """Nothing to count yet."""

    def recovery_finished(self, seconds: float) -> None:
        """State is complete."""
        self._metrics.set_gauge("recovery_seconds", (), seconds)

    def assigned(self, agent: str, partitions: Set[int]) -> None:
        """These are all partitions that the agent has."""
        self._own(agent, frozenset(partitions))

    def revoked(self, agent: str, partitions: Set[int]) -> None:
        """Whoever gets them shows them; two workers that show one partition would count double in a sum."""
        self._own(agent, self._owned.get(agent, frozenset()) - partitions)

    def unit_done(self, report: UnitReport) -> None:
        """A unit of work is durable."""
        metrics, agent, now = self._metrics, report.agent, self._now()
        replayed = report.counts.get(("records_replayed_total", agent), 0)
        metrics.increment(report.counts)
        metrics.increment({("records_total", agent): report.records - replayed})
        metrics.increment({("outputs_total", topic): count for topic, count in report.outputs.items()})
        metrics.observe("unit_records", (agent,), report.records)
        metrics.observe("unit_seconds", (agent,), report.seconds)
        # The broker's clock may be ahead of ours; a negative wait would only spoil the sum.
        metrics.observe("decision_latency_seconds", (agent,), max(now - report.last_timestamp_seconds, 0.0))
        self._show("committed_offset", agent, report.partition, report.next_offset)
        metrics.set_gauge("last_progress_timestamp_seconds", (agent,), now)

    def lag(self, agent: str, partition: int, records: int) -> None:
        """Records of a partition that are not processed yet."""
        self._show("lag_records", agent, partition, records)

    def ready(self, is_ready: bool) -> None:
        """Whether events are processed."""
        self._metrics.set_gauge("ready", (), float(is_ready))

    def _own(self, agent: str, partitions: frozenset[int]) -> None:
        for gone in self._owned.get(agent, frozenset()) - partitions:
            for name in ("lag_records", "committed_offset"):
                self._metrics.remove_gauge(name, (agent, str(gone)))
        self._owned[agent] = partitions
        self._metrics.set_gauge("owned_partitions", (agent,), len(partitions))

    def _show(self, name: str, agent: str, partition: int, value: float) -> None:
        # A lane that is being closed still finishes its unit of work; nobody would take that gauge away again.
        if partition in self._owned.get(agent, frozenset()):
            self._metrics.set_gauge(name, (agent, str(partition)), value)
