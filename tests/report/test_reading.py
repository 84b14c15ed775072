"""What the page says in words, and what its tables leave out with the reason."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.contracts.views import AnnotatorsView
from streams.report import reading
from tests.report.builders import alert, annotator, nobody, statistic, views

REPLACE = msgspec.structs.replace


def headlines(name: str, **changed: Any) -> list[str]:
    return reading.headlines(views(**{name: REPLACE(getattr(views(), name), **changed)}))


def test_agreement_that_hardly_moved_is_called_steady_and_one_that_rose_better() -> None:
    steady = headlines("agreement", recent=statistic(0.75, 100), baseline=statistic(0.74, 240))
    better = headlines("agreement", recent=statistic(0.80, 100), baseline=statistic(0.74, 240))

    assert steady[0].endswith("the recent 100 are as good as those before.")
    assert better[0].endswith("the recent 100 are better than those before (+0.06).")


def test_what_is_not_known_is_not_told() -> None:
    assert headlines("agreement", overall=nobody())[0].startswith("Of 346 tasks")
    assert not [line for line in headlines("benchmark", consensus=nobody()) if "gold" in line]


def test_settled_work_and_quiet_alerts_are_told_too() -> None:
    assert "All 5 tasks are settled." in headlines("overview", tasks={"agreed": 5}, stalled_tasks=0)
    assert "No alert is open." in headlines("alerts", items=[alert(resolved_at="2026-01-31T13:00:00Z")])


def test_several_alerts_of_one_kind_are_named_once() -> None:
    told = headlines("alerts", items=[alert(1), alert(2, subject="other"), alert(3, alert="copying")])

    assert "3 alerts are open: agreement drift, copying." in told


def test_a_column_without_any_figure_is_left_out_with_the_reason() -> None:
    items = [annotator("a", approval=statistic(None, 0)), annotator("b", approval=statistic(0.5))]

    filled, empty = reading.columns_of(AnnotatorsView(project_id="p", items=items, further=0))

    assert "Approved" in [column.title for column in filled]
    assert empty == {"Same again": "nothing to compare"}


def test_a_cell_says_what_it_rests_on_or_why_it_is_empty() -> None:
    seconds, peers, _, gold, *_ = reading.COLUMNS
    item = annotator("a", 0.8, gold_accuracy=nobody())

    assert reading.cell_of(item, seconds) == reading.Cell("14 s", 14.5, None, "over 120")
    assert reading.cell_of(item, peers).title == "over 118; 95 % interval 0.70 to 0.80"
    assert reading.cell_of(item, gold) == reading.Cell("–", None, None, "nothing to compare")


@pytest.mark.parametrize(
    ("bias", "told"),
    [
        ({"k": {"a": 0.2, "b": -0.2}}, ("a", 0.2)),
        ({"k": {"a": -0.3, "b": 0.15, "c": 0.15}}, ("a", -0.3)),
        ({"k": {"a": 0.04, "b": -0.04}}, None),
        ({}, None),
    ],
    ids=["over-used before under-used", "the largest", "under five points", "nothing"],
)
def test_the_class_that_somebody_leans_to(bias: dict[str, dict[str, float]], told: tuple[str, float] | None) -> None:
    assert reading.lean(annotator("a", bias=bias)) == told


def test_of_several_controls_the_least_reliable_is_shown_and_all_are_told() -> None:
    known = {"objects": statistic(0.9, low=0.8, high=0.95), "scene": statistic(0.6), "note": nobody()}

    cell = reading.reliability_of(annotator("a", reliability=known, weights={"objects": 1.25}))

    assert (cell.text, cell.sort) == ("0.60", 0.6)
    assert cell.title == "scene: 0.60; objects: 0.90 (0.80 to 0.95), weight 1.25"
    assert reading.reliability_of(annotator("a", reliability={})).title == "nothing was learned yet"


def test_confusions_add_up_over_annotators_by_control() -> None:
    one: dict[str, dict[str, dict[str, float]]] = {"k": {"a": {"a": 2.0, "b": 1.0}}}
    other: dict[str, dict[str, dict[str, float]]] = {"k": {"a": {"a": 3.0}}, "j": {"x": {"x": 1.0}}}

    assert reading.confusion_total([one, other]) == {"j": {"x": {"x": 1.0}}, "k": {"a": {"a": 5.0, "b": 1.0}}}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        (None, "–"),
        (1_234, "1,234"),
        (0.61234, "0.612"),
        (92_390.601, "92,391"),
        (2.115e-13, "2.1e-13"),
        (1e12, "over 10,000,000"),
        ([1, 2.5], "1, 2.500"),
        ({"recent": 0.5, "by": ["a"]}, "recent 0.500, by a"),
        ("x" * 300, f"{'x' * 60}…{'x' * 59}"),
    ],
    ids=["bool", "null", "count", "figure", "large", "small", "beyond doubt", "list", "object", "long"],
)
def test_evidence_of_any_form_is_one_line(value: object, text: str) -> None:
    assert reading.evidence(value) == text


def test_the_figures_of_alerts_that_are_there_are_explained_once() -> None:
    alerts = [alert(evidence={"rate": 0.5, "evidence": 120.0, "of another version": 1}), alert(2, evidence={"rate": 1})]
    found = reading.explained(alerts)
    assert [name for name, _ in found] == ["evidence", "rate"]
    assert "at most one in x" in dict(found)["evidence"]
    assert reading.explained([alert(evidence={"raised_at": 100})]) == [
        ("raised at", "evidence from which it is raised; of stalled tasks, tasks.")
    ]
