"""What is read of a project over HTTP: documents, pages, what has not changed, and problems."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.adapters.http_api import Api, Request
from streams.adapters.http_api.memory import Bounded, read_project
from streams.adapters.http_api.messages import ProblemDocument
from streams.adapters.quality_reader import StoredQuality
from streams.contracts.views import VIEW_NAMES
from streams.quality.views import ProjectQuality, view
from tests.adapters.api_builders import Stored, api_of, ask, next_page, pages, quality_records, stored, unavailable

QUALITY = "/v1/projects/street/quality"


@pytest.fixture
def reader() -> Stored:
    return stored()


@pytest.fixture
def api(reader: Stored) -> Iterator[Api]:
    made = api_of(reader)
    yield made
    made.close()


async def test_projects_are_listed_with_where_their_views_are(api: Api) -> None:
    answer, document = await ask(api, "/v1/projects")
    assert answer.status == 200
    assert [item["project_id"] for item in document["items"]] == ["a/b c", "street"]
    assert document["items"][0]["views"]["matrix"] == "/v1/projects/a%2Fb%20c/quality/matrix"
    for item in document["items"]:
        for path in item["views"].values():
            assert (await ask(api, path))[0].status == 200


@pytest.mark.parametrize("name", sorted({*VIEW_NAMES} - {"tasks", "alerts"}))
async def test_a_view_is_what_the_records_say(api: Api, reader: Stored, name: str) -> None:
    answer, document = await ask(api, f"{QUALITY}/{name}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    expected = view(ProjectQuality.from_records(reader.records["street"]), name)
    assert answer.body == msgspec.json.encode(expected)
    assert document["project_id"] == "street"


async def test_figures_that_were_worked_out_by_hand_arrive(api: Api) -> None:
    _, overview = await ask(api, f"{QUALITY}/overview")
    # Twelve tasks of three answers, all approved; six with agreement 1 and six with 0.3.
    assert (overview["tasks"], overview["annotations"], overview["annotators"]) == ({"agreed": 12}, 36, 3)
    assert (overview["agreement"]["value"], overview["agreement"]["n"]) == (0.65, 12)
    assert overview["reviews"]["approval"]["value"] == 1.0
    _, benchmark = await ask(api, f"{QUALITY}/benchmark")
    assert benchmark["gold_tasks"] == 3


async def test_open_alerts_come_before_those_that_are_over_and_can_be_asked_for_alone(api: Api) -> None:
    _, document = await ask(api, f"{QUALITY}/alerts")
    open_ones = [item for item in document["items"] if item["resolved_at"] is None]
    assert "agreement_drift" in [item["alert"] for item in open_ones]
    assert [item["alert_id"] for item in document["items"][len(open_ones) :]] == ["old-2", "old-1"]
    _, document = await ask(api, f"{QUALITY}/alerts?state=open")
    assert document["items"] == open_ones
    _, document = await ask(api, f"{QUALITY}/alerts?state=resolved&alert=class_imbalance&limit=1")
    assert [item["alert_id"] for item in document["items"]] == ["old-2"]
    _, document = await ask(api, f"{QUALITY}/alerts?alert=nothing_of_the_kind")
    assert document["items"] == []


async def test_an_alert_that_is_resolved_shows_though_the_records_stand_still(api: Api, reader: Stored) -> None:
    first = (await ask(api, f"{QUALITY}/alerts"))[0]
    reader.past = []
    second, document = await ask(api, f"{QUALITY}/alerts", if_none_match=first.headers["ETag"])
    assert second.status == 200
    assert [item for item in document["items"] if item["resolved_at"] is not None] == []


async def test_a_task_is_its_decision_and_those_before_it_newest_first(api: Api) -> None:
    answer, document = await ask(api, "/v1/tasks/street/t-0")
    assert answer.status == 200
    assert (document["project_id"], document["task_id"]) == ("street", "t-0")
    assert document["decision"]["revision"] == 3
    assert document["decision"]["controls"]["scene"]["conflicts"][0]["kind"] == "value"
    assert [former["revision"] for former in document["former"]] == [2, 1]


async def test_ids_may_hold_anything_when_they_are_encoded(api: Api) -> None:
    answer, document = await ask(api, "/v1/tasks/a%2Fb%20c/x%2F1")
    assert (answer.status, document["task_id"]) == (200, "x/1")
    assert (await ask(api, "/v1/tasks/a/b%20c/x/1"))[0].status == 404


async def test_one_control_or_one_annotator_can_be_asked_for(api: Api) -> None:
    for name in ("agreement", "classes"):
        _, document = await ask(api, f"{QUALITY}/{name}?control=scene")
        assert [control["control"] for control in document["controls"]] == ["scene"]
        _, document = await ask(api, f"{QUALITY}/{name}?control=sky")
        assert document["controls"] == []
    _, document = await ask(api, f"{QUALITY}/annotators?annotator=a-1")
    assert [item["annotator_id"] for item in document["items"]] == ["a-1"]
    _, document = await ask(api, f"{QUALITY}/matrix?limit=2")
    assert [name for name in document["annotators"] if name != "gold"] == ["a-0", "a-1"]


# ---- pages


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("path", ["/v1/projects", *(f"{QUALITY}/{name}" for name in ("annotators", "tasks", "alerts"))])
async def test_the_pages_of_a_list_are_the_list(api: Api, path: str, limit: int) -> None:
    whole = (await ask(api, path))[1]["items"]
    found = list(await pages(api, f"{path}?limit={limit}"))
    assert [item for page in found for item in page] == whole
    assert all(len(page) == limit for page in found[:-1])
    assert 0 < len(found[-1]) <= limit


async def test_the_next_page_is_of_the_same_list(api: Api) -> None:
    answer, _ = await ask(api, f"{QUALITY}/tasks?state=in_review&limit=2")
    assert next_page(answer) == f"{QUALITY}/tasks?limit=2&offset=2&state=in_review"
    assert answer.headers["Link"].endswith('; rel="next"')
    found = list(await pages(api, f"{QUALITY}/tasks?state=in_review&limit=2"))
    assert [[item["task_id"] for item in page] for page in found] == [["t-0", "t-1"], ["t-2", "t-3"], ["t-4"]]


async def test_a_list_of_tasks_says_how_many_there_are_though_not_all_are_listed(api: Api) -> None:
    _, document = await ask(api, f"{QUALITY}/tasks?limit=2")
    assert (document["total"], len(document["items"])) == (12, 2)


async def test_a_page_behind_the_end_is_empty_and_the_last_one(api: Api) -> None:
    answer, document = await ask(api, f"{QUALITY}/tasks?offset=7")
    assert (answer.status, document["items"], next_page(answer)) == (200, [], None)


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("limit=0", "limit: expected a whole number from 1 to 1,000; got '0'"),
        ("limit=1001", "limit: expected a whole number from 1 to 1,000; got '1001'"),
        ("limit=", "limit: expected a whole number from 1 to 1,000; got ''"),
        ("limit=%2B5", "limit: expected a whole number from 1 to 1,000; got '+5'"),
        ("limit=1_0", "limit: expected a whole number from 1 to 1,000; got '1_0'"),
        ("limit=%D9%A1", "limit: expected a whole number from 1 to 1,000; got '١'"),
        ("offset=-1", "offset: expected a whole number from 0 to 1,000,000; got '-1'"),
        ("offset=1000001", "offset: expected a whole number from 0 to 1,000,000; got '1000001'"),
        ("limit=1&limit=2", "expected limit once; got it 2 times"),
        ("state=asleep", "state: expected one of waiting, agreed, reassigning, in_review, reviewed, accepted, "
                         "abandoned, cancelled; got 'asleep'"),
        ("coffee=black", "'coffee' is not known here; known are: state, limit, offset"),
    ],
)  # fmt: skip
async def test_a_query_that_makes_no_sense_is_told_what_was_expected(api: Api, query: str, detail: str) -> None:
    answer, problem = await ask(api, f"{QUALITY}/tasks?{query}")
    assert (answer.status, problem["detail"], problem["type"]) == (400, detail, "urn:labelquorum:problem:bad-query")


@pytest.mark.parametrize("query", ["limit", "&&", "=", "state=%FF", "&".join(f"a{n}=1" for n in range(30))])
async def test_a_query_that_is_none_is_refused(api: Api, query: str) -> None:
    assert (await ask(api, f"{QUALITY}/tasks?{query}"))[0].status == 400


async def test_a_text_in_a_query_is_bounded(api: Api) -> None:
    answer, problem = await ask(api, f"{QUALITY}/agreement?control={'x' * 501}")
    assert (answer.status, problem["detail"]) == (400, "control: expected up to 500 characters; got 501")


# ---- what has not changed


@pytest.mark.parametrize("path", ["/v1/projects", f"{QUALITY}/tasks", "/v1/tasks/street/t-0", "/v1/openapi.json"])
async def test_what_has_not_changed_is_not_sent_again(api: Api, path: str) -> None:
    first, _ = await ask(api, path)
    tag = first.headers["ETag"]
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        answer, _ = await ask(api, path, if_none_match=known)
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["ETag"] == tag
        assert answer.headers["Vary"] == "Accept-Encoding, Authorization"
        assert "Content-Type" not in answer.headers
    assert (await ask(api, path, if_none_match='W/"other"'))[0].status == 200


async def test_what_has_changed_is_sent_under_another_tag(api: Api, reader: Stored) -> None:
    tag = (await ask(api, f"{QUALITY}/overview"))[0].headers["ETag"]
    with_one_more = {**reader.records["street"]}
    reader.put("street", with_one_more)
    same, _ = await ask(api, f"{QUALITY}/overview", if_none_match=tag)
    assert same.status == 304, "another version of the records, but the same document"
    reader.put("street", reader.records["a/b c"])
    other, document = await ask(api, f"{QUALITY}/overview", if_none_match=tag)
    assert (other.status, document["project_id"]) == (200, "a/b c")


async def test_two_pages_with_the_same_items_differ_where_only_one_goes_on(api: Api, reader: Stored) -> None:
    first, _ = await ask(api, f"{QUALITY}/tasks?limit=1")
    reader.items = reader.items[:1]
    second, _ = await ask(api, f"{QUALITY}/tasks?limit=1", if_none_match=first.headers["ETag"])
    assert second.status == 200
    assert second.body == first.body


async def test_of_a_project_that_stands_still_nothing_is_made_twice(api: Api, reader: Stored) -> None:
    first = await ask(api, f"{QUALITY}/classes")
    assert await ask(api, f"{QUALITY}/classes") == first
    assert reader.reads == 1
    reader.put("street", reader.records["street"])
    await ask(api, f"{QUALITY}/classes")
    assert reader.reads == 2


async def test_a_project_is_read_once_for_all_its_views(api: Api, reader: Stored) -> None:
    for name in VIEW_NAMES:
        assert (await ask(api, f"{QUALITY}/{name}"))[0].status == 200
    assert reader.reads == 1


def test_of_a_project_that_moved_on_only_what_changed_is_decoded_and_what_is_gone_is_gone() -> None:
    before, after = quality_records(tasks=6), quality_records(tasks=12)
    first = read_project(StoredQuality("1", before), None)
    removed = next(key for key in after if b"\xa1b" in key)
    del after[removed]
    second = read_project(StoredQuality("2", after), first)
    assert second.quality == ProjectQuality.from_records(after)
    assert first.quality == ProjectQuality.from_records(before)
    same = [key for key in after if before.get(key) == after[key]]
    assert same
    assert all(second.decoded[key] is first.decoded[key] for key in same)
    assert set(second.decoded) == set(after)


def test_what_was_used_longest_ago_makes_room() -> None:
    kept = Bounded[str](10)
    for name in ("a", "b", "a", "c"):
        kept.put(name, name, 4)
    assert [kept.get(name) for name in "abc"] == ["a", None, "c"]
    kept.get("a")
    kept.put("d", "d", 4)
    assert [kept.get(name) for name in "acd"] == ["a", None, "d"]
    kept.put("d", "whale", 11)
    assert [kept.get(name) for name in "ad"] == ["a", None], "too large by itself"
    kept.put("e", "e", 6)
    assert [kept.get(name) for name in "ae"] == ["a", "e"]


async def test_an_answer_is_private_and_asked_for_again(api: Api) -> None:
    headers = (await ask(api, "/v1/projects"))[0].headers
    assert headers["Cache-Control"] == "private, no-cache"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert not [name for name in headers if name.startswith("Access-Control-")], "no other site may read it"


async def test_long_documents_are_compressed_for_those_who_can_read_them(api: Api) -> None:
    plain, _ = await ask(api, f"{QUALITY}/annotators")
    for accepted in ("gzip", "br, gzip;q=0.5", "*", "deflate, GZIP; q=1.0"):
        packed, _ = await ask(api, f"{QUALITY}/annotators", accept_encoding=accepted)
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.body) == plain.body
        assert packed.headers["ETag"] == plain.headers["ETag"]
    for accepted in ("identity", "gzip;q=0", "gzip; q=0.0", "br"):
        assert (await ask(api, f"{QUALITY}/annotators", accept_encoding=accepted))[0] == plain


# ---- problems


PROBLEM = {"type", "title", "status", "detail"}


async def problem(api: Api, target: str, method: str = "GET", **headers: str) -> Any:
    answer, document = await ask(api, target, method, **headers)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(document) - {"instance"} == PROBLEM
    assert document["status"] == answer.status
    return document


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/", "/v2/projects", "/v1/projects/", "/v1/projects/street",
                                  f"{QUALITY}/", f"{QUALITY}/secrets", f"{QUALITY}/overview/", "/v1/tasks/street/",
                                  "/v1/projects//quality/overview", "/v1/tasks/street", "/v1/openapi.json/",
                                  ""])  # fmt: skip
async def test_a_path_that_nothing_is_at_says_where_to_look(api: Api, path: str) -> None:
    found = await problem(api, path)
    assert (found["status"], found["title"]) == (404, "Not Found")
    assert "/v1/openapi.json" in found["detail"]


@pytest.mark.parametrize("path", ["/v1/projects/%FF/quality/overview", "/v1/tasks/street/%C3%28", "/v1/tasks/\udcff/t"])
async def test_a_path_that_is_no_text_is_refused(api: Api, path: str) -> None:
    assert (await problem(api, path))["type"] == "urn:labelquorum:problem:bad-path"


@pytest.mark.parametrize("name", VIEW_NAMES)
async def test_a_project_that_nobody_knows_is_not_found_in_any_view(api: Api, name: str) -> None:
    found = await problem(api, f"/v1/projects/alley/quality/{name}")
    assert (found["status"], found["type"]) == (404, "urn:labelquorum:problem:project-unknown")
    assert "'alley'" in found["detail"]


async def test_a_task_that_is_not_decided_is_told_from_a_project_that_nobody_knows(api: Api) -> None:
    assert (await problem(api, "/v1/tasks/street/t-99"))["type"] == "urn:labelquorum:problem:task-unknown"
    assert (await problem(api, "/v1/tasks/alley/t-0"))["type"] == "urn:labelquorum:problem:project-unknown"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"])
@pytest.mark.parametrize("path", ["/v1/projects", f"{QUALITY}/overview", "/v1/tasks/street/t-0", "/v1/openapi.json"])
async def test_only_reading_is_allowed(api: Api, method: str, path: str) -> None:
    answer, found = await ask(api, path, method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert found["type"] == "urn:labelquorum:problem:read-only"


async def test_a_head_has_the_headers_of_the_get(api: Api) -> None:
    for path in ("/v1/projects", f"{QUALITY}/tasks?limit=2", "/v1/openapi.json"):
        assert await ask(api, path, "HEAD") == await ask(api, path)


async def test_where_what_is_stored_cannot_be_read_later_is_better(api: Api, reader: Stored) -> None:
    reader.failure = unavailable()
    for path in ("/v1/projects", f"{QUALITY}/overview", f"{QUALITY}/tasks", "/v1/tasks/street/t-0"):
        answer, found = await ask(api, path)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert "10.1.2.3" not in found["detail"], "what the inside looks like is for the log"
    reader.failure = None
    assert (await ask(api, f"{QUALITY}/overview"))[0].status == 200


async def test_a_fault_of_ours_is_named_and_its_details_stay_inside(
    api: Api, reader: Stored, capsys: pytest.CaptureFixture[str]
) -> None:
    reader.failure = RuntimeError("password=hunter2")
    answer, found = await ask(api, f"{QUALITY}/overview")
    assert (answer.status, found["instance"]) == (500, "urn:labelquorum:fault:fault-1")
    assert b"hunter2" not in answer.body
    assert b"Traceback" not in answer.body
    assert "fault-1" in capsys.readouterr().out


async def test_records_that_nobody_can_read_are_a_fault_of_ours(api: Api, reader: Stored) -> None:
    reader.put("street", {b"\x92\xa1p\xa6street": b"written by another version"})
    assert (await ask(api, f"{QUALITY}/overview"))[0].status == 500


async def test_a_project_whose_own_record_is_still_on_its_way_is_better_asked_for_later(
    api: Api, reader: Stored
) -> None:
    reader.put("street", {key: value for key, value in reader.records["street"].items() if b"\xa1p" not in key})
    answer, found = await ask(api, f"{QUALITY}/overview")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert found["type"] == "urn:labelquorum:problem:incomplete"


# ---- anything


TARGETS = st.one_of(
    st.text(max_size=40),
    st.tuples(
        st.sampled_from(["/v1/projects", "/v1/tasks/street/", "/v1/tasks/", f"{QUALITY}/tasks", QUALITY]),
        st.text(st.sampled_from("/?&=%20FfAa1é\x00\udcff+;#\"'\\\n"), max_size=12),
    ).map("".join),
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(["authorization", "if-none-match", "accept-encoding", "host"]), st.text(max_size=20), max_size=4
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["GET", "HEAD", "POST", "get", ""]), TARGETS, HEADERS, st.text(max_size=10))
def test_whatever_is_sent_the_answer_is_a_document_or_says_why_not(
    method: str, target: str, headers: dict[str, str], remote: str
) -> None:
    answer = asyncio.run(ANYTHING.answer(Request(method, target, headers, remote)))
    assert answer.status in {200, 304, 400, 404, 405}
    if answer.status >= 400:
        document = msgspec.json.decode(answer.body, type=ProblemDocument)
        assert (document.status, answer.headers["Content-Type"]) == (answer.status, "application/problem+json")
    for name, value in answer.headers.items():
        assert f"{name}{value}".isprintable(), "no line of its own in the headers"


ANYTHING = api_of(stored())
