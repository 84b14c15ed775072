"""What is collected of one control over its tasks → its statistics, each with n, an interval, or the reason why not.

Which statistics a control has is a matter of its type: see `scoring/README.md`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import fsum
from typing import Any, Literal

import numpy as np
from msgspec import Struct

from scoring.chance.alpha import Level, krippendorff_alpha
from scoring.chance.coefficient import CONFIDENCE, Coefficient, around
from scoring.chance.coincidences import Coincidences
from scoring.chance.icc import icc_one_way, icc_two_way
from scoring.chance.many import fleiss_kappa, gwet_ac, percent_agreement
from scoring.chance.ratings import RatingSums, interval_alpha
from scoring.chance.tally import natural_order
from scoring.chance.two import PairCounts, cohen_kappa
from scoring.chance.units import unit_alpha
from scoring.types import Undefined
from streams.kinds import OBJECT_KINDS
from streams.plan import ControlPlan
from streams.stages.score import DIGITS

__all__ = ["STATISTICS", "Collected", "LabelSet", "Statistic", "statistics"]

STATISTICS = {
    "mean_score": "mean score",
    "percent_agreement": "percent agreement",
    "krippendorff_alpha": "Krippendorff's alpha",
    "interval_alpha": "Krippendorff's alpha",
    "ratio_alpha": "Krippendorff's alpha",
    "fleiss_kappa": "Fleiss' kappa",
    "gwet_ac1": "Gwet's AC1",
    "gwet_ac2": "Gwet's AC2",
    "cohen_kappa": "Cohen's kappa",
    "weighted_kappa": "Cohen's kappa, weighted",
    "icc_1": "ICC(1)",
    "icc_2": "ICC(2,1)",
    "icc_2k": "ICC(2,k)",
    "object_alpha": "alpha, found and named",
    "object_label_alpha": "alpha, named",
}
"""Statistic → what a person calls it."""

_LEVELS: dict[str, Level] = {"jaccard": "jaccard", "masi": "masi"}
_NO_LABELS = Undefined("sets have no fixed number of categories, which AC1 needs")
_MOST_STEPS = 1_000
# Weights are a matrix of steps by steps; a finer scale is one of numbers.
_NO_STEPS = Undefined(
    f"more than {_MOST_STEPS:,} different ratings are no steps of a scale; see ICC and interval alpha"
)


class LabelSet(frozenset[str]):
    """A set that a message shows with its members in order, the same in every process."""

    def __repr__(self) -> str:
        return f"{{{', '.join(map(repr, sorted(self)))}}}"


class Statistic(Struct, frozen=True, kw_only=True):
    """One figure."""

    name: str
    """A key of `STATISTICS`."""
    level: str | None
    """Alpha: how labels differ (nominal, ordinal, interval, jaccard, masi); AC2 and weighted kappa: their weights."""
    value: float | None
    low: float | None
    high: float | None
    """The 95 % interval over samples of such units; objects of one task are not independent, so theirs is on the short
    side."""
    n: int
    """Units with at least two answers: those that can agree or disagree; of ICC(2,.) tasks that everybody answered."""
    unit: Literal["task", "object"]
    """What n counts."""
    undefined: str | None
    """Why there is no value."""
    interval_undefined: str | None
    """Why there is a value without an interval."""


class Collected:
    """What the statistics of one control are made of; tasks in order of their ids, so that sums are the same bits."""

    def __init__(self, plan: ControlPlan) -> None:
        self.plan = plan
        self.scores: list[float] = []
        """Of each task."""
        self.answers: list[Mapping[str, Any]] = []
        """Of each task, annotator → answer; empty for objects."""
        self.units: list[Counter[str]] = []
        """Objects: as `scoring.chance.units.unit_counts`, of all tasks."""


def statistics(collected: Collected) -> list[Statistic]:
    """All statistics of a control, in the order of `STATISTICS`."""
    plan = collected.plan
    found = [_statistic("mean_score", _mean(collected.scores), len(collected.scores))]
    if plan.type in OBJECT_KINDS:
        found += _of_objects(collected.units)
    elif plan.type == "rating":
        found += _of_ratings(collected.answers, plan)
    elif plan.type == "number":
        found.append(_interval_alpha("krippendorff_alpha", collected.answers))
        found.append(_ratio_alpha(collected.answers))
        found += _correlations(collected.answers)
    elif plan.type in ("choice", "boolean", "choices"):
        found += _of_labels(collected.answers, plan)
    return found


def _mean(scores: Sequence[float]) -> Coefficient | Undefined:
    """Mean of the tasks' scores with Student's interval over tasks, the normal one where they are many."""
    n = len(scores)
    if not n:
        return Undefined("no task was scored")
    mean = fsum(scores) / n
    variance = fsum((s - mean) ** 2 for s in scores) / (n * (n - 1)) if n > 1 else 0.0
    interval = around(mean, variance, n, CONFIDENCE, "Student over tasks", n - 1.0)
    if not isinstance(interval, Undefined):
        interval = interval._replace(low=max(interval.low, 0.0))  # a score is a share, a coefficient may be negative
    return Coefficient(mean, mean, 0.0, interval, n, n, n)


def _of_labels(answers: Sequence[Mapping[str, Any]], plan: ControlPlan) -> Iterator[Statistic]:
    seen = Coincidences()
    for task in answers:
        seen.add(Counter(task.values()))
    sets = plan.type == "choices"
    table = seen.table(_labels(seen, plan))
    n = _comparable(answers)
    level = _LEVELS.get(plan.metric, "nominal")
    yield _statistic("percent_agreement", percent_agreement(table), n)
    yield _statistic("krippendorff_alpha", krippendorff_alpha(table, level), n, level=str(level))
    yield _statistic("fleiss_kappa", fleiss_kappa(table), n)
    yield _statistic("gwet_ac1", _NO_LABELS if sets else gwet_ac(table), n)
    pair = _only_pair(answers)
    if pair is not None:
        yield _statistic("cohen_kappa", cohen_kappa(pair), n)


def _only_pair(answers: Sequence[Mapping[str, Any]]) -> PairCounts | None:
    """What the two said to each task, where all tasks were answered by the same two."""
    annotators = _everybody(answers)
    if len(annotators) != 2:
        return None
    pair = PairCounts()
    for task in answers:
        if len(task) == 2:
            pair.add(*(task[annotator] for annotator in annotators))
    return pair


def _everybody(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted({annotator for task in answers for annotator in task})


def _labels(seen: Coincidences, plan: ControlPlan) -> list[Any] | None:
    """All labels that could have been given, used or not; None: those that were."""
    known: list[Any] = [False, True] if plan.type == "boolean" else list(dict.fromkeys(plan.labels))
    if plan.type == "choices" or not known:
        return None
    used = {label for pattern, _ in seen for label, _ in pattern}
    return [*known, *sorted(used.difference(known), key=natural_order)]


def _of_ratings(answers: Sequence[Mapping[str, Any]], plan: ControlPlan) -> Iterator[Statistic]:
    """Ratings are steps in an order: how far apart two of them are, nobody has said."""
    seen = Coincidences()
    for task in answers:
        seen.add(Counter(float(value) for value in task.values()))
    n, steps = _comparable(answers), _steps(seen, plan)
    too_fine = len(steps) > _MOST_STEPS
    yield _statistic("krippendorff_alpha", krippendorff_alpha(seen.table(), "ordinal"), n, level="ordinal")
    yield _interval_alpha("interval_alpha", answers)
    yield _statistic("gwet_ac2", _NO_STEPS if too_fine else gwet_ac(seen.table(steps), "ordinal"), n, level="ordinal")
    pair = _only_pair(answers)
    if pair is not None:
        weighted = _NO_STEPS if too_fine else cohen_kappa(pair, "quadratic", steps)
        yield _statistic("weighted_kappa", weighted, n, level="quadratic")
    yield from _correlations(answers)


def _steps(seen: Coincidences, plan: ControlPlan) -> list[float]:
    """The scale's whole steps where all ratings are, given or not, and all ratings given."""
    used: set[Any] = {rating for pattern, _ in seen for rating, _ in pattern}
    low, high = plan.scale
    if low is None or high is None or high - low >= _MOST_STEPS or not all(x == int(x) for x in (low, high, *used)):
        return sorted(used)
    return sorted(used.union(map(float, range(int(low), int(high) + 1))))


def _interval_alpha(name: str, answers: Sequence[Mapping[str, Any]]) -> Statistic:
    return _statistic(name, interval_alpha(_sums(answers)), _comparable(answers), level="interval")


def _ratio_alpha(answers: Sequence[Mapping[str, Any]]) -> Statistic:
    """Of numbers that have a zero, such as counts and lengths: 1 and 2 are as far apart as 10 and 20."""
    seen = Coincidences()
    for task in answers:
        seen.add(Counter(float(value) for value in task.values()))
    used: set[Any] = {number for pattern, _ in seen for number, _ in pattern}
    found: Coefficient | Undefined
    if used and min(used) < 0.0:
        found = Undefined(f"ratios are of numbers from 0 up, and {min(used):g} is below")
    elif len(used) > _MOST_STEPS:
        found = Undefined(f"more than {_MOST_STEPS:,} different numbers; see interval alpha")
    else:
        found = krippendorff_alpha(seen.table(), "ratio")
    return _statistic("ratio_alpha", found, _comparable(answers), level="ratio")


def _correlations(answers: Sequence[Mapping[str, Any]]) -> Iterator[Statistic]:
    yield _statistic("icc_1", icc_one_way(_sums(answers)), _comparable(answers))
    annotators = _everybody(answers)
    complete = [[task[annotator] for annotator in annotators] for task in answers if len(task) == len(annotators)]
    matrix = np.array(complete, dtype=np.float64).reshape(len(complete), len(annotators))
    for name, averaged in (("icc_2", False), ("icc_2k", True)):
        yield _statistic(name, icc_two_way(matrix, averaged), len(complete))


def _sums(answers: Sequence[Mapping[str, Any]]) -> RatingSums:
    sums = RatingSums()
    for task in answers:
        sums.add(task.values())
    return sums


def _of_objects(units: Sequence[Counter[str]]) -> Iterator[Statistic]:
    """Over objects, found and named in one; and of found objects the names alone."""
    for name, count_missing in (("object_alpha", True), ("object_label_alpha", False)):
        alpha, n = unit_alpha([(unit, 1) for unit in units], count_missing=count_missing)
        yield _statistic(name, alpha, n, level="nominal", unit="object")


def _comparable(answers: Sequence[Mapping[str, Any]]) -> int:
    return sum(len(task) > 1 for task in answers)


def _statistic(
    name: str,
    found: Coefficient | Undefined,
    n: int,
    level: str | None = None,
    unit: Literal["task", "object"] = "task",
) -> Statistic:
    value = low = high = undefined = no_interval = None
    if isinstance(found, Undefined):
        undefined = found.reason
    else:
        value = round(found.value, DIGITS)
        if isinstance(found.interval, Undefined):
            no_interval = found.interval.reason
        else:
            low, high = round(found.interval.low, DIGITS), round(found.interval.high, DIGITS)
    return Statistic(
        name=name, level=level, value=value, low=low, high=high, n=n, unit=unit, undefined=undefined,
        interval_undefined=no_interval,
    )  # fmt: skip
