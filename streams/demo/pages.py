"""The report on each project that was played, as `labelquorum report` writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from streams.contracts.settings import ProjectSettings
from streams.limits import Limits
from streams.report.material import Material
from streams.report.sources import from_events

__all__ = ["can_write", "write_report"]

_CONTESTED_TASKS = 12
_NEEDED = ("jinja2", "matplotlib", "PIL")


def can_write() -> bool:
    """Whether the extra `report` is installed."""
    return all(find_spec(name) for name in _NEEDED)


def write_report(
    project_id: str, events: Sequence[bytes], settings: Mapping[str, ProjectSettings], folder: Path
) -> Path:
    """Write `PROJECT.html` into a folder, from the events that were handed in.

    Raises:
        OSError: the folder cannot be written to.
    """
    from streams.report.page import render  # needs what only the report needs

    def read(_doing: str) -> Iterable[bytes]:
        return events

    views, contested, count = from_events(read, settings, project_id, Limits(), _CONTESTED_TASKS)
    source = f"{count:,} events that the demo handed in"
    page = render(Material(project_id=project_id, source=source, views=views, contested=contested, notes=[]))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{project_id}.html"
    path.write_bytes(page.encode())
    return path
