"""`labelquorum replay` into files: the same bytes each time, a summary for people and programs, and clear refusals."""

from __future__ import annotations

import gzip
import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from streams.demo.recorded import load, packaged
from streams.replay_files import FILES, QUALITY, SUMMARY
from tests.cli.programs import COMMAND, call, environment, run

SETTINGS = packaged("settings.yaml")


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answers of some tasks of the demo, a line that is no JSON, and empty lines, which are nothing."""
    file = tmp_path_factory.mktemp("events") / "events.jsonl"
    answers = [
        answer.value for project in ("pedestrians", "bluebirds") for answer in load(project).first_tasks(8).answers
    ]
    file.write_bytes(b"\n".join([*answers[:50], b"{not json", b"", *answers[50:], b""]))
    return file


def folder(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()}


def test_twice_gives_the_same_bytes_in_this_process_and_another_packed_and_plain(events: Path, tmp_path: Path) -> None:
    packed = tmp_path / "events.jsonl.gz"
    packed.write_bytes(gzip.compress(events.read_bytes()))

    first = call("replay", events, "--settings", SETTINGS, "--out", tmp_path / "first")
    second = run("replay", packed, "--settings", SETTINGS, "--out", tmp_path / "second", PYTHONHASHSEED="7")

    assert (first.code, second.code) == (0, 0)
    found = folder(tmp_path / "first")
    assert found == folder(tmp_path / "second")
    assert found.keys() == {*FILES.values(), QUALITY, SUMMARY}
    assert json.loads(found["summary.json"])["tasks"].keys() >= {"agreed"}
    assert len(found["decisions.jsonl"].splitlines()) >= 16
    (dead,) = found["dead-letters.jsonl"].splitlines()
    assert (json.loads(dead)["reason"], json.loads(dead)["offset"]) == ("malformed_json", 50)


def test_several_files_are_one_stream(events: Path, tmp_path: Path) -> None:
    lines = events.read_bytes().split(b"\n")
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines[:20]))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b"\n".join(lines[20:])))

    call("replay", events, "--out", tmp_path / "whole")
    call("replay", tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz", "--out", tmp_path / "parts")

    assert folder(tmp_path / "whole") == folder(tmp_path / "parts")


def test_the_summary_is_text_for_a_person_and_json_for_a_program(events: Path, tmp_path: Path) -> None:
    text = call("replay", events, "--settings", SETTINGS, "--out", tmp_path / "out")
    as_json = call("replay", events, "--settings", SETTINGS, "--out", tmp_path / "out", "--json")

    summary = json.loads((tmp_path / "out" / "summary.json").read_bytes())
    assert json.loads(as_json.out) == summary
    assert f"annotation.submitted {summary['events']['annotation.submitted']}" in text.out
    assert f"agreed {summary['tasks']['agreed']}" in text.out
    assert f"written to {tmp_path / 'out'}" in text.out
    assert (text.err, as_json.err) == ("", "")


@pytest.mark.parametrize(("flags", "shown"), [([], True), (["--quiet"], False)], ids=["bar", "quiet"])
def test_progress_shows_on_a_terminal_only_and_not_when_quiet(
    events: Path, tmp_path: Path, flags: list[str], shown: bool
) -> None:
    ours, theirs = pty.openpty()
    command = [*COMMAND, "replay", str(events), "--out", str(tmp_path), *flags]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=environment({})) as process:
        os.close(theirs)
        written = read_terminal(ours)
        assert process.wait(timeout=60) == 0

    assert ("replaying" in written) is shown


def read_terminal(terminal: int) -> str:
    written = b""
    while True:
        try:
            some = os.read(terminal, 65_536)
        except OSError:  # how Linux says that nobody has the other end any more
            some = b""
        if not some:
            os.close(terminal)
            return written.decode()
        written += some


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert call("replay", tmp_path / "none.jsonl", "--out", tmp_path / "out") == (
        2, "", f"labelquorum: Events cannot be read (1 problem):\n  - {tmp_path / 'none.jsonl'}: no such file\n",
    )  # fmt: skip
    assert "is not a file" in call("replay", tmp_path, "--out", tmp_path / "out").err
    assert not (tmp_path / "out" / "summary.json").exists()


@pytest.mark.parametrize(
    "content",
    [b"{}\n", gzip.compress(b"{}\n" * 1000)[:-9], gzip.compress(b"{}")[:12] + b"\xff" * 9],
    ids=["plain", "cut short", "damaged"],
)
def test_a_file_that_is_not_the_gzip_that_its_name_says_is_named(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl.gz"
    file.write_bytes(content)

    refused = call("replay", file, "--out", tmp_path / "out")

    assert refused.code == 2
    assert f"{file}: " in refused.err
    assert "expected gzip, as its name ends in .gz" in refused.err


def test_results_that_cannot_be_written_say_where(events: Path) -> None:
    refused = call("replay", events, "--out", events)

    assert refused.code == 2
    assert refused.err.startswith("labelquorum: Results cannot be written (1 problem):")
    assert f"{events}: File exists" in refused.err


def test_it_has_to_be_said_where_the_results_go_and_only_once(events: Path, tmp_path: Path) -> None:
    nowhere = call("replay", events)
    twice = call("replay", events, "--out", tmp_path / "out", "--broker", "127.0.0.1:9092")
    unused = call("replay", events, "--settings", SETTINGS, "--broker", "127.0.0.1:9092")

    assert (nowhere.code, twice.code, unused.code) == (2, 2, 2)
    assert "--out FOLDER, or --broker HOST:PORT" in nowhere.err
    assert "--out FOLDER, or --broker HOST:PORT" in twice.err
    assert "`labelquorum settings publish`" in unused.err


def test_every_problem_of_the_settings_is_listed_and_nothing_is_written(events: Path, tmp_path: Path) -> None:
    broken = tmp_path / "settings.yaml"
    broken.write_text("projects: {birds: {required_annotators: many, colour: blue}}")

    refused = call("replay", events, "--settings", broken, "--out", tmp_path / "out")

    assert refused.code == 2
    assert "(2 problems)" in refused.err
    assert "projects.birds.required_annotators" in refused.err
    assert "projects.birds.colour" in refused.err
    assert not (tmp_path / "out").exists()
    assert "No such file" in call("replay", events, "--settings", tmp_path / "none", "--out", tmp_path / "out").err


def test_limits_of_the_worker_hold_here_too(events: Path, tmp_path: Path) -> None:
    limited = call("replay", events, "--out", tmp_path, "--json", LABELQUORUM_MAX_REGIONS="1")

    assert json.loads(limited.out)["dead_letters"]["too_many_regions"] > 0


def test_a_broker_in_the_environment_does_not_turn_a_replay_into_production(events: Path, tmp_path: Path) -> None:
    done = call("replay", events, "--out", tmp_path, LABELQUORUM_BROKER="nowhere.invalid:9092")

    assert done.code == 0
    assert (tmp_path / "summary.json").exists()
