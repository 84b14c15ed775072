"""What WATCH remembers of a project, and how the `quality` table stores it.

| key, as msgpack | value | how often written |
|---|---|---|
| `["p", project]` | `ProjectRecord`: totals, open alerts, rolling figures: all that is shown | when a fact counts |
| `["b", project, n]` | `ScoreSums` of the decisions of minute *n* since 1970, event time | when a score in it changes |
| `["o", project]` | `ScoreSums` of all minutes before `ProjectRecord.horizon` | when a minute passes behind it |
| `["w"]` | `Watermark`: source records below it have been processed; last in every unit of work | always |

msgpack carries lengths, so no project id can look like another key. `decode_state` tells the kinds apart. Maps are
stored with sorted keys and sums are whole numbers: the same facts leave the same bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from scoring.rolling.imbalance import Imbalance
from scoring.rolling.sums import NO_SCORES, ScoreSums
from streams.state import Watermark

__all__ = [
    "BUCKETS_BEFORE_WINDOW",
    "BUCKET_SECONDS",
    "HISTOGRAM_BINS",
    "LABEL_BYTES",
    "STORED_FORM",
    "WATERMARK_KEY",
    "BucketRecord",
    "OpenAlert",
    "ProjectRecord",
    "ProjectSums",
    "Touched",
    "bucket_key",
    "decode_state",
    "encode",
    "older_key",
    "project_key",
    "rfc3339",
]

STORED_FORM: Final = 1
"""Version of the stored form. A change that old records can't be read under raises it, and says so in CHANGELOG."""

BUCKET_SECONDS: Final = 60
"""Event time that one bucket of scores spans. The rolling window is made of whole buckets: 300 annotators who spend a
minute on each of three answers a task fill the default window of 100 tasks in one, so few projects feel the grain; a
finer one would only cost more state records."""

BUCKETS_BEFORE_WINDOW: Final = 1_024
"""Buckets kept by themselves beyond as many as the window has tasks. A bucket that counts holds a decision or more, so
the window finds room however slow the project is, and late corrections still find their own minute."""

HISTOGRAM_BINS: Final = 10

LABEL_BYTES: Final = 400_000
"""Room for label names in a project's record; Kafka takes a million bytes by default, and a control may turn out to be
free text. Labels beyond it are counted together, without their names."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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
    label_bytes: int = 0
    """Room that `labels` takes, against `LABEL_BYTES`."""
    further_labels_micro: int = 0
    """Labels for whose names there was no room. While any is counted here no new name is let in, so that what was
    added here is retracted here."""


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
    """A project, but for its buckets."""

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
    """`alert/subject` → how often raised: tells two episodes apart that begin at one event time."""
    horizon: int | None = None
    """Buckets before this one have been merged."""
    window: int = 0
    """Tasks that the rolling window asked for when the figures were made."""
    warm_up: int = 0
    """Tasks that were to lie before it."""
    recent: ScoreSums = NO_SCORES
    """The rolling window; what is left of `sums.scores` is the baseline."""
    imbalance: dict[str, Imbalance] = {}
    """By control, where it is defined."""


class BucketRecord(NamedTuple):
    """The scores of one bucket of event time, or of all before the horizon."""

    project_id: str
    bucket: int | None
    """Event time in units of `BUCKET_SECONDS` since 1970; None for all before the horizon."""
    sums: ScoreSums


class Touched(Struct):
    """What facts have changed, so that nothing else is tested again."""

    scores: bool = False
    stalled: bool = False
    controls: set[str] = set()


encode = msgspec.msgpack.Encoder(order="deterministic").encode

WATERMARK_KEY: Final = encode(("w",))
_key = msgspec.msgpack.Decoder(tuple[Any, ...])
_project = msgspec.msgpack.Decoder(ProjectRecord)
_sums = msgspec.msgpack.Decoder(ScoreSums)
_watermark = msgspec.msgpack.Decoder(Watermark)


def project_key(project_id: str) -> bytes:
    """Key of the project's own record."""
    return encode(("p", project_id))


def bucket_key(project_id: str, bucket: int) -> bytes:
    """Key of one bucket's sums."""
    return encode(("b", project_id, bucket))


def older_key(project_id: str) -> bytes:
    """Key of the sums of all buckets before the horizon."""
    return encode(("o", project_id))


def decode_state(key: bytes, value: bytes) -> ProjectRecord | BucketRecord | Watermark:
    """One record of the `quality` table, or of its changelog.

    Raises:
        ValueError: it is not one, or was written in a form that this version does not read.

    >>> decode_state(bucket_key("street", 7), encode(ScoreSums.of(0.5)))
    BucketRecord(project_id='street', bucket=7, sums=ScoreSums(n=1, total_micro=500000, squares_micro=250000))
    """
    try:
        match _key.decode(key):
            case ("p", str()):
                record = _project.decode(value)
                if record.form == STORED_FORM:
                    return record
                problem = f"form {record.form}"
            case ("b", str(project_id), int(bucket)):
                return BucketRecord(project_id, bucket, _sums.decode(value))
            case ("o", str(project_id)):
                return BucketRecord(project_id, None, _sums.decode(value))
            case ("w",):
                return _watermark.decode(value)
            case other:
                problem = f"key {other!r}"
    except msgspec.MsgspecError as error:
        problem = str(error)
    raise ValueError(
        f"expected a record of the quality table in form {STORED_FORM}; got {problem} under key {key!r}; if another "
        "version of labelquorum wrote it, see CHANGELOG for what to do with its state"
    )


def rfc3339(event_time_us: int) -> str:
    """Microseconds since 1970 as output events carry times: UTC, milliseconds, or microseconds where there are any.

    >>> rfc3339(1_769_853_600_000_000)
    '2026-01-31T10:00:00.000Z'
    """
    instant = (_EPOCH + timedelta(microseconds=event_time_us)).replace(tzinfo=None)
    return instant.isoformat(timespec="microseconds" if event_time_us % 1000 else "milliseconds") + "Z"
