"""Deciding recent tasks again, now that more is known: what an annotator turns out to be reaches back a little.

Incremental expectation maximisation (Neal, R. M. and Hinton, G. E. (1998), A view of the EM algorithm that justifies
incremental, sparse, and other variants, doi:10.1007/978-94-011-5014-9_12): one task at a time leaves the sums, is
decided by the rest, and comes back. Over a window of bounded size, a bounded number of tasks for each new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from scoring.reliability.incremental import learned, posterior
from scoring.reliability.parameters import DEFAULT, Parameters
from scoring.reliability.sums import Contribution, Sums

__all__ = ["WINDOW", "Entry", "Recent", "Redecide"]

WINDOW: Final = 200
"""Tasks by default."""
Redecide = Callable[[dict[str, str], Sums], Contribution]
"""A model: (a task's answers, the sums without the task) → what it contributes now."""


class Entry(NamedTuple):
    """A task of the window."""

    told: Contribution
    """What its fact said: the rest of the system knows this one, and it is what leaves the window."""
    counted: Contribution
    """What the sums hold of it at present."""


def _shrunk(answers: dict[str, str], sums: Sums, parameters: Parameters = DEFAULT) -> Contribution:
    return learned(answers, posterior(answers, sums, parameters=parameters), parameters)


@dataclass(slots=True)
class Recent:
    """The latest tasks of a project, which are decided again in turn.

    Between the sums and the facts: `Recent.add` and `Recent.subtract` take what a fact says and keep the sums. A task
    that leaves the window, or is taken back, leaves behind exactly what its facts said, so sums stay exact whatever was
    decided again in between. Gold is never decided again: it goes to `Sums.add` itself.

    Examples
    --------
    >>> from scoring.reliability.sums import contribution
    >>> sums, recent = Sums(), Recent(window=2)
    >>> task = contribution({"al": "cat", "bo": "cat"}, {"cat": 0.9, "dog": 0.1})
    >>> recent.add("t-1", task, sums)
    >>> [task_id for task_id, entry in recent.decide_again(sums, 1) if entry.counted != entry.told]
    ['t-1']
    >>> recent.subtract("t-1", task, sums)
    >>> sums == Sums()
    True
    """

    window: int = WINDOW
    """Tasks at most; at least 1."""
    tasks: dict[str, Entry] = field(default_factory=dict)
    """Task → its entry; the first is next to be decided again."""
    order: dict[str, None] = field(default_factory=dict)
    """The same tasks in the order in which they came."""

    def add(self, task_id: str, task: Contribution, sums: Sums) -> None:
        """Count a task that is not in the window; the oldest leaves it where it is full."""
        if task_id in self.tasks:
            raise ValueError(f"expected to take {task_id} back before it is added again")
        sums.add(task)
        self.tasks[task_id] = Entry(task, task)
        self.order[task_id] = None
        if len(self.tasks) > self.window:
            oldest = next(iter(self.order))
            told = self._leave(oldest, sums)
            sums.add(told)

    def subtract(self, task_id: str, task: Contribution, sums: Sums) -> None:
        """Take back what a fact said of a task, in the window or not.

        Raises
        ------
        ValueError
            The window knows the task with another contribution.
        """
        entry = self.tasks.get(task_id)
        if entry is None:
            sums.subtract(task)
        elif entry.told != task:
            raise ValueError(f"expected to take back {entry.told} of {task_id}, as it was added; got {task}")
        else:
            self._leave(task_id, sums)

    def decide_again(self, sums: Sums, number: int, decide: Redecide = _shrunk) -> Iterator[tuple[str, Entry]]:
        """Decide the next tasks again, `number` of them or the whole window, each once; none that tells no answers.

        Yields
        ------
        tuple
            (task, its entry as it is now), whether or not it changed.
        """
        for task_id in list(self.tasks)[: max(number, 0)]:
            entry = self.tasks.pop(task_id)
            if not entry.told.answers:
                self.tasks[task_id] = entry
                continue
            sums.subtract(entry.counted)
            again = entry._replace(counted=decide(dict(entry.told.answers), sums))
            sums.add(again.counted)
            self.tasks[task_id] = again
            yield task_id, again

    def _leave(self, task_id: str, sums: Sums) -> Contribution:
        entry = self.tasks.pop(task_id)
        del self.order[task_id]
        sums.subtract(entry.counted)
        return entry.told
