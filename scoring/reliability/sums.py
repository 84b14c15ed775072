"""What a stream of decided tasks says about its annotators, as sums that can be taken back.

A decided task contributes, for each annotator who answered it, the row *probability of each true class x the answer
that was given*, and the probabilities themselves to the class counts. A contribution is rounded once, to whole
millionths; from there on only whole numbers are added. So sums form a group: adding commutes, taking back undoes it to
the bit, and parts that were counted apart merge. All fields are dicts, strings and whole numbers: MessagePack and JSON
hold them as they are, and an annotator's counts can be stored as a record of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from scoring.reliability.bias import Bias
from scoring.rolling.sums import MICRO

__all__ = ["MAX_ANNOTATORS", "MAX_CLASSES", "Contribution", "Counts", "Sums", "contribution", "gold", "merged"]

MAX_ANNOTATORS: Final = 10_000
"""Annotators counted one by one in a project; who comes later is counted together with all others who came later."""
MAX_CLASSES: Final = 100
"""Classes with counts of their own. Answers of further classes still count as right or wrong. A matrix of 100 x 100
is more than any annotator's answers fill: only the cells that occur are kept."""
_LEAST_MICRO: Final = MICRO // 1000
"""A class less probable than a thousandth adds no cell: it would cost as much memory as a certain one."""


class Contribution(NamedTuple):
    """What one task adds. Equal decisions give equal contributions, whatever the order of the answers.

    SETTLE and WATCH may send it, store it, and hand it back to `Sums.subtract`.
    """

    answers: tuple[tuple[str, str], ...]
    """(annotator, class), one an annotator, sorted."""
    truth: tuple[tuple[str, int], ...]
    """(class, probability in millionths), sorted by class, above 0 each, exactly a million together."""


def contribution(answers: Mapping[str, str], posterior: Mapping[str, float], anchor: float = 0.0) -> Contribution:
    """What a task contributes that was decided by a posterior.

    `truth[k] = (1 - anchor) * posterior[k] + anchor * share of the answers that are k`, in millionths. Classes below a
    thousandth are left out; what rounding leaves over goes to the most probable class, of equal ones the first by name.

    Parameters
    ----------
    answers
        Annotator → class; empty for a task that only adds to the class counts.
    posterior
        Class → probability; rescaled to sum to 1.
    anchor
        In [0, 1]: the part of the votes in what is learned. See `scoring.reliability.parameters.Parameters.anchor`.

    Raises
    ------
    ValueError
        The posterior has no positive probability, a negative or infinite one, or NaN; or the anchor is outside [0, 1].

    Examples
    --------
    >>> contribution({"bo": "cat", "al": "dog"}, {"cat": 0.75, "dog": 0.25})
    Contribution(answers=(('al', 'dog'), ('bo', 'cat')), truth=(('cat', 750000), ('dog', 250000)))
    """
    total = sum(posterior.values())
    if not (0.0 < total < float("inf")) or min(posterior.values()) < 0.0:
        raise ValueError(f"expected probabilities of at least 0 that are not all 0, got {dict(posterior)}")
    if not 0.0 <= anchor <= 1.0:
        raise ValueError(f"expected an anchor in [0, 1], got {anchor}")
    part = anchor if answers else 0.0
    mixed = {name: (1.0 - part) * p / total for name, p in posterior.items()}
    for name in sorted(answers.values()) if part else ():
        mixed[name] = mixed.get(name, 0.0) + part / len(answers)
    best = min(mixed, key=lambda name: (-round(mixed[name] * MICRO), name))
    truth = {name: round(p * MICRO) for name, p in mixed.items()}
    kept = {name: micro for name, micro in truth.items() if micro >= _LEAST_MICRO or name == best}
    kept[best] += MICRO - sum(kept.values())
    return Contribution(tuple(sorted(answers.items())), tuple(sorted(kept.items())))


def gold(answers: Mapping[str, str], truth: str) -> Contribution:
    """What a task contributes whose class is known for certain.

    >>> gold({"al": "dog"}, "cat").truth
    (('cat', 1000000),)
    """
    return contribution(answers, {truth: 1.0})


@dataclass(slots=True)
class Counts:
    """The expected confusion of one annotator, in millionths of an answer. Cells of 0 are not kept."""

    total: int = 0
    """All answers."""
    right: int = 0
    """The expected number of right ones."""
    rows: dict[str, int] = field(default_factory=dict)
    """True class → answers to it; for counted classes."""
    cells: dict[str, dict[str, int]] = field(default_factory=dict)
    """Class given → true class → answers."""

    def change(self, given: str, truth: tuple[tuple[str, int], ...], known: Mapping[str, int], times: int) -> None:
        """Count an answer `times` times; take it back where that is negative."""
        self.total += times * MICRO
        column = self.cells.get(given)
        for name, micro in truth:
            amount = times * micro
            if name == given:
                self.right += amount
            if name in known:
                _change(self.rows, name, amount)
                if given in known:
                    if column is None:
                        column = self.cells[given] = {}
                    _change(column, name, amount)
        if column is not None and not column:
            del self.cells[given]

    def plus(self, other: Counts, known: Mapping[str, int]) -> Counts:
        """Both together, with the rows and cells of the known classes."""
        both = Counts(self.total + other.total, self.right + other.right)
        for counts in (self, other):
            for name, amount in counts.rows.items():
                if name in known:
                    _change(both.rows, name, amount)
            for given, column in counts.cells.items():
                for name, amount in column.items():
                    if given in known and name in known:
                        _change(both.cells.setdefault(given, {}), name, amount)
        return both


@dataclass(slots=True)
class Sums:
    """All that the models of `scoring.reliability.incremental` know of a project.

    Examples
    --------
    >>> sums, task = Sums(), contribution({"al": "dog", "bo": "cat"}, {"cat": 0.75, "dog": 0.25})
    >>> sums.add(task)
    >>> sums.annotators["bo"].right, sums.classes
    (750000, {'cat': 750000, 'dog': 250000})
    >>> sums.subtract(task)
    >>> sums == Sums()
    True
    """

    annotators: dict[str, Counts] = field(default_factory=dict)
    everyone: Counts = field(default_factory=Counts)
    """All annotators together."""
    further_annotators: Counts = field(default_factory=Counts)
    """Those beyond `max_annotators`, together."""
    classes: dict[str, int] = field(default_factory=dict)
    """Class → expected tasks of it, in millionths."""
    named: dict[str, int] = field(default_factory=dict)
    """Class → in how many counted tasks somebody answered it or it may be the truth: the classes that are known."""
    bias: Bias = field(default_factory=Bias)
    """Of all annotators, those beyond the cap as one."""
    further_classes: int = 0
    """As `named`, for all classes beyond `max_classes` together."""
    tasks: int = 0
    max_annotators: int = MAX_ANNOTATORS
    max_classes: int = MAX_CLASSES

    def add(self, task: Contribution) -> None:
        """Count a task. O(answers x possible classes)."""
        self._change(task, 1)

    def subtract(self, task: Contribution) -> None:
        """Take back what `add` counted: afterwards the sums are those of all other tasks, to the bit.

        Raises
        ------
        ValueError
            No task is counted.
        """
        if self.tasks < 1:
            raise ValueError(f"expected to take back a task that was counted, got {task} and no counted task")
        self._change(task, -1)

    def _change(self, task: Contribution, sign: int) -> None:
        self.tasks += sign
        names = {name for name, _ in task.truth}
        names.update(given for _, given in task.answers)
        entering = [] if sign < 0 else [name for name in sorted(names) if name not in self.named]
        for name in entering if not self.further_classes else ():
            if len(self.named) < self.max_classes:
                self.named[name] = 0
        known = self.named
        votes: dict[str, int] = {}
        for annotator, given in task.answers:
            votes[given] = votes.get(given, 0) + 1
            counts = self._counts_of(annotator, sign)
            self.bias.count(counts.rows, counts.cells, -1)
            counts.change(given, task.truth, known, sign)
            self.bias.count(counts.rows, counts.cells, 1)
            if counts.total == 0:
                self.annotators.pop(annotator, None)
        for given, number in votes.items():
            self.everyone.change(given, task.truth, known, sign * number)
        for name, micro in task.truth:
            if name in known:
                _change(self.classes, name, sign * micro)
        for name in names:
            if name in known:
                _change(known, name, sign)
            else:
                self.further_classes += sign

    def _counts_of(self, annotator: str, sign: int) -> Counts:
        """While somebody is counted among the further ones nobody new enters: they may be one of those."""
        counts = self.annotators.get(annotator)
        if counts is not None:
            return counts
        if sign < 0 or self.further_annotators.total or len(self.annotators) >= self.max_annotators:
            return self.further_annotators
        counts = self.annotators[annotator] = Counts()
        return counts


def merged(first: Sums, second: Sums) -> Sums:
    """The sums of two sets of tasks that were counted apart. Which is named first does not matter.

    A name that one of the two counts among its further ones may hide in there, so it is counted one by one only where
    both know it or the one that does not has no further ones; the caps are those of `first` and `second`, the larger.

    >>> left, right = Sums(), Sums()
    >>> left.add(gold({"al": "dog"}, "cat"))
    >>> right.add(gold({"al": "cat"}, "cat"))
    >>> merged(left, right).annotators["al"].rows
    {'cat': 2000000}
    """
    both = Sums(
        max_annotators=max(first.max_annotators, second.max_annotators),
        max_classes=max(first.max_classes, second.max_classes),
    )
    known = _known(
        (first.named, not first.further_classes), (second.named, not second.further_classes), both.max_classes
    )
    one_by_one = _known(
        (first.annotators, not first.further_annotators.total),
        (second.annotators, not second.further_annotators.total),
        both.max_annotators,
    )
    for sums in (first, second):
        both.tasks += sums.tasks
        both.everyone = both.everyone.plus(sums.everyone, known)
        both.further_annotators = both.further_annotators.plus(sums.further_annotators, known)
        both.further_classes += sums.further_classes
        for name, references in sums.named.items():
            if name in known:
                _change(both.named, name, references)
            else:
                both.further_classes += references
        for name, micro in sums.classes.items():
            if name in known:
                _change(both.classes, name, micro)
        for annotator, counts in sums.annotators.items():
            if annotator in one_by_one:
                both.annotators[annotator] = both.annotators.get(annotator, Counts()).plus(counts, known)
            else:
                both.further_annotators = both.further_annotators.plus(counts, known)
    for counts in (*both.annotators.values(), both.further_annotators):
        both.bias.count(counts.rows, counts.cells, 1)
    return both


def _known(
    first: tuple[Mapping[str, object], bool], second: tuple[Mapping[str, object], bool], most: int
) -> dict[str, int]:
    """Names that are counted one by one in both, the first `most` by name; the flag says that a side hides none."""
    (left, left_whole), (right, right_whole) = first, second
    names = {name for name in left if right_whole or name in right} | {
        name for name in right if left_whole or name in left
    }
    return dict.fromkeys(sorted(names)[:most], 0)


def _change(amounts: dict[str, int], name: str, by: int) -> None:
    left = amounts.get(name, 0) + by
    if left:
        amounts[name] = left
    else:
        amounts.pop(name, None)
