"""Output events, schema 1: what consumers of labelquorum read.

Field order is byte order: the structs are serialised as they stand, so two runs that decide the same write the same
bytes.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

__all__ = [
    "Alert",
    "BaseAnnotation",
    "Conflict",
    "ConflictKind",
    "ConsensusBoolean",
    "ConsensusBox",
    "ConsensusChoice",
    "ConsensusChoices",
    "ConsensusRegion",
    "ControlOutcome",
    "DeadLetter",
    "Decision",
    "Reassignment",
    "Review",
    "ReviewVerdict",
    "SubmissionReport",
    "TaskState",
    "UnscoredReport",
]

TaskState = Literal["waiting", "agreed", "reassigning", "in_review", "reviewed", "accepted", "abandoned", "cancelled"]
ConflictKind = Literal["missing", "extra", "wrong_label", "loose_boundary", "attribute", "order", "count", "value"]
"""Against the consensus: `missing` (not drawn, not answered), `extra` (drawn or answered where most did not),
`wrong_label`, `loose_boundary` (less alike than `loose_similarity`), `attribute`, `order` (of a ranking), `count` (the
same object once more: of the same label, and at least `loose_similarity` like the annotator's own mark that the
consensus has) and `value` (another answer, or another text of a mark)."""


class SubmissionReport(Struct, kw_only=True, gc=False):
    """One annotator's current answer."""

    submission_id: str
    version: int
    annotator_id: str
    annotator_kind: str
    counts: bool
    """False for a model's answer that the project does not count towards the quorum, and for one that a reviewer has
    rejected where rejected tasks start again: compared, never counted."""
    score: float | None
    """Mean agreement with the other counted annotators, 1 when equal; null when there is nobody to compare with."""


class Conflict(Struct, kw_only=True, gc=False):
    """One thing that annotators do not agree on."""

    kind: ConflictKind
    annotators: list[str]
    """Those who differ from the consensus."""
    regions: list[str]
    """The regions concerned, as `submission_id/region_id`."""
    detail: str = ""


class ControlOutcome(Struct, kw_only=True, gc=False):
    """How far the annotators agree on one control."""

    type: str
    metric: str | None
    aggregate: str | None
    score: float | None
    undefined: str | None
    """Why `score` is null; null where it is not."""
    threshold: float | None
    passed: bool | None
    annotators: list[str]
    matrix: list[list[float | None]]
    adjudication: str | None
    soft_labels: dict[str, float] | None
    conflicts: list[Conflict]
    weights: dict[str, float] | UnsetType = UNSET
    """What each annotator's vote counted for, where votes are weighted: as the settings say, else as was learned of
    them when the decision was made, else 1."""
    recall: dict[str, dict[str, float]] | UnsetType = UNSET
    """Annotator → class → probability of naming it where it is true: there where the consensus and `soft_labels` are
    made of these and not of `weights`, by `scoring.consensus.posterior`. All classes that were thought possible are
    named; `""` stands for no answer."""
    class_shares: dict[str, float] | UnsetType = UNSET
    """Class → how common it was among the tasks that these annotators had answered: there where `recall` is."""
    plain_vote: float | UnsetType = UNSET
    """Share of the plain vote, with everybody right 4 times in 5, in the pool with what `recall` and `class_shares`
    say: 0.5 where all was learned of the consensus, 0 where all was of gold. There where `recall` is."""


class ConsensusBase(Struct, kw_only=True, tag_field="type", gc=False):
    """What every consensus region carries besides its answer."""

    id: str
    control: str


class ConsensusChoice(ConsensusBase, tag="choice", gc=False):
    """The adjudicated answer to a single-choice control."""

    value: str
    support: list[str]
    confidence: float
    sources: list[str]


class ConsensusChoices(ConsensusBase, tag="choices", gc=False):
    """The adjudicated answers to a multiple-choice control."""

    value: list[str]
    support: list[str]
    confidence: float
    sources: list[str]


class ConsensusBoolean(ConsensusBase, tag="boolean", gc=False):
    """The adjudicated answer to a yes-or-no control."""

    value: bool
    support: list[str]
    confidence: float
    sources: list[str]


class ConsensusBox(ConsensusBase, tag="box", gc=False):
    """An adjudicated box."""

    label: str
    x: float
    y: float
    width: float
    height: float
    rotation_degrees: float
    attributes: dict[str, Any]
    support: list[str]
    confidence: float
    sources: list[str]


ConsensusRegion = ConsensusChoice | ConsensusChoices | ConsensusBoolean | ConsensusBox


class UnscoredReport(Struct, kw_only=True, gc=False):
    """A region that nobody compared, handed on whole.

    Where a decision's regions of this kind are over 2 MB together, those beyond it are given by id, control and type
    only: the decision has to fit through Kafka. They are in the input topic.
    """

    submission_id: str
    annotator_id: str
    reason: str
    region: dict[str, Any]


class ReviewVerdict(Struct, kw_only=True, gc=False):
    """The review that a decision stands on."""

    reviewer_id: str
    verdict: str
    event_id: str


class Decision(Struct, kw_only=True, gc=False):
    """What is decided about a task, as of a set of events. `task-agreement` when `passed`, else `task-disagreement`."""

    schema: int
    type: Literal["task.agreement", "task.disagreement"]
    decision_id: str
    """32 hex digits: a hash of the answers that count, then one of everything but `decision_id`, `replaces` and
    `revision`. The same set of events, the same id."""
    replaces: str | None
    """The decision that this one puts out of force."""
    revision: int
    project_id: str
    task_id: str
    event_time: str
    round: int
    state: TaskState
    reason: str
    score: float | None
    passed: bool
    submissions: list[SubmissionReport]
    controls: dict[str, ControlOutcome]
    consensus: list[Any]
    """`ConsensusRegion`s; plain objects of the same shape where they are a reviewer's correction, which may hold any
    region type."""
    unscored: list[UnscoredReport]
    skipped: list[str]
    review: ReviewVerdict | None
    settings: str
    """Hash of the settings that the decision was made under."""
    promoted_gold: bool | UnsetType = UNSET
    """True where the first answers agree so well that they are held against later ones as gold is; else absent."""


class Reassignment(Struct, kw_only=True, gc=False):
    """Asks the queue for more annotators of a task."""

    schema: int
    type: Literal["task.reassignment"]
    reassignment_id: str
    decision_id: str | None
    """The decision that asks; null where answers were withdrawn or skipped before there was one."""
    project_id: str
    task_id: str
    event_time: str
    round: int
    annotators_wanted: int
    exclude_annotators: list[str]
    """Everyone who has answered or skipped: none of them may be asked."""
    reason: str
    controls: list[str]
    """The controls that did not pass."""
    score: float | None
    priority: int
    """Higher is more urgent: the round, so a task that has already cost most is finished first."""


class BaseAnnotation(Struct, kw_only=True, gc=False):
    """What a reviewer starts from: the whole answer of the annotator who agrees best with the others."""

    submission_id: str
    annotator_id: str
    score: float | None
    result: list[Any]


class Review(Struct, kw_only=True, gc=False):
    """Hands a task to a person."""

    schema: int
    type: Literal["task.review"]
    review_id: str
    decision_id: str
    project_id: str
    task_id: str
    event_time: str
    reason: str
    score: float | None
    priority: int
    exclude_reviewers: list[str]
    base: BaseAnnotation | None
    consensus: list[Any]
    conflicts: dict[str, list[Conflict]]


class Alert(Struct, kw_only=True, gc=False):
    """A statistic has crossed its line, or has come back."""

    schema: int
    type: Literal["quality.alert"]
    alert_id: str
    """The same for `raised` and `resolved` of one episode."""
    alert: str
    state: Literal["raised", "resolved"]
    project_id: str
    subject: str
    severity: Literal["info", "warning", "critical"]
    event_time: str
    raised_at: str
    evidence: dict[str, Any]
    recommended_action: str


class DeadLetter(Struct, kw_only=True, gc=False):
    """An input that could not be used, whole, with the reason."""

    schema: int
    type: Literal["dead.letter"]
    reason: str
    path: str
    """JSON path of what is wrong; `$` for the record as such."""
    message: str
    scope: Literal["event", "region"]
    """`region`: only the named region was set aside, the rest of the event counts."""
    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: str | None
    headers: dict[str, str]
    size_bytes: int
    truncated: bool
    """True where the record was over the size limit: `value` then holds its beginning."""
    value: str | None
    """The record's bytes where they are UTF-8."""
    value_base64: str | None
    """The record's bytes where they are not."""
