"""Taking objects as drawn: `scoring.consensus.pick`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.boxes import iou
from scoring.consensus.pick import best_annotator, best_answer_per_class, select_all
from tests.scoring.strategies import Marks, marks

NAMES = ["ann", "bob", "cid", "dee"]


def best_answers(drawn: Marks, names: list[str]) -> list[int]:
    everyone = range(len(drawn.answers))
    return best_answer_per_class(
        iou(drawn.boxes, drawn.boxes), drawn.owners, drawn.labels, len(drawn.answers), everyone, names
    )


def test_the_annotator_who_agrees_best_with_the_others_is_chosen() -> None:
    # Means with others: (0.7 + 0.5) / 2 = 0.6, (0.7 + 0.8) / 2 = 0.75, (0.5 + 0.8) / 2 = 0.65
    matrix = [[1.0, 0.7, 0.5], [0.7, 1.0, 0.8], [0.5, 0.8, 1.0]]
    assert best_annotator(matrix, [0, 1, 2], NAMES) == 1
    # Among the first and the last alone, both have 0.5: the smaller name.
    assert best_annotator(matrix, [0, 2], NAMES) == 0
    assert best_annotator(matrix, [0, 2], ["x", "y", "a"]) == 2


def test_one_counted_annotator_is_the_best_and_none_is_an_error() -> None:
    assert best_annotator([[1.0, 0.2], [0.2, 1.0]], [1], NAMES) == 1
    with pytest.raises(ValueError, match="at least one counted annotator"):
        best_annotator([[1.0]], [], NAMES)


def test_every_class_has_its_own_best_annotator() -> None:
    # Cars: ann and bob alike, cid shifted; buses: bob and cid alike, ann shifted.
    car, loose_car = ("car", (0.0, 0.0, 10.0, 10.0, 0.0)), ("car", (3.0, 0.0, 10.0, 10.0, 0.0))
    bus, loose_bus = ("bus", (50.0, 0.0, 10.0, 10.0, 0.0)), ("bus", (53.0, 0.0, 10.0, 10.0, 0.0))
    drawn = Marks([[loose_bus, car], [bus, car], [bus, loose_car]])
    assert [(drawn.owners[i], drawn.labels[i]) for i in best_answers(drawn, NAMES)] == [(0, "car"), (1, "bus")]


def test_a_class_that_most_did_not_see_has_no_best_answer() -> None:
    drawn = Marks([[("car", (0.0, 0.0, 10.0, 10.0, 0.0))], [], []])
    assert best_answers(drawn, NAMES) == []


def test_an_annotator_who_does_not_count_is_never_the_best_answer() -> None:
    car = ("car", (0.0, 0.0, 10.0, 10.0, 0.0))
    drawn = Marks([[car], [car]])
    assert best_answer_per_class(iou(drawn.boxes, drawn.boxes), [0, 1], ["car", "car"], 2, [1], NAMES) == [1]


def test_select_all_keeps_every_counted_annotators_objects() -> None:
    assert select_all([0, 0, 1, 2], [0, 2]) == [0, 1, 3]
    assert select_all([], [0]) == []


@given(marks(min_annotators=1), st.data())
def test_the_best_answer_does_not_depend_on_the_order_of_annotators(drawn: Marks, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(drawn.answers))))
    permuted = drawn.permuted(order)
    kept = {(NAMES[drawn.owners[i]], i - drawn.owners.index(drawn.owners[i])) for i in best_answers(drawn, NAMES)}
    again = {
        (NAMES[order[permuted.owners[i]]], i - permuted.owners.index(permuted.owners[i]))
        for i in best_answers(permuted, [NAMES[i] for i in order])
    }
    assert kept == again
