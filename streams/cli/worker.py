"""`labelquorum worker`."""

from __future__ import annotations

import dataclasses
import socket
import sys

import click

from streams.cli.options import CONNECTION, config_options, configuration, summary_of
from streams.config import WorkerConfig
from streams.errors import ConfigurationError

__all__ = ["worker"]

_REST = tuple(field.name for field in dataclasses.fields(WorkerConfig) if field.name not in CONNECTION)


@click.command()
@config_options(*_REST)
def worker(**options: str | None) -> None:
    """Run a worker until it is stopped (SIGTERM or Ctrl-C: it finishes what it is at, and leaves the group).

    Start as many as you like with the same --app-id, up to the number of partitions: Kafka shares the work out.
    The topics must be there: `labelquorum topics create` makes them.
    """
    config = configuration(**options)
    _require_web_port(config)
    # Not at the top: these need seconds to import, and `labelquorum --help` does not need them.
    import structlog

    from streams import wiring
    from streams.adapters import logging
    from streams.cli.announce import Announcer

    logging.configure(config.log_level, as_json=config.log_json)
    structlog.get_logger("labelquorum.worker").info("worker starts", **summary_of(config))
    sys.exit(wiring.run(config, observers=(Announcer(),)))


def _require_web_port(config: WorkerConfig) -> None:
    """Return when the web server can have its port. Asked before the worker joins its group, and disturbs it.

    Raises:
        ConfigurationError: it can't; names the setting.
    """
    where = f"{config.web_host}:{config.web_port}"
    try:
        addresses = socket.getaddrinfo(config.web_host, config.web_port, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, address in addresses:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except OSError as error:
        raise ConfigurationError(
            [
                f"/metrics, /healthz and /readyz cannot be served on {where} ({error.strerror}): stop what listens "
                "there, or name another address (LABELQUORUM_WEB_PORT, --web-port; LABELQUORUM_WEB_HOST, --web-host)"
            ],
            "The worker's web server cannot start",
        ) from None
