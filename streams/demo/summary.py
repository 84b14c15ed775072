"""What a played queue came to. Pure: recorded answers and the worker's last word in, figures out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, median

import msgspec
from msgspec import Struct

from streams.contracts.decisions import DeadLetter
from streams.contracts.regions import Choice, ScoredRegion
from streams.demo.alarms import Alarms, alarms
from streams.demo.ledger import FINAL_STATES, Ledger, SeenDecision
from streams.demo.quality import Hits, compare, majority
from streams.demo.queue import LabelingQueue
from streams.demo.recorded import Recording, TaskKey

__all__ = ["HISTOGRAM_BINS", "Figures", "ProjectSummary", "Quality", "Summary", "summarise"]

HISTOGRAM_BINS = 10

_JUDGED_TASKS = 20
"""Tasks of known truth that somebody must have answered to count in the median."""
_BEST_TASKS = 100
"""And to be named the best: on few tasks somebody is faultless by luck."""


class Figures(Struct, frozen=True):
    """How good a set of answers is against the truth."""

    value: float | None
    """F1 of boxes at IoU 0.5, accuracy of choices; null when there is nothing to compare."""
    precision: float | None
    recall: float | None
    tasks: int


class Quality(Struct, frozen=True):
    """The consensus against the truth, beside what else one could have had. All on the same tasks."""

    measure: str
    consensus: Figures
    agreed_only: Figures
    """The consensus of those tasks on which the annotators agreed."""
    everyone: Figures
    """Plain majority of all recorded answers: what always asking everyone gives."""
    annotators: int
    """People who answered at least 20 tasks of known truth, each judged by all of their recorded answers."""
    annotator_median: float | None
    annotator_best: float | None
    """Of those who answered at least 100; null when nobody did."""


class ProjectSummary(Struct, frozen=True):
    """One project."""

    project_id: str
    tasks: int
    states: dict[str, int]
    """Task state → tasks; `undecided` are those without any decision."""
    answers_used: int
    answers_recorded: int
    spared_ratio: float
    """Share of the recorded answers that nobody had to give."""
    reassignments: int
    agreement_histogram: list[int]
    """Tasks by the score of their last decision, in tenths; the last bin holds 1.0 too."""
    agreement_mean: float | None
    quality: Quality | None
    """None without gold."""


class Summary(Struct, frozen=True):
    """Everything."""

    projects: list[ProjectSummary]
    explained: dict[str, int]
    """Why tasks without a final decision have none → tasks."""
    unexplained: list[str]
    """`project/task` of those for which there is no reason. Empty when all is well."""
    lost: list[str]
    """`project/task/annotator` of answers that were handed in and that no decision holds. Empty when all is well."""
    dead_letters: dict[str, int]
    """Reason → records."""
    alerts: list[Alarms]
    reviews: int
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Every task decided or explained, and no answer lost."""
        return not self.unexplained and not self.lost


def summarise(recordings: Sequence[Recording], queue: LabelingQueue, ledger: Ledger, seconds: float) -> Summary:
    """All figures; `seconds` is how long it took."""
    unsettled = queue.unsettled(ledger)
    open_tasks = [
        task for r in recordings for task in _tasks(r)
        if task not in ledger.decisions or ledger.decisions[task].state not in FINAL_STATES
    ]  # fmt: skip
    reasons = (queue.explanation(task, ledger) for task in open_tasks if task not in set(unsettled))
    return Summary(
        projects=[_project(r, queue, ledger) for r in recordings],
        explained=dict(Counter(reason for reason in reasons if reason is not None)),
        unexplained=["/".join(task) for task in unsettled],
        lost=[f"{'/'.join(task)}/{person}" for task, people in queue.lost(ledger).items() for person in sorted(people)],
        dead_letters=dict(Counter(map(_reason, ledger.dead_letters.values()))),
        alerts=alarms(ledger.alerts.values()),
        reviews=len(ledger.reviews),
        seconds=seconds,
    )


def _reason(letter: DeadLetter) -> str:
    return (
        letter.reason
        if letter.scope == "event"
        else f"{letter.reason} (the region alone; the rest of the answer counts)"
    )


def histogram(scores: Iterable[float], bins: int = HISTOGRAM_BINS) -> list[int]:
    """Counts of values in [0, 1] in equal bins, the last one closed on both sides.

    >>> histogram([0.0, 0.09, 0.1, 0.95, 1.0])
    [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    """
    counts = [0] * bins
    for score in scores:
        counts[min(int(score * bins), bins - 1)] += 1
    return counts


def _project(recording: Recording, queue: LabelingQueue, ledger: Ledger) -> ProjectSummary:
    project = recording.project_id
    tasks = _tasks(recording)
    states = Counter(ledger.decisions[t].state if t in ledger.decisions else "undecided" for t in tasks)
    scores = [d.score for t in tasks if (d := ledger.decisions.get(t)) is not None and d.score is not None]
    used = sum(len(queue.handed.get(task, ())) for task in tasks)
    return ProjectSummary(
        project_id=project,
        tasks=len(tasks),
        states=dict(states.most_common()),
        answers_used=used,
        answers_recorded=len(recording.answers),
        spared_ratio=1 - used / len(recording.answers) if recording.answers else 0.0,
        reassignments=sum(r.project_id == project for r in ledger.reassignments.values()),
        agreement_histogram=histogram(scores),
        agreement_mean=fmean(scores) if scores else None,
        quality=_quality(recording, ledger),
    )


def _quality(recording: Recording, ledger: Ledger) -> Quality | None:
    decided = {task: ledger.decisions[task] for task in recording.gold if task in ledger.decisions}
    if not decided:
        return None
    truth = {task: recording.gold[task].result for task in decided}
    value = _accuracy if any(isinstance(r, Choice) for t in truth.values() for r in t) else _f1
    by_task: dict[TaskKey, list[list[ScoredRegion]]] = {task: [] for task in decided}
    by_person: dict[str, list[Hits]] = {}
    for answer in recording.answers:
        if answer.task in decided:
            by_task[answer.task].append(answer.event.result)
            by_person.setdefault(answer.event.annotator_id, []).append(compare(answer.event.result, truth[answer.task]))
    judged = [hits for hits in by_person.values() if len(hits) >= _JUDGED_TASKS]
    singles = [(len(hits), value(sum(hits, Hits()))) for hits in judged]
    known = [(count, single) for count, single in singles if single is not None]
    consensus = {task: compare(_regions(decision), truth[task]) for task, decision in decided.items()}
    return Quality(
        measure="accuracy" if value is _accuracy else "F1 at IoU 0.5",
        consensus=_figures(consensus.values(), value),
        agreed_only=_figures((hits for task, hits in consensus.items() if decided[task].state == "agreed"), value),
        everyone=_figures((compare(majority(answers), truth[task]) for task, answers in by_task.items()), value),
        annotators=len(known),
        annotator_median=median(single for _, single in known) if known else None,
        annotator_best=max((single for count, single in known if count >= _BEST_TASKS), default=None),
    )


def _accuracy(hits: Hits) -> float | None:
    return hits.recall


def _f1(hits: Hits) -> float | None:
    return hits.f1


def _figures(each: Iterable[Hits], value: Callable[[Hits], float | None]) -> Figures:
    parts = list(each)
    total = sum(parts, Hits())
    return Figures(value(total), total.precision, total.recall, len(parts))


def _regions(decision: SeenDecision) -> list[ScoredRegion]:
    return msgspec.convert(decision.consensus, list[ScoredRegion])


def _tasks(recording: Recording) -> list[TaskKey]:
    return list(dict.fromkeys(answer.task for answer in recording.answers))
