"""The player hands in what the queue has, listens, and ends when all is settled or nothing moves any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest

from streams.contracts.events import AnnotationSubmitted, GoldSet
from streams.demo import player
from streams.demo.ledger import Ledger
from streams.demo.player import play
from streams.demo.queue import LabelingQueue
from streams.demo.recorded import Recording
from tests.demo.builders import answer, decision, encoded, gold, reassignment, recording


class EagerWorker:
    """Agrees on a task as soon as it has `enough` answers, and asks for one more as soon as it has two of them."""

    def __init__(self, enough: int) -> None:
        self.enough = enough
        self.received: list[AnnotationSubmitted | GoldSet] = []
        self.keys: list[bytes] = []
        self._answers: dict[str, list[str]] = {}
        self._outputs: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    async def hand_in(self, records: Sequence[tuple[bytes, bytes]]) -> None:
        for key, value in records:
            event = msgspec.json.decode(value, type=AnnotationSubmitted | GoldSet)
            self.keys.append(key)
            self.received.append(event)
            if isinstance(event, AnnotationSubmitted):
                self._decide(event.task_id, self._answers.setdefault(event.task_id, []), event.annotator_id)

    def _decide(self, task: str, people: list[str], newest: str) -> None:
        people.append(newest)
        if len(people) >= self.enough:
            done = decision(task, "agreed", people, revision=len(people))
            self._outputs.put_nowait(("task-agreement", encoded(done)))
        elif len(people) >= 2:
            request = reassignment(task, people, number=len(people))
            self._outputs.put_nowait(("task-reassignment", encoded(request)))

    async def outputs(self) -> AsyncIterator[tuple[str, bytes]]:
        while True:
            yield await self._outputs.get()


@pytest.fixture(autouse=True)
def _no_afterglow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "_AFTERGLOW_SECONDS", 0.01)
    monkeypatch.setattr(player, "_TURN_SECONDS", 0.005)


def four_answers() -> Recording:
    return recording(*[answer("1", annotator) for annotator in "abcd"], gold("1", "cat"))


async def run(worker: EagerWorker, *, patience: float = 5.0, rate: float = 0.0) -> tuple[LabelingQueue, Ledger, int]:
    recorded, ledger, turns = four_answers(), Ledger(), 0
    queue = LabelingQueue([recorded], {"p": 2})

    def on_turn() -> None:
        nonlocal turns
        turns += 1

    await play(
        queue, [recorded], ledger, hand_in=worker.hand_in, outputs=worker.outputs(),
        answers_per_second=rate, patience_seconds=patience, on_turn=on_turn,
    )  # fmt: skip
    return queue, ledger, turns


async def test_gold_goes_first_and_each_request_brings_one_more_answer_until_the_task_is_decided() -> None:
    worker = EagerWorker(enough=4)
    queue, ledger, turns = await run(worker)
    assert [type(e) for e in worker.received] == [GoldSet] + [AnnotationSubmitted] * 4
    assert worker.keys == [b"p/1"] * 5
    assert ledger.decisions["p", "1"].state == "agreed"
    assert queue.unsettled(ledger) == []
    assert turns >= 2


async def test_it_gives_up_when_nothing_moves_and_says_what_is_missing() -> None:
    queue, ledger, _ = await run(EagerWorker(enough=100), patience=0.1)
    # Two answers planned and two more asked for; the worker, which should have decided by now, never has.
    assert queue.unsettled(ledger) == [("p", "1")]
    assert queue.explanation(("p", "1"), ledger) == "the recorded answers ran out, 1 more wanted"


async def test_the_rate_is_kept() -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await run(EagerWorker(enough=4), rate=40)
    # Four answers at 40 a second take 0.1 s: the first one is allowed after 1/40 s.
    assert loop.time() - begun >= 0.09


async def test_what_a_turn_raises_ends_the_play() -> None:
    recorded = four_answers()

    def worker_has_died() -> None:
        raise RuntimeError("worker has died")

    worker = EagerWorker(enough=4)
    with pytest.raises(RuntimeError, match="worker has died"):
        await play(
            LabelingQueue([recorded], {"p": 2}), [recorded], Ledger(), hand_in=worker.hand_in,
            outputs=worker.outputs(), answers_per_second=0, patience_seconds=1, on_turn=worker_has_died,
        )  # fmt: skip


async def test_an_output_that_cannot_be_read_ends_the_play() -> None:
    recorded = four_answers()

    async def outputs() -> AsyncIterator[tuple[str, bytes]]:
        yield "task-agreement", b"{}"

    with pytest.raises(msgspec.ValidationError, match="missing required field"):
        await play(
            LabelingQueue([recorded], {"p": 2}), [recorded], Ledger(), hand_in=EagerWorker(4).hand_in,
            outputs=outputs(), answers_per_second=0, patience_seconds=5, on_turn=lambda: None,
        )  # fmt: skip
