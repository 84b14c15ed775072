"""`area`: a control whose annotators choose between box, polygon, mask and ellipse."""

from __future__ import annotations

import pytest

from tests.builders import Event
from tests.streams.kinds_builders import CONTROL, conflicts, consensus, control, given, region, said

_BOX = region("box", x=0.0, y=0.0, width=4.0, height=4.0, rotation_degrees=0.0)
_POLYGON = region("polygon", points=[[0, 0], [4, 0], [4, 4], [0, 4]], holes=[])
_MASK = region("mask", size=[4, 6], counts=[0, 16, 8])
_CIRCLE = region("ellipse", cx=2.0, cy=2.0, rx=2.0, ry=2.0)


def test_the_same_square_drawn_with_three_tools_is_agreed_and_becomes_a_polygon() -> None:
    driver = given(_BOX, _POLYGON, _MASK, type="area")
    decided = driver.decided()
    assert (decided["state"], decided["score"], decided["unscored"]) == ("agreed", 1.0, [])
    assert control(driver)["type"] == "area"
    (made,) = decided["consensus"]
    assert (made["type"], made["support"]) == ("polygon", ["a1", "a2", "a3"])
    assert sorted(map(tuple, made["points"])) == [(0, 0), (0, 4), (4, 0), (4, 4)]


def test_a_circle_in_the_square_covers_pi_quarters_of_it() -> None:
    assert given(_BOX, _CIRCLE, type="area").decided()["score"] == pytest.approx(0.785, abs=1e-3)


@pytest.mark.parametrize("kind", ["box", "polygon", "mask", "ellipse"])
def test_where_all_use_one_tool_the_consensus_is_of_its_type(kind: str) -> None:
    driver = given(region(kind), region(kind), region(kind), type="area")
    assert driver.decided()["score"] == 1
    assert consensus(driver) == [said(region(kind))]


@pytest.mark.parametrize("method", ["best_annotator", "best_answer", "select_all"])
def test_a_mark_that_is_kept_stays_what_it_was(method: str) -> None:
    driver = given(_BOX, _BOX, _MASK, type="area", adjudication=method)
    kept = consensus(driver)
    assert kept[0] == said(_BOX)
    assert len(kept) == (3 if method == "select_all" else 1)


def test_other_types_in_the_control_are_still_reported() -> None:
    lines: list[Event] = [_BOX, region("polyline")]
    driver = given(lines, _BOX, type="area")
    assert [r["reason"] for r in driver.decided()["unscored"]] == ["wrong_control_type"]


def test_who_marks_another_place_with_another_tool_is_named() -> None:
    driver = given(_BOX, _BOX, region("ellipse", other=True), type="area")
    assert conflicts(driver, CONTROL) == [("missing", ("a3",)), ("extra", ("a3",))]
