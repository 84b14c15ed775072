"""Material out of what there is: input events through the engine, the results of a replay, or documents of a system.

Each needs the events twice: once to decide, and once more for what was said about the few tasks that are drawn. So it
takes a function that reads them anew, and holds no more than those few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from streams.contracts.decisions import Alert, Decision
from streams.contracts.settings import ProjectSettings
from streams.errors import ConfigurationError
from streams.limits import Limits
from streams.quality.views import alert_item, view
from streams.replay import Replay
from streams.report.contested import AnswersOf, Contested
from streams.report.material import ContestedTask, Views
from streams.stages.decode import Decoded

__all__ = ["Read", "answers_of", "chosen_project", "from_documents", "from_events", "projects_of"]

Read = Callable[[str], Iterable[bytes]]
"""Reads all input events anew; takes what it is for, for a progress bar."""

_UNIT_LINES = 2_000
_DECIDED = frozenset(("task-agreement", "task-disagreement"))
_decode_alert = msgspec.json.Decoder(Alert).decode


class _Named(msgspec.Struct):
    project_id: str
    task_id: str


_named = msgspec.json.Decoder(_Named).decode


def projects_of(lines: Iterable[bytes]) -> Counter[str]:
    """How many events each project has; what names none is passed over."""
    return Counter(named.project_id for _, named in _with_names(lines))


def chosen_project(wanted: str | None, there: Iterable[str], where: str) -> str:
    """The project to report on: the one that was asked for, or the only one that there is.

    Args:
        wanted: what was asked for, if anything.
        there: the projects that there are.
        where: what they were looked for in.

    Raises:
        ConfigurationError: it is not there, or there are several to choose from; names those that there are.

    >>> chosen_project(None, ["street"], "events.jsonl")
    'street'
    """
    known = sorted(there)
    listed = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
    if not known:
        problem = f"expected events or results of at least one project in {where}; there are none"
    elif wanted is None and len(known) > 1:
        problem = f"{where} has {len(known)} projects, a report is of one: say --project, one of {listed}"
    elif wanted is not None and wanted not in known:
        problem = f"expected a project of {where}, one of {listed}; got {wanted!r}"
    else:
        return wanted or known[0]
    raise ConfigurationError([problem], "There is nothing to report on")


def from_events(
    read: Read, settings: Mapping[str, ProjectSettings], project_id: str, limits: Limits, most: int
) -> tuple[Views, list[ContestedTask], int]:
    """Run the engine over a project's events.

    Args:
        read: the events, of this project and others.
        settings: by project.
        project_id: which one.
        limits: of the engine.
        most: tasks to draw, at most.

    Returns:
        The documents, the most contested tasks, and how many events of the project were read.
    """
    engine = Replay(dict(settings), limits)
    decisions = Contested(project_id)
    resolved = []
    lines = 0
    of_project = (line for line, named in _with_names(read("deciding")) if named.project_id == project_id)
    for unit in _units(of_project):
        lines += len(unit)
        for outgoing in engine.step(unit):
            if outgoing.topic in _DECIDED:
                decisions.add(outgoing.value)
            elif outgoing.topic == "quality-alerts":
                alert = _decode_alert(outgoing.value)
                if alert.state == "resolved":
                    resolved.append(alert_item(alert))
    answers = answers_of(read, decisions.most(most), limits)
    if project_id not in engine.projects():
        return Views(), answers, lines
    quality = engine.quality(project_id)
    documents = {name: view(quality, name) for name in Views.names() if name != "alerts"}
    documents["alerts"] = view(quality, "alerts", resolved=resolved)
    return Views.of(documents), answers, lines


def from_documents(
    documents: Mapping[str, Any], decisions: Contested, read: Read | None, limits: Limits, most: int
) -> tuple[Views, list[ContestedTask], list[str]]:
    """From a project's documents (view name → document) and decisions.

    Returns:
        The documents, the most contested tasks, and notes on what is not shown: without the events (`read` is None)
        nobody's answers are known, only the consensus.

    Raises:
        ConfigurationError: a document is not as `contracts.views` says.
    """
    try:
        views = Views.of(documents)
    except msgspec.ValidationError as error:
        problem = f"expected the documents of this version's contracts; {error}; were they written by another version?"
        raise ConfigurationError([problem], "The documents cannot be read") from None
    chosen = decisions.most(most)
    if read is not None:
        return views, answers_of(read, chosen, limits), []
    note = (
        "What annotators answered is not in these results, so contested tasks show the consensus alone. With the input "
        "events (--events FILE) every annotator's answer is drawn."
    )
    return views, AnswersOf(chosen).tasks(), [note] if chosen else []


def answers_of(read: Read, decisions: list[Decision], limits: Limits) -> list[ContestedTask]:
    """The tasks of these decisions with all that the events say about them."""
    gathered = AnswersOf(decisions)
    for line, named in _with_names(read("gathering answers")) if decisions else ():
        if gathered.concerns(named.project_id, named.task_id):
            found = limits.decode(line)
            if isinstance(found, Decoded):
                gathered.add(found.event)
    return gathered.tasks()


def _with_names(lines: Iterable[bytes]) -> Iterator[tuple[bytes, _Named]]:
    for line in lines:
        try:
            named = _named(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        yield line, named


def _units(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(lines)
    while unit := list(islice(rest, _UNIT_LINES)):
        yield unit
