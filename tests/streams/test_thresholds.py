"""Thresholds that nobody can miss, by counting."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from streams.thresholds import threshold_warnings
from tests.builders import Driver, boolean, submitted
from tests.builders import settings as project


def _warned(annotators: int = 3, profile: str | None = None, **control: Any) -> bool:
    settings = project(required_annotators=annotators, profile=profile, controls={"q": control})
    return "q" in threshold_warnings(settings)


@pytest.mark.parametrize(
    ("annotators", "control", "warned"),
    [
        (3, {"type": "boolean", "agreement_threshold": 0.66}, True),  # two of three always agree
        (3, {"type": "boolean", "agreement_threshold": 0.67}, False),
        (4, {"type": "boolean", "agreement_threshold": 0.51}, False),  # two against two
        (3, {"type": "choice", "labels": ["a", "b", "c"], "agreement_threshold": 0.33}, True),  # 1 / 3
        (3, {"type": "choice", "agreement_threshold": 0.34}, False),
        (3, {"type": "boolean", "aggregate": "pairs", "agreement_threshold": 0.33}, True),  # one pair of three
        (3, {"type": "boolean", "aggregate": "pairs", "agreement_threshold": 0.34}, False),
        (3, {"type": "boolean", "agreement_threshold": 0}, False),  # meant to pass
        (3, {"type": "boolean", "agreement_threshold": None}, False),
        (1, {"type": "boolean", "agreement_threshold": 0.1}, False),  # nobody to disagree with
        (3, {"type": "box", "agreement_threshold": 0.01}, False),
        (3, {"type": "box", "metric": "ango", "agreement_threshold": 0.33}, True),  # with oneself
        (3, {"type": "text", "aggregate": "consensus_share", "agreement_threshold": 0.3}, True),
        (3, {"labels": ["a"], "agreement_threshold": 0.01}, False),  # of no type that is known
    ],
)
def test_a_threshold_is_warned_of_where_it_is_not_above_the_lowest_score(
    annotators: int, control: dict[str, Any], warned: bool
) -> None:
    assert _warned(annotators, **control) is warned


def test_a_profile_brings_its_own_floors() -> None:
    assert _warned(profile="ango", type="box", agreement_threshold=0.3)
    assert not _warned(profile="redbrick", type="box", agreement_threshold=0.3)


def test_what_is_warned_of_does_pass_and_what_is_not_can_fail() -> None:
    for threshold, passes in ((0.66, True), (0.67, False)):
        driver = Driver(project(controls={"blurred": {"type": "boolean", "agreement_threshold": threshold}}))
        driver.feed(*(submitted(annotator=f"a{i}", result=[boolean(i == 0)]) for i in range(3)))
        assert driver.decided()["passed"] is passes


@pytest.mark.parametrize("control", [{"type": "boolean"}, {"type": "choice", "labels": ["day", "night"]}])
def test_what_the_warning_says_of_expected_answers_holds_and_of_others_it_says_nothing(control: dict[str, Any]) -> None:
    chosen = project(controls={"q": {**control, "agreement_threshold": 0.66}})
    (why,) = threshold_warnings(chosen).values()
    assert "2 possible answers: while all give one of these, the lowest possible score is 0.667" in why

    def passed(*answers: Any) -> bool:
        driver = Driver(chosen)
        for i, answer in enumerate(answers):
            result = [] if answer is None else [{"control": "q", "type": control["type"], "value": answer}]
            driver.feed(submitted(annotator=f"a{i}", result=result))
        return bool(driver.decided()["passed"])

    expected = (True, False) if control["type"] == "boolean" else ("day", "night")
    assert all(passed(*answers) for answers in product(expected, repeat=3))
    assert not passed(*expected, None)
    assert control["type"] == "boolean" or not passed(*expected, "dusk")


def test_where_any_answer_is_possible_the_warning_holds_for_all() -> None:
    (why,) = threshold_warnings(project(controls={"q": {"type": "choice", "agreement_threshold": 0.3}})).values()
    assert why == "a threshold of 0.3 cannot fail with 3 annotators: the lowest possible score is 0.333"
