"""What documents tell a person to run, held against the command line that there is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click

from streams.cli import main

__all__ = ["every_command", "named_commands", "problem"]


def named_commands(line: str) -> Iterator[str]:
    """The arguments of each `labelquorum …` in a line of code, also where compose runs it."""
    for pattern in (
        r"(?:^|[\s/(])labelquorum +([a-z-][^`;&>#()]*)",
        r"docker compose run (?:--\w+ )*(?:topics|worker) ([^`;&>#]*)",
    ):
        yield from re.findall(pattern, line)


def problem(arguments: str) -> str | None:
    """What is wrong with `labelquorum ARGUMENTS`, or None. `a|b` stands for either."""
    words = shlex.split(arguments.replace("$(ARGS)", ""))
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        names = words.pop(0).split("|")
        candidates = [command.get_command(context, name) for name in names]
        missing = [name for name, candidate in zip(names, candidates, strict=True) if candidate is None]
        if missing:
            return f"no such command: {', '.join(missing)}"
        assert candidates[0] is not None
        command = candidates[0]
    known = {"--help"} | {option for p in command.params for option in (*p.opts, *p.secondary_opts)}
    unknown = [word for word in words if word.startswith("-") and word.partition("=")[0].strip("[]") not in known]
    return f"{command.name} has no {', '.join(unknown)}" if unknown else None


def every_command(command: click.Command = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of each command and group, the empty ones of the program itself first."""
    yield path
    if isinstance(command, click.Group):
        for name, child in sorted(command.commands.items()):
            yield from every_command(child, (*path, name))
