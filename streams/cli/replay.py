"""`labelquorum replay`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from streams.cli.lines import lines_of, progress_bar
from streams.cli.options import config_options, configuration
from streams.config import WorkerConfig
from streams.errors import ConfigurationError

__all__ = ["replay"]


@click.command()
@click.argument("events", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--settings", "settings_path", type=click.Path(), help="YAML file of project settings.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the results; made when it is not there.")
@click.option("--broker", "to_broker", default=None, help="Produce the events to this Kafka instead of deciding here.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--quiet", is_flag=True, help="No progress bar. Off a terminal there is none anyway.")
@config_options(
    "max_record_bytes",
    "max_regions",
    "max_points",
    "max_characters",
    "max_depth",
    "max_mask_side_px",
    "retention_seconds",
    connection=False,
)
@config_options("app_id", "topic_prefix", "partitions", connection=False)
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

    Writes decisions.jsonl, reassignments.jsonl, reviews.jsonl, alerts.jsonl, reliability.jsonl, dead-letters.jsonl,
    quality.json (the statistics of each project, as the HTTP API has them) and summary.json into --out. The same events
    and settings give the same bytes: replay with other settings to see what they would change.

    With --broker the events go to a Kafka topic instead, for a worker to decide; --app-id, --topic-prefix and
    --partitions then say which deployment it is.
    """
    if (to_broker is None) == (out is None):
        raise click.UsageError("say where the results go: --out FOLDER, or --broker HOST:PORT to have a worker decide")
    if to_broker is not None and settings_path is not None:
        raise click.UsageError("--settings goes with --out; a worker has its own: `labelquorum settings publish`")
    config = configuration(broker=to_broker, **options)
    with progress_bar(quiet) as progress:
        lines = lines_of(events, progress, "replaying")
        summary = _feed(config, lines) if out is None else _decide(config, lines, settings_path, out)
    if as_json:
        click.echo(json.dumps(summary))
    elif out is None:
        click.echo("produced {produced:,} events to {topic} at {broker}".format(**summary))
    else:
        _show(summary, out)


def _feed(config: WorkerConfig, lines: Iterable[bytes]) -> dict[str, Any]:
    from streams.adapters.kafka.feed import feed

    produced = asyncio.run(feed(config, lines))
    return {"produced": produced, "topic": config.topic("annotation-events"), "broker": config.broker}


def _decide(config: WorkerConfig, lines: Iterable[bytes], settings_path: str | None, out: Path) -> dict[str, Any]:
    from streams.limits import limits_of
    from streams.replay_files import replay_files
    from streams.settings_file import read_settings

    settings = read_settings(settings_path) if settings_path else {}
    try:
        return replay_files(lines, settings, out, limits_of(config))
    except OSError as error:
        raise ConfigurationError([f"{error.filename or out}: {error.strerror}"], "Results cannot be written") from None


def _show(summary: dict[str, Any], out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in summary.items():
        text = (
            ", ".join(f"{key} {count:,}" for key, count in value.items()) if isinstance(value, dict) else f"{value:,}"
        )
        table.add_row(name.replace("_", " "), text or "none")
    console = Console()
    console.print(table)
    console.print(f"written to {out}", highlight=False, soft_wrap=True)
