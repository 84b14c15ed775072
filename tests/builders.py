"""Events with only what matters said, and a driver that does what the shell does, in memory.

`Driver` is in the spirit of Kafka's TopologyTestDriver: it feeds both agents in any cut, keeps their state, can crash
and recover, and holds after every unit of work that what is stored and what was sent fit together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from streams.contracts.facts import Contribution, FactBatch
from streams.contracts.settings import ProjectSettings
from streams.limits import Limits
from streams.ports import Outgoing, Record, UnitOfWork
from streams.quality import decode_state
from streams.settings import SettingsBook, parse_document
from streams.settle import Settle
from streams.state import Clock, Watermark, decode_answer, decode_header, decode_review
from streams.watch import Watch

Event = dict[str, Any]

PROJECT = "street"
START = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)
DAY_SECONDS = 86_400

_key = msgspec.msgpack.Decoder().decode
_facts = msgspec.json.Decoder(FactBatch).decode
_clock = msgspec.msgpack.Decoder(Clock).decode
_watermark = msgspec.msgpack.Decoder(Watermark).decode


def instant(at: float) -> str:
    """`at` seconds after the start, as events say it."""
    return (START + timedelta(seconds=at)).isoformat().replace("+00:00", "Z")


def choice(value: str, control: str = "scene", **more: Any) -> Event:
    return {"control": control, "type": "choice", "value": value, **more}


def choices(*values: str, control: str = "tags", **more: Any) -> Event:
    return {"control": control, "type": "choices", "value": list(values), **more}


def boolean(value: bool, control: str = "blurred", **more: Any) -> Event:
    return {"control": control, "type": "boolean", "value": value, **more}


def box(x: float = 0, y: float = 0, width: float = 10, height: float = 10, label: str = "car", **more: Any) -> Event:
    return {
        "control": "objects", "type": "box", "label": label, "x": x, "y": y, "width": width, "height": height, **more,
    }  # fmt: skip


def event(kind: str, task: str | None = "t1", *, at: float = 0.0, project: str = PROJECT, **fields: Any) -> Event:
    """Any event; what is None is left out."""
    about = {} if task is None else {"project_id": project, "task_id": task}
    given = {name: value for name, value in fields.items() if value is not None}
    name = "-".join(str(given.get(n, "")) for n in ("submission_id", "annotator_id", "reviewer_id", "version"))
    return {
        "schema": 1, "type": kind, "event_id": f"{kind}/{task}/{name}/{at}", "occurred_at": instant(at), **about,
        **given,
    }  # fmt: skip


def submitted(
    task: str = "t1", annotator: str = "a1", value: str | None = "day", *, at: float = 0.0,
    result: Sequence[Event] | None = None, submission: str | None = None, version: int | None = None,
    kind: str | None = None, **more: Any,
) -> Event:  # fmt: skip
    """An answer to `scene`, or `result`."""
    regions = list(result) if result is not None else [] if value is None else [choice(value)]
    return event(
        "annotation.submitted", task, at=at, annotator_id=annotator, submission_id=submission or f"s-{annotator}",
        version=version, annotator_kind=kind, result=regions, **more,
    )  # fmt: skip


def withdrawn(
    task: str = "t1", annotator: str = "a1", *, at: float = 0.0, submission: str | None = None,
    version: int | None = None, **more: Any,
) -> Event:  # fmt: skip
    name = submission or f"s-{annotator}"
    return event("annotation.withdrawn", task, at=at, submission_id=name, version=version, **more)


def skipped(task: str = "t1", annotator: str = "a1", *, at: float = 0.0, **more: Any) -> Event:
    return event("task.skipped", task, at=at, annotator_id=annotator, **more)


def configured(task: str = "t1", *, at: float = 0.0, project: str = PROJECT, **fields: Any) -> Event:
    return event("task.configured", task, at=at, project=project, task_=fields) | {"task": fields}


def cancelled(task: str = "t1", *, at: float = 0.0, **more: Any) -> Event:
    return event("task.cancelled", task, at=at, **more)


def gold(task: str = "t1", *result: Event, at: float = 0.0, **more: Any) -> Event:
    return event("gold.set", task, at=at, result=list(result), **more)


def reviewed(
    verdict: str, task: str = "t1", *, at: float = 0.0, reviewer: str = "r1", decision_id: str | None = None,
    result: Sequence[Event] | None = None, **more: Any,
) -> Event:  # fmt: skip
    return event(
        "review.decided", task, at=at, reviewer_id=reviewer, verdict=verdict, decision_id=decision_id,
        result=None if result is None else list(result), **more,
    )  # fmt: skip


def tick() -> Event:
    """What the worker's ticker sends; only its broker timestamp matters."""
    return event("clock.tick", None)


def answers(*values: str | None, task: str = "t1", at: float = 0.0, **more: Any) -> list[Event]:
    """Answers of a1, a2, …, a second apart."""
    return [submitted(task, f"a{i}", value, at=at + i, **more) for i, value in enumerate(values, 1)]


def line(given: Event | bytes) -> bytes:
    return given if isinstance(given, bytes) else msgspec.json.encode(given)


def record(offset: int, given: Event | bytes, timestamp: int = 0) -> Record:
    """As a producer sends it, keyed by its task."""
    key = None
    if isinstance(given, dict) and "task_id" in given:
        key = f"{given['project_id']}/{given['task_id']}".encode()
    return Record(offset, key, line(given), (), timestamp)


def settings(**project: Any) -> ProjectSettings:
    return parse_document({"projects": {PROJECT: project}})[PROJECT]


class Driver:
    """SETTLE's partition 3, and WATCH's partition 0 behind it."""

    partition = 3

    def __init__(self, project: ProjectSettings | None = None, **limits: Any) -> None:
        self.book = SettingsBook({} if project is None else {PROJECT: project})
        self.limits = Limits(**limits)
        self.state: dict[bytes, bytes] = {}
        self.watch_state: dict[bytes, bytes] = {}
        self.outgoing: list[Outgoing] = []
        self.alerts: list[dict[str, Any]] = []
        self.counts: dict[tuple[str, ...], float] = defaultdict(float)
        self.contributions: dict[tuple[str, str], Contribution | None] = {}
        self.next_offset = 0
        self._watched = 0
        self._revisions: dict[tuple[str, str], tuple[str | None, int]] = {}
        self.crash()

    def crash(self) -> None:
        """Forget memory; recover from what was made durable."""
        self.settle = Settle(self.book, self.limits)
        self.settle.open(self.partition, self.state)
        self.watch = Watch(self.book)
        self.watch.open(0, self.watch_state)

    def feed(self, *events: Event | bytes, size: int | None = None, timestamp: int = 0) -> Driver:
        """Append events to the log and process them, `size` to a unit of work (None: all in one)."""
        records = [record(self.next_offset + i, given, timestamp) for i, given in enumerate(events)]
        for start in range(0, len(records), size or max(1, len(records))):
            self.step(records[start : start + (size or len(records))])
        return self

    def step(self, records: Sequence[Record]) -> UnitOfWork:
        """One unit of work of SETTLE, and WATCH on what came of it."""
        work = self.settle.step(self.partition, records)
        _apply(self.state, work)
        self.next_offset = work.next_offset
        self.outgoing += work.outgoing
        for name, amount in work.counts.items():
            self.counts[name] += amount
        self._check_facts(work.outgoing)
        self._check_state(work)
        self._check_outgoing(work.outgoing)
        self._step_watch([out for out in work.outgoing if out.topic == "quality-facts"])
        return work

    def sent(self, *topics: str) -> list[dict[str, Any]]:
        return [msgspec.json.decode(out.value) for out in self.outgoing if out.topic in topics]

    @property
    def decisions(self) -> list[dict[str, Any]]:
        return self.sent("task-agreement", "task-disagreement")

    @property
    def reassignments(self) -> list[dict[str, Any]]:
        return self.sent("task-reassignment")

    @property
    def reviews(self) -> list[dict[str, Any]]:
        return self.sent("task-review")

    @property
    def dead_letters(self) -> list[dict[str, Any]]:
        return self.sent("dead-letter")

    @property
    def reasons(self) -> list[tuple[str, str]]:
        return [(letter["reason"], letter["path"]) for letter in self.dead_letters]

    def decided(self, task: str = "t1") -> dict[str, Any]:
        """The decision in force."""
        return [decision for decision in self.decisions if decision["task_id"] == task][-1]

    def header(self, task: str = "t1", project: str = PROJECT) -> Any:
        return decode_header(self.state[msgspec.msgpack.encode(("t", project, task))])

    def overview(self, project: str = PROJECT) -> dict[str, Any]:
        """WATCH's sums."""
        return self.watch.overview(project)

    def flat(self) -> dict[str, list[Any]]:
        """All that was sent, however it was cut: records by topic, facts by project."""
        found: dict[str, list[Any]] = defaultdict(list)
        for out in self.outgoing:
            if out.topic == "quality-facts":
                batch = _facts(out.value)
                found[f"facts of {batch.project_id}"] += batch.facts
            else:
                found[out.topic].append(out)
        return dict(found)

    def _check_state(self, work: UnitOfWork) -> None:
        last = list(work.changes)[-1]
        assert _key(last) == ["w", self.partition]
        assert _watermark(self.state[last]).next_offset == work.next_offset
        headers: dict[tuple[str, str], set[tuple[str, ...]]] = {}
        others: dict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
        for key, value in self.state.items():
            kind, *names = _key(key)
            if kind == "t":
                header = decode_header(value)
                wanted: set[tuple[str, ...]] = {("s", s) for s in header.submissions}
                wanted |= {(k,) for k, has in (("g", header.has_gold), ("r", header.has_review)) if has}
                headers[names[0], names[1]] = wanted
                if not header.closed:
                    assert header.contribution == self.contributions.get((names[0], names[1]))
                assert not (header.closed and wanted)
            elif kind in "sgr":
                decode_review(value) if kind == "r" else decode_answer(value)
                others[names[0], names[1]].add((kind, *names[2:]))
            else:
                assert kind in "cw"
                _clock(value) if kind == "c" else _watermark(value)
        assert {task: stored for task, stored in headers.items() if stored} == dict(others)

    def _check_facts(self, outgoing: Iterable[Outgoing]) -> None:
        """Each fact must take back what the one before of its task had added."""
        for out in outgoing:
            if out.topic == "quality-facts":
                batch = _facts(out.value)
                for fact in batch.facts:
                    assert fact.before == self.contributions.get((batch.project_id, fact.task_id))
                    self.contributions[batch.project_id, fact.task_id] = fact.after

    def _check_outgoing(self, outgoing: Iterable[Outgoing]) -> None:
        for out in outgoing:
            assert out.partition == (None if out.topic == "quality-facts" else self.partition)
            if out.topic not in ("task-agreement", "task-disagreement"):
                continue
            sent = msgspec.json.decode(out.value)
            task = sent["project_id"], sent["task_id"]
            before, revision = self._revisions.get(task, (None, 0))
            assert (sent["replaces"], sent["revision"]) == (before, revision + 1)
            assert sent["decision_id"] != before
            self._revisions[task] = sent["decision_id"], sent["revision"]

    def _step_watch(self, outgoing: Sequence[Outgoing]) -> None:
        records = [Record(self._watched + i, out.key, out.value) for i, out in enumerate(outgoing)]
        self._watched += len(records)
        work = self.watch.step(0, records)
        _apply(self.watch_state, work)
        for key, value in self.watch_state.items():
            decode_state(key, value)
        self.alerts += [msgspec.json.decode(out.value) for out in work.outgoing]


def _apply(state: dict[bytes, bytes], work: UnitOfWork) -> None:
    for key, value in work.changes.items():
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value
