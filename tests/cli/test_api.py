"""`labelquorum api`, and the same API on a worker: what the stream decided is what both answer with."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from streams.adapters.embedded_broker import free_port
from streams.adapters.redis_model.keys import REVISIONS_KEPT
from streams.contracts.views import VIEW_NAMES
from streams.demo.fake_redis import FakeRedis
from streams.demo.recorded import PROJECTS, load, packaged
from tests.cli.programs import COMMAND, call, environment

TASKS = 20
PATIENCE_SECONDS = 60.0
SETTINGS = packaged("settings.yaml")


class Serving(NamedTuple):
    """A process that serves the API."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str, token: str | None = None) -> tuple[int, Any]:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - http it is
                return int(answer.status), json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def until(self, true: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                if true():
                    return
            except OSError:
                pass  # it does not listen yet
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"waited for {what}; it says:\n{self.log.read_text()}"
            time.sleep(0.1)

    def is_ready(self) -> bool:
        return self.get("/readyz")[0] == 200


@contextmanager
def serving(folder: Path, *words: object) -> Iterator[Serving]:
    """A command with a port of its own, ready; it has to end well on SIGTERM."""
    port, log = free_port(), folder / f"{words[0]}.log"
    command = [*COMMAND, *map(str, words), "--web-port", str(port)]
    with log.open("wb") as output, subprocess.Popen(command, stderr=output, env=environment({})) as process:
        try:
            started = Serving(process, port, log)
            started.until(started.is_ready, "it to get ready")
            yield started
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0, log.read_text()
        finally:
            process.kill()


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    with FakeRedis() as server:
        yield server.url


@pytest.fixture(scope="module")
def decided(broker: str, redis: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, Path]]:
    """A worker that has been fed events and shows all that they come to, and the folder of a replay of the same."""
    folder = tmp_path_factory.mktemp("api")
    here = ["--broker", broker, "--partitions", "2"]
    assert call("topics", "create", *here).code == 0
    events = folder / "events.jsonl"
    events.write_bytes(b"\n".join(a.value for project in PROJECTS for a in load(project).first_tasks(TASKS).answers))
    assert call("replay", events, "--settings", SETTINGS, "--out", folder / "out").code == 0
    options = ["--delivery", "at-least-once", "--settings-file", SETTINGS, "--redis-url", redis, "--api-burst", 10_000,
               "--session-timeout-seconds", 6, "--rebalance-timeout-seconds", 4]  # fmt: skip
    with serving(folder, "worker", *here, *options) as worker:
        assert call("replay", events, *here).code == 0
        wanted = json.loads((folder / "out" / "summary.json").read_text())["tasks"]

        def all_shown() -> bool:
            found: dict[str, int] = {}
            for project in PROJECTS:
                for state, count in worker.get(f"/v1/projects/{project}/quality/overview")[1].get("tasks", {}).items():
                    found[state] = found.get(state, 0) + count
            return found == {state: count for state, count in wanted.items() if count}

        worker.until(all_shown, f"the tasks of the replay, {wanted}")
        yield worker, folder / "out"


def test_a_worker_s_api_and_one_alone_answer_the_same(
    decided: tuple[Serving, Path], redis: str, tmp_path: Path
) -> None:
    worker, _ = decided
    with serving(tmp_path, "api", "--redis-url", redis) as api:
        for path in ["/v1/projects", *(f"/v1/projects/{p}/quality/{name}" for p in PROJECTS for name in VIEW_NAMES)]:
            status, document = api.get(path)
            assert status == 200, path
            assert (status, document) == worker.get(path)


def test_a_task_is_what_was_decided_about_it_with_the_revisions_that_are_kept(decided: tuple[Serving, Path]) -> None:
    worker, replayed = decided
    revisions: dict[tuple[str, str], list[Any]] = {}
    for line in (replayed / "decisions.jsonl").read_text().splitlines():
        decision = json.loads(line)
        revisions.setdefault((decision["project_id"], decision["task_id"]), []).insert(0, decision)
    longest = sorted(revisions, key=lambda key: -len(revisions[key]))[:5]
    assert len(revisions[longest[0]]) > REVISIONS_KEPT
    for project, task in longest:
        status, document = worker.get(f"/v1/tasks/{project}/{urllib.parse.quote(task, safe='')}")
        assert (status, [document["decision"], *document["former"]]) == (200, revisions[project, task][:REVISIONS_KEPT])


def test_the_contested_tasks_are_those_of_the_least_score(decided: tuple[Serving, Path]) -> None:
    worker, replayed = decided
    newest: dict[str, Any] = {}
    for line in (replayed / "decisions.jsonl").read_text().splitlines():
        decision = json.loads(line)
        if decision["project_id"] == PROJECTS[0]:
            newest[decision["task_id"]] = decision
    scores = sorted(d["score"] for d in newest.values() if d["score"] is not None)
    _, document = worker.get(f"/v1/projects/{PROJECTS[0]}/quality/tasks")
    assert [item["score"] for item in document["items"]] == scores


def test_a_process_of_its_own_holds_to_its_tokens_file(
    decided: tuple[Serving, Path], redis: str, tmp_path: Path
) -> None:
    file = tmp_path / "tokens.yaml"
    file.write_text(f'tokens: [{{name: a, sha256: "{sha256(b"s3cret").hexdigest()}", projects: [{PROJECTS[0]}]}}]')
    with serving(tmp_path, "api", "--redis-url", redis, "--api-tokens-file", file, "--web-host", "0.0.0.0") as api:
        assert api.get("/v1/projects")[0] == 401
        assert api.get(f"/v1/projects/{PROJECTS[1]}/quality/overview", "s3cret")[0] == 403
        status, document = api.get("/v1/projects", "s3cret")
        assert (status, [item["project_id"] for item in document["items"]]) == (200, [PROJECTS[0]])


def test_while_redis_is_away_it_is_alive_and_not_ready(tmp_path: Path) -> None:
    port = free_port()
    command = [*COMMAND, "api", "--redis-url", "redis://someone:hunter2@127.0.0.1:1/0", "--web-port", str(port)]
    log = tmp_path / "api.log"
    with log.open("wb") as output, subprocess.Popen(command, stderr=output, env=environment({})) as process:
        try:
            api = Serving(process, port, log)
            api.until(lambda: api.get("/healthz")[0] == 200, "it to be alive")
            assert api.get("/readyz")[0] == 503
            assert api.get("/v1/projects")[1]["type"] == "urn:labelquorum:problem:unavailable"
        finally:
            process.terminate()
            assert process.wait(timeout=30) == 0, log.read_text()
    assert "hunter2" not in log.read_text()


def test_without_a_redis_there_is_nothing_to_serve() -> None:
    wrong = call("api")
    assert (wrong.code, wrong.out) == (2, "")
    assert "LABELQUORUM_REDIS_URL, --redis-url" in wrong.err


def test_open_to_the_world_it_does_not_start_without_tokens() -> None:
    wrong = call("api", "--redis-url", "redis://127.0.0.1:1", "--web-host", "0.0.0.0")
    assert wrong.code == 2
    assert "LABELQUORUM_API_TOKENS_FILE (--api-tokens-file)" in wrong.err


def test_a_tokens_file_that_is_not_usable_is_told_why(tmp_path: Path) -> None:
    file = tmp_path / "tokens.yaml"
    for text, problem in {
        "": "expected a token, or anonymous projects",
        "tokens: [": "expected YAML",
        "tokens: [{name: a, sha256: s3cret, projects: '*'}]": "$.tokens[0].sha256: expected 64 hex digits",
    }.items():
        file.write_text(text)
        wrong = call("api", "--redis-url", "redis://127.0.0.1:1", "--api-tokens-file", file)
        assert wrong.code == 2
        assert f"Tokens file {file}" in wrong.err
        assert problem in wrong.err
        assert "s3cret" not in wrong.err
    assert "cannot be read" in call("api", "--redis-url", "redis://h", "--api-tokens-file", tmp_path / "none").err


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        wrong = call("api", "--redis-url", "redis://127.0.0.1:1", "--web-port", port)
    assert wrong.code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in wrong.err
    assert "--web-port" in wrong.err
