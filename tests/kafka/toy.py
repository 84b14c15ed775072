"""Two tiny processors with all that the transport cares about: state, a watermark, outputs, facts between them.

`ToySettle` counts records per key and emits every third; `ToyWatch` sums what it is told per project and emits the
running sum, once per fact however often the fact is delivered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from streams.errors import ConfigurationError, DeadLetterBudgetExceeded
from streams.ports import InputRecord, Outgoing, UnitOfWork

__all__ = ["WATERMARK", "ToySettle", "ToyWatch", "exhausted", "processors", "unreadable"]

WATERMARK = b"\xffwatermark"


class _Toy:
    source: str
    table: str

    def __init__(self) -> None:
        self._states: dict[int, dict[bytes, bytes]] = {}

    def open(self, partition: int, state: Mapping[bytes, bytes]) -> None:
        self._states[partition] = dict(state)

    def close(self, partition: int) -> None:
        self._states.pop(partition, None)

    def open_partitions(self) -> Iterable[int]:
        return self._states.keys()

    def step(self, partition: int, records: Sequence[InputRecord]) -> UnitOfWork:
        state = self._states[partition]
        watermark = int(state.get(WATERMARK, b"-1"))
        outgoing: list[Outgoing] = []
        changes: dict[bytes, bytes | None] = {}
        for record in records:
            if record.offset > watermark:
                self.process(partition, record, state, changes, outgoing)
        last = records[-1].offset
        state[WATERMARK] = changes[WATERMARK] = b"%d" % max(last, watermark)
        counts: dict[tuple[str, ...], float] = {("records_total", self.table): float(len(records))}
        return UnitOfWork(outgoing=outgoing, changes=changes, next_offset=last + 1, counts=counts)

    def process(
        self,
        partition: int,
        record: InputRecord,
        state: dict[bytes, bytes],
        changes: dict[bytes, bytes | None],
        outgoing: list[Outgoing],
    ) -> None:
        raise NotImplementedError


class ToySettle(_Toy):
    source = "annotation-events"
    table = "tasks"

    def process(
        self,
        partition: int,
        record: InputRecord,
        state: dict[bytes, bytes],
        changes: dict[bytes, bytes | None],
        outgoing: list[Outgoing],
    ) -> None:
        if record.key is None:  # a clock tick
            state[b"\xffticks"] = changes[b"\xffticks"] = b"%d" % (int(state.get(b"\xffticks", b"0")) + 1)
            return
        answers = [*json.loads(state.get(record.key, b"[]")), json.loads(record.value or b"{}")["answer"]]
        if len(answers) % 3:
            state[record.key] = changes[record.key] = json.dumps(answers).encode()
            return
        state.pop(record.key, None)
        changes[record.key] = None
        decision = json.dumps({"task": record.key.decode(), "answers": answers}).encode()
        project = record.key.split(b"/")[0]
        fact = json.dumps({"from": partition, "offset": record.offset}).encode()
        outgoing.append(Outgoing("task-agreement", record.key, decision, [("ce_type", b"toy")], partition))
        outgoing.append(Outgoing("quality-facts", project, fact, (), None))


class ToyWatch(_Toy):
    source = "quality-facts"
    table = "quality"

    def process(
        self,
        partition: int,
        record: InputRecord,
        state: dict[bytes, bytes],
        changes: dict[bytes, bytes | None],
        outgoing: list[Outgoing],
    ) -> None:
        fact = json.loads(record.value or b"{}")
        counted = b"\xfffrom/%d" % fact["from"]
        if fact["offset"] <= int(state.get(counted, b"-1")):
            return
        state[counted] = changes[counted] = b"%d" % fact["offset"]
        assert record.key is not None
        total = int(state.get(record.key, b"0")) + 1
        state[record.key] = changes[record.key] = b"%d" % total
        outgoing.append(Outgoing("quality-alerts", record.key, b"%d" % total, (), partition))


def processors() -> dict[str, ToySettle | ToyWatch]:
    """Both, by agent."""
    return {"settle": ToySettle(), "watch": ToyWatch()}


class _Exhausted(ToySettle):
    def step(self, partition: int, records: Sequence[InputRecord]) -> UnitOfWork:
        raise DeadLetterBudgetExceeded("too many dead letters: look at the producer")


def exhausted() -> dict[str, ToySettle | ToyWatch]:
    """A SETTLE whose dead-letter budget is exceeded by its first record."""
    return {"settle": _Exhausted(), "watch": ToyWatch()}


class _Unreadable(ToySettle):
    def open(self, partition: int, state: Mapping[bytes, bytes]) -> None:
        raise ConfigurationError(["state of another form: use another app id"])


def unreadable() -> dict[str, ToySettle | ToyWatch]:
    """A SETTLE that can't read its state."""
    return {"settle": _Unreadable(), "watch": ToyWatch()}
