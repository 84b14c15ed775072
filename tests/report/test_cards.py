"""A contested task as it is drawn: who lies over whom, which part of the picture is seen, what is drawn closer."""

from __future__ import annotations

import pytest

from streams.contracts.regions import Box, Choice, Region, Span
from streams.report.cards import MOST_REGIONS, Card, card_of
from streams.report.material import Picture
from tests.report.builders import contested

CONSENSUS = {
    "id": "c1", "control": "objects", "type": "box", "label": "car", "x": 10.0, "y": 10.0, "width": 20.0,
    "height": 20.0, "rotation_degrees": 0, "attributes": {}, "support": ["amira", "bo"], "confidence": 0.8,
    "sources": [],
}  # fmt: skip


def box(x: float, y: float = 10, side: float = 20, label: str = "car") -> Region:
    return Box(control="objects", label=label, x=x, y=y, width=side, height=side)


def card(*answers: list[Region] | None, consensus: bool = True, **more: object) -> Card:
    return card_of(contested(list(answers), [CONSENSUS] if consensus else [], **more))  # type: ignore[arg-type]


def test_everybody_has_a_layer_and_the_consensus_lies_on_top() -> None:
    made = card([box(10)], [box(12)], [], gold=[box(11)])

    assert [(layer.name, layer.role, len(layer.outlines)) for layer in made.layers] == [
        ("amira", "annotator", 1), ("bo", "annotator", 1), ("chen", "annotator", 0), ("gold", "gold", 1),
        ("consensus", "consensus", 1),
    ]  # fmt: skip


def test_an_answer_that_is_not_known_is_told_from_an_empty_one() -> None:
    made = card(None, [])

    assert [layer.missing for layer in made.layers] == [True, False, False]
    assert made.answers_missing


def test_large_marks_show_the_whole_picture_and_small_ones_the_part_around_them() -> None:
    whole = card([box(10, side=600)], width_px=1280, height_px=720).window
    part = card([box(10, side=40)], width_px=1280, height_px=720).window

    assert whole is not None
    assert part is not None
    assert (whole.zoomed, whole.width, whole.height) == (False, 1280, 720)
    assert part.zoomed
    # From 10 to 50 in both directions, and 8 % of 40 px around: 3.2 px.
    assert (part.left, part.top, part.width, part.height) == pytest.approx((6.8, 6.8, 46.4, 46.4))


def test_marks_past_the_edge_of_the_picture_are_seen_too() -> None:
    window = card([box(-50, side=900)], consensus=False, width_px=800, height_px=600).window

    assert window is not None
    assert (window.left, window.width) == (-50, 900)


def test_without_a_size_the_marks_make_the_window_and_the_picture_s_own_size_serves_as_well() -> None:
    alone = card([box(10)]).window
    pictured = card([box(10, side=300)], picture=Picture("image/jpeg", b"", 400, 400)).window

    assert alone is not None
    assert pictured is not None
    assert alone.whole is None
    assert pictured.whole == (400, 400)


def test_nothing_to_draw_is_no_window() -> None:
    said: list[Region] = [Choice(control="scene", value="day")]

    assert card(said, consensus=False).window is None
    assert card(said, consensus=False).groups["scene"][0].annotators == ["amira"]


def test_small_heaps_far_apart_are_drawn_closer_those_with_most_marks_first() -> None:
    near = [box(1_000, 600), box(1_005, 605)]
    made = card([*near, box(10)], [box(1_002, 602)], consensus=False, width_px=1280, height_px=720)

    assert [round(window.left) for window in made.close_ups] == [998, 8]


def test_one_heap_alone_needs_no_close_up() -> None:
    assert card([box(10)], [box(12)], width_px=1280, height_px=720).close_ups == []


def test_spans_lie_in_rows_over_one_axis() -> None:
    made = card([Span(control="t", start=4, end=9)], [Span(control="t", start=2, end=6)], consensus=False)

    assert made.rows is not None
    assert (made.rows.start, made.rows.end, made.rows.unit) == (2, 9, "characters")


def test_more_regions_than_can_be_told_apart_are_counted_instead() -> None:
    crowd = card([box(x) for x in range(MOST_REGIONS + 3)])

    assert (len(crowd.layers[0].outlines), crowd.layers[0].further) == (MOST_REGIONS, 3)


def test_conflicts_are_counted_by_kind() -> None:
    assert card([box(10)]).conflicts == {"missing": 1}


def test_a_consensus_that_is_no_region_is_left_out() -> None:
    made = card_of(contested([[box(1)]], [{"type": "box", "control": "objects"}]))

    assert made.layers[-1].outlines == []
