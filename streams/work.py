"""What one step of SETTLE has to show: outputs, facts, counts, and the tasks whose records have to be stored."""

from __future__ import annotations

from collections import defaultdict

from streams.contracts.facts import Fact
from streams.memory import PartitionMemory, ProjectMemory
from streams.plan import Plan
from streams.ports import Outgoing
from streams.state import Header, Task, encode, gold_key, review_key, submission_key

__all__ = ["Work"]


class Work:
    """So far."""

    def __init__(self) -> None:
        self.outgoing: list[Outgoing] = []
        self.facts: dict[str, list[Fact]] = {}
        self.touched: dict[bytes, Task] = {}
        self.projects: dict[str, ProjectMemory] = {}
        self.gone: dict[bytes, None] = {}
        self.counts: defaultdict[tuple[str, ...], float] = defaultdict(float)
        self.plans: dict[str, Plan] = {}
        """Settings do not change within a step."""

    def count(self, *name: str) -> None:
        """One more of a counter in `streams.metrics`, with its labels."""
        self.counts[name] += 1.0

    def close(self, task: Task) -> None:
        """Forget all but that there was a decision: a later event meets `task_closed`, and no second quorum starts."""
        for submission_id in task.answers:
            self.gone[submission_key(task.project_id, task.task_id, submission_id)] = None
        if task.gold is not None:
            self.gone[gold_key(task.project_id, task.task_id)] = None
        if task.review is not None:
            self.gone[review_key(task.project_id, task.task_id)] = None
        old = task.header
        task.header = Header(
            state=old.state, revision=old.revision, decision_id=old.decision_id, touched_us=old.touched_us, closed=True
        )
        task.answers, task.gold, task.review = {}, None, None
        task.dirty.clear()

    def changes(self, memory: PartitionMemory) -> dict[bytes, bytes | None]:
        """One record for everything that was touched, the clocks, and last the watermark."""
        changes: dict[bytes, bytes | None] = dict(self.gone)
        for task in self.touched.values():
            for key, record in task.dirty.items():
                changes[key] = encode(record)
            task.dirty.clear()
            changes[task.key] = encode(task.header)
            if task.header.closed:
                memory.forget(task.key)
        for project_id, project in self.projects.items():
            key, value_bytes = memory.clock_record(project_id, project.clock)
            changes[key] = value_bytes
        key, value_bytes = memory.watermark()
        changes[key] = value_bytes
        return changes
