"""Project settings: what the owner of a project decides, and the documented defaults of everything else.

A project or a control that nobody configured works from its first event on these defaults. `streams.settings`
checks a document against these structs and lists every problem at once.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, get_args

from msgspec import UNSET, Meta, Struct, UnsetType

from streams.contracts.alert_settings import AlertSettings

__all__ = [
    "PLATFORMS",
    "SIMILARITY_DEFAULTS",
    "TYPE_DEFAULTS",
    "ControlSettings",
    "GoldSettings",
    "ProfileName",
    "ProjectSettings",
    "QualitySettings",
    "ReliabilityModel",
    "RoutingSettings",
    "ScoredType",
    "SimilarityDefaults",
    "TypeDefaults",
]

ScoredType = Literal[
    "choice", "choices", "boolean", "text", "number", "rating", "ranking", "taxonomy", "box", "polygon", "mask",
    "polyline", "point", "keypoints", "ellipse", "span", "segment", "track", "cuboid", "angle", "relation", "area",
]  # fmt: skip
"""The region types, and `area`: boxes, polygons, masks and ellipses beside one another, compared by what they cover."""
Share = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[int, Meta(ge=1, le=10 * 365 * 86_400)]
Finite = Annotated[float, Meta(ge=-1e15, le=1e15)]


ReliabilityModel = Literal["shrunk", "one_coin"]
ProfileName = Literal["ango", "cvat", "dataloop", "label_studio", "redbrick"]
PLATFORMS: tuple[ProfileName, ...] = get_args(ProfileName)


class TypeDefaults(NamedTuple):
    """What a control of a type may be given; the first of each is what it gets where its settings are silent."""

    metrics: tuple[str, ...]
    """How an annotator's answer is compared with another's; for objects, how their matching is summed up."""
    similarities: tuple[str, ...]
    """Objects: how two single marks are compared."""
    aggregates: tuple[str, ...]
    """How annotators are brought together: `pairs` is the mean over pairs of annotators, `consensus_share` the share of
    the most common answer, which is what people mean by "two of three agree"."""
    adjudications: tuple[str, ...]
    fusions: tuple[str, ...]
    """How the marks of one object become one."""
    agreement_threshold: float


def _category(similarity: str, *more: str, aggregates: tuple[str, ...], threshold: float) -> TypeDefaults:
    adjudications = ("majority", "weighted", "best_annotator")
    return TypeDefaults((similarity, *more), (), aggregates, adjudications, (), threshold)


def _answer(metrics: tuple[str, ...], *methods: str) -> TypeDefaults:
    adjudications = (*methods, "weighted", "best_annotator")
    return TypeDefaults(metrics, (), ("pairs", "consensus_share"), adjudications, (), 0.7)


def _objects(similarities: tuple[str, ...], *fusions: str) -> TypeDefaults:
    adjudications = ("fuse", "weighted", "best_annotator", "best_answer", "select_all")
    return TypeDefaults(("soft_f1", "f1"), similarities, ("pairs",), adjudications, fusions, 0.7)


_SHARE_FIRST = ("consensus_share", "pairs")
_AREA = ("iou", "boundary_f1", "giou")
_RANGE = ("overlap", "exact", "tolerant")

TYPE_DEFAULTS: dict[str, TypeDefaults] = {
    "choice": _category("exact", aggregates=_SHARE_FIRST, threshold=0.75),
    "boolean": _category("exact", aggregates=_SHARE_FIRST, threshold=0.75),
    "choices": _category("jaccard", "masi", "exact", aggregates=("pairs", "consensus_share"), threshold=0.7),
    "text": _answer(("edit", "word", "exact"), "medoid", "word_vote"),
    "number": _answer(("scale", "exact"), "median", "trimmed_mean"),
    "rating": _answer(("scale", "exact"), "median"),
    "ranking": _answer(("kendall", "footrule", "exact"), "kemeny", "borda"),
    "taxonomy": _answer(("path", "nodes", "exact"), "majority"),
    "box": _objects(_AREA, "median", "weighted_mean", "medoid"),
    "polygon": _objects(_AREA, "coverage", "medoid"),
    "mask": _objects(_AREA, "majority", "staple", "medoid"),
    "polyline": _objects(("mutual", "aligned", "directed"), "medoid"),
    "point": _objects(("exponential", "linear"), "geometric_median"),
    "keypoints": _objects(("oks",), "per_joint"),
    "ellipse": _objects(_AREA, "medoid"),
    "span": _objects(_RANGE, "majority_coverage"),
    "segment": _objects(_RANGE, "majority_coverage"),
    "track": _objects(("frame_iou",), "per_frame"),
    "cuboid": _objects(("iou",), "median"),
    "angle": _objects(("opening_and_vertex",), "median"),
    "relation": _objects(("exact", "undirected"), "majority"),
    "area": _objects(_AREA, "coverage"),
}
"""Region type → what its control may be given; objects besides the `PLATFORMS` as metrics."""


class SimilarityDefaults(NamedTuple):
    """What two marks come to by a similarity that are as alike as these figures say of IoU."""

    minimum: float = 0.4
    """`minimum_similarity`. CVAT's, for IoU, keypoints and lines: small objects are drawn loosely."""
    loose: float = 0.8
    """`loose_similarity`. CVAT's weak overlap."""


_NEAR = SimilarityDefaults(0.95, 0.99)

SIMILARITY_DEFAULTS: dict[str, SimilarityDefaults] = {
    # (1 + IoU) / 2 where the union is convex; what does not overlap has at most 0.5.
    "giou": SimilarityDefaults(0.7, 0.9),
    # Two that lie side by side share less than half of their outlines, however long the border between them.
    "boundary_f1": SimilarityDefaults(0.5, 0.8),
    # Distances of a twentieth and a hundredth of the diagonal, where `exponential` has 0.37 and 0.82. By 0.4 all places
    # within six tenths of the image would be one.
    "linear": _NEAR,
    "redbrick": _NEAR,
}
"""Similarity → its own defaults; all others have those of `SimilarityDefaults`."""


class ControlSettings(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One question or tool of the labeling form. None everywhere means: as `TYPE_DEFAULTS` says."""

    type: ScoredType | None = None
    """None: the type that most of its regions have."""
    labels: list[str] = []
    """The answers in the owner's order; a tied vote falls to the one named first."""
    metric: str | None = None
    similarity: str | None = None
    aggregate: str | None = None
    agreement_threshold: Share | UnsetType | None = UNSET
    """The control passes at this score or above; null: it is scored but never fails."""
    adjudication: str | None = None
    reliability_model: ReliabilityModel = "shrunk"
    """How it is learned how far an annotator can be trusted, of `choice` and `boolean`. `shrunk`: how often they name a
    class where it is true, drawn towards how often they are right at all. `one_coin`: only the latter, everybody
    starting alike; no recall is published, so votes are counted by weights. Better where annotators give few answers
    each, or share a bias by class."""
    weight: Annotated[float, Meta(ge=0, le=1e6)] = 1.0
    """Share in the overall score."""
    minimum_similarity: Annotated[float, Meta(gt=0, le=1)] | None = None
    """Marks of two annotators that are less alike are not the same object (and no hit for the metric `f1`). None: 0.4,
    and where that would say something else than it does of IoU, as `SIMILARITY_DEFAULTS` has it: `giou` 0.7,
    `boundary_f1` 0.5, `linear` and `redbrick` 0.95."""
    minimum_support: Annotated[float, Meta(ge=0, lt=1)] = 0.5
    """A fused object is kept when more than this share of the annotators drew it."""
    loose_similarity: Annotated[float, Meta(gt=0, le=1)] | None = None
    """A mark that is less like the consensus is reported as `loose_boundary`. None: 0.8, `giou` 0.9, `linear` and
    `redbrick` 0.99."""
    fusion: str | None = None
    scale_minimum: Finite | None = None
    scale_maximum: Finite | None = None
    """The ends of a number's or rating's scale, on which a difference is small or large; both or neither. Without, a
    difference counts as a share of the larger of the two numbers."""
    tolerance: Annotated[float, Meta(ge=0, le=1e9)] | None = None
    """Number: answers that differ by no more agree. Outlines: boundary tolerance in px (0: only what coincides). Spans:
    characters at each end. Segments: seconds at each end. None: the metric's own default."""
    fold_case: bool = False
    """Text: whether upper and lower case are the same."""
    text_weight: Share = 1.0
    """Marks that carry text (OCR, transcripts): the share of their similarity that the texts decide. 1: place times
    text; 0: texts are not scored. Of two marks without one it decides nothing; one without has read nothing."""


class RoutingSettings(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a task goes when its annotators do not agree."""

    max_annotators: Annotated[int, Meta(ge=1, le=1000)] = 7
    extra_annotators: Annotated[int, Meta(ge=1, le=1000)] = 1
    """How many more are asked at a time."""
    on_limit: Literal["review", "accept_best", "abandon"] = "review"
    """When nobody more may be asked, or asking could no longer help."""
    count_models: bool = False
    """Whether a model's answer counts towards the quorum, the score and the consensus."""
    on_rejected: Literal["some", "all"] = "some"
    """A reviewer's rejection: `some` keeps the answers and asks `extra_annotators` more; `all` starts again with as
    many new annotators as the task requires. Under `all` an answer counts only if it is later than every rejection of
    the task, whichever decision that names; the limit of annotators starts again too."""
    skip_policy: Literal["ignore", "reassign", "review"] = "ignore"
    """A skip: leave it to the queue; ask for somebody else in its place; or hand the task to a person."""
    redecide_when_weight_moves: Annotated[float, Meta(ge=0, le=100)] | None = None
    """Where votes are weighted: a decided task is decided again, by what has been learned since, when the weight of
    somebody who answered it, or their recall of a class that was answered to it, has moved by more than this from what
    the decision was counted by. In log odds, as weights are: 0.5 is a recall that went from 0.8 to 0.87. A new revision
    is sent only if the consensus comes out otherwise. 0: by any movement; null: never."""
    redecide_after_seconds: Seconds = 3_600
    """When that is looked at: after a task was left alone for this long (event time), twice as long, four times, and so
    on, and for the last time when the worker closes the task to late answers."""
    stalled_after_seconds: Seconds = 86_400
    """A task that waits for annotators longer than this is stalled (event time)."""


class GoldSettings(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Ground truth that nobody has to write."""

    promote_at: Share | None = None
    """Where the first `promote_minimum` counted answers of a task, by time, pass and agree at least this much, what
    they come to is held against everybody else as gold is: later annotators, and models that do not count. Those who
    made it are not scored by it: they would agree with themselves. 1: unanimous; null: never. Gold that was set goes
    before."""
    promote_minimum: Annotated[int, Meta(ge=2, le=1000)] = 3


class QualitySettings(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a project's quality is summed up and shown."""

    annotators_in_metrics: Annotated[int, Meta(ge=0, le=200)] = 20
    """Annotators that Prometheus is shown by name, those with most answers; the others are summed."""
    reliability_half_life_seconds: Seconds | None = None
    """After this time (event time, to a week) an answer counts half for how reliable who gave it is; null: answers do
    not fade. People learn, and tire; but the less counts the less is known."""


class ProjectSettings(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Everything that a project's owner can decide."""

    required_annotators: Annotated[int, Meta(ge=1, le=1000)] = 3
    """Answers that a task waits for; a task's own `required_annotators` goes before it."""
    profile: ProfileName | None = None
    """Another platform's agreement, quirks included, so that a team can migrate and reconcile: what controls leave open
    of metric, similarity and aggregate is as that platform computes it. Thresholds stay the project's own."""
    aggregate: Literal["weighted_mean", "minimum"] = "weighted_mean"
    """How the controls' scores combine; every enabled control must also pass by itself."""
    agreement_threshold: Share | None = None
    """For the combined score, on top of the controls' own."""
    controls: dict[str, ControlSettings] = {}
    routing: RoutingSettings = RoutingSettings()
    gold: GoldSettings = GoldSettings()
    alerts: AlertSettings = AlertSettings()
    quality: QualitySettings = QualitySettings()
    annotator_weights: dict[str, Annotated[float, Meta(gt=0, le=1e6)]] = {}
    """For `adjudication: weighted`; everybody else has what was learned of them, or 1. Where one of the voters of a
    task is named here, votes on a category are counted by weights, and not by the recalls that were learned."""
