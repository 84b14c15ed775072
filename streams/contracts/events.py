"""Input events, schema 1: one struct per event type, one per region type.

`msgspec` checks types, ranges and required fields while it parses, in one pass, and names the JSON path of
what is wrong. A region type that is not listed in `ScoredRegion` is not an error: `stages.decode` keeps it whole
as an `UnscoredRegion`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

__all__ = [
    "AnnotationSubmitted",
    "AnnotationWithdrawn",
    "AttributeValue",
    "Boolean",
    "Box",
    "Choice",
    "Choices",
    "ClockTick",
    "Event",
    "GoldSet",
    "Identifier",
    "Region",
    "ReviewDecided",
    "ScoredRegion",
    "TaskCancelled",
    "TaskConfigured",
    "TaskEvent",
    "TaskFields",
    "TaskSkipped",
    "UnscoredRegion",
]

Identifier = Annotated[str, Meta(min_length=1, max_length=256)]
"""An id of the producer's own making."""

Label = Annotated[str, Meta(max_length=1024)]

Coordinate = Annotated[float, Meta(ge=-1e9, le=1e9)]
"""Pixels. The bound keeps every area and sum finite; no image is a billion pixels wide."""

Instant = Annotated[datetime, Meta(tz=True)]
"""RFC 3339 with a UTC offset: a time without one cannot be ordered against others."""

type_tag = "type"

AttributeValue = str | Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | float | bool | None
"""Whole numbers of at most 64 bits: the stored form holds no others."""


class RegionBase(Struct, tag_field=type_tag, kw_only=True, omit_defaults=True, gc=False):
    """What every region has: the control that it answers, and an id that is unique within its submission."""

    control: Identifier
    id: Annotated[str, Meta(max_length=256)] = ""
    """Empty where the producer sends none; `stages.decode` then numbers it `r1`, `r2`, … by place."""


class Choice(RegionBase, tag="choice"):
    """One answer out of several."""

    value: Label


class Choices(RegionBase, tag="choices", gc=False):
    """Any number of answers out of several."""

    value: list[Label]


class Boolean(RegionBase, tag="boolean"):
    """Yes or no."""

    value: bool


class Box(RegionBase, tag="box", gc=False):
    """A box, possibly rotated; top-left corner and size before the rotation, in pixels."""

    x: Coordinate
    y: Coordinate
    width: Coordinate
    height: Coordinate
    label: Label = ""
    rotation_degrees: Annotated[float, Meta(ge=-1e6, le=1e6)] = 0.0
    """Clockwise about the centre of the box."""
    attributes: dict[str, AttributeValue] = {}


ScoredRegion = Choice | Choices | Boolean | Box
"""The region types that `scoring` compares."""


class UnscoredRegion(RegionBase, tag="unscored", gc=False):
    """A region that takes no part in the score, kept as it came. Made by `stages.decode`, never by a producer."""

    reason: str
    """`no_metric` (a type that is not scored) or `zero_size_box`."""
    raw: dict[str, Any]


Region = ScoredRegion | UnscoredRegion


class TaskFields(Struct, kw_only=True, omit_defaults=True, gc=False):
    """What is known of a task. May come on any event; per field, the latest event that names it wins."""

    required_annotators: Annotated[int, Meta(ge=1, le=1000)] | None = None
    width_px: Annotated[float, Meta(gt=0, le=1e9)] | None = None
    height_px: Annotated[float, Meta(gt=0, le=1e9)] | None = None
    media_url: Annotated[str, Meta(max_length=4096)] | None = None


class EventBase(Struct, tag_field=type_tag, kw_only=True, gc=False):
    """The envelope of every event."""

    schema: Literal[1]
    event_id: Identifier
    occurred_at: Instant


class TaskEvent(EventBase, kw_only=True):
    """An event of one task."""

    project_id: Identifier
    task_id: Identifier
    task: TaskFields | None = None


class AnnotationSubmitted(TaskEvent, tag="annotation.submitted"):
    """An answer, or an edit of one (same `submission_id`, higher `version` or later `occurred_at`)."""

    annotator_id: Identifier
    submission_id: Identifier
    result: list[ScoredRegion]
    """Empty is an answer: nothing here. After `stages.decode`, may hold `UnscoredRegion`s too."""
    annotator_kind: Literal["human", "model"] = "human"
    version: Annotated[int, Meta(ge=1, le=2**53)] = 1
    lead_time_seconds: Annotated[float, Meta(ge=0)] | None = None


class AnnotationWithdrawn(TaskEvent, tag="annotation.withdrawn"):
    """An answer is taken back: up to and including `version`, or where that is absent, whatever came before."""

    submission_id: Identifier
    annotator_id: Identifier | None = None
    version: Annotated[int, Meta(ge=1, le=2**53)] | None = None


class TaskSkipped(TaskEvent, tag="task.skipped"):
    """An annotator looked at the task and declined to answer."""

    annotator_id: Identifier


class TaskConfigured(TaskEvent, tag="task.configured"):
    """Says or changes what is known of a task."""

    task: TaskFields


class TaskCancelled(TaskEvent, tag="task.cancelled"):
    """The task is void. Final."""


class GoldSet(TaskEvent, tag="gold.set"):
    """The ground truth of a task; the latest one holds."""

    result: list[ScoredRegion]


class ReviewDecided(TaskEvent, tag="review.decided"):
    """A person's verdict on a task; the latest one holds."""

    reviewer_id: Identifier
    verdict: Literal["approved", "rejected", "corrected"]
    decision_id: Identifier | None = None
    """The decision that was looked at. An approval or rejection that names one holds for that decision only."""
    result: list[ScoredRegion] | UnsetType = UNSET
    """Required with `corrected`: what the task's consensus is from now on."""


class ClockTick(EventBase, tag="clock.tick"):
    """Moves the stream time of a partition that nobody writes to. Made by the worker, never by a producer."""


Event = (
    AnnotationSubmitted
    | AnnotationWithdrawn
    | TaskSkipped
    | TaskConfigured
    | TaskCancelled
    | GoldSet
    | ReviewDecided
    | ClockTick
)
