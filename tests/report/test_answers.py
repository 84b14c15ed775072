"""Answers without shapes: as text, and gathered by who gave the same."""

from __future__ import annotations

import pytest

from streams.contracts.regions import (
    Boolean,
    Box,
    Choice,
    Choices,
    Number,
    Ranking,
    Rating,
    Region,
    Relation,
    Taxonomy,
    Text,
    UnscoredRegion,
)
from streams.report.answers import answer_groups, texts_of


@pytest.mark.parametrize(
    ("region", "text"),
    [
        (Choice(control="q", value="day"), "day"),
        (Choices(control="q", value=["b", "a"]), "a, b"),
        (Choices(control="q", value=[]), "none of them"),
        (Boolean(control="q", value=False), "no"),
        (Text(control="q", value="a cat"), "a cat"),
        (Number(control="q", value=2.50), "2.5"),
        (Rating(control="q", value=4.0), "4"),
        (Ranking(control="q", items=["z", "a"]), "z > a"),
        (Taxonomy(control="q", paths=[["bird", "jay"], ["animal"]]), "animal, bird / jay"),
        (UnscoredRegion(control="q", reason="no_metric", raw={"type": "hologram"}), "a hologram that is not compared"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_every_answer_has_words(region: Region, text: str) -> None:
    assert texts_of([region]) == {"q": text}


def test_a_relation_names_the_labels_of_what_it_joins() -> None:
    ends: list[Region] = [
        Box(control="o", id="r1", label="person", x=0, y=0, width=1, height=1),
        Box(control="o", id="r2", label="bike", x=0, y=0, width=1, height=1),
    ]

    assert texts_of([*ends, Relation(control="q", source="r1", target="r2", directed=True)]) == {"q": "person → bike"}


def test_shapes_have_no_text() -> None:
    assert texts_of([Box(control="o", x=0, y=0, width=1, height=1)]) == {}


def test_who_left_a_control_out_gave_no_answer_to_it() -> None:
    groups = answer_groups([("a", {"q": "yes"}), ("b", {})], {}, None)["q"]

    assert [(said.answer, said.annotators) for said in groups] == [("no answer", ["b"]), ("yes", ["a"])]


def test_gold_that_nobody_gave_is_listed_all_the_same() -> None:
    groups = answer_groups([("a", {"q": "yes"})], {"q": "yes"}, {"q": "no"})["q"]

    assert [(said.answer, said.consensus, said.gold) for said in groups] == [("yes", True, False), ("no", False, True)]


def test_the_most_frequent_answer_comes_first_and_ties_go_by_answer() -> None:
    groups = answer_groups([("a", {"q": "z"}), ("b", {"q": "m"}), ("c", {"q": "b"}), ("d", {"q": "z"})], {}, None)

    assert [said.answer for said in groups["q"]] == ["z", "b", "m"]


def test_an_answer_without_a_vote_is_no_vote() -> None:
    voted = [("a", {"q": "cat"}), ("b", {"q": "bird"})]
    aside = [("net", {"q": "bird"}), ("old", {"q": "dog"}), ("boxes", {"o": "x"})]
    groups = answer_groups(voted, {"q": "cat"}, None, aside)["q"]

    assert [(said.answer, said.annotators, said.without_vote) for said in groups] == [
        ("bird", ["b"], ["net"]), ("cat", ["a"], []), ("dog", [], ["old"]),
    ]  # fmt: skip
