"""The files that operators use, read once and cut into what the tests ask about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

ROOT = Path(__file__).parents[2]


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def document(path: str) -> dict[str, Any]:
    """A YAML or JSON file."""
    return cast("dict[str, Any]", json.loads(text(path)) if path.endswith(".json") else yaml.safe_load(text(path)))


def services() -> dict[str, dict[str, Any]]:
    return cast("dict[str, dict[str, Any]]", document("docker-compose.yml")["services"])


def dashboards() -> dict[str, dict[str, Any]]:
    """File name → dashboard, of all that are provisioned."""
    paths = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
    return {path.name: document(str(path.relative_to(ROOT))) for path in paths}


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """A dashboard's panels, without the rows that part them."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def rules() -> list[dict[str, Any]]:
    return [rule for group in document("deploy/prometheus/rules/alerts.yml")["groups"] for rule in group["rules"]]


def dockerfile() -> Iterator[tuple[str, str]]:
    """(instruction, arguments), continued lines joined."""
    for line in re.sub(r"\\\n", " ", text("deploy/Dockerfile")).splitlines():
        if line.strip() and not line.startswith("#"):
            instruction, _, arguments = line.partition(" ")
            yield instruction, arguments.strip()


def code(markdown: str) -> list[str]:
    """What a Markdown text sets as code: the lines of fenced blocks and the inline spans."""
    fences = re.findall(r"^```\w*\n(.*?)^```", markdown, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL)
    return [line for fence in fences for line in fence.splitlines()] + re.findall(r"`([^`\n]+)`", prose)
