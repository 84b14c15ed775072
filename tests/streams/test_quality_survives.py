"""The statistics of recorded work, through crashes and any cut of the log: those of an undisturbed replay."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

import streams.demo
from streams.contracts.views import VIEW_NAMES
from streams.limits import Limits
from streams.quality.project import ProjectQuality
from streams.quality.views import view
from streams.replay import Replay
from streams.replay_files import read_lines
from streams.settings_file import read_settings
from tests.builders import Driver

DEMO = Path(streams.demo.__file__).parent
TASKS = {"bluebirds": 12, "pedestrians": 25}


def _recorded(name: str) -> list[bytes]:
    """What was recorded of the first tasks, with an edit of every tenth answer after all of it."""
    lines = list(read_lines(DEMO / "data" / f"{name}.jsonl.gz"))
    tasks = list(dict.fromkeys(msgspec.json.decode(line)["task_id"] for line in lines))[: TASKS[name]]
    chosen = [line for line in lines if msgspec.json.decode(line)["task_id"] in tasks]
    answers = [event for event in map(msgspec.json.decode, chosen) if event["type"] == "annotation.submitted"]
    edits = [one | {"event_id": f"{one['event_id']}-edit", "version": 2, "result": []} for one in answers[::10]]
    return chosen + [msgspec.json.encode(edit) for edit in edits]


def _shown(quality: ProjectQuality) -> dict[str, bytes]:
    return {name: msgspec.json.encode(view(quality, name)) for name in VIEW_NAMES}


@pytest.mark.parametrize("name", ["bluebirds", "pedestrians"])
def test_views_after_crashes_are_those_of_replay_from_memory_and_from_what_is_stored(name: str) -> None:
    settings, lines, rng = read_settings(DEMO / "settings.yaml"), _recorded(name), random.Random(7)
    replay = Replay(settings, Limits())
    for _ in replay.step(lines):
        pass
    expected = _shown(replay.quality(name))
    driver = Driver()
    driver.book.publish(name, settings[name])
    events = [msgspec.json.decode(line) for line in lines]
    start = 0
    while start < len(events):
        end = start + rng.randint(1, 60)
        driver.feed(*events[start:end])
        start = end
        if rng.random() < 0.3:
            driver.crash()
    assert _shown(driver.watch.quality(name)) == expected
    assert _shown(ProjectQuality.from_records(driver.watch_state)) == expected
    assert len(driver.watch.quality(name).people()) >= 10  # all of it was about something
    assert msgspec.json.decode(expected["benchmark"])["gold_tasks"] > 0
