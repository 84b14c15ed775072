"""What `tests.bench.reliability` measured, as tables for a person and for the README beside the models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Final

from rich.table import Table

from tests.bench.reliability import MAJORITY, REFERENCE, Difference, GoldRun, Run, differences
from tests.bench.reliability_sets import ORDERS

__all__ = ["README", "accuracy_table", "difference_table", "gold_table", "readme_tables"]

README: Final = Path(__file__).parents[2] / "scoring" / "reliability" / "README.md"


def accuracy_table(runs: Sequence[Run]) -> Table:
    """A line a contender, a column a set: the three orders, and in brackets the reference where there is one."""
    names = _sets(runs)
    shown = Table(
        title="Consensus accuracy in one pass: " + " / ".join(ORDERS),
        caption="Random orders: the mean of all draws, the worst one behind it after a colon. In brackets what another "
        "implementation of the model measured, one draw of each order. µs of processor time: taking a decision back, "
        "deciding anew and adding it.",
    )
    shown.add_column("model")
    for name in names:
        shown.add_column(name, justify="right")
    shown.add_column("µs", justify="right")
    for contender, mine in _by_contender(runs):
        cells = [_cell(mine[name]) for name in names]
        shown.add_row(contender, *cells, f"{fmean(run.microseconds for run in mine.values()):.0f}")
    return shown


def difference_table(runs: Sequence[Run]) -> Table:
    """Each contender against the reference, draw by draw, in points of a hundred; the worst also against majority."""
    names = _sets(runs)
    shown = Table(
        title="Points more than the reference on the same draws, ± the standard error: " + " / ".join(ORDERS),
        caption="Behind the semicolon: the draw of all orders that came out worst against the majority. "
        f"{len(runs[0].draws[-1])} draws of each random order.",
    )
    shown.add_column("model")
    for name in names:
        shown.add_column(name, justify="right")
    for contender, *cells in _differences(runs):
        shown.add_row(contender, *cells)
    return shown


def readme_tables(runs: Sequence[Run]) -> dict[str, str]:
    """The README's tables, by their places in it."""
    names = _sets(runs)
    means = [
        [contender, *(" / ".join(f"{mean:.3f}"[1:] for mean in mine[name].accuracy) for name in names)]
        for contender, mine in _by_contender(runs)
    ]
    return {
        "accuracy": _markdown(["", *names], means),
        "differences": _markdown(["", *names], list(_differences(runs))),
    }


def _sets(runs: Sequence[Run]) -> list[str]:
    return list(dict.fromkeys(run.set for run in runs))


def _by_contender(runs: Sequence[Run]) -> Iterator[tuple[str, dict[str, Run]]]:
    for contender in dict.fromkeys(run.contender for run in runs):
        yield contender, {run.set: run for run in runs if run.contender == contender}


def _differences(runs: Sequence[Run]) -> Iterator[list[str]]:
    named = dict(_by_contender(runs))
    reference, majority = named[REFERENCE.name], named[MAJORITY.name]
    for contender, mine in named.items():
        if contender not in (REFERENCE.name, MAJORITY.name):
            cells = []
            for name, run in mine.items():
                against = [_points(one) for one in differences(run, reference[name])]
                worst = min(one.least for one in differences(run, majority[name]))
                cells.append(f"{' / '.join(against)}; {100 * worst:+.1f}")
            yield [contender, *cells]


def _points(one: Difference) -> str:
    error = f"±{100 * one.error:.2f}" if one.error else ""
    return f"{100 * one.mean:+.2f}{error}"


def _markdown(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heading, ["---"] * len(heading), *rows))


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
