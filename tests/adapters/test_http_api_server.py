"""The API over real sockets: what HTTP itself adds."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import os
import signal
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest

from streams.adapters.http_api import Limits, Request, serve, without_read_model
from tests.adapters.api_builders import api_of, stored
from tests.adapters.api_server import ApiServer

QUALITY = "/v1/projects/street/quality"


class Got(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def document(self) -> Any:
        return msgspec.json.decode(self.body)


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    with ApiServer(api_of(stored())) as running:
        yield running


def send(server: ApiServer, target: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Got:
    """As the target stands: no library puts it in order."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Got(response.status, response.headers, response.read())
    finally:
        connection.close()


def test_a_document_comes_over_the_wire(server: ApiServer) -> None:
    got = send(server, f"{QUALITY}/overview")
    assert (got.status, got.headers["Content-Type"], got.headers["Server"]) == (200, "application/json", "labelquorum")
    assert got.document["annotations"] == 36


def test_a_head_has_the_length_of_the_get_and_no_body(server: ApiServer) -> None:
    got, head = send(server, f"{QUALITY}/annotators"), send(server, f"{QUALITY}/annotators", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"] == str(len(got.body))
    assert head.headers["ETag"] == got.headers["ETag"]


def test_what_has_not_changed_comes_without_a_body(server: ApiServer) -> None:
    tag = send(server, f"{QUALITY}/overview").headers["ETag"]
    got = send(server, f"{QUALITY}/overview", if_none_match=tag)
    assert (got.status, got.body, got.headers["ETag"]) == (304, b"", tag)


def test_compressed_is_what_is_asked_for(server: ApiServer) -> None:
    got = send(server, f"{QUALITY}/annotators", accept_encoding="gzip")
    assert got.headers["Content-Encoding"] == "gzip"
    assert msgspec.json.decode(gzip.decompress(got.body))["project_id"] == "street"


def test_a_slash_in_an_id_stays_one(server: ApiServer) -> None:
    assert send(server, "/v1/tasks/a%2Fb%20c/x%2F1").document["task_id"] == "x/1"
    assert send(server, "/v1/tasks/a%2fb%20c/x%2f1").document["task_id"] == "x/1"


@pytest.mark.parametrize(
    "target",
    [
        "/v1/tasks/street/a%0Ab", "/v1/tasks/street/%00", "/v1/tasks/..%2F/t", "/v1/tasks/street/%E2%82%AC",
        "/v1/../v1/x", "/v1//", "/v1/%2e%2e/metrics", "/v1/projects/",
    ],
)  # fmt: skip
def test_whatever_a_path_holds_under_v1_a_problem_is_a_problem_document(server: ApiServer, target: str) -> None:
    got = send(server, target)
    assert (got.status, got.headers["Content-Type"]) == (404, "application/problem+json")
    assert got.document["status"] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_a_body_is_not_wanted(server: ApiServer, method: str) -> None:
    got = send(server, f"{QUALITY}/overview", method, b"x" * 3_000_000)
    assert (got.status, got.headers["Allow"], got.headers["Content-Type"]) == (
        405, "GET, HEAD", "application/problem+json",
    )  # fmt: skip


def test_a_page_of_another_site_is_given_no_leave_to_read(server: ApiServer) -> None:
    got = send(server, f"{QUALITY}/overview", origin="https://evil.example")
    assert not [name for name in got.headers if name.lower().startswith("access-control-")]


def test_what_is_no_http_is_refused_and_logged_without_a_stack_trace(
    server: ApiServer, caplog: pytest.LogCaptureFixture
) -> None:
    got = send(server, "/v1/projects?control=" + "x" * 10_000)
    assert got.status == 400
    assert b"Traceback" not in got.body
    (line,) = [record for record in caplog.records if record.name == "aiohttp.server"]
    assert line.getMessage() == "Error handling request from 127.0.0.1: LineTooLong"
    assert line.exc_info is None


async def test_a_worker_without_a_redis_says_what_is_missing() -> None:
    answer = await without_read_model(Request("GET", f"{QUALITY}/overview", {}))
    assert (answer.status, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert "LABELQUORUM_REDIS_URL (--redis-url)" in msgspec.json.decode(answer.body)["detail"]


def test_who_asks_is_known_by_the_address_of_the_connection() -> None:
    with ApiServer(api_of(stored(), limits=Limits(0.001, 2))) as server:
        spoofed = [send(server, "/v1/projects", x_forwarded_for=f"192.0.2.{n}").status for n in range(3)]
    assert spoofed == [200, 200, 429]


async def test_alone_it_says_whether_it_is_alive_and_ready_until_a_signal_ends_it(unused_tcp_port: int) -> None:
    ready = True

    async def is_ready() -> bool:
        return ready

    serving = asyncio.create_task(serve(api_of(stored()), is_ready, "127.0.0.1", unused_tcp_port))
    got = {}
    for path in ("/healthz", "/readyz", "/v1/projects", "/elsewhere"):
        got[path] = await _fetch(unused_tcp_port, path)
    ready = False
    got["not ready"] = await _fetch(unused_tcp_port, "/readyz")
    assert {path: status for path, (status, _) in got.items()} == {
        "/healthz": 200, "/readyz": 200, "/v1/projects": 200, "/elsewhere": 404, "not ready": 503,
    }  # fmt: skip
    assert b"application/problem+json" in got["/elsewhere"][1]
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(serving, 10)


async def _fetch(port: int, path: str) -> tuple[int, bytes]:
    """Status and the whole answer, as soon as somebody listens."""
    async with asyncio.timeout(10):
        reader, writer = await _connected(port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
    writer.close()
    return int(answer.split(b" ")[1]), answer


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
