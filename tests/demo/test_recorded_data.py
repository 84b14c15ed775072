"""The recorded answers that the package carries satisfy the input contract."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from streams.contracts.events import AnnotationSubmitted, Event, GoldSet
from streams.contracts.regions import Box, Choice
from streams.demo.convert import bluebird_events, main, pedestrian_events
from streams.demo.recorded import packaged
from streams.settings_file import read_settings


def shipped(name: str) -> list[Event]:
    lines = gzip.decompress(packaged(f"data/{name}.jsonl.gz").read_bytes()).splitlines()
    decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
    return [decoder.decode(line) for line in lines]


@pytest.mark.parametrize(
    ("name", "answers", "annotators", "tasks", "gold"),
    [("pedestrians", 10_136, 43, 1_448, 938), ("bluebirds", 4_212, 39, 108, 108)],
)
def test_shipped_events_decode_and_are_all_there(
    name: str, answers: int, annotators: int, tasks: int, gold: int
) -> None:
    events = shipped(name)
    submitted = [e for e in events if isinstance(e, AnnotationSubmitted)]
    known = [e for e in events if isinstance(e, GoldSet)]
    assert len(events) == len(submitted) + len(known)
    assert (len(submitted), len(known)) == (answers, gold)
    assert {e.project_id for e in submitted + known} == {name}
    assert len({e.task_id for e in submitted}) == tasks
    assert len({e.annotator_id for e in submitted}) == annotators
    assert len({(e.task_id, e.annotator_id) for e in submitted}) == answers
    assert len({(e.task_id, e.submission_id) for e in submitted}) == answers
    assert len({e.event_id for e in events}) == len(events)


@pytest.mark.parametrize("name", ["pedestrians", "bluebirds"])
def test_shipped_events_come_in_the_order_of_their_time_and_gold_comes_first(name: str) -> None:
    events = shipped(name)
    times = [e.occurred_at for e in events]
    kinds = [type(e) for e in events]
    assert times == sorted(times)
    assert kinds == sorted(kinds, key=lambda kind: kind is not GoldSet)
    assert max(e.occurred_at for e in events if isinstance(e, GoldSet)) < events[-1].occurred_at


def test_the_peculiarities_of_the_pedestrians_are_kept() -> None:
    answers = [e for e in shipped("pedestrians") if isinstance(e, AnnotationSubmitted)]
    boxes = [r for e in answers for r in e.result if isinstance(r, Box)]
    assert len(boxes) == sum(len(e.result) for e in answers) == 11_765
    assert sum(not e.result for e in answers) == 1_912
    assert sum(b.width == 0 or b.height == 0 for b in boxes) == 31
    assert {b.label for b in boxes} == {"pedestrian"}
    assert Counter(len(e.task_id) > 0 and e.task is not None and e.task.width_px for e in answers) == {1280: 10_136}


def test_bluebirds_name_the_species() -> None:
    events = shipped("bluebirds")
    values = [
        r.value
        for e in events
        if isinstance(e, AnnotationSubmitted | GoldSet)
        for r in e.result
        if isinstance(r, Choice)
    ]
    assert set(values) == {"Indigo Bunting", "Blue Grosbeak"}
    assert len(values) == 4_212 + 108


def test_no_bluebird_is_judged_first_by_the_same_seven_people() -> None:
    first: dict[str, list[str]] = {}
    for event in shipped("bluebirds"):
        if isinstance(event, AnnotationSubmitted):
            first.setdefault(event.task_id, []).append(event.annotator_id)
    assert len({tuple(people[:7]) for people in first.values()}) >= 39


def test_the_shipped_settings_are_valid_and_name_the_controls_of_the_data() -> None:
    projects = read_settings(packaged("settings.yaml"))
    assert {name: set(p.controls) for name, p in projects.items()} == {
        "pedestrians": {"people"},
        "bluebirds": {"species"},
    }


def pedestrian_row(task: str, second: int, *boxes: dict[str, float], **rest: object) -> dict[str, object]:
    return {
        "task_id": task,
        "annotator_id": "a",
        "submission_id": "s",
        "image": {"width": 1280, "height": 720},
        "annotations": [{"label": "pedestrian", **box} for box in boxes],
        **({"submitted_at": f"2015-04-18T07:00:{second}.000Z"} if boxes else {}),
        **rest,
    }


PEDESTRIAN_ROWS = [
    pedestrian_row("12", 0),
    pedestrian_row("11", 10, {"x": 1, "y": 2, "w": 3, "h": 4}),
    pedestrian_row("13", 20, {"x": 5, "y": 2, "w": 0, "h": 4}, gold=[]),
]


def test_an_empty_answer_gets_the_time_between_its_neighbours_of_the_same_session() -> None:
    gold, first, empty, last = pedestrian_events(PEDESTRIAN_ROWS)
    assert [e["task_id"] for e in (first, empty, last)] == ["11", "12", "13"]
    # Image 12 came between 11 (07:00:10) and 13 (07:00:20), so at 07:00:15.
    assert empty["occurred_at"] == "2015-04-18T07:00:15.000Z"
    assert (gold["type"], gold["task_id"], gold["result"]) == ("gold.set", "13", [])
    assert gold["occurred_at"] == "2015-04-18T06:00:10.000Z"


def test_people_begin_at_different_bluebirds() -> None:
    rows = [
        {"task_id": task, "annotator_id": person, "annotations": [{"label": "true"}], "gold": [{"label": "false"}]}
        for person in ("a", "b")
        for task in ("1", "2")
    ]
    answers = [e for e in bluebird_events(rows) if e["type"] == "annotation.submitted"]
    # a begins at image 1, b at image 2; ten seconds later they have changed places.
    assert [(e["task_id"], e["annotator_id"]) for e in answers] == [("1", "a"), ("2", "b"), ("2", "a"), ("1", "b")]


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    birds = [{"task_id": "1", "annotator_id": "a", "annotations": [{"label": "true"}], "gold": [{"label": "false"}]}]
    for name, rows in (("pedestrians_boxes", PEDESTRIAN_ROWS), ("bluebirds", birds)):
        (source / f"{name}.jsonl.gz").write_bytes(gzip.compress(b"\n".join(msgspec.json.encode(r) for r in rows)))
    written = []
    for run in ("one", "two"):
        target = tmp_path / run
        target.mkdir()
        main(source, target)
        written.append({path.name: path.read_bytes() for path in sorted(target.iterdir())})
    assert written[0] == written[1]
    assert set(written[0]) == {"bluebirds.jsonl.gz", "pedestrians.jsonl.gz"}
