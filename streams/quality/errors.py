"""Errors that two people have in common: what says of answers, which good annotators share, that they were copied.

A task is judged for two people by a truth that neither had a part in: gold, a reviewer's correction, or else what more
than half of all who count answered, if it also is what most of the others answered, and two of them at least. Both,
because a copy votes for its original: where two are against two nobody can tell who is wrong, and without the second
half two copies make all whom they meet look like copies. So without gold it takes five answers. A task is one unit,
however many categories it asks for: wrong is whoever is wrong in any, and the same who gave a wrong answer both; but
for a model's answer that both took over.

A further answer leaves most pairs as they were: where one answer leads by so much that it is the truth for every two,
only those are counted again who answer otherwise than before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Final

from msgspec import Struct

from streams.contracts.facts import Detail, Value
from streams.quality.bounds import PAIRED_ROWS, PEERS
from streams.quality.labels import CATEGORICAL
from streams.quality.records import AnnotatorRecord, ErrorCounts, ProjectSums

__all__ = ["Judged", "count_errors", "judged"]

_VOTES: Final = 2
"""Of others, that make a truth."""
_ANSWERS: Final = 5
"""Without gold: of fewer, no two who are wrong are outvoted."""


class _Question(Struct):
    """One categorical control of a task."""

    given: list[Value]
    """By row."""
    votes: list[bool]
    """By row: whether it counts, and answers."""
    truth: Value
    agreeing: int
    """Votes for it."""
    n: int
    """All votes."""
    for_all: bool
    """Whether it is the truth for every two."""
    taken_over: frozenset[Value]
    """What models said."""

    def is_known(self, first: int, second: int) -> bool:
        """Whether it is so without these two."""
        if self.for_all:
            return True
        mine = [self.given[row] == self.truth for row in (first, second) if self.votes[row]]
        return _decides(self.agreeing - sum(mine), self.n - len(mine))


class Judged(Struct):
    """A task, as far as errors can be told."""

    people: list[tuple[int, str]]
    """Row and id of those who are no models."""
    questions: dict[str, _Question]


def judged(detail: Detail) -> Judged | None:
    """The task behind a decision; None where there is nothing to count, as for most tasks of three annotators."""
    enough = len(detail.annotators) >= _ANSWERS
    questions = {}
    for name, control in detail.controls.items():
        if control.type in CATEGORICAL and (enough or control.gold is not None or detail.review == "corrected"):
            question = _question(detail, name)
            if question is not None:
                questions[name] = question
    if not questions:
        return None
    rows = enumerate(detail.annotators[:PAIRED_ROWS])
    return Judged([(row, part.annotator_id) for row, part in rows if not part.model], questions)


def count_errors(
    sums: ProjectSums, task: Judged, records: Sequence[AnnotatorRecord], sign: int, other: Judged | None
) -> None:
    """Count every two people on the first of them by id.

    Args:
        sums: of the project.
        task: what is counted, or taken back.
        records: by row.
        sign: 1 or -1.
        other: what takes its place, or had it; pairs that are the same in both are left alone.
    """
    steady = _steady(task, other)
    for (i, mine), (j, theirs) in combinations(task.people, 2):
        if (mine in steady and theirs in steady) or records[i].annotator_id is None or records[j].annotator_id is None:
            continue
        found = _pair(task, i, j)
        if found is None:
            continue
        first_wrong, second_wrong, same = found
        record, name = records[i], theirs
        if theirs < mine:
            record, name, first_wrong = records[j], mine, second_wrong
        wrong = found[0] + found[1]
        pair = record.errors.get(name)
        if pair is None:
            pair = _new_pair(record, name, sign)
        for place, amount in enumerate((1, wrong, same, first_wrong)):
            pair[place] += sign * amount
        for place, amount in enumerate((1, wrong, same)):
            sums.errors[place] += sign * amount
        if sign < 0 and not pair[0]:
            record.errors.pop(name, None)


def _question(detail: Detail, name: str) -> _Question | None:
    control = detail.controls[name]
    units = control.gold or control.consensus
    if units is None or len(units.given) != 1:
        return None
    given, people = units.given[0], detail.annotators
    votes = [part.counts and answer is not None for part, answer in zip(people, given, strict=True)]
    said = frozenset(given[row] for row, part in enumerate(people) if part.model)
    if control.gold is not None or detail.review == "corrected":
        truth = units.truth[0]
        return None if truth is None else _Question(given, votes, truth, 0, 0, True, said)
    answers = [str(answer) for answer, counts in zip(given, votes, strict=True) if counts]
    n = len(answers)
    if n < _ANSWERS:
        return None
    ((most, agreeing),) = Counter(answers).most_common(1)
    if 2 * agreeing <= n:
        return None
    return _Question(given, votes, most, agreeing, n, _decides(agreeing - 2, n - 2), said)


def _decides(agreeing: int, votes: int) -> bool:
    return agreeing >= _VOTES and 2 * agreeing > votes


def _pair(task: Judged, i: int, j: int) -> tuple[bool, bool, bool] | None:
    """Whether the first, the second, and both alike are wrong; None where there is no truth for them."""
    is_judged = first = second = same = False
    for question in task.questions.values():
        mine, theirs = question.given[i], question.given[j]
        if mine is None or theirs is None:
            continue
        if not question.is_known(i, j):
            continue
        truth = question.truth
        is_judged = True
        first = first or mine != truth
        second = second or theirs != truth
        same = same or (mine == theirs != truth and mine not in question.taken_over)
    return (first, second, same) if is_judged else None


def _steady(task: Judged, other: Judged | None) -> frozenset[str]:
    """People of both whose answers are the same, where all else that matters to a pair is."""
    if other is None or task.questions.keys() != other.questions.keys():
        return frozenset()
    for name, one in task.questions.items():
        two = other.questions[name]
        if not (one.for_all and two.for_all) or one.truth != two.truth or one.taken_over != two.taken_over:
            return frozenset()
    rows = {name: row for row, name in other.people}
    return frozenset(
        name
        for row, name in task.people
        if name in rows
        and all(one.given[row] == other.questions[k].given[rows[name]] for k, one in task.questions.items())
    )


def _new_pair(record: AnnotatorRecord, other: str, sign: int) -> ErrorCounts:
    beyond = record.further_errors
    if sign < 0 or beyond[0] or len(record.errors) >= PEERS:
        return beyond
    pair = record.errors[other] = [0, 0, 0, 0]
    return pair
