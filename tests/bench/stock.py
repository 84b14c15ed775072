"""Contender: Faust as its documentation shows it. One agent, one table, one event at a time, one send an output.

    BENCH_BROKER=... BENCH_PREFIX=... BENCH_GROUP=... python -m tests.bench.stock worker -l info --without-web

Nothing of our transport is imported. It may lose or repeat work in a crash, which our worker may not.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

import faust

from streams.stages.fold import fold
from streams.state import Header, Task
from tests.bench.job import decided, usable
from tests.bench.workload import ANNOTATORS, PARTITIONS

__all__ = ["make_app"]

OUTPUTS = ("task-agreement", "task-disagreement", "task-reassignment")


def make_app(broker: str, prefix: str, group: str, folder: str) -> Any:
    """The app; values are bytes, as decoding by the contract is part of the job that all contenders share."""
    app = faust.App(
        group, broker=f"kafka://{broker}", store="memory://", topic_partitions=PARTITIONS, topic_replication_factor=1,
        web_enabled=False, datadir=folder, broker_session_timeout=10.0, broker_rebalance_timeout=6.0,
        broker_heartbeat_interval=2.0, table_standby_replicas=0, topic_disable_leader=True,
    )  # fmt: skip
    raw: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw"}
    source = app.topic(prefix + "annotation-events", partitions=PARTITIONS, **raw)
    outputs = {name: app.topic(prefix + name, partitions=PARTITIONS, **raw) for name in OUTPUTS}
    tasks = app.Table("tasks", default=list, partitions=PARTITIONS)

    @app.agent(source)
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

    return app


def folded(key: bytes, answers: list[str]) -> Task:
    """A task with these answers."""
    events = [usable(answer.encode()) for answer in answers]
    task = Task(events[0].project_id, events[0].task_id, key, Header(), {})
    for event in events:
        fold(task, event)
    return task


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="labelquorum-bench-") as scratch:
        make_app(os.environ["BENCH_BROKER"], os.environ["BENCH_PREFIX"], os.environ["BENCH_GROUP"], scratch).main()
