"""SETTLE: annotation events in, decisions out. The pure half of the agent that is partitioned by task.

    records ─decode→ event ─fold→ task ─score, adjudicate, route→ outcome ─emit→ outputs, facts, state records

This file knows the order of the stages and what is remembered between events. It knows no broker, no clock and no
metrics library.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from streams.budget import DeadLetterBudget
from streams.contracts.events import ClockTick, Event, TaskEvent
from streams.contracts.facts import Contribution, Fact, FactBatch
from streams.contribution import contribution
from streams.decide import Outcome, outcome
from streams.errors import Rejected
from streams.limits import Limits
from streams.memory import PartitionMemory, ProjectMemory
from streams.plan import Plan
from streams.ports import InputRecord, UnitOfWork
from streams.redecide import decided_by, has_moved, looked, next_look_us
from streams.reliability_book import ReliabilityBook
from streams.requests import asked_in_all, reassignment, review_request
from streams.settings import SettingsBook
from streams.stages import emit
from streams.stages.decode import Decoded
from streams.stages.fold import fold, microseconds
from streams.state import Header, Task
from streams.work import Work

__all__ = ["Settle"]

_FUTURE_US = 3_600_000_000
"""An event may run this far ahead of the broker's clock before its time is not believed: an annotator's computer with a
wrong clock must not close every task of the project."""

_DUE_AT_ONCE = 1_000
"""Tasks that one record may bring to their end: facts of one record stand in one record of their own, which must fit
through Kafka. Of a hundred thousand tasks imported in one minute, the rest follows with the next records."""

_WAITING = ("waiting", "reassigning")
_EVENTS = {kind: ("events_total", str(kind.__struct_config__.tag)) for kind in get_args(Event)}


class Settle:
    """`ports.Processor` of `annotation-events`."""

    source = "annotation-events"
    table = "tasks"

    def __init__(
        self, book: SettingsBook, limits: Limits | None = None, reliabilities: ReliabilityBook | None = None
    ) -> None:
        self._book = book
        self._reliabilities = reliabilities or ReliabilityBook()
        self._limits = limits or Limits()
        self._open: dict[int, PartitionMemory] = {}
        self._budgets: dict[int, DeadLetterBudget] = {}
        self._plans: dict[str, Plan] = {}

    def open(self, partition: int, state: Mapping[bytes, bytes]) -> None:
        """As `ports.Processor.open`."""
        memory = PartitionMemory(partition, state, self._limits.cached_tasks)
        memory.recover(lambda project_id, header: self._deadline(header, self._plan(project_id)))
        self._open[partition] = memory
        self._budgets[partition] = DeadLetterBudget(self._limits.dead_letter_ratio, self._limits.dead_letter_run)

    def close(self, partition: int) -> None:
        """As `ports.Processor.close`."""
        self._open.pop(partition, None)
        self._budgets.pop(partition, None)

    def open_partitions(self) -> Iterable[int]:
        """As `ports.Processor.open_partitions`."""
        return list(self._open)

    def step(self, partition: int, records: Sequence[InputRecord]) -> UnitOfWork:
        """As `ports.Processor.step`."""
        memory = self._open[partition]
        memory.make_room()
        work = Work()
        for record in records:
            if record.offset < memory.next_offset:
                work.count("records_replayed_total", "settle")
                continue
            self._record(memory, record, work)
            memory.next_offset = record.offset + 1
        for project_id, facts in work.facts.items():
            work.outgoing += emit.facts(FactBatch(project_id, partition, facts))
        return UnitOfWork(work.outgoing, work.changes(memory), memory.next_offset, work.counts)

    def _record(self, memory: PartitionMemory, record: InputRecord, work: Work) -> None:
        limits = self._limits
        decoded = limits.decode(record.value)
        if type(decoded) is Decoded:
            event = decoded.event
            if isinstance(event, ClockTick):
                self._tick(memory, record, work)
                return
            wrong_key = self._wrong_key(event, record) if limits.check_keys else None
            if wrong_key is None:
                self._budgets[memory.partition].usable()
                for region in decoded.set_aside:
                    self._dead_letter(memory, record, region, "region", work)
                self._event(memory, event, record, work)
                return
            self._reject(memory, record, wrong_key, work)
        else:
            self._reject(memory, record, decoded, work)  # type: ignore[arg-type]  # mypy can't see that it is Rejected

    def _reject(self, memory: PartitionMemory, record: InputRecord, rejected: Rejected, work: Work) -> None:
        self._dead_letter(memory, record, rejected, "event", work)
        where = f"{self.source} partition {memory.partition} offset {record.offset}"
        self._budgets[memory.partition].unusable(rejected, where)

    def _event(self, memory: PartitionMemory, event: TaskEvent, record: InputRecord, work: Work) -> None:
        project_id = event.project_id
        work.counts[_EVENTS[type(event)]] += 1.0
        plan = self._plan_for(project_id, work)
        project = self._advance(memory, event, record, plan, work)
        task = memory.task(project_id, event.task_id)
        header = task.header
        if header.closed:
            message = f"the task was decided ({header.state}) and closed for longer than its retention"
            self._dead_letter(memory, record, Rejected("task_closed", "$.task_id", message), "event", work)
            return
        believed_us = record.timestamp * 1000 + _FUTURE_US if record.timestamp > 0 else None
        if not fold(task, event, believed_us):
            work.count("late_duplicates_total")
            return
        header.touched_us = project.clock.stream_us
        header.stalled = False
        header.looks = 0
        work.touched[task.key] = task
        self._decide(memory, task, plan, record.offset, work)
        project.deadlines.schedule(task.key, self._deadline(header, plan))

    def _decide(self, memory: PartitionMemory, task: Task, plan: Plan, offset: int, work: Work) -> None:
        header = task.header
        found = outcome(task, plan)
        in_force = header.decision_id is not None and header.state != "waiting"
        state = found.verdict.state
        if found.scores is not None and (state != "waiting" or in_force):
            self._emit_decision(memory, task, found, work)
        header.state = state
        header.decided_by = decided_by(found, plan)
        asked = reassignment(task, plan, found, None if state == "waiting" else header.decision_id)
        if asked is not None:
            header.asked = asked_in_all(task, plan, found)
            work.outgoing.append(emit.reassignment(asked, memory.partition))
            work.count("reassignments_total", task.project_id)
        self._fact(task, contribution(task, plan, found), offset, work)

    def _emit_decision(self, memory: PartitionMemory, task: Task, found: Outcome, work: Work) -> None:
        header = task.header
        if found.decision_id == header.decision_id:
            return
        header.revision += 1
        out = emit.decision(
            task.project_id, task.task_id, found.verdict.passed, found.event_time_us, found.decision_id, found.body,
            header.decision_id, header.revision, memory.partition,
        )  # fmt: skip
        work.outgoing.append(out)
        work.count("decisions_total", task.project_id, found.verdict.state)
        header.decision_id = found.decision_id
        handed = review_request(task, found)
        if handed is not None:
            work.outgoing.append(emit.review(handed, memory.partition))
            work.count("reviews_total", task.project_id)

    def _fact(self, task: Task, after: Contribution | None, offset: int, work: Work) -> None:
        before = task.header.contribution
        if before != after:
            work.facts.setdefault(task.project_id, []).append(Fact(offset, task.task_id, before, after))
            task.header.contribution = after

    def _wrong_key(self, event: TaskEvent, record: InputRecord) -> Rejected | None:
        expected = emit.task_key(event.project_id, event.task_id)
        if record.key == expected:
            return None
        got = "none" if record.key is None else repr(record.key.decode("utf-8", "replace"))
        message = (
            f"expected the record key {expected.decode()!r} (project_id/task_id); got {got}. "
            "The key decides the partition, and all events of a task must meet in one"
        )
        return Rejected("wrong_key", "$", message)

    def _dead_letter(
        self, memory: PartitionMemory, record: InputRecord, rejected: Rejected, scope: str, work: Work
    ) -> None:
        work.count("dead_letters_total", rejected.reason)
        limit = self._limits.max_record_bytes
        work.outgoing.append(emit.dead_letter(record, rejected, scope, self.source, memory.partition, limit))

    def _advance(
        self, memory: PartitionMemory, event: TaskEvent, record: InputRecord, plan: Plan, work: Work
    ) -> ProjectMemory:
        """Move the project's stream time to the event, and let what has come due happen before it."""
        at_us = microseconds(event.occurred_at)
        if record.timestamp > 0:
            at_us = min(at_us, record.timestamp * 1000 + _FUTURE_US)
        project = memory.project(event.project_id)
        clock = project.clock
        clock.broker_ms = record.timestamp
        if at_us > clock.stream_us:
            clock.stream_us = at_us
        work.projects[event.project_id] = project
        if project.deadlines.any_due(clock.stream_us):
            self._expire(memory, project, plan, record.offset, work)
        return project

    def _tick(self, memory: PartitionMemory, record: InputRecord, work: Work) -> None:
        """Nobody writes: every project's time moves by what the broker's clock has moved since its last record.

        By the difference, not to the broker's time: a recording played back years later keeps its own time.
        """
        for project_id, project in sorted(memory.projects.items()):
            clock = project.clock
            clock.stream_us += max(0, record.timestamp - clock.broker_ms) * 1000
            clock.broker_ms = max(clock.broker_ms, record.timestamp)
            work.projects[project_id] = project
            self._expire(memory, project, self._plan_for(project_id, work), record.offset, work)

    def _expire(self, memory: PartitionMemory, project: ProjectMemory, plan: Plan, offset: int, work: Work) -> None:
        now_us, left = project.clock.stream_us, _DUE_AT_ONCE
        for scheduled_us, key in project.deadlines.due(now_us):
            task = memory.task_at(key)
            due_us = self._deadline(task.header, plan)
            if due_us is None:
                continue
            if due_us > scheduled_us:  # it has moved away; handed out again in its turn, which may still be now
                project.deadlines.schedule(key, due_us)
                continue
            work.touched[key] = task
            if task.header.state in _WAITING:
                task.header.stalled = True
                self._fact(task, contribution(task, plan, outcome(task, plan)), offset, work)
            else:
                self._look_again(memory, task, plan, offset, work)
                if self._closes_us(task.header) <= now_us:
                    work.close(task)
                else:
                    looked(task.header, plan, now_us)
                    project.deadlines.schedule(key, self._deadline(task.header, plan))
            left -= 1
            if not left:
                return

    def _look_again(self, memory: PartitionMemory, task: Task, plan: Plan, offset: int, work: Work) -> None:
        """Decide again where those who answered are trusted otherwise by now; say so where it comes out otherwise."""
        header = task.header
        if header.decided_by is None or not has_moved(header, plan):
            return
        found = outcome(task, plan)
        by = decided_by(found, plan)
        if by is not None and by.answer != header.decided_by.answer:
            header.decided_by = by
            self._emit_decision(memory, task, found, work)
            self._fact(task, contribution(task, plan, found), offset, work)

    def _deadline(self, header: Header, plan: Plan) -> int | None:
        """When a task is due: to be called stalled while it waits, looked at or closed once it is decided."""
        if header.closed or header.contribution is None or header.state == "in_review":
            return None
        if header.state in _WAITING:
            if header.stalled:
                return None
            return header.touched_us + plan.settings.routing.stalled_after_seconds * 1_000_000
        closes_us, look_us = self._closes_us(header), next_look_us(header, plan)
        return closes_us if look_us is None else min(closes_us, look_us)

    def _closes_us(self, header: Header) -> int:
        """When a decided task takes no more events."""
        return header.touched_us + self._limits.retention_seconds * 1_000_000

    def _plan_for(self, project_id: str, work: Work) -> Plan:
        plan = work.plans.get(project_id)
        if plan is None:
            plan = work.plans[project_id] = self._plan(project_id)
        return plan

    def _plan(self, project_id: str) -> Plan:
        settings = self._book.of(project_id)
        plan = self._plans.get(project_id)
        if plan is None or plan.settings is not settings:
            plan = self._plans[project_id] = Plan(settings, self._reliabilities.of(project_id))
        return plan
