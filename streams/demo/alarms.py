"""Which alerts the worker raised and resolved while the queue was played, and why, where the reason is in the data."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from streams.contracts.decisions import Alert

__all__ = ["Alarms", "alarms"]

_WHY = {
    ("bluebirds", "class_imbalance"): (
        "most people take either bird for a grosbeak: photos of grosbeaks are agreed on at once, and the buntings "
        "only come in with the further answers that contested photos get"
    ),
    ("bluebirds", "low_gold_accuracy"): "they can't tell the two species apart: a coin would be right half of the time",
    ("pedestrians", "low_gold_accuracy"): "their boxes miss people, or are loose, against the trained annotator's",
}
"""What one finds in these two recordings."""


class Alarms(Struct, frozen=True):
    """All alerts of one type in one project."""

    project_id: str
    alert: str
    raised: int
    resolved: int
    course: str
    """How the figure went, where there is one subject and it was resolved."""
    why: str


def alarms(alerts: Iterable[Alert]) -> list[Alarms]:
    """In the order in which they were first raised."""
    found: dict[tuple[str, str], list[Alert]] = {}
    for alert in alerts:
        found.setdefault((alert.project_id, alert.alert), []).append(alert)
    return [
        Alarms(
            project_id=project_id,
            alert=name,
            raised=sum(alert.state == "raised" for alert in group),
            resolved=sum(alert.state == "resolved" for alert in group),
            course=_course(group),
            why=_WHY.get((project_id, name), ""),
        )
        for (project_id, name), group in found.items()
    ]


def _course(group: list[Alert]) -> str:
    """From the first alert to the last: the classes' ratio."""
    first, last = group[0].evidence, group[-1].evidence
    if len(group) < 2 or "most_frequent" not in first or "most_frequent" not in last:
        return ""
    return " → ".join(
        f"{e['most_frequent_n']:g} {e['most_frequent']} : {e['least_frequent_n']:g} {e['least_frequent']}"
        for e in (first, last)
    )
