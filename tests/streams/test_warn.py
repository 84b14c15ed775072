from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.contracts.facts import Fact
from streams.contracts.settings import ProjectSettings
from tests.streams.quality_builders import Shell, contribution, decided, records, settings, small_windows


def alerts_of(project: ProjectSettings, *facts: Fact) -> list[dict[str, Any]]:
    shell = Shell(project)
    shell.step(records(facts))
    return shell.alerts


def scored(*scores: float) -> list[Fact]:
    """One decision a minute."""
    return [decided(i, score, minute=i) for i, score in enumerate(scores)]


def labelled(counts: dict[str, float], offset: int = 0) -> Fact:
    return decided(offset, 1.0, labels={"scene": counts})


def summary(alerts: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(alert["alert"], alert["state"], alert["event_time"][11:16]) for alert in alerts]


def test_drift_is_raised_when_the_window_falls_more_than_the_drop_below_the_average() -> None:
    # Before: 0.9, 0.9. Window 0.9, 0.7: mean 0.8, a drop of exactly 0.1, is not more. Then (0.7 + 0.6) / 2 = 0.65
    # against 0.9, 0.9, 0.9: a drop of 0.25.
    (alert,) = alerts_of(small_windows(), *scored(0.9, 0.9, 0.9, 0.7, 0.6))
    assert (alert["alert"], alert["state"], alert["subject"], alert["severity"]) == (
        "agreement_drift", "raised", "street", "critical",
    )  # fmt: skip
    assert alert["event_time"] == alert["raised_at"] == "2026-01-31T10:04:00.000Z"
    assert alert["evidence"] == {
        "drop": 0.25, "recent_mean": 0.65, "baseline_mean": 0.9, "recent_deviation": 0.05, "n": 2, "baseline_n": 3,
        "window": 2, "raised_above": 0.1, "resolved_below": 0.05, "standard_errors": 0.0, "window_dropped": True,
        "fallen": False, "fall_since": None, "fall_baseline_mean": None, "fall_baseline_n": None,
        "fall_recent_mean": None, "fall_n": 0, "fall_evidence": None, "fall_raised_at": 1000.0,
        "since": "2026-01-31T10:03:00.000Z", "mean_before": 0.9, "mean_since": 0.65, "annotators_fallen": {},
        "lowest_control": None, "lowest_control_mean": None,
    }  # fmt: skip


def test_nothing_is_said_before_window_and_baseline_are_full() -> None:
    assert alerts_of(small_windows(), *scored(0.9, 0.1, 0.1)) == []
    assert len(alerts_of(small_windows(), *scored(0.9, 0.9, 0.1, 0.1))) == 1


def test_drift_resolves_under_the_id_that_it_was_raised_with() -> None:
    raised, resolved = alerts_of(small_windows(), *scored(0.9, 0.9, 0.5, 0.5, 0.9, 0.9))
    assert (raised["state"], resolved["state"]) == ("raised", "resolved")
    assert raised["alert_id"] == resolved["alert_id"]
    assert resolved["raised_at"] == raised["event_time"] < resolved["event_time"]
    # 0.9, 0.9, 0.5, 0.5 against 0.9, 0.9
    assert resolved["evidence"]["drop"] == -0.2


def test_between_its_lines_drift_does_not_flap() -> None:
    # Window means swing between 0.79 and 0.82 against about 0.9: drops of 0.07 to 0.11, on both sides of 0.1.
    steady, swing = [0.9] * 40, [0.82, 0.76, 0.84, 0.77, 0.85, 0.76, 0.84]
    alerts = alerts_of(small_windows(), *scored(*steady, *swing))
    assert [alert["state"] for alert in alerts] == ["raised"]


def test_a_second_episode_has_an_id_of_its_own_even_at_the_same_event_time() -> None:
    stalled, going = contribution(state="waiting", stalled=True), contribution(state="waiting")
    facts = [Fact(0, "t", None, stalled), Fact(1, "t", stalled, going), Fact(2, "t", going, stalled)]
    alerts = alerts_of(settings(), *facts)
    assert [alert["state"] for alert in alerts] == ["raised", "resolved", "raised"]
    assert alerts[0]["alert_id"] == alerts[1]["alert_id"] != alerts[2]["alert_id"]


def test_a_revised_decision_takes_its_alert_back() -> None:
    facts = scored(0.9, 0.9, 0.9, 0.1)
    before = facts[3].after
    corrected = Fact(4, "t-3", before, contribution(0.9, minute=4))
    assert [alert["state"] for alert in alerts_of(small_windows(), *facts, corrected)] == ["raised", "resolved"]


def test_imbalance_is_raised_above_ten_to_one_with_the_labels_named() -> None:
    (alert,) = alerts_of(settings(), labelled({"day": 100, "night": 10}), labelled({"day": 1}, 1))
    assert (alert["alert"], alert["subject"], alert["severity"]) == ("class_imbalance", "scene", "info")
    assert alert["evidence"] == {
        "n": 111.0, "window": "all", "raised_above": 10.0, "resolved_at": 8.0, "ratio": 10.1,
        "ratio_is_lower_bound": False, "most_frequent": "day", "most_frequent_n": 101.0, "least_frequent": "night",
        "least_frequent_n": 10.0, "labels": 2,
    }  # fmt: skip
    assert "'night'" in alert["recommended_action"]


def test_imbalance_resolves_at_eighty_percent_of_the_ratio_and_not_before() -> None:
    facts = [labelled({"day": 110, "night": 10}), labelled({"night": 3}, 1), labelled({"night": 1}, 2)]
    alerts = alerts_of(settings(), *facts)  # 11.0, then 110 / 13 = 8.46, then 110 / 14 = 7.86
    assert [alert["state"] for alert in alerts] == ["raised", "resolved"]
    assert [alert["evidence"]["ratio"] for alert in alerts] == [11, 7.857143]


def test_a_label_of_the_settings_that_never_comes_is_imbalance_once_there_are_enough() -> None:
    project = settings(controls={"scene": {"labels": ["day", "night"]}})
    assert alerts_of(project, labelled({"day": 99})) == []
    (alert,) = alerts_of(project, labelled({"day": 100}))
    assert (alert["evidence"]["ratio"], alert["evidence"]["ratio_is_lower_bound"]) == (100, True)
    assert alerts_of(settings(), labelled({"day": 100})) == []


def test_stalled_tasks_raise_at_the_minimum_and_resolve_below_it() -> None:
    stalled = contribution(state="waiting", stalled=True)
    facts = [Fact(0, "a", None, stalled), Fact(1, "b", None, stalled), Fact(2, "b", stalled, contribution(0.9, 1))]
    raised, resolved = alerts_of(settings(alerts={"stalled_tasks": {"minimum": 2}}), *facts)
    assert (raised["state"], raised["severity"], raised["evidence"]["n"]) == ("raised", "warning", 2)
    assert "the 2 waiting tasks" in raised["recommended_action"]
    assert (resolved["state"], resolved["evidence"]["n"]) == ("resolved", 1)


def test_all_tasks_that_one_tick_stalls_are_in_one_alert() -> None:
    shell, stalled = Shell(settings()), contribution(state="waiting", stalled=True)
    shell.step(records([Fact(7, task, None, stalled) for task in "abc"], size=3))
    (alert,) = shell.alerts
    assert alert["evidence"]["n"] == 3


@pytest.mark.parametrize("name", ["agreement_drift", "class_imbalance", "stalled_tasks"])
def test_a_disabled_alert_is_silent(name: str) -> None:
    alerts: dict[str, dict[str, Any]] = {
        "agreement_drift": {"window_tasks": 2, "minimum_baseline_tasks": 2, "standard_errors": 0},
        "class_imbalance": {"minimum": 10},
        "stalled_tasks": {},
    }
    stalled = Fact(9, "s", None, contribution(state="waiting", stalled=True))
    facts = [*scored(0.9, 0.9, 0.1, 0.1), labelled({"day": 20, "night": 1}, 8), stalled]
    everything = {alert["alert"] for alert in alerts_of(settings(alerts=alerts), *facts)}
    assert everything == set(alerts)
    alerts[name]["enabled"] = False
    assert {alert["alert"] for alert in alerts_of(settings(alerts=alerts), *facts)} == everything - {name}


@pytest.mark.parametrize("name", ["agreement_drift", "class_imbalance"])
def test_switching_an_open_alert_off_resolves_it_when_it_is_next_touched(name: str) -> None:
    alerts: dict[str, dict[str, Any]] = {
        "agreement_drift": {"window_tasks": 2, "minimum_baseline_tasks": 2, "standard_errors": 0},
        "class_imbalance": {"minimum": 10},
    }  # fmt: skip
    day = {"scene": {"day": 1.0}}
    facts = [*scored(0.9, 0.9, 0.1), labelled({"day": 20, "night": 1}, 3)]
    shell = Shell(settings(alerts=alerts))
    log = records([*facts, decided(5, 0.1, 5, day), decided(6, 0.1, 6, day)])
    shell.step(log[:-1])
    alerts[name]["enabled"] = False
    shell.book.publish("street", settings(alerts=alerts))
    shell.step(log[-1:])
    assert [a["state"] for a in shell.alerts if a["alert"] == name] == ["raised", "resolved"]


@given(st.lists(st.sampled_from([0.0, 0.5, 0.7, 0.8, 0.9, 1.0]), max_size=40))
def test_raised_and_resolved_alternate_and_share_an_id(scores: list[float]) -> None:
    alerts = alerts_of(small_windows(), *scored(*scores))
    assert [alert["state"] for alert in alerts] == (["raised", "resolved"] * len(alerts))[: len(alerts)]
    for raised, resolved in zip(alerts[::2], alerts[1::2], strict=False):
        assert raised["alert_id"] == resolved["alert_id"]
    assert len({alert["alert_id"] for alert in alerts}) == (len(alerts) + 1) // 2
