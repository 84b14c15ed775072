"""What `tests.bench.reliability` measured, as tables for a person."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rich.table import Table

from tests.bench.reliability import GoldRun, Run
from tests.bench.reliability_sets import ORDERS

__all__ = ["accuracy_table", "gold_table"]


def accuracy_table(runs: Sequence[Run]) -> Table:
    """A line a contender, a column a set: the three orders, and in brackets the reference where there is one."""
    names = list(dict.fromkeys(run.set for run in runs))
    shown = Table(
        title="Consensus accuracy in one pass: " + " / ".join(ORDERS),
        caption="Random orders: the mean of all seeds, the worst one behind it after a colon. In brackets what another "
        "implementation of the model measured, one draw of each order. µs of processor time: taking a decision back, "
        "deciding anew and adding it.",
    )
    shown.add_column("model")
    for name in names:
        shown.add_column(name, justify="right")
    shown.add_column("µs", justify="right")
    for contender in dict.fromkeys(run.contender for run in runs):
        mine = {run.set: run for run in runs if run.contender == contender}
        cells = [_cell(mine[name]) for name in names]
        shown.add_row(contender, *cells, f"{fmean(run.microseconds for run in mine.values()):.0f}")
    return shown


def _cell(run: Run) -> str:
    figures = [
        f"{mean:.3f}" if mean == lowest else f"{mean:.3f}:{lowest:.3f}"
        for mean, lowest in zip(run.accuracy, run.lowest, strict=True)
    ]
    text = " / ".join(figures)
    return text if run.reference is None else f"{text}\n({' / '.join(f'{value:.3f}' for value in run.reference)})"


def gold_table(runs: Sequence[GoldRun]) -> Table:
    """A line for each set and share of gold."""
    shown = Table(
        title="With gold: the default, and the model that gold chooses, on the tasks that are not gold (shuffled)",
        caption="Evidence: how many times its being better explains the gold than its being equal, of the best other "
        "model, as a power of ten. Another model is taken from 60 (10^1.8) on.",
    )
    for name in ("set", "gold", "majority", "default", "chosen", "models chosen", "evidence"):
        shown.add_column(name, justify="left" if name in ("set", "models chosen") else "right")
    for run in runs:
        figures = [f"{value:.3f}" for value in (run.majority, run.default, run.chosen)]
        gold_tasks = f"{run.tasks:,} ({run.share:.0%})"
        shown.add_row(run.set, gold_tasks, *figures, ", ".join(run.models), f"10^{run.evidence:.1f}")
    return shown
