"""Where the `quality` table keeps which record of a project.

| key, as msgpack | value | how often written |
|---|---|---|
| `["p", project]` | `ProjectRecord`: totals, open alerts, rolling figures | when a fact counts |
| `["a", project, annotator]` | `AnnotatorRecord`; nil: those beyond the bound | when a task of theirs changes |
| `["c", project, control, type]` | `ControlRecord` | when a decision that has it changes |
| `["r", project, annotator]` | `PublishedRecord` | when a weight of theirs is published |
| `["b", project, n]` | `BucketSums` of the decisions of minute *n* since 1970, event time | when one of them changes |
| `["o", project]` | `BucketSums` of all minutes before `ProjectRecord.horizon` | when a minute passes behind it |
| `["w"]` | `Watermark`: source records below it have been processed; last in every unit of work | always |

msgpack carries lengths, so no id can look like another key. `decode_state` tells the kinds apart. Maps are stored with
sorted keys, zeros are taken out, and sums are whole numbers: the same facts leave the same bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec

from streams.quality.records import (
    STORED_FORM,
    AnnotatorRecord,
    BucketRecord,
    BucketSums,
    ControlRecord,
    ProjectRecord,
    PublishedRecord,
)
from streams.state import Watermark

__all__ = [
    "WATERMARK_KEY",
    "StoredRecord",
    "annotator_key",
    "bucket_key",
    "control_key",
    "decode_state",
    "encode",
    "older_key",
    "project_key",
    "published_key",
    "rfc3339",
]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

StoredRecord = ProjectRecord | AnnotatorRecord | PublishedRecord | ControlRecord | BucketRecord | Watermark

encode = msgspec.msgpack.Encoder(order="deterministic").encode

WATERMARK_KEY: Final = encode(("w",))
_key = msgspec.msgpack.Decoder(tuple[Any, ...])
_project = msgspec.msgpack.Decoder(ProjectRecord)
_annotator = msgspec.msgpack.Decoder(AnnotatorRecord)
_published = msgspec.msgpack.Decoder(PublishedRecord)
_control = msgspec.msgpack.Decoder(ControlRecord)
_bucket = msgspec.msgpack.Decoder(BucketSums)
_watermark = msgspec.msgpack.Decoder(Watermark)


def project_key(project_id: str) -> bytes:
    """Key of the project's own record."""
    return encode(("p", project_id))


def annotator_key(project_id: str, annotator_id: str | None) -> bytes:
    """Key of one annotator's record; None for all beyond the bound."""
    return encode(("a", project_id, annotator_id))


def published_key(project_id: str, annotator_id: str) -> bytes:
    """Key of what has been published of an annotator."""
    return encode(("r", project_id, annotator_id))


def control_key(project_id: str, control: str, type: str) -> bytes:
    """Key of one control's record."""
    return encode(("c", project_id, control, type))


def bucket_key(project_id: str, bucket: int) -> bytes:
    """Key of one bucket's sums."""
    return encode(("b", project_id, bucket))


def older_key(project_id: str) -> bytes:
    """Key of the sums of all buckets before the horizon."""
    return encode(("o", project_id))


def decode_state(key: bytes, value: bytes) -> StoredRecord:
    """One record of the `quality` table, or of its changelog.

    Raises:
        ValueError: it is not one, or was written in a form that this version does not read.

    >>> from scoring.rolling.sums import ScoreSums
    >>> decode_state(bucket_key("street", 7), encode(BucketSums(ScoreSums.of(0.5)))).sums
    ScoreSums(n=1, total_micro=500000, squares_micro=250000)
    """
    try:
        match _key.decode(key):
            case ("p", str()):
                return _of_this_form(_project.decode(value), key)
            case ("a", str(), str() | None):
                return _of_this_form(_annotator.decode(value), key)
            case ("r", str(), str()):
                return _of_this_form(_published.decode(value), key)
            case ("c", str(), str(), str()):
                return _of_this_form(_control.decode(value), key)
            case ("b", str(project_id), int(bucket)):
                found = _bucket.decode(value)
                return BucketRecord(project_id, bucket, found.scores, found.labels)
            case ("o", str(project_id)):
                found = _bucket.decode(value)
                return BucketRecord(project_id, None, found.scores, found.labels)
            case ("w",):
                return _watermark.decode(value)
            case other:
                problem = f"key {other!r}"
    except msgspec.MsgspecError as error:
        problem = str(error)
    raise _unreadable(problem, key)


_Formed = TypeVar("_Formed", ProjectRecord, AnnotatorRecord, PublishedRecord, ControlRecord)


def _of_this_form(record: _Formed, key: bytes) -> _Formed:
    if record.form != STORED_FORM:
        raise _unreadable(f"form {record.form}", key)
    return record


def _unreadable(problem: str, key: bytes) -> ValueError:
    return ValueError(
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
