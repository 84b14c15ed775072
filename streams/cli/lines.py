"""Recorded events for commands that read them: the lines of files, and a progress bar that moves with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zlib import error as ZlibError

from streams.errors import ConfigurationError

if TYPE_CHECKING:  # what only some commands need is imported where they need it
    from rich.progress import Progress

__all__ = ["counted", "lines_of", "progress_bar"]

_SHOWN_EVERY = 500
"""Things between two movements of the progress bar."""

T = TypeVar("T")


def progress_bar(quiet: bool) -> Progress:
    """A bar on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True)


def lines_of(paths: Sequence[Path], progress: Progress, doing: str) -> Iterator[bytes]:
    """The lines of all files; the bar moves with them. Files are read twice only where there is a bar to fill.

    Raises:
        ConfigurationError: a file is not there, or is not the gzip that its name says.
    """
    for path in paths:
        if not path.is_file():
            raise _unreadable(path, "is not a file" if path.exists() else "no such file")
    total = None if progress.disable else sum(1 for path in paths for _ in _lines(path))
    return counted((line for path in paths for line in _lines(path)), progress, doing, total)


def counted(things: Iterable[T], progress: Progress, doing: str, total: int | None) -> Iterator[T]:
    """The same things; the bar moves with them."""
    task = progress.add_task(doing, total=total)
    for number, thing in enumerate(things, 1):
        if number % _SHOWN_EVERY == 0:
            progress.update(task, completed=number)
        yield thing


def _lines(path: Path) -> Iterator[bytes]:
    from streams.replay_files import read_lines

    try:
        yield from read_lines(path)
    except (OSError, EOFError, ZlibError) as error:  # gzip ends with each of them
        reason = getattr(error, "strerror", None) or error
        hint = "; expected gzip, as its name ends in .gz" if path.suffix == ".gz" else ""
        raise _unreadable(path, f"{reason}{hint}") from None


def _unreadable(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError([f"{path}: {reason}"], "Events cannot be read")
