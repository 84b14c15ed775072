"""A labeling queue whose annotators are recorded answers. Pure: no I/O, no clock, no chance.

Each task first gets the answers that its project requires, in the order in which people really worked, so many tasks
are open at once. After that a task gets a further recorded answer only when the worker asks for one.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Mapping

from streams.contracts.decisions import Reassignment
from streams.demo.ledger import FINAL_STATES, Ledger
from streams.demo.recorded import Answer, Recording, TaskKey

__all__ = ["LabelingQueue"]


class LabelingQueue:
    """Hands out recorded answers, each at most once.

    Args:
        recordings: one per project. The projects are played side by side, so that they end together.
        required: project → answers that a task gets without being asked for.
    """

    def __init__(self, recordings: Iterable[Recording], required: Mapping[str, int]) -> None:
        self._spare: dict[TaskKey, list[Answer]] = {}
        self._too_few: dict[TaskKey, int] = {}
        self._urgent: deque[Answer] = deque()
        self._requests: set[str] = set()
        self.handed: dict[TaskKey, set[str]] = {}
        """Task → whose answers have been handed in."""
        self.missing: dict[TaskKey, int] = {}
        """Task → annotators that were asked for and that the recording does not have."""
        rounds = [self._first_round(recording, required[recording.project_id]) for recording in recordings]
        self._planned = deque(answer for _, answer in heapq.merge(*rounds, key=lambda placed: placed[0]))

    @property
    def tasks(self) -> int:
        """Tasks in play."""
        return len(self._spare)

    @property
    def waiting_answers(self) -> int:
        """Answers that can be handed in now."""
        return len(self._urgent) + len(self._planned)

    def take(self, limit: int) -> list[Answer]:
        """The next answers, at most `limit`; what was asked for goes first."""
        taken: list[Answer] = []
        while len(taken) < limit and self.waiting_answers:
            taken.append((self._urgent or self._planned).popleft())
        for answer in taken:
            self.handed.setdefault(answer.task, set()).add(answer.event.annotator_id)
        return taken

    def ask(self, request: Reassignment) -> int:
        """Find as many more annotators as a reassignment wants. Returns how many; a repeated request finds none.

        A task that is not in play has none: somebody else's.
        """
        task = (request.project_id, request.task_id)
        if request.reassignment_id in self._requests or task not in self._spare:
            return 0
        self._requests.add(request.reassignment_id)
        excluded = set(request.exclude_annotators)
        allowed = [a for a in self._spare[task] if a.event.annotator_id not in excluded][: request.annotators_wanted]
        chosen = {a.event.annotator_id for a in allowed}
        self._spare[task] = [a for a in self._spare[task] if a.event.annotator_id not in chosen]
        self._urgent.extend(allowed)
        if len(allowed) < request.annotators_wanted:
            self.missing[task] = self.missing.get(task, 0) + request.annotators_wanted - len(allowed)
        return len(allowed)

    def explanation(self, task: TaskKey, ledger: Ledger) -> str | None:
        """Why a task without a final decision will not get one; None when there is no such reason."""
        if task in self._too_few:
            return f"only {self._too_few[task]} recorded answers, fewer than the project requires"
        if task in self.missing:
            return f"the recorded answers ran out, {self.missing[task]} more wanted"
        if ledger.refused(task):
            return f"{len(ledger.refused(task))} of its answers became dead letters"
        return None

    def unsettled(self, ledger: Ledger) -> list[TaskKey]:
        """Tasks with answers that no decision holds yet, or without a final decision or an explanation."""
        due = {answer.task for answer in (*self._urgent, *self._planned)}
        return [task for task in self._spare if task in due or not self._is_settled(task, ledger)]

    def lost(self, ledger: Ledger) -> dict[TaskKey, set[str]]:
        """Task → annotators whose answers were handed in and are neither in its latest decision nor a dead letter.

        A task that is waiting for its quorum has no decision to look into; its answers are counted once it has.
        """
        gone = {
            task: people - ledger.answered(task) - ledger.refused(task)
            for task, people in self.handed.items()
            if task in ledger.decisions
        }
        return {task: people for task, people in gone.items() if people}

    def _first_round(self, recording: Recording, required: int) -> list[tuple[float, Answer]]:
        planned: list[Answer] = []
        counts: dict[TaskKey, int] = {}
        for answer in recording.answers:
            spare = self._spare.setdefault(answer.task, [])
            counts[answer.task] = counts.get(answer.task, 0) + 1
            (planned if counts[answer.task] <= required else spare).append(answer)
        self._too_few |= {task: count for task, count in counts.items() if count < required}
        return [((place + 0.5) / len(planned), answer) for place, answer in enumerate(planned)]

    def _is_settled(self, task: TaskKey, ledger: Ledger) -> bool:
        decision = ledger.decisions.get(task)
        if decision is None:
            # Whoever asks for more annotators has decided so: a task in `missing` must have a decision too.
            return task in self._too_few or bool(ledger.refused(task))
        explained = self.explanation(task, ledger) is not None
        heard = self.handed[task] <= ledger.answered(task) | ledger.refused(task)
        return heard and (decision.state in FINAL_STATES or explained)
