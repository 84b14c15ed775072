"""A project's statistics survive kills and moves between workers exactly: they are those that replay makes.

Compared byte for byte are the records of the table `quality`, and value for value the documents rendered from them.
What replay can't say, since it reads all events in one order and a worker those of each partition in another:

- `seen`: where a worker has got to, in each of its partitions;
- alerts: when a line was crossed, how often, and what stood behind it then, depend on who came first, and so do
  `episodes`, the `levels` that tests for a fall keep between two judgements, and whether the window has `dropped`.

Those are compared, byte for byte too, with WATCH stepped once over the facts that the workers left in the log.

Two more things would depend on who comes first, and are not in this stream. What is learned of annotators weighs votes
some moments later; no project has weighted votes here, but what weights are made of, and the reliability that is shown,
are among what is compared. And each partition has a stream time of its own, by which tasks are called stalled and are
closed; the stream is shorter than the day that takes.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.adapters.redis_model import ReadModel
from streams.config import Delivery
from streams.contracts.decisions import Decision
from streams.contracts.facts import FactBatch
from streams.demo.fake_redis import FakeRedis
from streams.limits import Limits
from streams.ports import Outgoing
from streams.quality import (
    BucketSums,
    ProjectRecord,
    annotator_key,
    bucket_key,
    control_key,
    decode_state,
    encode,
    project_key,
)
from streams.quality.documents import Seen, documents
from streams.quality.views import ProjectQuality
from streams.replay import Replay
from tests.kafka.conftest import Deploy
from tests.kafka.harness import Deployment
from tests.kafka.recorded import RECORDED, SETTINGS, SETTINGS_FILE, Event, recorded_events
from tests.kafka.whole import WholeWorker, assert_nobody_reports_what_another_does, owners

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.timeout(400),
    pytest.mark.parametrize("workload", [RECORDED], ids=lambda workload: workload.name),
]

PROJECTS = {"bluebirds", "pedestrians"}
PATIENCE_SECONDS = 90.0

Records = dict[bytes, bytes]


class Group:
    """Two workers, one of which is killed now and then."""

    def __init__(self, deployment: Deployment, folder: Path, chance: random.Random) -> None:
        self._deployment = deployment
        self._folder = folder
        self._chance = chance
        self._started = 0
        self.workers: list[WholeWorker] = []
        self.reporters: dict[str, set[str]] = {project: set() for project in PROJECTS}
        """Project → all workers that have had it."""

    def fill(self) -> None:
        """As many workers as there should be."""
        while len(self.workers) < 2:
            self._started += 1
            self.workers.append(WholeWorker(self._deployment.config, self._folder / f"worker-{self._started}.log"))

    async def settle(self) -> dict[str, WholeWorker]:
        """Wait until the two share the work; who has which project. No project is reported by both."""
        await self._deployment.members(2, PATIENCE_SECONDS)
        found = await owners(self.workers, PROJECTS, PATIENCE_SECONDS)
        await assert_nobody_reports_what_another_does(self.workers)
        for project, worker in found.items():
            self.reporters[project].add(worker.name)
        return found

    async def kill(self, victims: list[WholeWorker]) -> None:
        """Some moment from now, and at once."""
        await asyncio.sleep(self._chance.uniform(0, 0.5))
        self.workers = [worker for worker in self.workers if worker not in victims]
        await asyncio.gather(*(worker.kill() for worker in victims))

    async def end(self) -> None:
        """Leave no process behind."""
        await self.kill(self.workers)


def replayed(events: list[Event]) -> tuple[Replay, Seen]:
    seen = Seen()
    engine = Replay(SETTINGS, Limits(), seen.follow)
    for outgoing in engine.step(value for _, value in events):
        seen.add(outgoing)
    return engine, seen


def comparable(records: Mapping[bytes, bytes]) -> Records:
    """Records of the table `quality` without what replay can't say: see above."""
    found: Records = {}
    for key, value in records.items():
        stored = decode_state(key, value)
        if isinstance(stored, ProjectRecord):
            stored.seen, stored.alerts, stored.episodes, stored.levels, stored.dropped = {}, {}, {}, {}, False
            value = encode(stored)
        found[key] = value
    return found


def records_of(quality: ProjectQuality) -> Records:
    """As they would be stored."""
    project_id = quality.project.project_id
    assert quality.project.horizon is None  # else there would be one more, and its sums are not in `quality`
    return (
        {project_key(project_id): encode(quality.project)}
        | {annotator_key(project_id, name): encode(record) for name, record in quality.annotators.items()}
        | {control_key(project_id, *place): encode(record) for place, record in quality.controls.items()}
        | {
            bucket_key(project_id, bucket): encode(BucketSums(found.scores, found.labels))
            for bucket, found in quality.buckets.items()
        }
    )


def by_project(state: Mapping[tuple[int, bytes], bytes]) -> dict[str, Records]:
    """The table's records, but for watermarks, which belong to no project."""
    found: dict[str, Records] = {}
    for (_, key), value in state.items():
        kind, *names = msgspec.msgpack.decode(key)
        if kind != "w":
            found.setdefault(names[0], {})[key] = value
    return found


async def decided(deployment: Deployment) -> Seen:
    """The decisions that the workers left, each task's last revision last, and where tasks stand."""
    topics = ("task-agreement", "task-disagreement")
    records = [(topic, record) for topic in topics for record in await deployment.records(topic)]
    records.sort(key=lambda found: msgspec.json.decode(found[1].value, type=Decision).revision)
    seen = Seen()
    for topic, record in records:
        seen.add(Outgoing(topic, record.key, record.value, (), record.partition))
    for record in await deployment.records("quality-facts"):
        seen.follow(msgspec.json.decode(record.value, type=FactBatch))
    return seen


def shown(projects: list[ProjectQuality], seen: Seen) -> Any:
    """What a person reads of them, but for alerts: as plain values, project by project, view by view."""
    found = msgspec.to_builtins(documents(projects, seen))
    for views in found.values():
        del views["alerts"], views["overview"]["alerts_open"]
        for item in views["annotators"]["items"]:
            del item["alerts"]
    return found


async def assert_as_replayed(deployment: Deployment, events: list[Event]) -> None:
    engine, seen = replayed(events)
    state = await deployment.state("quality")
    stored = by_project(state)
    assert set(stored) == set(engine.projects()) == PROJECTS
    for project in sorted(PROJECTS):
        actual, wanted = comparable(stored[project]), comparable(records_of(engine.quality(project)))
        differing = [key for key in sorted(actual.keys() | wanted.keys()) if actual.get(key) != wanted.get(key)]
        assert [msgspec.msgpack.decode(key) for key in differing] == []
    qualities = [ProjectQuality.from_records(stored[project]) for project in sorted(PROJECTS)]
    assert shown(qualities, await decided(deployment)) == shown([*map(engine.quality, sorted(PROJECTS))], seen)
    stepped_once = await deployment.expected("watch")
    assert state == stepped_once.state
    alerts = await deployment.produced(["quality-alerts"])
    assert alerts
    if deployment.config.delivery == "exactly-once":
        assert alerts == stepped_once.outputs
    else:
        assert alerts.keys() == stepped_once.outputs.keys()


async def assert_shown_by_redis(deployment: Deployment, redis_url: str) -> None:
    """The read model follows the same changelog, by the same workers: it ends as that does."""
    wanted = by_project(await deployment.state("quality"))
    model = ReadModel.connect(redis_url)
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        for project, records in wanted.items():
            while True:
                stored = await model.quality(project)
                if stored is not None and stored.records == records:
                    break
                assert time.monotonic() < deadline, project
                await asyncio.sleep(0.2)
    finally:
        await model.close()


def portions(events: list[Event], count: int) -> Iterator[tuple[list[Event], list[Event]]]:
    """So many, about equal, each in two halves."""
    for number in range(count):
        first, last = number * len(events) // count, (number + 1) * len(events) // count
        yield events[first : (first + last) // 2], events[(first + last) // 2 : last]


@pytest.mark.parametrize(
    ("delivery", "tasks", "kills"), [("exactly-once", 150, "oobop"), ("at-least-once", 60, "o")], ids=lambda v: str(v)
)
async def test_statistics_after_kills_under_load_are_those_of_replay(
    deploy: Deploy, delivery: Delivery, tasks: int, kills: str, tmp_path: Path
) -> None:
    """Kills, one letter each: o, the owner of a project; p, the other one; b, both."""
    events = list(recorded_events(tasks))
    with FakeRedis() as redis:
        deployment = await deploy(delivery, settings_file=str(SETTINGS_FILE), redis_url=redis.url)
        chance = random.Random(len(events))
        group = Group(deployment, tmp_path, chance)
        try:
            group.fill()
            *rounds, (before, after) = portions(events, len(kills) + 1)
            for kill, (start, rest) in zip(kills, rounds, strict=True):
                await deployment.hand_in(start)
                found = await group.settle()
                owner = found[chance.choice(sorted(PROJECTS))]
                await deployment.hand_in(rest)
                victims = {"o": [owner], "p": [w for w in group.workers if w is not owner], "b": group.workers}
                await group.kill(victims[kill])
                group.fill()
            await deployment.hand_in(before)
            await group.settle()
            await deployment.hand_in(after)
            await deployment.processed(PATIENCE_SECONDS)
            await group.settle()
            moved = [project for project, workers in group.reporters.items() if len(workers) > 1]
            assert len(moved) >= min(len(kills), len(PROJECTS)), group.reporters
            await assert_shown_by_redis(deployment, redis.url)
        finally:
            await group.end()
        await assert_as_replayed(deployment, events)
