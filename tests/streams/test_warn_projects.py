"""Alerts about a project, its controls and its tasks, and what holds for all alerts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.contracts.facts import Fact
from streams.stages.warn import ALERTS
from tests.streams.alert_streams import Stream, alerts_of, boxes, scene, states
from tests.streams.quality_builders import Shell, contribution, control, decided, part, records, settings

DAY, NIGHT = {"scene": {"day": 1.0}}, {"scene": {"night": 1.0}}


def scored(scores: Sequence[float]) -> list[Fact]:
    """One decision a minute."""
    return [decided(i, score, minute=i) for i, score in enumerate(scores)]


def test_a_slow_fall_of_agreement_is_seen_where_no_window_drops() -> None:
    swing = list(islice(cycle([0.04, -0.04, 0.0]), 900))
    falling = [0.9 - max(0, i - 300) * 0.0002 + swing[i] for i in range(900)]  # by 0.12 within 600 tasks
    alerts = alerts_of(None, scored(falling))
    assert states(alerts, "agreement_drift") == [("street", "raised")]
    evidence = alerts[0]["evidence"]
    assert (evidence["window_dropped"], evidence["fallen"]) == (False, True)
    assert evidence["drop"] < 0.1
    assert 0.86 < evidence["fall_recent_mean"] + 0.02 < evidence["fall_baseline_mean"] < 0.91
    assert evidence["fall_evidence"] >= evidence["fall_raised_at"] == 1_000


def test_drift_stands_until_the_window_and_the_fall_are_over_both() -> None:
    alerts = alerts_of(None, scored([0.9] * 300 + [0.6] * 100 + [0.9] * 200))
    assert [alert["state"] for alert in alerts] == ["raised", "resolved"]
    raised, resolved = (alert["evidence"] for alert in alerts)
    assert raised["fallen"] or raised["window_dropped"]
    assert not resolved["fallen"]
    assert not resolved["window_dropped"]
    assert resolved["drop"] < 0.05


def test_drift_names_the_figures_who_fell_most_and_the_control_that_agrees_least() -> None:
    stream = Stream()
    for task in range(400):
        late = task >= 300
        ann, bea = part("ann", agreement=0.3 if late else 0.9), part("bea", agreement=0.8 if late else 0.9)
        asked = {"scene": scene("day", "day", "day"), "mood": scene("calm", "tense", "calm")}
        stream.decide(ann, bea, part("cy", agreement=0.9), score=0.5 if late else 0.9, controls=asked)
    raised = next(one for one in alerts_of(None, stream.facts) if one["alert"] == "agreement_drift")
    evidence, text = raised["evidence"], raised["recommended_action"]
    assert evidence["since"] == "2026-01-31T15:00:00.000Z"
    assert (evidence["mean_before"], evidence["mean_since"]) == (0.9, 0.5)
    assert evidence["annotators_fallen"] == {"ann": 0.3, "bea": 0.8}
    assert (evidence["lowest_control"], evidence["lowest_control_mean"]) == ("mood", 0.666667)
    assert "Agreement has been 0.5 since 2026-01-31T15:00:00.000Z, and was 0.9." in text
    assert (
        "Begin with ann 0.3, bea 0.8 (agreement since then) and with the control that agrees least, mood (0.667)"
        in text
    )
    assert "/v1/projects/street/quality/tasks" in text


def test_a_window_of_zeros_and_ones_that_strays_by_a_tenth_is_no_drift() -> None:
    rng = random.Random(7)
    scores = [float(rng.random() < 0.7) for _ in range(2_000)]
    assert alerts_of(None, scored(scores)) == []
    jumpy = settings(alerts={"agreement_drift": {"standard_errors": 0}})
    assert alerts_of(jumpy, scored(scores)) != []


def shifting(*parts: tuple[int, str]) -> list[Fact]:
    """So many tasks a part, of which each has one of the letters in turn."""
    labels = [letter for n, letters in parts for letter in islice(cycle(letters), n)]
    return [decided(i, 0.9, i, {"scene": {label: 1.0}}) for i, label in enumerate(labels)]


def test_label_shift_says_which_label_and_by_how_much_and_resolves() -> None:
    alerts = alerts_of(None, shifting((400, "dn"), (200, "ddddn"), (1_000, "dn")))
    assert states(alerts, "label_shift") == [("scene", "raised"), ("scene", "resolved")]
    evidence = alerts[0]["evidence"]
    assert (evidence["n"], evidence["window"], evidence["raised_above"]) == (200, 200, 0.1)
    assert evidence["stability_index_beyond_chance"] > 0.1
    assert evidence["p_value"] < 1e-6
    assert (evidence["most_changed"], evidence["most_changed_by"] > 0.15) == ("d", True)
    assert "'d'" in alerts[0]["recommended_action"]


def test_label_shift_waits_for_a_window_and_what_lies_before_it() -> None:
    assert states(alerts_of(None, shifting((199, "d"), (200, "n"))), "label_shift") == []
    assert states(alerts_of(None, shifting((225, "d"), (200, "n"))), "label_shift") == [("scene", "raised")]


def voted(stream: Stream, tasks: int, *answers: str) -> None:
    people = [part(f"a-{i}") for i in range(len(answers))]
    for _ in range(tasks):
        stream.decide(*people, labels=DAY, controls={"scene": scene(*answers)})


def test_a_threshold_that_cannot_fail_is_raised_for_the_annotators_seen_and_resolved_when_it_can() -> None:
    def project(threshold: float) -> Any:
        return settings(
            controls={"scene": {"type": "choice", "labels": ["day", "night"], "agreement_threshold": threshold}}
        )

    stream = Stream()
    voted(stream, 50, "day", "day", "night")  # of three who choose between two, two agree: 0.667 at least
    shell = Shell(project(0.6))
    log = records(stream.facts)
    shell.step(log[:24])
    assert states(shell.alerts, "threshold_cannot_fail") == []
    shell.step(log[24:25])
    assert states(shell.alerts, "threshold_cannot_fail") == [("scene", "raised")]
    alert = shell.alerts[-1]
    assert (alert["evidence"]["n"], alert["evidence"]["annotators"], alert["evidence"]["share"]) == (25, {"3": 25}, 1.0)
    assert "controls.scene.agreement_threshold" in alert["recommended_action"]
    assert "0.6 cannot fail with 3 annotators and 2 possible answers" in alert["recommended_action"]
    shell.book.publish("street", project(0.7))
    shell.step(log[25:])
    assert states(shell.alerts, "threshold_cannot_fail") == [("scene", "raised"), ("scene", "resolved")]


def test_a_threshold_cannot_fail_where_one_answer_decides_which_has_no_score() -> None:
    def project(annotators: int, threshold: float) -> Any:
        scene = {"type": "choice", "labels": ["day", "night"], "agreement_threshold": threshold}
        return settings(required_annotators=annotators, controls={"scene": scene})

    stream = Stream()
    for _ in range(60):
        asked = {"scene": replace(control(["day"], ["day"], passed=None), score=None)}
        stream.decide(part("ann", agreement=None), score=None, labels=DAY, controls=asked)
    shell, log = Shell(project(1, 0.8)), records(stream.facts)
    shell.step(log[:24])
    assert shell.alerts == []
    shell.step(log[24:49])
    (alert,) = shell.alerts
    assert (alert["alert"], alert["subject"], alert["state"]) == ("threshold_cannot_fail", "scene", "raised")
    assert (alert["evidence"]["n"], alert["evidence"]["cannot_fail_n"], alert["evidence"]["annotators"]) == (
        25, 25, {"1": 25},
    )  # fmt: skip
    assert "0.8 cannot fail with one annotator: a single answer has no score" in alert["recommended_action"]
    shell.book.publish("street", project(1, 0))
    shell.step(log[49:])
    assert states(shell.alerts, "threshold_cannot_fail") == [("scene", "raised"), ("scene", "resolved")]
    assert alerts_of(project(1, 0), stream.facts) == []  # meant to pass
    assert alerts_of(project(2, 0.8), stream.facts) == []  # those of which two are wanted have a score


def test_a_threshold_can_fail_where_most_tasks_have_annotators_enough() -> None:
    stream = Stream()
    voted(stream, 20, "day", "day", "night")
    voted(stream, 30, "day", "day", "night", "night")  # two of four: a half
    control = {"type": "choice", "labels": ["day", "night"], "agreement_threshold": 0.6}
    assert states(alerts_of(settings(controls={"scene": control}), stream.facts), "threshold_cannot_fail") == [
        ("scene", "raised"),  # while they were three
    ]  # fmt: skip
    voted(stream, 50, "day", "day", "night", "night")
    alerts = alerts_of(settings(controls={"scene": control}), stream.facts)
    assert [state for _, state in states(alerts, "threshold_cannot_fail")] == ["raised", "resolved"]


def modelled(stream: Stream, tasks: int, model: float) -> None:
    for _ in range(tasks):
        stream.decide(part("ann"), part("bea"), part("net", model=True, counts=False, consensus=model))


def test_an_outlier_task_is_one_that_every_model_disagrees_with_and_its_revision_resolves_it() -> None:
    stream = Stream()
    modelled(stream, 30, 1.0)
    net, other = part("net", model=True, counts=False, consensus=0.0), part("v2", model=True, consensus=1.0)
    stream.decide(part("ann"), net, other)  # one of two models agrees
    outlier = stream.decide(part("ann"), part("bea"), net, task="t-odd")
    stream.decide(part("ann"), part("bea"), part("net", model=True, consensus=1.0), task="t-odd", before=outlier)
    alerts = alerts_of(None, stream.facts)
    assert states(alerts, "outlier_task") == [("t-odd", "raised"), ("t-odd", "resolved")]
    evidence = alerts[0]["evidence"]
    assert (evidence["annotators"], evidence["agreement_with_consensus"]) == ("ann, bea", {"net": 0.0})
    assert (evidence["tasks_with_models"], evidence["outlier_tasks"]) == (32, 1)
    assert "task t-odd: ann, bea decided otherwise than net" in alerts[0]["recommended_action"]
    assert alerts[1]["recommended_action"].startswith("No longer listed: the decision is not what it was")


def test_no_task_stands_out_before_there_are_twenty_or_where_the_models_are_often_wrong() -> None:
    early, often = Stream(), Stream()
    modelled(early, 18, 1.0)
    modelled(early, 1, 0.0)
    assert alerts_of(None, early.facts) == []
    for _ in range(10):
        modelled(often, 8, 1.0)
        modelled(often, 2, 0.0)
    assert alerts_of(None, often.facts) == []


def test_the_newest_outliers_stay_open_and_older_ones_make_room() -> None:
    stream = Stream()
    modelled(stream, 50, 1.0)
    modelled(stream, 4, 0.0)
    shell = Shell(settings(alerts={"outlier_task": {"maximum_open": 2}}))
    shell.step(records(stream.facts, 54))
    assert states(shell.alerts, "outlier_task") == [
        ("t-50", "raised"), ("t-51", "raised"), ("t-50", "resolved"), ("t-52", "raised"), ("t-51", "resolved"),
        ("t-53", "raised"),
    ]  # fmt: skip
    assert shell.alerts[-1]["evidence"]["outlier_tasks"] == 4
    gone = [alert for alert in shell.alerts if alert["state"] == "resolved"]
    reason = "2 newer ones are open, and nothing about this task has changed"
    assert [alert["evidence"]["reason"] for alert in gone] == [reason, reason]
    assert {alert["recommended_action"] for alert in gone} == {f"No longer listed: {reason}."}


def test_open_alerts_of_a_type_are_bounded() -> None:
    stream = Stream()
    for _ in range(25):
        stream.decide(*(part(f"a-{i:02}", gold=0.0) for i in range(60)))
    alerts = alerts_of(None, stream.facts)
    assert len(states(alerts, "low_gold_accuracy")) == 50


def eventful() -> list[Fact]:
    """Most types, raised and resolved."""
    stream, rng = Stream(), random.Random(11)
    for i in range(900):
        bad = 300 <= i < 450
        label = "night" if bad and rng.random() < 0.7 else rng.choice(("day", "night", "dusk"))
        people = [
            part("ann", agreement=0.4 if bad else 0.9, consensus=0.2 if bad else 1.0, seconds=1.0 if bad else 20.0),
            part("bea", gold=float(not bad), seconds=22.0),
            part("cy", seconds=25.0),
            part("net", model=True, counts=False, consensus=float(i % 37 > 0)),
        ]
        stream.decide(
            *people,
            score=0.55 if bad else 0.9,
            labels={"scene": {label: 1.0}, "rare": {"a": 1.0} if i % 40 else {"b": 1.0}},
            review=("rejected" if bad else "approved") if i % 3 == 0 else None,
            controls={
                "scene": scene("day", "day", "day", "day"),
                "objects": boxes((0, 1, 1, int(bad)), (0, 2, 1, 0), people=4),
            },
        )
        if i % 97 == 50:
            waiting = contribution(state="waiting", minute=len(stream.facts), stalled=True)
            stream.facts.append(Fact(len(stream.facts), "w", None, waiting))
            stream.facts.append(Fact(len(stream.facts), "w", waiting, contribution(state="agreed", minute=i)))
    return stream.facts


EVENTFUL = eventful()


@pytest.fixture(scope="module")
def told() -> list[bytes]:
    shell = Shell(settings())
    for one in records(EVENTFUL):
        shell.step([one])
    return [out.value for out in shell.outgoing]


def test_the_eventful_stream_raises_and_resolves_most_types(told: list[bytes]) -> None:
    alerts = alerts_of(None, EVENTFUL)
    assert {alert["alert"] for alert in alerts} == ALERTS.keys() - {"threshold_cannot_fail"}
    assert {alert["alert"] for alert in alerts if alert["state"] == "resolved"} >= ALERTS.keys() - {
        "threshold_cannot_fail", "class_imbalance", "too_fast", "copying", "outlier_task",
    }  # fmt: skip


def test_a_subject_has_one_open_alert_of_a_type_at_a_time() -> None:
    standing: dict[tuple[str, str], str] = {}
    seen: set[str] = set()
    for alert in alerts_of(None, EVENTFUL):
        place = (alert["alert"], alert["subject"])
        if alert["state"] == "raised":
            assert place not in standing
            assert alert["alert_id"] not in seen
            standing[place] = alert["alert_id"]
            seen.add(alert["alert_id"])
        else:
            assert standing.pop(place) == alert["alert_id"]


@effort(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=8), st.booleans(), st.data())
def test_alerts_do_not_depend_on_how_facts_are_cut_nor_on_restarts(
    told: list[bytes], sizes: list[int], restart: bool, data: st.DataObject
) -> None:
    log = records(EVENTFUL, data.draw(st.integers(1, 60)))
    shell, turn = Shell(settings()), cycle(sizes)
    while log:
        size = next(turn)
        shell.step(log[:size])
        log = log[size:]
        if restart:
            shell.restart()
    assert [out.value for out in shell.outgoing] == told


def test_evidence_has_figures_n_and_the_window_and_every_action_is_a_sentence() -> None:
    for alert in alerts_of(None, EVENTFUL):
        assert {"n", "window"} <= alert["evidence"].keys(), alert["alert"]
        assert alert["recommended_action"].endswith(".")
        assert "{" not in alert["recommended_action"]
        kind = ALERTS[alert["alert"]]
        about_model = alert["evidence"].get("kind") == "model" and kind.of_model is not None
        assert alert["severity"] == (kind.of_model.severity if about_model and kind.of_model else kind.severity)
