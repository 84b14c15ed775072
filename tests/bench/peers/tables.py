"""The figures as tables for a person."""

from __future__ import annotations

import os
from collections.abc import Sequence
from statistics import median

from rich.table import Table

from tests.bench.peers.growth import Growth
from tests.bench.peers.measure import Compared

__all__ = ["comparison", "growth"]


def comparison(compared: Sequence[Compared]) -> Table:
    """One line a case."""
    table = Table(
        title="Ours beside what a user would call instead, one thread, in turns",
        caption="Medians of the rounds, each the fastest call of its time; a ratio above 1: ours is faster. Wanted: 1 "
        "of a library on its own ground, 10 of platform code (dtlpy, datumaro), none where the peer rasterises what is "
        "exact here. IoU of masks, of polygons and of five annotators' boxes is all with all here, of every two "
        "annotators there; alpha is with its interval here, without there. Shapes are held as users hold them, for "
        "polygons on both sides with their geometries, but for those from points. Installing and reading inputs is "
        f"not timed. Load average {os.getloadavg()[0]:.1f}.",
    )
    table.add_column("case")
    table.add_column("peer")
    for name in ("peer, ms", "ours, ms", "ratio"):
        table.add_column(name, justify="right")
    table.add_column("same figure")
    for one in compared:
        table.add_row(
            one.case,
            one.peer,
            _milliseconds(one.peer_seconds),
            _milliseconds(one.our_seconds),
            "-"
            if one.ratio is None
            else f"{one.ratio:.2f}" + (" [bold]not reached[/bold]" if one.reached is False else ""),
            one.same,
        )
    return table


def growth(measured: Sequence[Growth]) -> Table:
    """One line a kind."""
    table = Table(
        title="How a task of five annotators grows: compare all, match every two, score, cluster",
        caption="Milliseconds by the number of objects of each annotator. The power is that of the last step: 1 is "
        "linear, 2 the square. Relations and spans in one another are similar to very many by themselves.",
    )
    table.add_column("what")
    table.add_column("objects: ms")
    table.add_column("power", justify="right")
    for one in measured:
        steps = (f"{size:,}: {seconds * 1e3:,.1f}" for size, seconds in zip(one.objects, one.seconds, strict=True))
        table.add_row(one.what, "   ".join(steps), f"{one.exponent:.1f}")
    return table


def _milliseconds(rounds: Sequence[float]) -> str:
    return f"{median(rounds) * 1e3:,.3f}" if rounds else "-"
