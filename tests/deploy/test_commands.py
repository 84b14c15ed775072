"""Whatever a file tells a person or a machine to run can be run."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest

from streams.config import WorkerConfig, variable
from tests.deploy.files import ROOT, code, dockerfile, rules, services, text
from tests.deploy.test_compose import OURS
from tests.support.commands import named_commands, problem

DOCUMENTS = [path for path in ("README.md", "deploy/runbook.md", "CHANGELOG.md") if (ROOT / path).exists()]
WITH_COMMENTS = [
    "docker-compose.yml",
    "deploy/Dockerfile",
    "deploy/settings.yaml",
    "deploy/prometheus/rules/alerts.yml",
]


def _commands() -> list[tuple[str, str]]:
    """(where, arguments) of every command in the repository's own files."""
    found = [(path, c) for path in DOCUMENTS for line in code(text(path)) for c in named_commands(line)]
    found += [("Makefile", c) for c in re.findall(r"\$\(BIN\)/labelquorum ([^\n]*)", text("Makefile"))]
    for path in WITH_COMMENTS:
        found += [
            (path, c) for span in re.findall(r"`(labelquorum [^`\n]+)`", text(path)) for c in named_commands(span)
        ]
    found += [("docker-compose.yml", shlex.join(services()[name]["command"])) for name in OURS]
    found.append(("deploy/Dockerfile", " ".join(re.findall(r'"([^"]+)"', dict(dockerfile())["CMD"]))))
    return sorted(set(found))


@pytest.mark.parametrize(("where", "arguments"), _commands())
def test_a_command_that_is_named_exists_with_its_options(where: str, arguments: str) -> None:
    assert problem(arguments) is None, where


def test_the_check_knows_a_command_and_an_option_that_do_not_exist() -> None:
    assert problem("brew --tea") == "no such command: brew"
    assert problem("worker --brew-tea") == "worker has no --brew-tea"
    assert problem("topics create|destroy") == "no such command: destroy"
    assert problem("topics create|check") is None


def test_commands_are_found_in_every_kind_of_file() -> None:
    assert {"Makefile", "docker-compose.yml", "deploy/Dockerfile", "deploy/runbook.md"} <= {
        where for where, _ in _commands()
    }
    assert list(named_commands("docker compose run --rm topics topics check")) == ["topics check"]


def test_every_variable_that_a_document_names_is_one_of_the_workers() -> None:
    known = {variable(name) for name in WorkerConfig.__dataclass_fields__}
    for path in [*DOCUMENTS, *WITH_COMMENTS, "Makefile", ".ci/run"]:
        named = set(re.findall(r"LABELQUORUM_[A-Z][A-Z_]*[A-Z]", text(path)))
        assert named <= known, f"{path}: {named - known}"


def test_make_lists_every_target_that_a_person_may_call() -> None:
    phony = re.findall(r"^\.PHONY: (.*)$", text("Makefile"), re.MULTILINE)[0].split()

    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert set(re.findall(r"^  make ([\w-]+)", listed, re.MULTILINE)) == set(phony)


@pytest.mark.parametrize("path", [*DOCUMENTS, ".ci/run"])
def test_a_make_target_that_is_named_exists(path: str) -> None:
    lines = code(text(path)) if path.endswith(".md") else text(path).splitlines()
    named = {target for line in lines for target in re.findall(r"(?:^|[\s`])make ([a-z][a-z-]*)", line)}

    assert named <= set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))


def test_the_script_for_a_fresh_machine_calls_what_the_readme_does() -> None:
    assert re.findall(r"^timed make (\S+)$", text(".ci/run"), re.MULTILINE) == [
        "setup", "check", "test", "test-kafka", "test-browser",
    ]  # fmt: skip
    assert (ROOT / ".ci/run").stat().st_mode & 0o111 == 0o111


def test_every_alert_has_its_section_in_the_runbook_and_every_section_its_alert() -> None:
    sections = re.findall(r"^## (\w+)$", text("deploy/runbook.md"), re.MULTILINE)

    assert sections == [rule["alert"] for rule in rules()]
    for rule in rules():
        assert rule["annotations"]["runbook_url"] == f"deploy/runbook.md#{rule['alert'].lower()}"
