"""Which tasks are worth drawing, and what was said about each: from decisions and input events, in two passes.

The first pass keeps one decision a task; the second keeps the answers of the few tasks that were chosen. So a report
over millions of events holds the answers of a dozen tasks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from streams.contracts.decisions import Decision
from streams.contracts.events import AnnotationSubmitted, Event, GoldSet, TaskEvent
from streams.contracts.regions import Region
from streams.contracts.views import UNCONTESTED_STATES
from streams.report.material import Answer, ContestedTask

__all__ = ["AnswersOf", "Contested"]

_FIELDS = ("width_px", "height_px", "media_url")


class Contested:
    """Finds the most contested tasks of a project. Holds the decision in force of every task, packed as it came."""

    def __init__(self, project_id: str) -> None:
        self._project_id = project_id
        self._in_force: dict[str, tuple[float | None, bytes]] = {}

    def add(self, value: bytes) -> None:
        """Take in a decision as `decisions.jsonl` and the topics have it; a later one takes the place of a former one.

        Raises:
            msgspec.DecodeError: it is no decision.
        """
        found = _decode_score(value)
        if found.project_id == self._project_id:
            self._in_force[found.task_id] = (None if found.state in UNCONTESTED_STATES else found.score, value)

    def most(self, count: int) -> list[Decision]:
        """Those with the least agreement, ties by task id; where everybody agrees, nothing is contested."""
        scored = [(score, task_id) for task_id, (score, _) in self._in_force.items() if score is not None and score < 1]
        return [_decode(self._in_force[task_id][1]) for _, task_id in sorted(scored)[:count]]


class AnswersOf:
    """Gathers what was said about some tasks, event by event."""

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self._decisions = {(d.project_id, d.task_id): d for d in decisions}
        self._answers: dict[tuple[str, str, str, int], tuple[Any, list[Region]]] = {}
        self._gold: dict[tuple[str, str], tuple[Any, list[Region]]] = {}
        self._known: dict[tuple[str, str, str], tuple[Any, Any]] = {}

    def concerns(self, project_id: str, task_id: str) -> bool:
        """Whether an event of this task has anything to tell."""
        return (project_id, task_id) in self._decisions

    def add(self, event: Event) -> None:
        """Take in an event; the order does not matter."""
        if not isinstance(event, TaskEvent) or not self.concerns(event.project_id, event.task_id):
            return
        task, when = (event.project_id, event.task_id), (event.occurred_at, event.event_id)
        if isinstance(event, AnnotationSubmitted):
            _later(self._answers, (*task, event.submission_id, event.version), when, event.result)
        elif isinstance(event, GoldSet):
            _later(self._gold, task, when, event.result)
        for name in _FIELDS if event.task is not None else ():
            if (value := getattr(event.task, name)) is not None:
                _later(self._known, (*task, name), when, value)

    def tasks(self) -> list[ContestedTask]:
        """The tasks, in the order of their decisions."""
        return [self._task(decision) for decision in self._decisions.values()]

    def _task(self, decision: Decision) -> ContestedTask:
        task = (decision.project_id, decision.task_id)
        known = {name: found[1] for name in _FIELDS if (found := self._known.get((*task, name)))}
        gold = self._gold.get(task)
        answers = [
            Answer(
                annotator_id=s.annotator_id,
                kind=s.annotator_kind,
                counts=s.counts,
                score=s.score,
                result=found[1] if (found := self._answers.get((*task, s.submission_id, s.version))) else None,
            )
            for s in decision.submissions
        ]
        return ContestedTask(decision=decision, answers=answers, gold=gold[1] if gold else None, **known)


def _later(held: dict[Any, tuple[Any, Any]], key: Any, when: Any, value: Any) -> None:
    former = held.get(key)
    if former is None or former[0] < when:
        held[key] = (when, value)


class _Scored(msgspec.Struct):
    project_id: str
    task_id: str
    state: str
    score: float | None


_decode = msgspec.json.Decoder(Decision).decode
_decode_score = msgspec.json.Decoder(_Scored).decode
