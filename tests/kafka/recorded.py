"""A labeling queue as it was recorded, both projects of the demo at once, with all that people do to their answers.

Every event's place and content follow from the recording and a seed: replay is given the same ones.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from streams.demo.recorded import PROJECTS, Answer, Recording, load, record_key
from streams.ports import Processor
from streams.settings import SettingsBook
from streams.settings_file import read_settings
from streams.settle import Settle
from streams.watch import Watch
from tests.kafka.harness import Workload

__all__ = ["RECORDED", "SETTINGS", "SETTINGS_FILE", "Event", "processors", "recorded_events"]

Event = tuple[bytes, bytes]
"""Key and value."""

SETTINGS_FILE = Path(__file__).with_name("recorded.yaml")
SETTINGS = read_settings(SETTINGS_FILE)

_SEED = 5
_ANSWERS = 18
"""That a task gets at most."""
_EDITED, _WITHDRAWN, _TWICE, _SKIPPED = 0.08, 0.04, 0.03, 0.02
_REVIEWED, _ALSO_BY_A_MODEL = 0.25, 0.3
_LATER = 300
"""Events that may lie between an answer and what happens to it."""
_ABOUT_A_TASK = ("schema", "event_id", "occurred_at", "project_id", "task_id")
_ABOUT_AN_ANSWER = (*_ABOUT_A_TASK, "submission_id", "annotator_id")
_OTHER_BIRD = {"Indigo Bunting": "Blue Grosbeak", "Blue Grosbeak": "Indigo Bunting"}


def processors() -> dict[str, Processor]:
    """Both, by agent, as a worker with `SETTINGS_FILE` has them."""
    book = SettingsBook(SETTINGS)
    return {"settle": Settle(book), "watch": Watch(book)}


def recorded_events(tasks: int) -> Iterator[Event]:
    """The events of this many tasks with boxes and a third as many with a choice, gold first."""
    chance = random.Random(_SEED)
    timeline: list[tuple[float, Event]] = []
    for project in PROJECTS:
        recording = load(project).first_tasks(tasks if project == "pedestrians" else tasks // 3)
        yield from ((record_key(task), value) for task, value in recording.gold_values.items())
        timeline += _life(recording, chance)
    yield from (event for _, event in sorted(timeline, key=lambda placed: placed[0]))


def _life(recording: Recording, chance: random.Random) -> Iterator[tuple[float, Event]]:
    """Answers in recorded order, spread over [0, 1), and what happens to them and to their tasks afterwards."""
    given: Counter[object] = Counter()
    answers = []
    for answer in recording.answers:
        given[answer.task] += 1
        if given[answer.task] <= _ANSWERS:
            answers.append(answer)
    met: set[object] = set()
    for number, answer in enumerate(answers):
        at, later = number / len(answers), (number + chance.uniform(1, _LATER)) / len(answers)
        yield at, (record_key(answer.task), answer.value)
        for event in _of_answer(answer, chance):
            yield later, event
        if answer.task not in met:
            met.add(answer.task)
            for event in _of_task(answer, chance):
                yield later, event


def _of_answer(answer: Answer, chance: random.Random) -> Iterator[Event]:
    """One of: it is edited, withdrawn, sent a second time; somebody skips its task; most often nothing."""
    fields, fate = _later(answer, chance), chance.random()
    if fate < _EDITED:
        yield _event(answer, fields, version=2, result=_edited(fields["result"]))
    elif fate < _EDITED + _WITHDRAWN:
        yield _event(answer, {name: fields[name] for name in _ABOUT_AN_ANSWER}, type="annotation.withdrawn")
    elif fate < _EDITED + _WITHDRAWN + _TWICE:
        yield record_key(answer.task), answer.value
    elif fate < _EDITED + _WITHDRAWN + _TWICE + _SKIPPED:
        about = {name: fields[name] for name in _ABOUT_A_TASK}
        yield _event(answer, about, type="task.skipped", annotator_id="somebody")


def _of_task(answer: Answer, chance: random.Random) -> Iterator[Event]:
    """A model's answer to some tasks, a reviewer's verdict on some; `answer` is the task's first."""
    fields = _later(answer, chance)
    if chance.random() < _ALSO_BY_A_MODEL:
        name = f"{fields['event_id']}/model"
        yield _event(
            answer, fields, event_id=name, submission_id=name, annotator_id="detector-1", annotator_kind="model"
        )
    if chance.random() < _REVIEWED:
        reviewed = {name: fields[name] for name in _ABOUT_A_TASK}
        reviewed |= {"type": "review.decided", "event_id": f"{fields['event_id']}/review", "reviewer_id": "lead"}
        verdict = chance.choice(("approved", "rejected", "corrected"))
        if verdict == "corrected":
            reviewed["result"] = fields["result"]
        yield _event(answer, reviewed, verdict=verdict)


def _later(answer: Answer, chance: random.Random) -> dict[str, Any]:
    """The answer's fields, as of some minutes later."""
    fields: dict[str, Any] = msgspec.json.decode(answer.value)
    moment: datetime = answer.event.occurred_at + timedelta(seconds=chance.randint(1, 600))
    return {
        **fields,
        "event_id": f"{fields['event_id']}/later",
        "occurred_at": moment.astimezone(UTC).isoformat(),
        "lead_time_seconds": round(chance.lognormvariate(3, 1), 1),
    }


def _edited(result: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The other bird; all boxes but the first, moved by two pixels."""
    if result and result[0]["type"] == "choice":
        return [{**result[0], "value": _OTHER_BIRD[result[0]["value"]]}]
    return [{**box, "x": box["x"] + 2.0} for box in result[1:]]


def _event(answer: Answer, fields: dict[str, Any], **changes: Any) -> Event:
    return record_key(answer.task), msgspec.json.encode({**fields, **changes})


RECORDED = Workload(
    "recorded",
    "tests.kafka.recorded:processors",
    recorded_events,
    # What SETTLE sends is compared by the other tests; here it is what WATCH makes of it.
    frozenset({"quality-alerts"}),
)
