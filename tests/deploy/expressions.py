"""PromQL out of dashboards and rules, and what it names that no series has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from streams.metrics import METRICS, PREFIX, Metric
from tests.deploy.files import panels

__all__ = ["SCRAPED", "expressions", "filled_in", "metric_behind", "unknown"]

SCRAPED = {"instance", "job"}
"""Labels that Prometheus puts on every series."""

_GRAFANAS = {"$__rate_interval": "5m", "$__range": "1h"}
"""What Grafana puts in for its own variables: one choice of many."""


def expressions(dashboard: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(where, expression) of every panel and annotation."""
    for panel in panels(dashboard):
        for target in panel.get("targets", []):
            yield f"panel {panel['title']} {target['refId']}", target["expr"]
    for annotation in dashboard["annotations"]["list"]:
        yield f"annotation {annotation['name']}", annotation["target"]["expr"]


def filled_in(expression: str) -> str:
    """The expression as Grafana sends it, everything chosen."""
    for name, value in _GRAFANAS.items():
        expression = expression.replace(name, value)
    return re.sub(r"\$(?:project|control)\b", ".*", expression)


def metric_behind(name: str) -> Metric | None:
    """The declaration behind a series' name: a histogram has three series, anything else has one."""
    known = METRICS.get(name)
    if known and known.kind != "histogram":
        return known
    base, _, suffix = name.rpartition("_")
    behind = METRICS.get(base)
    return behind if behind and behind.kind == "histogram" and suffix in {"bucket", "sum", "count"} else None


def unknown(expression: str) -> list[str]:
    """What an expression names that no series has."""
    problems = []
    labels = set(SCRAPED)
    for name, selector in re.findall(rf"\b{PREFIX}(\w+)(?:\{{([^}}]*)\}})?", expression):
        metric = metric_behind(name)
        if metric is None:
            problems.append(PREFIX + name)
            continue
        own = {*metric.labels, *SCRAPED, *(["le"] if name.endswith("_bucket") else [])}
        labels |= own
        problems += [f"{name}{{{label}}}" for label in re.findall(r"(\w+)\s*[=!]~?", selector) if label not in own]
    grouped = re.findall(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)", expression)
    problems += [label for group in grouped for label in re.findall(r"\w+", group) if label not in labels]
    return problems
