"""Recorded crowd answers → input events, schema 1: how the files in `data/` were made.

    python -m streams.demo.convert SOURCE_DIR

SOURCE_DIR holds `pedestrians_boxes.jsonl.gz` and `bluebirds.jsonl.gz`, one line per (task, annotator).
`data/SOURCES.md` says where they come from and which choices are made here.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

__all__ = ["bluebird_events", "fill_times", "main", "pedestrian_events"]

Event = dict[str, Any]
Row = dict[str, Any]

SPECIES = {"true": "Indigo Bunting", "false": "Blue Grosbeak"}
SESSION_START = datetime(2010, 1, 1, 9, tzinfo=UTC)
"""Synthetic: the bluebirds source has no times."""
BLUEBIRD_PACE = timedelta(seconds=10)
EMPTY_IMAGE_PACE = timedelta(seconds=5)
GOLD_LEAD = timedelta(hours=1)


def pedestrian_events(rows: Sequence[Row]) -> list[Event]:
    """Boxes of seven annotators an image, in the order in which they were drawn, after the expert's boxes."""
    times = _pedestrian_times(rows)
    answers = [
        _answer(
            "pedestrians",
            row,
            submission_id=row["submission_id"],
            occurred_at=time,
            task={"width_px": row["image"]["width"], "height_px": row["image"]["height"]},
            result=_boxes(row["annotations"]),
        )
        for row, time in zip(rows, times, strict=True)
    ]
    gold = {row["task_id"]: _boxes(row["gold"]) for row in rows if "gold" in row}
    return _in_order("pedestrians", gold, answers)


def bluebird_events(rows: Sequence[Row]) -> list[Event]:
    """The species named by 39 annotators on each of 108 images, after the true species."""
    images = list(dict.fromkeys(row["task_id"] for row in rows))
    people = list(dict.fromkeys(row["annotator_id"] for row in rows))
    answers = []
    for row in rows:
        # Everyone works through all images side by side, each beginning at another one, so that no image is judged by
        # the same few people first.
        first = round(people.index(row["annotator_id"]) * len(images) / len(people))
        turn = (images.index(row["task_id"]) - first) % len(images)
        answers.append(
            _answer(
                "bluebirds",
                row,
                submission_id=f"{row['task_id']}-{row['annotator_id']}",
                occurred_at=SESSION_START + turn * BLUEBIRD_PACE,
                result=_species(row["annotations"]),
            )
        )
    return _in_order("bluebirds", {row["task_id"]: _species(row["gold"]) for row in rows}, answers)


def fill_times(times: Sequence[datetime | None], pace: timedelta) -> list[datetime]:
    """Unknown times spaced evenly between the known ones around them; before the first and after the last, by `pace`.

    Raises:
        ValueError: no time at all is known.

    >>> noon = datetime(2020, 1, 1, 12, tzinfo=UTC)
    >>> filled = fill_times([None, noon, None, noon + timedelta(seconds=4), None], timedelta(seconds=5))
    >>> [int((time - noon).total_seconds()) for time in filled]
    [-5, 0, 2, 4, 9]
    """
    known = [(place, time) for place, time in enumerate(times) if time is not None]
    if not known:
        raise ValueError("expected at least one recorded time in a session; got none")
    first, last = known[0], known[-1]
    filled = [first[1] - (first[0] - place) * pace for place in range(first[0])]
    for (start, begin), (stop, end) in pairwise(known):
        filled += [begin + (end - begin) * (place - start) / (stop - start) for place in range(start, stop)]
    return filled + [last[1] + (place - last[0]) * pace for place in range(last[0], len(times))]


def main(source: Path, target: Path) -> None:
    """Convert both sets; the same source gives the same bytes."""
    for name, file, convert in (
        ("pedestrians", "pedestrians_boxes.jsonl.gz", pedestrian_events),
        ("bluebirds", "bluebirds.jsonl.gz", bluebird_events),
    ):
        lines = gzip.decompress((source / file).read_bytes()).splitlines()
        events = convert([msgspec.json.decode(line) for line in lines])
        packed = gzip.compress(b"".join(msgspec.json.encode(e) + b"\n" for e in events), compresslevel=9, mtime=0)
        (target / f"{name}.jsonl.gz").write_bytes(packed)
        sys.stdout.write(f"{name}: {len(events):,} events, {len(packed):,} bytes\n")


def _pedestrian_times(rows: Sequence[Row]) -> list[datetime]:
    sessions: dict[tuple[str, str], list[int]] = {}
    for place, row in enumerate(rows):
        sessions.setdefault((row["annotator_id"], row["submission_id"]), []).append(place)
    times: dict[int, datetime] = {}
    for places in sessions.values():
        # Every recorded session was worked through by ascending image number; the file shuffles them.
        places.sort(key=lambda place: int(rows[place]["task_id"]))
        recorded = [rows[place].get("submitted_at") for place in places]
        filled = fill_times([time and datetime.fromisoformat(time) for time in recorded], EMPTY_IMAGE_PACE)
        times.update(zip(places, filled, strict=True))
    return [times[place] for place in range(len(rows))]


def _boxes(marks: Iterable[Row]) -> list[Event]:
    return [
        {
            "id": f"r{number}",
            "control": "people",
            "type": "box",
            "label": mark["label"],
            "x": mark["x"],
            "y": mark["y"],
            "width": mark["w"],
            "height": mark["h"],
        }
        for number, mark in enumerate(marks, 1)
    ]


def _species(marks: Iterable[Row]) -> list[Event]:
    return [{"id": "r1", "control": "species", "type": "choice", "value": SPECIES[mark["label"]]} for mark in marks]


def _answer(project: str, row: Row, *, occurred_at: datetime, **fields: Any) -> Event:
    return {
        "schema": 1,
        "type": "annotation.submitted",
        "event_id": f"{project}/{row['task_id']}/{row['annotator_id']}",
        "occurred_at": occurred_at,
        "project_id": project,
        "task_id": row["task_id"],
        "annotator_id": row["annotator_id"],
        **fields,
    }


def _in_order(project: str, gold: dict[str, list[Event]], answers: list[Event]) -> list[Event]:
    answers.sort(key=lambda event: event["occurred_at"])
    known_since = answers[0]["occurred_at"] - GOLD_LEAD
    golden = [
        {
            "schema": 1,
            "type": "gold.set",
            "event_id": f"{project}/{task}/gold",
            "occurred_at": known_since,
            "project_id": project,
            "task_id": task,
            "result": result,
        }
        for task, result in gold.items()
    ]
    return [{**event, "occurred_at": _text(event["occurred_at"])} for event in golden + answers]


def _text(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m streams.demo.convert SOURCE_DIR")
    main(Path(sys.argv[1]), Path(__file__).parent / "data")
