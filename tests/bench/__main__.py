"""The benchmark.

    python -m tests.bench                        everything, one after the other, on one broker
    python -m tests.bench throughput --rounds 5
    python -m tests.bench latency --rate 6000
    python -m tests.bench memory --loops 10
    python -m tests.bench scoring
    python -m tests.bench reliability --datasets DIR    reliability models in a stream, on sets with gold
    python -m tests.bench alarms --write         the tables of scoring/rolling/README.md
    python -m tests.bench peers                  ours beside the libraries that a user would call, and how we grow

Prints tables; `--json FILE` keeps every figure. Nothing here passes or fails: times depend on the machine, and ratios
within one run are what counts.
"""

from __future__ import annotations

import logging
import os
import platform
import signal
import sys
from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from tests.bench import alarms as alarm_tables
from tests.bench import reliability_tables, tables
from tests.bench.latency import Latency, measure_latency
from tests.bench.memory import FORMS, Memory, measure_memory
from tests.bench.microbench import measure_engine, measure_scoring
from tests.bench.peers.cases import all_cases
from tests.bench.peers.growth import measure_growth
from tests.bench.peers.measure import compare
from tests.bench.peers.tables import comparison, growth
from tests.bench.place import Broker, open_broker
from tests.bench.reliability import CONTENDERS, FURTHER, measure_gold, measure_reliability
from tests.bench.reliability_sets import SEEDS, load_sets
from tests.bench.throughput import Throughput, measure_throughput

_console = Console(width=None if sys.stdout.isatty() else 132)
_PLAIN_RATE = 3_000.0
"""Events a second for latency where no full speed was measured before."""
_SHARE_OF_FULL_SPEED = 1 / 3


def told(text: str) -> None:
    """Progress: to stderr, so that stdout is the tables."""
    click.echo(text, err=True)


def _options(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    known = {
        "events": click.option("--events", default=150_000, show_default=True, help="Events of a contender's run."),
        "rounds": click.option("--rounds", default=3, show_default=True, help="Turns of the contenders."),
        "stock_events": click.option(
            "--stock-events", default=12_000, show_default=True, help="Events of the stock agent's run; it is slow."
        ),
        "rate": click.option("--rate", type=float, help="Events a second; default: a third of the full speed."),
        "seconds": click.option("--seconds", default=15.0, show_default=True, help="Length of a latency run."),
        "loops": click.option("--loops", default=10, show_default=True, help="Turns of the demo stream."),
        "broker": click.option("--broker", metavar="HOST:PORT", help="Default: an Apache Kafka of our own."),
        "json_file": click.option(
            "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every figure there."
        ),
    }

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def prepared(*args: Any, **kwargs: Any) -> None:
            if not Path("/proc/self/stat").exists():
                raise click.UsageError("the benchmark reads processor time and memory from /proc: run it on Linux")
            # Ended from outside, it still takes its broker and its workers with it.
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
            # A new topic has no leader for a moment, and a broker of ours goes away while clients still know it.
            logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
            command(*args, **kwargs)

        for name in reversed(names):
            prepared = known[name](prepared)
        return prepared

    return decorate


@click.group(invoke_without_command=True)
@_options("events", "rounds", "stock_events", "rate", "seconds", "loops", "broker", "json_file")
@click.pass_context
def main(
    context: click.Context, events: int, rounds: int, stock_events: int, rate: float | None, seconds: float,
    loops: int, broker: str | None, json_file: Path | None,
) -> None:  # fmt: skip
    """Measure labelquorum: rates against a bare loop and a stock Faust agent, latency, memory, scoring."""
    if context.invoked_subcommand is not None:
        return
    figures: dict[str, Any] = {"scoring": _scoring()}
    with open_broker(broker) as place:
        figures["broker"] = place.name
        measured = _throughput(place, events, rounds, stock_events)
        figures["throughput"] = measured
        figures["latency"] = _latency(place, rate, seconds, measured)
        figures["memory"] = _memory(place, loops)
    _keep(json_file, figures)


@main.command()
@_options("events", "rounds", "stock_events", "broker", "json_file")
def throughput(events: int, rounds: int, stock_events: int, broker: str | None, json_file: Path | None) -> None:
    """Rates and processor time of all contenders, in turn."""
    with open_broker(broker) as place:
        _keep(json_file, {"broker": place.name, "throughput": _throughput(place, events, rounds, stock_events)})


@main.command()
@_options("rate", "seconds", "broker", "json_file")
def latency(rate: float | None, seconds: float, broker: str | None, json_file: Path | None) -> None:
    """From a task's last submission to its decision at a reader of committed records."""
    with open_broker(broker) as place:
        _keep(json_file, {"broker": place.name, "latency": _latency(place, rate, seconds, None)})


@main.command()
@_options("loops", "broker", "json_file")
def memory(loops: int, broker: str | None, json_file: Path | None) -> None:
    """The worker's resident set over the demo stream, looped."""
    with open_broker(broker) as place:
        _keep(json_file, {"broker": place.name, "memory": _memory(place, loops)})


@main.command()
@_options("json_file")
def scoring(json_file: Path | None) -> None:
    """Costs of the engine and of the mathematics by themselves; needs no broker."""
    _keep(json_file, {"scoring": _scoring()})


@main.command()
@click.option("--write", is_flag=True, help="Put the tables into scoring/rolling/README.md.")
def alarms(write: bool) -> None:
    """False alarms and detection delays of the alerts' tests, simulated; needs no broker."""
    found = alarm_tables.defaults() | alarm_tables.simulated(told)
    if not write:
        for name, table in found.items():
            click.echo(f"{name}\n\n{table}")
        return
    text = alarm_tables.README.read_text(encoding="utf-8")
    alarm_tables.README.write_text(alarm_tables.with_tables(text, found), encoding="utf-8")
    told(f"the tables are in {alarm_tables.README}")


@main.command()
@click.option("--only", default="", help="Cases and kinds whose name or peer has this in it.")
@click.option(
    "--seconds", default=0.2, show_default=True, help="What a round of a case times at least, on either side."
)
@_options("rounds", "json_file")
def peers(only: str, seconds: float, rounds: int, json_file: Path | None) -> None:
    """Ours beside the libraries and platform code that one would call, and how our costs grow; needs no broker."""
    chosen = [case for case in all_cases() if only in f"{case.name} {case.peer.name}"]
    compared = list(compare(chosen, rounds, seconds, told))
    _console.print(comparison(compared))
    grown = list(measure_growth(only, told))
    _console.print(growth(grown))
    ratios = [{"case": one.case, "ratio": one.ratio, "reached": one.reached} for one in compared]
    _keep(json_file, {"peers": compared, "ratios": ratios, "growth": grown})


@main.command()
@click.option(
    "--datasets", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), help="NAME.jsonl.gz."
)
@click.option("--set", "names", multiple=True, help="Only this set; may be given again. Default: all with gold.")
@click.option("--seeds", default=SEEDS, show_default=True, help="Random orders of which a figure is the mean.")
@click.option("--further", is_flag=True, help="Also the models that are no default, and were not to be reached.")
@click.option("--gold/--no-gold", "also_gold", default=True, help="Also what gold adds.  [default: gold]")
@click.option("--write", is_flag=True, help="Put the tables into scoring/reliability/README.md.")
@_options("json_file")
def reliability(
    datasets: Path, names: tuple[str, ...], seeds: int, further: bool, also_gold: bool, write: bool,
    json_file: Path | None,
) -> None:  # fmt: skip
    """Consensus accuracy of the reliability models in one pass, in three orders, and what gold adds to it."""
    sets = load_sets(datasets, names)
    runs = measure_reliability(sets, told, (*CONTENDERS, *FURTHER) if further else CONTENDERS, seeds)
    _console.print(reliability_tables.accuracy_table(runs))
    _console.print(reliability_tables.difference_table(runs))
    figures: dict[str, Any] = {"reliability": runs}
    if also_gold:
        figures["reliability_with_gold"] = with_gold = measure_gold(sets, told, seeds=seeds)
        _console.print(reliability_tables.gold_table(with_gold))
    if write:
        page = reliability_tables.README
        text = alarm_tables.with_tables(page.read_text(encoding="utf-8"), reliability_tables.readme_tables(runs))
        page.write_text(text, encoding="utf-8")
        told(f"the tables are in {page}")
    _keep(json_file, figures)


def _throughput(place: Broker, events: int, rounds: int, stock_events: int) -> Throughput:
    measured = measure_throughput(place, events, rounds, stock_events, told)
    _console.print(tables.throughput(measured, place))
    for verdict in tables.verdicts(measured):
        _console.print(verdict)
    return measured


def _latency(place: Broker, rate: float | None, seconds: float, measured: Throughput | None) -> list[Latency]:
    runs = []
    for delivery in place.deliveries:
        full = measured.rate(f"worker, {delivery}") if measured else None
        at = rate or (full * _SHARE_OF_FULL_SPEED if full else _PLAIN_RATE)
        told(f"latency: worker, {delivery}, {at:,.0f} events/s")
        runs.append(measure_latency(place, delivery, at, seconds))
    _console.print(tables.latency(runs, place))
    return runs


def _memory(place: Broker, loops: int) -> list[Memory]:
    runs = [measure_memory(place, form, loops, told) for form in FORMS]
    _console.print(tables.memory(runs, place))
    return runs


def _scoring() -> list[Any]:
    timings = []
    for timing in (*measure_engine(), *measure_scoring()):
        told(f"{timing.what}: {timing.microseconds:,.1f} µs a{'n' if timing.per == 'event' else ''} {timing.per}")
        timings.append(timing)
    _console.print(tables.timings(timings))
    return timings


def _keep(json_file: Path | None, figures: dict[str, Any]) -> None:
    if json_file is None:
        return
    figures["machine"] = {
        "processors": os.cpu_count(),
        "architecture": platform.machine(),
        "python": sys.version.split()[0],
        "load_average": os.getloadavg(),
        **{name: version(name) for name in ("labelquorum", "faust-streaming", "aiokafka", "msgspec", "numpy")},
    }
    json_file.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n")
    told(f"figures are in {json_file}")


if __name__ == "__main__":
    main()
