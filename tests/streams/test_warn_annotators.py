"""Alerts about one annotator, or about two: raised, resolved, and silent while there is too little to say."""

from __future__ import annotations

from itertools import chain, cycle, islice, repeat
from typing import Any

import pytest

from streams.contracts.facts import Fact
from streams.quality.views import annotators
from tests.streams.alert_streams import Stream, alerts_of, boxes, scene, states
from tests.streams.quality_builders import Shell, part, records, settings


def test_annotator_drift_is_raised_for_who_agrees_less_than_they_did_and_resolved_when_they_do_again() -> None:
    stream = Stream()
    stream.agreements(islice(cycle([0.9, 1.0, 0.8]), 300))
    stream.agreements(repeat(0.4, 75))
    stream.agreements(islice(cycle([0.9, 1.0, 0.8]), 150))
    alerts = alerts_of(None, stream.facts)
    assert states(alerts, "annotator_drift") == [("ann", "raised"), ("ann", "resolved")]
    raised = alerts[0]
    assert (raised["severity"], raised["evidence"]["annotator"]) == ("warning", "ann")
    # Looked at after answers 325, 350, …: the first look is at 25 answers of 0.4.
    assert raised["event_time"] == "2026-01-31T15:24:00.000Z"
    assert raised["evidence"]["since"] == "2026-01-31T15:00:00.000Z"
    assert (raised["evidence"]["baseline_mean"], raised["evidence"]["recent_mean"]) == (0.9, 0.4)
    assert (raised["evidence"]["baseline_n"], raised["evidence"]["n"]) == (300, 25)
    assert raised["evidence"]["evidence"] >= 1_000
    assert "Talk to ann: since 2026-01-31T15:00" in raised["recommended_action"]


def test_annotator_drift_says_nothing_before_there_is_a_baseline() -> None:
    stream = Stream()
    stream.agreements(repeat(0.9, 60))
    stream.agreements(repeat(0.4, 45))
    assert states(alerts_of(None, stream.facts), "annotator_drift") == []


def test_a_slow_fall_of_an_annotator_is_seen_too() -> None:
    stream = Stream()
    stream.agreements(0.9 - max(0, i - 200) * 0.0005 for i in range(700))  # to 0.65 within 500 tasks
    assert states(alerts_of(None, stream.facts), "annotator_drift") == [("ann", "raised")]


def test_a_corrected_past_takes_the_drift_back() -> None:
    stream = Stream()
    stream.agreements(repeat(0.9, 200))
    stream.agreements(repeat(0.4, 50))
    for fact in stream.facts[200:]:
        stream.decide(part("ann", agreement=0.9), part("bea"), part("cy"), task=fact.task_id, before=fact.after)
    assert states(alerts_of(None, stream.facts), "annotator_drift") == [("ann", "raised"), ("ann", "resolved")]


def test_low_agreement_names_who_is_below_the_line_and_below_the_others() -> None:
    stream = Stream()
    stream.agreements(islice(cycle([0.0, 0.0, 1.0]), 75), figure="consensus")
    stream.agreements(repeat(1.0, 125), figure="consensus")
    alerts = alerts_of(settings(alerts={"low_agreement_annotator": {"window_tasks": 50}}), stream.facts)
    assert states(alerts, "low_agreement_annotator") == [("ann", "raised"), ("ann", "resolved")]
    evidence = alerts[0]["evidence"]
    assert (evidence["n"], evidence["window"], evidence["raised_below"]) == (25, 50, 0.7)
    assert (evidence["rate"], evidence["others_mean"]) == (0.32, 1.0)  # 8 of 25
    assert evidence["low"] < 0.32 < evidence["high"] < 0.7


def test_where_nobody_agrees_low_agreement_is_nobodys_fault() -> None:
    stream = Stream()
    for i in range(300):
        people = (part(name, consensus=float((i + k) % 2)) for k, name in enumerate(("ann", "bea", "cy")))
        stream.decide(*people)
    assert states(alerts_of(None, stream.facts), "low_agreement_annotator") == []


def test_low_gold_accuracy_is_raised_and_resolved_by_the_window() -> None:
    stream = Stream()
    stream.agreements(islice(cycle([0.0, 0.0, 0.0, 1.0]), 25), figure="gold")
    stream.agreements(repeat(1.0, 150), figure="gold")
    alerts = alerts_of(None, stream.facts)
    assert states(alerts, "low_gold_accuracy") == [("ann", "raised"), ("ann", "resolved")]
    raised, resolved = alerts
    assert (raised["severity"], raised["evidence"]["rate"], raised["evidence"]["n"]) == ("critical", 0.24, 25)
    assert resolved["evidence"]["rate"] >= resolved["evidence"]["resolved_at"] == 0.75


def test_low_approval_is_about_all_who_had_a_part_in_what_was_rejected() -> None:
    stream = Stream()
    for verdict in chain(repeat("rejected", 20), repeat("approved", 5), repeat("approved", 200)):
        stream.decide(part("ann"), part("bea"), review=verdict)
    alerts = alerts_of(None, stream.facts)
    assert states(alerts, "low_approval") == [
        ("ann", "raised"), ("bea", "raised"), ("ann", "resolved"), ("bea", "resolved"),
    ]  # fmt: skip
    assert (alerts[0]["evidence"]["rate"], alerts[0]["evidence"]["window"]) == (0.2, 100)


@pytest.mark.parametrize(("alert", "figure"), [("low_gold_accuracy", "gold"), ("low_agreement_annotator", "consensus")])
def test_about_a_model_nothing_is_critical_and_nobody_is_to_be_briefed(alert: str, figure: str) -> None:
    stream = Stream()
    for _ in range(50):
        low: Any = {figure: 0.25}
        stream.decide(part("net", model=True, counts=False, **low), part("bea"), part("cy"))
    (raised,) = alerts_of(None, stream.facts)
    assert (raised["alert"], raised["subject"], raised["severity"]) == (alert, "net", "warning")
    assert raised["evidence"]["kind"] == "model"
    text = raised["recommended_action"]
    assert "the model net" in text and "pre-label" in text and "25 %" in text
    assert not {"brief", "them", "they", "their"} & set(text.replace("tasks with", "").split())


def test_what_is_to_be_done_says_the_figures_and_where_the_confusions_are() -> None:
    stream = Stream()
    stream.agreements(repeat(0.25, 50), name="ann/1", figure="gold")
    (raised,) = alerts_of(None, stream.facts)
    assert "25 % of their newest 25 answers to gold are right" in raised["recommended_action"]
    assert "/v1/projects/street/quality/benchmark" in raised["recommended_action"]
    stream = Stream()
    stream.agreements(repeat(0.25, 50), name="ann/1", figure="consensus")
    (raised,) = alerts_of(None, stream.facts)
    assert "to 25 % in their newest 25" in raised["recommended_action"]
    assert "/v1/projects/street/quality/annotators?annotator=ann%2F1" in raised["recommended_action"]


@pytest.mark.parametrize("which", ["consensus", "gold"])
def test_nothing_is_said_of_few_answers(which: str) -> None:
    stream = Stream()
    stream.agreements(repeat(0.0, 19), figure=which)
    stream.agreements(repeat(1.0, 6), figure=which)  # 19 of 25 wrong, and then it is looked at: for each line above 20
    few: dict[str, Any] = {"low_agreement_annotator": {"minimum_tasks": 26}, "low_gold_accuracy": {"minimum_tasks": 26}}
    assert alerts_of(settings(alerts=few), stream.facts) == []
    assert len(alerts_of(None, stream.facts)) == 1


def test_too_fast_is_who_often_answers_faster_than_nearly_all_others() -> None:
    stream = Stream()
    for i in range(120):
        stream.decide(part("bea", seconds=15.0 + i % 20), part("cy", seconds=20.0 + i % 20))
    for _ in range(25):
        stream.decide(part("ann", seconds=1.0), part("bea", seconds=25.0))
    for _ in range(200):
        stream.decide(part("ann", seconds=24.0), part("bea", seconds=25.0))
    alerts = alerts_of(None, stream.facts)
    assert states(alerts, "too_fast") == [("ann", "raised"), ("ann", "resolved")]
    evidence = alerts[0]["evidence"]
    assert (evidence["rate"], evidence["n"], evidence["others_n"]) == (1.0, 25, 265)
    assert evidence["fast_seconds"] < 10 < evidence["others_median_seconds"] < 40
    assert evidence["median_seconds"] == pytest.approx(1.0, rel=0.05)


def test_a_model_is_never_too_fast() -> None:
    stream = Stream()
    for i in range(120):
        stream.decide(part("bea", seconds=15.0 + i % 20), part("net", model=True, counts=False, seconds=0.1))
    assert alerts_of(None, stream.facts) == []


def copied(tasks: int, same: int = 1) -> list[Fact]:
    stream = Stream()
    for i in range(tasks):
        people = (part("ann"), part("bea"), part(f"c-{i % 4}"))
        stream.decide(*people, controls={"objects": boxes((0, 1, 1, same), (0, 2, 1, 0), (1, 2, 1, 0))})
    return stream.facts


def test_copying_names_both_and_what_is_usual() -> None:
    (alert,) = alerts_of(None, copied(100))
    assert (alert["alert"], alert["subject"], alert["severity"]) == ("copying", "ann & bea", "critical")
    evidence = alert["evidence"]
    assert (evidence["annotators"], evidence["statistic"]) == (["ann", "bea"], "identical_marks")
    assert (evidence["share"], evidence["usual_share"], evidence["n"], evidence["others_n"]) == (1.0, 0.0, 25, 50)
    assert evidence["p_value"] < 0.01
    assert "that ann and bea both answered" in alert["recommended_action"]


def test_both_of_a_pair_are_shown_with_its_alert() -> None:
    shell = Shell(settings())
    shell.step(records(copied(100)))
    people = annotators(shell.watch.quality("street")).items
    assert {one.annotator_id for one in people if one.alerts == ["copying"]} == {"ann", "bea"}


def test_copying_that_was_none_is_resolved_by_its_correction() -> None:
    facts = copied(100)
    honest = copied(100, same=0)
    corrections = [Fact(100 + i, f.task_id, f.after, honest[i].after) for i, f in enumerate(facts)]
    alerts = alerts_of(None, [*facts, *corrections])
    assert states(alerts, "copying") == [("ann & bea", "raised"), ("ann & bea", "resolved")]


def test_few_common_tasks_are_no_copying() -> None:
    assert alerts_of(settings(alerts={"copying": {"minimum_tasks": 101}}), copied(100)) == []


def copied_errors(tasks: int, *, honest: bool = False) -> list[Fact]:
    """Five a task, most of whom say day and are right. ann errs in one task of two and bea says the same, or errs
    otherwise; dan and eve err alike in one task of twenty."""
    stream = Stream()
    for i in range(tasks):
        wrong = ("night", "dusk", "dawn")[i % 3]
        ann = wrong if i % 2 else "day"
        bea = ann if not honest else "fog" if i % 2 else "day"
        five = ("ann", "bea", "cy", "dan", "eve")
        stream.decide(*map(part, five), controls={"scene": scene(ann, bea, "day", "day", "day")})
        dan = wrong if i % 20 == 0 else "day"
        five = ("cy", "dan", "eve", "fay", "gil")
        stream.decide(*map(part, five), controls={"scene": scene("day", dan, dan, "day", "day")})
    return stream.facts


def test_the_same_errors_tell_of_copied_answers_where_others_say_who_is_wrong() -> None:
    (alert,) = alerts_of(None, copied_errors(200))
    assert (alert["alert"], alert["subject"], alert["severity"]) == ("copying", "ann & bea", "critical")
    evidence = alert["evidence"]
    assert evidence["statistic"] == "identical_errors"
    assert (evidence["first"], evidence["second"], evidence["share"]) == ("ann", "bea", 0.5)
    assert evidence["usual_share"] < evidence["line"] < 0.5
    assert evidence["p_value"] < evidence["raised_below_p"] == 0.01


def test_two_who_err_as_often_and_each_in_their_own_way_copy_nothing() -> None:
    assert alerts_of(None, copied_errors(200, honest=True)) == []


def test_errors_that_were_corrected_resolve_it_by_the_statistic_that_it_was_raised_by() -> None:
    facts, honest = copied_errors(200), copied_errors(200, honest=True)
    corrections = [Fact(len(facts) + i, f.task_id, f.after, honest[i].after) for i, f in enumerate(facts)]
    alerts = alerts_of(None, [*facts, *corrections])
    assert states(alerts, "copying") == [("ann & bea", "raised"), ("ann & bea", "resolved")]
    assert [alert["evidence"]["statistic"] for alert in alerts] == ["identical_errors"] * 2
    assert alerts[1]["evidence"]["share"] <= alerts[1]["evidence"]["line"]


def test_marks_and_errors_have_lines_of_their_own_and_both_a_higher_bar_together() -> None:
    lenient = settings(alerts={"copying": {"error_ratio": 1_000, "error_floor": 0.6}})
    assert alerts_of(lenient, copied_errors(200)) == []
    assert len(alerts_of(lenient, copied(100))) == 1
    strict = settings(alerts={"copying": {"ratio": 1_000, "floor": 0.99}})
    assert len(alerts_of(strict, copied_errors(200))) == 1
    marks = Stream()
    for i in range(400):  # as `copied_errors`, and marks that are never the same
        marks.decide(part("ann"), part("bea"), part(f"c-{i % 4}"), controls={"objects": boxes((0, 1, 1, 0))})
    later = [Fact(len(marks.facts) + i, f"later-{f.task_id}", None, f.after) for i, f in enumerate(copied_errors(200))]
    (alone,), (together,) = alerts_of(None, copied_errors(200)), alerts_of(None, [*marks.facts, *later])
    assert together["evidence"]["statistic"] == alone["evidence"]["statistic"] == "identical_errors"


def test_alerts_about_who_has_no_answer_left_are_resolved() -> None:
    stream = Stream()
    stream.agreements(repeat(0.0, 30), figure="gold")
    gone = [Fact(30 + i, fact.task_id, fact.after, None) for i, fact in enumerate(stream.facts)]
    alerts = alerts_of(None, [*stream.facts, *gone])
    assert states(alerts, "low_gold_accuracy") == [("ann", "raised"), ("ann", "resolved")]
    assert "undefined" in alerts[-1]["evidence"]


@pytest.mark.parametrize(
    ("name", "figure"),
    [("annotator_drift", "agreement"), ("low_agreement_annotator", "consensus"), ("low_gold_accuracy", "gold")],
)
def test_switched_off_it_is_silent_and_what_is_open_is_resolved(name: str, figure: str) -> None:
    stream = Stream()
    stream.agreements(repeat(1.0, 200), figure=figure)
    stream.agreements(repeat(0.0, 300), figure=figure)
    off = settings(alerts={name: {"enabled": False}})
    assert states(alerts_of(off, stream.facts), name) == []
    shell, log = Shell(settings()), records(stream.facts)
    shell.step(log[:450])
    assert states(shell.alerts, name) == [("ann", "raised")]
    shell.book.publish("street", off)
    shell.step(log[450:])
    assert states(shell.alerts, name) == [("ann", "raised"), ("ann", "resolved")]
