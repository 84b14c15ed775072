"""`labelquorum settings check`: right files have their hashes shown, wrong ones all their problems."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.demo.recorded import packaged
from streams.settings import settings_hash
from streams.settings_file import read_settings
from tests.cli.programs import call

GOOD = packaged("settings.yaml")
BROKEN = """
projects:
  street:
    required_annotators: none
    controls: {scene: {type: choice, agreement_threshold: 3, adjudication: fuse}}
    routing: {on_limit: panic}
  birds: {required_anotators: 3}
"""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    file = tmp_path / "settings.yaml"
    file.write_text(BROKEN)
    return file


def test_a_good_file_shows_the_hash_of_each_project() -> None:
    hashes = {project: settings_hash(found) for project, found in read_settings(GOOD).items()}

    text, as_json = call("settings", "check", GOOD), call("settings", "check", GOOD, "--json")

    assert (text.code, text.err) == (0, "")
    assert text.out.splitlines() == [f"{project}: ok, settings {found}" for project, found in hashes.items()]
    assert json.loads(as_json.out) == {"ok": True, "projects": hashes, "problems": [], "warnings": []}


def test_a_threshold_that_no_answers_can_miss_is_warned_of_and_allowed(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("projects: {street: {controls: {blurred: {type: boolean, agreement_threshold: 0.6}}}}")

    text, as_json = call("settings", "check", file), call("settings", "check", file, "--json")

    why = (
        "$.projects.street.controls.blurred.agreement_threshold: a threshold of 0.6 cannot fail with 3 annotators and "
        "2 possible answers: while all give one of these, the lowest possible score is 0.667"
    )
    assert (text.code, text.err) == (0, f"warning: {why}\n")
    assert (as_json.code, json.loads(as_json.out)["warnings"]) == (0, [why])


def test_a_broken_file_has_all_problems_listed_with_their_paths(broken: Path) -> None:
    text, as_json = call("settings", "check", broken), call("settings", "check", broken, "--json")

    assert (text.code, text.out, as_json.code, as_json.err) == (2, "", 2, "")
    for path in (
        "street.required_annotators",
        "street.controls.scene",
        "street.routing.on_limit",
        "birds.required_anot",
    ):
        assert f"projects.{path}" in text.err
    report = json.loads(as_json.out)
    assert (report["ok"], report["projects"]) == (False, {})
    assert len(report["problems"]) >= 4
    assert all(problem in text.err for problem in report["problems"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("projects: [unclosed", "expected YAML; while parsing a flow sequence"),
        ("\x00", "expected YAML; unacceptable character"),
        ("just words", "labelquorum: "),
    ],
    ids=["yaml", "binary", "text"],
)
def test_what_is_no_settings_file_is_refused_by_its_name(content: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(content)

    refused = call("settings", "check", file)

    assert refused.code == 2
    assert str(file) in refused.err
    assert said in refused.err


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for command in (["check"], ["publish"]):
        refused = call("settings", *command, tmp_path / "none.yaml")
        assert refused.code == 2
        assert f"{tmp_path / 'none.yaml'}" in refused.err
        assert "cannot be read: No such file or directory" in refused.err
    assert "cannot be read: Is a directory" in call("settings", "check", tmp_path).err


def test_a_file_without_projects_is_fine_and_said_to_be_empty(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("projects: {}")

    assert call("settings", "check", file) == (0, "", f"{file} is fine, but names no project\n")


def test_a_broken_file_is_not_published(broken: Path) -> None:
    refused = call("settings", "publish", broken, "--broker", "nowhere.invalid:9092")

    assert refused.code == 2
    assert "projects.birds" in refused.err
    assert "nowhere.invalid" not in refused.err, "the broker was not asked"
