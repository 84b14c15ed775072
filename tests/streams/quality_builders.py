"""Facts, projects and a shell in memory for the tests of WATCH."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from streams.contracts.alert_evidence import EVIDENCE
from streams.contracts.facts import (
    AnnotatorPart,
    Contribution,
    ControlPart,
    Detail,
    Fact,
    FactBatch,
    Units,
    Value,
)
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
    detail: Detail | None = None,
) -> Contribution:
    return Contribution(state, answers, START_US + minute * MINUTE_US, score, labels or {}, stalled, detail)


def control(
    truth: Sequence[Value],
    *given: Sequence[Value],
    type: str = "choice",
    gold: Sequence[Value] | None = None,
    conflicts: dict[str, int] | None = None,
    identical: Sequence[tuple[int, int, int, int]] = (),
    passed: bool | None = True,
) -> ControlPart:
    """One control with units of `truth`; `given` has one row of values per annotator. Equal answers are alike by 1."""
    rows = [list(row) for row in given]
    matrix = [[float(a == b) for b in rows] for a in rows]
    score = sum(matrix[0]) / len(matrix) if matrix else None
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else []
    consensus = Units(list(truth), columns)
    against_gold = None if gold is None else Units(list(gold), columns)
    return ControlPart(type, score, passed, matrix, conflicts or {}, consensus, against_gold, list(identical))


def part(
    annotator: str,
    *,
    model: bool = False,
    counts: bool = True,
    seconds: float | None = 10.0,
    agreement: float | None = 1.0,
    consensus: float | None = 1.0,
    gold: float | None = None,
    rejected: bool = False,
    repeats: float | None = None,
) -> AnnotatorPart:
    return AnnotatorPart(annotator, model, counts, seconds, agreement, consensus, gold, rejected, repeats)


def detail(
    *annotators: AnnotatorPart,
    review: str | None = None,
    seconds_before: float = 100.0,
    consensus_gold: float | None = None,
    controls: Mapping[str, ControlPart] | None = None,
    **named: ControlPart,
) -> Detail:
    """What stands behind a decision of minute 0, whose first answer came so many seconds before."""
    first_us = START_US - int(seconds_before * 1_000_000)
    return Detail(first_us, 3, 7, review, list(annotators), {**(controls or {}), **named}, consensus_gold)


def scene(*answers: str | None, truth: str = "day", gold: str | None = None, review: str | None = None) -> Detail:
    """A choice that a-0, a-1, … answered."""
    people = [
        part(f"a-{row}", consensus=float(answer == truth), gold=None if gold is None else float(answer == gold))
        for row, answer in enumerate(answers)
    ]
    question = control([truth], *([answer] for answer in answers), gold=None if gold is None else [gold])
    return detail(*people, review=review, scene=question)


def decided(offset: int, score: float, minute: int = 0, labels: dict[str, dict[str, float]] | None = None) -> Fact:
    return Fact(offset, f"t-{offset}", None, contribution(score, minute, labels))


def settings(**project: Any) -> ProjectSettings:
    return parse_document({"projects": {"street": project}})["street"]


def small_windows(**project: Any) -> ProjectSettings:
    """A drift alert that needs 2 tasks in the window and 2 before it."""
    drift = {"window_tasks": 2, "minimum_baseline_tasks": 2, "standard_errors": 0}
    return settings(alerts={"agreement_drift": drift}, **project)


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
        for alert in (msgspec.json.decode(out.value) for out in work.outgoing if out.topic == "quality-alerts"):
            assert alert["evidence"].keys() <= EVIDENCE.keys(), "what stands in evidence is explained"
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
