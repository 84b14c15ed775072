"""The command line. Each command is one file; each says with `--help` what it does and what to do next."""

from __future__ import annotations

import sys
from typing import Any

import click

from streams.cli.api import api
from streams.cli.demo import demo
from streams.cli.replay import replay
from streams.cli.report import report
from streams.cli.score import score
from streams.cli.settings import settings
from streams.cli.tail import tail
from streams.cli.topics import topics
from streams.cli.worker import worker
from streams.errors import LabelquorumError

__all__ = ["main"]


class _Group(click.Group):
    """Shows an error of ours as its message and exits with its code; a traceback is for faults that nobody foresaw."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LabelquorumError as error:
            click.echo(f"labelquorum: {error}", err=True)
            sys.exit(error.exit_code)


@click.group(
    "labelquorum", cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(package_name="labelquorum")
def main() -> None:
    """The quality brain for live labeling queues.

    Annotation events come in on Kafka; agreement, one consensus annotation per task, requests for more annotators and
    quality alerts go out. `labelquorum demo` shows it at work with nothing installed but Python.
    """


for command in (demo, worker, api, replay, report, score, topics, settings, tail):
    main.add_command(command)
