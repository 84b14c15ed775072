"""Every topic that labelquorum reads or writes, once: name, key, and how the broker must keep it.

`labelquorum topics create` makes them, the worker verifies them at start, and nothing relies on auto-creation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["TOPICS", "Topic"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic's declaration."""

    name: str
    key: str
    """What its records are keyed by, in words."""
    cleanup_policy: Literal["delete", "compact"]
    partitioned: Literal["source", "one"]
    """`source`: as many partitions as `annotation-events`; `one`: a single partition."""
    purpose: str
    broker_time: bool = False
    """Whether records carry the broker's time of arrival instead of the producer's. Clock ticks count by it: with times
    out of a backfill, the first tick would jump by years and close every task."""


TOPICS: dict[str, Topic] = {
    t.name: t
    for t in (
        Topic("annotation-events", "project/task", "delete", "source", "what producers send", broker_time=True),
        Topic("project-settings", "project", "compact", "one", "the settings of each project, latest wins"),
        Topic("task-agreement", "project/task", "delete", "source", "decisions that passed"),
        Topic("task-disagreement", "project/task", "delete", "source", "decisions that did not pass"),
        Topic("task-reassignment", "project/task", "delete", "source", "requests for more annotators"),
        Topic("task-review", "project/task", "delete", "source", "tasks handed to a person"),
        Topic("dead-letter", "as the input", "delete", "source", "inputs that could not be used"),
        Topic("quality-facts", "project", "delete", "source", "what SETTLE tells WATCH"),
        Topic(
            "annotator-reliability",
            "project/annotator",
            "compact",
            "one",
            "how far each annotator's answers can be trusted",
        ),
        Topic("quality-alerts", "project", "delete", "source", "alerts raised and resolved"),
    )
}
"""By name. A deployment's `topic_prefix` goes in front of every name."""
