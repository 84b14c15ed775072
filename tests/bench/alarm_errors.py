"""Copied answers to a category: simulated decisions, counted by WATCH's own sums of errors, and what they raise."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from scoring.rolling.copying import COPIED_ERRORS, ErrorSums, copied_errors, judge_copying
from scoring.rolling.sums import Verdict
from streams.contracts.facts import AnnotatorPart, ControlPart, Detail, Units, Value
from streams.quality import STORED_FORM, AnnotatorRecord, ProjectSums
from streams.quality.errors import count_errors, judged
from tests.bench.alarm_subjects import Detected

__all__ = ["BY_GOLD", "BY_OTHERS", "Team", "errors_raised"]

_COPIERS = (0, 1)


class Team(NamedTuple):
    """Who answers what."""

    name: str
    people: int
    answers: int
    """Of different people, to each task."""
    gold: float
    """Share of the tasks that have it; else the others say who is wrong."""


BY_GOLD = Team("gold, 4 of 6 a task", 6, 4, 1.0)
BY_OTHERS = Team("no gold, 5 of 8 a task", 8, 5, 0.0)


def errors_raised(
    team: Team, accuracy: tuple[float, float], copied: float, projects: int, tasks: int, rng: np.random.Generator
) -> Detected:
    """People between two accuracies, four labels, tasks of unequal difficulty; the second copies a share of tasks.

    Every pair with the same error in a task is looked at after it.
    """
    false, alarms, delays = 0, 0, []
    names = [f"{i:02d}" for i in range(team.people)]
    for _ in range(projects):
        sums, records = ProjectSums(), [AnnotatorRecord(STORED_FORM, "p", name) for name in names]
        skills = rng.permutation(np.linspace(*accuracy, team.people))
        caught, delay = set(), float("inf")
        for _task in range(tasks):
            chosen = sorted(rng.choice(team.people, team.answers, replace=False).tolist())
            answers = _answers(1 - skills[chosen], rng)
            if chosen[:2] == [*_COPIERS] and rng.random() < copied:
                answers[1] = answers[0]
            found = judged(_decided([names[i] for i in chosen], answers, rng.random() < team.gold))
            if found is None:
                continue
            count_errors(sums, found, [records[i] for i in chosen], 1, None)
            for (i, one), (j, other) in combinations(zip(chosen, answers, strict=True), 2):
                errors = records[i].errors.get(names[j])
                if one != other or one == 0 or errors is None or (i, j) in caught:
                    continue
                pairs = team.people * (team.people - 1) // 2
                pair = copied_errors(ErrorSums(*errors), ErrorSums(*sums.errors), pairs)
                if judge_copying(pair, COPIED_ERRORS) is Verdict.BEYOND:
                    caught.add((i, j))
                    delay = float(errors[0]) if (i, j) == _COPIERS else delay
        honest = caught - {_COPIERS} if copied else caught
        false, alarms = false + bool(honest), alarms + len(honest)
        delays.append(delay)
    return Detected(false, projects, alarms, delays)


def _answers(wrong_share: np.typing.NDArray[np.float64], rng: np.random.Generator) -> list[int]:
    """0 is right. A task may be twice as hard as another, or no trouble at all, and some confusions are common."""
    n = len(wrong_share)
    wrong = rng.random(n) < wrong_share * rng.beta(1, 1) * 2
    found: list[int] = np.where(wrong, 1 + rng.choice(3, n, p=(0.6, 0.3, 0.1)), 0).tolist()
    return found


def _decided(names: list[str], answers: list[int], has_gold: bool) -> Detail:
    given: list[Value] = [str(answer) for answer in answers]
    people = [AnnotatorPart(name, False, True, None, None, None, None) for name in names]
    units = Units(["0"], [given])
    control = ControlPart("choice", None, None, [], {}, units, units if has_gold else None)
    return Detail(0, len(names), len(names), None, people, {"label": control})
