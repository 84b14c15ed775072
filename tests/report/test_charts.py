"""The plots: what they say to whoever can't see them, what they leave out, and that no name breaks them."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import Colormap, to_hex

from streams.contracts.views import ClassItem, MatrixCell, MatrixView, Point
from streams.report import charts, heat
from tests.report.builders import alert, annotator, nobody, statistic, views

REPLACE = msgspec.structs.replace


def view(name: str) -> Any:
    return getattr(views(), name)


def parsed(chart: str) -> ET.Element:
    return ET.fromstring(chart)  # noqa: S314  made here


def label(chart: str | None) -> str:
    """The alternative text; that it can be parsed says that the plot is whole."""
    assert chart is not None
    root = parsed(chart)
    assert root.get("role") == "img"
    return root.get("aria-label") or ""


def titles(chart: str | None) -> list[str]:
    assert chart is not None
    return [element.text or "" for element in parsed(chart).iter("title")]


def test_a_trend_tells_its_ends_and_extremes_and_marks_the_alerts_within_it() -> None:
    alerts = [
        alert(1, raised_at="2026-01-31T12:30:00Z"),
        alert(2, raised_at="2026-01-30T12:30:00Z"),
        alert(3, raised_at="2026-01-31T10:00:00Z", resolved_at="2026-01-31T11:00:00Z", severity="unheard of"),
    ]

    drawn = charts.agreement_trend(view("agreement"), alerts)

    assert "first 0.75, last 0.66, lowest 0.62, highest 0.77; 2 alerts are marked" in label(drawn)
    assert "2026-01-31 13:00 UTC: agreement 0.62 over 60 tasks" in titles(drawn)
    assert "agreement drift, project: raised 2026-01-31 12:30 UTC, open" in titles(drawn)


def test_a_single_stretch_of_time_is_no_trend() -> None:
    once = REPLACE(view("agreement"), trend=[Point(at="2026-01-31T09:00:00Z", n=4, mean=0.5)])

    assert charts.agreement_trend(once, []) is None


def test_a_line_is_not_drawn_through_time_of_which_nothing_is_known() -> None:
    def lines(hours: list[int]) -> int:
        trend = [Point(at=f"2026-01-{1 + h // 24:02}T{h % 24:02}:00:00Z", n=4, mean=0.5) for h in hours]
        drawn = charts.agreement_trend(REPLACE(view("agreement"), trend=trend, baseline=nobody()), [])
        return str(drawn).count("stroke-width: 2;")

    assert lines([0, 1, 2, 3, 4, 5]) + 1 == lines([0, 1, 2, 30, 31, 32])


def test_the_histogram_tells_how_many_tasks_are_under_one_half() -> None:
    # 4 + 6 + 9 + 12 + 20 = 51 of 343 tasks: 15 %.
    assert "agreement of 343 tasks: mean 0.74, 15 % of the tasks are under one half" in label(
        charts.agreement_histogram(view("agreement"))
    )
    assert charts.agreement_histogram(REPLACE(view("agreement"), histogram=[0] * 10)) is None


def test_class_balance_tells_consensus_recent_and_given_shares() -> None:
    control = view("classes").controls[0]

    # Given: 2,200 of 2,700 answers are cars: 81 %.
    assert "car: 78 % of the consensus (700), 70 % recently, 81 % of the answers given" in label(
        charts.class_balance(control, 0)
    )


def test_the_matrix_is_ordered_by_agreement_with_the_others_gold_first() -> None:
    cells = [
        MatrixCell(a="a", b="b", agreement=0.9, tasks=10),
        MatrixCell(a="a", b="c", agreement=0.2, tasks=10),
        MatrixCell(a="a", b="gold", agreement=0.5, tasks=1),
    ]
    matrix = MatrixView(project_id="p", annotators=["a", "c", "b", "d", "gold"], kinds=["human"] * 4 + ["gold"],
                        cells=cells)  # fmt: skip

    # a: (0.9 x 10 + 0.2 x 10 + 0.5) / 21 = 0.55; b: 0.9; c: 0.2; d has no common task.
    assert heat.matrix_order(matrix) == ["gold", "b", "a", "c", "d"]
    drawn = heat.agreement_matrix(matrix)
    assert "Least: a and c, 0.20. Most: a and b, 0.90." in label(drawn)
    assert titles(drawn).count("a and b: 0.900 over 10 common tasks") == 1


def test_a_matrix_of_nobody_or_of_strangers_is_not_drawn() -> None:
    strangers = MatrixView(project_id="p", annotators=["a", "b"], kinds=["human"] * 2, cells=[])

    assert heat.agreement_matrix(strangers) is None
    assert heat.agreement_matrix(REPLACE(strangers, annotators=[], kinds=[])) is None


def test_confusion_tells_what_is_most_often_mistaken_and_what_was_not_marked_at_all() -> None:
    drawn = heat.confusion_matrix(
        "c", {"car": {"car": 6.0, "bus": 2.0, "(missing)": 4.0}, "(missing)": {"car": 1.0}}, "gold"
    )

    told = label(drawn)
    assert "car as not marked, 4 times; car as bus, 2 times; nothing there as car, 1 times" in told
    assert "gold: car, given: bus; 2 times, 17 %" in titles(drawn)
    assert heat.confusion_matrix("c", {"car": {}}, "gold") is None


def test_who_uses_a_class_unlike_the_others_stands_at_an_end() -> None:
    control = REPLACE(
        view("classes").controls[0],
        by_annotator={"a": {"car": 0.7, "bus": 0.3}, "odd": {"bus": 1.0}, "b": {"car": 0.8, "bus": 0.2}},
    )

    drawn = heat.class_use(control, 0)

    assert "each of 3 annotators uses each of 2 classes of objects" in label(drawn)
    assert [title for title in titles(drawn) if "car" in title] == ["b: 80 % car", "a: 70 % car", "odd: 0 % car"]
    assert heat.class_use(REPLACE(control, by_annotator={"a": {"car": 1.0}}), 0) is None
    assert heat.class_use(REPLACE(control, items=[]), 0) is None


def test_accuracy_on_gold_leaves_out_who_has_none() -> None:
    board = view("benchmark")
    blind = REPLACE(board, items=[REPLACE(board.items[0], accuracy=nobody())])

    assert charts.gold_accuracy(blind) is None
    assert "amira (human): 0.65 over 30, 0.55 to 0.70" in label(charts.gold_accuracy(board))


def test_the_fastest_come_first() -> None:
    items = [annotator("slow", median_seconds=statistic(90.0, 9)), annotator("fast", median_seconds=statistic(2.0, 8))]

    assert label(charts.speed(items)) == "Median time a task: fast: 2 s over 8 tasks; slow: 1 min 30 s over 9 tasks"
    assert charts.speed([annotator("new", median_seconds=nobody())]) is None


@pytest.mark.parametrize("scale", [heat.AGREEMENT_SCALE, heat.SHARE_SCALE], ids=["agreement", "shares"])
def test_figures_in_cells_are_read_on_every_colour(scale: Colormap) -> None:
    def luminance(text: str) -> float:
        parts = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for step in range(101):
        colour = to_hex(scale(step / 100))
        low, high = sorted((luminance(colour), luminance(heat.readable_on(colour))))
        assert (high + 0.05) / (low + 0.05) >= 4.5, colour


@given(st.text(max_size=40), st.text(max_size=300))
@settings(max_examples=25, deadline=None)
def test_any_name_can_be_drawn(name: str, other: str) -> None:
    control = view("classes").controls[0]
    items = [ClassItem(label=text, consensus=5.0, share=0.5, recent_share=None, given=5.0) for text in (name, other)]

    label(charts.class_balance(REPLACE(control, control=name, items=items), 0))
