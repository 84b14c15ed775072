"""The answers of a project as index arrays: what the models of `scoring.reliability` work on."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from scoring.chance.tally import natural_order

__all__ = ["ABSENT", "Answers", "IndexedAnswers", "Integers", "index_answers"]

Integers: TypeAlias = NDArray[np.int64]
"""An int64 array; each function states its shape."""

ABSENT: Final = -1
"""The code of a task whose true class is not known."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Who answered what about which task: three arrays of the same length, one entry an answer.

    An annotator may answer a task more than once (the first observer of Dawid and Skene did): the answers then count
    as independent ones. Memory grows with the number of answers, never with tasks times annotators.

    Raises
    ------
    ValueError
        The arrays differ in length, an index is outside its range, or there are fewer than two classes.

    Examples
    --------
    >>> answers = Answers.of(tasks=[0, 0, 1], annotators=[0, 1, 0], labels=[1, 1, 0])
    >>> answers.n_tasks, answers.n_annotators, answers.n_classes
    (2, 2, 2)
    """

    tasks: Integers
    """Index of the task, in `range(n_tasks)`."""
    annotators: Integers
    """Index of the annotator, in `range(n_annotators)`."""
    labels: Integers
    """Index of the class that was answered, in `range(n_classes)`."""
    n_tasks: int
    n_annotators: int
    n_classes: int

    def __post_init__(self) -> None:
        if not len(self.tasks) == len(self.annotators) == len(self.labels):
            raise ValueError(
                f"expected one task, annotator and label an answer; got {len(self.tasks)} tasks, "
                f"{len(self.annotators)} annotators and {len(self.labels)} labels"
            )
        if self.n_classes < 2:
            raise ValueError(f"expected at least two classes to choose from, got {self.n_classes}")
        for name, codes, end in (
            ("task", self.tasks, self.n_tasks),
            ("annotator", self.annotators, self.n_annotators),
            ("label", self.labels, self.n_classes),
        ):
            if len(codes) and not (codes.min() >= 0 and codes.max() < end):
                raise ValueError(f"expected {name} indices in 0..{end - 1}, got {codes.min()}..{codes.max()}")

    @classmethod
    def of(
        cls, tasks: Any, annotators: Any, labels: Any, *, n_tasks: int = 0, n_annotators: int = 0, n_classes: int = 2
    ) -> Answers:
        """Answers from anything that numpy reads as whole numbers; the sizes are what the indices need, or more."""
        columns = [np.asarray(column, dtype=np.int64).reshape(-1) for column in (tasks, annotators, labels)]
        least = (n_tasks, n_annotators, n_classes)
        sizes = [max(size, int(column.max(initial=-1)) + 1) for size, column in zip(least, columns, strict=True)]
        return cls(columns[0], columns[1], columns[2], *sizes)

    def given(self) -> Any:
        """How often each annotator gave each label to each task.

        Returns
        -------
        csr_array
            (n_tasks, n_annotators * n_classes) float64; the column of annotator a's label l is `a * n_classes + l`.
        """
        columns = self.annotators * self.n_classes + self.labels
        shape = (self.n_tasks, self.n_annotators * self.n_classes)
        return csr_array((np.ones(len(columns)), (self.tasks, columns)), shape=shape)


@dataclass(frozen=True, slots=True)
class IndexedAnswers:
    """Answers together with what their indices stand for."""

    answers: Answers
    task_ids: list[str]
    """By task index, in natural order."""
    annotator_ids: list[str]
    """By annotator index, in natural order."""
    classes: list[Hashable]
    """By label index: as given, or in natural order."""


def index_answers(
    rows: Iterable[tuple[str, str, Hashable]], classes: Sequence[Hashable] | None = None
) -> IndexedAnswers:
    """Number the tasks, annotators and classes of (task, annotator, label) rows, whatever the order of the rows.

    Parameters
    ----------
    rows
        One an answer.
    classes
        All classes that can be answered, in the order of the control, which decides ties. Default: those that occur,
        in natural order (by type, then value). A class that nobody used is worth naming: the models then know that it
        could have been answered.

    Raises
    ------
    ValueError
        A label is not among `classes`, or fewer than two classes are known.

    Examples
    --------
    >>> indexed = index_answers([("t2", "bo", "yes"), ("t1", "al", "no"), ("t1", "bo", "yes")])
    >>> indexed.task_ids, indexed.annotator_ids, indexed.classes
    (['t1', 't2'], ['al', 'bo'], ['no', 'yes'])
    >>> indexed.answers.tasks.tolist(), indexed.answers.labels.tolist()
    ([0, 0, 1], [0, 1, 1])
    """
    listed = list(rows)
    task_ids = sorted({task for task, _, _ in listed})
    annotator_ids = sorted({annotator for _, annotator, _ in listed})
    seen = {label for _, _, label in listed}
    known: list[Hashable] = sorted(seen, key=natural_order) if classes is None else list(classes)
    if unknown := seen - set(known):
        raise ValueError(f"expected labels among {known}, got also {sorted(unknown, key=natural_order)}")
    places = [{name: place for place, name in enumerate(names)} for names in (task_ids, annotator_ids, known)]
    # Sorted, so that the same answers in another order give the same arrays and with them the same bits.
    coded = sorted((places[0][task], places[1][annotator], places[2][label]) for task, annotator, label in listed)
    columns = np.array(coded, dtype=np.int64).reshape(-1, 3).T
    answers = Answers(columns[0], columns[1], columns[2], len(task_ids), len(annotator_ids), len(known))
    return IndexedAnswers(answers, task_ids, annotator_ids, known)
