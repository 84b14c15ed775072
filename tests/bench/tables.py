"""Figures as tables for a person."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from rich.table import Table

from tests.bench.latency import Latency
from tests.bench.memory import Memory
from tests.bench.microbench import Timing
from tests.bench.place import Broker
from tests.bench.throughput import BARE, BARE_DECISIONS, BARE_TRIVIAL, STOCK, STOCK_DECISIONS, Throughput

__all__ = ["latency", "memory", "throughput", "timings", "verdicts"]

_LEAST_OF_BARE, _LEAST_OF_STOCK = 0.5, 10.0
"""What the project set itself."""


def throughput(measured: Throughput, broker: Broker) -> Table:
    """One line a contender."""
    load = os.getloadavg()[0]
    table = Table(
        title=f"Throughput on {broker.name}, {os.cpu_count()} processors shared with it",
        caption=f"{measured.events:,} events of {measured.bytes_per_event:.0f} bytes, medians of all rounds; load "
        f"average {load:.1f}. All but the trivial job made the same decisions: "
        f"{'yes, byte for byte' if measured.same_decisions() else 'NO, the figures are not comparable'}. {BARE} and "
        f"{STOCK} do the worker's whole job; decisions only: no edits, duplicates, clocks, statistics; trivial: "
        "no contract and no engine, what Kafka itself costs in Python. Processor time is the steadier measure "
        "on a machine with other work.",
    )
    table.add_column("contender")
    for name in (
        "events/s", "in each round", f"of {BARE}", f"times {STOCK}", f"times {STOCK_DECISIONS}", "CPU s per 100,000",
        "of bare, by CPU",
    ):  # fmt: skip
        table.add_column(name, justify="right")
    for contender in measured.contenders():
        rounds = " ".join(f"{r.events_per_second:,.0f}" for r in measured.runs if r.contender == contender)
        table.add_row(
            contender,
            f"{measured.rate(contender):,.0f}",
            rounds,
            _ratio(measured.ratio(contender, BARE), "{:.0%}"),
            _ratio(measured.ratio(contender, STOCK), "{:.1f}"),
            _ratio(measured.ratio(contender, STOCK_DECISIONS), "{:.1f}"),
            f"{measured.cpu(contender):.2f}",
            f"{measured.cpu(BARE) / measured.cpu(contender):.0%}",
        )
    return table


def verdicts(measured: Throughput) -> Iterator[str]:
    """What the project set itself, and whether it holds in this run."""
    for contender in measured.contenders():
        if not contender.startswith("worker"):
            continue
        for base, least, form in ((BARE, _LEAST_OF_BARE, "{:.0%}"), (STOCK, _LEAST_OF_STOCK, "{:.1f} times")):
            ratio = measured.ratio(contender, base)
            if ratio is not None:
                word = "reached" if ratio >= least else "[bold]not reached[/bold]"
                yield f"{contender}: {form.format(ratio)} of {base}, wanted at least {form.format(least)}: {word}"
        for less, form in ((BARE_DECISIONS, "{:.0%}"), (STOCK_DECISIONS, "{:.1f} times"), (BARE_TRIVIAL, "{:.0%}")):
            ratio = measured.ratio(contender, less)
            if ratio is not None:
                yield f"{contender}: {form.format(ratio)} of {less}, for orientation: it does less"


def latency(runs: Sequence[Latency], broker: Broker) -> Table:
    """One line a run."""
    table = Table(
        title=f"From a task's last submission to its decision at a read_committed reader, on {broker.name}",
        caption="Milliseconds, counted from when the submission was due. The last column is how late our own producer "
        "was: part of the others, and not the worker's.",
    )
    table.add_column("delivery")
    for name in ("events/s", "decisions", "p50", "p90", "p99", "most", "producer late, p99"):
        table.add_column(name, justify="right")
    for run in runs:
        spread = (run.p50_ms, run.p90_ms, run.p99_ms, run.max_ms, run.producer_late_p99_ms)
        table.add_row(
            run.delivery, f"{run.events_per_second:,.0f}", f"{run.decisions:,}", *(f"{value:.0f}" for value in spread)
        )
    return table


def memory(runs: Sequence[Memory], broker: Broker) -> Table:
    """One line a form."""
    table = Table(
        title=f"The worker's memory over the demo stream, looped, on {broker.name}",
        caption="Resident megabytes, at the start and after each loop. repeated: the same events; renewed: new tasks "
        "in every loop, later by more than the retention. The slope is taken after the second loop.",
    )
    for name in ("form", "events and tasks a loop", "MB", "MB a loop"):
        table.add_column(name)
    for run in runs:
        slope = f"{run.slope:+.2f}" if len(run.megabytes) > 4 else "too few loops"
        loops = " ".join(f"{value:.0f}" for value in run.megabytes)
        table.add_row(run.form, f"{run.events_per_loop:,}, {run.tasks_per_loop:,}", loops, slope)
    return table


def timings(measured: Sequence[Timing]) -> Table:
    """One line a cost."""
    table = Table(title="Costs without a broker, one thread, best of several repeats")
    table.add_column("what")
    table.add_column("µs", justify="right")
    table.add_column("a")
    for timing in measured:
        table.add_row(timing.what, f"{timing.microseconds:,.1f}", timing.per)
    return table


def _ratio(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
