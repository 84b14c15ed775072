"""Contenders: Faust as its documentation shows it. One event at a time, one send an output, tables written by key.

`make_whole_app` does the whole job of our worker, by the same pure halves: two agents. `make_app` decides, and nothing
else: one agent. Neither keeps our promises.

    BENCH_BROKER=... BENCH_PREFIX=... BENCH_GROUP=... python -m tests.bench.stock worker -l info --without-web

Nothing of our transport is imported. It may lose or repeat work in a crash, which our worker may not.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

import faust

from streams.ports import Processor, Record
from streams.stages.fold import fold
from streams.state import Header, Task
from streams.topics import TOPICS
from tests.bench.job import decided, processors, usable
from tests.bench.workload import ANNOTATORS, PARTITIONS

__all__ = ["make_app", "make_whole_app"]

OUTPUTS = ("task-agreement", "task-disagreement", "task-reassignment")


def make_app(broker: str, prefix: str, group: str, folder: str) -> Any:
    """The app; values are bytes, as decoding by the contract is part of the job that all contenders share."""
    app = _app(broker, group, folder)
    source = app.topic(prefix + "annotation-events", partitions=PARTITIONS, **_RAW)
    outputs = {name: app.topic(prefix + name, partitions=PARTITIONS, **_RAW) for name in OUTPUTS}
    tasks = app.Table("tasks", default=list, partitions=PARTITIONS)

    async def settle(stream: Any) -> None:
        async for event in stream.events():
            key = event.key.decode()
            usable(event.value)
            answers = [*tasks[key], event.value.decode()]
            if len(answers) < ANNOTATORS:
                tasks[key] = answers
                continue
            del tasks[key]
            for out in decided(folded(event.key, answers), event.message.partition):
                await outputs[out.topic].send(key=out.key, value=out.value, headers=dict(out.headers))

    app.agent(source)(settle)
    return app


def make_whole_app(broker: str, prefix: str, group: str, folder: str) -> Any:
    """The app of two agents that does our worker's whole job."""
    app = _app(broker, group, folder)
    topics = {name: app.topic(prefix + name, partitions=PARTITIONS, **_RAW) for name in TOPICS}
    for processor in processors():
        _add_agent(app, topics, processor)
    return app


def _add_agent(app: Any, topics: dict[str, Any], processor: Processor) -> None:
    schema: Any = faust.Schema(key_type=bytes, value_type=bytes, **_RAW)
    table = app.Table(processor.table, partitions=PARTITIONS, schema=schema)
    states: dict[int, dict[bytes, bytes]] = {}

    async def agent(stream: Any) -> None:
        async for event in stream.events():
            partition = event.message.partition
            if partition not in states:
                processor.open(partition, states.setdefault(partition, {}))
            stamp = int(event.message.timestamp * 1000)
            unit = processor.step(partition, [Record(event.message.offset, event.key, event.value, (), stamp)])
            for out in unit.outgoing:
                await topics[out.topic].send(key=out.key, value=out.value, headers=dict(out.headers))
            for key, value in unit.changes.items():
                if value is None:
                    states[partition].pop(key, None)
                    table.pop(key, None)
                else:
                    states[partition][key] = table[key] = value

    app.agent(topics[processor.source], name=processor.table)(agent)


_RAW: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw"}


def _app(broker: str, group: str, folder: str) -> Any:
    return faust.App(
        group, broker=f"kafka://{broker}", store="memory://", topic_partitions=PARTITIONS, topic_replication_factor=1,
        web_enabled=False, datadir=folder, broker_session_timeout=10.0, broker_rebalance_timeout=6.0,
        broker_heartbeat_interval=2.0, table_standby_replicas=0, topic_disable_leader=True,
    )  # fmt: skip


def folded(key: bytes, answers: list[str]) -> Task:
    """A task with these answers."""
    events = [usable(answer.encode()) for answer in answers]
    task = Task(events[0].project_id, events[0].task_id, key, Header(), {})
    for event in events:
        fold(task, event)
    return task


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="labelquorum-bench-") as scratch:
        make = make_whole_app if os.environ.get("BENCH_WHOLE") else make_app
        make(os.environ["BENCH_BROKER"], os.environ["BENCH_PREFIX"], os.environ["BENCH_GROUP"], scratch).main()
