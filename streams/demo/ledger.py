"""What the worker has said so far about the tasks in play. Pure: bytes of output records in, the latest word out.

The same record twice, or a decision that arrives after the one that replaces it, changes nothing: topics are read side
by side, and at-least-once delivery repeats records.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from streams.contracts.decisions import Alert, DeadLetter, Reassignment, TaskState
from streams.demo.recorded import TaskKey

__all__ = ["FINAL_STATES", "FOLLOWED_TOPICS", "Ledger", "Output", "SeenDecision", "SeenReview", "SeenSubmission"]

FINAL_STATES = frozenset({"agreed", "accepted", "in_review", "reviewed", "abandoned", "cancelled"})
"""Task states in which the queue has nothing left to do."""


class SeenSubmission(Struct, gc=False):
    """What the demo reads of a decision's submission."""

    annotator_id: str


class SeenDecision(Struct):
    """What the demo reads of a decision, as any consumer would: the fields that it needs, whatever else is there."""

    decision_id: str
    revision: int
    project_id: str
    task_id: str
    state: TaskState
    score: float | None
    submissions: list[SeenSubmission]
    consensus: list[dict[str, Any]]


class SeenReview(Struct):
    """What the demo reads of a review."""

    review_id: str
    project_id: str
    task_id: str


Output = SeenDecision | Reassignment | SeenReview | Alert | DeadLetter

_TYPES: dict[str, type[Output]] = {
    "task-agreement": SeenDecision,
    "task-disagreement": SeenDecision,
    "task-reassignment": Reassignment,
    "task-review": SeenReview,
    "quality-alerts": Alert,
    "dead-letter": DeadLetter,
}
FOLLOWED_TOPICS = tuple(_TYPES)


K = TypeVar("K")
V = TypeVar("V")


class _Origin(Struct):
    """Whose answer a dead letter was."""

    project_id: str
    task_id: str
    annotator_id: str


class Ledger:
    """The latest decision of each task, and everything else once."""

    def __init__(self) -> None:
        self.decisions: dict[TaskKey, SeenDecision] = {}
        self.reassignments: dict[str, Reassignment] = {}
        self.reviews: dict[str, SeenReview] = {}
        self.alerts: dict[tuple[str, str], Alert] = {}
        self.dead_letters: dict[tuple[str, int, int, str], DeadLetter] = {}
        self.scores: dict[str, list[float]] = {}
        """Project → score of each final decision, in the order of arrival."""
        self._decision_ids: set[str] = set()
        self._refused: dict[TaskKey, set[str]] = {}
        self._decoders = {kind: msgspec.json.Decoder(kind) for kind in set(_TYPES.values())}

    def take(self, topic: str, value: bytes) -> Output | None:
        """Note one output record; `topic` without prefix. None when it was known already.

        Raises:
            msgspec.DecodeError: not what the topic's contract says.
        """
        output = self._decoders[_TYPES[topic]].decode(value)
        match output:
            case SeenDecision():
                return self._take_decision(output)
            case Reassignment():
                return _once(self.reassignments, output.reassignment_id, output)
            case SeenReview():
                return _once(self.reviews, output.review_id, output)
            case Alert():
                return _once(self.alerts, (output.alert_id, output.state), output)
            case DeadLetter():
                return self._take_dead_letter(output)

    def answered(self, task: TaskKey) -> set[str]:
        """Whose answers the task's latest decision holds."""
        decision = self.decisions.get(task)
        return {s.annotator_id for s in decision.submissions} if decision else set()

    def refused(self, task: TaskKey) -> set[str]:
        """Whose answers to the task became dead letters as a whole."""
        return self._refused.get(task, set())

    def states(self, project_id: str | None = None) -> Counter[str]:
        """How many decided tasks are in which state."""
        return Counter(d.state for d in self.decisions.values() if project_id in (None, d.project_id))

    def _take_decision(self, decision: SeenDecision) -> SeenDecision | None:
        if decision.decision_id in self._decision_ids:
            return None
        self._decision_ids.add(decision.decision_id)
        if decision.score is not None and decision.state in FINAL_STATES:
            self.scores.setdefault(decision.project_id, []).append(decision.score)
        task = (decision.project_id, decision.task_id)
        known = self.decisions.get(task)
        if known is None or decision.revision > known.revision:
            self.decisions[task] = decision
        return decision

    def _take_dead_letter(self, letter: DeadLetter) -> DeadLetter | None:
        if letter.scope == "event" and letter.value is not None and not letter.truncated:
            try:
                origin = msgspec.json.decode(letter.value, type=_Origin)
            except msgspec.DecodeError:
                pass  # not an answer, so nobody waits for it
            else:
                self._refused.setdefault((origin.project_id, origin.task_id), set()).add(origin.annotator_id)
        return _once(self.dead_letters, (letter.topic, letter.partition, letter.offset, letter.path), letter)


def _once(known: dict[K, V], key: K, value: V) -> V | None:
    if key in known:
        return None
    known[key] = value
    return value
