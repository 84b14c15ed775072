"""The same engine with no broker: lines of events in, records out, to the byte the same every time.

SETTLE sees the lines as one partition whose offsets are their numbers (from 0); WATCH sees SETTLE's facts. How the
lines are cut into steps changes nothing (tests hold that).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec

from streams.contracts.facts import FactBatch
from streams.contracts.settings import ProjectSettings
from streams.limits import Limits
from streams.ports import Outgoing, Processor, Record, UnitOfWork
from streams.quality.views import ProjectQuality
from streams.reliability_book import ReliabilityBook
from streams.settings import SettingsBook
from streams.settle import Settle
from streams.watch import Watch

__all__ = ["Replay"]

LEARNED_EVERY_LINES = 100
"""Weights learned of annotators come into force after every so many lines, counted from the first: a worker's come with
the topic, some moments later. At fixed lines, so that how the lines are cut into steps changes nothing."""

_UNSETTLED = frozenset(("waiting", "reassigning"))
_decode_facts = msgspec.json.Decoder(FactBatch).decode


class Replay:
    """Both agents, fed by hand.

    Args:
        settings: by project.
        limits: of the engine.
        follow: is shown the facts between the two.
    """

    def __init__(
        self,
        settings: dict[str, ProjectSettings],
        limits: Limits,
        follow: Callable[[FactBatch], None] = lambda batch: None,
    ) -> None:
        book = SettingsBook(settings)
        # A what-if over a broken file should report all that is broken, so the dead-letter budget is never spent.
        offline = msgspec.structs.replace(limits, check_keys=False, dead_letter_ratio=1.0, dead_letter_run=2**62)
        self._reliabilities = ReliabilityBook()
        self._weighted = any(c.adjudication == "weighted" for p in settings.values() for c in p.controls.values())
        self._learned: list[Outgoing] = []
        self._settle = _Fed(Settle(book, offline, self._reliabilities))
        self._statistics = Watch(book)
        self._watch = _Fed(self._statistics)
        self._follow = follow
        self.summary = Summary()

    def step(self, lines: Iterable[bytes]) -> Iterator[Outgoing]:
        """Process some lines; yields what the agents emit, without the facts between them."""
        for portion in self._portions(lines):
            unit = self._settle.step((None, line) for line in portion)
            facts = [o for o in unit.outgoing if o.topic == "quality-facts"]
            watched = self._watch.step((o.key, o.value) for o in facts)
            batches = [_decode_facts(o.value) for o in facts]
            self.summary.add(unit, watched, batches)
            for batch in batches:
                self._follow(batch)
            yield from (o for o in unit.outgoing if o.topic != "quality-facts")
            yield from watched.outgoing
            self._learn(watched.outgoing)

    def _portions(self, lines: Iterable[bytes]) -> Iterator[list[bytes]]:
        """All at once; where votes are weighted by what is learned, cut where that comes into force."""
        rest = iter(lines)
        room = LEARNED_EVERY_LINES - self._settle.next_offset % LEARNED_EVERY_LINES if self._weighted else None
        while portion := list(islice(rest, room)):
            yield portion
            room = LEARNED_EVERY_LINES if self._weighted else None

    def _learn(self, outgoing: Iterable[Outgoing]) -> None:
        self._learned += [o for o in outgoing if o.topic == "annotator-reliability"]
        if self._settle.next_offset % LEARNED_EVERY_LINES == 0:
            for record in self._learned:
                self._reliabilities.publish(record.key, record.value)
            self._learned.clear()

    def projects(self) -> list[str]:
        """The projects that have statistics, sorted."""
        return self._statistics.projects()

    def quality(self, project_id: str) -> ProjectQuality:
        """The statistics of a project as they stand, to be read before the next step.

        Raises:
            KeyError: nothing was seen of it.
        """
        return self._statistics.quality(project_id)


class _Fed:
    """A processor and the state that a shell would keep for it."""

    def __init__(self, processor: Processor) -> None:
        self._processor = processor
        self._state: dict[bytes, bytes] = {}
        self.next_offset = 0
        processor.open(0, self._state)

    def step(self, records: Iterable[tuple[bytes | None, bytes]]) -> UnitOfWork:
        batch = [Record(self.next_offset + i, key, value) for i, (key, value) in enumerate(records)]
        self.next_offset += len(batch)
        unit = self._processor.step(0, batch)
        for key, change in unit.changes.items():
            if change is None:
                self._state.pop(key, None)
            else:
                self._state[key] = change
        return unit


class Summary:
    """What happened, in numbers."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._tasks: dict[tuple[str, str], tuple[str, int]] = {}
        self._used: dict[tuple[str, str], int] = {}

    def add(self, settled: UnitOfWork, watched: UnitOfWork, batches: Iterable[FactBatch]) -> None:
        self._counts.update({name: int(n) for name, n in settled.counts.items()})
        self._counts.update({name: int(n) for name, n in watched.counts.items()})
        for batch in batches:
            for fact in batch.facts:
                if fact.after is None:
                    continue
                task = (batch.project_id, fact.task_id)
                self._tasks[task] = (fact.after.state, fact.after.answers)
                if fact.after.state not in _UNSETTLED:
                    self._used.setdefault(task, fact.after.answers)

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it.

        `annotations.used` are the answers that each task had when it was first settled, `spared` those that came
        after: a live queue that listens to reassignment would not have asked for them.
        """
        answers = sum(n for _, n in self._tasks.values())
        used = sum(min(n, self._used.get(task, n)) for task, (_, n) in self._tasks.items())
        return {
            "events": self._by("events_total"),
            "tasks": dict(sorted(Counter(state for state, _ in self._tasks.values()).items())),
            "decisions": self._by("decisions_total", place=2),
            "reassignments": sum(self._by("reassignments_total").values()),
            "reviews": sum(self._by("reviews_total").values()),
            "dead_letters": self._by("dead_letters_total"),
            "alerts": self._by("alerts_total"),
            "changed_nothing": self._counts[("late_duplicates_total",)],
            "annotations": {"counted": answers, "used": used, "spared": answers - used},
        }

    def _by(self, metric: str, place: int = 1) -> dict[str, int]:
        found: Counter[str] = Counter()
        for name, n in self._counts.items():
            if name[0] == metric:
                found[name[place]] += n
        return dict(sorted(found.items()))
