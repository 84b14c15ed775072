"""A person sees where things stand, on a terminal and in a log."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from streams.demo.display import Display, line, panel
from streams.demo.ledger import Ledger
from streams.demo.progress import Snapshot, snapshot, sparkline
from streams.demo.queue import LabelingQueue
from tests.demo.builders import alert, answer, dead_letter, decision, encoded, reassignment, recording


def in_the_middle() -> Snapshot:
    """Tasks 1 agreed, 2 in review, 3 reassigning, 4 handed in and undecided, 5 not begun."""
    queue = LabelingQueue([recording(*[answer(task, a) for task in "12345" for a in "abc"])], {"p": 2})
    queue.take(8)
    ledger = Ledger()
    for topic, output in (
        ("task-agreement", decision("1", "agreed", "ab", score=0.9)),
        ("task-disagreement", decision("2", "in_review", "ab", score=0.2)),
        ("task-disagreement", decision("3", "reassigning", "ab", score=0.4)),
        ("task-reassignment", reassignment("3", "ab")),
        ("quality-alerts", alert()),
        ("dead-letter", dead_letter(b"{")),
    ):
        ledger.take(topic, encoded(output))
    return snapshot(queue, ledger)


def test_a_snapshot_counts_tasks_where_they_are() -> None:
    s = in_the_middle()
    assert (s.tasks, s.decided, s.answers, s.waiting) == (5, 2, 8, 1)
    assert (s.agreed, s.disagreed, s.reassigning, s.reassigned) == (1, 1, 1, 1)
    assert (s.dead_letters, s.alerts, s.scores) == (1, ("p: agreement_drift raised",), {"p": [0.9, 0.2]})


def test_a_plain_line_says_it_all() -> None:
    assert line(in_the_middle(), 12.34) == (
        " 12.3 s  2 of 5 tasks decided · answers 8 · waiting 1 · agreed 1 · disagreed 1 · reassigned 1 · "
        "dead letters 1 · alerts 1 · agreement p 0.55"
    )


def test_the_panel_shows_counters_agreement_and_alerts() -> None:
    console = Console(file=StringIO(), width=120, record=True)
    console.print(panel(in_the_middle(), 12.0))
    text = console.export_text()
    for part in (
        "2 / 5 tasks",
        "8 answers in",
        "1 waiting",
        "1 reassigned",
        "agreement p",
        "! p: agreement_drift raised",
    ):
        assert part in text


def test_without_a_terminal_there_is_a_line_at_once_and_then_only_now_and_then() -> None:
    output = StringIO()
    with Display(Console(file=output, force_terminal=False)) as display:
        for _ in range(100):
            if display.due:
                display.show(in_the_middle())
    assert output.getvalue().count("\n") == 1
    assert "\x1b" not in output.getvalue()


def test_on_a_terminal_it_is_drawn_in_place() -> None:
    output = StringIO()
    with Display(Console(file=output, force_terminal=True, width=100)) as display:
        display.show(in_the_middle())
    assert "labelquorum demo" in output.getvalue()
    assert "\x1b" in output.getvalue()


def test_a_sparkline_of_nothing_is_empty_and_never_wider_than_asked() -> None:
    assert sparkline([], 10) == ""
    assert sparkline([0.0, 1.0], 10) == "▁█"
    assert len(sparkline([0.5] * 1_000, 50)) == 50
