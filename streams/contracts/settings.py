"""Project settings: what the owner of a project decides, and the documented defaults of everything else.

A project or a control that nobody configured works from its first event on these defaults. `streams.settings`
checks a document against these structs and lists every problem at once.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from msgspec import UNSET, Meta, Struct, UnsetType

__all__ = [
    "TYPE_DEFAULTS",
    "Aggregate",
    "AgreementDriftAlert",
    "AlertSettings",
    "ClassImbalanceAlert",
    "ControlSettings",
    "Metric",
    "ProjectSettings",
    "RoutingSettings",
    "ScoredType",
    "StalledTasksAlert",
    "TypeDefaults",
]

ScoredType = Literal["choice", "choices", "boolean", "box"]
Metric = Literal["exact", "jaccard", "soft_f1", "f1"]
Aggregate = Literal["pairs", "consensus_share"]
Adjudication = Literal["majority", "weighted", "fuse", "best_annotator", "best_answer", "select_all"]
Share = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[int, Meta(ge=1, le=10 * 365 * 86_400)]


class TypeDefaults(NamedTuple):
    """What a control of a type gets where its settings are silent, and what it may be given."""

    metric: Metric
    aggregate: Aggregate
    agreement_threshold: float
    adjudication: Adjudication
    metrics: tuple[Metric, ...]
    aggregates: tuple[Aggregate, ...]
    adjudications: tuple[Adjudication, ...]


_CATEGORY = TypeDefaults(
    "exact", "consensus_share", 0.75, "majority",
    ("exact",), ("pairs", "consensus_share"), ("majority", "weighted", "best_annotator"),
)  # fmt: skip
TYPE_DEFAULTS: dict[str, TypeDefaults] = {
    "choice": _CATEGORY,
    "boolean": _CATEGORY,
    "choices": TypeDefaults(
        "jaccard", "pairs", 0.7, "majority",
        ("jaccard", "exact"), ("pairs", "consensus_share"), ("majority", "weighted", "best_annotator"),
    ),
    "box": TypeDefaults(
        "soft_f1", "pairs", 0.7, "fuse",
        ("soft_f1", "f1"), ("pairs",), ("fuse", "weighted", "best_annotator", "best_answer", "select_all"),
    ),
}  # fmt: skip
"""Region type → defaults. `consensus_share` is the share of the most common answer: what people mean by "two of three
agree"; `pairs` is the mean over pairs of annotators."""


class ControlSettings(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One question or tool of the labeling form. None everywhere means: as `TYPE_DEFAULTS` says."""

    type: ScoredType | None = None
    """None: the type that most of its regions have."""
    labels: list[str] = []
    """The answers in the owner's order; a tied vote falls to the one named first."""
    metric: Metric | None = None
    aggregate: Aggregate | None = None
    agreement_threshold: Share | UnsetType | None = UNSET
    """The control passes at this score or above; null: it is scored but never fails."""
    adjudication: Adjudication | None = None
    weight: Annotated[float, Meta(ge=0, le=1e6)] = 1.0
    """Share in the overall score."""
    minimum_iou: Annotated[float, Meta(gt=0, le=1)] = 0.4
    """Boxes of two annotators that overlap less are not the same object (and no hit for the metric `f1`). The default
    is CVAT's: small objects are drawn loosely."""
    minimum_support: Annotated[float, Meta(ge=0, lt=1)] = 0.5
    """A fused object is kept when more than this share of the annotators drew it."""
    loose_iou: Annotated[float, Meta(gt=0, le=1)] = 0.8
    """A box that overlaps the consensus less is reported as `loose_boundary` (CVAT's weak overlap)."""
    fusion: Literal["median", "weighted_mean", "medoid"] = "median"


class RoutingSettings(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a task goes when its annotators do not agree."""

    max_annotators: Annotated[int, Meta(ge=1, le=1000)] = 7
    extra_annotators: Annotated[int, Meta(ge=1, le=1000)] = 1
    """How many more are asked at a time."""
    on_limit: Literal["review", "accept_best", "abandon"] = "review"
    """When nobody more may be asked, or asking could no longer help."""
    count_models: bool = False
    """Whether a model's answer counts towards the quorum, the score and the consensus."""
    skip_policy: Literal["ignore", "reassign", "review"] = "ignore"
    """A skip: leave it to the queue; ask for somebody else in its place; or hand the task to a person."""
    stalled_after_seconds: Seconds = 86_400
    """A task that waits for annotators longer than this is stalled (event time)."""


class AgreementDriftAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`agreement_drift`: recent agreement has dropped below the rolling average."""

    enabled: bool = True
    drop: Annotated[float, Meta(gt=0, le=1)] = 0.1
    resolve_drop: Annotated[float, Meta(ge=0, le=1)] = 0.05
    window_tasks: Annotated[int, Meta(ge=2, le=100_000)] = 100
    """Decided tasks in the recent window."""
    minimum_baseline_tasks: Annotated[int, Meta(ge=2, le=1_000_000)] = 200
    """Warm-up: decided tasks before the window without which nothing is said."""


class ClassImbalanceAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`class_imbalance`: one consensus label is far more frequent than another of the same control."""

    enabled: bool = True
    ratio: Annotated[float, Meta(gt=1)] = 10.0
    resolve_ratio: Annotated[float, Meta(ge=1)] | None = None
    """None: 80 % of `ratio`."""
    minimum: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 100
    """Consensus labels of the control without which nothing is said."""


class StalledTasksAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`stalled_tasks`: tasks have waited longer than `routing.stalled_after_seconds`."""

    enabled: bool = True
    minimum: Annotated[int, Meta(ge=1)] = 1


class AlertSettings(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is worth waking somebody for."""

    agreement_drift: AgreementDriftAlert = AgreementDriftAlert()
    class_imbalance: ClassImbalanceAlert = ClassImbalanceAlert()
    stalled_tasks: StalledTasksAlert = StalledTasksAlert()


class ProjectSettings(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Everything that a project's owner can decide."""

    required_annotators: Annotated[int, Meta(ge=1, le=1000)] = 3
    """Answers that a task waits for; a task's own `required_annotators` goes before it."""
    aggregate: Literal["weighted_mean", "minimum"] = "weighted_mean"
    """How the controls' scores combine; every enabled control must also pass by itself."""
    agreement_threshold: Share | None = None
    """For the combined score, on top of the controls' own."""
    controls: dict[str, ControlSettings] = {}
    routing: RoutingSettings = RoutingSettings()
    alerts: AlertSettings = AlertSettings()
    annotator_weights: dict[str, Annotated[float, Meta(gt=0, le=1e6)]] = {}
    """For `adjudication: weighted`; 1 for everybody else."""
