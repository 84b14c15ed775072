"""The README is held to its word: its commands run, its producer produces, its examples are what the contracts take."""

from __future__ import annotations

import ast
import asyncio
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from streams.adapters.embedded_broker import EmbeddedBroker
from streams.adapters.kafka.reader import consume
from streams.contracts.decisions import TaskState
from streams.contracts.events import ClockTick, Event
from streams.replay_files import FILES, QUALITY, SUMMARY
from streams.settings import parse_document
from streams.stages.decode import Decoded, decode
from streams.topics import TOPICS
from tests.cli.programs import call
from tests.deploy.files import ROOT, text
from tests.support.commands import named_commands, problem

README = text("README.md")
LONGEST_PRODUCER = 20
OURS_ALONE = {"quality-facts"}
"""Between our two agents."""


def blocks(*languages: str) -> list[str]:
    """The fenced blocks of these languages."""
    return [body for name, body in re.findall(r"^```(\w+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
            if name in languages]  # fmt: skip


def commands() -> list[str]:
    """The arguments of each `labelquorum …` in a block for the shell, continued lines joined."""
    lines = "\n".join(blocks("sh", "bash", "shell", "console")).replace("\\\n", " ").splitlines()
    return [arguments for line in lines for arguments in named_commands(line.removeprefix("$ "))]


def producer() -> str:
    """The producer: the Python that sends to the topic of events."""
    (found,) = [block for block in blocks("python") if "annotation-events" in block]
    return found


def links() -> list[str]:
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", README) if not re.match(r"\w+:", target)]


def anchors(markdown: str) -> set[str]:
    """What links into a file can name, as GitHub makes it from headings."""
    headings = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


# ---- commands


@pytest.mark.parametrize("arguments", commands())
def test_a_command_exists_with_its_options_and_the_files_that_it_reads(arguments: str) -> None:
    assert problem(arguments) is None
    files = [word for word in shlex.split(arguments) if re.fullmatch(r"[\w.-]+(/[\w.-]+)+", word)]
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_the_first_commands_are_the_two_that_matter() -> None:
    assert re.findall(r"^(?:\$ )?make ([\w-]+)", blocks("sh", "bash", "shell", "console")[0], re.MULTILINE) == [
        "demo", "test",
    ]  # fmt: skip


def test_every_make_target_exists() -> None:
    named = set(re.findall(r"(?:^|`|\$ )make ([a-z][a-z-]*)", README, re.MULTILINE))

    assert named <= set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))


def test_the_replay_that_is_shown_runs_and_writes_the_files_that_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shown,) = [shlex.split(c) for c in commands() if c.startswith("replay ") and "--out" in c]
    shown[shown.index("--out") + 1] = str(tmp_path)
    monkeypatch.chdir(ROOT)

    assert call(*shown).code == 0
    written = {file.name for file in tmp_path.iterdir()}
    assert written == {*FILES.values(), QUALITY, SUMMARY}
    assert {name for name in written if f"`{name}`" in README} == written


# ---- Python


def test_the_producer_is_short_enough_to_be_read_at_a_glance() -> None:
    assert len(producer().strip().splitlines()) <= LONGEST_PRODUCER


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[bytes, bytes]]:
    """Key and value of what the producer produces, run as it stands with the broker's address put in."""
    folder = tmp_path_factory.mktemp("producer")
    with EmbeddedBroker() as broker:
        assert call("topics", "create", "--broker", broker.address, "--partitions", 4).code == 0
        code, replaced = re.subn(r"\b(127\.0\.0\.1|localhost):9092\b", broker.address, producer())
        assert replaced >= 1, "the producer names the broker that the commands beside it name"
        (folder / "producer.py").write_text(code)
        subprocess.run([sys.executable, "-W", "error", "producer.py"], cwd=folder, check=True, timeout=60)
        return asyncio.run(_read(broker.address))


async def _read(broker: str) -> list[tuple[bytes, bytes]]:
    return [(record.key, record.value) async for record in consume(broker, ["annotation-events"])]


def test_what_the_producer_sends_is_taken_and_has_the_right_key(sent: list[tuple[bytes, bytes]]) -> None:
    assert sent
    for key, value in sent:
        decoded = decode(value)
        assert isinstance(decoded, Decoded), decoded
        assert not decoded.set_aside
        document = json.loads(value)
        assert key.decode() == f"{document['project_id']}/{document['task_id']}"


def test_what_the_producer_sends_leads_to_a_decision(sent: list[tuple[bytes, bytes]], tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(value for _, value in sent))

    assert call("replay", tmp_path / "events.jsonl", "--out", tmp_path).code == 0
    assert (tmp_path / "decisions.jsonl").read_bytes()
    assert (tmp_path / "dead-letters.jsonl").read_bytes() == b""


def test_all_other_python_runs(tmp_path: Path) -> None:
    for block in blocks("python"):
        if block != producer():
            code = re.sub(r'Path\("out"\)', f"Path({str(tmp_path)!r})", block)
            subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60, capture_output=True)


# ---- the contract


def _documents() -> Iterator[dict[str, Any]]:
    for block in blocks("json"):
        yield json.loads(block)


def test_example_events_are_events() -> None:
    examples = [document for document in _documents() if document.get("type") in _event_types()]

    assert examples
    for example in examples:
        decoded = decode(json.dumps(example).encode())
        assert isinstance(decoded, Decoded), decoded
        assert not decoded.set_aside


def test_example_settings_are_settings() -> None:
    examples = [document for document in map(yaml.safe_load, blocks("yaml")) if "projects" in document]

    assert examples
    for example in examples:
        assert parse_document(example, "README").keys() == example["projects"].keys()


def _event_types() -> set[str]:
    return {kind.__struct_config__.tag for kind in get_args(Event) if kind is not ClockTick}


def test_every_event_type_state_and_topic_is_explained() -> None:
    words = set(re.findall(r"`([^`\n]+)`", README))

    assert _event_types() <= words
    assert set(get_args(TaskState)) <= words
    assert TOPICS.keys() - OURS_ALONE - words <= {"project-settings"} and "project settings" in README


def test_every_reason_for_a_dead_letter_is_explained() -> None:
    reasons = {
        str(made.args[0].value)
        for path in (ROOT / "streams").rglob("*.py")
        for made in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id == "Rejected"
        if made.args and isinstance(made.args[0], ast.Constant)
    }

    assert {"malformed_json", "task_closed", "wrong_key"} <= reasons
    assert {reason for reason in reasons if f"`{reason}`" not in README} == set()


# ---- links


@pytest.mark.parametrize("target", sorted(set(links())))
def test_a_link_leads_somewhere(target: str) -> None:
    path, _, anchor = target.partition("#")
    file = ROOT / path if path else ROOT / "README.md"

    assert file.exists()
    assert not anchor or anchor in anchors(file.read_text(encoding="utf-8"))
