"""Sums that can be taken back: `scoring.chance.tally` and `scoring.chance.coincidences`."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.chance.alpha import krippendorff_alpha
from scoring.chance.coefficient import Coefficient
from scoring.chance.coincidences import Coincidences, tabulate
from scoring.chance.many import fleiss_kappa, gwet_ac, percent_agreement
from scoring.chance.ratings import RatingSums
from scoring.chance.tally import Tally
from scoring.chance.two import PairCounts
from scoring.types import Undefined

task = st.dictionaries(st.sampled_from(["cat", "dog", "owl"]), st.integers(0, 4))
tasks = st.lists(task, max_size=8)


def seen(answers: list[dict[str, int]]) -> Coincidences:
    coincidences = Coincidences()
    for of_task in answers:
        coincidences.add(of_task)
    return coincidences


@given(tasks, tasks)
def test_what_is_taken_back_was_never_there(kept: list[dict[str, int]], revised: list[dict[str, int]]) -> None:
    coincidences = seen(kept + revised)
    for of_task in revised:
        coincidences.retract(of_task)
    assert coincidences == seen(kept)
    assert coincidences.counts == seen(kept).counts


@given(tasks, tasks)
def test_parts_merge_into_the_whole_and_out_of_it(one: list[dict[str, int]], other: list[dict[str, int]]) -> None:
    merged = seen(one)
    merged.merge(seen(other))
    assert merged == seen(other + one)
    merged.unmerge(seen(one))
    assert merged == seen(other)


@given(tasks, st.data())
@settings(max_examples=40)
def test_the_same_tasks_give_the_same_bits_in_any_order(answers: list[dict[str, int]], data: st.DataObject) -> None:
    one, other = seen(answers), seen(data.draw(st.permutations(answers)))
    for statistic in (percent_agreement, fleiss_kappa, gwet_ac, krippendorff_alpha):
        assert repr(statistic(one.table())) == repr(statistic(other.table()))


def test_a_stored_state_is_made_whole_again() -> None:
    coincidences = seen([{"cat": 2}, {"cat": 1, "dog": 1}, {"cat": 2}])
    assert coincidences.counts == {(("cat", 2),): 2, (("cat", 1), ("dog", 1)): 1}
    assert Coincidences(coincidences.counts) == coincidences
    assert len(coincidences) == 2


def test_a_retraction_may_arrive_before_its_addition() -> None:
    early = Coincidences()
    early.retract({"cat": 2})
    assert early.is_negative()
    assert percent_agreement(early.table()) == Undefined("more tasks were taken back than added")
    assert krippendorff_alpha(early.table()) == Undefined("more tasks were taken back than added")
    early.add({"cat": 2})
    assert early == Coincidences()


def test_tallies_of_different_things_are_not_equal() -> None:
    assert Coincidences() != PairCounts()
    assert Tally({"a": 0}) == Tally()


def test_a_task_that_nobody_answered_changes_nothing() -> None:
    assert seen([{}, {"cat": 0}]) == Coincidences()


def test_what_can_not_be_counted_is_refused() -> None:
    with pytest.raises(ValueError, match="numbers of annotators of at least 0"):
        Coincidences().add({"cat": -1})
    with pytest.raises(ValueError, match=r"expected labels among \['cat'\], got also \['dog'\]"):
        seen([{"dog": 2}]).table(["cat"])
    with pytest.raises(ValueError, match="expected a matrix of whole numbers"):
        tabulate([[0.5, 1.0]])
    with pytest.raises(ValueError, match=r"expected codes in -1\.\.0, got 0\.\.1"):
        tabulate([[0, 1]], labels=["cat"])
    with pytest.raises(ValueError, match="expected a confidence between 0 and 1"):
        percent_agreement(tabulate([[0, 0]]), confidence=95)


def test_labels_of_any_kind_have_an_order() -> None:
    coincidences = Coincidences()
    coincidences.add({True: 1, "cat": 1, frozenset("b"): 1, frozenset("a"): 1, 2.5: 1, 2: 1})
    assert coincidences.table().labels == [True, frozenset("a"), frozenset("b"), 2, 2.5, "cat"]


@given(st.lists(st.lists(st.integers(-1, 2), min_size=4, max_size=4), max_size=8))
@settings(max_examples=40)
def test_a_batch_and_a_stream_of_it_agree(rows: list[list[int]]) -> None:
    batch = tabulate(np.array(rows, dtype=np.int64).reshape(-1, 4), labels=[0, 1, 2])
    stream = Coincidences()
    for row in rows:
        stream.add(Counter(code for code in row if code >= 0))
    table = stream.table([0, 1, 2])
    for statistic in (percent_agreement, fleiss_kappa, gwet_ac, krippendorff_alpha):
        one, other = statistic(batch), statistic(table)
        if isinstance(one, Undefined) or isinstance(other, Undefined):
            assert one == other
        else:
            figures = [(c.value, c.observed, c.expected, c.tasks, c.answers, c.pairs) for c in (one, other)]
            assert figures[0] == pytest.approx(figures[1], abs=1e-9)
            assert isinstance(one.interval, Undefined) == isinstance(other.interval, Undefined)


ratings = st.lists(st.lists(st.sampled_from([0.1, 0.2, 0.3, -1e9, 1e9, 1 / 3, 4.1e-7, 1e-300]), max_size=4), max_size=6)


@given(ratings, ratings)
def test_sums_of_ratings_come_back_to_the_bit(kept: list[list[float]], revised: list[list[float]]) -> None:
    sums, expected = RatingSums(), RatingSums()
    for of_task in kept:
        sums.add(of_task)
        expected.add(of_task[::-1])
    for of_task in revised:
        sums.add(of_task)
    for of_task in revised:
        sums.retract(of_task)
    assert sums == expected


def test_two_annotators_are_counted_and_taken_back() -> None:
    pair = PairCounts()
    pair.add("cat", "dog", tasks=3)
    pair.retract("cat", "dog", tasks=3)
    assert pair == PairCounts()


def test_coefficients_say_what_they_rest_on() -> None:
    # Pairs: 3 of three answers, 1 of two, none of one.
    figures = percent_agreement(seen([{"cat": 3}, {"cat": 1, "dog": 1}, {"dog": 1}]).table())
    assert isinstance(figures, Coefficient)
    assert (figures.tasks, figures.answers, figures.pairs) == (2, 5, 4)
    assert figures.value == 0.5
