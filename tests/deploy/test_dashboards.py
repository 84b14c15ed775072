"""What holds for every dashboard: panels ask for what there is, can be read, and lead where something is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from streams.contracts.alert_settings import AlertSettings
from streams.contracts.decisions import TaskState
from streams.metrics import METRICS, PREFIX, Metric
from tests.deploy.expressions import SCRAPED, expressions, filled_in, metric_behind, unknown
from tests.deploy.files import dashboards, document, panels, services, text

DASHBOARDS = dashboards()
EXPRESSIONS = [
    (name, where, expression) for name, dashboard in DASHBOARDS.items() for where, expression in expressions(dashboard)
]
PANELS = [
    pytest.param(panel, id=f"{name} {panel['title']}") for name in DASHBOARDS for panel in panels(DASHBOARDS[name])
]
every_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)

EVERY = document("deploy/prometheus/prometheus.yml")["global"]["scrape_interval"]
"""How often a sample is taken."""


@pytest.mark.parametrize(("dashboard", "where", "expression"), EXPRESSIONS)
def test_an_expression_names_metrics_and_labels_that_exist(dashboard: str, where: str, expression: str) -> None:
    assert unknown(expression) == [], (dashboard, where)


def test_the_check_knows_a_metric_and_a_label_that_do_not_exist() -> None:
    assert unknown("rate(labelquorum_events_total[5m])") == []
    assert unknown("rate(labelquorum_event_total[5m])") == ["labelquorum_event_total"]
    assert unknown("labelquorum_unit_seconds") == ["labelquorum_unit_seconds"]
    assert unknown("labelquorum_events_total_bucket") == ["labelquorum_events_total_bucket"]
    assert unknown('labelquorum_events_total{kind="x"}') == ["events_total{kind}"]
    assert unknown("sum by (le, flavour) (labelquorum_unit_seconds_bucket)") == ["flavour"]


@pytest.mark.parametrize("panel", PANELS)
def test_a_legend_names_labels_that_the_expression_leaves(panel: dict[str, Any]) -> None:
    for target in panel.get("targets", []):
        wanted = set(re.findall(r"\{\{\s*(\w+)\s*\}\}", target.get("legendFormat", "")))
        assert ("legendFormat" in target) == (target.get("format") != "table"), panel["title"]
        assert wanted <= _left(target["expr"]), target["expr"]


def _left(expression: str) -> set[str]:
    """The labels of what an expression gives: those of its outermost grouping, else those of its metric."""
    grouped = [set(re.findall(r"\w+", group)) for group in re.findall(r"\bby\s*\(([^)]*)\)", expression)]
    metric = metric_behind(re.findall(rf"\b{PREFIX}(\w+)", expression)[0])
    assert metric is not None
    return grouped[0] if grouped else {*metric.labels, *SCRAPED}


@every_dashboard
def test_an_annotation_names_labels_that_its_expression_leaves(dashboard: dict[str, Any]) -> None:
    for annotation in dashboard["annotations"]["list"]:
        shown = re.findall(r"\{\{\s*(\w+)\s*\}\}", annotation["titleFormat"] + annotation["textFormat"])
        assert {*shown, *annotation["tagKeys"].split(",")} <= _left(annotation["target"]["expr"])
        assert annotation["expr"] == annotation["target"]["expr"], "older Grafanas read the one, newer ones the other"
        assert annotation["step"] == annotation["target"]["interval"] == EVERY


def test_a_selector_for_a_task_state_names_states_that_a_task_can_have() -> None:
    named = {s for _, _, e in EXPRESSIONS for group in re.findall(r'state=~?"([^"$]+)"', e) for s in group.split("|")}

    assert named
    assert named <= set(get_args(TaskState))


@every_dashboard
def test_panels_have_an_id_of_their_own_a_title_a_unit_and_a_description(dashboard: dict[str, Any]) -> None:
    everything = dashboard["panels"]

    assert len({panel["id"] for panel in everything}) == len(everything)
    assert len({panel["title"] for panel in everything}) == len(everything)
    for panel in panels(dashboard):
        assert panel["description"].endswith("."), panel["title"]
        if panel["type"] == "text":
            continue
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]), panel["title"]


@every_dashboard
def test_panels_stay_on_the_grid_and_cover_one_another_nowhere(dashboard: dict[str, Any]) -> None:
    places = [(panel["title"], panel["gridPos"]) for panel in dashboard["panels"]]

    for title, place in places:
        assert 0 <= place["x"] < place["x"] + place["w"] <= 24, title
    for (title, a), (other, b) in combinations(places, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or above, f"{title} covers {other}"


@every_dashboard
def test_whatever_asks_asks_the_data_source_that_is_provisioned(dashboard: dict[str, Any]) -> None:
    source = document("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"][0]
    asking = [part for panel in panels(dashboard) if "targets" in panel for part in (panel, *panel["targets"])]
    asking += dashboard["annotations"]["list"]
    asking += [variable for variable in dashboard["templating"]["list"] if variable["type"] == "query"]

    assert all(part["datasource"] == {"type": source["type"], "uid": source["uid"]} for part in asking)


@every_dashboard
def test_a_project_can_be_chosen_from_the_projects_that_there_are(dashboard: dict[str, Any]) -> None:
    variable = dashboard["templating"]["list"][0]

    assert variable["name"] == "project"
    assert variable["definition"] == variable["query"]["query"]
    assert unknown(variable["definition"].removeprefix("label_values(").partition(",")[0]) == []
    chosen = [where for where, expression in expressions(dashboard) if "$project" in expression]
    assert len(chosen) >= 8


@every_dashboard
def test_a_variable_that_is_used_is_one_that_there_is(dashboard: dict[str, Any]) -> None:
    own = {variable["name"] for variable in dashboard["templating"]["list"]}

    used = set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(dashboard)))

    assert used == own


def test_dashboards_are_written_for_one_version_of_grafana_and_have_names_of_their_own() -> None:
    assert {dashboard["schemaVersion"] for dashboard in DASHBOARDS.values()} == {41}
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS) == 2
    assert len({dashboard["title"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)


@every_dashboard
def test_a_dashboard_leads_to_the_others_with_the_projects_and_the_time_that_are_shown(
    dashboard: dict[str, Any],
) -> None:
    others = {f"/d/{other['uid']}" for other in DASHBOARDS.values() if other is not dashboard}

    assert {link["url"] for link in dashboard["links"]} == others
    assert all(link["includeVars"] and link["keepTime"] and not link["targetBlank"] for link in dashboard["links"])


def test_the_dashboards_are_provisioned_from_where_they_are_mounted() -> None:
    provider = document("deploy/grafana/provisioning/dashboards/labelquorum.yml")["providers"][0]
    mounted = provider["options"]["path"]

    assert f"./deploy/grafana/dashboards:{mounted}:ro" in services()["grafana"]["volumes"]
    home = services()["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{mounted}/labelquorum.json"


def test_the_runbook_names_panels_and_dashboards_that_exist() -> None:
    named = set(re.findall(r"(?<!\*)\*([A-Za-z][^*\n]+)\*(?!\*)", text("deploy/runbook.md")))
    titles = {dashboard["title"] for dashboard in DASHBOARDS.values()}

    assert named > titles
    assert named <= titles | {panel["title"] for dashboard in DASHBOARDS.values() for panel in panels(dashboard)}


def test_the_runbook_says_of_every_type_of_quality_alert_where_to_look() -> None:
    explained = re.findall(r"^\| `(\w+)` \|", text("deploy/runbook.md"), re.MULTILINE)

    assert sorted(explained) == sorted(AlertSettings.__struct_fields__)


def test_every_panel_and_annotation_shows_something_once_every_metric_is_there(
    promtool: Callable[..., None], tmp_path: Path
) -> None:
    """promtool parses and evaluates each expression; a selector or a join that nothing can pass gives nothing."""
    asked = [filled_in(expression) for _, _, expression in EXPRESSIONS]
    assert not any("$" in expression for expression in asked)
    # Alerts come and go with every sample: at this time they are open.
    cases = [
        {"expr": f"count({expression}) > bool 0", "eval_time": "1h10s", "exp_samples": [{"labels": "{}", "value": 1}]}
        for expression in asked
    ]
    series = [one for metric in METRICS.values() for one in _series(metric)]
    test = {"interval": EVERY, "input_series": series, "promql_expr_test": cases}
    written = yaml.safe_dump({"rule_files": [], "evaluation_interval": EVERY, "tests": [test]})
    (tmp_path / "tests.yml").write_text(written, encoding="utf-8")

    promtool("test", "rules", str(tmp_path / "tests.yml"))


VALUES = {
    "alert": ["agreement_drift"],
    "coefficient": ["krippendorff_alpha"],
    "kind": ["human", "model"],
    "percentile": ["p50", "p90"],
    "verdict": ["approved", "rejected", "corrected"],
    "who": ["human", "model", "consensus"],
}
"""Label → the values that a worker gives it, where expressions ask for one of them."""


def _series(metric: Metric) -> Iterator[dict[str, str]]:
    states = get_args(TaskState) if "project" in metric.labels else ("raised", "resolved")
    for values in product(*(states if label == "state" else VALUES.get(label, ["x"]) for label in metric.labels)):
        labels = dict(zip(metric.labels, values, strict=True))
        if metric.kind == "histogram":
            for le in (*map(str, metric.buckets), "+Inf"):
                yield _one(f"{metric.name}_bucket", labels | {"le": le}, "0+1x400")
            yield _one(f"{metric.name}_sum", labels, "0+1x400")
            yield _one(f"{metric.name}_count", labels, "0+1x400")
        elif metric.name == "project_alerts_open":
            yield _one(metric.name, labels, " ".join(["0", "1"] * 200))
        else:
            yield _one(metric.name, labels, "1+1x400" if metric.kind == "counter" else "0.5x400")


def _one(name: str, labels: dict[str, str], values: str) -> dict[str, str]:
    named = ",".join(f'{label}="{value}"' for label, value in {**labels, "instance": "worker:6066"}.items())
    return {"series": f"{PREFIX}{name}{{{named}}}", "values": values}
