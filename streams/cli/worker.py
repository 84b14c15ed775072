"""`labelquorum worker`."""

from __future__ import annotations

import dataclasses
import sys

import click

from streams.cli.options import config_options, configuration
from streams.config import WorkerConfig

__all__ = ["worker"]

_REST = tuple(
    field.name
    for field in dataclasses.fields(WorkerConfig)
    if field.name not in ("broker", "app_id", "topic_prefix", "partitions", "replication_factor")
)


@click.command()
@config_options(*_REST)
def worker(**options: str | None) -> None:
    """Run a worker until it is stopped (SIGTERM or Ctrl-C: it finishes what it is at, and leaves the group).

    Start as many as you like with the same --app-id, up to the number of partitions: Kafka shares the work out.
    The topics must be there: `labelquorum topics create` makes them.
    """
    # Not at the top: these need seconds to import, and `labelquorum --help` does not need them.
    from streams import wiring
    from streams.adapters import logging

    config = configuration(**options)
    logging.configure(config.log_level, as_json=config.log_json)
    sys.exit(wiring.run(config))
