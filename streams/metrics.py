"""The metric catalogue: every metric once, with type, unit, labels and one sentence on what it says.

`adapters.prometheus` turns it into collectors; Grafana panels and alert rules may use nothing that is not here
(a test sees to it). No label holds a task. Annotators and labels are named up to so many (those with most answers, the
most frequent); the others are summed as `(others)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["METRICS", "PREFIX", "Metric"]

PREFIX = "labelquorum_"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric's declaration."""

    name: str
    """Without the prefix; base unit last, counters end in `_total`."""
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds, for histograms."""


_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_RECORDS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)

_CONTROL = ("project", "control", "type")
_ANNOTATOR = ("project", "annotator")
_QUALITY = tuple(
    Metric(name, "gauge", text, labels)
    for name, text, labels in (
        ("project_annotators", "Annotators, people and models, that are counted one by one.", ("project",)),
        ("project_settled_tasks", "Tasks with a decision that asks nobody for more.", ("project",)),
        ("project_settled_answers", "Counted answers in settled tasks; over settled tasks: the overlap.", ("project",)),
        ("project_spared_answers", "Answers that settled tasks might have been asked for and were not.", ("project",)),
        ("project_prelabelled_ratio", "Share of settled tasks that a model had answered, 0 to 1.", ("project",)),
        (
            "project_time_to_quorum_seconds",
            "From a settled task's first answer to its quorum: percentiles p50 and p90, to 4.4 %.",
            ("project", "percentile"),
        ),
        ("project_reviews", "Reviewed tasks by the verdict in force.", ("project", "verdict")),
        ("project_disagreements", "Conflicts in the decisions in force, by kind.", ("project", "kind")),
        ("project_gold_tasks", "Tasks with gold.", ("project",)),
        (
            "project_gold_accuracy_ratio",
            "Mean agreement with gold, 0 to 1: of people, of models (human, model), and of the consensus.",
            ("project", "who"),
        ),
        ("project_control_agreement_ratio", "Mean agreement on one control, 0 to 1.", _CONTROL),
        ("project_control_passed_ratio", "Share of decided tasks whose control passed, 0 to 1.", _CONTROL),
        (
            "project_coefficient",
            "Agreement beyond chance on one control, at most 1, by coefficient; 0 is what chance gives.",
            (*_CONTROL, "coefficient"),
        ),
        (
            "project_coefficient_bound",
            "The same coefficients' 95 % interval, where one is known, by bound (low, high).",
            (*_CONTROL, "coefficient", "bound"),
        ),
        (
            "project_stability_index",
            "Population stability index of consensus labels, the recent of label_shift against all before; 0: alike.",
            ("project", "control"),
        ),
        ("project_label_ratio", "Share of consensus labels, 0 to 1, by label.", ("project", "control", "label")),
        (
            "annotator_submissions",
            "Standing answers in decided tasks and tasks with gold; kind is human, model or (others).",
            (*_ANNOTATOR, "kind"),
        ),
        ("annotator_median_seconds", "Median seconds a task, to 4.4 %.", _ANNOTATOR),
        ("annotator_peer_agreement_ratio", "Mean agreement with the other counted annotators, 0 to 1.", _ANNOTATOR),
        ("annotator_consensus_agreement_ratio", "Mean agreement with the consensus, 0 to 1.", _ANNOTATOR),
        ("annotator_gold_accuracy_ratio", "Mean agreement with gold, 0 to 1.", _ANNOTATOR),
        ("annotator_approval_ratio", "Share of reviewed tasks with their part that were approved.", _ANNOTATOR),
        (
            "annotator_reliability_ratio",
            "Probability that an answer to a categorical control is right: the posterior mean.",
            (*_ANNOTATOR, "control"),
        ),
    )
)

METRICS: dict[str, Metric] = {
    m.name: m
    for m in (
        # What came in and what was decided: counted by the engine, published once durable.
        Metric("events_total", "counter", "Events decoded, by event type.", ("type",)),
        Metric(
            "dead_letters_total", "counter", "Inputs that could not be used, by reason; look at the topic.", ("reason",)
        ),
        Metric("late_duplicates_total", "counter", "Events that changed nothing: duplicates and superseded ones."),
        Metric(
            "decisions_total",
            "counter",
            "Decisions emitted, by project and the task state decided.",
            ("project", "state"),
        ),
        Metric("reassignments_total", "counter", "Requests for more annotators, by project.", ("project",)),
        Metric("reviews_total", "counter", "Tasks handed to a person, by project.", ("project",)),
        Metric("alerts_total", "counter", "Alerts, by type and whether raised or resolved.", ("alert", "state")),
        # How the stream runs.
        Metric("records_total", "counter", "Source records processed, by agent.", ("agent",)),
        Metric(
            "records_replayed_total", "counter", "Source records passed over as processed before a crash.", ("agent",)
        ),
        Metric("outputs_total", "counter", "Records produced, by topic.", ("topic",)),
        Metric("unit_records", "histogram", "Source records per unit of work.", ("agent",), _RECORDS),
        Metric(
            "unit_seconds", "histogram", "Time to process a unit of work and make it durable.", ("agent",), _SECONDS
        ),
        Metric(
            "decision_latency_seconds",
            "histogram",
            "From the broker's timestamp of a record to its unit of work being durable, for the unit's last record.",
            ("agent",),
            _SECONDS,
        ),
        Metric("owned_partitions", "gauge", "Source partitions that this worker owns, by agent.", ("agent",)),
        Metric(
            "lag_records",
            "gauge",
            "Records that wait in a source partition; grows when the worker can't keep up.",
            ("agent", "partition"),
        ),
        Metric(
            "committed_offset",
            "gauge",
            "Next source offset by partition; must move while lag is above 0.",
            ("agent", "partition"),
        ),
        Metric("last_progress_timestamp_seconds", "gauge", "When a unit of work was last made durable.", ("agent",)),
        Metric("recovery_seconds", "gauge", "How long the last recovery of state took."),
        Metric("ready", "gauge", "1 when state is recovered and the worker processes events, else 0."),
        Metric(
            "read_model_up", "gauge", "1 when the Redis read model takes writes, else 0; the stream goes on without it."
        ),
        Metric("read_model_lag_records", "gauge", "Output records that the read model has not shown yet."),
        # What the quality is: read from WATCH's state when scraped, by the worker that owns the project's partition.
        Metric("project_tasks", "gauge", "Tasks by project and state.", ("project", "state")),
        Metric("project_answers", "gauge", "Counted answers, by project.", ("project",)),
        Metric("project_stalled_tasks", "gauge", "Tasks that have waited for annotators too long.", ("project",)),
        Metric("project_agreement_ratio", "gauge", "Mean agreement of all decided tasks, 0 to 1.", ("project",)),
        Metric(
            "project_agreement_recent_ratio", "gauge", "Mean agreement in the rolling window, 0 to 1.", ("project",)
        ),
        Metric("project_agreement_baseline_ratio", "gauge", "Rolling average before the window, 0 to 1.", ("project",)),
        Metric(
            "project_imbalance_ratio",
            "gauge",
            "Most frequent consensus label over least frequent, by control.",
            ("project", "control"),
        ),
        Metric(
            "project_alerts_open", "gauge", "Alerts that are raised and not resolved, by type.", ("project", "alert")
        ),
        *_QUALITY,
    )
}
"""By name."""
