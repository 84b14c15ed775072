"""Sets with an answer of another kind than one label: several labels, texts, numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import partial
from typing import Any, Final

import numpy as np

from scoring.agreement.nominal import equality_matrix
from scoring.agreement.sets import jaccard, jaccard_matrix
from scoring.chance.coefficient import Coefficient
from scoring.chance.ratings import RatingSums, interval_alpha
from scoring.consensus.numbers import number_consensus, trimmed_mean
from scoring.consensus.text import text_consensus
from scoring.consensus.votes import vote_labels
from scoring.types import Undefined
from tests.datasets.classification import alpha_of
from tests.datasets.figures import Figure, by_name, higher, lower, mean, pairs, same
from tests.datasets.records import DataSet, Mark

__all__ = ["label_sets", "ratings", "texts"]


def label_sets(data: DataSet) -> Iterator[Figure]:
    """Sets of labels: agreement, and whether the vote on each label finds gold or a held-out answer."""
    by_task = [[frozenset(str(mark["label"]) for mark in s.marks) for s in task] for task in data.tasks()]
    alike: list[float] = []
    equal: list[float] = []
    for answers in by_task:
        shared, exact = jaccard_matrix(answers), equality_matrix(answers)
        alike += [shared[i][j] for i, j in pairs(len(answers))]
        equal += [exact[i][j] for i, j in pairs(len(answers))]
    yield same("mean Jaccard of two answers", mean(alike))
    yield same("two answers are equal", mean(equal))
    yield same("Krippendorff's alpha, nominal, of whole sets", alpha_of(by_task))
    labels = sorted(set().union(*(answer for answers in by_task for answer in answers)))
    yield by_name(
        "Krippendorff's alpha of each label",
        {label: alpha_of([[label in answer for answer in answers] for answers in by_task]) for label in labels},
    )
    if data.gold:
        gold = {task: frozenset(str(mark["label"]) for mark in marks) for task, marks in data.gold.items()}
        known = [(by, gold[s[0].task]) for by, s in zip(by_task, data.tasks(), strict=True) if s[0].task in gold]
        single = mean(jaccard(answer, right) for answers, right in known for answer in answers)
        voted = mean(jaccard(set(vote_labels(answers).labels), right) for answers, right in known)
        yield higher("Jaccard with gold, vote on each label", voted, single, "one annotator")
        return
    ours = mean(
        jaccard(set(vote_labels([*answers[:i], *answers[i + 1 :]]).labels), answer)
        for answers in by_task
        if len(answers) > 2
        for i, answer in enumerate(answers)
    )
    yield higher("Jaccard with a held-out answer, vote on each label", ours, mean(alike), "one other annotator")


def texts(data: DataSet) -> Iterator[Figure]:
    """Texts: how near what is chosen comes to gold or a held-out answer, by difflib's ratio of the words."""
    by_task = {task[0].task: [str(s.marks[0]["text"]) for s in task if s.marks] for task in data.tasks()}
    methods: dict[str, Callable[[Sequence[str]], str]] = {
        "default (medoid)": lambda answers: str(text_consensus(answers).value),
        "word vote": lambda answers: str(text_consensus(answers, method="word_vote").value),
    }
    gold = {task: str(marks[0]["text"]) for task, marks in data.gold.items() if marks}
    known = {task: answers for task, answers in by_task.items() if task in gold and answers}
    if known:
        single = mean(_alike(answer, gold[task]) for task, answers in known.items() for answer in answers)
        yield same("likeness to gold, single answer", single)
        for name, method in methods.items():
            ours = mean(_alike(method(answers), gold[task]) for task, answers in known.items())
            yield higher(f"likeness to gold, {name}", ours, single, "a single answer")
        best = mean(max(_alike(answer, gold[task]) for answer in answers) for task, answers in known.items())
        yield same("likeness to gold, best single answer", best)
        return
    held = [(by[i], [*by[:i], *by[i + 1 :]]) for by in by_task.values() if len(by) > 2 for i in range(len(by))]
    single = mean(mean(_alike(answer, other) for other in others) for answer, others in held)
    for name, method in methods.items():
        ours = mean(_alike(method(others), answer) for answer, others in held)
        yield higher(f"likeness to a held-out answer, {name}", ours, single, "one other annotator")


def _alike(answer: str, right: str) -> float:
    ours, theirs = (re.findall(r"\w+|[^\w\s]", text.lower()) for text in (answer, right))
    return SequenceMatcher(a=ours, b=theirs).ratio()


_NUMBERS: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "mean": partial(trimmed_mean, trim=0.0),
    "default (median)": lambda answers: float(number_consensus(answers).value or 0.0),
    "trimmed mean": trimmed_mean,
}


def ratings(data: DataSet) -> Iterator[Figure]:
    """Numbers: alpha of each dimension, and how near what is decided comes to gold."""
    given: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for submission in data.submissions:
        for mark in submission.marks:
            given[_dimension(mark)][submission.task].append(float(mark["value"]))
    yield by_name("Krippendorff's alpha, interval", {name: _alpha(tasks) for name, tasks in given.items()})
    gold = {(_dimension(mark), task): float(mark["value"]) for task, marks in data.gold.items() for mark in marks}
    for name, method in _NUMBERS.items():
        yield from _numbers_against_gold(name, method, given, gold) if gold else _numbers_held_out(name, method, given)


def _numbers_against_gold(
    name: str,
    method: Callable[[Sequence[float]], float],
    given: dict[str, dict[str, list[float]]],
    gold: dict[tuple[str, str], float],
) -> Iterator[Figure]:
    off: dict[str, Any] = {}
    alone: list[float] = []
    along: dict[str, float] = {}
    for dimension, tasks in given.items():
        known = [task for task in sorted(tasks) if (dimension, task) in gold]
        if not known:
            continue
        ours = np.array([method(tasks[task]) for task in known])
        right = np.array([gold[dimension, task] for task in known])
        off[dimension] = ours - right
        alone += [abs(answer - gold[dimension, task]) for task in known for answer in tasks[task]]
        if ours.std() and right.std():
            along[dimension] = float(np.corrcoef(ours, right)[0, 1])
    yield by_name(f"Pearson's r with gold, {name}", along, "higher")
    if len(given) > 1:
        yield by_name(f"MAE, {name}", {part: float(np.abs(error).mean()) for part, error in off.items()}, "lower")
        yield by_name(f"RMSE, {name}", {part: _root_mean_square(error) for part, error in off.items()}, "lower")
    pooled = np.concatenate(list(off.values()))
    yield lower(f"MAE of all, {name}", float(np.abs(pooled).mean()), mean(alone), "a single answer")
    yield lower(f"RMSE of all, {name}", _root_mean_square(pooled))


def _numbers_held_out(
    name: str, method: Callable[[Sequence[float]], float], given: dict[str, dict[str, list[float]]]
) -> Iterator[Figure]:
    answered = [answers for tasks in given.values() for answers in tasks.values() if len(answers) > 2]
    held = [(answer, [*by[:i], *by[i + 1 :]]) for by in answered for i, answer in enumerate(by)]
    if held:
        alone = mean(abs(answer - other) for answer, others in held for other in others)
        ours = mean(abs(answer - method(others)) for answer, others in held)
        yield lower(f"MAE from a held-out answer, {name}", ours, alone, "one other annotator")


def _root_mean_square(errors: Any) -> float:
    return float(np.sqrt((errors**2).mean()))


def _dimension(mark: Mark) -> str:
    return str(mark.get("dimension", ""))


def _alpha(tasks: dict[str, list[float]]) -> Coefficient | Undefined:
    sums = RatingSums()
    for answers in tasks.values():
        sums.add(answers)
    return interval_alpha(sums)
