"""Input events, schema 1: one struct per event type; their regions are in `contracts.regions`.

`msgspec` checks types, ranges and required fields while it parses, in one pass, and names the JSON path of what is
wrong.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from streams.contracts.regions import FARTHEST, Identifier, ScoredRegion

__all__ = [
    "AnnotationSubmitted",
    "AnnotationWithdrawn",
    "ClockTick",
    "Event",
    "GoldSet",
    "ReviewDecided",
    "TaskCancelled",
    "TaskConfigured",
    "TaskEvent",
    "TaskFields",
    "TaskSkipped",
]

Instant = Annotated[datetime, Meta(tz=True)]
"""RFC 3339 with a UTC offset: a time without one cannot be ordered against others."""


Side = Annotated[float, Meta(ge=1e-3, le=FARTHEST)]
"""Of the image, in the unit of its regions. Distances are divided by it: the bound keeps that finite."""


class TaskFields(Struct, kw_only=True, omit_defaults=True, gc=False):
    """What is known of a task. May come on any event; per field, the latest event that names it wins."""

    required_annotators: Annotated[int, Meta(ge=1, le=1000)] | None = None
    width_px: Side | None = None
    height_px: Side | None = None
    media_url: Annotated[str, Meta(max_length=4096)] | None = None


class EventBase(Struct, tag_field="type", kw_only=True, gc=False):
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
    controls: list[Identifier] | None = None
    """What it answers: of a drawn control named here and without a region in `result` it says that there is nothing.
    Left out: the controls that `result` has regions of, and where it is empty, every drawn one."""


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
