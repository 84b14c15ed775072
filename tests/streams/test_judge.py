"""Patterns are remembered without names: what they give must be what the stages give to the names themselves."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streams import judge as judge_module
from streams.contracts.regions import Boolean, Box, Choice
from streams.contracts.settings import ControlSettings, ProjectSettings
from streams.contribution import contribution
from streams.decide import outcome
from streams.judge import judge
from streams.kinds.base import UNKNOWN_SCENE
from streams.plan import Plan
from streams.requests import review_request
from streams.stages.fold import Standing
from streams.state import Answer, Header, Task
from streams.template import slot

names = st.text('aZ09/1"\\é\ue000', min_size=1, max_size=3)
choices = st.builds(
    lambda control, mark, value: Choice(control=control, id=mark, value=value),
    st.sampled_from(["scene", "weather"]),
    names,
    st.sampled_from(["day", "night", "true"]),
)
booleans = st.builds(
    lambda control, mark, value: Boolean(control=control, id=mark, value=value),
    st.sampled_from(["blurred", "scene"]),
    names,
    st.booleans(),
)
boxes = st.builds(lambda mark: Box(control="objects", id=mark, label="car", x=1, y=1, width=5, height=5), names)


def standing(annotator: str, submission: str, regions: list[Any], counts: bool) -> Standing:
    answer = Answer(2, 7_000, True, f"e-{submission}", annotator, "human" if counts else "model", None, regions)
    return Standing(annotator, submission, answer, counts)


@st.composite
def standings(draw: st.DrawFn) -> list[Standing]:
    annotators = sorted(draw(st.lists(names, unique=True, max_size=9)))
    submissions = draw(st.lists(names, unique=True, min_size=len(annotators), max_size=len(annotators)))
    marks = st.one_of(choices, booleans, boxes) if draw(st.booleans()) else st.one_of(choices, booleans)
    return [
        standing(annotator, submission, draw(st.lists(marks, max_size=3)), draw(st.integers(0, 3)) > 0)
        for annotator, submission in zip(annotators, submissions, strict=True)
    ]


plans = st.sampled_from(
    [
        ProjectSettings(),
        ProjectSettings(controls={"scene": ControlSettings(adjudication="best_annotator", type="choice")}),
        ProjectSettings(
            controls={"scene": ControlSettings(adjudication="weighted")}, annotator_weights={"a": 9.0, "Z": 0.1}
        ),
    ]
)


def task_of(standings: list[Standing]) -> Task:
    answers = {s.submission_id: s.answer for s in standings}
    return Task("street", 't"17', b"", Header(fields={"required_annotators": (0, "", 1)}), answers)


@given(plans, st.lists(standings(), min_size=1, max_size=6))
def test_what_is_remembered_is_what_is_found_by_name(settings: ProjectSettings, tasks: list[list[Standing]]) -> None:
    shared, by_name = Plan(settings), Plan(settings)
    by_name.remembers = False
    for task in map(task_of, [*tasks, *tasks]):
        remembered, worked_out = outcome(task, shared), outcome(task, by_name)
        assert remembered.body == worked_out.body
        assert remembered.decision_id == worked_out.decision_id
        assert contribution(task, shared, remembered) == contribution(task, by_name, worked_out)
        asked, asked_by_name = review_request(task, remembered), review_request(task, worked_out)
        assert msgspec.json.encode(asked) == msgspec.json.encode(asked_by_name)


def test_tasks_that_are_alike_but_for_names_are_worked_out_once() -> None:
    plan = Plan(ProjectSettings())
    for number in range(5):
        regions = [[Choice(control="scene", id=f"r{number}", value=value)] for value in ("day", "day", "night")]
        task = task_of([standing(f"a{i}-{number}", f"s{i}-{number}", r, True) for i, r in enumerate(regions)])
        decided = msgspec.json.decode(b"{" + outcome(task, plan).body)
        assert [one["annotator_id"] for one in decided["submissions"]] == [f"a{i}-{number}" for i in range(3)]
        assert decided["consensus"][0]["sources"] == [f"s{i}-{number}/r{number}" for i in range(2)]
    assert len(plan.remembered) == 1


def test_no_more_patterns_are_remembered_than_there_is_room_for(monkeypatch: Any) -> None:
    monkeypatch.setattr(judge_module, "_PATTERNS", 3)
    plan = Plan(ProjectSettings())
    for number in range(10):
        judge([standing("a", "s", [Choice(control="c", id="r", value=str(number))], True)], plan, 4, UNKNOWN_SCENE)
    assert len(plan.remembered) <= 3


def test_a_slot_s_own_character_in_an_answer_or_in_the_settings_is_only_a_character() -> None:
    plan = Plan(ProjectSettings())
    task = task_of([standing(a, a, [Choice(control="c", id="r", value=slot("a0"))], True) for a in "xy"])
    assert msgspec.json.decode(b"{" + outcome(task, plan).body)["consensus"][0]["value"] == slot("a0")
    assert [judged.shared for judged in plan.remembered.values()] == [None]
    assert not Plan(ProjectSettings(controls={"c": ControlSettings(labels=[slot("a0")])})).remembers
