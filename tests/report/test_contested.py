"""Which tasks are drawn, and what was said about them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streams.contracts.decisions import Decision
from streams.contracts.events import AnnotationSubmitted, Event, GoldSet, TaskConfigured, TaskFields
from streams.contracts.regions import Choice
from streams.report import AnswersOf, Contested
from tests.report.builders import PROJECT, decision


def chosen(decisions: list[Decision], most: int = 10) -> list[str]:
    contested = Contested(PROJECT)
    for made in decisions:
        contested.add(msgspec.json.encode(made))
    return [found.task_id for found in contested.most(most)]


def submitted(value: str, *, minute: int = 0, annotator: str = "amira", version: int = 1, **more: Any) -> Event:
    return AnnotationSubmitted(
        schema=1, event_id=f"e-{annotator}-{version}-{minute}", project_id=PROJECT, task_id="t-17",
        occurred_at=datetime(2026, 1, 31, 10, minute, tzinfo=UTC), annotator_id=annotator,
        submission_id=f"s-{annotator}", version=version, result=[Choice(control="scene", id="r1", value=value)], **more,
    )  # fmt: skip


def test_the_least_agreed_come_first_and_ties_go_by_task() -> None:
    assert chosen([decision("b", 0.5), decision("c", 0.1), decision("a", 0.5)]) == ["c", "a", "b"]
    assert chosen([decision("b", 0.5), decision("c", 0.1), decision("a", 0.5)], most=2) == ["c", "a"]


def test_the_last_decision_of_a_task_is_the_one_in_force() -> None:
    assert chosen([decision("a", 0.1), decision("b", 0.3), decision("a", 0.9)]) == ["b", "a"]


def test_full_agreement_no_score_and_waiting_or_cancelled_tasks_are_not_contested() -> None:
    apart = [decision("c", 0.2, state="cancelled"), decision("d", 0.2, state="waiting")]
    assert chosen([decision("a", 1.0), decision("b", None), *apart]) == []


def test_other_projects_are_passed_over() -> None:
    assert chosen([decision("a", 0.2, project_id="elsewhere")]) == []


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0, 1)), max_size=12), st.integers(0, 5))
def test_what_is_chosen_is_sorted_and_no_more_than_asked_for(scores: list[tuple[str, float]], most: int) -> None:
    found = chosen([decision(task, score) for task, score in scores], most)

    latest = dict(scores)
    assert len(found) <= most
    assert [(latest[task], task) for task in found] == sorted((latest[task], task) for task in found)


def test_answers_are_those_that_the_decision_counted_whatever_came_before_or_after_them() -> None:
    gathered = AnswersOf([decision("t-17")])
    gathered.add(submitted("first", version=1))
    gathered.add(submitted("edited", version=2, minute=1))
    gathered.add(submitted("of bo", annotator="bo"))

    (task,) = gathered.tasks()
    said = {a.annotator_id: a.result and a.result[0].value for a in task.answers}  # type: ignore[union-attr]
    assert said == {"amira": "first", "bo": "of bo", "chen": None}


def test_the_order_of_events_does_not_matter() -> None:
    gold = GoldSet(schema=1, event_id="g", occurred_at=datetime(2026, 1, 31, 9, tzinfo=UTC), project_id=PROJECT,
                   task_id="t-17", result=[Choice(control="scene", value="true")])  # fmt: skip
    known = TaskConfigured(schema=1, event_id="k", occurred_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
                           project_id=PROJECT, task_id="t-17", task=TaskFields(width_px=640.0))  # fmt: skip
    events = [
        gold, known, submitted("old", task=TaskFields(width_px=1.0, height_px=480.0)), submitted("new", minute=5),
    ]  # fmt: skip

    seen = set()
    for order in permutations(events):
        gathered = AnswersOf([decision("t-17")])
        for event in order:
            gathered.add(event)
        (task,) = gathered.tasks()
        assert (task.width_px, task.height_px) == (640.0, 480.0)
        seen.add(msgspec.json.encode([task.answers[0].result, task.gold]))
    assert len(seen) == 1
    assert b"new" in seen.pop()


def test_events_of_other_tasks_are_not_kept() -> None:
    gathered = AnswersOf([decision("t-1")])
    gathered.add(submitted("said of t-17"))

    assert [a.result for a in gathered.tasks()[0].answers] == [None, None, None]
