"""A project's quality in memory for the tests of the HTTP API: records that WATCH has made, read through the port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from streams.adapters.http_api import Access, Answer, Api, Limits, Reader, Request
from streams.adapters.quality_reader import QualityUnavailable, StoredQuality, TaskPage
from streams.contracts.facts import Fact
from streams.contracts.views import AlertItem, TaskItem
from tests.contract.outputs import decision
from tests.streams.quality_builders import Shell, contribution, record, scene, small_windows

UNLIMITED = Limits(rate_per_second=0)
OPEN_TO_ALL = Access(anonymous=Reader("", None))


def quality_records(project: str = "street", tasks: int = 12, seed: int = 0) -> dict[bytes, bytes]:
    """What WATCH stores of tasks that three answered, with an open alert: its agreement has fallen."""
    return dict(_quality_records(project, tasks, seed))


@cache
def _quality_records(project: str, tasks: int, seed: int) -> Mapping[bytes, bytes]:
    shell = Shell(small_windows())
    answers = (("day", "day", "day"), ("day", "night", "day"), ("night", "night", "day"))
    facts = []
    for number in range(tasks):
        late = number >= tasks // 2
        given = answers[(number + seed) % 3 if late else 0]
        truth = max(set(given), key=given.count)
        after = contribution(
            0.3 if late else 1.0, number, {"scene": {truth: 1.0}},
            detail=scene(*given, truth=truth, gold="day" if number % 4 == 0 else None, review="approved"),
        )  # fmt: skip
        facts.append(Fact(number, f"t-{number}", None, after))
    shell.step([record(0, facts, project=project)])
    return {key: value for key, value in shell.state.items() if project.encode() in key}


def task(name: str, score: float | None = 0.5, state: str = "in_review") -> TaskItem:
    return TaskItem(
        task_id=name, state=state, score=score, event_time="2026-01-31T10:00:00.000Z", annotators=["a-0", "a-1"],
        conflicts={"value": 1}, decision_id=f"{name}-1",
    )  # fmt: skip


def resolved(name: str, alert: str = "class_imbalance") -> AlertItem:
    return AlertItem(
        alert_id=name, alert=alert, subject="scene", severity="warning", raised_at="2026-01-30T10:00:00.000Z",
        resolved_at="2026-01-30T11:00:00.000Z", evidence={"ratio": 12.5}, recommended_action="look",
    )  # fmt: skip


class Stored:
    """A `QualityReader` of what a test says."""

    def __init__(self) -> None:
        self.records: dict[str, dict[bytes, bytes]] = {}
        self.versions: dict[str, int] = {}
        self.items: list[TaskItem] = []
        self.past: list[AlertItem] = []
        self.decided: dict[tuple[str, str], list[bytes]] = {}
        self.failure: BaseException | None = None
        self.reads = 0
        """Of a project's records."""

    def put(self, project: str, records: Mapping[bytes, bytes]) -> None:
        self.records[project] = dict(records)
        self.versions[project] = self.versions.get(project, 0) + 1

    async def projects(self) -> Sequence[str]:
        self._answer()
        return sorted(self.records)

    async def quality_version(self, project: str) -> str | None:
        self._answer()
        return str(self.versions[project]) if project in self.versions else None

    async def quality(self, project: str) -> StoredQuality | None:
        self._answer()
        self.reads += 1
        known = self.records.get(project)
        return None if known is None else StoredQuality(str(self.versions[project]), known)

    async def tasks(self, project: str, state: str | None, offset: int, limit: int) -> TaskPage:
        self._answer()
        items = [item for item in self.items if state in (None, item.state)] if project in self.records else []
        return TaskPage(items[offset : offset + limit], len(items) > offset + limit, 12)

    async def resolved_alerts(self, project: str) -> Sequence[AlertItem]:
        self._answer()
        return self.past

    async def revisions(self, project: str, task: str) -> Sequence[bytes]:
        self._answer()
        return self.decided.get((project, task), [])

    def _answer(self) -> None:
        if self.failure is not None:
            raise self.failure


def stored() -> Stored:
    """Two projects, the name of one to be escaped; seven tasks; a decided task in each; two alerts that are over."""
    found = Stored()
    found.put("street", quality_records())
    found.put("a/b c", quality_records("a/b c", seed=1))
    found.items = [task(f"t-{n}", n / 10, "agreed" if n > 4 else "in_review") for n in range(7)]
    found.past = [resolved("old-1"), resolved("old-2")]
    found.decided["street", "t-0"] = [
        decision("t-0", revision=r, second=r, passed=False, annotators=["a-0"], conflicts=["value"]) for r in (3, 2, 1)
    ]
    found.decided["a/b c", "x/1"] = [decision("x/1", project="a/b c")]
    return found


class Clock:
    """Seconds that go forward when told."""

    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def api_of(reader: Stored, access: Access = OPEN_TO_ALL, limits: Limits = UNLIMITED, clock: Clock | None = None) -> Api:
    return Api(reader, access, limits, clock or Clock(), lambda: "fault-1")


async def ask(
    api: Api, target: str, method: str = "GET", remote: str = "192.0.2.7", **headers: str
) -> tuple[Answer, Any]:
    """The answer, and its document."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await api.answer(Request(method, target, named, remote))
    plain = answer.body and "Content-Encoding" not in answer.headers
    return answer, msgspec.json.decode(answer.body) if plain else None


def unavailable() -> QualityUnavailable:
    return QualityUnavailable("Redis does not answer as expected: ConnectionError: 10.1.2.3:6379")


def next_page(answer: Answer) -> str | None:
    """The address in `Link`."""
    link = answer.headers.get("Link")
    return None if link is None else link.partition(">")[0].removeprefix("<")


async def pages(api: Api, target: str) -> Iterator[Any]:
    """The items of a list, page by page."""
    found: list[Any] = []
    following: str | None = target
    while following is not None:
        answer, document = await ask(api, following)
        assert answer.status == 200, document
        found.append(document["items"])
        following = next_page(answer)
    return iter(found)
