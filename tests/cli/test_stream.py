"""The commands around a running worker: it is fed, told its settings and watched by them, on the embedded broker."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from streams.adapters.embedded_broker import free_port
from streams.adapters.kafka.producer import BatchProducer, Outbound
from streams.cli.tail import _DECIDED
from streams.demo.recorded import PROJECTS, load, packaged
from streams.settings import settings_hash
from streams.settings_file import read_settings
from tests.builders import submitted
from tests.cli.programs import COMMAND, call, environment

TASKS = 40
PARTITIONS = 2
SETTINGS = packaged("settings.yaml")
PATIENCE_SECONDS = 60.0
Line = dict[str, object]
LEARNED = (
    '{"schema":1,"type":"annotator.reliability","project_id":"lake","annotator_id":"ANNOTATOR",'
    '"event_time":"2026-01-31T10:00:00.000Z","controls":{"scene":{"model":"one_coin","accuracy":0.9,"low":0.8,'
    '"high":0.95,"n":40,"weight":2.5}}}'
)


@pytest.fixture(scope="module")
def here(broker: str) -> list[str]:
    """Options for the deployment, whose topics are there."""
    options = ["--broker", broker, "--partitions", str(PARTITIONS)]
    assert call("topics", "create", *options).code == 0
    return options


class Worker(NamedTuple):
    """A worker's process and what it logs."""

    process: subprocess.Popen[bytes]
    log: Path

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Return when it is true; a worker that has ended is not waited for."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not true():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"waited for {what}; the worker says:\n{self.log.read_text()}"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def worker(here: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """A worker that is ready; it has to end well on SIGTERM."""
    log, port = tmp_path_factory.mktemp("worker") / "worker.log", free_port()
    command = [
        *COMMAND, "worker", *here, "--delivery", "at-least-once", "--settings-file", str(SETTINGS),
        "--web-port", str(port), "--session-timeout-seconds", "6", "--rebalance-timeout-seconds", "4",
        "--redis-url", "redis://someone:hunter2@127.0.0.1:1/0",
    ]  # fmt: skip
    with log.open("wb") as output, subprocess.Popen(command, stderr=output, env=environment({})) as process:
        try:
            started = Worker(process, log)
            started.until(lambda: is_ready(port), "it to get ready")
            yield started
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0, log.read_text()
        finally:
            process.kill()


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def tail(here: list[str], *arguments: str) -> list[str]:
    shown = call("tail", *arguments, "--no-follow", "--json", *here[:2])
    assert (shown.code, shown.err) == (0, "")
    return shown.out.splitlines()


@pytest.fixture(scope="module")
def replayed(worker: Worker, here: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a replay of the same events that the worker has been fed."""
    folder = tmp_path_factory.mktemp("replay")
    events = folder / "events.jsonl"
    recordings = [load(project).first_tasks(TASKS) for project in PROJECTS]
    events.write_bytes(b"\n".join([*(a.value for r in recordings for a in r.answers), b"{broken"]))
    fed = call("replay", events, *here, "--json")
    assert json.loads(fed.out) == {
        "produced": sum(len(r.answers) for r in recordings) + 1, "topic": "annotation-events", "broker": here[1],
    }  # fmt: skip
    assert call("replay", events, "--settings", SETTINGS, "--out", folder / "out").code == 0
    return folder / "out"


@pytest.mark.parametrize(
    ("topics", "file"),
    [
        (["task-agreement", "task-disagreement"], "decisions.jsonl"),
        (["task-reassignment"], "reassignments.jsonl"),
        (["task-review"], "reviews.jsonl"),
    ],
    ids=["decisions", "reassignments", "reviews"],
)
def test_a_worker_fed_by_replay_decides_what_replay_decides_to_the_byte(
    topics: list[str], file: str, worker: Worker, here: list[str], replayed: Path
) -> None:
    expected = by_task((replayed / file).read_text().splitlines())
    worker.until(lambda: len(tail(here, *topics)) >= sum(map(len, expected.values())), f"the worker's {file}")

    assert by_task(tail(here, *topics)) == expected
    assert {project for project, _ in expected} == set(PROJECTS) or file == "reviews.jsonl"


def by_task(lines: list[str]) -> dict[tuple[object, object], set[str]]:
    """A crash would repeat records with the same bytes, and tasks of different partitions have no common order."""
    found: dict[tuple[object, object], set[str]] = {}
    for line in lines:
        record: Line = json.loads(line)
        found.setdefault((record["project_id"], record["task_id"]), set()).add(line)
    return found


def test_tail_shows_each_output_on_a_line_and_one_project_when_asked(
    worker: Worker, here: list[str], replayed: Path
) -> None:
    worker.until(lambda: "malformed_json" in "".join(tail(here, "dead-letter")), "the dead letter")
    text = call("tail", "--no-follow", *here[:2])

    assert text.code == 0
    assert {line.split()[0] for line in text.out.splitlines()} <= set(_DECIDED)
    assert re.search(
        r"^task-agreement +bluebirds/\S+ +state=agreed  score=[01]\.\d{3}  round=1  ", text.out, re.MULTILINE
    )
    assert re.search(r"^dead-letter +reason=malformed_json  path=\$", text.out, re.MULTILINE)
    assert "wrong_key" not in text.out, "replay keys events as the worker demands"
    decisions = tail(here, "task-agreement")
    birds = tail(here, "task-agreement", "--project", "bluebirds")
    assert 0 < len(birds) < len(decisions)
    # Partitions have no common order.
    assert sorted(birds) == sorted(line for line in decisions if json.loads(line)["project_id"] == "bluebirds")


def test_tail_follows_until_it_is_interrupted_which_is_no_failure(
    worker: Worker, here: list[str], tmp_path: Path
) -> None:
    event = tmp_path / "event.jsonl"
    event.write_text('{"type": "news"}')
    command = [*COMMAND, "tail", "annotation-events", "--json", *here[:2]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment({})) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        os.set_blocking(process.stdout.fileno(), False)
        shown = b""

        def news() -> bool:
            nonlocal shown
            call("replay", event, *here)  # again and again, for it shows what comes after it has started
            shown += process.stdout.read() or b"" if process.stdout else b""
            return b"news" in shown

        worker.until(news, "a record to be shown as it comes")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == b""


def test_tail_shows_what_producers_sent_whatever_it_is(here: list[str], replayed: Path) -> None:
    sent = [json.loads(line) for line in tail(here, "annotation-events")]

    assert "{broken" in sent, "what is no JSON comes as a JSON string"
    assert "annotation.submitted" in {event["type"] for event in sent if isinstance(event, dict)}
    assert '{"unreadable": "{broken"}' in call("tail", "annotation-events", "--no-follow", *here[:2]).out


def test_settings_are_published_shown_and_used_by_a_running_worker_for_what_comes_then(
    worker: Worker, here: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("projects: {street: {required_annotators: 1, controls: {scene: {type: choice}}}}")
    published = settings_hash(read_settings(file)["street"])
    before = json.loads(call("settings", "show", "street", *here).out)["street"]
    assert before["hash"] != published
    assert before["required_annotators"] == 3

    assert call("settings", "publish", file, *here) == (0, f"street: published settings {published}\n", "")

    shown = json.loads(call("settings", "show", "street", *here).out)["street"]
    assert (shown["hash"], shown["required_annotators"], shown["controls"]["scene"]["type"]) == (published, 1, "choice")
    assert json.loads(call("settings", "publish", file, *here, "--json").out) == {"published": {"street": published}}
    number = 0

    def decided() -> list[str]:
        nonlocal number
        number += 1  # the worker learns of settings in its own time: so a fresh task is answered until it has
        event = tmp_path / "event.jsonl"
        event.write_text(json.dumps(submitted(f"t{number}")))
        assert call("replay", event, *here).code == 0
        time.sleep(0.3)
        return tail(here, "task-agreement", "--project", "street")

    worker.until(lambda: bool(decided()), "a decision under the published settings")
    assert {json.loads(line)["settings"] for line in decided()} == {published}


def test_settings_that_cannot_be_used_are_reported_and_the_former_stay(here: list[str], tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("projects: {lake: {required_annotators: 2}}")
    assert call("settings", "publish", file, *here).code == 0
    good = call("settings", "show", *here)

    produce_raw(here[1], "project-settings", b"lake", b'{"required_annotators": "two"}')
    bad = call("settings", "show", *here)

    assert bad.code == 0
    assert json.loads(bad.out)["lake"] == json.loads(good.out)["lake"]
    assert "Settings of 'lake', published at offset" in bad.err
    assert "$.required_annotators" in bad.err


def test_a_worker_weighs_votes_by_what_is_published_of_annotators(
    worker: Worker, here: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("projects: {lake: {controls: {scene: {type: choice, adjudication: weighted}}}}")
    assert call("settings", "publish", file, *here).code == 0
    produce_raw(here[1], "annotator-reliability", b"lake/a3", b"not a record")
    number = 0

    def heeded() -> bool:
        # As above; and other annotators each time, of whom the worker has published nothing by itself yet.
        nonlocal number
        number += 1
        one, other, expert = names = [f"{name}-{number}" for name in ("one", "other", "expert")]
        learned = LEARNED.replace("ANNOTATOR", expert).encode()
        produce_raw(here[1], "annotator-reliability", f"lake/{expert}".encode(), learned)
        said = zip(names, ("day", "day", "night"), strict=True)
        event = tmp_path / "events.jsonl"
        lines = (json.dumps(submitted(f"t{number}", *answer, project="lake")) for answer in said)
        event.write_text("".join(line + "\n" for line in lines))
        assert call("replay", event, *here).code == 0
        time.sleep(0.3)
        decisions = map(json.loads, tail(here, "task-disagreement", "--project", "lake"))
        found = [(d["consensus"][0]["value"], d["controls"]["scene"].get("weights")) for d in decisions]
        return ("night", {one: 1.0, other: 1.0, expert: 2.5}) in found

    worker.until(heeded, "a vote by the published weight")
    assert "annotator-reliability b'lake/a3': expected an AnnotatorReliability" in worker.log.read_text()


def produce_raw(broker: str, topic: str, key: bytes, value: bytes) -> None:
    async def produce() -> None:
        producer = BatchProducer(broker, [topic])
        await producer.start()
        try:
            await asyncio.gather(*await producer.send(topic, 0, [Outbound(key, value)]))
        finally:
            await producer.stop()

    asyncio.run(produce())


def test_topics_are_listed_created_once_and_found_right(here: list[str]) -> None:
    listed = json.loads(call("topics", "list", "--json", *here[2:]).out)
    created = call("topics", "create", *here)
    checked = call("topics", "check", *here, "--json")

    assert {row["topic"]: row["partitions"] for row in listed}["annotation-events"] == PARTITIONS
    assert [row for row in listed if not row["purpose"]] == []
    assert created == (
        0,
        f"all {len(listed)} topics on {here[1]} are as they should be (0 created, 12 were there)\n",
        "",
    )
    assert json.loads(checked.out) == {"ok": True, "topics": len(listed)}


def test_the_worker_says_what_it_runs_on_and_when_it_is_ready_and_never_a_password(
    worker: Worker, here: list[str]
) -> None:
    log = worker.log.read_text()
    start, ready = (next(line for line in log.splitlines() if word in line) for word in ("worker starts", "ready: "))

    for said in (f"broker={here[1]}", "delivery=at-least-once", "partitions=2", "web=http://127.0.0.1:",
                 "redis=redis://***@127.0.0.1:1/0"):  # fmt: skip
        assert said in start
    assert "settle_partitions=2" in ready
    assert "watch_partitions=2" in ready
    assert "hunter2" not in log
