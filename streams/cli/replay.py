"""`labelquorum replay`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from streams.cli.options import config_options, configuration
from streams.errors import ConfigurationError
from streams.settings_file import read_settings

__all__ = ["replay"]


@click.command()
@click.argument("events", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--settings", "settings_path", type=click.Path(dir_okay=False), help="YAML file of project settings.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the results.")
@click.option("--broker", "to_broker", default=None, help="Produce the events to this Kafka instead of deciding here.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
@config_options("max_record_bytes", "max_regions", "retention_seconds", "topic_prefix", connection=False)
def replay(
    events: tuple[Path, ...],
    settings_path: str | None,
    out: Path | None,
    to_broker: str | None,
    as_json: bool,
    quiet: bool,
    **options: str | None,
) -> None:
    """Decide recorded EVENTS (JSON lines, .gz or not) by the very engine of the worker, without a broker.

    Writes decisions.jsonl, reassignments.jsonl, reviews.jsonl, alerts.jsonl, dead-letters.jsonl and summary.json into
    --out. The same events and settings give the same bytes: replay with other settings to see what they would change.
    """
    from streams.replay_files import read_lines, replay_files
    from streams.wiring import limits_of

    for path in events:
        if not path.is_file():
            raise ConfigurationError([f"{path}: no such file"], "Events cannot be read")
    config = configuration(broker=to_broker, **options)
    total = sum(1 for path in events for _ in read_lines(path))
    with _progress(quiet or as_json) as progress:
        task = progress.add_task("replaying", total=total)
        lines = _counted((line for path in events for line in read_lines(path)), progress, task)
        if to_broker is not None:
            from streams.adapters.kafka.feed import feed

            count = asyncio.run(feed(config, lines))
            click.echo(f"produced {count:,} events to {config.topic('annotation-events')} at {config.broker}")
            return
        if out is None:
            raise click.UsageError("say where the results go: --out FOLDER")
        settings = read_settings(settings_path) if settings_path else {}
        summary = replay_files(lines, settings, out, limits_of(config))
    if as_json:
        click.echo(msgspec.json.encode(summary).decode())
    else:
        _show(summary, out)


def _progress(quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True)


def _counted(lines: Iterable[bytes], progress: Progress, task: Any) -> Iterator[bytes]:
    for number, line in enumerate(lines, 1):
        if number % 500 == 0:
            progress.update(task, completed=number)
        yield line


def _show(summary: dict[str, Any], out: Path) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in summary.items():
        text = (
            ", ".join(f"{key} {count:,}" for key, count in value.items()) if isinstance(value, dict) else f"{value:,}"
        )
        table.add_row(name.replace("_", " "), text or "none")
    console = Console()
    console.print(table)
    console.print(f"written to {out}", highlight=False)
