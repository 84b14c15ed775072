"""`labelquorum settings`."""

from __future__ import annotations

import asyncio
from typing import Any

import click
import msgspec

from streams.cli.options import config_options, configuration
from streams.config import WorkerConfig
from streams.contracts.settings import ProjectSettings
from streams.settings import settings_hash
from streams.settings_file import read_settings

__all__ = ["settings"]


@click.group()
def settings() -> None:
    """What projects want: annotators, thresholds, adjudication, routing, alerts."""


@settings.command()
@click.argument("file", type=click.Path(dir_okay=False))
def check(file: str) -> None:
    """Check a settings FILE; list everything that is wrong, each with its path."""
    for project_id, found in read_settings(file).items():
        click.echo(f"{project_id}: ok, settings {settings_hash(found)}")


@settings.command()
@click.argument("file", type=click.Path(dir_okay=False))
@config_options()
def publish(file: str, **options: str | None) -> None:
    """Check a settings FILE and publish its projects; running workers use them for the decisions they make from then.

    A project that the file does not name keeps what was published of it.
    """
    found = read_settings(file)
    asyncio.run(_publish(configuration(**options), found))
    for project_id, one in found.items():
        click.echo(f"{project_id}: published settings {settings_hash(one)}")


@settings.command()
@click.argument("project", required=False)
@config_options("settings_file")
def show(project: str | None, **options: str | None) -> None:
    """Show as JSON what is in force: published settings over those of --settings-file, for one PROJECT or all."""
    config = configuration(**options)
    base = read_settings(config.settings_file) if config.settings_file else {}
    in_force = {**base, **asyncio.run(_published(config))}
    if project is not None:
        in_force = {project: in_force.get(project, ProjectSettings())}
    shown: dict[str, Any] = {
        name: {"hash": settings_hash(one), **msgspec.to_builtins(one)} for name, one in sorted(in_force.items())
    }
    click.echo(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode())


async def _publish(config: WorkerConfig, projects: dict[str, ProjectSettings]) -> None:
    from streams.adapters.kafka.producer import BatchProducer, Outbound
    from streams.adapters.kafka.topics import check as check_topics

    await check_topics(config)
    topic = config.topic("project-settings")
    producer = BatchProducer(config.broker, [topic])
    await producer.start()
    try:
        records = [Outbound(name.encode(), msgspec.json.encode(one), ()) for name, one in projects.items()]
        await asyncio.gather(*await producer.send(topic, 0, records))
    finally:
        await producer.stop()


async def _published(config: WorkerConfig) -> dict[str, ProjectSettings]:
    from streams.adapters.kafka.connection import connect
    from streams.adapters.kafka.reader import consume
    from streams.settings import parse_project

    client = await connect(config.broker)
    await client.close()
    found: dict[str, ProjectSettings] = {}
    async for record in consume(config.broker, [config.topic("project-settings")]):
        name = record.key.decode()
        found.pop(name, None)
        if record.value is not None:
            found[name] = parse_project(record.value, f"Settings of {name!r}")
    return found
