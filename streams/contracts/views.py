"""What a person or a program reads of a project's quality: the documents behind the HTTP API, the report and `replay`.

Every figure that can be undefined is a `Statistic`, which then says why. Shares are in [0, 1]; lists are sorted by what
is most worth looking at, and the order is part of the contract.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from streams.contracts.decisions import Decision

__all__ = [
    "OPEN_STATES",
    "UNCONTESTED_STATES",
    "VIEW_NAMES",
    "AgreementView",
    "AlertItem",
    "AlertsView",
    "AnnotatorItem",
    "AnnotatorsView",
    "BenchmarkItem",
    "BenchmarkView",
    "ClassItem",
    "ClassesView",
    "ControlAgreement",
    "ControlClasses",
    "MatrixCell",
    "MatrixView",
    "OverviewView",
    "Point",
    "ProjectItem",
    "ProjectsView",
    "Reviews",
    "Statistic",
    "TaskItem",
    "TaskView",
    "TasksView",
]

VIEW_NAMES = ("overview", "agreement", "annotators", "tasks", "benchmark", "alerts", "matrix", "classes")
"""The views under `/v1/projects/{id}/quality/`."""

OPEN_STATES = ("waiting", "reassigning", "in_review")
"""States (`contracts.decisions.TaskState`) of a task that somebody still has to do something about."""
UNCONTESTED_STATES = ("waiting", "cancelled")
"""States in which what was answered is not adjudicated, so that its agreement says nothing yet, or nothing any more."""


class Statistic(Struct, kw_only=True, frozen=True):
    """A figure with what it rests on."""

    value: float | None
    n: int
    """Tasks, answers or pairs that it was made of."""
    undefined: str | None = None
    """Why there is no value."""
    low: float | None = None
    high: float | None = None
    """95 % interval, where one is known."""


class Point(Struct, kw_only=True, frozen=True):
    """One bucket of event time in a trend."""

    at: str
    """Start of the bucket, RFC 3339."""
    n: int
    """Decided tasks."""
    mean: float
    """Mean agreement of them."""


class AlertItem(Struct, kw_only=True, frozen=True):
    """An alert; open while `resolved_at` is null."""

    alert_id: str
    alert: str
    subject: str
    severity: str
    raised_at: str
    resolved_at: str | None
    evidence: dict[str, Any]
    """The figures that it was raised by (once it is over: resolved by), and what they are held against."""
    recommended_action: str


class Reviews(Struct, kw_only=True, frozen=True):
    """Verdicts in force."""

    approved: int
    rejected: int
    corrected: int
    approval: Statistic
    """Approved over all."""


class OverviewView(Struct, kw_only=True, frozen=True):
    """A project at one glance."""

    project_id: str
    event_time: str | None
    tasks: dict[str, int]
    """By state."""
    annotations: int
    """Answers that count towards agreement, of all tasks, those that wait included; a model's that is only shown, and
    one that was withdrawn or sent anew, is none. Those of cancelled tasks stay."""
    annotators: int
    """Those with an answer in a decided task or in one with gold, known one by one; who has only answered tasks that
    still wait is not among them."""
    stalled_tasks: int
    """Tasks that have waited longer than `routing.stalled_after_seconds`."""
    agreement: Statistic
    recent_agreement: Statistic
    baseline_agreement: Statistic
    overlap_mean: Statistic
    """Counted answers a decided task."""
    annotations_saved: int
    """Against asking every decided task's allowed maximum."""
    time_to_quorum_seconds: dict[str, Statistic]
    """`p50`, `p90`: from the first answer to that of the last annotator required. Accurate to within 5 %;
    under 4.4 seconds told as 0."""
    reviews: Reviews
    prelabelled: Statistic
    """Share of decided tasks that a model had answered."""
    alerts_open: int


class ControlAgreement(Struct, kw_only=True, frozen=True):
    """One control."""

    control: str
    type: str
    score: Statistic
    passed: Statistic
    """Share of decided tasks whose control passed."""
    coefficients: dict[str, Statistic]
    """`percent_agreement`, `fleiss_kappa`, `krippendorff_alpha`, `gwet_ac1`, and so on, as the type allows."""
    scale: str | None
    """The level of measurement that they were computed on: nominal, ordinal, interval, ratio, masi."""


class AgreementView(Struct, kw_only=True, frozen=True):
    """How far annotators agree."""

    project_id: str
    overall: Statistic
    deviation: Statistic
    recent: Statistic
    baseline: Statistic
    drop: Statistic
    window_tasks: int
    histogram: list[int]
    """Decided tasks by agreement, in equal bins from 0 to 1."""
    trend: list[Point]
    controls: list[ControlAgreement]
    disagreements: dict[str, int]
    """Conflict kind → how many."""


class AnnotatorItem(Struct, kw_only=True, frozen=True):
    """One annotator, person or model."""

    annotator_id: str
    kind: str
    submissions: int
    """Standing answers in decided tasks, and in tasks with gold."""
    median_seconds: Statistic
    """Half of their lead times were shorter. Accurate to within 5 %; under 0.07 seconds told as 0."""
    agreement_with_peers: Statistic
    agreement_with_consensus: Statistic
    gold_accuracy: Statistic
    approval: Statistic
    """Share of the reviewed tasks that this annotator had a part in which were approved."""
    self_consistency: Statistic
    """Agreement with their own earlier answer where a task was answered twice."""
    reliability: dict[str, Statistic]
    """Control → probability of being right, with its interval."""
    weights: dict[str, float]
    """Control → weight in a weighted vote."""
    bias: dict[str, dict[str, float]]
    """Control → label → share of their answers minus share of the consensus in the same tasks: over 0, over-used."""
    confusion: dict[str, dict[str, dict[str, float]]]
    """Control → consensus label → given label → how often."""
    alerts: list[str]
    """Types of their open alerts."""


class AnnotatorsView(Struct, kw_only=True, frozen=True):
    """Annotators by least agreement with the consensus first; those without a figure last."""

    project_id: str
    items: list[AnnotatorItem]
    """Whoever has an answer in a decided task or in one with gold; who has only answered tasks that still wait is left
    out."""
    further: int
    """Answers of annotators beyond the bound of those who are known one by one, counted together."""


class TaskItem(Struct, kw_only=True, frozen=True):
    """One task."""

    task_id: str
    state: str
    score: float | None
    event_time: str
    annotators: list[str]
    conflicts: dict[str, int]
    decision_id: str | None


class TasksView(Struct, kw_only=True, frozen=True):
    """Tasks, the least agreed first; behind them those that wait without a score, the longest first."""

    project_id: str
    total: int | None
    """Tasks of the project, or in the state that was asked for, listed or not; null while its figures are read in. Of
    decided tasks the 1,000 least agreed are listed, and none without a score (a single answer has none). Of open ones
    (`waiting`, `reassigning`, `in_review`) up to 10,000 a state are, those that have waited longest; `replay` lists
    1,000 of them."""
    items: list[TaskItem]


class BenchmarkItem(Struct, kw_only=True, frozen=True):
    """One annotator against gold."""

    annotator_id: str
    kind: str
    accuracy: Statistic
    confusion: dict[str, dict[str, dict[str, float]]]
    """Control → gold label → given label → how often."""


class BenchmarkView(Struct, kw_only=True, frozen=True):
    """Everybody against gold, least accurate first."""

    project_id: str
    gold_tasks: int
    annotators: Statistic
    """Mean accuracy of people's answers."""
    models: Statistic
    consensus: Statistic
    """Mean accuracy of the consensus."""
    items: list[BenchmarkItem]


class AlertsView(Struct, kw_only=True, frozen=True):
    """Open alerts, newest first, then the resolved ones."""

    project_id: str
    items: list[AlertItem]


class MatrixCell(Struct, kw_only=True, frozen=True):
    """Two annotators."""

    a: str
    b: str
    agreement: float
    """Mean similarity of their answers to the same task."""
    tasks: int


class MatrixView(Struct, kw_only=True, frozen=True):
    """Annotator by annotator."""

    project_id: str
    annotators: list[str]
    """By number of answers, at most the configured bound; `gold` is the ground truth."""
    kinds: list[str]
    """`human`, `model` or `gold`."""
    cells: list[MatrixCell]
    """Pairs with a common task, each once."""


class ClassItem(Struct, kw_only=True, frozen=True):
    """One class of one control."""

    label: str
    consensus: float
    """How many consensus regions."""
    share: float
    recent_share: float | None
    """In the newest `label_shift.window_tasks` tasks with a label of the control."""
    given: float
    """Answers that named it, right or wrong."""


class ControlClasses(Struct, kw_only=True, frozen=True):
    """One control."""

    control: str
    n: float
    imbalance_ratio: float | None
    ratio_is_lower_bound: bool
    stability_index: Statistic
    """PSI of the labels of the newest `label_shift.window_tasks` tasks (`n`) against those before, as the alert
    `label_shift` has it; the alert takes off what chance adds, (labels - 1) (1/n + 1/tasks before)."""
    items: list[ClassItem]
    by_annotator: dict[str, dict[str, float]]
    """Annotator → label → share of their answers."""


class ClassesView(Struct, kw_only=True, frozen=True):
    """Class distributions."""

    project_id: str
    controls: list[ControlClasses]


class ProjectItem(Struct, kw_only=True, frozen=True):
    """One project."""

    project_id: str
    views: dict[str, str]
    """View name → its path."""


class ProjectsView(Struct, kw_only=True, frozen=True):
    """Projects, by id."""

    items: list[ProjectItem]


class TaskView(Struct, kw_only=True, frozen=True):
    """One task's decision, with those that it took the place of."""

    project_id: str
    task_id: str
    decision: Decision
    """In force."""
    former: list[Decision]
    """Revisions before it that are still kept, newest first."""
