"""Replay: the same bytes every time, and what cannot be used changes nothing for everything else."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

import streams.demo
import streams.replay_files
from streams.contracts.decisions import Decision
from streams.errors import DeadLetterBudgetExceeded
from streams.replay_files import FILES, QUALITY, SUMMARY, read_lines, replay_files
from streams.settings_file import read_settings
from tests.builders import Driver, Event, answers, box, line, submitted

DEMO = Path(streams.demo.__file__).parent
PEDESTRIAN_TASKS = 150
NAMES = [*sorted(set(FILES.values())), QUALITY, SUMMARY]


@cache
def _recorded() -> tuple[bytes, ...]:
    """Recorded answers: the first pedestrian tasks, and all bluebirds."""
    bluebirds = list(read_lines(DEMO / "data" / "bluebirds.jsonl.gz"))
    pedestrians = list(read_lines(DEMO / "data" / "pedestrians.jsonl.gz"))
    tasks = list(dict.fromkeys(msgspec.json.decode(one)["task_id"] for one in pedestrians))
    chosen = set(tasks[:PEDESTRIAN_TASKS])
    return (*(one for one in pedestrians if msgspec.json.decode(one)["task_id"] in chosen), *bluebirds)


def _replay(lines: Iterable[bytes], out: Path) -> dict[str, bytes]:
    replay_files(lines, read_settings(DEMO / "settings.yaml"), out)
    return {name: (out / name).read_bytes() for name in NAMES}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return _replay(_recorded(), tmp_path_factory.mktemp("clean"))


def _rows(content: bytes) -> list[dict[str, Any]]:
    return [msgspec.json.decode(one) for one in content.splitlines()]


def test_two_runs_are_the_same_to_the_byte_whatever_the_size_of_a_unit(
    clean: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams.replay_files, "UNIT_LINES", 37)
    assert _replay(_recorded(), tmp_path) == clean


def test_every_recorded_task_is_decided_or_explained(clean: dict[str, bytes]) -> None:
    decisions = _rows(clean["decisions.jsonl"])
    submissions = [row for row in map(msgspec.json.decode, _recorded()) if row["type"] == "annotation.submitted"]
    answered = {(row["project_id"], row["task_id"]) for row in submissions}
    assert {(row["project_id"], row["task_id"]) for row in decisions} == answered
    summary = json.loads(clean[SUMMARY])
    assert sum(summary["tasks"].values()) == len(answered)
    assert "waiting" not in summary["tasks"]
    assert summary["events"]["annotation.submitted"] == len(submissions)
    assert sum(summary["decisions"].values()) == len(decisions)
    assert summary["annotations"]["counted"] == summary["annotations"]["used"] + summary["annotations"]["spared"]
    for one in clean["decisions.jsonl"].splitlines():
        assert msgspec.json.encode(msgspec.json.decode(one, type=Decision)) == one


def _broken(rng: random.Random, original: bytes) -> tuple[bytes, str, str]:
    """A line that must not count, with its reason and path; made of a real one where that is worth more."""
    event: Event = msgspec.json.decode(original)
    zero_size = f"$.result[{len(event['result'])}].width"
    broken: list[tuple[bytes, str, str]] = [
        (original[: len(original) // 2], "malformed_json", "$"),
        (b"\xff" + original, "malformed_json", "$"),
        (line(event | {"version": "one"}), "wrong_type", "$.version"),
        (line({k: v for k, v in event.items() if k != "task_id"}), "missing_field", "$.task_id"),
        (line(event | {"type": "annotation.erased"}), "unknown_event_type", "$.type"),
        (line(event | {"schema": 9}), "unsupported_schema", "$.schema"),
        (json.dumps(event | {"result": [box(float("nan"))]}).encode(), "non_finite_number", "$.result[0].x"),
        (line(event | {"result": [box(2e9)]}), "out_of_range", "$.result[0].x"),
        (line(event | {"result": [*event["result"], box(control="people", width=0)]}), "zero_size_box", zero_size),
    ]
    return rng.choice(broken)


def test_one_percent_of_broken_lines_are_dead_letters_and_all_else_is_decided_as_without_them(
    clean: dict[str, bytes], tmp_path: Path
) -> None:
    rng = random.Random(17)
    lines = _recorded()
    originals = [place for place, one in enumerate(lines) if b'"annotation.submitted"' in one]
    oversized = b'{"padding":"' + b"x" * 10_000_000 + b'"}'
    inserted: list[tuple[int, bytes, str, str]] = [(rng.randrange(len(lines)), oversized, "oversized", "$")]
    for _ in range(len(lines) // 100):
        place = rng.choice(originals)
        value, reason, path = _broken(rng, lines[place])
        # A copy that only lost a box is an answer, and counts until its sound original is there: so it comes later.
        earliest = place if reason == "zero_size_box" else 0
        inserted.append((rng.randrange(earliest, len(lines)), value, reason, path))
    inserted.sort(key=lambda one: one[0], reverse=True)
    mixed = list(lines)
    for place, value, _, _ in inserted:
        mixed.insert(place + 1, value)

    dirty = _replay(mixed, tmp_path)

    expected = Counter((reason, path) for _, _, reason, path in inserted)
    assert len({reason for reason, _ in expected}) == 9
    assert _letters(dirty) - _letters(clean) == expected
    for name in ("decisions.jsonl", "reassignments.jsonl", "reviews.jsonl", "alerts.jsonl"):
        assert dirty[name] == clean[name]


def _letters(replayed: dict[str, bytes]) -> Counter[tuple[str, str]]:
    return Counter((row["reason"], row["path"]) for row in _rows(replayed["dead-letters.jsonl"]))


def test_of_a_sound_record_and_a_copy_with_a_box_without_area_the_sound_one_holds_in_either_order() -> None:
    sound = submitted(annotator="a3", result=[box()], at=3)
    spoilt = sound | {"result": [box(width=0), box(label="bus")]}
    others = [submitted(annotator=f"a{i}", result=[box()], at=i) for i in (1, 2)]
    plain = Driver().feed(*others, sound)
    for pair in ([sound, spoilt], [spoilt, sound]):
        driver = Driver().feed(*others, *pair)
        assert driver.decided()["decision_id"] == plain.decided()["decision_id"]
        assert driver.reasons == [("zero_size_box", "$.result[0].width")]


def test_replay_reports_all_that_is_broken_however_much_that_is(tmp_path: Path) -> None:
    with pytest.raises(DeadLetterBudgetExceeded):
        Driver().feed(*[b"{"] * 1_200)
    summary = replay_files([b"{"] * 1_200, {}, tmp_path)
    assert summary["dead_letters"] == {"malformed_json": 1_200}


def test_a_file_of_nothing_gives_empty_files_and_zeros(tmp_path: Path) -> None:
    summary = replay_files([], {}, tmp_path / "new" / "folder")
    written = {name: (tmp_path / "new" / "folder" / name).read_bytes() for name in NAMES}
    assert {name for name, content in written.items() if content} == {QUALITY, SUMMARY}
    assert written[QUALITY] == b"{}\n"
    assert summary["annotations"] == {"counted": 0, "used": 0, "spared": 0}


def test_answers_after_the_decision_are_counted_as_spared(tmp_path: Path) -> None:
    # Three settle the task; the fourth and fifth would not have been asked for.
    summary = replay_files([line(one) for one in answers("day", "day", "day", "day", "day")], {}, tmp_path)
    assert summary["annotations"] == {"counted": 5, "used": 3, "spared": 2}
    assert summary["tasks"] == {"agreed": 1}


def test_lines_are_read_gzipped_or_not_and_empty_ones_passed_over(tmp_path: Path) -> None:
    content = b'{"a": 1}\r\n\n{"b": 2}\n\r\n{"c": 3}'
    (tmp_path / "events.jsonl").write_bytes(content)
    (tmp_path / "events.jsonl.gz").write_bytes(gzip.compress(content))
    for name in ("events.jsonl", "events.jsonl.gz"):
        assert list(read_lines(tmp_path / name)) == [b'{"a": 1}', b'{"b": 2}', b'{"c": 3}']
