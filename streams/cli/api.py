"""`labelquorum api`."""

from __future__ import annotations

import asyncio
import sys

import click

from streams.cli.options import config_options, configuration
from streams.config import WorkerConfig, without_secrets
from streams.errors import ConfigurationError

__all__ = ["api"]


@click.command()
@config_options(
    "redis_url", "web_host", "web_port", "api_tokens_file", "api_rate_per_second", "api_burst", "log_level", "log_json",
    connection=False,
)  # fmt: skip
def api(**options: str | None) -> None:
    """Serve the HTTP API alone: what the workers keep in Redis of every project's quality, to be read as JSON.

    \b
      /v1/projects                               the projects
      /v1/projects/PROJECT/quality/overview      and agreement, annotators, tasks, benchmark,
                                                 alerts, matrix, classes
      /v1/tasks/PROJECT/TASK                     a task's decision, and those before it
      /v1/openapi.json                           all of it described: parameters, documents, errors
      /healthz, /readyz                          this process answers; so does Redis

    Every worker with a Redis serves the same beside its /metrics. Only GET and HEAD are answered. Lists come in pages
    (limit, offset, and the address of the next page in the header Link). Give the ETag of an answer as If-None-Match,
    and what has not changed is not sent again. Ids are percent-encoded: a slash in one is %2F.

    On 127.0.0.1 everybody on this machine may read. Anywhere else it needs a file of tokens:

    \b
      tokens:
        - {name: lead, sha256: "…", projects: "*"}
        - {name: street-dashboard, sha256: "…", projects: [street]}
      anonymous: []          # projects that are read without a token; "*" for all

    Make a token with `openssl rand -hex 32`; its sha256 is what `printf %s TOKEN | sha256sum` prints. Whoever has it
    sends the header `Authorization: Bearer TOKEN`. The file is read at the start. Tokens travel as they are: put a
    proxy that speaks TLS in front.
    """  # noqa: D301 - click's mark for text that is not to be wrapped
    config = configuration(**options)
    if not config.redis_url:
        raise ConfigurationError(
            ["no Redis is named; name the one that the workers fill (LABELQUORUM_REDIS_URL, --redis-url)"],
            "The HTTP API cannot start",
        )
    from streams.adapters import logging

    logging.configure(config.log_level, as_json=config.log_json)
    try:
        asyncio.run(_serve(config))
    except OSError as error:
        raise ConfigurationError(
            [
                f"cannot listen on {config.web_host}:{config.web_port} ({error.strerror}): stop what listens there, or "
                "name another address (LABELQUORUM_WEB_PORT, --web-port; LABELQUORUM_WEB_HOST, --web-host)"
            ],
            "The HTTP API cannot start",
        ) from None
    sys.exit(0)


async def _serve(config: WorkerConfig) -> None:
    # Not at the top: these need a second to import, and `labelquorum --help` does not need them.
    import structlog

    from streams.adapters.http_api import api_for, serve
    from streams.adapters.quality_reader import QualityUnavailable
    from streams.adapters.redis_model import ReadModel

    model = ReadModel.connect(config.redis_url)

    async def reachable() -> bool:
        try:
            await model.projects()
        except QualityUnavailable:
            return False
        return True

    try:
        made = api_for(config, model)
        if made.closed is not None:
            raise ConfigurationError([made.closed], "The HTTP API cannot start")
        structlog.get_logger("labelquorum.api").info("HTTP API starts", redis=without_secrets(config.redis_url))
        await serve(made, reachable, config.web_host, config.web_port)
    finally:
        await model.close()
