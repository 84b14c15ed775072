"""Answers as index arrays: `scoring.reliability.answers`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.reliability.answers import Answers, index_answers

rows = st.lists(
    st.tuples(st.sampled_from(["t1", "t2", "t10"]), st.sampled_from(["al", "bo"]), st.sampled_from(["x", "y", "z"]))
)


def test_ids_and_classes_are_numbered_in_natural_order() -> None:
    indexed = index_answers([("t2", "bo", "yes"), ("t1", "al", "no")])
    assert (indexed.task_ids, indexed.annotator_ids, indexed.classes) == (["t1", "t2"], ["al", "bo"], ["no", "yes"])
    assert indexed.answers.tasks.tolist() == indexed.answers.annotators.tolist() == indexed.answers.labels.tolist()


def test_classes_keep_the_order_of_the_control_and_may_be_unused() -> None:
    indexed = index_answers([("t", "a", "low")], classes=["low", "high", "unsure"])
    assert (indexed.answers.labels.tolist(), indexed.answers.n_classes) == ([0], 3)


def test_answers_may_be_truth_values_and_sets() -> None:
    assert index_answers([("t", "a", True), ("t", "b", False)]).classes == [False, True]
    sets = [frozenset("bc"), frozenset("ad")]
    assert index_answers([("t", "a", sets[0]), ("t", "b", sets[1])]).classes == [sets[1], sets[0]]


@given(rows, st.randoms())
def test_the_order_of_the_rows_does_not_matter(listed: list[tuple[str, str, str]], random: Any) -> None:
    shuffled = list(listed)
    random.shuffle(shuffled)
    one, other = (index_answers(some, classes=["x", "y", "z"]) for some in (listed, shuffled))
    assert one.task_ids == other.task_ids
    assert one.annotator_ids == other.annotator_ids
    for name in ("tasks", "annotators", "labels"):
        assert np.array_equal(getattr(one.answers, name), getattr(other.answers, name))


def test_repeated_answers_are_counted() -> None:
    given_labels = Answers.of([0, 0, 0], [0, 0, 1], [1, 1, 0]).given().toarray()
    assert given_labels.tolist() == [[0.0, 2.0, 1.0, 0.0]]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected labels among \['a', 'b'\], got also \['c'\]"):
        index_answers([("t", "a", "c")], classes=["a", "b"])
    with pytest.raises(ValueError, match="expected at least two classes"):
        index_answers([("t", "a", "x")])
    with pytest.raises(ValueError, match="one task, annotator and label an answer; got 2 tasks, 1"):
        Answers.of([0, 1], [0], [0])
    with pytest.raises(ValueError, match=r"expected label indices in 0\.\.1, got -1\.\.0"):
        Answers.of([0, 0], [0, 1], [0, -1])
