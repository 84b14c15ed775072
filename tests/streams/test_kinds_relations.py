"""Relations: alike where they connect the same objects, whatever their regions are called."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import Driver, Event, box, submitted
from tests.builders import settings as project
from tests.streams.kinds_builders import conflicts, region, relation

_LINKS = {"links": {"type": "relation"}}


def _drawn(*names: str, label: str = "person") -> list[Event]:
    """Boxes far apart, one for each name."""
    return [box(100 * i, 0, label=label, id=name) for i, name in enumerate(names)]


def _given(*results: list[Event], **controls: Any) -> Driver:
    chosen = project(required_annotators=len(results), controls={**_LINKS, **controls}, routing={"on_limit": "review"})
    driver = Driver(chosen)
    for i, result in enumerate(results, 1):
        driver.feed(submitted(annotator=f"a{i}", result=result, at=i))
    assert {reason for reason, _ in driver.reasons} <= {"zero_size_box"}
    return driver


def _links(driver: Driver) -> list[tuple[str, str]]:
    return [(r["from"], r["to"]) for r in driver.decided()["consensus"] if r["type"] == "relation"]


def _score(driver: Driver) -> Any:
    return driver.decided()["controls"]["links"]["score"]


def test_relations_between_the_same_objects_agree_and_name_the_objects_of_the_consensus() -> None:
    driver = _given(
        [*_drawn("p", "q"), relation("p", "q", directed=True)],
        [*_drawn("1", "2"), relation("1", "2", directed=True)],
        [*_drawn("x", "y")[::-1], relation("x", "y", directed=True)],
    )
    assert driver.decided()["state"] == "agreed"
    made = {found["id"]: found for found in driver.decided()["consensus"]}
    ((source, target),) = _links(driver)
    assert (made[source]["x"], made[target]["x"]) == (0, 100)
    (link,) = [found for found in made.values() if found["type"] == "relation"]
    assert (link["label"], link["directed"], link["support"]) == ("holds", True, ["a1", "a2", "a3"])
    assert link["confidence"] == 1


def test_the_other_direction_is_another_relation_unless_the_control_says_otherwise() -> None:
    def turned(**links: Any) -> Driver:
        forth = [*_drawn("p", "q"), relation("p", "q", directed=True)]
        back = [*_drawn("p", "q"), relation("q", "p", directed=True)]
        return _given(forth, forth, back, links={"type": "relation", **links})

    assert _score(turned()) == 0.333333
    assert conflicts(turned(), "links") == [("missing", ("a3",)), ("extra", ("a3",))]
    assert _score(turned(similarity="undirected")) == 1
    assert _links(turned(similarity="undirected")) == _links(turned())


def test_without_a_direction_both_ways_are_the_same() -> None:
    driver = _given([*_drawn("p", "q"), relation("p", "q")], [*_drawn("p", "q"), relation("q", "p")])
    assert _score(driver) == 1
    assert len(_links(driver)) == 1


def test_relations_of_different_objects_do_not_agree() -> None:
    driver = _given([*_drawn("p", "q", "r"), relation("p", "q")], [*_drawn("p", "q", "r"), relation("p", "r")])
    assert _score(driver) == 0
    assert _links(driver) == []


def test_a_relation_to_a_region_that_nobody_drew_is_like_no_other() -> None:
    dangling = [*_drawn("p"), relation("p", "nobody")]
    driver = _given(dangling, dangling, dangling)
    assert _score(driver) == 0
    assert _links(driver) == []


_CUSTOM = {"control": "sketch", "type": "scribble", "id": "t", "strokes": [[1, 2], [3, 4]]}


@pytest.mark.parametrize(
    "other",
    [
        region("text", id="t", control="caption"),
        region("choices", id="t", control="weather"),
        _CUSTOM,
        box(500, 0, 0, 10, id="t", control="objects"),  # without area
    ],
)
def test_a_relation_may_end_at_whatever_is_a_region(other: Event) -> None:
    linked = [*_drawn("p"), other, relation("p", "t")]
    driver = _given(linked, linked, linked)
    assert _score(driver) == 1
    assert len(_links(driver)) == 1
    assert conflicts(driver, "links") == []


def test_whatever_was_answered_the_answer_of_a_control_is_one_end() -> None:
    linked = [
        [*_drawn("p"), region("text", i == 2, id=f"t{i}", control="caption"), relation("p", f"t{i}")] for i in range(3)
    ]
    driver = _given(*linked)
    assert _score(driver) == 1
    made = {found["id"]: found["type"] for found in driver.decided()["consensus"]}
    assert [(made[source], made[target]) for source, target in _links(driver)] == [("box", "text")]


def test_of_several_texts_of_a_control_the_same_is_the_same_end() -> None:
    lines = [region("text", i == 1, id=f"t{i}", control="caption") for i in range(2)]
    first, second = ([*_drawn("p"), *lines, relation("p", end)] for end in ("t0", "t1"))
    renamed = [*_drawn("p"), *(line | {"id": f"other{i}"} for i, line in enumerate(lines)), relation("p", "other0")]
    assert _score(_given(first, renamed)) == 1
    assert _score(_given(first, second)) == 0


def test_custom_regions_that_differ_are_different_ends() -> None:
    linked = [*_drawn("p"), _CUSTOM, relation("p", "t")]
    other = [*_drawn("p"), _CUSTOM | {"strokes": [[9, 9]]}, relation("p", "t")]
    assert _score(_given(linked, other)) == 0


def test_a_relation_may_end_at_a_relation() -> None:
    chain = [*_drawn("p", "q"), relation("p", "q", id="r"), relation("r", "p", id="s"), relation("s", "q")]
    renamed = [*_drawn("1", "2"), relation("2", "1", id="x"), relation("x", "1", id="y"), relation("y", "2")]
    driver = _given(chain, renamed)
    assert _score(driver) == 1
    assert len(_links(driver)) == 3
    other = [*_drawn("p", "q"), relation("p", "q", id="r"), relation("r", "q", id="s"), relation("s", "q")]
    assert _score(_given(chain, other)) == 0.333333


def test_relations_in_a_circle_are_like_no_other() -> None:
    circle = [*_drawn("p"), relation("p", "s", id="r"), relation("p", "r", id="s")]
    assert _score(_given(circle, circle)) == 0
    assert _links(_given(circle, circle)) == []


def test_an_end_that_is_in_no_consensus_region_keeps_the_name_that_its_annotator_gave_it() -> None:
    dangling = [*_drawn("p"), relation("p", "nobody")]
    driver = _given(dangling, _drawn("p"), links={"type": "relation", "adjudication": "select_all"})
    assert _links(driver) == [("c2", "s-a1/nobody")]


def test_relations_of_every_annotator_name_their_own_objects() -> None:
    """Region ids repeat from one submission to the next: r1 of one is not r1 of another."""
    linked = [*_drawn("r1", "r2"), relation("r1", "r2")]
    everything = {"adjudication": "select_all"}
    driver = _given(linked, linked, objects={"type": "box", **everything}, links={"type": "relation", **everything})
    made = {found["id"]: found for found in driver.decided()["consensus"]}
    for link in [found for found in made.values() if found["type"] == "relation"]:
        owner = link["sources"][0].split("/")[0]
        assert made[link["from"]]["sources"] == [f"{owner}/r1"]
        assert made[link["to"]]["sources"] == [f"{owner}/r2"]


@pytest.mark.parametrize("method", ["best_annotator", "best_answer"])
def test_a_relation_names_the_objects_of_the_consensus_when_they_are_taken_from_one_annotator(method: str) -> None:
    loose = [box(2, 0, id="r1", label="person"), box(102, 0, id="r2", label="person"), relation("r1", "r2")]
    tight = [*_drawn("r1", "r2"), relation("r1", "r2")]
    driver = _given(loose, tight, tight, objects={"type": "box", "adjudication": method})
    made = {found["id"]: found for found in driver.decided()["consensus"]}
    ((source, target),) = _links(driver)
    assert (made[source]["x"], made[target]["x"]) == (0, 100)


def test_a_region_id_that_comes_twice_does_not_make_different_objects_one() -> None:
    """The later of the two is meant; what matters is that no two objects get one number."""
    twice = [box(0, 0, id="r1"), box(300, 0, id="r1"), *_drawn("p", "q"), relation("p", "q")]
    other = [box(0, 0, id="r1"), box(300, 0, id="r1"), *_drawn("p", "q"), relation("q", "r1")]
    assert _score(_given(twice, other)) == 0


def test_spans_are_related_as_boxes_are() -> None:
    def sentence(start: int) -> list[Event]:
        head, tail = region("span", id="h", control="e"), region("span", True, id="t", control="e")
        return [head | {"start": start}, tail, relation("h", "t", directed=True)]

    driver = _given(sentence(3), sentence(4), e={"type": "span"})
    assert _score(driver) == 1
    assert _links(driver) == [("c1", "c2")]


def test_relations_may_have_labels_and_attributes_of_their_own() -> None:
    linked = [*_drawn("p", "q"), relation("p", "q", attributes={"sure": True})]
    other = [*_drawn("p", "q"), relation("p", "q", label="rides", attributes={"sure": True})]
    driver = _given(linked, linked, other)
    (link,) = [found for found in driver.decided()["consensus"] if found["type"] == "relation"]
    assert (link["label"], link["attributes"]) == ("holds", {"sure": True})
    assert ("wrong_label", ("a3",)) in conflicts(driver, "links")
