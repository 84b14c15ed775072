"""Decisions → records: the only place that makes output bytes.

Structs are written in the order of their fields, ids are hashes of content, and nothing is read from a clock, so the
same decision is the same bytes wherever and whenever it is made.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from streams.contracts.decisions import Alert, DeadLetter, Reassignment, Review
from streams.contracts.facts import FactBatch
from streams.errors import Rejected
from streams.ports import InputRecord, Outgoing

__all__ = [
    "SOURCE",
    "alert",
    "cloud_event",
    "content_id",
    "dead_letter",
    "decision",
    "evidence_id",
    "facts",
    "instant",
    "named",
    "reassignment",
    "review",
    "task_key",
    "written",
]

SOURCE = b"labelquorum"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
written = msgspec.json.Encoder().encode
"""A value as JSON."""
_pack = msgspec.msgpack.Encoder().encode
_FACT_BYTES = 500_000
_TEXT, _KEY_BYTES, _HEADER_BYTES = 1_000, 1_000, 8_000
"""What a dead letter keeps of path, message, key and headers: it must itself fit through Kafka."""
_NO_REASSIGNMENT_ID, _NO_REVIEW_ID = b'"reassignment_id":""', b'"review_id":""'
_TYPES = (b"task.disagreement", b"task.agreement")
_UNNAMED = b'{"schema":1,"type":"%s","decision_id":"","replaces":null,"revision":0,'


def task_key(project_id: str, task_id: str) -> bytes:
    """The key of every record of a task."""
    return f"{project_id}/{task_id}".encode()


def instant(at_us: int) -> str:
    """Microseconds since 1970 as RFC 3339 in UTC, with milliseconds, or microseconds where there are any.

    >>> instant(1_000_005)
    '1970-01-01T00:00:01.000005Z'
    """
    seconds, micros = divmod(at_us, 1_000_000)
    return f"{_second(seconds)}.{micros:06d}Z" if micros % 1000 else f"{_second(seconds)}.{micros // 1000:03d}Z"


@lru_cache(maxsize=4_096)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat(timespec="seconds")


def content_id(content: bytes) -> str:
    """24 hex digits (96 bits) of a hash of what is decided."""
    return hashlib.blake2b(content, digest_size=12).hexdigest()


def evidence_id(project_id: str, task_id: str, answers: list[tuple[str, int, int, str]]) -> str:
    """The first half of a decision's id: 16 hex digits of a hash of the answers that count.

    A review holds for the answers that the reviewer saw, whatever else changes a decision: other settings, a late skip,
    a model's answer that does not count.
    """
    return content_id(_pack((project_id, task_id, answers)))[:16]


def cloud_event(
    topic: str, key: bytes, value: bytes, *, id: str, type: str, time: str, subject: bytes, partition: int | None
) -> Outgoing:
    """A record with CloudEvents 1.0 attributes as headers (Kafka binding, binary mode)."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", id.encode()),
        ("ce_type", b"labelquorum." + type.encode()),
        ("ce_source", SOURCE),
        ("ce_time", time.encode()),
        ("ce_subject", subject),
        ("content-type", b"application/json"),
    ]
    return Outgoing(topic, key, value, headers, partition)


def named(text: bytes, passed: bool, evidence_id: str) -> tuple[str, bytes]:
    """(decision id, what follows the five fields that name it). The id is a hash of the decision's very text."""
    head = _UNNAMED % _TYPES[passed]
    if not text.startswith(head):
        raise AssertionError(f"a decision must begin with {head!r}; got {text[:120]!r}")
    return evidence_id + content_id(text)[:16], text[len(head) :]


def decision(
    project_id: str,
    task_id: str,
    passed: bool,
    event_time_us: int,
    decision_id: str,
    body: bytes,
    replaces: str | None,
    revision: int,
    partition: int | None,
) -> Outgoing:
    """A decision under its name: `body` as `named` gave it."""
    quoted, kind = b"null" if replaces is None else b'"%s"' % replaces.encode(), _TYPES[passed]
    value = b'{"schema":1,"type":"%s","decision_id":"%s","replaces":%s,"revision":%d,%s' % (
        kind, decision_id.encode(), quoted, revision, body,
    )  # fmt: skip
    topic = "task-agreement" if passed else "task-disagreement"
    key = task_key(project_id, task_id)
    return cloud_event(
        topic, key, value, id=f"{decision_id}.{revision}", type=kind.decode(), time=instant(event_time_us),
        subject=key, partition=partition,
    )  # fmt: skip


def reassignment(asked: Reassignment, partition: int | None) -> Outgoing:
    """A request for more annotators; its id is the hash of its content."""
    text = written(asked)
    asked.reassignment_id = content_id(text)
    key = task_key(asked.project_id, asked.task_id)
    value = text.replace(_NO_REASSIGNMENT_ID, b'"reassignment_id":"%s"' % asked.reassignment_id.encode(), 1)
    return cloud_event(
        "task-reassignment", key, value, id=asked.reassignment_id, type=asked.type, time=asked.event_time,
        subject=key, partition=partition,
    )  # fmt: skip


def review(handed: Review, partition: int | None) -> Outgoing:
    """A task handed to a person; its id is the hash of its content."""
    text = written(handed)
    handed.review_id = content_id(text)
    key = task_key(handed.project_id, handed.task_id)
    value = text.replace(_NO_REVIEW_ID, b'"review_id":"%s"' % handed.review_id.encode(), 1)
    return cloud_event(
        "task-review", key, value, id=handed.review_id, type=handed.type, time=handed.event_time,
        subject=key, partition=partition,
    )  # fmt: skip


def alert(raised: Alert) -> Outgoing:
    """An alert, keyed by its project."""
    key = raised.project_id.encode()
    return cloud_event(
        "quality-alerts", key, written(raised), id=f"{raised.alert_id}.{raised.state}", type=raised.type,
        time=raised.event_time, subject=key, partition=None,
    )  # fmt: skip


def facts(batch: FactBatch) -> list[Outgoing]:
    """Facts, keyed by their project; internal, so without CloudEvents.

    More than fit through Kafka are cut in two, never between facts of one offset: `watch` counts an offset whole.
    """
    value = written(batch)
    cut = _middle(batch) if len(value) > _FACT_BYTES else 0
    if not cut:
        return [Outgoing("quality-facts", batch.project_id.encode(), value, (), None)]
    halves = batch.facts[:cut], batch.facts[cut:]
    return [out for half in halves for out in facts(FactBatch(batch.project_id, batch.source_partition, half))]


def _middle(batch: FactBatch) -> int:
    """The place nearest to the middle where the offset changes; 0 where it never does."""
    places = [i for i in range(1, len(batch.facts)) if batch.facts[i].offset != batch.facts[i - 1].offset]
    return min(places, key=lambda i: abs(2 * i - len(batch.facts)), default=0)


def dead_letter(
    record: InputRecord, rejected: Rejected, scope: Any, topic: str, partition: int, max_bytes: int
) -> Outgoing:
    """An input that could not be used, with its bytes: all of them up to `max_bytes`, and then their beginning."""
    raw = record.value or b""
    # Base64 and JSON escapes grow what they carry, and the dead letter must itself fit through Kafka.
    kept = raw if len(raw) <= max_bytes // 2 else raw[: max_bytes // 4]
    text = _text(kept, len(kept) < len(raw))
    if text is not None and len(written(text)) > max_bytes * 3 // 4:  # control characters are written sixfold
        kept = kept[: max_bytes // 8]
        text = _text(kept, True)
    key = None if record.key is None else record.key[:_KEY_BYTES]
    path = _printable(rejected.path)
    letter = DeadLetter(
        schema=1, type="dead.letter", reason=rejected.reason, path=path, message=_printable(rejected.message),
        scope=scope, topic=topic, partition=partition, offset=record.offset, timestamp_ms=record.timestamp,
        key=None if key is None else key.decode("utf-8", "replace"), headers=_headers(record),
        size_bytes=len(raw), truncated=len(kept) < len(raw), value=text,
        value_base64=None if text is not None else base64.b64encode(kept).decode(),
    )  # fmt: skip
    time = instant(record.timestamp * 1000)
    name = f"{topic}-{partition}-{record.offset}-{path}"
    return cloud_event(
        "dead-letter", key or b"", written(letter), id=name, type=letter.type,
        time=time, subject=key or b"", partition=partition,
    )  # fmt: skip


def _headers(record: InputRecord) -> dict[str, str]:
    kept: dict[str, str] = {}
    room = _HEADER_BYTES
    for name, value in record.headers:
        text = (value or b"").decode("utf-8", "replace")  # Kafka knows headers without a value
        room -= len(name.encode()) + len(text.encode())
        if room < 0:
            break
        kept[name] = text
    return kept


def _printable(text: str) -> str:
    """What a loose parser let through (lone surrogates) is no Unicode, and a key can be as long as the record."""
    short = text if len(text) <= _TEXT else text[:_TEXT] + "…"
    return short.encode("utf-8", "replace").decode()


def _text(raw: bytes, truncated: bool) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        cut_inside_a_character = truncated and error.start >= len(raw) - 3
        return raw[: error.start].decode() if cut_inside_a_character else None
