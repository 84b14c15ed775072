"""Which reliability model, in a stream? Consensus accuracy in one pass over sets with gold, in three orders.

Every answer decides its task anew with what is known at that moment, after the task's former contribution was taken
back; the last decision of each task is judged. Of several answers of one annotator to a task the latest counts.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log10
from statistics import fmean, stdev
from typing import NamedTuple

from scoring.reliability.choose import Choice, GoldRecord, Judged, choose, judge
from scoring.reliability.incremental import Model, learned, posterior, winner
from scoring.reliability.parameters import DEFAULT, Parameters
from scoring.reliability.recent import Recent
from scoring.reliability.sums import Contribution, Sums, contribution, gold
from tests.bench.reliability_sets import ORDERS, SEEDS, Row, Set, orders

__all__ = [
    "CONTENDERS",
    "FURTHER",
    "MAJORITY",
    "REFERENCE",
    "RIVALS",
    "THE_DEFAULT",
    "Contender",
    "Difference",
    "GoldPass",
    "GoldRun",
    "Run",
    "differences",
    "measure_gold",
    "measure_reliability",
    "one_pass",
    "pass_with_gold",
]

RIVALS: tuple[Model, ...] = ("shrunk", "one_coin", "dawid_skene", "majority")
"""What gold chooses among."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A model with its parameters."""

    name: str
    model: Model = "shrunk"
    parameters: Parameters = DEFAULT
    again: int = 0
    """Recent tasks decided again after each answer."""
    alone: bool = False
    """Whether a task that one person answered is learned from."""


_BAYES = replace(DEFAULT, correlation=0.0, anchor=0.0)
REFERENCE = Contender(
    "reference", parameters=replace(_BAYES, worth=5.0, prior_project=1e15, prior_bias=0.0), alone=True
)
"""What was to be reached: the plain `shrunk`, each matrix drawn towards the annotator's own one coin, nothing else."""
MAJORITY = Contender("majority", "majority")
THE_DEFAULT = Contender("shrunk (the default)")
CONTENDERS = (
    MAJORITY,
    Contender("one_coin", "one_coin"),
    REFERENCE,
    THE_DEFAULT,
    Contender("the default, 1 recent task again", again=1),
)
FURTHER = (Contender("dawid_skene", "dawid_skene", _BAYES), Contender("pooled", "pooled"))
"""Measured on request."""

_REFERENCE: dict[str, dict[str, tuple[float, float, float]]] = {
    "reference": {
        "bluebirds": (0.889, 0.889, 0.824),
        "weather_cf": (0.883, 0.893, 0.890),
        "zencrowd_us": (0.848, 0.838, 0.846),
        "vldb_d_product": (0.932, 0.936, 0.934),
    },
    "dawid_skene": {
        "bluebirds": (0.889, 0.889, 0.833),
        "weather_cf": (0.863, 0.857, 0.863),
        "zencrowd_us": (0.828, 0.817, 0.824),
        "vldb_d_product": (0.934, 0.922, 0.935),
    },
    "one_coin": {
        "bluebirds": (0.750, 0.759, 0.750),
        "weather_cf": (0.883, 0.877, 0.890),
        "zencrowd_us": (0.884, 0.877, 0.878),
        "vldb_d_product": (0.923, 0.924, 0.925),
    },
}
"""What another implementation of these models measured before this one was written, one draw of each random order."""


@dataclass(frozen=True, slots=True)
class Run:
    """One contender on one set."""

    contender: str
    set: str
    draws: tuple[tuple[float, ...], ...]
    """By order: the accuracy in every draw of it."""
    reference: tuple[float, ...] | None
    microseconds: float
    """Processor time for each decision: taking back, deciding, adding."""

    @property
    def accuracy(self) -> tuple[float, ...]:
        """By order, the mean of the draws."""
        return tuple(map(fmean, self.draws))

    @property
    def lowest(self) -> tuple[float, ...]:
        """By order, the draw that came out worst."""
        return tuple(map(min, self.draws))


class Difference(NamedTuple):
    """One contender against another on the same draws of an order."""

    mean: float
    error: float
    """Standard error of the mean; of a single draw 0."""
    least: float
    """In the draw that came out worst for the first."""


def differences(run: Run, other: Run) -> tuple[Difference, ...]:
    """By order, draw by draw: what chance does to both alike is gone."""
    found = []
    for mine, theirs in zip(run.draws, other.draws, strict=True):
        by_draw = [a - b for a, b in zip(mine, theirs, strict=True)]
        error = stdev(by_draw) / len(by_draw) ** 0.5 if len(by_draw) > 1 else 0.0
        found.append(Difference(fmean(by_draw), error, min(by_draw)))
    return tuple(found)


def one_pass(rows: Iterable[Row], contender: Contender) -> dict[str, str | None]:
    """Task → the class of its last decision."""
    sums, recent = Sums(), Recent()
    answers: dict[str, dict[str, str]] = {}
    contributions: dict[str, Contribution] = {}
    decided: dict[str, str | None] = {}
    parameters = contender.parameters

    def taught(said: dict[str, str], known: Sums) -> Contribution:
        return learned(said, posterior(said, known, contender.model, parameters), parameters)

    for task, annotator, label in rows:
        said = answers.setdefault(task, {})
        said[annotator] = label
        if contender.model == "majority":
            continue
        if task in contributions:
            _take(sums, recent, task, contributions[task], contender)
        probabilities = posterior(said, sums, contender.model, parameters)
        decided[task] = winner(probabilities)
        contributions[task] = (
            contribution(said, probabilities, parameters.anchor)
            if contender.alone
            else learned(said, probabilities, parameters)
        )
        if contender.again:
            recent.add(task, contributions[task], sums)
            for _ in recent.decide_again(sums, contender.again, taught):
                pass
        else:
            sums.add(contributions[task])
    if contender.model == "majority":
        return {task: winner(posterior(said, sums, "majority")) for task, said in answers.items()}
    return decided


def _take(sums: Sums, recent: Recent, task: str, told: Contribution, contender: Contender) -> None:
    if contender.again:
        recent.subtract(task, told, sums)
    else:
        sums.subtract(told)


def _accuracy(decided: dict[str, str | None], truth: dict[str, str]) -> float:
    return fmean(decided[task] == truth[task] for task in decided if task in truth)


def measure_reliability(
    sets: Sequence[Set],
    told: Callable[[str], None],
    contenders: Sequence[Contender] = CONTENDERS,
    seeds: int = SEEDS,
) -> list[Run]:
    """Every contender on every set, in every order."""
    runs = []
    for contender in contenders:
        for one in sets:
            found: dict[str, list[float]] = {}
            started = time.process_time()
            for order, rows in orders(one.rows, seeds):
                found.setdefault(order, []).append(_accuracy(one_pass(rows, contender), one.gold))
            spent = (time.process_time() - started) / (len(one.rows) * (1 + 2 * seeds))
            runs.append(
                Run(
                    contender.name,
                    one.name,
                    tuple(tuple(found[order]) for order in ORDERS),
                    _REFERENCE.get(contender.name, {}).get(one.name),
                    spent * 1e6,
                )
            )
            told(f"{contender.name}, {one.name}: done")
    return runs


@dataclass(frozen=True, slots=True)
class GoldRun:
    """A set of which some tasks are gold: the default, and the model that gold chooses, on the other tasks."""

    set: str
    share: float
    tasks: int
    """Gold tasks."""
    majority: float
    default: float
    chosen: float
    models: tuple[Model, ...]
    """The model in force at the end, by seed."""
    evidence: float
    """Of the best model that is not the default, at the end; the mean of the logarithms of the seeds, to base 10."""


class GoldPass(NamedTuple):
    """Task → class, by the default and by the model that gold had chosen until then; and the choice at the end."""

    default: dict[str, str | None]
    chosen: dict[str, str | None]
    choice: Choice


def pass_with_gold(rows: Iterable[Row], known: Mapping[str, str], rivals: Sequence[Model] = RIVALS) -> GoldPass:
    """One pass in which some classes are known: gold tasks judge the models, each of which learns sums of its own."""
    sums: dict[Model, Sums] = {model: Sums() for model in rivals}
    learning = [model for model in rivals if model != "majority"]
    record = GoldRecord()
    answers: dict[str, dict[str, str]] = {}
    contributions: dict[str, dict[Model, Contribution]] = {}
    judged: dict[str, Judged] = {}
    found = GoldPass({}, {}, choose(record))
    for task, annotator, label in rows:
        said = answers.setdefault(task, {})
        said[annotator] = label
        for model, taught in contributions.get(task, {}).items():
            sums[model].subtract(taught)
        if task in known:
            if task in judged:
                record.subtract(judged[task])
            judged[task] = judge(said, known[task], sums)
            record.add(judged[task])
            found = found._replace(choice=choose(record))
            contributions[task] = dict.fromkeys(learning, gold(said, known[task]))
        else:
            probabilities = {model: posterior(said, sums[model], model) for model in rivals}
            found.default[task] = winner(probabilities["shrunk"])
            found.chosen[task] = winner(probabilities[found.choice.model])
            contributions[task] = {model: learned(said, probabilities[model]) for model in learning}
        for model, taught in contributions[task].items():
            sums[model].add(taught)
    return found


def measure_gold(
    sets: Sequence[Set], told: Callable[[str], None], shares: Sequence[float] = (0.1, 0.2), seeds: int = SEEDS
) -> list[GoldRun]:
    """The default and the model that gold chooses, in shuffled order, judged on the tasks that are not gold."""
    runs = []
    for one in sets:
        for share in shares:
            figures: list[tuple[float, float, float]] = []
            models, evidence, tasks = [], [], sorted(one.gold)
            n_gold = round(share * len(tasks))
            shuffled = [rows for order, rows in orders(one.rows, seeds) if order == ORDERS[1]]
            for seed, rows in enumerate(shuffled):
                known = {task: one.gold[task] for task in random.Random(seed).sample(tasks, n_gold)}
                others = {task: label for task, label in one.gold.items() if task not in known}
                found, plain = pass_with_gold(rows, known), one_pass(rows, MAJORITY)
                figures.append(
                    (_accuracy(plain, others), _accuracy(found.default, others), _accuracy(found.chosen, others))
                )
                models.append(found.choice.model)
                evidence.append(max(log10(s.evidence) for s in found.choice.standings if s.model != "shrunk"))
            means = [fmean(column) for column in zip(*figures, strict=True)]
            runs.append(GoldRun(one.name, share, n_gold, means[0], means[1], means[2], tuple(models), fmean(evidence)))
        told(f"{one.name} with gold: done")
    return runs
