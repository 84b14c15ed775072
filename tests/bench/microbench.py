"""What the engine and the mathematics cost by themselves: no broker, one thread, best of several repeats."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from scoring import cluster, compare_objects, equality_matrix, fuse_clusters, iou, jaccard_matrix, mean_of_pairs
from streams.contracts.facts import FactBatch
from streams.contracts.settings import ProjectSettings
from streams.demo.recorded import PROJECTS, packaged
from streams.limits import Limits
from streams.ports import Processor, Record
from streams.replay import Replay
from streams.replay_files import read_lines
from streams.settings import SettingsBook
from streams.settings_file import read_settings
from streams.settle import Settle
from streams.stages.decode import decode
from streams.watch import Watch
from tests.bench.job import decisions_job
from tests.bench.workload import choice_workload

__all__ = ["Timing", "measure_engine", "measure_scoring"]

_UNIT = 1_000
_REPEATS = 3
_LEAST_SECONDS = 0.05


class Timing(Struct):
    """One line of the table."""

    what: str
    per: str
    """Of what one there is a cost."""
    microseconds: float


# ---- the engine


def measure_engine(tasks: int = 5_000) -> Iterator[Timing]:
    """SETTLE and WATCH as a worker steps them, in units of 1,000 records."""
    events = choice_workload(tasks * 3, min(1_000, tasks // 4)).events
    records = [Record(n, key, value) for n, (key, value) in enumerate(events)]
    yield Timing("decode by the contract, choice", "event", _best(lambda: [decode(r.value) for r in records], records))
    job = "decode, fold, decide, emit; no state kept (decisions only)"
    yield Timing(job, "event", _best(lambda: decisions_job()("annotation-events", 0, records), records))
    settle = "SETTLE, choice, 3 annotators"
    yield Timing(settle, "event", _best(lambda: _step(Settle(SettingsBook()), records), records))
    boxes = list(_box_records(tasks // 20))
    settings = {"boxes": ProjectSettings(required_annotators=7)}
    yield Timing(
        "SETTLE, 7 annotators x 2 boxes", "event", _best(lambda: _step(Settle(SettingsBook(settings)), boxes), boxes)
    )
    facts = [out for out in _step(Settle(SettingsBook()), records) if out.topic == "quality-facts"]
    many = [fact for out in facts for fact in msgspec.json.decode(out.value, type=FactBatch).facts]
    batches = [Record(n, out.key, out.value) for n, out in enumerate(facts)]
    yield Timing("WATCH", "fact", _best(lambda: _step(Watch(SettingsBook()), batches), many))
    yield _demo()


def _demo() -> Timing:
    lines = [line for project in PROJECTS for line in read_lines(packaged(f"data/{project}.jsonl.gz"))]
    settings = read_settings(packaged("settings.yaml"))

    def replay() -> None:
        engine = Replay(settings, Limits())
        for first in range(0, len(lines), _UNIT):
            list(engine.step(lines[first : first + _UNIT]))

    return Timing("replay of the demo's recordings, SETTLE and WATCH", "event", _best(replay, lines))


def _step(processor: Processor, records: Sequence[Record]) -> list[Any]:
    """What comes out; state is kept as the shell would."""
    state: dict[bytes, bytes] = {}
    processor.open(0, state)
    outgoing: list[Any] = []
    for first in range(0, len(records), _UNIT):
        unit = processor.step(0, records[first : first + _UNIT])
        outgoing += unit.outgoing
        for key, value in unit.changes.items():
            if value is None:
                state.pop(key, None)
            else:
                state[key] = value
    return outgoing


def _box_records(tasks: int) -> Iterator[Record]:
    chance = np.random.default_rng(7)
    for answer in range(7):
        for task in range(tasks):
            jitter = chance.normal(0.0, 3.0, (2, 4)).round(2).tolist()
            event = {
                "schema": 1, "type": "annotation.submitted", "event_id": f"{task}/{answer}",
                "occurred_at": f"2025-01-01T10:{answer:02d}:00.000Z", "project_id": "boxes", "task_id": f"t{task}",
                "annotator_id": f"a{answer}", "submission_id": f"s{task}/{answer}",
                "result": [
                    {"id": f"r{n}", "control": "objects", "type": "box", "label": "car", "x": 100.0 + 200.0 * n + dx,
                     "y": 50.0 + dy, "width": 80.0 + dw, "height": 60.0 + dh}
                    for n, (dx, dy, dw, dh) in enumerate(jitter)
                ],
            }  # fmt: skip
            yield Record(answer * tasks + task, f"boxes/t{task}".encode(), msgspec.json.encode(event))


# ---- the mathematics


def measure_scoring() -> Iterator[Timing]:
    """One task at a time, at growing sizes: how each grows is as telling as what it costs."""
    for annotators in (3, 7, 39):
        labels = ["day" if n % 3 else "night" for n in range(annotators)]
        counted = list(range(annotators))
        name = f"choice: matrix and mean of pairs, {annotators} annotators"
        yield Timing(name, "task", _best(partial(_nominal, labels, counted)))
        sets = [frozenset({"a", label}) for label in labels]
        yield Timing(f"choices: jaccard matrix, {annotators} annotators", "task", _best(partial(jaccard_matrix, sets)))
    for annotators, objects in ((3, 2), (7, 2), (7, 10), (7, 50), (20, 50)):
        yield from _boxes(annotators, objects)


def _nominal(labels: list[str], counted: list[int]) -> object:
    return mean_of_pairs(equality_matrix(labels), counted)


def _boxes(annotators: int, objects: int) -> Iterator[Timing]:
    size = f"{annotators} annotators x {objects} boxes"
    chance = np.random.default_rng(7)
    truth = np.column_stack([chance.uniform(0, 2_000, (objects, 2)), chance.uniform(30, 120, (objects, 2))])
    upright = np.vstack(
        [np.column_stack([np.maximum(truth + chance.normal(0, 3, truth.shape), 1.0), np.zeros(objects)])
         for _ in range(annotators)]
    )  # fmt: skip
    rotated = upright.copy()
    rotated[:, 4] = chance.uniform(0, 90, len(rotated))
    owners = [n // objects for n in range(len(upright))]
    labels = ["car"] * len(upright)
    similarity = iou(upright, upright)
    groups = cluster(similarity, owners, labels)
    yield Timing(f"iou of all with all, {size}", "task", _best(lambda: iou(upright, upright)))
    yield Timing(f"iou, rotated, {size}", "task", _best(lambda: iou(rotated, rotated)))
    compare = partial(compare_objects, similarity, owners, labels, annotators)
    yield Timing(f"match and score, {size}", "task", _best(compare))
    yield Timing(f"cluster, {size}", "task", _best(lambda: cluster(similarity, owners, labels)))
    yield Timing(f"fuse, {size}", "task", _best(lambda: fuse_clusters(upright, groups, float(annotators))))


def _best(work: Callable[[], object], of: Sequence[object] = ("one",)) -> float:
    """Microseconds for one of `of`: the best of a few repeats, each long enough to be measured."""
    times = 1
    best = float("inf")
    repeats = 0
    while repeats < _REPEATS:
        began = time.perf_counter()
        for _ in range(times):
            work()
        seconds = time.perf_counter() - began
        if seconds < _LEAST_SECONDS:
            times = max(times * 2, int(times * _LEAST_SECONDS / max(seconds, 1e-6)))
            continue
        best = min(best, seconds / times)
        repeats += 1
    return best / len(of) * 1e6
