"""The OpenAPI document is true: schemathesis makes requests from it, good ones and bad ones, and checks the answers."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup

from streams.adapters.http_api import ENDPOINTS, openapi
from streams.adapters.redis_model.keys import CONTESTED_KEPT, OPEN_TASKS_KEPT
from streams.contracts.alert_evidence import EVIDENCE
from streams.contracts.views import VIEW_NAMES
from streams.quality.documents import TASKS
from tests.adapters.api_builders import api_of, ask, stored
from tests.adapters.api_server import ApiServer
from tests.adapters.test_http_api_access import entry, tokens

DOCUMENT = openapi(ENDPOINTS, "0.1.0")


def _operations(document: Any) -> dict[str, Any]:
    found: list[Any] = [operation.ok() for operation in schemathesis.openapi.from_dict(document).get_all_operations()]  # type: ignore[union-attr]
    return {operation.label: operation for operation in found}


OPERATIONS = _operations(DOCUMENT)
LONGEST_TARGET = 8_000
"""Bytes; aiohttp, and most proxies, take no longer first line."""

KNOWN = [{"project": "street", "task": "t-0"}, {"project": "a/b c", "task": "x/1"}]


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    with ApiServer(api_of(stored(), tokens(entry("lead", "secret", "*")))) as running:
        yield running


def _checked(operation: Any, mode: GenerationMode, server: ApiServer, examples: int) -> set[int]:
    """Make requests of an operation, hold every answer to the document, and return the statuses seen."""
    seen = set()

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(operation.as_strategy(generation_mode=mode), st.data())
    def check(case: Any, data: st.DataObject) -> None:
        known = data.draw(st.sampled_from([{}, *KNOWN]), label="ids that there are")
        case.path_parameters = {name: known.get(name, made) for name, made in (case.path_parameters or {}).items()}
        assume(len(case.as_transport_kwargs()["url"]) + len(str(case.query)) * 12 < LONGEST_TARGET)
        answer = case.call_and_validate(base_url=server.url, headers={"Authorization": "Bearer secret"})
        seen.add(answer.status_code)

    check()
    return seen


def _examples(label: str) -> int:
    """A HEAD is answered by what answers the GET."""
    return 20 if label.startswith("GET") else 6


@pytest.mark.parametrize("label", OPERATIONS)
def test_what_the_document_allows_is_answered_as_it_says(server: ApiServer, label: str) -> None:
    seen = _checked(OPERATIONS[label], GenerationMode.POSITIVE, server, _examples(label))
    assert 200 in seen
    assert seen <= {200, 404}


@pytest.mark.parametrize("label", [label for label in OPERATIONS if "{" in label or label.endswith("/projects")])
def test_what_the_document_does_not_allow_is_refused_as_it_says(server: ApiServer, label: str) -> None:
    seen = _checked(OPERATIONS[label], GenerationMode.NEGATIVE, server, _examples(label))
    assert seen & {400, 401, 404}
    assert seen <= {200, 400, 401, 404}


async def test_the_document_is_served() -> None:
    _, served = await ask(api_of(stored()), "/v1/openapi.json")
    assert served["paths"].keys() == DOCUMENT["paths"].keys()
    assert served["components"]["schemas"] == DOCUMENT["components"]["schemas"]
    assert served["openapi"].startswith("3.1")


def test_everything_that_is_read_is_described() -> None:
    assert set(DOCUMENT["paths"]) == {
        "/v1/projects", "/v1/tasks/{project}/{task}", "/v1/openapi.json",
        *(f"/v1/projects/{{project}}/quality/{name}" for name in VIEW_NAMES),
    }  # fmt: skip
    for path in DOCUMENT["paths"].values():
        assert {"get", "head"} <= set(path)


def test_fields_say_in_the_document_what_they_say_in_the_code() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Statistic"]["description"] == "A figure with what it rests on."
    assert schemas["Statistic"]["properties"]["undefined"]["description"] == "Why there is no value."
    assert schemas["TaskItem"]["properties"]["score"]["anyOf"] == [{"type": "number"}, {"type": "null"}]


def test_the_document_says_which_answers_and_whom_the_figures_leave_out() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    overview = {name: field.get("description", "") for name, field in schemas["OverviewView"]["properties"].items()}
    assert "that is only shown" in overview["annotations"]
    for text in (overview["annotators"], schemas["AnnotatorsView"]["properties"]["items"]["description"]):
        assert "who has only answered tasks that still wait" in text


def test_times_say_how_accurate_they_are() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for struct, field in (("OverviewView", "time_to_quorum_seconds"), ("AnnotatorItem", "median_seconds")):
        assert "within 5 %" in schemas[struct]["properties"][field]["description"]


def test_every_figure_of_an_alert_is_explained() -> None:
    evidence = DOCUMENT["components"]["schemas"]["AlertItem"]["properties"]["evidence"]
    assert {name: field["description"] for name, field in evidence["properties"].items()} == EVIDENCE
    assert "against chance" in EVIDENCE["evidence"]


def test_the_document_says_which_tasks_a_list_leaves_out_and_that_they_are_counted() -> None:
    text = DOCUMENT["components"]["schemas"]["TasksView"]["properties"]["total"]["description"]
    assert f"the {CONTESTED_KEPT:,} least agreed" in text
    assert f"up to {OPEN_TASKS_KEPT:,} a state" in text
    assert f"`replay` lists {TASKS:,}" in text
    assert "total" in DOCUMENT["paths"]["/v1/projects/{project}/quality/tasks"]["get"]["summary"]


@pytest.mark.parametrize(
    ("struct", "field", "lie"),
    [("OverviewView", "annotations", {"type": "string"}), ("Statistic", "value", {"type": "integer"})],
)
def test_a_document_that_is_not_true_is_found_out(
    server: ApiServer, struct: str, field: str, lie: dict[str, str]
) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["components"]["schemas"][struct]["properties"][field] = lie
    operation = _operations(document)["GET /v1/projects/{project}/quality/overview"]
    with pytest.raises(FailureGroup, match="Response violates schema"):
        _checked(operation, GenerationMode.POSITIVE, server, 30)
