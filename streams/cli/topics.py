"""`labelquorum topics`."""

from __future__ import annotations

import asyncio

import click
from rich.console import Console
from rich.table import Table

from streams.cli.options import config_options, configuration
from streams.topics import TOPICS

__all__ = ["topics"]


@click.group()
def topics() -> None:
    """The topics that labelquorum reads and writes: see, make and check them."""


@topics.command("list")
@config_options(connection=False)
def list_() -> None:
    """Show every topic with its key and purpose. Asks no broker."""
    table = Table(box=None, pad_edge=False)
    for heading in ("topic", "key", "cleanup", "what for"):
        table.add_column(heading)
    for topic in TOPICS.values():
        table.add_row(topic.name, topic.key, topic.cleanup_policy, topic.purpose)
    Console().print(table)


@topics.command()
@config_options()
def create(**options: str | None) -> None:
    """Make every topic that is missing, with the partitions and cleanup policy that it needs, and check them all.

    Topics that are there are left as they are. Needs nothing but the broker.
    """
    from streams.adapters.kafka.topics import check as verify
    from streams.adapters.kafka.topics import create as make

    config = configuration(**options)
    made = asyncio.run(make(config))
    for name in made:
        click.echo(f"created {name}")
    asyncio.run(verify(config))
    click.echo(f"all topics are as they should be ({len(made)} created)")


@topics.command()
@config_options()
def check(**options: str | None) -> None:
    """Verify that every topic is there, with the right partitions and cleanup policy; list all that is wrong."""
    from streams.adapters.kafka.topics import check as verify

    asyncio.run(verify(configuration(**options)))
    click.echo("all topics are as they should be")
