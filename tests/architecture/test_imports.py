"""What import-linter can't say: a library of the outside world has one door, wherever in a file it is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

DOORS = {
    "aiohttp": ("streams/adapters/http_api/",),
    "PIL": ("streams/adapters/media.py",),
    "aiokafka": ("streams/adapters/kafka/",),
    "click": ("streams/cli/",),
    "fakeredis": ("streams/demo/", "streams/adapters/redis_model/"),
    "faust": ("streams/adapters/faust_app/",),
    "jinja2": ("streams/report/page.py",),
    "matplotlib": ("streams/report/charts.py", "streams/report/heat.py", "streams/report/svg.py"),
    "mode": ("streams/adapters/faust_app/",),
    "prometheus_client": ("streams/adapters/prometheus.py",),
    "redis": ("streams/adapters/redis_model/",),
    "rich": ("streams/cli/", "streams/demo/"),
    "structlog": ("streams/adapters/", "streams/cli/"),
    "uvloop": ("streams/adapters/faust_app/",),
    "yaml": ("streams/settings_file.py",),
}
"""Library → the files or folders (ending in /) that may import it."""

SHELL = (
    "streams/adapters/",
    "streams/cli/",
    "streams/demo/",
    "streams/replay_files.py",
    # These draw and write a page in memory: libraries of the outside world, but no file and no connection.
    "streams/report/charts.py",
    "streams/report/heat.py",
    "streams/report/page.py",
    "streams/report/svg.py",
    "streams/settings_file.py",
    "streams/wiring.py",
)
"""Where the outside world is allowed. All the rest of `streams` is pure."""

IMPURE = frozenset(
    {"asyncio", "concurrent", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "shutil"}
    | {"signal", "socket", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid"}
)
CLOCKS = frozenset({"now", "today", "utcnow"})


def _sources(package: str) -> Iterator[tuple[str, set[str]]]:
    """Each file of a package with the top-level names of everything that it imports, function bodies included."""
    for path in sorted((ROOT / package).rglob("*.py")):
        names: set[str] = set()
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                # It only reads and writes addresses; the rest of its package goes there.
                names.add(node.module if node.module == "urllib.parse" else node.module.partition(".")[0])
        yield path.relative_to(ROOT).as_posix(), names


def _within(path: str, places: tuple[str, ...]) -> bool:
    return any(path.startswith(place) if place.endswith("/") else path == place for place in places)


@pytest.mark.parametrize("library", sorted(DOORS))
def test_a_library_of_the_outside_world_is_imported_behind_its_door_only(library: str) -> None:
    elsewhere = [path for path, names in _sources("streams") if library in names and not _within(path, DOORS[library])]

    assert elsewhere == [], f"{library} may be imported by {', '.join(DOORS[library])} only"


def test_the_core_of_streams_has_no_clock_no_chance_and_no_outside_world() -> None:
    impure = {
        path: sorted(found)
        for path, names in _sources("streams")
        if not _within(path, SHELL) and (found := names & (IMPURE | DOORS.keys()))
    }

    assert impure == {}


def test_the_core_does_not_ask_a_datetime_for_the_time_either() -> None:
    """`datetime` itself is welcome: event times are made of it."""
    asking = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in ("scoring", "streams")
        for path in sorted((ROOT / package).rglob("*.py"))
        if not _within(path.relative_to(ROOT).as_posix(), SHELL)
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS
    }

    assert asking == set()


def test_what_is_shipped_does_not_import_the_tests() -> None:
    assert [path for package in ("scoring", "streams") for path, names in _sources(package) if "tests" in names] == []


def test_the_check_sees_imports_inside_functions() -> None:
    seen = dict(_sources("tests/architecture"))["tests/architecture/test_imports.py"]

    def _late() -> None:
        import colorsys  # noqa: F401  the import that the check has to see

    assert "colorsys" in seen


def test_every_door_leads_somewhere() -> None:
    """A door that nobody uses any more is a rule about nothing."""
    imported = {library: {path for path, names in _sources("streams") if library in names} for library in DOORS}

    assert [library for library, paths in imported.items() if not paths] == []
