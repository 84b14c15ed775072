"""What a task tells of agreement belongs to the time of its quorum: what comes later changes it and is no news."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import msgspec
import pytest

from streams.contracts.views import VIEW_NAMES, OverviewView
from streams.quality.views import benchmark, overview, view
from tests.builders import (
    DAY_SECONDS,
    START_MS,
    Driver,
    Event,
    answers,
    box,
    choice,
    gold,
    instant,
    reviewed,
    submitted,
    withdrawn,
)
from tests.builders import settings as project

SCENE: dict[str, Any] = {"scene": {"type": "choice", "aggregate": "pairs"}}
THREE = project(required_annotators=3, controls=SCENE, routing={"max_annotators": 3})
PLAIN = (("day",) * 3,) * 4 + (("day", "night", "day"),)


def overview_of(driver: Driver) -> OverviewView:
    return overview(driver.watch.quality("street"))


def steady(tasks: int) -> Iterator[Event]:
    """A task a minute; of every five one is not agreed on, and waits for a reviewer."""
    for number in range(tasks):
        yield from answers(*PLAIN[number % 5], task=f"t{number}", at=60 * number, lead_time_seconds=30.0)


def late_reviews(tasks: int) -> Iterator[Event]:
    for number in range(4, tasks, 5):
        yield reviewed("approved", f"t{number}", at=3 * DAY_SECONDS + number)


def late_edits(tasks: int) -> Iterator[Event]:
    for number in range(4, tasks, 5):
        yield submitted(f"t{number}", "a2", "night", at=3 * DAY_SECONDS + number, version=2)


def late_answers(tasks: int) -> Iterator[Event]:
    for number in range(4, tasks, 5):
        yield submitted(f"t{number}", "a4", "day", at=DAY_SECONDS + number)


@pytest.mark.parametrize("late", [late_reviews, late_edits, late_answers])
def test_what_comes_days_later_to_a_steady_project_raises_nothing(late: Any) -> None:
    driver = Driver(project(required_annotators=3, controls=SCENE, routing={"max_annotators": 4}))
    driver.feed(*steady(400), size=200)
    before = overview_of(driver)
    driver.feed(*late(400), size=50)
    after = overview_of(driver)
    assert driver.alerts == []
    assert after.recent_agreement.n == before.recent_agreement.n
    assert after.time_to_quorum_seconds == before.time_to_quorum_seconds
    if late is late_reviews:  # the others change the agreement of old tasks
        assert after.recent_agreement == before.recent_agreement


def test_the_time_to_quorum_ends_with_the_last_of_those_required_and_not_with_edits_extras_or_reviews() -> None:
    driver = Driver(THREE).feed(
        submitted("t1", "a1", at=0), submitted("t1", "a2", at=40), submitted("t1", "a3", at=100),
        submitted("t1", "a1", at=500, version=2), submitted("t1", "a4", at=900), reviewed("approved", at=5_000),
    )  # fmt: skip
    (fact,) = [driver.contributions["street", "t1"]]
    assert fact is not None
    assert fact.detail is not None
    assert (fact.told_us - fact.detail.first_us, fact.event_time_us - fact.detail.first_us) == (100e6, 5_000e6)
    median = overview_of(driver).time_to_quorum_seconds["p50"]
    assert median.value == pytest.approx(100, rel=0.05)
    assert median.n == 1


def test_whoever_answers_again_answered_at_first() -> None:
    driver = Driver(project(required_annotators=2)).feed(
        submitted("t1", "a1", at=0),
        submitted("t1", "a2", at=60),
        submitted("t1", "a1", at=DAY_SECONDS, submission="again"),
    )
    median = overview_of(driver).time_to_quorum_seconds["p50"]
    assert median.value == pytest.approx(60, rel=0.05)


def test_a_task_that_was_settled_without_its_quorum_has_no_time_to_it() -> None:
    review = project(required_annotators=3, routing={"skip_policy": "review"})
    driver = Driver(review).feed(
        submitted("t1", "a1", at=0), {**submitted("t1", "a2", at=50)},
        {"schema": 1, "type": "task.skipped", "event_id": "e", "occurred_at": instant(60), "project_id": "street",
         "task_id": "t1", "annotator_id": "a3"},
    )  # fmt: skip
    assert driver.header().state == "in_review"
    assert overview_of(driver).time_to_quorum_seconds["p50"].n == 0


def test_answers_after_a_rejection_that_starts_the_task_afresh_are_a_quorum_of_their_own_time() -> None:
    afresh = project(required_annotators=2, routing={"on_rejected": "all"})
    driver = Driver(afresh).feed(*answers("day", "day"), reviewed("rejected", at=1_000))
    driver.feed(submitted("t1", "a1", at=2_000, version=2), submitted("t1", "a5", at=2_060))
    (fact,) = [driver.contributions["street", "t1"]]
    assert fact is not None
    assert fact.detail is not None
    assert (fact.told_us - fact.detail.first_us) == 60e6


def test_an_answer_from_a_wrong_clock_does_not_move_the_project_to_its_time() -> None:
    quarter_ms = START_MS + 900_000
    driver = Driver(THREE).feed(*steady(5), timestamp=START_MS)
    driver.feed(submitted("t9", "a1", at=900), submitted("t9", "a2", at=73 * 365 * DAY_SECONDS), timestamp=quarter_ms)
    driver.feed(submitted("t9", "a3", at=930), timestamp=quarter_ms)
    assert driver.decided("t9")["event_time"].startswith("2099"), "a decision says what the events say"
    assert overview_of(driver).event_time == instant(900 + 3_600).replace("Z", ".000Z")
    (fact,) = [driver.contributions["street", "t9"]]
    assert fact is not None
    assert fact.told_us == (quarter_ms + 3_600_000) * 1_000  # an hour ahead is the most
    before = fact.told_us
    driver.feed(reviewed("approved", "t9", at=3 * DAY_SECONDS), timestamp=START_MS + 3 * DAY_SECONDS * 1_000)
    (fact,) = [driver.contributions["street", "t9"]]
    assert fact is not None
    assert fact.told_us == before, "a later event does not make the wrong clock's time a later one"


def test_every_order_of_answers_edits_and_withdrawals_tells_the_same_time() -> None:
    weeks = project(
        required_annotators=2, controls={"scene": {"type": "choice", "adjudication": "weighted"}},
        quality={"reliability_half_life_seconds": 7 * DAY_SECONDS},
    )  # fmt: skip
    events = [
        submitted("t1", "a1", at=0), submitted("t1", "a2", at=10), submitted("t1", "a2", at=90, version=2),
        submitted("t1", "a4", "night", at=21 * DAY_SECONDS), withdrawn("t1", "a4", at=21 * DAY_SECONDS + 60),
    ]  # fmt: skip
    found = set()
    for order in permutations(events):
        driver = Driver(weeks).feed(*order)
        assert overview_of(driver).event_time == instant(21 * DAY_SECONDS + 60).replace("Z", ".000Z")
        views = {name: view(driver.watch.quality("street"), name) for name in VIEW_NAMES if name != "alerts"}
        found.add(msgspec.json.encode(views, order="deterministic"))
    assert len(found) == 1


def test_gold_of_one_control_says_nothing_of_what_should_have_been_drawn_in_another() -> None:
    both = project(required_annotators=2, controls={"scene": {"type": "choice"}, "objects": {"type": "box"}})
    chance = random.Random(0)

    def accuracy(*result: Event, **more: Any) -> list[float | None]:
        driver = Driver(both)
        for number in range(3):
            drawn = box(chance.randint(0, 300))
            driver.feed(gold(f"t{number}", *result, **more))
            driver.feed(*(submitted(f"t{number}", name, result=[choice("day"), drawn], at=5) for name in ("a1", "a2")))
        return [item.accuracy.value for item in benchmark(driver.watch.quality("street")).items]

    assert accuracy(choice("day")) == [1.0, 1.0]
    assert accuracy(choice("day"), controls=["scene", "objects"]) == [0.5, 0.5], "named, and nothing drawn: empty"
    assert accuracy(choice("night"), controls=["scene"]) == [0.0, 0.0]
    assert accuracy() == [0.0, 0.0], "nothing at all: an empty image"
