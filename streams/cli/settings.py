"""`labelquorum settings`."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

import click

from streams.cli.options import config_options, configuration
from streams.config import WorkerConfig
from streams.errors import ConfigurationError

if TYPE_CHECKING:  # what only some commands need is imported where they need it
    from streams.contracts.settings import ProjectSettings

__all__ = ["published_settings", "settings"]

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for a program.")


@click.group()
def settings() -> None:
    """What projects want: annotators, thresholds, adjudication, routing, alerts."""


@settings.command()
@click.argument("file", type=click.Path())
@_AS_JSON
def check(file: str, as_json: bool) -> None:
    """Check a settings FILE; list everything that is wrong, each with its path.

    Thresholds that no answers can miss are warned of: they are allowed.
    """
    from streams.settings_file import read_settings

    try:
        found = read_settings(file)
    except ConfigurationError as error:
        if not as_json:
            raise
        click.echo(json.dumps({"ok": False, "projects": {}, "problems": error.problems, "warnings": []}))
        sys.exit(error.exit_code)
    hashes, warnings = _hashes(found), _warnings(found)
    if as_json:
        click.echo(json.dumps({"ok": True, "projects": hashes, "problems": [], "warnings": warnings}))
    else:
        _list(file, hashes, "ok, settings")
        for warning in warnings:
            click.echo(f"warning: {warning}", err=True)


@settings.command()
@click.argument("file", type=click.Path())
@_AS_JSON
@config_options()
def publish(file: str, as_json: bool, **options: str | None) -> None:
    """Check a settings FILE and publish its projects; running workers use them for the decisions they make from then.

    A project that the file does not name keeps what was published of it.
    """
    from streams.settings_file import read_settings

    config = configuration(**options)
    found = read_settings(file)
    asyncio.run(_publish(config, found))
    if as_json:
        click.echo(json.dumps({"published": _hashes(found)}))
    else:
        _list(file, _hashes(found), "published settings")


@settings.command()
@click.argument("project", required=False)
@config_options("settings_file")
def show(project: str | None, **options: str | None) -> None:
    """Show as JSON what is in force: published settings over those of --settings-file, for one PROJECT or all.

    Defaults are spelled out; a PROJECT that nobody configured has nothing else. null and "unset" leave a choice to the
    default of the control's type.
    """
    from streams.contracts.settings import ProjectSettings
    from streams.settings import spelled_out
    from streams.settings_file import read_settings

    config = configuration(**options)
    base = read_settings(config.settings_file) if config.settings_file else {}
    in_force = {**base, **asyncio.run(published_settings(config))}
    if project is not None:
        in_force = {project: in_force.get(project, ProjectSettings())}
    hashes = _hashes(in_force)
    shown = {name: {"hash": hashes[name], **spelled_out(one)} for name, one in sorted(in_force.items())}
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False))


def _hashes(projects: dict[str, ProjectSettings]) -> dict[str, str]:
    from streams.settings import settings_hash

    return {project_id: settings_hash(found) for project_id, found in projects.items()}


def _warnings(projects: dict[str, ProjectSettings]) -> list[str]:
    from streams.thresholds import threshold_warnings

    return [
        f"$.projects.{project_id}.controls.{name}.agreement_threshold: {why}"
        for project_id, found in projects.items()
        for name, why in threshold_warnings(found).items()
    ]


def _list(file: str, hashes: dict[str, str], what: str) -> None:
    for project_id, settings_hash in hashes.items():
        click.echo(f"{project_id}: {what} {settings_hash}")
    if not hashes:
        click.echo(f"{file} is fine, but names no project", err=True)


async def _publish(config: WorkerConfig, projects: dict[str, ProjectSettings]) -> None:
    import msgspec

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


async def published_settings(config: WorkerConfig) -> dict[str, ProjectSettings]:
    """By project. A record that can't be used is reported and leaves the former one in force, as in a worker."""
    from streams.adapters.kafka.connection import connect
    from streams.adapters.kafka.reader import consume
    from streams.settings import parse_project

    client = await connect(config.broker)
    await client.close()
    found: dict[str, ProjectSettings] = {}
    async for record in consume(config.broker, [config.topic("project-settings")]):
        name = (record.key or b"").decode("utf-8", "replace")
        if record.value is None:
            found.pop(name, None)
            continue
        try:
            found[name] = parse_project(record.value, f"Settings of {name!r}, published at offset {record.offset},")
        except ConfigurationError as error:
            click.echo(f"labelquorum: {error}\nThe former settings stay in force.", err=True)
    return found
