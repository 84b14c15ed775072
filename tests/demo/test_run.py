"""The demo as a person starts it: the real worker on the embedded broker. One run takes some ten seconds."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis

from streams.demo.stack import Stack, WorkerDied

DEMO = [sys.executable, "-m", "streams", "demo"]
# Somebody else's settings, which the demo's worker must not take for its own.
ENVIRONMENT = {**os.environ, "LABELQUORUM_BROKER": "nowhere.invalid:9092", "COLUMNS": "200"}


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def page(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - the demo's own
        return bytes(response.read())


@contextmanager
def demo(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*DEMO, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], pattern: str) -> str:
    """What it writes up to the line that matches, which comes last."""
    assert process.stdout is not None
    text = ""
    for written in process.stdout:
        text += written
        if re.search(pattern, written):
            return text
    raise AssertionError(f"expected a line with {pattern!r}; got:\n{text}")


def test_a_short_demo_ends_by_itself_with_every_task_decided() -> None:
    done = subprocess.run(
        [*DEMO, "--tasks", "30", "--rate", "0", "--json"],
        capture_output=True, text=True, env=ENVIRONMENT, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["unexplained"], summary["lost"], summary["explained"]) == ([], [], {})
    assert [sum(p["states"].values()) for p in summary["projects"]] == [30, 30]
    assert [p["answers_used"] < p["answers_recorded"] for p in summary["projects"]] == [True, True]
    assert "60 of 60 tasks decided" in done.stderr
    assert "Every task is decided or explained, no answer is lost." in done.stderr


def test_kept_running_it_shows_urls_that_work_until_it_is_interrupted() -> None:
    with demo("--tasks", "5", "--rate", "0", "--keep") as process:
        started = read_until(process, "Starting the worker")
        text = read_until(process, r"^\s+broker ")
        urls = dict(re.findall(r"^\s+(metrics|health|ready|Redis)\s+(\S+)$", text, re.MULTILINE))
        assert b'"ready":true' in page(urls["ready"])
        assert b'"status":"ok"' in page(urls["health"])
        assert b"labelquorum_decisions_total" in page(urls["metrics"])
        with Redis.from_url(urls["Redis"]) as redis:
            assert redis.dbsize() > 0
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    ports = [int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", started + text)]
    assert [port for port in ports if listens(port)] == []


def test_interrupted_while_it_plays_it_stops_everything() -> None:
    with demo() as process:
        text = read_until(process, "of 1,556 tasks decided")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert process.stdout is not None
        assert "Interrupted; everything is stopped." in process.stdout.read()
    assert not listens(int(re.findall(r"127\.0\.0\.1:(\d+)", text)[0]))


def test_a_worker_that_ends_is_reported_with_the_end_of_its_log() -> None:
    # Nobody has created the topics, so the worker refuses to start.
    with Stack() as stack, pytest.raises(WorkerDied, match=r"exit code 2\. Its log ends with:[\s\S]*topics create"):
        stack.start_worker()
