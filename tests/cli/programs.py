"""The command line as tests call it: in this process where that is the same, as a process where it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import NamedTuple

from click.testing import CliRunner

from streams.cli import main

__all__ = ["COMMAND", "Ran", "call", "environment", "run"]

COMMAND = [sys.executable, "-m", "streams"]


class Ran(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def call(*arguments: object, width: int = 100, **variables: str) -> Ran:
    """Call a command within this process. A traceback is never the right answer, so it fails the test."""
    result = CliRunner().invoke(main, [str(a) for a in arguments], env=variables, terminal_width=width)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def run(*arguments: object, **variables: str) -> Ran:
    """Run a command in a process of its own."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True, text=True, env=environment(variables), timeout=60, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """This process's (which `conftest` has rid of settings), and more."""
    return {**os.environ, "TERM": "xterm", "COLUMNS": "100", **variables}
