"""Options of the command line that are settings of the worker: made from `WorkerConfig`, so they are said once."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from streams.config import WorkerConfig, variable

__all__ = ["config_options", "configuration"]

F = TypeVar("F", bound=Callable[..., Any])

_CONNECTION = ("broker", "app_id", "topic_prefix", "partitions", "replication_factor")


def config_options(*names: str, connection: bool = True) -> Callable[[F], F]:
    """Add an option for each named field of `WorkerConfig`, after those that say which broker and topics."""
    wanted = (*(_CONNECTION if connection else ()), *names)
    fields = {field.name: field for field in dataclasses.fields(WorkerConfig)}

    def decorate(command: F) -> F:
        for name in reversed(wanted):
            field = fields[name]
            default = "none" if field.default == "" else field.default
            option = click.option(
                f"--{name.replace('_', '-')}",
                name,
                default=None,
                metavar="VALUE",
                help=f"{field.metadata['help']}  [{variable(name)}; default: {default}]",
            )
            command = option(command)
        return command

    return decorate


def configuration(**given: Any) -> WorkerConfig:
    """The configuration of this process: the environment, overridden by the options that were given."""
    return WorkerConfig.from_environment(os.environ, **given)
