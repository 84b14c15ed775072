"""Every region type of the contract, end to end: what three people answer, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest

from streams.contracts.settings import TYPE_DEFAULTS
from tests.builders import Driver, submitted
from tests.builders import settings as project
from tests.streams.kinds_builders import (
    ANSWERS,
    CONTROL,
    KINDS,
    OBJECTS,
    conflicts,
    consensus,
    control,
    given,
    region,
    said,
)


@pytest.mark.parametrize("kind", KINDS)
def test_three_identical_answers_agree_and_come_out_as_they_went_in(kind: str) -> None:
    driver = given(region(kind), region(kind), region(kind))
    decided = driver.decided()
    assert (decided["state"], decided["score"], decided["passed"]) == ("agreed", 1.0, True)
    assert control(driver)["type"] == kind
    assert control(driver)["matrix"] == [[1.0] * 3] * 3
    assert control(driver)["conflicts"] == []
    assert consensus(driver) == [said(region(kind))]
    (made,) = decided["consensus"]
    assert (made["id"], made["support"], made["confidence"]) == ("c1", ["a1", "a2", "a3"], 1.0)
    assert made["sources"] == ["s-a1/r1", "s-a2/r1", "s-a3/r1"]


@pytest.mark.parametrize("kind", KINDS)
def test_two_against_one_is_a_disagreement_with_the_answer_of_the_two_as_consensus(kind: str) -> None:
    driver = given(region(kind), region(kind), region(kind, other=True))
    decided = driver.decided()
    assert (decided["state"], decided["passed"]) == ("reassigning", False)
    share = 2 / 3 if kind in ("choice", "boolean") else 1 / 3
    # Numbers, angles and skeletons are never entirely unlike; 1 - 9.4 / 9.5 for 0.1 beside 9.5.
    assert share - 1e-6 <= decided["score"] <= share + 0.35
    assert consensus(driver) == [said(region(kind))]
    (made,) = decided["consensus"]
    assert made["support"] == ["a1", "a2"]
    assert 2 / 3 - 1e-6 <= made["confidence"] < 1
    concerned = {who for _, people in conflicts(driver) for who in people}
    assert concerned == {"a3"}


@pytest.mark.parametrize("kind", KINDS)
def test_who_gives_no_answer_agrees_with_nobody_and_is_named_missing(kind: str) -> None:
    driver = given(region(kind), region(kind), [])
    assert control(driver)["matrix"] == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert consensus(driver) == [said(region(kind))]
    wanted = ("value" if kind == "choices" else "missing", ("a3",))
    assert conflicts(driver) == [wanted]


@pytest.mark.parametrize("kind", KINDS)
def test_what_only_one_of_three_answers_is_extra_and_no_consensus(kind: str) -> None:
    driver = given(region(kind), [], [])
    assert consensus(driver) == []
    assert conflicts(driver) == [("value" if kind == "choices" else "extra", ("a1",))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_control_that_everybody_leaves_empty_is_agreed(kind: str) -> None:
    driver = given([], [], [], type=kind)
    assert (driver.decided()["state"], driver.decided()["score"]) == ("agreed", 1.0)
    assert driver.decided()["consensus"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_trusted_annotator_outweighs_two(kind: str) -> None:
    chosen = project(controls={CONTROL: {"type": kind, "adjudication": "weighted"}}, annotator_weights={"a3": 5})
    driver = Driver(chosen)
    for i, other in enumerate((True, True, False), 1):
        driver.feed(submitted(annotator=f"a{i}", result=[region(kind, other)], at=i))
    assert consensus(driver) == [said(region(kind))]
    assert driver.decided()["consensus"][0]["support"] == ["a3"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_annotator_is_taken_at_their_word(kind: str) -> None:
    driver = given(region(kind, other=True), region(kind), region(kind), type=kind, adjudication="best_annotator")
    assert consensus(driver) == [said(region(kind))]
    (made,) = driver.decided()["consensus"]
    assert made["support"] == ["a2", "a3"]


def test_a_best_annotator_who_left_the_question_out_leaves_it_without_an_answer() -> None:
    three = [region("text", value=value) for value in ("aaaa", "bbbb", "cccc")]
    driver = given([], [], *three, type="text", adjudication="best_annotator")
    assert consensus(driver) == []
    assert conflicts(driver) == [("extra", ("a3", "a4", "a5"))]


@pytest.mark.parametrize("kind", OBJECTS)
def test_select_all_keeps_every_mark(kind: str) -> None:
    driver = given([region(kind), region(kind, other=True)], region(kind), [], type=kind, adjudication="select_all")
    here, far = said(region(kind)), said(region(kind, other=True))
    assert sorted(map(repr, consensus(driver))) == sorted(map(repr, [here, here, far]))
    support = {repr(said(made)): made["support"] for made in driver.decided()["consensus"]}
    assert support == {repr(here): ["a1", "a2"], repr(far): ["a1"]}


@pytest.mark.parametrize("kind", OBJECTS)
def test_best_answer_keeps_for_each_class_the_marks_of_who_agrees_best_on_it(kind: str) -> None:
    lone = region(kind, other=True, label="bus")
    driver = given([lone], region(kind), region(kind), type=kind, adjudication="best_answer")
    assert said(region(kind)) in consensus(driver)
    (car,) = [made for made in driver.decided()["consensus"] if made["label"] == "car"]
    assert car["sources"] == ["s-a2/r1"]


@pytest.mark.parametrize("kind", OBJECTS)
def test_labels_and_attributes_of_an_object_are_voted_on_one_by_one(kind: str) -> None:
    first = region(kind, attributes={"occluded": True, "n": 1})
    second = region(kind, attributes={"occluded": True, "n": 2})
    third = region(kind, label="bus", attributes={"occluded": False})
    driver = given(first, second, third)
    (made,) = driver.decided()["consensus"]
    assert (made["label"], made["attributes"]) == ("car", {"occluded": True, "n": 1})
    assert made["support"] == ["a1", "a2", "a3"]
    assert ("wrong_label", ("a3",)) in conflicts(driver)
    assert ("attribute", ("a2", "a3")) in conflicts(driver)


@pytest.mark.parametrize("kind", OBJECTS)
def test_what_a_marked_place_reads_is_taken_from_most(kind: str) -> None:
    driver = given(*(region(kind, text=text) for text in ("Invoice", "Invoice", "lnvoice")))
    assert consensus(driver) == [said(region(kind, text="Invoice"))]
    assert conflicts(driver) == [("value", ("a3",))]
    driver = given(region(kind), region(kind, text="Invoice"), region(kind))
    assert consensus(driver) == [said(region(kind))]


@pytest.mark.parametrize("kind", OBJECTS)
def test_two_objects_of_everybody_stay_two(kind: str) -> None:
    both = [region(kind), region(kind, other=True)]
    driver = given(both, both[::-1], both)
    assert driver.decided()["score"] == 1
    assert sorted(map(repr, consensus(driver))) == sorted(repr(said(one)) for one in both)


@pytest.mark.parametrize("kind", OBJECTS)
def test_who_finds_half_of_the_objects_has_an_f1_of_two_thirds(kind: str) -> None:
    driver = given([region(kind), region(kind, other=True)], region(kind), type=kind, metric="f1")
    assert driver.decided()["score"] == 0.666667


@pytest.mark.parametrize("kind", KINDS)
def test_who_sent_what_only_changes_the_names(kind: str) -> None:
    results = [region(kind), region(kind), region(kind, other=True)]
    one, other = given(*results), given(*results[::-1])
    turned = [row[::-1] for row in control(other)["matrix"][::-1]]
    assert control(one)["matrix"] == turned
    assert control(one)["score"] == control(other)["score"]
    assert consensus(one) == consensus(other)


def test_every_kind_stands_here() -> None:
    assert {*ANSWERS, *OBJECTS, "relation", "area"} == set(TYPE_DEFAULTS)


@pytest.mark.parametrize(
    ("kind", "field", "answers"),
    [("taxonomy", "paths", [[["a", "x"]], [["b"]], [["c"]]]), ("ranking", "items", [["a", "x"], ["b"], ["c"]])],
)
def test_where_all_answered_and_nothing_has_most_the_consensus_is_not_nothing(
    kind: str, field: str, answers: list[Any]
) -> None:
    driver = given(*(region(kind) | {field: answer} for answer in answers))
    (made,) = driver.decided()["consensus"]
    assert (made[field], made["support"], made["confidence"]) == (answers[0], ["a1"], 0.333333)
