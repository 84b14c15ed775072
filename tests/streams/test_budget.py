"""Too much unusable input stops the worker, with a message that says what to look at; a little does not."""

from __future__ import annotations

import pytest

from streams.budget import WINDOW_RECORDS
from streams.errors import DeadLetterBudgetExceeded
from tests.builders import Driver, answers, box, record, submitted

BROKEN = b"{"


def test_a_run_of_unusable_records_stops_the_worker_and_names_the_setting_and_the_last_one() -> None:
    driver = Driver(dead_letter_run=3).feed(BROKEN, BROKEN, submitted(), BROKEN, BROKEN)
    with pytest.raises(DeadLetterBudgetExceeded) as stopped:
        driver.feed(BROKEN)
    message = str(stopped.value)
    assert message.startswith("3 records in a row could not be used, over the limit dead_letter_run = 3. The last: ")
    assert "annotation-events partition 3 offset 5: malformed_json at $: expected JSON" in message
    assert "raise dead_letter_run" in message


def test_a_share_of_unusable_records_stops_the_worker_once_the_window_is_full() -> None:
    driver = Driver(dead_letter_ratio=0.5, dead_letter_run=10)
    good = answers("day", "day", "day")
    for _ in range(WINDOW_RECORDS // 6):  # 166 times: 498 of the first 996 records cannot be used
        driver.feed(BROKEN, BROKEN, BROKEN, *good)
    driver.feed(BROKEN, BROKEN, BROKEN)
    with pytest.raises(DeadLetterBudgetExceeded, match=r"502 of the last 1000 records .* dead_letter_ratio = 0\.5"):
        driver.feed(BROKEN)


def test_the_share_forgets_what_is_older_than_the_window() -> None:
    driver = Driver(dead_letter_ratio=0.5)
    driver.feed(*[BROKEN] * 490, *[submitted()] * 510, *[submitted()] * 490, *[BROKEN] * 490)
    assert len(driver.dead_letters) == 980


def test_regions_set_aside_do_not_count() -> None:
    driver = Driver(dead_letter_run=1, dead_letter_ratio=0)
    driver.feed(*[submitted(result=[box(width=0), box()], at=i) for i in range(5)])
    assert [letter["scope"] for letter in driver.dead_letters] == ["region"] * 5


def test_late_events_of_closed_tasks_do_not_count() -> None:
    driver = Driver(dead_letter_run=1, retention_seconds=10).feed(*answers("day", "day", "day"), submitted("t2", at=99))
    driver.feed(*[submitted(annotator=f"a{i}", at=100) for i in range(4, 9)])
    assert {letter["reason"] for letter in driver.dead_letters} == {"task_closed"}


def test_nothing_of_the_unit_that_went_over_is_done() -> None:
    driver = Driver(dead_letter_run=2)
    with pytest.raises(DeadLetterBudgetExceeded):
        driver.feed(submitted(), BROKEN, BROKEN)
    assert not driver.state
    assert not driver.outgoing


def test_records_repeated_after_a_crash_are_passed_over_and_counted_once() -> None:
    driver = Driver(dead_letter_run=3).feed(BROKEN, BROKEN)
    driver.crash()
    driver.step([record(0, BROKEN), record(1, BROKEN), record(2, submitted())])
    assert driver.counts["records_replayed_total", "settle"] == 2
    assert len(driver.dead_letters) == 2
