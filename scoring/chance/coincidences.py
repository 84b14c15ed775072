"""How the tasks of a project were answered: the running sum behind every chance-corrected statistic.

The sum is a histogram of patterns: for each distribution of answers over labels (two "cat", one "dog") the number of
tasks that were answered so. It is kept in place of Krippendorff's coincidence matrix because the matrix, which it
contains, has forgotten which coincidences belong to one task. Tasks are what was sampled, so without them there is no
interval; and neither Fleiss' nor Gwet's coefficients, which weigh every task alike, can be had from it where tasks
differ in their number of answers.

It grows with the number of different patterns, at most the number of tasks: m answers over k labels have
C(m + k - 1, m) patterns, 35 for three answers over five labels, and agreeing tasks share a few. For numbers on a fine
scale, where nearly every task is a pattern of its own, `scoring.chance.ratings` sums moments instead.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_array

from scoring.chance.tally import Tally, natural_order
from scoring.types import Array

__all__ = ["Coincidences", "Pattern", "Table", "tabulate"]

Pattern: TypeAlias = tuple[tuple[Hashable, int], ...]
"""How one task was answered: (label, number of annotators), labels in natural order."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Tasks by labels, as arrays: what the statistics are computed from."""

    labels: list[Hashable]
    """The labels known, used or not, in order."""
    given: Any
    """csr_array (patterns, labels) float64: annotators who gave each label."""
    tasks: Array
    """(patterns,): how many tasks were answered so."""

    def answered(self, at_least: int) -> Table:
        """Only tasks with at least so many answers."""
        kept = self.sizes >= at_least
        if kept.all():
            return self
        # By hand: scipy's own selection of rows takes several times as long for the few entries of a control.
        entries = np.diff(self.given.indptr)
        chosen = np.repeat(kept, entries)
        begins = np.append(0, np.cumsum(entries[kept]))
        shape = (int(np.count_nonzero(kept)), len(self.labels))
        given = csr_array((self.given.data[chosen], self.given.indices[chosen], begins), shape=shape)
        return Table(self.labels, given, self.tasks[kept])

    @property
    def sizes(self) -> Array:
        """(patterns,): how many annotators answered each."""
        return self.sums(self.given.data)

    def sums(self, values: Array) -> Array:
        """(patterns,) sums over the entries of each, one an entry; a pattern without answers is none."""
        within: Array = np.add.reduceat(values, self.given.indptr[:-1])
        return within

    def used(self, tasks: Array) -> Array:
        """(labels,): how many answers each label has in so many tasks of each pattern."""
        answers = np.repeat(tasks, np.diff(self.given.indptr)) * self.given.data
        # Several times faster than scipy's product with the transposed matrix, for the few entries of a control.
        used: Array = np.bincount(self.given.indices, weights=answers, minlength=len(self.labels)).astype(np.float64)
        return used


class Coincidences(Tally[Pattern]):
    """How the tasks of one control were answered; can be added to, taken back from and merged exactly.

    Two of them that saw the same tasks are equal, in whatever order tasks came, were revised and were merged.

    >>> seen = Coincidences()
    >>> seen.add({"cat": 2, "dog": 1})
    >>> seen.add({"dog": 3})
    >>> seen.retract({"cat": 2, "dog": 1})
    >>> seen
    Coincidences({(('dog', 3),): 1})
    """

    def add(self, answers: Mapping[Any, int], tasks: int = 1) -> None:
        """Count a task (or several alike).

        Parameters
        ----------
        answers
            Label to the number of annotators who gave it (`collections.Counter` makes it). Who did not answer is not in
            it. A task without answers changes nothing; one with a single answer counts where a coefficient uses it.
        tasks
            How many tasks were answered so.

        Raises
        ------
        ValueError
            A number of annotators is negative.
        """
        pattern = tuple(
            sorted(((label, n) for label, n in answers.items() if n), key=lambda pair: natural_order(pair[0]))
        )
        if any(n < 0 for _, n in pattern):
            raise ValueError(f"expected numbers of annotators of at least 0, got {dict(answers)}")
        if pattern:
            self.change(pattern, tasks)

    def retract(self, answers: Mapping[Any, int], tasks: int = 1) -> None:
        """Take a task back that was counted with these answers; the same bits as if it had never been there."""
        self.add(answers, -tasks)

    def table(self, labels: Sequence[Hashable] | None = None) -> Table:
        """Lay the patterns out as arrays, in an order that depends on the patterns only.

        Parameters
        ----------
        labels
            All labels of the control, in its order: the order of an ordinal scale, and the number of labels that Gwet's
            coefficients need. Default: those that were used, in natural order.

        Raises
        ------
        ValueError
            A label was used that is not among `labels`.
        """
        used = {label for pattern, _ in self for label, _ in pattern}
        known = sorted(used, key=natural_order) if labels is None else list(labels)
        if strangers := used - set(known):
            raise ValueError(f"expected labels among {known}, got also {sorted(strangers, key=natural_order)}")
        place = {label: i for i, label in enumerate(known)}
        rows = sorted((sorted((place[label], n) for label, n in pattern), tasks) for pattern, tasks in self)
        entries = [(row, column, n) for row, (pattern, _) in enumerate(rows) for column, n in pattern]
        row, column, n = np.array(entries, dtype=np.int64).reshape(-1, 3).T
        given = csr_array((n.astype(np.float64), (row, column)), shape=(len(rows), len(known)))
        return Table(known, given, np.array([tasks for _, tasks in rows], dtype=np.float64))


def tabulate(codes: Any, labels: Sequence[Hashable] | None = None) -> Table:
    """The table of a batch: a matrix of labels, tasks by annotators.

    Parameters
    ----------
    codes
        (n_tasks, n_annotators) whole numbers: the place of the label in `labels`; -1 where there is no answer.
    labels
        All labels in their order; default: 0, 1, ... up to the largest code.

    Raises
    ------
    ValueError
        `codes` is not a matrix of whole numbers from -1 to the number of labels less one.

    Examples
    --------
    >>> table = tabulate([[0, 0, -1], [1, 0, 1]], labels=["cat", "dog"])
    >>> table.given.toarray().tolist()
    [[2.0, 0.0], [1.0, 2.0]]
    """
    matrix = np.asarray(codes)
    if matrix.ndim != 2 or (matrix.size and not np.issubdtype(matrix.dtype, np.integer)):
        raise ValueError(f"expected a matrix of whole numbers, got {matrix.dtype} of shape {matrix.shape}")
    largest = int(matrix.max(initial=-1))
    known: list[Hashable] = list(range(largest + 1)) if labels is None else list(labels)
    if matrix.min(initial=0) < -1 or largest >= len(known):
        raise ValueError(f"expected codes in -1..{len(known) - 1}, got {matrix.min()}..{largest}")
    # A cell for each task and label, and one for no answer before those of each task.
    width = len(known) + 1
    answers = (matrix + np.arange(1, width * len(matrix) + 1, width)[:, None]).ravel()
    if len(matrix) * width <= 4 * len(answers):  # few labels: counting all cells is faster than sorting those used
        counts = np.bincount(answers)
        cells = np.flatnonzero(counts > 0)
        counts = counts[cells]
    else:
        cells, counts = np.unique(answers, return_counts=True)
    rows, columns = np.divmod(cells, width)
    answered = np.flatnonzero(columns)
    entries = np.bincount(rows[answered])
    begins = np.append(0, np.cumsum(entries[entries > 0]))
    tasks = len(begins) - 1
    given = csr_array((counts[answered].astype(np.float64), columns[answered] - 1, begins), shape=(tasks, len(known)))
    return Table(known, given, np.ones(tasks))
