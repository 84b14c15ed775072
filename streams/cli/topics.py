"""`labelquorum topics`."""

from __future__ import annotations

import asyncio
import json

import click

from streams.cli.options import config_options, configuration
from streams.config import WorkerConfig
from streams.topics import TOPICS

__all__ = ["topics"]

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for a program.")


@click.group()
def topics() -> None:
    """The topics that labelquorum reads and writes: see, make and check them."""


@topics.command("list")
@_AS_JSON
@config_options("app_id", "topic_prefix", "partitions", connection=False)
def list_(as_json: bool, **options: str | None) -> None:
    """Show every topic of a deployment with its key, partitions and purpose. Asks no broker."""
    rows = _rows(configuration(**options))
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    lines = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(map(str.ljust, line, widths)).rstrip())


@topics.command()
@_AS_JSON
@config_options()
def create(as_json: bool, **options: str | None) -> None:
    """Make every topic that is missing, with the partitions and cleanup policy that it needs, and check them all.

    Topics that are there are left as they are. Needs nothing but the broker; run it as often as you like.
    """
    # Here and below: what only some commands need is imported where they need it.
    from streams.adapters.kafka.topics import check as verify
    from streams.adapters.kafka.topics import create as make
    from streams.adapters.kafka.topics import declared

    config = configuration(**options)
    made = asyncio.run(make(config))
    if not as_json:
        declarations = {topic.name: topic for topic in declared(config)}
        for name in made:
            topic = declarations[name]
            click.echo(f"created {name}: {_plural(topic.partitions, 'partition')}, cleanup {topic.cleanup_policy}")
    asyncio.run(verify(config))
    _report(config, made, as_json)


@topics.command()
@_AS_JSON
@config_options()
def check(as_json: bool, **options: str | None) -> None:
    """Verify that every topic is there, with the right partitions and cleanup policy; list all that is wrong."""
    from streams.adapters.kafka.topics import check as verify

    config = configuration(**options)
    asyncio.run(verify(config))
    _report(config, None, as_json)


def _report(config: WorkerConfig, made: list[str] | None, as_json: bool) -> None:
    total = len(_rows(config))
    if as_json:
        click.echo(json.dumps({"ok": True, "topics": total, **({} if made is None else {"created": made})}))
        return
    news = "" if made is None else f" ({len(made)} created, {total - len(made)} were there)"
    click.echo(f"all {total} topics on {config.broker} are as they should be{news}")


def _rows(config: WorkerConfig) -> list[dict[str, str | int]]:
    """Every topic as a person or a program reads it."""
    from streams.adapters.kafka.topics import TABLES, changelog, declared

    about = {config.topic(topic.name): (topic.key, topic.purpose) for topic in TOPICS.values()}
    about |= {changelog(config, table): ("the state's own", f"changelog of table {table}") for table in TABLES}
    return [
        {
            "topic": topic.name,
            "key": about[topic.name][0],
            "partitions": topic.partitions,
            "cleanup_policy": topic.cleanup_policy,
            "purpose": about[topic.name][1],
        }
        for topic in declared(config)
    ]


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
