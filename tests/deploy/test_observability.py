"""Panels and alerts say nothing about metrics that the worker does not have."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from itertools import combinations
from typing import Any, get_args

import pytest

from streams.contracts.decisions import TaskState
from streams.metrics import METRICS, PREFIX, Metric
from tests.deploy.files import ROOT, document, panels, rules, services, text

DASHBOARD = document("deploy/grafana/dashboards/labelquorum.json")
SCRAPED = {"instance", "job"}
"""Labels that Prometheus puts on every series."""

EXPRESSIONS = [
    *((f"panel {panel['title']}", target["expr"]) for panel in panels() for target in panel["targets"]),
    *((f"alert {rule['alert']}", rule["expr"]) for rule in rules()),
]


def _metric(name: str) -> Metric | None:
    """The declaration behind a series' name: a histogram has three series, anything else has one."""
    known = METRICS.get(name)
    if known and known.kind != "histogram":
        return known
    base, _, suffix = name.rpartition("_")
    behind = METRICS.get(base)
    return behind if behind and behind.kind == "histogram" and suffix in {"bucket", "sum", "count"} else None


def _unknown(expression: str) -> list[str]:
    """What an expression names that no series has."""
    problems = []
    labels = set(SCRAPED)
    for name, selector in re.findall(rf"\b{PREFIX}(\w+)(?:\{{([^}}]*)\}})?", expression):
        metric = _metric(name)
        if metric is None:
            problems.append(PREFIX + name)
            continue
        own = {*metric.labels, *SCRAPED, *(["le"] if name.endswith("_bucket") else [])}
        labels |= own
        problems += [f"{name}{{{label}}}" for label in re.findall(r"(\w+)\s*[=!]~?", selector) if label not in own]
    grouped = re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", expression)
    problems += [label for group in grouped for label in re.findall(r"\w+", group) if label not in labels]
    return problems


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS)
def test_an_expression_names_metrics_and_labels_that_exist(where: str, expression: str) -> None:
    assert _unknown(expression) == [], where


def test_the_check_knows_a_metric_and_a_label_that_do_not_exist() -> None:
    assert _unknown("rate(labelquorum_events_total[5m])") == []
    assert _unknown("rate(labelquorum_event_total[5m])") == ["labelquorum_event_total"]
    assert _unknown("labelquorum_unit_seconds") == ["labelquorum_unit_seconds"]
    assert _unknown("labelquorum_events_total_bucket") == ["labelquorum_events_total_bucket"]
    assert _unknown('labelquorum_events_total{kind="x"}') == ["events_total{kind}"]
    assert _unknown("sum by (le, flavour) (labelquorum_unit_seconds_bucket)") == ["flavour"]


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: str(panel["title"]))
def test_a_legend_names_labels_that_the_expression_leaves(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        wanted = set(re.findall(r"\{\{\s*(\w+)\s*\}\}", target["legendFormat"]))
        grouped = [set(re.findall(r"\w+", group)) for group in re.findall(r"\bby\s*\(([^)]*)\)", target["expr"])]
        metric = _metric(re.findall(rf"\b{PREFIX}(\w+)", target["expr"])[0])
        assert metric is not None
        assert wanted <= (grouped[0] if grouped else {*metric.labels, *SCRAPED}), target["expr"]


def test_a_selector_for_a_task_state_names_states_that_a_task_can_have() -> None:
    named = {s for _, e in EXPRESSIONS for group in re.findall(r'state=~?"([^"$]+)"', e) for s in group.split("|")}

    assert named
    assert named <= set(get_args(TaskState))


def test_panels_have_an_id_of_their_own_a_title_a_unit_and_a_description() -> None:
    everything = DASHBOARD["panels"]

    assert len({panel["id"] for panel in everything}) == len(everything)
    assert len({panel["title"] for panel in everything}) == len(everything)
    for panel in panels():
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]), panel["title"]


def test_panels_stay_on_the_grid_and_cover_one_another_nowhere() -> None:
    places = [(panel["title"], panel["gridPos"]) for panel in DASHBOARD["panels"]]

    for title, place in places:
        assert 0 <= place["x"] < place["x"] + place["w"] <= 24, title
    for (title, a), (other, b) in combinations(places, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or above, f"{title} covers {other}"


def test_every_panel_asks_the_data_source_that_is_provisioned() -> None:
    source = document("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"][0]
    expected = {"type": source["type"], "uid": source["uid"]}

    asked = [part["datasource"] for panel in panels() for part in (panel, *panel["targets"])]

    assert all(datasource == expected for datasource in asked)
    assert DASHBOARD["templating"]["list"][0]["datasource"] == expected


def test_a_project_can_be_chosen_from_the_projects_that_there_are() -> None:
    variable = DASHBOARD["templating"]["list"][0]

    assert variable["name"] == "project"
    assert _unknown(variable["definition"].removeprefix("label_values(").partition(",")[0]) == []
    chosen = [title for title, expression in EXPRESSIONS if "$project" in expression]
    assert len(chosen) >= 8


def test_the_dashboards_are_provisioned_from_where_they_are_mounted() -> None:
    provider = document("deploy/grafana/provisioning/dashboards/labelquorum.yml")["providers"][0]
    mounted = provider["options"]["path"]

    assert f"./deploy/grafana/dashboards:{mounted}:ro" in services()["grafana"]["volumes"]
    home = services()["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{mounted}/labelquorum.json"


def test_the_runbook_names_panels_that_exist() -> None:
    named = set(re.findall(r"(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)", text("deploy/runbook.md")))

    assert named
    assert named <= {panel["title"] for panel in panels()}


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


@pytest.fixture(scope="module")
def promtool() -> str:
    found = shutil.which("promtool")
    if not found and os.environ.get("CI"):
        pytest.fail("promtool has to be there in CI: .ci/run installs it")
    if not found:
        pytest.skip("promtool is not installed (Debian: apt install prometheus)")
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "config", "deploy/prometheus/prometheus.yml"],
        ["test", "rules", "deploy/prometheus/tests/alerts_test.yml"],
    ],
    ids=" ".join,
)
def test_promtool_agrees(promtool: str, arguments: list[str]) -> None:
    done = subprocess.run([promtool, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
