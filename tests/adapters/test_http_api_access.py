"""Who may read what, and how often."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from streams.adapters.http_api import Access, Api, Limits, access_for, api_for
from streams.adapters.http_api.limits import RateLimit
from streams.config import WorkerConfig
from streams.errors import ConfigurationError
from tests.adapters.api_builders import Clock, Stored, api_of, ask, stored

OVERVIEW = "/v1/projects/street/quality/overview"


def entry(name: str, token: str, projects: Any) -> Mapping[str, Any]:
    return {"name": name, "sha256": sha256(token.encode()).hexdigest(), "projects": projects}


def tokens(*entries: Mapping[str, Any], anonymous: Any = None, host: str = "0.0.0.0") -> Access:
    document = {"tokens": list(entries), **({} if anonymous is None else {"anonymous": anonymous})}
    return access_for(document, host, "tokens.yaml")


TWO = tokens(entry("lead", "all-of-it", "*"), entry("dashboard", "street-only", ["street", "not-there"]))


async def status(api: Api, target: str, token: str | None = None, **headers: str) -> int:
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    return (await ask(api, target, **headers))[0].status


# ---- tokens


async def test_a_token_opens_its_projects_and_no_other() -> None:
    api = api_of(stored(), TWO)
    assert await status(api, OVERVIEW, "street-only") == 200
    assert await status(api, "/v1/tasks/street/t-0", "street-only") == 200
    for path in ("/v1/projects/a%2Fb%20c/quality/overview", "/v1/tasks/a%2Fb%20c/x%2F1"):
        assert await status(api, path, "street-only") == 403
        assert await status(api, path, "all-of-it") == 200


async def test_a_project_outside_the_token_s_scope_is_answered_alike_be_there_one_or_not() -> None:
    api = api_of(stored(), TWO)
    answers = []
    for project in ("a%2Fb%20c", "a%2Fb%20d"):
        answer, document = await ask(
            api, f"/v1/projects/{project}/quality/overview", authorization="Bearer street-only"
        )
        assert answer.status == 403
        answers.append(document["detail"].replace("a/b c", "PROJECT").replace("a/b d", "PROJECT"))
    assert answers[0] == answers[1]
    assert await status(api, "/v1/projects/not-there/quality/overview", "street-only") == 404, "its own to know"


async def test_a_list_of_projects_has_the_token_s_alone() -> None:
    api = api_of(stored(), TWO)
    _, document = await ask(api, "/v1/projects", authorization="Bearer street-only")
    assert [item["project_id"] for item in document["items"]] == ["street"]
    _, document = await ask(api, "/v1/projects", authorization="bearer  all-of-it ")
    assert [item["project_id"] for item in document["items"]] == ["a/b c", "street"]


@pytest.mark.parametrize(
    "given", ["Bearer nonsense", "Bearer ", "Bearer", "Basic YTpi", "street-only", "", "Bearer \udcff"]
)
async def test_what_is_no_token_of_this_server_is_refused(given: str) -> None:
    answer, problem = await ask(api_of(stored(), TWO), OVERVIEW, authorization=given)
    assert (answer.status, problem["type"]) == (401, "urn:labelquorum:problem:token-unknown")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="labelquorum", error="invalid_token"'


async def test_without_a_token_one_is_asked_for() -> None:
    answer, problem = await ask(api_of(stored(), TWO), OVERVIEW)
    assert (answer.status, problem["type"]) == (401, "urn:labelquorum:problem:token-missing")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="labelquorum"'


async def test_what_describes_the_api_needs_no_token() -> None:
    assert await status(api_of(stored(), TWO), "/v1/openapi.json") == 200


async def test_projects_can_be_opened_to_everybody() -> None:
    api = api_of(stored(), tokens(entry("lead", "all-of-it", "*"), anonymous=["street"]))
    assert await status(api, OVERVIEW) == 200
    assert await status(api, "/v1/projects/a%2Fb%20c/quality/overview") == 403
    assert await status(api, OVERVIEW, "wrong") == 401, "a wrong token is a mistake, not nobody"
    assert await status(api_of(stored(), tokens(anonymous="*")), "/v1/projects/a%2Fb%20c/quality/overview") == 200


# ---- without tokens


async def test_without_tokens_only_this_machine_may_read_and_only_under_its_own_name() -> None:
    api = api_of(stored(), access_for(None, "127.0.0.1", ""))
    for host in ("127.0.0.1:6066", "localhost", "LOCALHOST:6066", "[::1]:6066", "[::1]"):
        assert await status(api, OVERVIEW, host=host) == 200, host
    assert await status(api, OVERVIEW, "a-token-of-another-server", host="localhost") == 200, "no token is wrong here"
    for host in ("evil.example", "evil.example:6066", "127.0.0.1.evil.example", "", "[::1", "192.168.1.4"):
        answer, problem = await ask(api, OVERVIEW, host=host)
        assert (answer.status, problem["type"]) == (403, "urn:labelquorum:problem:foreign-host"), host
        assert "LABELQUORUM_API_TOKENS_FILE" in problem["detail"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "labelquorum.example", ""])
async def test_without_tokens_nobody_may_read_from_anywhere_else(host: str) -> None:
    api = api_of(stored(), access_for(None, host, ""))
    assert api.closed is not None
    for path in (OVERVIEW, "/v1/projects", "/v1/tasks/street/t-0"):
        answer, problem = await ask(api, path, host="127.0.0.1", authorization="Bearer x")
        assert (answer.status, problem["type"]) == (403, "urn:labelquorum:problem:closed")
        assert "LABELQUORUM_API_TOKENS_FILE (--api-tokens-file)" in problem["detail"]


async def test_a_configuration_says_who_may_read_and_how_often(tmp_path: Path) -> None:
    file = tmp_path / "tokens.yaml"
    file.write_text(f'tokens: [{{name: a, sha256: "{sha256(b"s3cret").hexdigest()}", projects: "*"}}]')
    config = WorkerConfig(web_host="0.0.0.0")
    assert api_for(config, stored()).closed is not None
    assert api_for(dataclasses.replace(config, web_host="localhost"), stored()).closed is None
    api = api_for(
        dataclasses.replace(config, api_tokens_file=str(file), api_rate_per_second=0.001, api_burst=2), stored()
    )
    assert api.closed is None
    assert [await status(api, OVERVIEW, "s3cret") for _ in range(3)] == [200, 200, 429]


# ---- the tokens file


@pytest.mark.parametrize(
    ("document", "problems"),
    [
        ([], ["$: expected tokens: and anonymous:; got []"]),
        ({}, ["$: expected a token, or anonymous projects; got neither, so nobody could read"]),
        ({"token": []}, ["$.token: unknown; known are tokens, anonymous",
                         "$: expected a token, or anonymous projects; got neither, so nobody could read"]),
        ({"tokens": "x", "anonymous": "street"},
         ['$.tokens: expected a list of up to 1,000 tokens; got "x"',
          '$.anonymous: expected a list of project ids, in quotes where they are numbers, or "*"; got "street"',
          "$: expected a token, or anonymous projects; got neither, so nobody could read"]),
        ({"tokens": ["x", {"sha256": "secret", "projects": [7], "scope": 1}]},
         ['$.tokens[0]: expected name, sha256 and projects; got "x"',
          "$.tokens[1].scope: unknown; known are name, sha256, projects",
          "$.tokens[1].name: expected a name to know it by in the log; got null",
          '$.tokens[1].projects: expected a list of project ids, in quotes where they are numbers, or "*"; got [7]',
          "$.tokens[1].sha256: expected 64 hex digits, the SHA-256 of the token, in quotes"]),
        ({"tokens": [entry("a", "x", "*"), entry("b", "x", "*")]},
         [f"$.tokens: expected each token once; {sha256(b'x').hexdigest()} is there more than once"]),
    ],
)  # fmt: skip
def test_everything_that_is_wrong_with_a_tokens_file_is_listed_at_once(document: Any, problems: list[str]) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        access_for(document, "0.0.0.0", "Tokens file t.yaml")
    assert wrong.value.problems == problems
    assert str(wrong.value).startswith("Tokens file t.yaml (")


# ---- how often


def limited(clock: Clock, access: Access = TWO, *, rate: float = 2.0, burst: int = 3) -> Api:
    return api_of(stored(), access, Limits(rate, burst), clock)


async def test_a_token_may_ask_so_many_times_at_once_and_then_at_its_rate() -> None:
    clock = Clock()
    api = limited(clock)
    assert [await status(api, OVERVIEW, "all-of-it") for _ in range(4)] == [200, 200, 200, 429]
    answer, problem = await ask(api, OVERVIEW, authorization="Bearer all-of-it")
    assert (answer.headers["Retry-After"], problem["type"]) == ("1", "urn:labelquorum:problem:too-many-requests")
    assert problem["detail"] == "expected up to 2 requests a second and 3 at once; got more"
    assert await status(api, OVERVIEW, "street-only") == 200, "another token has requests of its own"
    clock.seconds += 0.5
    assert [await status(api, OVERVIEW, "all-of-it") for _ in range(2)] == [200, 429]
    clock.seconds += 3_600
    assert [await status(api, OVERVIEW, "all-of-it") for _ in range(4)] == [200, 200, 200, 429]


async def test_whoever_waits_as_long_as_told_is_answered() -> None:
    clock = Clock()
    api = limited(clock, rate=0.2, burst=1)
    assert await status(api, OVERVIEW, "all-of-it") == 200
    clock.seconds += 1.5
    answer, _ = await ask(api, OVERVIEW, authorization="Bearer all-of-it")
    assert answer.headers["Retry-After"] == "4"
    clock.seconds += 4
    assert await status(api, OVERVIEW, "all-of-it") == 200


@pytest.mark.parametrize("target", [OVERVIEW, "/v1/openapi.json", "/nothing/here", "/v1/projects/%FF/quality/overview"])
async def test_without_a_token_the_address_is_what_counts_whatever_is_asked_for(target: str) -> None:
    api = limited(Clock())
    assert 429 not in [(await ask(api, target, remote="192.0.2.1"))[0].status for _ in range(3)]
    assert (await ask(api, target, remote="192.0.2.1"))[0].status == 429
    assert (await ask(api, target, remote="192.0.2.2"))[0].status != 429


async def test_tokens_cannot_be_guessed_faster_than_the_rate_and_guessing_costs_the_owner_nothing() -> None:
    api = limited(Clock())
    found = [await status(api, OVERVIEW, f"guess-{n}") for n in range(5)]
    assert found == [401, 401, 401, 429, 429]
    assert await status(api, OVERVIEW, "all-of-it") == 200


async def test_whoever_has_one_address_of_a_v6_network_has_them_all() -> None:
    api = limited(Clock())
    addresses = ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:1", "2001:db8::3%eth0"]
    assert [(await ask(api, OVERVIEW, remote=address))[0].status for address in addresses] == [401, 401, 401, 429]
    assert (await ask(api, OVERVIEW, remote="2001:db8:0:1::1"))[0].status == 401


async def test_a_rate_of_nought_is_no_limit() -> None:
    api = limited(Clock(), rate=0, burst=1)
    assert {await status(api, OVERVIEW, "all-of-it") for _ in range(50)} == {200}


async def test_no_more_are_under_way_than_are_allowed_at_once() -> None:
    reader, gate = stored(), asyncio.Event()

    class Slow(Stored):
        async def projects(self) -> list[str]:
            await gate.wait()
            return ["street"]

    slow = Slow()
    slow.records = reader.records
    api = api_of(slow, limits=Limits(0, 1, at_once=2))
    waiting = [asyncio.create_task(ask(api, "/v1/projects")) for _ in range(2)]
    await asyncio.sleep(0)
    answer, problem = await ask(api, "/v1/projects")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert problem["type"] == "urn:labelquorum:problem:busy"
    gate.set()
    assert [answer.status for answer, _ in await asyncio.gather(*waiting)] == [200, 200]
    assert await status(api, "/v1/projects") == 200


def test_of_more_than_are_remembered_the_one_that_asked_longest_ago_is_forgotten() -> None:
    limit = RateLimit(rate_per_second=1.0, burst=1, most_buckets=2)
    assert [limit.take(who, 0.0) for who in "abac"] == [0.0, 0.0, 1.0, 0.0]
    assert limit.take("a", 0.0) == 1.0, "asked after b did"
    assert limit.take("b", 0.0) == 0.0, "forgotten when c came"


def test_a_clock_that_stands_still_or_goes_back_gives_nothing_away() -> None:
    limit = RateLimit(rate_per_second=10.0, burst=1)
    assert limit.take("a", 5.0) == 0.0
    assert limit.take("a", 4.0) == 0.1
