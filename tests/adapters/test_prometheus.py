"""The catalogue as Prometheus sees it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams.adapters.faust_app.observer import Observer, UnitReport
from streams.adapters.prometheus import Metrics, MetricsObserver, UndeclaredMetric
from streams.metrics import METRICS, PREFIX

PROMTOOL = shutil.which("promtool")


def series(metrics: Metrics) -> dict[str, float]:
    """Everything that is exposed, as `name{label="value",…}` → value."""
    found = {}
    for family in text_string_to_metric_families(metrics.exposition().decode()):
        for sample in family.samples:
            labels = ",".join(f'{k}="{v}"' for k, v in sample.labels.items())
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def own(metrics: Metrics, name: str) -> dict[str, float]:
    """The series of one metric of ours, without prefix and name."""
    full = PREFIX + name
    return {k.removeprefix(full): v for k, v in series(metrics).items() if k == full or k.startswith(full + "{")}


def report(**differently: Any) -> UnitReport:
    unit = UnitReport(
        agent="settle", partition=3, records=10, seconds=0.02, next_offset=42, last_timestamp_seconds=999.5,
        outputs={"task-agreement": 2}, counts={("events_total", "annotation.submitted"): 10},
    )  # fmt: skip
    return unit._replace(**differently)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def observer(metrics: Metrics) -> MetricsObserver:
    """Of a worker that owns partition 3 of settle."""
    observer = MetricsObserver(metrics, now=lambda: 1_000.0)
    observer.assigned("settle", {3})
    return observer


def test_counters_add_up_by_label_values(metrics: Metrics) -> None:
    metrics.increment({("decisions_total", "street", "agreed"): 2, ("decisions_total", "birds", "agreed"): 1})
    metrics.increment({("decisions_total", "street", "agreed"): 3, ("late_duplicates_total",): 4})
    assert own(metrics, "decisions_total") == {
        '{project="street",state="agreed"}': 5,
        '{project="birds",state="agreed"}': 1,
    }
    assert own(metrics, "late_duplicates_total") == {"": 4}


def test_series_of_closed_label_sets_exist_at_zero_from_the_start(metrics: Metrics) -> None:
    assert own(metrics, "records_total") == {'{agent="settle"}': 0, '{agent="watch"}': 0}
    assert own(metrics, "unit_seconds_count") == {'{agent="settle"}': 0, '{agent="watch"}': 0}
    assert own(metrics, "outputs_total")['{topic="task-review"}'] == 0
    assert '{topic="annotation-events"}' not in own(metrics, "outputs_total")


def test_a_histogram_has_the_buckets_of_the_catalogue(metrics: Metrics) -> None:
    metrics.observe("unit_records", ("settle",), 30)
    buckets = {k: v for k, v in own(metrics, "unit_records_bucket").items() if 'agent="settle"' in k}
    assert len(buckets) == len(METRICS["unit_records"].buckets) + 1  # and +Inf
    assert buckets['{agent="settle",le="10.0"}'] == 0
    assert buckets['{agent="settle",le="30.0"}'] == 1


def test_a_gauge_is_there_from_set_to_remove(metrics: Metrics) -> None:
    assert own(metrics, "lag_records") == {}
    metrics.set_gauge("lag_records", ("settle", "0"), 7)
    metrics.set_gauge("lag_records", ("settle", "1"), 8)
    metrics.remove_gauge("lag_records", ("settle", "0"))
    metrics.remove_gauge("lag_records", ("settle", "never-set"))
    assert own(metrics, "lag_records") == {'{agent="settle",partition="1"}': 8}


def test_gauges_from_sources_are_as_they_stand_when_scraped(metrics: Metrics) -> None:
    projects = {"street": 3.0}

    def source() -> Iterator[tuple[str, tuple[str, ...], float]]:
        for project, answers in projects.items():
            yield "project_answers", (project,), answers

    metrics.add_source(source)
    assert own(metrics, "project_answers") == {'{project="street"}': 3}
    projects["birds"] = 5
    assert own(metrics, "project_answers") == {'{project="street"}': 3, '{project="birds"}': 5}
    projects.clear()
    assert own(metrics, "project_answers") == {}


def test_names_that_the_catalogue_does_not_have_are_refused(metrics: Metrics) -> None:
    with pytest.raises(UndeclaredMetric, match=r"no metric 'made_up_total' in streams/metrics\.py"):
        metrics.increment({("made_up_total",): 1})
    with pytest.raises(UndeclaredMetric, match="no metric 'made_up'"):
        metrics.set_gauge("made_up", (), 1)
    metrics.add_source(lambda: [("made_up_too", (), 1.0)])
    with pytest.raises(UndeclaredMetric, match="no metric 'made_up_too'"):
        metrics.exposition()


def test_wrong_kinds_and_wrong_labels_are_refused(metrics: Metrics) -> None:
    with pytest.raises(UndeclaredMetric, match="ready is declared as a gauge, but was used as a counter"):
        metrics.increment({("ready",): 1})
    with pytest.raises(UndeclaredMetric, match="used as a histogram"):
        metrics.observe("ready", (), 1)
    with pytest.raises(UndeclaredMetric, match=r"decisions_total takes the labels .*; got the values \('street',\)"):
        metrics.increment({("decisions_total", "street"): 1})
    with pytest.raises(UndeclaredMetric, match="takes the labels"):
        metrics.set_gauge("lag_records", ("settle",), 1)


def test_two_processes_parts_do_not_share_a_registry(metrics: Metrics) -> None:
    metrics.increment({("late_duplicates_total",): 1})
    assert own(Metrics(), "late_duplicates_total") == {"": 0}


def test_nothing_is_exposed_but_the_catalogue_and_the_process(metrics: Metrics) -> None:
    fill(metrics)
    families = {f.name for f in text_string_to_metric_families(metrics.exposition().decode())}
    declared = {PREFIX + name.removesuffix("_total") for name in METRICS}
    assert declared <= families
    assert all(name.startswith("process_") for name in families - declared)
    assert series(metrics)["process_resident_memory_bytes"] > 1_000_000


@pytest.mark.skipif(PROMTOOL is None and "CI" not in os.environ, reason="promtool is not installed; in CI it must be")
def test_promtool_has_nothing_to_say_about_the_exposition(metrics: Metrics) -> None:
    fill(metrics)
    check = subprocess.run(
        ["promtool", "check", "metrics"], input=metrics.exposition(), capture_output=True, timeout=30
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, b"", b"")


def test_a_unit_of_work_is_counted_once_it_is_durable(metrics: Metrics, observer: MetricsObserver) -> None:
    observer.unit_done(report())
    found = series(metrics)
    assert found['labelquorum_records_total{agent="settle"}'] == 10
    assert found['labelquorum_events_total{type="annotation.submitted"}'] == 10
    assert found['labelquorum_outputs_total{topic="task-agreement"}'] == 2
    assert found['labelquorum_unit_records_sum{agent="settle"}'] == 10
    assert found['labelquorum_unit_seconds_sum{agent="settle"}'] == 0.02
    assert found['labelquorum_decision_latency_seconds_sum{agent="settle"}'] == 0.5  # 1000 - 999.5
    assert found['labelquorum_committed_offset{agent="settle",partition="3"}'] == 42
    assert found['labelquorum_last_progress_timestamp_seconds{agent="settle"}'] == 1_000


def test_replayed_records_are_not_counted_as_processed(metrics: Metrics, observer: MetricsObserver) -> None:
    observer.unit_done(report(counts={("records_replayed_total", "settle"): 4}))
    assert own(metrics, "records_total")['{agent="settle"}'] == 6
    assert own(metrics, "records_replayed_total")['{agent="settle"}'] == 4


def test_a_broker_whose_clock_is_ahead_makes_no_negative_latency(metrics: Metrics, observer: MetricsObserver) -> None:
    observer.unit_done(report(last_timestamp_seconds=1_005.0))
    assert own(metrics, "decision_latency_seconds_sum")['{agent="settle"}'] == 0


def test_what_is_shown_of_a_partition_goes_with_it(metrics: Metrics, observer: MetricsObserver) -> None:
    observer.assigned("settle", {3, 4})
    for partition in (3, 4):
        observer.lag("settle", partition, 100)
        observer.unit_done(report(partition=partition))
    observer.revoked("settle", {3})
    observer.unit_done(report(partition=3))  # its last unit of work, finished while the partition was given up
    observer.lag("settle", 3, 5)
    assert own(metrics, "lag_records") == {'{agent="settle",partition="4"}': 100}
    assert own(metrics, "committed_offset") == {'{agent="settle",partition="4"}': 42}
    assert own(metrics, "owned_partitions") == {'{agent="settle"}': 1}
    observer.assigned("settle", set())
    assert own(metrics, "lag_records") == {}
    assert own(metrics, "owned_partitions") == {'{agent="settle"}': 0}


def test_readiness_and_recovery_are_gauges(metrics: Metrics, observer: MetricsObserver) -> None:
    told: Observer = observer
    assert own(metrics, "ready") == {"": 0}
    told.recovery_started()
    told.recovery_finished(1.5)
    told.ready(True)
    assert own(metrics, "ready") == {"": 1}
    assert own(metrics, "recovery_seconds") == {"": 1.5}
    told.ready(False)
    assert own(metrics, "ready") == {"": 0}


def fill(metrics: Metrics) -> None:
    """Give every metric of the catalogue a series."""
    for metric in METRICS.values():
        labels = tuple(f"some {label}" for label in metric.labels)
        if metric.kind == "counter":
            metrics.increment({(metric.name, *labels): 1})
        elif metric.kind == "histogram":
            metrics.observe(metric.name, labels, 1)
        else:
            metrics.set_gauge(metric.name, labels, 1)
