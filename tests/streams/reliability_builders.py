"""What has been learned of annotators, and what it decides."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.limits import Limits
from streams.reliability_book import ReliabilityBook
from streams.settings import SettingsBook
from streams.settle import Settle
from tests.builders import PROJECT, Event, record
from tests.builders import settings as project

WEIGHTED = {"scene": {"type": "choice", "adjudication": "weighted"}}


def learned_record(annotator: str, weight: float, control: str = "scene", owner: str = PROJECT, **more: Any) -> bytes:
    learned = {"model": "one_coin", "accuracy": 0.9, "low": 0.8, "high": 0.95, "n": 40, "weight": weight} | more
    return msgspec.json.encode(
        {
            "schema": 1, "type": "annotator.reliability", "project_id": owner, "annotator_id": annotator,
            "event_time": "2026-01-31T10:00:00.000Z", "controls": {control: learned},
        }
    )  # fmt: skip


def decided_by(book: ReliabilityBook, *events: Event, **more: Any) -> dict[str, Any]:
    wanted = project(controls=WEIGHTED, **more)
    settle = Settle(SettingsBook({PROJECT: wanted}), Limits(), book)
    settle.open(0, {})
    work = settle.step(0, [record(i, given) for i, given in enumerate(events)])
    decisions = [out for out in work.outgoing if out.topic in ("task-agreement", "task-disagreement")]
    found: dict[str, Any] = msgspec.json.decode(decisions[-1].value)
    return found
