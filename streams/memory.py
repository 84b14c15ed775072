"""What one partition of SETTLE holds in memory: decoded tasks, the projects' clocks, and deadlines.

The recovered table is the truth; everything here is made from it and can be dropped and made again.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from streams.state import (
    STORED_FORM,
    Clock,
    Header,
    Task,
    Watermark,
    decode_answer,
    decode_header,
    decode_review,
    encode,
    gold_key,
    header_key,
    review_key,
    submission_key,
)

__all__ = ["Deadlines", "PartitionMemory", "ProjectMemory"]

_decode_any = msgspec.msgpack.Decoder().decode
_decode_clock = msgspec.msgpack.Decoder(Clock).decode
_decode_watermark = msgspec.msgpack.Decoder(Watermark).decode


def _header(value: bytes, names: list[str]) -> Header:
    try:
        header = decode_header(value)
    except msgspec.ValidationError:  # what another form has otherwise may be read before its number
        header = Header(form=_decode_any(value)[0])
    if header.form != STORED_FORM:
        raise ValueError(
            f"expected records of the tasks table in form {STORED_FORM}; task {'/'.join(names)} is in form "
            f"{header.form}; another version of labelquorum wrote it, see CHANGELOG for what to do"
        )
    return header


class Deadlines:
    """When each task of a project is due, earliest first.

    A deadline that moves away is not looked for: its entry stays, and `due` hands the task out when the old time comes,
    to be scheduled again. So an event costs no search, and a task has one live entry.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, bytes]] = []
        self._scheduled: dict[bytes, int] = {}

    def schedule(self, key: bytes, at_us: int | None) -> None:
        """Make sure that `key` is handed out at `at_us` at the latest; None: no deadline."""
        if at_us is None:
            return
        known = self._scheduled.get(key)
        if known is None or at_us < known:
            self._scheduled[key] = at_us
            heapq.heappush(self._heap, (at_us, key))

    def any_due(self, now_us: int) -> bool:
        """Whether `due` may hand anything out: cheap enough to ask at every event."""
        return bool(self._heap) and self._heap[0][0] <= now_us

    def due(self, now_us: int) -> Iterator[tuple[int, bytes]]:
        """Hand out what is due at `now_us` with the time it was scheduled for, in order of time, then key."""
        while self._heap and self._heap[0][0] <= now_us:
            at_us, key = heapq.heappop(self._heap)
            if self._scheduled.get(key) == at_us:
                del self._scheduled[key]
                yield at_us, key


class ProjectMemory:
    """One project in one partition: its stream time, and what is due by it."""

    __slots__ = ("clock", "deadlines")

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.deadlines = Deadlines()


class PartitionMemory:
    """One partition."""

    def __init__(self, partition: int, state: Mapping[bytes, bytes], cached_tasks: int) -> None:
        self.partition = partition
        self.next_offset = 0
        self.projects: dict[str, ProjectMemory] = {}
        self._state = state
        self._tasks: dict[bytes, Task] = {}
        self._cached_tasks = cached_tasks

    def recover(self, deadline: Callable[[str, Header], int | None]) -> None:
        """Read clocks, watermark and deadlines out of the recovered state. ValueError: another version wrote it."""
        for key, value in self._state.items():
            kind, *names = _decode_any(key)
            if kind == "t":
                header = _header(value, names)
                self.project(names[0]).deadlines.schedule(key, deadline(names[0], header))
            elif kind == "c":
                self.project(names[0]).clock = _decode_clock(value)
            elif kind == "w":
                self.next_offset = _decode_watermark(value).next_offset

    def project(self, project_id: str) -> ProjectMemory:
        """A project; one that nothing was known of starts at the beginning of time."""
        found = self.projects.get(project_id)
        if found is None:
            found = self.projects[project_id] = ProjectMemory(Clock(0, 0))
        return found

    def make_room(self) -> None:
        """Drop the tasks that were read longest ago. Only between steps, when the table has everything."""
        surplus = len(self._tasks) - self._cached_tasks
        if surplus > 0:
            for key in list(islice(self._tasks, surplus)):
                del self._tasks[key]

    def task(self, project_id: str, task_id: str) -> Task:
        """A task as known so far; a new one where nothing is known."""
        key = header_key(project_id, task_id)
        found = self._tasks.get(key)
        if found is None:
            found = self._tasks[key] = self._read(key, project_id, task_id)
        return found

    def task_at(self, key: bytes) -> Task:
        """The task whose header has this key."""
        _, project_id, task_id = _decode_any(key)
        return self.task(project_id, task_id)

    def forget(self, key: bytes) -> None:
        """A closed task needs no memory beside its stored marker."""
        self._tasks.pop(key, None)

    def watermark(self) -> tuple[bytes, bytes]:
        """The record that says how far this partition has come."""
        return encode(("w", self.partition)), encode(Watermark(self.next_offset))

    @staticmethod
    def clock_record(project_id: str, clock: Clock) -> tuple[bytes, bytes]:
        """The record of a project's stream time."""
        return encode(("c", project_id)), encode(clock)

    def _read(self, key: bytes, project_id: str, task_id: str) -> Task:
        stored = self._state.get(key)
        if stored is None:
            return Task(project_id, task_id, key, Header(), {})
        header = decode_header(stored)
        get: Any = self._state.__getitem__
        return Task(
            project_id,
            task_id,
            key,
            header,
            {s: decode_answer(get(submission_key(project_id, task_id, s))) for s in header.submissions},
            decode_answer(get(gold_key(project_id, task_id))) if header.has_gold else None,
            decode_review(get(review_key(project_id, task_id))) if header.has_review else None,
        )
