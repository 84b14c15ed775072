"""Facts, projects and a shell in memory for the tests of WATCH."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from streams.contracts.facts import Contribution, Fact, FactBatch
from streams.contracts.settings import ProjectSettings
from streams.ports import Outgoing, Record, UnitOfWork
from streams.settings import SettingsBook, parse_document
from streams.watch import Watch

START_US = 1_769_853_600_000_000
"""2026-01-31T10:00:00Z."""
MINUTE_US = 60_000_000


def contribution(
    score: float | None = None,
    minute: int = 0,
    labels: dict[str, dict[str, float]] | None = None,
    state: str = "agreed",
    answers: int = 3,
    stalled: bool = False,
) -> Contribution:
    return Contribution(state, answers, START_US + minute * MINUTE_US, score, labels or {}, stalled)


def decided(offset: int, score: float, minute: int = 0, labels: dict[str, dict[str, float]] | None = None) -> Fact:
    return Fact(offset, f"t-{offset}", None, contribution(score, minute, labels))


def settings(**project: Any) -> ProjectSettings:
    return parse_document({"projects": {"street": project}})["street"]


def small_windows(**project: Any) -> ProjectSettings:
    """A drift alert that needs 2 tasks in the window and 2 before it."""
    return settings(alerts={"agreement_drift": {"window_tasks": 2, "minimum_baseline_tasks": 2}}, **project)


def record(offset: int, facts: Sequence[Fact], source: int = 0, project: str = "street") -> Record:
    return Record(offset, project.encode(), msgspec.json.encode(FactBatch(project, source, list(facts))))


def records(facts: Iterable[Fact], size: int = 1) -> list[Record]:
    listed = list(facts)
    return [record(i, listed[at : at + size]) for i, at in enumerate(range(0, len(listed), size))]


class Shell:
    """Does what the shell does for one partition: durable outputs and state, then the next step."""

    def __init__(self, project: ProjectSettings | None = None, state: Mapping[bytes, bytes] | None = None) -> None:
        self.book = SettingsBook({"street": project} if project is not None else {})
        self.state = dict(state or {})
        self.outgoing: list[Outgoing] = []
        self.counts: dict[tuple[str, ...], float] = {}
        self.restart()

    def restart(self) -> None:
        """Forget memory and recover from the state."""
        self.watch = Watch(self.book)
        self.watch.open(0, self.state)

    def step(self, records: Sequence[Record]) -> UnitOfWork:
        work = self.watch.step(0, records)
        self.outgoing += work.outgoing
        for key, value in work.changes.items():
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = value
        for name, amount in work.counts.items():
            self.counts[name] = self.counts.get(name, 0) + amount
        return work

    @property
    def alerts(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(out.value) for out in self.outgoing]
