"""Where nothing changes nothing is raised."""

from __future__ import annotations

import random

import pytest

from streams.contracts.facts import Fact
from tests.streams.alert_streams import Stream, alerts_of, boxes, scene, states
from tests.streams.quality_builders import part


def steady(seed: int, tasks: int = 2_000) -> list[Fact]:
    """Eight people of 85 % to 95 %, a model, some gold and reviews; nothing ever changes."""
    rng, stream = random.Random(seed), Stream()
    skill = {f"a-{i}": 0.85 + 0.0125 * i for i in range(9)}
    speed = {name: rng.uniform(10, 30) for name in skill}
    for _ in range(tasks):
        truth = rng.choices(("day", "night", "dusk"), (5, 3, 2))[0]
        who = sorted(rng.sample(sorted(skill), 3))
        answers = [truth if rng.random() < skill[name] else rng.choice(("day", "night", "dusk")) for name in who]
        counts = {answer: answers.count(answer) for answer in answers}
        best = min(counts, key=lambda answer: (-counts[answer], answer))
        guess = truth if rng.random() < 0.97 else "fog"
        has_gold = rng.random() < 0.1
        people = [
            part(
                name,
                agreement=(answers.count(answer) - 1) / 2,
                consensus=float(answer == best),
                gold=float(answer == truth) if has_gold else None,
                seconds=rng.lognormvariate(0, 0.5) * speed[name],
            )
            for name, answer in zip(who, answers, strict=True)
        ]
        net = part("net", model=True, counts=False, agreement=counts.get(guess, 0) / 3, consensus=float(guess == best))
        review = rng.choices((None, "approved", "rejected"), (90, 9, 1))[0]
        pairs = [(a, b, 3, int(rng.random() < 0.02)) for a, b in ((0, 1), (0, 2), (1, 2))]
        stream.decide(
            *people,
            net,
            score=counts[best] / 3,
            labels={"scene": {best: 1.0}},
            review=review,
            controls={"scene": scene(*answers, guess, truth=best), "objects": boxes(*pairs, people=4)},
        )
    return stream.facts


@pytest.mark.parametrize("seed", range(3))
def test_two_thousand_tasks_in_which_nothing_changes_raise_nothing(seed: int) -> None:
    alerts = alerts_of(None, steady(seed), size=100)
    assert [alert for alert in alerts if alert["alert"] != "outlier_task"] == []
    # A model that is wrong in 3 % of tasks: as many are outliers, or a few more where people are.
    raised = [task for task, state in states(alerts, "outlier_task") if state == "raised"]
    assert 0.01 * 2_000 < len(raised) < 0.05 * 2_000
