"""`labelquorum tail`."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import click
import msgspec

from streams.cli.options import config_options, configuration
from streams.config import WorkerConfig
from streams.topics import TOPICS

__all__ = ["tail"]

_DECIDED = ("task-agreement", "task-disagreement", "task-reassignment", "task-review", "quality-alerts", "dead-letter")


@click.command()
@click.argument("topics", nargs=-1, type=click.Choice(sorted(TOPICS)))
@click.option("--from-beginning", is_flag=True, help="Show what is there already, too.")
@click.option("--no-follow", is_flag=True, help="Stop at the end instead of waiting for more.")
@click.option("--json", "as_json", is_flag=True, help="Print the records as they are, one a line.")
@click.option("--project", default=None, help="Only this project's records.")
@config_options()
def tail(
    topics: tuple[str, ...],
    from_beginning: bool,
    no_follow: bool,
    as_json: bool,
    project: str | None,
    **options: str | None,
) -> None:
    """Watch TOPICS (all outputs when none is named): one line for each record, as it is committed."""
    names = topics or _DECIDED
    config = configuration(**options)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_tail(config, names, from_beginning or no_follow, not no_follow, as_json, project))


async def _tail(
    config: WorkerConfig, names: tuple[str, ...], from_beginning: bool, follow: bool, as_json: bool, project: str | None
) -> None:
    from streams.adapters.kafka.connection import connect
    from streams.adapters.kafka.reader import consume

    client = await connect(config.broker)
    await client.close()
    deployed = {config.topic(name): name for name in names}
    records = consume(config.broker, deployed, start="beginning" if from_beginning else "end", follow=follow)
    async for record in records:
        if record.value is None:
            continue
        document = msgspec.json.decode(record.value)
        if project is not None and document.get("project_id") != project:
            continue
        click.echo(record.value.decode() if as_json else _line(deployed[record.topic], document))


def _line(topic: str, document: dict[str, Any]) -> str:
    """What a person wants to know of a record at a glance."""
    where = "/".join(str(document[name]) for name in ("project_id", "task_id") if name in document)
    shown = {
        "task-agreement": ("state", "score", "round", "revision", "decision_id"),
        "task-disagreement": ("state", "score", "round", "revision", "reason", "decision_id"),
        "task-reassignment": ("annotators_wanted", "reason", "round"),
        "task-review": ("reason", "score"),
        "quality-alerts": ("alert", "state", "subject", "severity", "recommended_action"),
        "dead-letter": ("reason", "path", "offset", "message"),
    }.get(topic, ())
    figures = "  ".join(f"{name}={document[name]}" for name in shown if document.get(name) is not None)
    return f"{topic:<18} {where:<28} {figures or msgspec.json.encode(document).decode()}"
