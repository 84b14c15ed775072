"""Path → document: what each endpoint answers with, out of what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from itertools import islice
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Raw, Struct

from streams.adapters.http_api.access import Reader
from streams.adapters.http_api.memory import Bounded, ReadProject, read_project
from streams.adapters.http_api.messages import Problem
from streams.adapters.http_api.parameters import (
    ALERT,
    ALERT_STATE,
    ANNOTATOR,
    CONTROL,
    LIMIT,
    OFFSET,
    SIDE,
    TASK_STATE,
    Arguments,
    Parameter,
)
from streams.adapters.quality_reader import QualityReader
from streams.contracts.views import (
    VIEW_NAMES,
    AgreementView,
    AlertsView,
    AnnotatorsView,
    BenchmarkView,
    ClassesView,
    MatrixView,
    OverviewView,
    ProjectItem,
    ProjectsView,
    TasksView,
    TaskView,
)
from streams.quality.views import view

__all__ = ["ENDPOINTS", "Documents", "Endpoint", "Found"]

T = TypeVar("T")

_PAGED = (LIMIT, OFFSET)
_MADE_BYTES = 16_000_000
_PROJECTS_BYTES = 32_000_000


class Found(NamedTuple):
    """A document."""

    body: bytes
    more: bool = False
    """Whether its list goes on."""


class Endpoint(NamedTuple):
    """One path."""

    path: str
    """With names in braces for what varies."""
    name: str
    """Of the view, or `projects`, `task`."""
    summary: str
    document: type[Struct]
    parameters: tuple[Parameter, ...] = ()


_VIEWS: Mapping[str, tuple[str, type[Struct], tuple[Parameter, ...]]] = {
    "overview": ("A project at one glance.", OverviewView, ()),
    "agreement": ("How far annotators agree, by control and over time.", AgreementView, (CONTROL,)),
    "annotators": ("Annotators, those least in line with the consensus first.", AnnotatorsView, (ANNOTATOR, *_PAGED)),
    "tasks": ("Tasks, the least agreed first; `total` counts those not listed too.", TasksView, (TASK_STATE, *_PAGED)),
    "benchmark": ("Everybody and the consensus against gold, least accurate first.", BenchmarkView, _PAGED),
    "alerts": ("Open alerts, newest first, then those that are over.", AlertsView, (ALERT, ALERT_STATE, *_PAGED)),
    "matrix": ("Agreement of every two annotators, and how many tasks they had in common.", MatrixView, (SIDE,)),
    "classes": ("How often each class is found, overall and by annotator.", ClassesView, (CONTROL,)),
}  # fmt: skip

_FILTERS: Mapping[str, Sequence[str]] = {
    "agreement": ["control"],
    "annotators": ["annotator"],
    "alerts": ["alert"],
    "matrix": ["limit"],
    "classes": ["control"],
}
"""View → its parameters that are keyword arguments of the function that makes it."""

_CUT_WHERE_MADE = ("annotators", "benchmark")
"""Views whose items cost much to make: those behind the page are not made."""

ENDPOINTS: Sequence[Endpoint] = (
    Endpoint("/v1/projects", "projects", "The projects that the token opens.", ProjectsView, _PAGED),
    *(Endpoint(f"/v1/projects/{{project}}/quality/{name}", name, *_VIEWS[name]) for name in VIEW_NAMES),
    Endpoint("/v1/tasks/{project}/{task}", "task", "A task's decision, and those that it took the place of.", TaskView),
)
"""All that is read of projects."""


class _Made(NamedTuple):
    version: str
    found: Found


class Documents:
    """Makes documents.

    Args:
        reader: of what is stored.
        executor: where it makes them: a large project must not hold up the event loop that decides tasks.
    """

    def __init__(self, reader: QualityReader, executor: Executor) -> None:
        self._reader = reader
        self._executor = executor
        self._made: Bounded[_Made] = Bounded(_MADE_BYTES)
        self._known: Bounded[ReadProject] = Bounded(_PROJECTS_BYTES)

    async def find(self, endpoint: Endpoint, names: Mapping[str, str], given: Arguments, reader: Reader) -> Found:
        """The document of an endpoint.

        Raises:
            Problem: 404: there is no such project or task.
            QualityUnavailable: what is stored can't be reached.
        """
        match endpoint.name:
            case "projects":
                return await self._projects(reader, given)
            case "task":
                return await self._task(names["project"], names["task"])
            case "tasks":
                return await self._tasks(names["project"], given)
            case name:
                return await self._view(names["project"], name, given)

    async def _projects(self, reader: Reader, given: Arguments) -> Found:
        readable = [project for project in await self._reader.projects() if reader.may_read(project)]
        page, more = _page(readable, given)
        return Found(msgspec.json.encode(ProjectsView(items=[_project(project) for project in page])), more)

    async def _task(self, project: str, task: str) -> Found:
        revisions = await self._reader.revisions(project, task)
        if not revisions:
            await self._require(project)
            raise Problem(
                404, "task-unknown",
                f"no decision about task {task!r} of project {project!r}: not decided yet, or longer ago than is kept",
            )  # fmt: skip
        newest, *former = map(Raw, revisions)
        document = {"project_id": project, "task_id": task, "decision": newest, "former": former}
        return Found(msgspec.json.encode(document))

    async def _tasks(self, project: str, given: Arguments) -> Found:
        page = await self._reader.tasks(project, given.get("state"), given["offset"], given["limit"])
        if not page.items:
            await self._require(project)
        found = TasksView(project_id=project, total=page.total, items=list(page.items))
        return Found(msgspec.json.encode(found), page.more)

    async def _view(self, project: str, name: str, given: Arguments) -> Found:
        version = await self._reader.quality_version(project)
        if version is None:
            raise _unknown(project)
        key = (project, name, *sorted(given.items()))
        known = self._made.get(key)
        if known is not None and known.version == version:
            return known.found
        filters = {parameter: given[parameter] for parameter in _FILTERS.get(name, ()) if parameter in given}
        if name in _CUT_WHERE_MADE:  # one more than is shown, to know whether there are more
            filters["limit"] = given["offset"] + given["limit"] + 1
        if name == "alerts":
            filters["resolved"] = await self._reader.resolved_alerts(project)
        stands = await self._read(project, version)

        def make() -> Found:
            document: Any = view(stands.quality, name, **filters)
            more = False
            if "offset" in given:
                document, more = _paged(document, given)
            return Found(msgspec.json.encode(document), more)

        found = await self._aside(make)
        if name != "alerts":  # those that are over are no part of the records that the version is of
            self._made.put(key, _Made(stands.version, found), len(found.body))
        return found

    async def _read(self, project: str, version: str) -> ReadProject:
        """The project, at this version or a later one."""
        former = self._known.get(project)
        if former is not None and former.version == version:
            return former
        stored = await self._reader.quality(project)
        if stored is None:
            raise _unknown(project)
        try:
            found = await self._aside(lambda: read_project(stored, former))
        except LookupError:
            raise _incomplete(project) from None
        self._known.put(project, found, found.size_bytes)
        return found

    def _aside(self, work: Callable[[], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def _require(self, project: str) -> None:
        if await self._reader.quality_version(project) is None and project not in await self._reader.projects():
            raise _unknown(project)


def _paged(document: Any, given: Arguments) -> tuple[Any, bool]:
    """The part of a view's list that was asked for, and whether the list goes on."""
    items = document.items
    if "state" in given:
        items = [alert for alert in items if (alert.resolved_at is None) == (given["state"] == "open")]
    page, more = _page(items, given)
    return msgspec.structs.replace(document, items=page), more


def _page(items: Sequence[Any], given: Arguments) -> tuple[list[Any], bool]:
    start, end = given["offset"], given["offset"] + given["limit"]
    return list(islice(items, start, end)), len(items) > end


def _project(project: str) -> ProjectItem:
    base = f"/v1/projects/{quote(project, safe='')}/quality/"
    return ProjectItem(project_id=project, views={name: base + name for name in VIEW_NAMES})


def _incomplete(project: str) -> Problem:
    detail = f"the figures of project {project!r} are still being read in; ask again"
    return Problem(503, "incomplete", detail, {"Retry-After": "5"})


def _unknown(project: str) -> Problem:
    return Problem(
        404, "project-unknown", f"nothing is known of a project {project!r}; /v1/projects lists those that there are"
    )
