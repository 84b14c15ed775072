"""The page of the labeling lead: the parts that it must have, and that what it says is what the code does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml

from streams.adapters.http_api.documents import ENDPOINTS
from streams.adapters.http_api.parameters import arguments
from streams.contracts.alert_settings import AlertSettings
from streams.metrics import METRICS, PREFIX
from streams.quality.gauges import OTHERS
from tests.deploy.expressions import filled_in
from tests.deploy.files import code, dashboards, panels, services
from tests.support.commands import named_commands, problem

PAGE = dashboards()["quality.json"]
BY_TITLE = {panel["title"]: panel for panel in panels(PAGE)}
DEFAULTS = AlertSettings()


def _metrics(part: dict[str, Any]) -> set[str]:
    """The metrics that a panel or an annotation reads."""
    targets = part.get("targets") or [part["target"]]
    return {name for target in targets for name in re.findall(rf"\b{PREFIX}(\w+)", target["expr"])}


@pytest.mark.parametrize(
    ("title", "metrics"),
    [
        ("Agreement against baseline", {"project_agreement_recent_ratio", "project_agreement_baseline_ratio"}),
        ("Agreement drift", {"project_agreement_recent_ratio", "project_agreement_baseline_ratio"}),
        ("Agreement beyond chance, by control", {"project_coefficient", "project_coefficient_bound"}),
        ("Disagreements by kind", {"project_disagreements"}),
        ("Alerts by type", {"project_alerts_open"}),
        ("Class shares", {"project_label_ratio"}),
        ("Class imbalance", {"project_imbalance_ratio"}),
        ("Class stability index", {"project_stability_index"}),
        ("Time to quorum", {"project_time_to_quorum_seconds"}),
        ("Overlap used and saved", {"project_settled_answers", "project_spared_answers", "project_settled_tasks"}),
        ("Reviews by verdict", {"project_reviews"}),
        ("Contested tasks", {"project_tasks", "project_stalled_tasks"}),
    ],
)
def test_the_page_has_the_parts_that_a_lead_looks_for(title: str, metrics: set[str]) -> None:
    assert _metrics(BY_TITLE[title]) == metrics


def test_the_intervals_of_coefficients_are_thinner_than_the_coefficients() -> None:
    panel = BY_TITLE["Agreement beyond chance, by control"]
    (bounds,) = [target["refId"] for target in panel["targets"] if "project_coefficient_bound{" in target["expr"]]
    (thin,) = [
        o for o in panel["fieldConfig"]["overrides"] if o["matcher"] == {"id": "byFrameRefID", "options": bounds}
    ]
    width = next(change["value"] for change in thin["properties"] if change["id"] == "custom.lineWidth")

    assert width < panel["fieldConfig"]["defaults"]["custom"]["lineWidth"]


def test_every_figure_of_a_project_and_of_an_annotator_is_on_a_page() -> None:
    shown = {
        name
        for page in dashboards().values()
        for panel in panels(page)
        if "targets" in panel
        for name in _metrics(panel)
    }
    of_quality = {name for name in METRICS if name.startswith(("project_", "annotator_"))}

    # How much there is of something says nothing of its quality; these are read beside it, in the API.
    assert of_quality - shown == {
        "project_agreement_ratio",
        "project_answers",
        "project_annotators",
        "project_gold_tasks",
    }


def test_alerts_are_marked_on_the_time_line_when_they_are_raised_and_when_they_are_over() -> None:
    marks = {annotation["name"]: annotation for annotation in PAGE["annotations"]["list"]}

    assert marks.keys() == {"Alert raised", "Alert resolved", "Alert open"}
    assert {name for name, mark in marks.items() if mark["enable"]} == {"Alert raised", "Alert resolved"}
    for mark in marks.values():
        assert _metrics(mark) == {"project_alerts_open"}
        assert mark["tagKeys"].split(",") == ["project", "alert"]


def test_a_mark_is_where_the_number_of_open_alerts_rises_or_falls_and_nowhere_else(
    promtool: Callable[..., None], tmp_path: Path
) -> None:
    # One more is open at 20 s and at 30 s, one fewer at 40 s and at 60 s; a window holds two samples.
    series = {"series": f'{PREFIX}project_alerts_open{{project="street",alert="copying"}}', "values": "0 0 1 2 1 1 0 0"}
    marked = {"Alert raised": {20, 30}, "Alert resolved": {40, 60}, "Alert open": {20, 30, 40, 50}}
    cases = []
    for mark in PAGE["annotations"]["list"]:
        expression = filled_in(mark["target"]["expr"].replace("$__rate_interval", "11s"))
        for second in range(10, 80, 10):
            expected = [{"labels": "{}", "value": 1}] if second in marked[mark["name"]] else []
            cases.append({"expr": f"count({expression})", "eval_time": f"{second}s", "exp_samples": expected})
    test = {"interval": "10s", "input_series": [series], "promql_expr_test": cases}
    written = yaml.safe_dump({"rule_files": [], "evaluation_interval": "10s", "tests": [test]})
    (tmp_path / "tests.yml").write_text(written, encoding="utf-8")

    promtool("test", "rules", str(tmp_path / "tests.yml"))


def test_the_table_of_annotators_has_all_that_is_measured_of_them_and_the_worst_first() -> None:
    table = BY_TITLE["Annotators"]
    steps = {step["id"]: step["options"] for step in table["transformations"]}

    assert _metrics(table) == {name for name in METRICS if name.startswith("annotator_")}
    assert [step["id"] for step in table["transformations"]] == ["merge", "sortBy", "organize"]
    key = next(
        t for t in table["targets"] if steps["sortBy"]["sort"] == [{"field": f"Value #{t['refId']}", "desc": False}]
    )
    assert key["expr"].startswith("max by (project, annotator) (labelquorum_annotator_consensus_agreement_ratio")
    assert key["expr"].endswith("* 0 + 2"), "whoever has no agreement yet comes after everybody who has one"
    assert OTHERS in table["description"], "the table says what is meant by the row without a name"


@pytest.mark.parametrize("title", ["Annotators", "Contested tasks"])
def test_every_column_of_a_table_is_named_or_left_out(title: str) -> None:
    table = BY_TITLE[title]
    organize = next(step["options"] for step in table["transformations"] if step["id"] == "organize")
    values = {f"Value #{target['refId']}" for target in table["targets"]}
    labels = {
        label
        for target in table["targets"]
        for label in re.findall(r"\w+", re.findall(r"by \(([^)]*)\)", target["expr"])[0])
    }

    assert organize["renameByName"].keys() | organize["excludeByName"].keys() == values | labels | {"Time"}
    styled = {override["matcher"]["options"] for override in table["fieldConfig"]["overrides"]}
    assert styled <= set(organize["renameByName"].values())


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("Drop from baseline", DEFAULTS.agreement_drift.drop),
        ("Agreement drift", DEFAULTS.agreement_drift.drop),
        ("Class imbalance", DEFAULTS.class_imbalance.ratio),
        ("Class stability index", DEFAULTS.label_shift.stability_index),
        ("Approval", DEFAULTS.low_approval.approval),
        ("Annotators", DEFAULTS.low_agreement_annotator.agreement),
        ("Accuracy on gold", DEFAULTS.low_gold_accuracy.accuracy),
    ],
)
def test_a_colour_changes_where_the_alert_of_the_figure_is_raised_by_default(title: str, line: float) -> None:
    steps = BY_TITLE[title]["fieldConfig"]["defaults"]["thresholds"]["steps"]

    assert line in [step["value"] for step in steps]


def test_the_alerts_that_descriptions_name_are_alerts() -> None:
    named = {word for panel in panels(PAGE) for word in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", panel["description"])}

    assert named
    assert named <= set(AlertSettings.__struct_fields__)


def _links(part: Any) -> Iterator[str]:
    """Every address below a panel."""
    if isinstance(part, dict):
        yield from [part["url"]] if "url" in part else []
        for value in part.values():
            yield from _links(value)
    elif isinstance(part, list):
        for value in part:
            yield from _links(value)


API_LINKS = sorted({url for panel in panels(PAGE) for url in _links(panel)})


@pytest.mark.parametrize("url", API_LINKS)
def test_a_link_leads_to_an_endpoint_of_the_http_api_with_parameters_that_it_knows(url: str) -> None:
    assert url.startswith("${api}/v1/projects/${")
    field = re.search(r"\$\{(?:__data\.fields\.Project|__field\.labels\.project):percentencode\}", url)
    assert field is not None, "the project of the row or of the line, whatever characters its id has"
    filled = url.replace(field[0], "{project}").replace("${__value.text:percentencode}", "ann")
    address = urlsplit(filled.removeprefix("${api}"))

    endpoint = next(endpoint for endpoint in ENDPOINTS if endpoint.path == address.path)
    assert arguments(address.query, endpoint.parameters).items() >= dict(parse_qsl(address.query)).items()


def test_contested_tasks_lead_to_the_tasks_and_to_the_report() -> None:
    contested = set(_links(BY_TITLE["Contested tasks"]))
    told = BY_TITLE["See the tasks"]["options"]["content"]

    assert {urlsplit(url).path.rpartition("/")[2] for url in contested} == {"tasks", "matrix", "alerts", "overview"}
    for target, state in zip("ABC", ("reassigning", "in_review", "abandoned"), strict=True):
        expression = next(t["expr"] for t in BY_TITLE["Contested tasks"]["targets"] if t["refId"] == target)
        assert f'state="{state}"' in expression
        assert any(url.endswith(f"/quality/tasks?state={state}") for url in contested)
    assert [command.split()[0] for line in code(told) for command in named_commands(line)] == ["report", "report"]


def test_what_the_page_tells_to_run_can_be_run() -> None:
    told = BY_TITLE["See the tasks"]["options"]["content"].replace("$api", _api())
    paths = re.findall(r'curl "[^"]*?(/v1/[^"?]*)\??([^"]*)"', told)

    for line in code(told):
        for command in named_commands(line):
            assert problem(command) is None
    known = {endpoint.path.replace("{project}", "ID").replace("{task}", "TASK"): endpoint for endpoint in ENDPOINTS}
    assert len(paths) == 2
    for path, query in paths:
        arguments(query, known[path].parameters)


def _api() -> str:
    variable = next(variable for variable in PAGE["templating"]["list"] if variable["name"] == "api")
    assert variable["query"] == variable["current"]["value"] == variable["options"][0]["value"]
    return str(variable["query"])


def test_links_lead_to_the_port_that_the_worker_publishes() -> None:
    published = services()["worker"]["ports"][0].split(":")

    assert _api() == f"http://localhost:{published[1]}"
    assert "localhost:9092" in json.dumps(BY_TITLE["See the tasks"])
    assert any("HOST://localhost:9092" in value for value in services()["kafka"]["environment"].values())
