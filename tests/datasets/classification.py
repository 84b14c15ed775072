"""Sets with one label an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from scoring.chance.alpha import krippendorff_alpha
from scoring.chance.coefficient import Coefficient
from scoring.chance.coincidences import Coincidences
from scoring.consensus.votes import vote
from scoring.reliability.answers import Answers, IndexedAnswers, index_answers
from scoring.reliability.em import Fit
from scoring.reliability.models import dawid_skene, one_coin, shrunk
from scoring.types import Undefined
from tests.datasets.figures import Figure, by_name, higher, mean, same
from tests.datasets.records import DataSet

__all__ = ["alpha_of", "evaluate"]

MODELS: Final[dict[str, Callable[[Answers], Fit]]] = {
    "Dawid–Skene": dawid_skene, "one coin": one_coin, "shrunk (default model)": shrunk
}  # fmt: skip
_MOST_CLASSES = 8
"""Of more, what a model says of each is not listed."""


def evaluate(data: DataSet) -> Iterator[Figure]:
    """Agreement; then with gold how often each way to decide is right, without what the classic model says."""
    rows = [(s.task, s.annotator, str(s.marks[0]["label"])) for s in data.submissions if len(s.marks) == 1]
    gold = {task: str(marks[0]["label"]) for task, marks in data.gold.items() if len(marks) == 1}
    by_task: dict[str, list[str]] = {}
    for task, _, label in rows:
        by_task.setdefault(task, []).append(label)
    yield same("Krippendorff's alpha, nominal", alpha_of(by_task.values()))
    classes = sorted({label for *_, label in rows} | set(gold.values()))
    if len(classes) < 2:
        return
    indexed = index_answers(rows, classes=classes)
    if gold:
        yield from _against_gold(indexed, by_task, gold)
    else:
        yield from _held_out(by_task)
        yield from _classic(indexed)


def alpha_of(tasks: Iterable[Iterable[Hashable]]) -> Coefficient | Undefined:
    """Krippendorff's nominal alpha of answers that can be counted."""
    seen: Coincidences = Coincidences()
    for answers in tasks:
        seen.add(Counter(answers))
    return krippendorff_alpha(seen.table())


def _against_gold(indexed: IndexedAnswers, by_task: dict[str, list[str]], gold: dict[str, str]) -> Iterator[Figure]:
    known = [task for task in indexed.task_ids if task in gold]
    right = [gold[task] for task in known]
    single = mean(label == gold[task] for task in known for label in by_task[task])
    yield same("accuracy of a single answer", single)
    decided = {"majority vote": [str(vote(by_task[task]).winner) for task in known]}
    place = {task: i for i, task in enumerate(indexed.task_ids)}
    for name, model in MODELS.items():
        labels = model(indexed.answers).labels
        decided[name] = [str(indexed.classes[labels[place[task]]]) for task in known]
    for name, answers in decided.items():
        accuracy = mean(a == b for a, b in zip(answers, right, strict=True))
        yield higher(f"accuracy, {name}", accuracy, single, "a single answer")
    counts = Counter(right)
    if len(indexed.classes) == 2:
        rare = min(map(str, indexed.classes), key=lambda label: (counts[label], label))
        for name, answers in decided.items():
            yield higher(f"F1 of {rare}, {name}", _f1(answers, right, rare))


def _f1(answers: Sequence[str], right: Sequence[str], label: str) -> float:
    hits = sum(a == b == label for a, b in zip(answers, right, strict=True))
    return 2.0 * hits / max(1, answers.count(label) + right.count(label))


def _held_out(by_task: dict[str, list[str]]) -> Iterator[Figure]:
    voted, alone = [], []
    for labels in by_task.values():
        if len(labels) < 3:
            continue
        counts = Counter(labels)
        for label, times in counts.items():
            others = counts - Counter([label])
            voted += [vote(sorted(others.elements())).winner == label] * times
            alone += [(times - 1) / (len(labels) - 1)] * times
    if voted:
        yield higher("answers that the majority of the others gives", mean(voted), mean(alone), "one other annotator")


def _classic(indexed: IndexedAnswers) -> Iterator[Figure]:
    if len(indexed.classes) > _MOST_CLASSES:
        return
    fit = dawid_skene(indexed.answers, smoothing=0.0)
    names = [str(label) for label in indexed.classes]
    yield by_name("share of each class, Dawid–Skene", dict(zip(names, fit.class_prior.tolist(), strict=True)))
    tasks = np.bincount(fit.labels, minlength=len(names)).tolist()
    yield by_name("tasks of each class, Dawid–Skene", dict(zip(names, tasks, strict=True)))
    busiest = int(np.argmax(fit.answers))
    yield by_name(
        "true > answered by who answered most, Dawid–Skene",
        {f"{a}>{b}": float(fit.confusion[busiest, i, j]) for i, a in enumerate(names) for j, b in enumerate(names)},
    )
