"""Events of whole projects → how far their annotators agree, beyond chance too: what `labelquorum score` shows.

The engine's own decode, fold, standing and score stages make the tasks, each as it stands after all of its events:
duplicates, edits and withdrawals count as they do in a decision. What differs from a worker is on purpose: a task is
scored from two answers on, also where its quorum is larger, nothing is closed by retention, and cancelled tasks are
left out. Gold takes no part.

This file knows what is collected of a task; `streams.coefficients` knows what is computed of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations
from math import fsum
from typing import Any

from msgspec import Struct

from scoring.agreement.similarity import submatrix
from scoring.chance.units import MISSING, unit_counts
from scoring.consensus.clusters import cluster
from streams.coefficients import Collected, LabelSet, Statistic, statistics
from streams.contracts.events import ClockTick
from streams.contracts.settings import ProjectSettings
from streams.decide import scene_of
from streams.errors import Rejected
from streams.limits import Limits
from streams.plan import Plan
from streams.scores import AnswerEvidence, CategoryEvidence, ControlScore, ObjectEvidence, SetEvidence
from streams.settings import SettingsBook
from streams.stages.fold import fold, standing
from streams.stages.score import DIGITS, score
from streams.state import Header, Task, header_key

__all__ = ["Board", "ControlAgreement", "PairAgreement", "ProjectAgreement", "Scoreboard"]


class PairAgreement(Struct, frozen=True):
    """Two annotators on one control."""

    annotator: str
    other: str
    agreement: float
    """Mean over their common tasks of the control's metric, in [0, 1]."""
    tasks: int
    """Tasks that both answered."""


class ControlAgreement(Struct, frozen=True, kw_only=True):
    """One control of one project; answers of another type under the same name are a control of their own."""

    project_id: str
    control: str
    type: str
    metric: str
    similarity: str | None
    """Objects: how two marks are compared; null for answers."""
    aggregate: str
    tasks: int
    """Tasks with a score."""
    annotators: int
    answers: int
    """In tasks with a score."""
    statistics: list[Statistic]
    pairs: list[PairAgreement] | None
    """Every two annotators with a common task, by id; null where not asked for."""


class ProjectAgreement(Struct, frozen=True, kw_only=True):
    """One project."""

    project_id: str
    tasks: int
    """Tasks with an answer that counts, whether scored or not."""
    cancelled: int
    """Tasks left out because they were cancelled."""
    annotators: int
    answers: int


class Board(Struct, frozen=True, kw_only=True):
    """All that `labelquorum score` has to say."""

    lines: int
    rejected: dict[str, int]
    """Lines that are no usable event, by reason."""
    set_aside: dict[str, int]
    """Regions that were set aside while the rest of their event counts, by reason."""
    projects: list[ProjectAgreement]
    controls: list[ControlAgreement]
    """By project, control and type."""


class _Control:
    """What is collected of one control."""

    def __init__(self, first: ControlScore) -> None:
        self.plan = first.plan
        self.collected = Collected(first.plan)
        self.annotators: set[str] = set()
        self.answers = 0
        self.pairs: dict[tuple[str, str], list[float]] = {}


class Scoreboard:
    """Read events in any order, score the tasks, and ask for the board.

    >>> line = (
    ...     '{"schema": 1, "type": "annotation.submitted", "event_id": "%(who)s", "annotator_id": "%(who)s",'
    ...     '"occurred_at": "2026-01-31T10:00:00Z", "project_id": "street", "task_id": "t-1",'
    ...     '"submission_id": "%(who)s", "result": [{"control": "scene", "type": "choice", "value": "%(what)s"}]}'
    ... )
    >>> scoreboard = Scoreboard({})
    >>> given = {"ann": "day", "ben": "night", "cas": "day"}
    >>> scoreboard.read((line % {"who": who, "what": what}).encode() for who, what in given.items())
    >>> scoreboard.score(scoreboard.tasks())
    >>> [control] = scoreboard.board().controls
    >>> [(statistic.name, statistic.value) for statistic in control.statistics][:2]
    [('mean_score', 0.666667), ('percent_agreement', 0.333333)]
    """

    def __init__(
        self, settings: Mapping[str, ProjectSettings], limits: Limits | None = None, pairs: bool = False
    ) -> None:
        self._book = SettingsBook(settings)
        self._limits = limits or Limits()
        self._wants_pairs = pairs
        self._plans: dict[str, Plan] = {}
        self._tasks: dict[tuple[str, str], Task] = {}
        self._lines = 0
        self._rejected: Counter[str] = Counter()
        self._set_aside: Counter[str] = Counter()
        self._counts: dict[str, Counter[str]] = {}
        self._people: dict[str, set[str]] = {}
        self._controls: dict[tuple[str, str, str], _Control] = {}

    def read(self, lines: Iterable[bytes]) -> None:
        """Fold events into their tasks. A line that is no usable event is counted, and nothing else happens."""
        for line in lines:
            self._lines += 1
            decoded = self._limits.decode(line)
            if isinstance(decoded, Rejected):
                self._rejected[decoded.reason] += 1
                continue
            event = decoded.event
            if isinstance(event, ClockTick):
                continue
            self._set_aside.update(rejected.reason for rejected in decoded.set_aside)
            name = (event.project_id, event.task_id)
            task = self._tasks.get(name)
            if task is None:
                task = self._tasks[name] = Task(*name, header_key(*name), Header(), {})
            fold(task, event)
            task.dirty.clear()  # nothing is stored here

    def tasks(self) -> list[Task]:
        """The tasks as they stand, by project and id: the order to score them in, whatever the order of events was."""
        return [task for _, task in sorted(self._tasks.items())]

    def score(self, tasks: Iterable[Task]) -> None:
        """Score tasks, each once, and collect what their projects' statistics are made of."""
        for task in tasks:
            self._score(task, self._plan(task.project_id))

    def board(self) -> Board:
        """What has been scored so far."""
        return Board(
            lines=self._lines,
            rejected=dict(sorted(self._rejected.items())),
            set_aside=dict(sorted(self._set_aside.items())),
            projects=[self._project(project_id) for project_id in sorted(self._counts)],
            controls=[self._control(*name, found) for name, found in sorted(self._controls.items())],
        )

    def _plan(self, project_id: str) -> Plan:
        plan = self._plans.get(project_id)
        if plan is None:
            plan = self._plans[project_id] = Plan(self._book.of(project_id))
        return plan

    def _score(self, task: Task, plan: Plan) -> None:
        counts = self._counts.setdefault(task.project_id, Counter())
        if task.header.cancelled_us is not None:
            counts["cancelled"] += 1
            return
        standings = standing(task, plan.settings.routing.count_models)
        counted = [s.annotator_id for s in standings if s.counts]
        if not counted:
            return
        counts["tasks"] += 1
        counts["answers"] += len(counted)
        self._people.setdefault(task.project_id, set()).update(counted)
        scores = score([(s.annotator_id, s.answer.result or [], s.counts) for s in standings], plan, 0, scene_of(task))
        for control in scores.controls:
            self._collect(task.project_id, control, scores.annotators, scores.counted)

    def _collect(self, project_id: str, control: ControlScore, annotators: list[str], counted: list[int]) -> None:
        answers = _answers(control, counted)
        if control.score is None or not answers:
            return
        name = (project_id, control.name, control.plan.type)
        found = self._controls.get(name)
        if found is None:
            found = self._controls[name] = _Control(control)
        found.annotators.update(annotators[row] for row in answers)
        found.answers += len(answers)
        found.collected.scores.append(control.score)
        if isinstance(control.evidence, ObjectEvidence):
            found.collected.units += _units(control, control.evidence, counted)
        else:
            found.collected.answers.append({annotators[row]: answer for row, answer in answers.items()})
        if self._wants_pairs:
            for a, b in combinations(answers, 2):
                found.pairs.setdefault((annotators[a], annotators[b]), []).append(control.matrix[a][b])

    def _project(self, project_id: str) -> ProjectAgreement:
        counts = self._counts[project_id]
        return ProjectAgreement(
            project_id=project_id,
            tasks=counts["tasks"],
            cancelled=counts["cancelled"],
            annotators=len(self._people.get(project_id, ())),
            answers=counts["answers"],
        )

    def _control(self, project_id: str, name: str, kind: str, found: _Control) -> ControlAgreement:
        pairs = [
            PairAgreement(*pair, round(fsum(values) / len(values), DIGITS), len(values))
            for pair, values in sorted(found.pairs.items())
        ]
        return ControlAgreement(
            project_id=project_id,
            control=name,
            type=kind,
            metric=found.plan.metric,
            similarity=None if found.plan.by_platform else found.plan.similarity or None,
            aggregate=found.plan.aggregate,
            tasks=len(found.collected.scores),
            annotators=len(found.annotators),
            answers=found.answers,
            statistics=statistics(found.collected),
            pairs=pairs if self._wants_pairs else None,
        )


def _answers(control: ControlScore, counted: list[int]) -> dict[int, Any]:
    """What each counted annotator answered, by row.

    Marking nothing and ticking nothing are answers. No value for a choice, text or number is none: the question may not
    have been asked.
    """
    evidence = control.evidence
    if isinstance(evidence, SetEvidence):
        return {row: LabelSet(evidence.answers[row]) for row in counted}
    if isinstance(evidence, CategoryEvidence | AnswerEvidence):
        return {row: evidence.answers[row] for row in counted if evidence.answers[row] is not None}
    return dict.fromkeys(counted)


def _units(control: ControlScore, evidence: ObjectEvidence, counted: list[int]) -> list[Counter[str]]:
    """The objects that the counted annotators see together, each as what they call it."""
    place = {row: i for i, row in enumerate(counted)}
    mine = [i for i, owner in enumerate(evidence.owners) if owner in place]
    owners = [place[evidence.owners[i]] for i in mine]
    given = [evidence.regions[i].label for i in mine]
    # A label may be called anything, also what `unit_counts` calls an object that was not drawn.
    labels = [f"{label} " if label == MISSING else label for label in given]
    by_content = sorted(range(len(mine)), key=lambda k: (labels[k], repr(evidence.shapes[mine[k]]), k))
    places = [0] * len(mine)
    for rank, k in enumerate(by_content):
        places[k] = rank
    similarity = submatrix(evidence.similarity, mine)
    clusters = cluster(similarity, owners, labels, control.plan.minimum_similarity, places)
    return unit_counts(clusters, owners, labels, len(counted))
