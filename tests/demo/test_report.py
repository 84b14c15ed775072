"""The summary says in words what it found."""

from __future__ import annotations

from io import StringIO

import msgspec
from rich.console import Console

from streams.demo.alarms import Alarms
from streams.demo.report import print_summary
from streams.demo.summary import Figures, ProjectSummary, Quality, Summary

BOXES = Quality(
    measure="F1 at IoU 0.5",
    consensus=Figures(0.91, 0.98, 0.85, 938),
    agreed_only=Figures(0.95, 0.99, 0.91, 800),
    everyone=Figures(0.92, 0.99, 0.87, 938),
    annotators=40,
    annotator_median=0.88,
    annotator_best=None,
)
PROJECT = ProjectSummary(
    project_id="pedestrians",
    tasks=1_448,
    states={"agreed": 1_294, "in_review": 154},
    answers_used=5_310,
    answers_recorded=10_136,
    spared_ratio=0.476,
    reassignments=966,
    agreement_histogram=[1, 0, 0, 0, 0, 0, 0, 0, 447, 1_000],
    agreement_mean=0.85,
    quality=BOXES,
)
SUMMARY = Summary(
    projects=[PROJECT], explained={}, unexplained=[], lost=[], dead_letters={}, alerts=[], reviews=154, seconds=30.0
)


def printed(summary: Summary) -> str:
    console = Console(file=StringIO(), width=110, record=True)
    print_summary(summary, console, [("labelquorum demo --keep", "leaves it running")])
    return console.export_text()


def test_a_person_reads_cost_agreement_and_quality() -> None:
    text = printed(SUMMARY)
    for part in (
        "1,448 tasks: 1,294 agreed, 154 in review",
        "5,310 of 10,136 recorded answers were needed: 48% spared",
        "0.9–1.0 ████████████████████████████████████████ 1,000",
        "Every task is decided or explained, no answer is lost. It took 30 s.",
        "labelquorum demo --keep  # leaves it running",
    ):
        assert part in text
    consensus = next(line for line in text.splitlines() if "labelquorum's consensus" in line)
    assert consensus.strip("│ ").split() == ["labelquorum's", "consensus", "0.910", "0.980", "0.850", "938", "tasks"]


def test_a_bin_with_a_single_task_is_visible() -> None:
    assert "0.0–0.1 █ " in printed(SUMMARY)


def test_accuracy_has_no_precision_and_recall_beside_it() -> None:
    same = Figures(0.75, 0.75, 0.75, 108)
    quality = msgspec.structs.replace(BOXES, measure="accuracy", consensus=same, agreed_only=same, everyone=same)
    text = printed(msgspec.structs.replace(SUMMARY, projects=[msgspec.structs.replace(PROJECT, quality=quality)]))
    assert "accuracy" in text
    assert "precision" not in text


def test_what_is_missing_is_named_and_success_not_claimed() -> None:
    failed = msgspec.structs.replace(SUMMARY, unexplained=[f"p/{n}" for n in range(7)], lost=["p/1/a"])
    text = printed(failed)
    assert "NOT DECIDED: p/0, p/1, p/2, p/3, p/4 and 2 more" in text
    assert "LOST: p/1/a" in text
    assert "Every task" not in text


def test_reasons_are_given_for_dead_letters_and_open_tasks() -> None:
    text = printed(
        msgspec.structs.replace(
            SUMMARY,
            dead_letters={"zero_size_box": 31, "invalid": 1},
            explained={"the recorded answers ran out, 1 more wanted": 3},
            alerts=[Alarms("p", "agreement_drift", 1, 1, "8 a : 2 b → 5 a : 5 b", "people tire")],
        )
    )
    assert "Dead letters: 32 (1 invalid, 31 zero_size_box)" in text
    assert "3 tasks without a final decision: the recorded answers ran out, 1 more wanted" in text
    assert "p agreement_drift: raised 1, resolved 1 (8 a : 2 b → 5 a : 5 b); people tire" in text
