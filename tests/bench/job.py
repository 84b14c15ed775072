"""The jobs of the contenders.

`whole_job` is what our worker does, by the same pure halves: edits, duplicates, late events, clocks, decisions, facts,
statistics, alerts. `decisions_job` is the least that gives the same decisions, byte for byte (the benchmark checks it):
keep a task's answers and, at the quorum, ask our engine. `trivial_job` has neither a contract nor an engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec import Struct

from streams.contracts.events import TaskEvent
from streams.contracts.settings import ProjectSettings
from streams.decide import outcome
from streams.plan import Plan
from streams.ports import InputRecord, Outgoing, Processor
from streams.requests import reassignment
from streams.settings import SettingsBook
from streams.settle import Settle
from streams.stages import emit
from streams.stages.decode import Decoded, decode
from streams.stages.fold import fold
from streams.state import Header, Task
from streams.watch import Watch
from tests.bench.workload import ANNOTATORS

__all__ = ["Job", "decided", "decisions_job", "processors", "trivial_job", "whole_job"]

Job = Callable[[str, int, Sequence[InputRecord]], Iterable[Outgoing]]
"""Source (by its name in `streams.topics`), partition, records → what to produce."""

_PLAN = Plan(ProjectSettings())


def decided(task: Task, partition: int) -> list[Outgoing]:
    """The decision of a task whose quorum is there, and the request for another annotator where it disagrees."""
    found = outcome(task, _PLAN)
    if found.scores is None:
        raise ValueError(f"expected the answers of a whole quorum; got {len(task.answers)} of {ANNOTATORS}")
    outgoing = [
        emit.decision(
            task.project_id,
            task.task_id,
            found.verdict.passed,
            found.event_time_us,
            found.decision_id,
            found.body,
            None,
            1,
            partition,
        )
    ]
    asked = reassignment(task, _PLAN, found, found.decision_id)
    if asked is not None:
        outgoing.append(emit.reassignment(asked, partition))
    return outgoing


def processors() -> list[Processor]:
    """The pure halves of our two agents."""
    book = SettingsBook()
    return [Settle(book), Watch(book)]


def whole_job() -> Job:
    """What both agents do; state is in dicts."""
    agents = {processor.source: processor for processor in processors()}
    states: dict[tuple[str, int], dict[bytes, bytes]] = {}

    def work(source: str, partition: int, records: Sequence[InputRecord]) -> Iterable[Outgoing]:
        state = states.get((source, partition))
        if state is None:
            state = states[source, partition] = {}
            agents[source].open(partition, state)
        unit = agents[source].step(partition, records)
        for key, record in unit.changes.items():
            if record is None:
                state.pop(key, None)
            else:
                state[key] = record
        return unit.outgoing

    return work


def decisions_job() -> Job:
    """Decode by the contract, keep, decide; open tasks are in a dict, and forgotten once decided."""
    tasks: dict[bytes, Task] = {}

    def one(partition: int, key: bytes, value: bytes) -> Iterable[Outgoing]:
        event = usable(value)
        task = tasks.get(key)
        if task is None:
            task = tasks[key] = Task(event.project_id, event.task_id, key, Header(), {})
        fold(task, event)
        if len(task.answers) < ANNOTATORS:
            return ()
        del tasks[key]
        return decided(task, partition)

    return _each(one)


def _each(one: Callable[[int, bytes, bytes], Iterable[Outgoing]]) -> Job:
    def work(_source: str, partition: int, records: Sequence[InputRecord]) -> Iterable[Outgoing]:
        return [out for r in records for out in one(partition, r.key or b"", r.value or b"")]

    return work


def usable(value: bytes) -> TaskEvent:
    """An event by the contract. Raises ValueError where it is none: the input has no others."""
    found = decode(value)
    event = found.event if isinstance(found, Decoded) else None
    if isinstance(event, TaskEvent):
        return event
    raise ValueError(f"expected an event of a task; got {found}")


class _Region(Struct):
    value: str


class _Answer(Struct):
    annotator_id: str
    result: list[_Region]


def trivial_job() -> Job:
    """No contract and no engine: three labels and their majority. What is left is the cost of Kafka in Python."""
    tasks: dict[bytes, list[str]] = {}
    parse = msgspec.json.Decoder(_Answer).decode
    encode = msgspec.json.Encoder().encode

    def one(partition: int, key: bytes, value: bytes) -> Iterable[Outgoing]:
        labels = tasks.setdefault(key, [])
        labels.append(parse(value).result[0].value)
        if len(labels) < ANNOTATORS:
            return ()
        del tasks[key]
        winner = max(sorted(set(labels)), key=labels.count)
        share = labels.count(winner) / len(labels)
        text = encode({"task_id": key.decode(), "label": winner, "agreement": share})
        return [Outgoing("task-agreement" if share == 1.0 else "task-disagreement", key, text, (), partition)]

    return _each(one)
