"""Alerts say nothing about metrics that the worker does not have, and each is seen to fire. Panels: test_dashboards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.deploy.expressions import unknown
from tests.deploy.files import document, rules


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_names_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    assert unknown(rule["expr"]) == []


def test_every_alert_says_how_bad_it_is_what_happened_and_what_to_read() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "warning"}, rule["alert"]
        assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}, rule["alert"]
        assert "{{" not in rule["annotations"]["summary"], "a summary groups alerts, so it has no variables"
        assert "{{" in rule["annotations"]["description"], rule["alert"]


def test_every_alert_is_seen_to_fire_and_to_stay_silent() -> None:
    cases = [
        case
        for test in document("deploy/prometheus/tests/alerts_test.yml")["tests"]
        for case in test["alert_rule_test"]
    ]
    fires = {case["alertname"] for case in cases if case.get("exp_alerts")}
    silent = {case["alertname"] for case in cases if not case.get("exp_alerts")}

    assert fires == silent == {rule["alert"] for rule in rules()}


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "config", "deploy/prometheus/prometheus.yml"],
        ["test", "rules", "deploy/prometheus/tests/alerts_test.yml"],
    ],
    ids=" ".join,
)
def test_promtool_agrees(promtool: Callable[..., None], arguments: list[str]) -> None:
    promtool(*arguments)
