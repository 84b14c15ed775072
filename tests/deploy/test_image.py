from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tests.deploy.files import ROOT, dockerfile, services, text

LOCK = tomllib.loads(text("uv.lock"))
PROJECT = tomllib.loads(text("pyproject.toml"))["project"]
PACKAGES = {f"{package['name']}=={package['version']}": package for package in LOCK["package"]}
ITSELF = next(package for package in LOCK["package"] if package["name"] == PROJECT["name"])


def _hashes(package: dict[str, Any]) -> set[str]:
    files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
    return {file["hash"] for file in files}


def _exported(path: str) -> dict[str, set[str]]:
    """`name==version` → hashes, of an exported lock."""
    found = {}
    for entry in text(path).replace("\\\n", " ").splitlines():
        pin, *hashes = re.split(r"\s+--hash=", entry)
        found[pin.partition(";")[0].strip()] = {value.strip() for value in hashes}
    return found


def _closure(wanted: list[dict[str, Any]]) -> set[str]:
    """Everything that these dependencies need, by name; an extra of a package counts where it is asked for."""
    by_name = {package["name"]: package for package in LOCK["package"]}
    seen: set[tuple[str, str]] = set()
    queue = list(wanted)
    while queue:
        dependency = queue.pop()
        name = dependency["name"]
        for extra in ["", *dependency.get("extra", [])]:
            if (name, extra) not in seen:
                seen.add((name, extra))
                package = by_name[name]
                queue += (
                    package.get("optional-dependencies", {}).get(extra, [])
                    if extra
                    else package.get("dependencies", [])
                )
    return {name for name, _ in seen}


def test_the_lock_for_pip_pins_what_uv_pins_with_the_same_hashes() -> None:
    expected = {pin: _hashes(package) for pin, package in PACKAGES.items() if package is not ITSELF}

    assert _exported("deploy/requirements-dev.lock") == expected, "run `make lock`"


def test_the_lock_of_the_image_is_what_the_program_needs_and_no_more() -> None:
    names = _closure(ITSELF["dependencies"])
    expected = {pin: _hashes(package) for pin, package in PACKAGES.items() if package["name"] in names}

    assert _exported("deploy/requirements.lock") == expected, "run `make lock`"


def test_the_lock_was_made_for_these_dependencies() -> None:
    def by_name(dependencies: list[str]) -> set[tuple[str, str]]:
        split = (re.match(r"([\w.-]+)(?:\[[^\]]*\])?\s*([^;]*)", dependency) for dependency in dependencies)
        return {(match[1].lower(), _sorted(match[2])) for match in split if match}

    locked = ITSELF["metadata"]["requires-dist"]
    declared = PROJECT["dependencies"] + [d for extra in PROJECT["optional-dependencies"].values() for d in extra]

    assert {(d["name"], _sorted(d.get("specifier", ""))) for d in locked} == by_name(declared), "run `make lock`"


def _sorted(specifier: str) -> str:
    return ",".join(sorted(specifier.replace(" ", "").split(",")))


def test_what_the_image_copies_exists_and_is_not_ignored() -> None:
    kept = {line[1:] for line in text(".dockerignore").splitlines() if line.startswith("!")}
    for instruction, arguments in dockerfile():
        if instruction == "COPY" and not arguments.startswith("--from="):
            for source in arguments.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert source in kept, f"{source} never reaches the builder: .dockerignore"


def test_the_image_does_not_run_as_root() -> None:
    instructions = [instruction for instruction, _ in dockerfile()]
    user = dict(dockerfile())["USER"]

    assert user.isdigit(), "a number, so that a cluster can check that it is not root"
    assert int(user) > 0
    assert instructions.index("USER") < instructions.index("ENTRYPOINT")


@pytest.mark.parametrize("base", sorted({arguments.split()[0] for name, arguments in dockerfile() if name == "FROM"}))
def test_the_images_base_is_pinned_and_new_enough(base: str) -> None:
    version = re.fullmatch(r"python:(\d+)\.(\d+)\.\d+-slim-\w+", base)

    assert version is not None
    assert (int(version[1]), int(version[2])) >= (3, 11)


def test_the_image_carries_the_version_of_the_project() -> None:
    assert services()["worker"]["image"] == f"labelquorum:{PROJECT['version']}"
