"""What changes with time: `scoring.reliability.fading` and `scoring.reliability.recent`."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.reliability.fading import KEPT_AGES, FadingSums, age_of
from scoring.reliability.incremental import learned, posterior
from scoring.reliability.recent import Recent
from scoring.reliability.sums import Contribution, Sums, contribution, gold

MICRO = 1_000_000

answers = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["cat", "dog"]), max_size=4)
tasks = st.builds(lambda said, cat: contribution(said, {"cat": cat, "dog": 1.0 - cat}), answers, st.floats(0.0, 1.0))
aged = st.lists(st.tuples(tasks, st.integers(0, KEPT_AGES - 1)), max_size=10)


# A half-life


def test_a_half_life_halves_what_is_one_age_older() -> None:
    fading, right, wrong = FadingSums(), gold({"al": "cat"}, "cat"), gold({"al": "dog"}, "cat")
    fading.add(right, age=0)
    fading.add(wrong, age=2)
    al = fading.faded(["al"]).annotators["al"]
    assert (al.total, al.right) == (1_250_000, 250_000)
    assert al.rows == {"cat": 1_250_000}
    assert al.cells == {"cat": {"cat": 250_000}, "dog": {"cat": MICRO}}
    assert fading.faded([]).classes == {"cat": 1_250_000}


def test_ages_come_from_answers_or_from_time() -> None:
    assert [age_of(answer, 100) for answer in (0, 99, 100, 250)] == [0, 0, 1, 2]
    assert age_of(86_400 * 3.5, half_life=86_400) == 3
    with pytest.raises(ValueError, match="expected a half-life above 0, got 0"):
        age_of(5, 0)


@given(aged, tasks, st.integers(0, KEPT_AGES - 1))
def test_taking_back_gives_the_very_sums_from_before(
    others: list[tuple[Contribution, int]], task: Contribution, age: int
) -> None:
    fading = FadingSums(newest=KEPT_AGES - 1)
    for other in others:
        fading.add(*other)
    before = msgspec.msgpack.encode(fading)
    fading.add(task, age)
    fading.subtract(task, age)
    assert fading == msgspec.msgpack.decode(before, type=FadingSums)


@given(st.data())
def test_the_order_does_not_matter(data: st.DataObject) -> None:
    listed = data.draw(aged)
    one, other = FadingSums(), FadingSums()
    for task in listed:
        one.add(*task)
    for task in data.draw(st.permutations(listed)):
        other.add(*task)
    assert one == other
    assert one.faded("abcd") == other.faded("abcd")


@given(st.lists(tasks, max_size=8), answers.filter(bool))
def test_within_one_age_nothing_fades(listed: list[Contribution], said: dict[str, str]) -> None:
    fading, sums = FadingSums(), Sums()
    for task in listed:
        fading.add(task, age=3)
        sums.add(task)
    assert posterior(said, fading.faded(said)) == posterior(said, sums)


def test_what_is_ten_half_lives_old_is_let_go_and_can_no_longer_be_taken_back() -> None:
    fading, task = FadingSums(), gold({"al": "cat"}, "cat")
    fading.add(task, age=0)
    fading.add(task, age=KEPT_AGES)
    only_new = FadingSums()
    only_new.add(task, age=KEPT_AGES)
    assert fading == only_new
    fading.subtract(task, age=0)
    fading.add(task, age=-5)
    assert fading == only_new


def test_an_age_that_nothing_was_counted_in_is_refused() -> None:
    fading = FadingSums()
    fading.add(gold({"al": "cat"}, "cat"), age=4)
    with pytest.raises(ValueError, match=r"an age that something was counted in, \[4\], got 3"):
        fading.subtract(gold({"al": "cat"}, "cat"), age=3)


def test_caps_hold_in_every_age() -> None:
    fading = FadingSums(max_annotators=1)
    fading.add(gold({"al": "cat", "bo": "cat"}, "cat"), age=0)
    assert list(fading.ages[0].annotators) == ["al"]
    assert fading.faded(["bo"]).further_annotators.total == MICRO


# Deciding again


def test_a_task_is_decided_again_by_what_was_learned_since() -> None:
    sums, recent = Sums(), Recent()
    said = {"al": "cat", "bo": "dog"}
    first = learned(said, posterior(said, sums))
    recent.add("t-1", first, sums)
    assert first.truth == (("cat", 500_000), ("dog", 500_000))
    for _ in range(20):  # al turns out to be wrong about dogs
        sums.add(gold({"al": "cat", "bo": "dog"}, "dog"))
        sums.add(gold({"al": "cat", "bo": "cat"}, "cat"))
    [(task_id, entry)] = recent.decide_again(sums, 5)
    assert (task_id, entry.told) == ("t-1", first)
    assert dict(entry.counted.truth)["dog"] > 800_000


def test_the_window_is_gone_through_in_turn() -> None:
    sums, recent = Sums(), Recent()
    for name in ("t-1", "t-2", "t-3"):
        recent.add(name, contribution({"al": "cat", "bo": "cat"}, {"cat": 0.9, "dog": 0.1}), sums)
    turns = [[name for name, _ in recent.decide_again(sums, number)] for number in (2, 2, 0, 9)]
    assert turns == [["t-1", "t-2"], ["t-3", "t-1"], [], ["t-2", "t-3", "t-1"]]


@given(st.lists(tasks, min_size=1, max_size=8), st.data())
def test_what_leaves_the_window_leaves_what_its_fact_said(listed: list[Contribution], data: st.DataObject) -> None:
    sums, recent = Sums(), Recent(window=3)
    for number, task in enumerate(listed):
        recent.add(f"t-{number}", task, sums)
        for _ in recent.decide_again(sums, data.draw(st.integers(0, 4))):
            pass
    assert len(recent.tasks) == min(len(listed), 3) == len(recent.order)
    assert list(recent.order) == [f"t-{number}" for number in range(len(listed))][-3:]
    for number in data.draw(st.permutations(range(len(listed)))):
        recent.subtract(f"t-{number}", listed[number], sums)
    assert sums == Sums()


@given(st.lists(tasks, max_size=5))
def test_the_window_survives_messagepack_with_its_order(listed: list[Contribution]) -> None:
    sums, recent = Sums(), Recent()
    for number, task in enumerate(listed):
        recent.add(f"t-{number}", task, sums)
    list(recent.decide_again(sums, 2))
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(recent), type=Recent)
    assert again == recent
    assert list(again.tasks) == list(recent.tasks)


def test_a_task_without_answers_to_learn_from_is_left_as_it_is() -> None:
    sums, recent = Sums(), Recent()
    recent.add("t-1", learned({"al": "cat"}, {"cat": 0.8, "dog": 0.2}), sums)
    assert list(recent.decide_again(sums, 1)) == []
    assert sums.classes == {"cat": 840_000, "dog": 160_000}


def test_the_window_refuses_what_does_not_fit_what_it_knows() -> None:
    sums, recent, task = Sums(), Recent(), gold({"al": "cat"}, "cat")
    recent.add("t-1", task, sums)
    with pytest.raises(ValueError, match="expected to take t-1 back before it is added again"):
        recent.add("t-1", task, sums)
    with pytest.raises(ValueError, match="of t-1, as it was added; got"):
        recent.subtract("t-1", gold({"al": "dog"}, "cat"), sums)
