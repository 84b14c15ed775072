"""Plays a labeling queue against a running worker: hands answers in, listens, and stops when all is settled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

from streams.contracts.decisions import Reassignment
from streams.demo.ledger import Ledger
from streams.demo.queue import LabelingQueue
from streams.demo.recorded import Recording, record_key

__all__ = ["HandIn", "play"]

HandIn = Callable[[Sequence[tuple[bytes, bytes]]], Awaitable[None]]
"""Takes (key, value) records for `annotation-events`; returns once they are acknowledged."""

_TURN_SECONDS = 0.05
_PORTION = 500
"""Records handed in at once at most, so that listening and showing go on meanwhile."""
_AFTERGLOW_SECONDS = 2.5
"""Alerts come after the decisions that they are about: the statistics gather half a second of facts at a time."""


async def play(
    queue: LabelingQueue,
    recordings: Iterable[Recording],
    ledger: Ledger,
    *,
    hand_in: HandIn,
    outputs: AsyncIterator[tuple[str, bytes]],
    answers_per_second: float,
    patience_seconds: float,
    on_turn: Callable[[], None],
) -> None:
    """Gold first, then answers at the given rate (0: as fast as they are taken), until every task is settled.

    Gives up when nothing moves for `patience_seconds`; what is then missing, `queue.unsettled` tells. `outputs` are
    (topic without prefix, value); whatever `on_turn`, `hand_in` or `outputs` raise ends it.
    """
    heard = _Heard(asyncio.get_running_loop().time())
    listener = asyncio.create_task(_listen(queue, ledger, outputs, heard))

    def turn() -> None:
        if listener.done():
            listener.result()
        on_turn()

    try:
        gold = [(record_key(task), value) for r in recordings for task, value in r.gold_values.items()]
        for start in range(0, len(gold), _PORTION):
            await hand_in(gold[start : start + _PORTION])
            turn()
        await _hand_in_answers(queue, ledger, hand_in, answers_per_second, patience_seconds, turn, heard)
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)


class _Heard:
    """When the worker was last heard of, or spoken to."""

    def __init__(self, now: float) -> None:
        self.at = now


async def _listen(
    queue: LabelingQueue, ledger: Ledger, outputs: AsyncIterator[tuple[str, bytes]], heard: _Heard
) -> None:
    loop = asyncio.get_running_loop()
    async for topic, value in outputs:
        output = ledger.take(topic, value)
        if output is not None:
            heard.at = loop.time()
        if isinstance(output, Reassignment):
            queue.ask(output)


async def _hand_in_answers(
    queue: LabelingQueue,
    ledger: Ledger,
    hand_in: HandIn,
    answers_per_second: float,
    patience_seconds: float,
    on_turn: Callable[[], None],
    heard: _Heard,
) -> None:
    loop = asyncio.get_running_loop()
    allowance, then = 0.0, loop.time()
    while True:
        now = loop.time()
        allowance = min(allowance + (now - then) * answers_per_second, _PORTION) if answers_per_second else _PORTION
        then = now
        answers = queue.take(int(allowance))
        if answers:
            allowance -= len(answers)
            await hand_in([(record_key(a.task), a.value) for a in answers])
            heard.at = loop.time()
        on_turn()
        silence = loop.time() - heard.at
        if silence > patience_seconds:
            return
        if silence > _AFTERGLOW_SECONDS and not queue.waiting_answers and not queue.unsettled(ledger):
            return
        await asyncio.sleep(_TURN_SECONDS)
