"""What the HTTP API and the report need of wherever a project's quality is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from streams.contracts.views import AlertItem, TaskItem
from streams.errors import LabelquorumError

__all__ = ["QualityReader", "QualityUnavailable", "StoredQuality", "TaskPage"]


class QualityUnavailable(LabelquorumError):
    """What is stored can't be read now; worth another attempt later."""


class StoredQuality(NamedTuple):
    """A project's records of the `quality` table, as of one moment."""

    version: str
    """The same version, the same records."""
    records: Mapping[bytes, bytes]


class TaskPage(NamedTuple):
    """Some tasks out of a list."""

    items: Sequence[TaskItem]
    more: bool
    """Whether the list goes on behind them."""
    total: int | None
    """Tasks in all, listed or not; none where the project's figures are not known."""


class QualityReader(Protocol):
    """Reads what is stored; every method raises `QualityUnavailable` when it can't be reached.

    `adapters.redis_model.ReadModel` is one.
    """

    async def projects(self) -> Sequence[str]:
        """The ids of all projects, sorted."""
        ...

    async def quality_version(self, project: str) -> str | None:
        """`StoredQuality.version`, for less than the records cost; none where nothing is known of the project."""
        ...

    async def quality(self, project: str) -> StoredQuality | None:
        """The project's records; none where nothing is known of it."""
        ...

    async def tasks(self, project: str, state: str | None, offset: int, limit: int) -> TaskPage:
        """Tasks `in_order` (`quality.views`); in any state, or in one."""
        ...

    async def resolved_alerts(self, project: str) -> Sequence[AlertItem]:
        """Alerts that are over, the newest first, as far back as they are kept."""
        ...

    async def revisions(self, project: str, task: str) -> Sequence[bytes]:
        """The revisions of a task's decision as they were sent, newest first; empty where there is none."""
        ...
