"""Streams of decisions by hand, for the tests of alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from streams.contracts.facts import AnnotatorPart, Contribution, ControlPart, Fact
from streams.contracts.settings import ProjectSettings
from tests.streams.quality_builders import Shell, contribution, control, detail, part, records, settings

__all__ = ["Stream", "alerts_of", "states"]


class Stream:
    """Numbers the facts, one decision a minute."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def decide(
        self,
        *people: AnnotatorPart,
        score: float | None = 0.9,
        labels: Mapping[str, Mapping[str, float]] | None = None,
        review: str | None = None,
        controls: Mapping[str, ControlPart] | None = None,
        state: str = "agreed",
        task: str | None = None,
        before: Contribution | None = None,
    ) -> Contribution:
        """A decision, or in the place of `before` a revised one."""
        offset = len(self.facts)
        told = {name: dict(counts) for name, counts in (labels or {}).items()}
        behind = detail(*people, review=review, controls=controls)
        after = contribution(score, offset, told, state=state, detail=behind)
        self.facts.append(Fact(offset, task or f"t-{offset}", before, after))
        return after

    def agreements(self, figures: Iterable[float], name: str = "ann", **figure: str) -> None:
        """Tasks in which somebody agrees so much with the others (or as `figure` says), and two others do."""
        (which,) = figure.values() or ("agreement",)
        for value in figures:
            mine: dict[str, Any] = {which: value}
            self.decide(part(name, **mine), part("bea"), part("cy"))


def scene(*answers: str, truth: str | None = None) -> ControlPart:
    """A choice that all answered; the first answer is the consensus where nothing else is."""
    return control([truth or answers[0]], *([answer] for answer in answers))


def boxes(*identical: tuple[int, int, int, int], people: int = 3) -> ControlPart:
    """One box that everybody drew."""
    return control(["car"], *(["car"] for _ in range(people)), type="box", identical=identical)


def alerts_of(project: ProjectSettings | None, facts: Sequence[Fact], size: int = 50) -> list[dict[str, Any]]:
    """What a stream of facts raises and resolves."""
    shell = Shell(project or settings())
    shell.step(records(facts, size))
    return shell.alerts


def states(alerts: Iterable[Mapping[str, Any]], name: str) -> list[tuple[str, str]]:
    """(subject, state) of one type."""
    return [(alert["subject"], alert["state"]) for alert in alerts if alert["alert"] == name]
