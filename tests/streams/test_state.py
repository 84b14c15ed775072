"""What SETTLE stores: little per event, nothing that can be taken for something else, and in a form that is checked."""

from __future__ import annotations

import random
import tracemalloc

import msgspec
import pytest

from streams.contracts.regions import Choice
from streams.contracts.settings import ProjectSettings
from streams.memory import Deadlines
from streams.plan import Plan
from streams.settings import SettingsBook
from streams.settle import Settle
from streams.stages.score import score
from streams.state import Header, encode, header_key
from tests.builders import Driver, answers, box, gold, record, reviewed, submitted

_key = msgspec.msgpack.Decoder().decode


def _kinds(driver: Driver, *events: dict[str, object]) -> list[str]:
    work = driver.step([record(driver.next_offset + i, event) for i, event in enumerate(events)])
    return sorted(_key(key)[0] for key in work.changes)


def test_an_annotation_writes_its_own_record_the_header_the_clock_and_the_watermark() -> None:
    driver = Driver().feed(*answers("day", "day"), gold("t1"))
    assert _kinds(driver, submitted(annotator="a3", at=3)) == ["c", "s", "t", "w"]
    assert _kinds(driver, submitted(annotator="a3", at=3)) == ["c", "w"], "a duplicate writes nothing of the task"
    assert _kinds(driver, reviewed("approved", at=4)) == ["c", "r", "t", "w"]
    assert _kinds(driver) == ["w"]


def test_a_large_answer_is_written_once_however_many_follow_it() -> None:
    large = [box(i, i) for i in range(2_000)]
    driver = Driver().feed(submitted(result=large))
    work = driver.step([record(driver.next_offset, submitted(annotator="a2", result=[box()], at=2))])
    assert sum(len(value or b"") for value in work.changes.values()) < 1_000


def test_ids_with_slashes_and_separators_are_never_taken_for_one_another() -> None:
    driver = Driver(check_keys=False)
    pairs = [("a/b", "c"), ("a", "b/c"), ("a/b/c", ""), ("a", "b\0c"), ("t", "s")]
    events = [submitted(task or "-", project=project) for project, task in pairs]
    driver.feed(*events)
    assert len({key for key in driver.state if _key(key)[0] == "t"}) == len(pairs)
    assert not driver.counts["late_duplicates_total",]


def test_state_of_another_form_is_refused_with_what_to_do() -> None:
    driver = Driver()
    for other in (encode(Header(form=1)), encode([1, *([None] * 30)])):
        driver.state[header_key("street", "t1")] = other
        with pytest.raises(ValueError, match=r"form 2; task street/t1 is in form 1; .* see CHANGELOG"):
            driver.crash()


def test_deadlines_come_in_order_once_and_a_moved_one_at_its_new_time() -> None:
    deadlines = Deadlines()
    for key, at in ((b"b", 5), (b"a", 5), (b"c", 9), (b"c", 3), (b"d", None), (b"a", 7)):
        deadlines.schedule(key, at)
    assert list(deadlines.due(4)) == [(3, b"c")]
    assert not deadlines.any_due(4)
    assert list(deadlines.due(20)) == [(5, b"a"), (5, b"b")]
    deadlines.schedule(b"c", 30)
    assert list(deadlines.due(29)) == []
    assert list(deadlines.due(30)) == [(30, b"c")]


def test_figures_of_many_annotators_are_not_kept_for_ever() -> None:
    # Found by arithmetic: 16,384 remembered matrices of 39 annotators would take a gigabyte.
    plan, rng = Plan(ProjectSettings()), random.Random(3)
    tracemalloc.start()
    for _ in range(100):
        score([(f"a{i:02}", [Choice(control="q", value=rng.choice("abcdefgh"))], True) for i in range(39)], plan, 3)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000


def test_partitions_know_nothing_of_one_another() -> None:
    settle, states = Settle(SettingsBook()), {0: dict[bytes, bytes](), 1: dict[bytes, bytes]()}
    for partition, state in states.items():
        settle.open(partition, state)
    both = [settle.step(p, [record(0, e) for e in answers("day")]) for p in (0, 1)]
    assert [len(work.outgoing) for work in both] == [1, 1]
    assert list(both[0].changes) != list(both[1].changes), "each has a watermark of its own"
    settle.close(0)
    settle.close(7)
    assert list(settle.open_partitions()) == [1]
    settle.open(0, states[0])
    assert settle.step(0, []).next_offset == 0, "nothing was made durable, so nothing is remembered"
