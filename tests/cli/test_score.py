"""`labelquorum score`: a table for a person, the same for programs and spreadsheets, and clear refusals."""

from __future__ import annotations

import csv
import gzip
import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from streams.demo.recorded import load, packaged
from tests.builders import Event, answers, box, choice, line, submitted
from tests.cli.programs import COMMAND, call, environment, run
from tests.cli.test_replay import read_terminal

BLUEBIRDS = packaged("data/bluebirds.jsonl.gz")
SETTINGS = packaged("settings.yaml")

TABLE = """\
street: 4 tasks, 2 annotators, 8 answers

  objects: box by soft_f1 of iou (pairs); 4 tasks scored, 2 annotators, 8 answers
                                       value     95 % interval          n
    mean score                        1.0000  0.5101 to 1.0000    4 tasks
    alpha, found and named (nominal)       -                 -  4 objects  undefined: all answers are equal ('car'), \
so nothing could have disagreed
    alpha, named (nominal)                 -                 -  4 objects  undefined: all answers are equal ('car'), \
so nothing could have disagreed

  scene: choice by exact (consensus_share); 4 tasks scored, 2 annotators, 8 answers
                                     value      95 % interval        n
    mean score                      0.8750   0.4772 to 1.0000  4 tasks
    percent agreement               0.7500   0.2561 to 0.9632  4 tasks
    Krippendorff's alpha (nominal)  0.5333  -1.0000 to 1.0000  4 tasks
    Fleiss' kappa                   0.4667  -1.0000 to 1.0000  4 tasks
    Gwet's AC1                      0.5294  -1.0000 to 1.0000  4 tasks
    Cohen's kappa                   0.5000  -0.2350 to 1.0000  4 tasks

"""


def written(path: Path, *events: Event | bytes) -> Path:
    path.write_bytes(b"\n".join(map(line, events)))
    return path


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two annotators on two controls, and a broken line."""
    seen = [("yes", "yes"), ("no", "no"), ("yes", "no"), ("no", "no")]
    events = [
        submitted(f"t{i}", who, result=[choice(value), box(x=i)])
        for i, pair in enumerate(seen)
        for who, value in zip(("ann", "ben"), pair, strict=True)
    ]
    return written(tmp_path / "events.jsonl", *events, b"{not json")


def test_the_alpha_of_the_bluebirds_is_the_published_one() -> None:
    shown = call("score", BLUEBIRDS, "--settings", SETTINGS)

    assert (shown.code, shown.err) == (0, "")
    assert "bluebirds: 108 tasks, 39 annotators, 4,212 answers" in shown.out
    assert re.search(r"Krippendorff's alpha \(nominal\) +0\.1255 +0\.1\d+ to 0\.1\d+ +108 tasks$", shown.out, re.M)


def test_the_table_says_what_was_scored_how_and_why_a_figure_is_missing(two: Path) -> None:
    """Yes is given by ann in 2 of 4 tasks, by ben in 1; they agree in 3.

    Cohen: p_e = 1/2 x 1/4 + 1/2 x 3/4 = 1/2, so (3/4 - 1/2) / (1/2). Fleiss: p_e = (3/8)² + (5/8)² = 34/64, so 14/30.
    AC1: p_e = 2 x 3/8 x 5/8 = 30/64, so 18/34. Alpha: 1 - 7 x 2 / (2 x 3 x 5).
    """
    shown = call("score", two)

    assert shown.out == TABLE
    assert shown.err.startswith("1 of 9 lines are no usable events: malformed_json 1. `labelquorum replay` writes them")
    assert shown.code == 0


def test_json_and_csv_say_the_same_as_the_text(two: Path) -> None:
    document = json.loads(call("score", two, "--format", "json").out)
    rows = list(csv.DictReader(call("score", two, "--format", "csv").out.splitlines()))

    assert document["rejected"] == {"malformed_json": 1}
    assert [control["control"] for control in document["controls"]] == ["objects", "scene"]
    told = {(control["control"], s["name"]): s for control in document["controls"] for s in control["statistics"]}
    assert told["scene", "cohen_kappa"]["value"] == 0.5
    assert told["scene", "krippendorff_alpha"]["value"] == 0.533333
    assert len(rows) == len(told) == 9
    for row in rows:
        statistic = told[row["control"], row["name"]]
        assert {name: row[name] for name in statistic} == {
            name: "" if value is None else str(value) for name, value in statistic.items()
        }
        assert (row["project_id"], row["tasks"], row["annotators"], row["answers"]) == ("street", "4", "2", "8")


def test_pairs_are_a_matrix_for_a_person_and_rows_for_a_program(tmp_path: Path) -> None:
    events = written(tmp_path / "e.jsonl", *answers("a", "a", "b", task="t1"), *answers("a", "b", task="t2"))

    text = call("score", events, "--pairs").out
    rows = list(csv.reader(call("score", events, "--pairs", "--format", "csv").out.splitlines()))
    (control,) = json.loads(call("score", events, "--pairs", "--format", "json").out)["controls"]

    assert text.endswith("""
    annotators: agreement above the diagonal, common tasks below it
              1      2      3
    1 a1         0.500  0.000
    2 a2      2         0.000
    3 a3      1      1

""")
    assert [row[6:] for row in rows] == [
        ["annotator", "other", "agreement", "tasks"],
        ["a1", "a2", "0.5", "2"], ["a1", "a3", "0.0", "1"], ["a2", "a3", "0.0", "1"],
    ]  # fmt: skip
    assert control["pairs"][0] == {"annotator": "a1", "other": "a2", "agreement": 0.5, "tasks": 2}


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_twice_gives_the_same_bytes_in_this_process_and_another_packed_and_in_another_order(
    form: str, tmp_path: Path
) -> None:
    lines = [answer.value for answer in load("pedestrians").first_tasks(10).answers]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines[:30]))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b"\n".join([*lines[30:], *lines[:3]])))
    asked = ("--settings", SETTINGS, "--pairs", "--format", form)

    first = call("score", tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz", *asked)
    second = run("score", tmp_path / "b.jsonl.gz", tmp_path / "a.jsonl", *asked, PYTHONHASHSEED="7")

    assert first.code == 0
    assert first == second
    assert "people" in first.out


@pytest.mark.parametrize(("flags", "shown"), [([], True), (["--quiet"], False)], ids=["bar", "quiet"])
def test_progress_shows_on_a_terminal_only_and_not_when_quiet(two: Path, flags: list[str], shown: bool) -> None:
    assert ("scoring" in on_terminal("stderr", "score", str(two), *flags)) is shown


def test_a_matrix_that_is_wider_than_the_terminal_is_cut_into_blocks() -> None:
    asked = ("score", str(BLUEBIRDS), "--settings", str(SETTINGS), "--pairs")

    lines = on_terminal("stdout", *asked).splitlines()

    matrix = lines[next(i for i, text in enumerate(lines) if "above the diagonal" in text) + 1 :]
    assert max(map(len, matrix)) <= 80
    headings = [text.split() for text in matrix if re.fullmatch(r"[ \d]+", text) and text.strip()]
    assert [int(number) for heading in headings for number in heading] == list(range(1, 40))
    assert max(map(len, call(*asked).out.splitlines())) > 250, "a file has room for all of it"


def on_terminal(stream: str, *arguments: str) -> str:
    """What a command writes to a terminal of 80 columns that is its `stream`."""
    ours, theirs = pty.openpty()
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: theirs}
    command = [*COMMAND, *arguments]
    with subprocess.Popen(command, env=environment({"COLUMNS": "80"}), **streams) as process:  # type: ignore[call-overload]
        os.close(theirs)
        shown = read_terminal(ours)
        assert process.wait(timeout=60) == 0
    return shown


def test_what_would_move_a_terminal_s_cursor_is_shown_as_its_escape(tmp_path: Path) -> None:
    regions = [choice("day", control="scene\x1b[2J")]
    events = written(tmp_path / "e.jsonl", *(submitted("t1", who, result=regions) for who in ("a\x07", "b")))

    shown = call("score", events, "--pairs").out

    assert "scene\\x1b[2J: choice" in shown
    assert "1 a\\x07" in shown
    assert all(character.isprintable() for character in shown.replace("\n", ""))


def test_nothing_to_score_is_said(tmp_path: Path) -> None:
    assert call("score", written(tmp_path / "e.jsonl")).out == "no task with an answer\n"
    alone = call("score", written(tmp_path / "e.jsonl", submitted("t1", "ann", "day")))
    assert alone.out == "street: 1 task, 1 annotator, 1 answer\n  no task that two annotators answered\n\n"
    assert json.loads(call("score", tmp_path / "e.jsonl", "--format", "json").out)["controls"] == []


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_a_file_without_one_usable_line_is_a_failure(form: str, tmp_path: Path) -> None:
    useless = written(tmp_path / "e.jsonl", b"{not json", b"[]")

    shown = call("score", useless, "--format", form)

    assert shown.code == 3
    assert shown.err.startswith(
        "labelquorum: 2 of 2 lines are no usable events: malformed_json 1, wrong_type 1. `labelquorum replay`"
    )
    assert shown.out, "what there is to show is shown"
    assert call("score", written(tmp_path / "empty.jsonl"), "--format", form).code == 0, "no events are no mistake"


def test_limits_of_the_worker_hold_here_too(two: Path) -> None:
    limited = call("score", two, "--format", "json", LABELQUORUM_MAX_REGIONS="1")

    assert limited.code == 3
    assert json.loads(limited.out)["rejected"]["too_many_regions"] == 8


def test_a_file_that_is_not_there_or_not_what_its_name_says_is_named(tmp_path: Path) -> None:
    packed = tmp_path / "events.jsonl.gz"
    packed.write_bytes(b"{}\n")

    assert call("score", tmp_path / "none.jsonl") == (
        2, "", f"labelquorum: Events cannot be read (1 problem):\n  - {tmp_path / 'none.jsonl'}: no such file\n",
    )  # fmt: skip
    assert "is not a file" in call("score", tmp_path).err
    assert "expected gzip, as its name ends in .gz" in call("score", packed).err


def test_every_problem_of_the_settings_is_listed(two: Path, tmp_path: Path) -> None:
    broken = tmp_path / "settings.yaml"
    broken.write_text("projects: {birds: {required_annotators: many, colour: blue}}")

    refused = call("score", two, "--settings", broken)

    assert (refused.code, refused.out) == (2, "")
    assert "projects.birds.required_annotators" in refused.err
    assert "projects.birds.colour" in refused.err
