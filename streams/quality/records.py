"""What WATCH remembers of a project, as it is stored: see `stored` for where.

**Bounds.** Ids and labels come from outside, so every map of names has room for so many. What finds none is counted
together, without its name; while anything is counted so no new name is let in, and so what was added there is taken
back there. Up to the bounds the bytes depend on the facts alone; beyond, also on who came first.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from scoring.rolling.imbalance import Imbalance
from scoring.rolling.level import LevelState
from scoring.rolling.sums import NO_SCORES, ScoreSums
from streams.contracts.facts import Contribution
from streams.contracts.settings import ReliabilityModel
from streams.quality.aged import Aged
from streams.quality.bounds import HISTOGRAM_BINS

__all__ = [
    "STORED_FORM",
    "AnnotatorControl",
    "AnnotatorRecord",
    "BucketRecord",
    "BucketSums",
    "Cells",
    "ControlRecord",
    "ErrorCounts",
    "OpenAlert",
    "PairSums",
    "ProjectRecord",
    "ProjectSums",
    "PublishedRecord",
    "Touched",
]

STORED_FORM: Final = 3
"""Version of the stored form. A change that old records can't be read under raises it, and says so in CHANGELOG."""


class ProjectSums(Struct, array_like=True):
    """Everything of a project that a retraction undoes; zeros are taken out, so undoing leaves no trace."""

    tasks: dict[str, int] = {}
    """By task state."""
    answers: int = 0
    stalled: int = 0
    scores: ScoreSums = NO_SCORES
    """Overall agreement of all tasks whose decision has a score."""
    histogram: list[int] = msgspec.field(default_factory=lambda: [0] * HISTOGRAM_BINS)
    """The same scores, in equal bins from 0 to 1."""
    labels: dict[str, dict[str, int]] = {}
    """Control → consensus label → how many, in millionths."""
    shares: dict[str, dict[str, int]] = {}
    """Control → consensus label → scored tasks in millionths, a task shared among its labels: what label shift is
    judged by."""
    label_bytes: int = 0
    """Room that `labels` takes, against `LABEL_BYTES`."""
    further_labels_micro: int = 0
    """Labels for whose names there was no room."""
    settled: int = 0
    """Tasks with a decision that asks nobody for more: what the next four are counted over."""
    settled_answers: int = 0
    """Counted answers in them."""
    spared_answers: int = 0
    """What they might have been asked for and were not."""
    quorum_times: dict[str, int] = {}
    """Bin (`quality.times`) of the seconds from a task's first answer to its quorum → tasks."""
    prelabelled: int = 0
    """Tasks that a model had answered."""
    modelled: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    """Settled tasks with a consensus that models can be held against, and those that every model disagrees with."""
    seconds: dict[str, int] = {}
    """Bin (`scoring.rolling.lead_times`) of the lead time → people's submissions."""
    people: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    """People's answers to tasks that others answered too: how many, and the sum of agreement with the consensus."""
    conflicts: dict[str, int] = {}
    """Conflict kind → how many."""
    reviews: dict[str, int] = {}
    """Verdict in force → tasks."""
    gold_tasks: int = 0
    gold_people: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    """People's answers to tasks with gold: how many, and the sum of their accuracies in millionths."""
    gold_models: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    gold_consensus: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    """The same of the consensus, where it can be compared."""
    identical: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    """Common tasks of all pairs with marks to compare, and the sum of their identical shares in millionths."""
    further_controls: int = 0
    """Controls of decisions that found no room among `CONTROLS`."""
    errors: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0])
    """Of all pairs of people: common tasks whose truth is known without them, wrong answers of either, and tasks in
    which both gave the same wrong one."""


class OpenAlert(Struct, frozen=True, array_like=True):
    """An alert that is raised and not resolved, as it was when raised."""

    alert: str
    subject: str
    alert_id: str
    severity: Literal["info", "warning", "critical"]
    raised_at: str
    evidence: dict[str, Any]
    recommended_action: str


class ProjectRecord(Struct, array_like=True):
    """A project, but for its annotators, controls and buckets."""

    form: int
    project_id: str
    sums: ProjectSums = msgspec.field(default_factory=ProjectSums)
    event_time_us: int | None = None
    """The latest event time of its facts: what its alerts are dated by."""
    seen: dict[str, int] = {}
    """Source partition → the last fact counted."""
    alerts: dict[str, OpenAlert] = {}
    """`alert/subject` → the open one; alert names have no slash."""
    episodes: dict[str, int] = {}
    """Alert → how often raised: tells two episodes apart that begin at one event time."""
    levels: dict[str, LevelState] = {}
    """`alert/subject` → where its test for a fall stands, of those that have ever been raised."""
    dropped: bool = False
    """Whether the rolling window has dropped, and not come back."""
    aged: Aged = msgspec.field(default_factory=Aged)
    """Agreement of decided tasks, as `buckets`, and coarser with age."""
    horizon: int | None = None
    """Buckets before this one have been merged."""
    window: int = 0
    """Tasks that the rolling window asked for when the figures were made."""
    warm_up: int = 0
    """Tasks that were to lie before it."""
    recent: ScoreSums = NO_SCORES
    """The rolling window; what is left of `sums.scores` is the baseline."""
    half_life_seconds: int | None = None
    """After which an answer counted half for its annotator's reliability when the figures were made."""
    imbalance: dict[str, Imbalance] = {}
    """By control, where it is defined."""
    label_window: int = 200
    """Labelled tasks of a control that `label_shift` asked for when the figures were made."""
    label_reference: int = 200
    """Those that were to lie before them."""


class Cells(Struct, array_like=True):
    """A confusion matrix with room for so many names; `MISSING` is the label of who did not mark the object."""

    counts: dict[str, dict[str, int]] = {}
    """True label → given label → how often."""
    bytes: int = 0
    """Room taken, against `CELL_BYTES`."""
    further: int = 0
    """Answers that found none."""
    total: int = 0
    """All answers."""
    right: int = 0
    """Those that gave the true label."""


class AnnotatorControl(Struct, array_like=True):
    """One annotator's labels on one control."""

    consensus: Cells = msgspec.field(default_factory=Cells)
    """Against the consensus, where it says who was right: of two counted answers or more, in tasks without gold."""
    unjudged: Cells = msgspec.field(default_factory=Cells)
    """Against the consensus, where it does not: of a single answer, or beside gold."""
    gold: Cells = msgspec.field(default_factory=Cells)
    weeks: dict[str, list[int]] = {}
    """Week since 1970 → answers whose truth is known, and the right ones; those that found no room have no entry."""
    further_weeks: int = 0
    """How many those are."""


PairSums = list[int]
"""Of two annotators: common tasks, the sum of their similarities in millionths; common tasks with marks to compare, and
the sum of the shares of these that are identical."""


ErrorCounts = list[int]
"""Of two people: common tasks whose truth is known without them, wrong answers of either, tasks in which both gave the
same wrong one, and wrong answers of the first."""


class AnnotatorRecord(Struct, array_like=True):
    """One annotator, person or model, in decided tasks and tasks with gold."""

    form: int
    project_id: str
    annotator_id: str | None
    """None: all those for whom there was no room."""
    submissions: int = 0
    as_model: int = 0
    """How many of them were a model's."""
    known: int = 0
    """Submissions, answers to gold and reviews together: how much there is to look at."""
    seconds: dict[str, int] = {}
    """Bin (`scoring.rolling.lead_times`) of the lead time → submissions."""
    agreement: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    """With the other counted annotators: tasks, and the sum in millionths; the next two likewise."""
    consensus: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    gold: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    reviews: dict[str, int] = {}
    """Verdict in force → tasks that they had a part in."""
    aged: Aged = msgspec.field(default_factory=Aged)
    """Agreement, gold and reviews by event time: what is judged of late, and against before."""
    controls: dict[str, AnnotatorControl] = {}
    """Categories and objects."""
    peers: dict[str, PairSums] = {}
    """Other annotator → the two; kept on the first of the two by id."""
    further_peers: PairSums = msgspec.field(default_factory=lambda: [0, 0, 0, 0])
    repeats: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    """With their own other submissions: tasks, and the sum of the agreement in millionths."""
    errors: dict[str, ErrorCounts] = {}
    """Other person → errors of the two (`quality.errors`), as `peers`."""
    further_errors: ErrorCounts = msgspec.field(default_factory=lambda: [0, 0, 0, 0])


class PublishedRecord(Struct, array_like=True):
    """What `annotator-reliability` says of an annotator: history, and no sum."""

    form: int
    project_id: str
    annotator_id: str
    weights: dict[str, int] = {}
    """Control → the weight last published, in millionths."""
    recall: dict[str, dict[str, int]] = {}
    """Control → class → the recall last published, likewise."""


class ControlRecord(Struct, array_like=True):
    """One control of one type; answers of another type under the same name are a control of their own."""

    form: int
    project_id: str
    control: str
    type: str
    tasks: int = 0
    scores: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0])
    """As `ScoreSums`, in place."""
    passed: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    """Tasks that could pass, and those that did."""
    quorums: dict[str, int] = {}
    """Counted answers → tasks that could pass with so many."""
    judged: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    """Everybody's answers whose truth is known (gold, or else a consensus of two or more), and the right ones."""
    patterns: dict[str, int] = {}
    """The counted annotators' answers to a unit, sorted, as JSON → how many units were answered so."""
    pattern_bytes: int = 0
    """Room that `patterns` takes, against `PATTERN_BYTES`."""
    further_patterns: int = 0
    """Units that found none."""
    ratings: dict[str, list[str]] = {}
    """Numbers: how many ratings → nine sums (`scoring.chance.ratings`), beyond 64 bits and therefore as text."""
    labels: list[str] = []
    """Those that the settings named when this was written."""
    level: str = "nominal"
    """Krippendorff's alpha: how labels differ."""
    model: ReliabilityModel = "shrunk"
    """How reliability is learned."""


class BucketSums(Struct, array_like=True):
    """The decisions of one bucket of event time."""

    scores: ScoreSums = NO_SCORES
    labels: dict[str, dict[str, int]] = {}
    """Control → consensus label → tasks in millionths, as `ProjectSums.shares`. Given up behind the horizon."""


class BucketRecord(NamedTuple):
    """One bucket of event time, or all before the horizon."""

    project_id: str
    bucket: int | None
    """Event time in units of `BUCKET_SECONDS` since 1970; None for all before the horizon."""
    sums: ScoreSums
    labels: dict[str, dict[str, int]]


class Touched(Struct):
    """What the facts of a source offset have changed, so that nothing else is tested again."""

    scores: bool = False
    decisions: int = 0
    """Decisions with a score before, where `scores` have changed."""
    stalled: bool = False
    controls: dict[str, int] = {}
    """Control whose labels have changed → scored tasks with a label of it before, in millionths."""
    outliers: dict[str, Contribution | None] = {}
    """Task that every model disagrees with → what it contributes now; None: it is no such task any more."""
