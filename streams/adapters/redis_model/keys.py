"""The layout of the read model in Redis: every key, what bounds it, how long it lives.

| key (after the prefix `labelquorum:`) | type | holds | bound |
|---|---|---|---|
| `projects` | set | ids of all projects | one per project |
| `overview:PROJECT` | string | the project's figures, as WATCH keeps them (JSON) | one per project |
| `quality:PROJECT` | hash | the project's records of the table `quality` as they are; `version` | as there |
| `decisions:PROJECT` | sorted set | tasks decided last, by event time (µs), then id | `DECISIONS_KEPT` |
| `decision:PROJECT/TASK` | hash | `value`: newest revision (JSON); `version`; `item` | `DECISION_TTL_SECONDS` |
| `former:PROJECT/TASK` | hash | versions before it → revision (JSON) | `REVISIONS_KEPT`, `DECISION_TTL_SECONDS` |
| `contested:PROJECT` | sorted set | decided tasks by score, then id; shown by `item` above | `CONTESTED_KEPT` |
| `open:PROJECT:STATE` | sorted set | tasks in a state of `OPEN_STATES`, by event time (µs) | `OPEN_TASKS_KEPT` |
| `task:PROJECT` | hash | open task → state, answers, score, … (JSON) | as `open` |
| `alerts:PROJECT` | hash | open alerts: alert id → event (JSON) | as many as are open |
| `episodes:PROJECT` | sorted set | alert ids by time raised (µs) | `EPISODES_KEPT` |
| `alert:PROJECT/ALERT` | hash | `value`: the last event of the episode (JSON); `version` | `ALERT_TTL_SECONDS` |
| `offset:LAYOUT:TOPIC:PARTITION` | string | next offset to show, written with what was shown | one per partition |

One Redis serves one deployment per prefix. The keys of one write spread over slots: not for Redis Cluster.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal
from urllib.parse import quote

from streams.contracts.views import OPEN_STATES

__all__ = [
    "ALERT_TTL_SECONDS",
    "CONTESTED_KEPT",
    "DECISIONS_KEPT",
    "DECISION_TTL_SECONDS",
    "EPISODES_KEPT",
    "LAYOUT",
    "OPEN_STATES",
    "OPEN_TASKS_KEPT",
    "PREFIX",
    "REVISIONS_KEPT",
    "Keys",
]

PREFIX = "labelquorum:"
LAYOUT = 2
"""Raised with every change of this page: a Redis of another layout is then filled anew, from the oldest records."""
DECISIONS_KEPT = 100
DECISION_TTL_SECONDS = 7 * 86_400
"""Kafka's own default retention: a decision can be looked up for as long as it can be read again."""
REVISIONS_KEPT = 20
"""Of one task, the newest included."""
CONTESTED_KEPT = 1_000
"""Those that agree least; of tasks whose decision is gone none is shown."""
EPISODES_KEPT = 100
ALERT_TTL_SECONDS = 30 * 86_400
OPEN_TASKS_KEPT = 10_000
"""Per project and state; those that have waited longest are kept, and the overview has the true count."""


class Keys:
    """Builds keys. Different (project, task) pairs never share one: a project's `/` are escaped.

    >>> Keys().item("decision", "street", "t-17"), Keys().item("decision", "a/b", "c")
    ('labelquorum:decision:street/t-17', 'labelquorum:decision:a%2Fb/c')
    """

    def __init__(self, prefix: str = PREFIX) -> None:
        self._prefix = prefix
        self.projects = f"{prefix}projects"

    def of_project(
        self, kind: Literal["overview", "quality", "decisions", "contested", "task", "alerts", "episodes"], project: str
    ) -> str:
        """A key that a project has one of."""
        return f"{self._prefix}{kind}:{project}"

    def open(self, project: str, state: str) -> str:
        """The open tasks in a state."""
        return f"{self._prefix}open:{project}:{state}"

    def item(self, kind: Literal["decision", "former", "alert"], project: str, item: str) -> str:
        """The decision of a task, the ones before it, or the last event of an alert's episode."""
        return f"{self._prefix}{kind}:{_escaped(project)}/{item}"

    def offset(self, topic: str, partition: int) -> str:
        """How far a partition has been shown."""
        return f"{self._prefix}offset:{LAYOUT}:{topic}:{partition}"


@lru_cache(maxsize=1_024)
def _escaped(project: str) -> str:
    return quote(project, safe=":")
