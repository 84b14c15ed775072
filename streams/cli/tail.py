"""`labelquorum tail`."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import click

from streams.cli.options import config_options, configuration
from streams.config import WorkerConfig
from streams.topics import TOPICS

__all__ = ["tail"]

_DECIDED = ("task-agreement", "task-disagreement", "task-reassignment", "task-review", "quality-alerts", "dead-letter")


@click.command()
@click.argument("topics", nargs=-1, type=click.Choice(sorted(TOPICS)))
@click.option("--from-beginning", is_flag=True, help="Show what is there already, too.")
@click.option("--no-follow", is_flag=True, help="Show what is there already, and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print the records as they are, one a line.")
@click.option("--project", default=None, help="Only this project's records.")
@config_options("broker", "topic_prefix", connection=False)
def tail(
    topics: tuple[str, ...],
    from_beginning: bool,
    no_follow: bool,
    as_json: bool,
    project: str | None,
    **options: str | None,
) -> None:
    """Watch TOPICS (all outputs when none is named): one line for each record, as it is committed.

    Ctrl-C ends it.
    """
    names = topics or _DECIDED
    config = configuration(**options)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_tail(config, names, from_beginning or no_follow, not no_follow, as_json, project))


async def _tail(
    config: WorkerConfig, names: tuple[str, ...], from_beginning: bool, follow: bool, as_json: bool, project: str | None
) -> None:
    # What only some commands need is imported where they need it.
    from streams.adapters.kafka.connection import connect
    from streams.adapters.kafka.reader import consume

    client = await connect(config.broker)
    await client.close()
    deployed = {config.topic(name): name for name in names}
    records = consume(config.broker, deployed, start="beginning" if from_beginning else "end", follow=follow)
    async for record in records:
        if record.value is None:
            continue
        document = _document(record.value)
        if project is not None and project != _project_of(record.key, document):
            continue
        click.echo(_as_one_line(record.value) if as_json else _line(deployed[record.topic], document))


def _document(value: bytes) -> dict[str, Any]:
    """A record as an object. What producers sent may be anything: `unreadable` then holds its beginning."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"unreadable": value[:80].decode("utf-8", "replace")}


def _project_of(key: bytes | None, document: dict[str, Any]) -> str:
    """By its key where the record does not say: a dead letter has the key of its input."""
    return str(document.get("project_id") or (key or b"").partition(b"/")[0].decode("utf-8", "replace"))


def _as_one_line(value: bytes) -> str:
    """JSON as it came, and anything else as a JSON string, so that every line of output is JSON."""
    try:
        document = json.loads(value)
    except (ValueError, RecursionError):
        return json.dumps(value.decode("utf-8", "replace"))
    return json.dumps(document, ensure_ascii=False) if b"\n" in value else value.decode()


def _line(topic: str, document: dict[str, Any]) -> str:
    """What a person wants to know of a record at a glance."""
    named = "/".join(str(document[name]) for name in ("project_id", "task_id") if name in document)
    where = named or document.get("key") or ""
    shown = {
        "task-agreement": ("state", "score", "round", "revision", "decision_id"),
        "task-disagreement": ("state", "score", "round", "revision", "reason", "decision_id"),
        "task-reassignment": ("annotators_wanted", "reason", "round"),
        "task-review": ("reason", "score"),
        "quality-alerts": ("alert", "state", "subject", "severity", "recommended_action"),
        "dead-letter": ("reason", "path", "offset", "message"),
    }.get(topic, ())
    figures = "  ".join(f"{name}={_figure(document[name])}" for name in shown if document.get(name) is not None)
    return f"{topic:<18} {where:<28} {figures or json.dumps(document, ensure_ascii=False)}"


def _figure(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
