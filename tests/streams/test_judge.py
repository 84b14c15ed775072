"""Patterns are remembered without names: what they give must be what the stages give to the names themselves."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams import judge as judge_module
from streams.contracts.regions import Boolean, Box, Choice
from streams.contracts.settings import ControlSettings, ProjectSettings
from streams.judge import judge
from streams.kinds.base import UNKNOWN_SCENE
from streams.plan import Plan
from streams.stages.adjudicate import adjudicate
from streams.stages.fold import Standing
from streams.stages.score import score
from streams.state import Answer

names = st.text("aZ09/10", min_size=1, max_size=3)
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
    answer = Answer(1, 0, True, f"e-{submission}", annotator, "human" if counts else "model", None, regions)
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


@given(plans, st.lists(standings(), min_size=1, max_size=6), st.integers(0, 3))
def test_what_is_remembered_is_what_the_stages_find(
    settings: ProjectSettings, tasks: list[list[Standing]], may_join: int
) -> None:
    plan = Plan(settings)
    for task in [*tasks, *tasks]:
        answers = [(s.annotator_id, s.answer.result or [], s.counts) for s in task]
        scores = score(answers, plan, may_join, UNKNOWN_SCENE)
        settled = adjudicate(scores, [s.submission_id for s in task], settings.annotator_weights)
        found, adjudication = judge(task, plan, may_join, UNKNOWN_SCENE)
        assert adjudication == settled
        assert (found.annotators, found.score, found.individual, found.failing, found.passed, found.reachable) == (
            scores.annotators,
            scores.score,
            scores.individual,
            scores.failing,
            scores.passed,
            scores.reachable,
        )
        assert [control.matrix for control in found.controls] == [control.matrix for control in scores.controls]


def test_tasks_that_are_alike_but_for_names_are_worked_out_once() -> None:
    plan = Plan(ProjectSettings())
    for number in range(5):
        regions = [[Choice(control="scene", id=f"r{number}", value=value)] for value in ("day", "day", "night")]
        task = [standing(f"a{i}-{number}", f"s{i}-{number}", r, True) for i, r in enumerate(regions)]
        scores, _ = judge(task, plan, 4, UNKNOWN_SCENE)
        assert scores.annotators == [f"a{i}-{number}" for i in range(3)]
    assert len(plan.remembered) == 1


def test_no_more_patterns_are_remembered_than_there_is_room_for(monkeypatch: Any) -> None:
    monkeypatch.setattr(judge_module, "_PATTERNS", 3)
    plan = Plan(ProjectSettings())
    for number in range(10):
        judge([standing("a", "s", [Choice(control="c", id="r", value=str(number))], True)], plan, 4, UNKNOWN_SCENE)
    assert len(plan.remembered) <= 3
