"""Shows a queue being played: live on a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import time
from statistics import fmean
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from streams.demo.progress import Snapshot, sparkline

__all__ = ["Display", "line", "panel"]

_FRAME_SECONDS = 0.1
_LINE_SECONDS = 3.0
_SPARK_WIDTH = 50
_SHOWN_ALERTS = 4
_RECENT = 100
"""Decisions in the rolling agreement."""


class Display:
    """Shows snapshots while it is entered. `due` says when the next is worth making."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._begun = self._next = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether it is time for another snapshot."""
        return time.monotonic() >= self._next

    def show(self, snapshot: Snapshot) -> None:
        """Put it on the screen."""
        now = time.monotonic()
        self._next = now + (_FRAME_SECONDS if self._live else _LINE_SECONDS)
        if self._live:
            self._live.update(panel(snapshot, now - self._begun), refresh=True)
        else:
            self._console.print(line(snapshot, now - self._begun), highlight=False, soft_wrap=True)

    def __enter__(self) -> Self:
        self._begun = self._next = time.monotonic()
        if self._live:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if self._live:
            self._live.stop()


def line(snapshot: Snapshot, seconds: float) -> str:
    """One line for logs."""
    s = snapshot
    rolling = ", ".join(f"{p} {fmean(found[-_RECENT:]):.2f}" for p, found in sorted(s.scores.items()))
    return (
        f"{seconds:5.1f} s  {s.decided:,} of {s.tasks:,} tasks decided · answers {s.answers:,} · "
        f"waiting {s.waiting:,} · agreed {s.agreed:,} · disagreed {s.disagreed:,} · reassigned {s.reassigned:,} · "
        f"dead letters {s.dead_letters:,} · alerts {len(s.alerts)}" + (f" · agreement {rolling}" if rolling else "")
    )


def panel(snapshot: Snapshot, seconds: float) -> RenderableType:
    """Everything at a glance."""
    s = snapshot
    bar = Table.grid(padding=(0, 1), expand=True)
    bar.add_column(ratio=1)
    bar.add_column(justify="right", no_wrap=True)
    bar.add_row(
        ProgressBar(total=max(s.tasks, 1), completed=s.decided), f"{s.decided:,} / {s.tasks:,} tasks  {seconds:.0f} s"
    )
    counters = Table.grid(padding=(0, 3))
    counters.add_row(
        *(
            Text.assemble((f"{count:,}", f"bold {style}"), f" {name}")
            for name, count, style in (
                ("answers in", s.answers, "white"),
                ("waiting", s.waiting, "yellow"),
                ("agreed", s.agreed, "green"),
                ("disagreed", s.disagreed, "red"),
                ("reassigned", s.reassigned, "cyan"),
                ("dead letters", s.dead_letters, "magenta"),
            )
        )
    )
    rows: list[RenderableType] = [bar, counters, _agreement(s)]
    rows += [Text(f"! {alert}", style="bold red") for alert in s.alerts[-_SHOWN_ALERTS:]]
    return Panel(Group(*rows), title="labelquorum demo", subtitle="Ctrl-C ends it", border_style="blue")


def _agreement(snapshot: Snapshot) -> Table:
    table = Table.grid(padding=(0, 2))
    for project, scores in sorted(snapshot.scores.items()):
        table.add_row(
            Text(f"agreement {project}"),
            Text(sparkline(scores, _SPARK_WIDTH), style="green"),
            Text(f"{fmean(scores[-_RECENT:]):.2f}", style="bold"),
        )
    return table
