"""What SETTLE remembers of a task, and how it is stored.

A task is one header record plus one record per submission (and one for gold and one for the review), so an
annotation writes only what it changed and no record is larger than the event that caused it.

No struct here can be part of a reference cycle, so none is tracked by the garbage collector (`gc=False`): with a
hundred thousand tasks in memory its rounds would cost a tenth of the whole.

Everything that events say is held in *joins*: registers that keep the greatest of what was written to them, by a key
made of the event alone. Joins commute and repeat without effect, which is why the same events in any order, with any
duplicates, leave the same state.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from streams.contracts.facts import Contribution
from streams.contracts.regions import Region

__all__ = [
    "STORED_FORM",
    "Answer",
    "Clock",
    "DecidedBy",
    "Header",
    "ReviewNote",
    "Task",
    "Trusted",
    "Watermark",
    "decode_answer",
    "decode_header",
    "decode_review",
    "encode",
    "gold_key",
    "header_key",
    "review_key",
    "submission_key",
]

STORED_FORM = 2
"""Version of the stored form. A change that old records can't be read under raises it, and says so in CHANGELOG."""


class Answer(Struct, array_like=True, gc=False):
    """The highest version of one submission (or of the gold)."""

    version: int
    at_us: int
    clean: bool
    """No region of it had to be set aside: of two records that claim the same version and time, the sound one holds."""
    event_id: str
    annotator_id: str
    kind: Literal["human", "model"]
    lead_time_seconds: float | None
    result: list[Region] | None
    """None once withdrawn: the place is kept so that an older version can't come back."""
    covers: list[str] | None = None
    """Gold: the controls that it names as answered."""

    def rank(self) -> tuple[int, int, bool, str]:
        """The join's key."""
        return (self.version, self.at_us, self.clean, self.event_id)


class ReviewNote(Struct, array_like=True, gc=False):
    """The latest review."""

    at_us: int
    event_id: str
    reviewer_id: str
    verdict: Literal["approved", "rejected", "corrected"]
    decision_id: str | None
    result: list[Region] | None

    def rank(self) -> tuple[int, str]:
        """The join's key."""
        return (self.at_us, self.event_id)


class Trusted(Struct, array_like=True, gc=False):
    """How far an annotator was trusted when a task was decided."""

    weight: float
    recall: dict[str, float] = {}
    """Class that somebody answered → probability of naming it where it is true."""


class DecidedBy(Struct, array_like=True, gc=False):
    """What the decision in force comes to and was counted by: kept where it may be taken again."""

    answer: str
    """Hash of the consensus, but for who supports it and how sure it is."""
    trusted: dict[str, dict[str, Trusted]]
    """Control → annotator, where votes were weighted."""


class Header(Struct, array_like=True, gc=False):
    """All that is known of a task but the answers themselves."""

    form: int = STORED_FORM
    submissions: list[str] = []
    """Ids of the submissions that have a record."""
    has_gold: bool = False
    has_review: bool = False
    fields: dict[str, tuple[int, str, Any]] = {}
    """Task fields: name → (time, event id, value)."""
    withdrawn: dict[str, tuple[int, int]] = {}
    """Submission id → (highest version withdrawn by number, latest time up to which it is withdrawn)."""
    skipped: dict[str, int] = {}
    """Annotator → time of their latest skip."""
    cancelled_us: int | None = None
    """Time of the earliest cancellation."""
    state: str = "waiting"
    revision: int = 0
    """Decisions emitted."""
    decision_id: str | None = None
    asked: int = 0
    """Annotators asked for beyond the required ones, all told."""
    reviewed_id: str | None = None
    """The last review request sent."""
    contribution: Contribution | None = None
    """What the project's sums hold of this task."""
    touched_us: int = 0
    """Stream time when an event last changed the task: what deadlines count from."""
    stalled: bool = False
    closed: bool = False
    rejected_us: int = -1
    """Time of the latest rejection by a reviewer, whatever came after it."""
    decided_by: DecidedBy | None = None
    """Where `redecide_when_weight_moves` asks for it, of a task that is settled."""
    looks: int = 0
    """How often, since it was touched, it was looked at whether to decide it again."""
    first_us: dict[str, int] = {}
    """Submission id → time of its earliest version, as far as its clock is believed; only where that is not the time
    of the version in force."""
    latest_us: int = -1
    """Latest time of any event of the task, as far as their clocks are believed."""


class Task(Struct, gc=False):
    """A task in memory: the header and the records that it names."""

    project_id: str
    task_id: str
    key: bytes
    header: Header
    answers: dict[str, Answer]
    gold: Answer | None = None
    review: ReviewNote | None = None
    dirty: dict[bytes, Answer | ReviewNote] = {}
    """Records that differ from what is stored, besides the header."""


class Clock(Struct, array_like=True, gc=False):
    """The stream time of one project in one partition."""

    stream_us: int
    broker_ms: int
    """The broker's time of the last record of the project, or of the last tick: ticks advance by the difference."""


class Watermark(Struct, array_like=True):
    """Records below `next_offset` have been processed."""

    next_offset: int


encode = msgspec.msgpack.Encoder().encode
decode_header = msgspec.msgpack.Decoder(Header).decode
decode_answer = msgspec.msgpack.Decoder(Answer).decode
decode_review = msgspec.msgpack.Decoder(ReviewNote).decode


def header_key(project_id: str, task_id: str) -> bytes:
    """Key of a task's header. msgpack carries lengths, so no pair of ids can look like another."""
    return encode(("t", project_id, task_id))


def submission_key(project_id: str, task_id: str, submission_id: str) -> bytes:
    """Key of one submission's record."""
    return encode(("s", project_id, task_id, submission_id))


def gold_key(project_id: str, task_id: str) -> bytes:
    """Key of a task's gold."""
    return encode(("g", project_id, task_id))


def review_key(project_id: str, task_id: str) -> bytes:
    """Key of a task's latest review."""
    return encode(("r", project_id, task_id))
