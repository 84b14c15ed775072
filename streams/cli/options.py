"""Options of the command line that are settings of the worker: made from `WorkerConfig`, so they are said once."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from streams.config import WorkerConfig, choices_of, variable, without_secrets

__all__ = ["CONNECTION", "config_options", "configuration", "summary_of"]

F = TypeVar("F", bound=Callable[..., Any])

CONNECTION = ("broker", "app_id", "topic_prefix", "partitions", "replication_factor")
"""The settings that say which broker and topics."""

_FIELDS = {field.name: field for field in dataclasses.fields(WorkerConfig)}


def config_options(*names: str, connection: bool = True) -> Callable[[F], F]:
    """Add an option for each named field of `WorkerConfig`, after those that say which broker and topics.

    click takes the values as text: `WorkerConfig.from_environment` checks them, so that one message lists what is
    wrong in the environment and on the command line together.
    """
    wanted = (*(CONNECTION if connection else ()), *names)

    def decorate(command: F) -> F:
        for name in reversed(wanted):
            command = _option(name)(command)
        return command

    return decorate


def configuration(**given: Any) -> WorkerConfig:
    """The configuration of this process: the environment, overridden by the options that were given."""
    return WorkerConfig.from_environment(os.environ, **given)


def summary_of(config: WorkerConfig) -> dict[str, object]:
    """What a worker runs on, as it may be shown: no password."""
    return {
        "broker": config.broker,
        "app_id": config.app_id,
        "delivery": config.delivery,
        "partitions": config.partitions,
        "web": f"http://{config.web_host}:{config.web_port}",
        "redis": without_secrets(config.redis_url) or "none",
        "settings": config.settings_file or "the defaults and the settings topic",
    }


def _option(name: str) -> Callable[[F], F]:
    field = _FIELDS[name]
    flag = f"--{name.replace('_', '-')}"
    metadata, default = field.metadata, field.default
    if isinstance(default, bool):
        text = f"{metadata['help']}  [{variable(name)}; default: {str(default).lower()}]"
        return click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=text)
    limits = [f"{word} {metadata[key]:g}" for key, word in (("minimum", "from"), ("maximum", "to"))
              if metadata[key] is not None]  # fmt: skip
    notes = [
        variable(name),
        *([" ".join(limits)] if limits else []),
        f"default: {'none' if default == '' else default}",
    ]
    return click.option(
        flag, name, default=None, metavar=_metavar(name), help=f"{metadata['help']}  [{'; '.join(notes)}]"
    )


def _metavar(name: str) -> str:
    if choices := choices_of(name):
        return f"[{'|'.join(choices)}]"
    return {int: "INTEGER", float: "NUMBER"}.get(type(_FIELDS[name].default), "TEXT")
