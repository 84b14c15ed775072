"""Builders of output records: the stream's own structs, so that a change of the contract breaks these tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from streams.adapters.redis_model import Batch, Claim, ReadModel, translators
from streams.contracts.decisions import (
    Alert,
    Conflict,
    ConflictKind,
    ControlOutcome,
    Decision,
    SubmissionReport,
    TaskState,
)
from streams.contracts.facts import Contribution, Fact, FactBatch
from streams.ports import Record

CHANGELOG = "quality-changelog"


TRANSLATE = translators(lambda name: name, CHANGELOG)


def decision(
    task: str, *, revision: int = 1, second: int = 0, passed: bool = True, project: str = "street",
    score: float | None = None, state: TaskState | None = None, annotators: Sequence[str] = (),
    conflicts: Sequence[ConflictKind] = (),
) -> bytes:  # fmt: skip
    """Passed ones score 0.9 and are agreed, others 0.4 and in review, unless said otherwise."""
    scene = ControlOutcome(
        type="choice", metric=None, aggregate=None, score=None, undefined=None, threshold=None, passed=None,
        annotators=[], matrix=[], adjudication=None, soft_labels=None,
        conflicts=[Conflict(kind=kind, annotators=[], regions=[]) for kind in conflicts],
    )  # fmt: skip
    submissions = [
        SubmissionReport(
            submission_id=f"s-{name}", version=1, annotator_id=name, annotator_kind="human", counts=True, score=None
        )
        for name in annotators
    ]
    return msgspec.json.encode(
        Decision(
            schema=1, type="task.agreement" if passed else "task.disagreement",
            decision_id=f"{task}-{revision}", replaces=f"{task}-{revision - 1}" if revision > 1 else None,
            revision=revision, project_id=project, task_id=task,
            event_time=f"2026-01-31T10:{second // 60:02d}:{second % 60:02d}.000Z", round=1,
            state=state or ("agreed" if passed else "in_review"), reason="", passed=passed,
            score=score if score is not None else 0.9 if passed else 0.4,
            submissions=submissions,
            controls={"scene": scene} if conflicts else {}, consensus=[], unscored=[], skipped=[],
            review=None, settings="s",
        )
    )  # fmt: skip


def alert(alert_id: str, state: str, *, second: int = 0, raised: int = 0, project: str = "street") -> bytes:
    return msgspec.json.encode(
        Alert(
            schema=1, type="quality.alert", alert_id=alert_id, alert="agreement_drift",
            state="resolved" if state == "resolved" else "raised", project_id=project, subject="", severity="warning",
            event_time=f"2026-01-31T10:00:{second:02d}.000Z", raised_at=f"2026-01-31T10:00:{raised:02d}.000Z",
            evidence={"n": 100}, recommended_action="look",
        )
    )  # fmt: skip


def fact(
    offset: int, task: str, state: str | None, *, at: int = 0, answers: int = 1, score: float | None = None
) -> Fact:
    """`state` none: the task contributes nothing any more."""
    after = None if state is None else Contribution(state, answers, at, score, {"scene": {"day": 1.0}})
    return Fact(offset, task, Contribution("waiting", 1, 0, 0.5, {}), after)


def facts(*changes: Fact, project: str = "street") -> bytes:
    return msgspec.json.encode(FactBatch(project, 0, list(changes)))


def batch(topic: str, values: Iterable[bytes], *, start: int = 0, key: bytes = b"street") -> Batch:
    made = Batch()
    made.add([Record(offset, key, value) for offset, value in enumerate(values, start)], TRANSLATE[topic])
    return made


async def show(
    model: ReadModel, topic: str, values: Sequence[bytes], *, start: int = 0, key: bytes = b"street"
) -> None:
    """Write values as the records of partition 0 from offset `start` on."""
    moved = await model.apply(batch(topic, values, start=start, key=key), [Claim(topic, 0, start, start + len(values))])
    assert not moved


async def show_records(model: ReadModel, records: Mapping[bytes, bytes], start: int = 0) -> None:
    """Write records of WATCH's table."""
    made = Batch()
    made.add([Record(start + n, *pair) for n, pair in enumerate(records.items())], TRANSLATE[CHANGELOG])
    assert not await model.apply(made, [Claim(CHANGELOG, 0, start, start + len(records))])
