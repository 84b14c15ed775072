"""Help is there for every command, tells choices and limits, and costs next to nothing to show."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version

import pytest

from streams.config import WorkerConfig, variable
from tests.cli.programs import call, run
from tests.support.commands import every_command

SLOW_TO_IMPORT = ("aiokafka", "aiohttp", "faust", "jinja2", "matplotlib", "msgspec", "numpy", "redis", "rich",
                  "scipy", "shapely", "structlog", "yaml")  # fmt: skip


@pytest.mark.parametrize("words", list(every_command()), ids=lambda words: " ".join(words) or "labelquorum")
def test_every_command_explains_itself_within_100_columns(words: tuple[str, ...]) -> None:
    helped = call(*words, "--help")

    assert (helped.code, helped.err) == (0, "")
    assert " ".join(("Usage: labelquorum", *words)) in helped.out
    assert max(map(len, helped.out.splitlines())) <= 100
    assert helped.out.split("\n\n")[1].strip(), "a sentence on what it is for"
    assert "\\b" not in helped.out, "a mark for click, spelled out by a raw string"


@pytest.mark.parametrize("words", list(every_command()), ids=lambda words: " ".join(words) or "labelquorum")
def test_the_short_flag_for_help_works_everywhere(words: tuple[str, ...]) -> None:
    assert call(*words, "-h") == call(*words, "--help")


def test_the_issue_s_commands_are_all_there() -> None:
    named = {" ".join(words) for words in every_command()}

    assert named >= {
        "demo", "worker", "replay", "topics create", "topics check", "settings check", "settings publish",
        "settings show", "tail", "score", "api", "report",
    }  # fmt: skip


def test_the_worker_can_be_told_everything_by_option_and_its_help_names_the_variable() -> None:
    shown = " ".join(call("worker", "--help", width=10_000).out.split())

    for name in WorkerConfig.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in shown
        assert variable(name) in shown
    assert "[exactly-once|at-least-once]" in shown
    assert "[debug|info|warning|error]" in shown
    assert "from 1 to 65535; default: 6066]" in shown


def test_the_module_is_the_program_and_knows_its_version() -> None:
    assert run("--version") == (0, f"labelquorum, version {version('labelquorum')}\n", "")


def test_an_option_that_does_not_exist_is_answered_with_the_way_to_help() -> None:
    wrong = call("topics", "create", "--brokr", "x:1")

    assert wrong.code == 2
    assert "Did you mean --broker?" in wrong.err
    assert "Try 'labelquorum topics create -h' for help." in wrong.err


def test_help_does_not_wait_for_libraries_that_only_the_work_needs() -> None:
    code = f"import json, sys, streams.cli; print(json.dumps([n for n in {SLOW_TO_IMPORT} if n in sys.modules]))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert json.loads(loaded) == []
