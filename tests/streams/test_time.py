"""Time is event time: closing, stalling and ticks, the same however the log is cut and wherever it was restarted."""

from __future__ import annotations

from typing import Any

import pytest

from streams.contracts.facts import Fact
from tests.builders import (
    DAY_SECONDS,
    START_MS,
    Driver,
    answers,
    configured,
    gold,
    record,
    reviewed,
    skipped,
    submitted,
    tick,
    withdrawn,
)
from tests.builders import settings as project

RETENTION: dict[str, Any] = {"retention_seconds": 100}
STALLING = project(routing={"stalled_after_seconds": 60})


def _facts(driver: Driver) -> list[Fact]:
    found: list[Fact] = driver.flat()["facts of street"]
    return found


def _stalled(driver: Driver) -> list[str]:
    return [f.task_id for f in _facts(driver) if f.after is not None and f.after.stalled]


def test_a_decided_task_takes_edits_until_its_retention_and_then_none() -> None:
    driver = Driver(**RETENTION).feed(*answers("day", "day", "day"))
    driver.feed(submitted(value="night", annotator="a3", at=50, version=2))
    assert driver.decided()["state"] == "reassigning"
    driver.feed(submitted(annotator="a3", at=60, version=3))
    driver.feed(submitted("t2", at=161), submitted(annotator="a3", value="night", at=162, version=4))
    assert driver.reasons == [("task_closed", "$.task_id")]
    assert "agreed" in driver.dead_letters[0]["message"]
    assert len(driver.decisions) == 3


def test_a_closed_task_leaves_its_marker_and_nothing_else_and_its_sums_stay() -> None:
    driver = Driver(**RETENTION).feed(gold("t1"), *answers("day", "day", "day"), reviewed("approved", at=5))
    before, counted = driver.header(), len(_facts(driver))
    driver.feed(submitted("t2", at=200))
    after = driver.header()
    assert (after.closed, after.state, after.decision_id) == (True, "reviewed", before.decision_id)
    assert not (after.submissions or after.has_gold or after.has_review)
    assert [f.task_id for f in _facts(driver)[counted:]] == ["t2"], "closing takes nothing out of the project's sums"


@pytest.mark.parametrize(
    "late", [submitted(annotator="a4", at=300), withdrawn(at=300), skipped(at=300), reviewed("rejected", at=300)]
)
def test_whatever_comes_to_a_closed_task_is_a_dead_letter_also_after_a_restart(late: dict[str, object]) -> None:
    driver = Driver(**RETENTION).feed(*answers("day", "day", "day"), submitted("t2", at=300))
    driver.crash()
    driver.feed(late, late)
    assert driver.reasons == [("task_closed", "$.task_id")] * 2
    assert len(driver.decisions) == 1


def test_a_task_in_review_waits_for_its_person_for_ever() -> None:
    driver = Driver(project(routing={"max_annotators": 3}), **RETENTION).feed(*answers("day", "day", "night"))
    driver.feed(submitted("t2", at=10 * DAY_SECONDS), reviewed("approved", at=10 * DAY_SECONDS + 1))
    assert driver.decided()["state"] == "reviewed"
    assert not driver.header().closed
    driver.feed(submitted("t2", annotator="a2", at=10 * DAY_SECONDS + 200))
    assert driver.header().closed, "once reviewed, its retention begins"


def test_a_task_that_waits_too_long_is_stalled_by_the_projects_next_event_and_moves_on_with_its_own() -> None:
    driver = Driver(STALLING).feed(*answers("day"), submitted("t2", at=61))
    assert _stalled(driver) == ["t1"]
    assert driver.header().stalled
    driver.feed(submitted(annotator="a2", at=62))
    assert not driver.header().stalled
    assert driver.header().contribution.stalled is False
    assert [a["state"] for a in driver.alerts if a["alert"] == "stalled_tasks"] == ["raised", "resolved"]


def test_a_task_that_only_was_configured_can_stall_and_one_with_only_gold_can_not() -> None:
    driver = Driver(STALLING).feed(configured("t1", width_px=9), gold("t2"), submitted("t3", at=200))
    assert _stalled(driver) == ["t1"]


def test_another_projects_events_move_no_time_here() -> None:
    driver = Driver(STALLING).feed(*answers("day"), submitted("t9", project="other", at=1_000))
    assert _stalled(driver) == []


def test_ticks_move_a_quiet_project_by_what_the_brokers_clock_has_moved() -> None:
    # Played back years later: only differences of the broker's time count. 30 s + 29 s are too little, 1 s more is not.
    driver = Driver(STALLING).feed(*answers("day"), timestamp=START_MS + 10**11)
    driver.feed(tick(), timestamp=START_MS + 10**11 + 30_000)
    driver.crash()
    driver.feed(tick(), timestamp=START_MS + 10**11 + 59_000)
    assert _stalled(driver) == []
    driver.feed(tick(), timestamp=START_MS + 10**11 + 60_000)
    assert _stalled(driver) == ["t1"]
    driver.feed(tick(), tick(), timestamp=START_MS + 10**11 + 99_000)
    assert _stalled(driver) == ["t1"], "once is enough"


def test_ticks_close_decided_tasks_and_never_go_backwards() -> None:
    driver = Driver(**RETENTION).feed(*answers("day", "day", "day"), timestamp=START_MS)
    driver.feed(tick(), timestamp=START_MS - 10**6)
    driver.feed(tick(), timestamp=START_MS + 99_000)
    assert not driver.header().closed
    driver.feed(tick(), timestamp=START_MS + 100_000)
    assert driver.header().closed


def test_a_wrong_clock_far_ahead_closes_nothing() -> None:
    # Ten years ahead of the broker's clock; at most one hour is believed, and retention is two.
    driver = Driver(retention_seconds=7_200).feed(*answers("day", "day", "day"), timestamp=START_MS)
    driver.feed(submitted("t2", at=3_650 * DAY_SECONDS), timestamp=START_MS + 10_000)
    driver.feed(submitted(annotator="a4", at=20), timestamp=START_MS + 20_000)
    assert driver.reasons == []


def test_tasks_stall_in_the_order_of_their_deadlines_also_after_a_restart() -> None:
    # t1 was first due at 60 s, its next answer moved that to 90 s; t2 is due at 70 s. All are found due at 200 s.
    log = [submitted("t1", at=0), submitted("t2", at=10), submitted("t1", "a2", at=30), submitted("t3", at=200)]
    straight = Driver(STALLING).feed(*log)
    restarted = Driver(STALLING).feed(*log[:3])
    restarted.crash()
    restarted.feed(*log[3:])
    assert _stalled(straight) == _stalled(restarted) == ["t2", "t1"]


def test_tasks_that_all_stall_at_one_moment_do_so_in_records_that_fit_through_kafka() -> None:
    # 2,500 tasks were imported at once: one record lets 1,000 of them stall, and the next ones the rest.
    driver = Driver(STALLING)
    driver.step([record(i, configured(f"{i:0200}", width_px=9), START_MS) for i in range(2_500)])
    driver.feed(*[tick()] * 3, timestamp=START_MS + 70_000)
    assert len(_stalled(driver)) == len(set(_stalled(driver))) == 2_500
    sizes = [len(out.value) for out in driver.outgoing if out.topic == "quality-facts"]
    assert len(sizes) == 4, "two units of work, each cut in two"
    assert max(sizes) < 500_000
