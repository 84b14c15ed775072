"""The steps of the two deliveries, in order, against a producer that writes down what it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import pytest

from streams.adapters.faust_app.delivery import AtLeastOnce, ExactlyOnce, PartitionLost, Route
from streams.adapters.kafka.producer import BatchProducer, Outbound
from streams.ports import Outgoing, UnitOfWork

ROUTE = Route("group", "p.annotation-events", 3, "group-tasks-changelog", lambda name: f"p.{name}")

UNIT = UnitOfWork(
    outgoing=[
        Outgoing("task-agreement", b"a", b"1", [("ce_type", b"x")], 3),
        Outgoing("dead-letter", b"k", b"2", (), None),
        Outgoing("task-agreement", b"b", b"3", (), 3),
    ],
    changes={b"a": b"s", b"gone": None, b"\xffwatermark": b"9"},
    next_offset=10,
    counts={},
)


@dataclass
class Acknowledged:
    offset: int


class Notebook:
    """Everything that a producer was asked, in order; acknowledges when `acknowledge` is set."""

    def __init__(self, *, refuse: str | None = None) -> None:
        self.asked: list[Any] = []
        self.refuse = refuse

    async def partition(self, topic: str, key: bytes) -> int:
        return 1

    async def send(
        self, topic: str, partition: int, records: Iterable[Outbound], *, whole: bool = False
    ) -> list[asyncio.Future[object]]:
        self.asked.append((topic, partition, [(r.key, r.value) for r in records], "whole" if whole else ""))
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        if topic == self.refuse:
            future.set_exception(RuntimeError("refused"))
        else:
            future.set_result(Acknowledged(40))
        return [future]

    async def begin(self) -> None:
        self.asked.append("begin")

    async def add_offset(self, group: str, topic: str, partition: int, next_offset: int) -> None:
        self.asked.append(("offset", group, topic, partition, next_offset))

    async def commit(self) -> None:
        self.asked.append("commit")


class Group:
    """A consumer group that says what it is told to."""

    def __init__(self, *, ours: bool) -> None:
        self.ours = ours
        self.committed: list[int] = []

    async def still_ours(self, first_offset: int) -> bool:
        return self.ours

    def durable(self, next_offset: int) -> None:
        self.committed.append(next_offset)


OUTPUTS = [
    ("p.task-agreement", 3, [(b"a", b"1"), (b"b", b"3")], ""),
    ("p.dead-letter", 1, [(b"k", b"2")], ""),
]
STATE = ("group-tasks-changelog", 3, [(b"a", b"s"), (b"gone", None), (b"\xffwatermark", b"9")])


def producer(notebook: Notebook) -> BatchProducer:
    return cast(BatchProducer, notebook)


async def test_exactly_once_puts_outputs_state_and_offset_into_one_transaction() -> None:
    notebook, steps = Notebook(), list[str]()
    end = await ExactlyOnce(ROUTE, producer(notebook), steps.append).deliver(UNIT, 5)
    assert notebook.asked == [
        "begin", *OUTPUTS, (*STATE, ""), ("offset", "group", "p.annotation-events", 3, 10), "commit",
    ]  # fmt: skip
    assert steps == ["begin", "outputs", "state", "offsets", "committed"]
    assert end == 43  # three changelog records from offset 40


@pytest.mark.parametrize("refused", ["p.task-agreement", "group-tasks-changelog"])
async def test_exactly_once_never_commits_a_transaction_that_lacks_a_refused_batch(refused: str) -> None:
    notebook = Notebook(refuse=refused)
    with pytest.raises(RuntimeError, match="refused"):
        await ExactlyOnce(ROUTE, producer(notebook)).deliver(UNIT, 5)
    assert "commit" not in notebook.asked


async def test_at_least_once_writes_outputs_then_the_state_as_one_batch_then_hands_on_the_offset() -> None:
    notebook, group, steps = Notebook(), Group(ours=True), list[str]()
    await AtLeastOnce(ROUTE, producer(notebook), group, steps.append).deliver(UNIT, 5)
    assert notebook.asked == [*OUTPUTS, (*STATE, "whole")]
    assert group.committed == [10]
    assert steps == ["begin", "outputs", "state", "offsets", "committed"]


async def test_at_least_once_writes_no_state_when_an_output_was_refused() -> None:
    notebook, group = Notebook(refuse="p.dead-letter"), Group(ours=True)
    with pytest.raises(RuntimeError, match="refused"):
        await AtLeastOnce(ROUTE, producer(notebook), group).deliver(UNIT, 5)
    assert notebook.asked == OUTPUTS
    assert group.committed == []


async def test_at_least_once_writes_nothing_to_a_partition_that_is_somebody_elses() -> None:
    notebook, group = Notebook(), Group(ours=False)
    with pytest.raises(PartitionLost, match=r"p\.annotation-events/3"):
        await AtLeastOnce(ROUTE, producer(notebook), group).deliver(UNIT, 5)
    assert notebook.asked == []
