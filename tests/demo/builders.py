"""Recorded answers and decisions with only what matters."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from streams.contracts.decisions import (
    Alert,
    ConsensusBox,
    ConsensusChoice,
    ConsensusRegion,
    DeadLetter,
    Decision,
    Reassignment,
    SubmissionReport,
    TaskState,
)
from streams.demo.recorded import Recording, parse

Box = tuple[float, float, float, float]


def answer(task: str, annotator: str, value: str = "cat", project: str = "p", minute: int = 0) -> bytes:
    return msgspec.json.encode(
        event("annotation.submitted", task, project, minute)
        | {"event_id": f"{project}/{task}/{annotator}", "annotator_id": annotator, "submission_id": f"s-{annotator}"}
        | {"result": [{"control": "c", "type": "choice", "value": value}]}
    )


def box_answer(task: str, annotator: str, *boxes: Box) -> bytes:
    return msgspec.json.encode(
        event("annotation.submitted", task, "p", 0)
        | {"event_id": f"{task}/{annotator}", "annotator_id": annotator, "submission_id": f"s-{annotator}"}
        | {"result": [box_region(box) for box in boxes]}
    )


def gold(task: str, value: str, project: str = "p") -> bytes:
    return msgspec.json.encode(
        event("gold.set", task, project, 0) | {"result": [{"control": "c", "type": "choice", "value": value}]}
    )


def box_gold(task: str, *boxes: Box) -> bytes:
    return msgspec.json.encode(event("gold.set", task, "p", 0) | {"result": [box_region(box) for box in boxes]})


def event(kind: str, task: str, project: str, minute: int) -> dict[str, object]:
    return {
        "schema": 1,
        "type": kind,
        "event_id": f"{project}/{task}/{kind}",
        "occurred_at": f"2026-01-31T10:{minute:02}:00Z",
        "project_id": project,
        "task_id": task,
    }


def box_region(box: Box) -> dict[str, object]:
    x, y, width, height = box
    return {"control": "c", "type": "box", "label": "person", "x": x, "y": y, "width": width, "height": height}


def recording(*lines: bytes, project: str = "p") -> Recording:
    return parse(project, lines)


def decision(
    task: str,
    state: TaskState,
    annotators: Sequence[str],
    *,
    score: float | None = 0.5,
    revision: int = 1,
    consensus: Sequence[ConsensusRegion] = (),
    project: str = "p",
) -> Decision:
    passed = state == "agreed"
    return Decision(
        schema=1,
        type="task.agreement" if passed else "task.disagreement",
        decision_id=f"{project}/{task}/{revision}/{state}",
        replaces=None,
        project_id=project,
        task_id=task,
        event_time="2026-01-31T10:00:00.000Z",
        round=revision,
        revision=revision,
        state=state,
        reason="",
        score=score,
        passed=passed,
        submissions=[
            SubmissionReport(
                submission_id=f"s-{a}", version=1, annotator_id=a, annotator_kind="human", counts=True, score=score
            )
            for a in annotators
        ],
        controls={},
        consensus=list(consensus),
        unscored=[],
        skipped=[],
        review=None,
        settings="0",
    )


def species(value: str) -> ConsensusChoice:
    return ConsensusChoice(id="c1", control="c", value=value, support=[], confidence=1.0, sources=[])


def fused(box: Box) -> ConsensusBox:
    x, y, width, height = box
    return ConsensusBox(
        id="c1", control="c", label="person", x=x, y=y, width=width, height=height, rotation_degrees=0.0,
        attributes={}, support=[], confidence=1.0, sources=[],
    )  # fmt: skip


def reassignment(
    task: str, exclude: Sequence[str], *, wanted: int = 1, number: int = 1, project: str = "p"
) -> Reassignment:
    return Reassignment(
        schema=1,
        type="task.reassignment",
        reassignment_id=f"{project}/{task}/{number}",
        decision_id="d",
        project_id=project,
        task_id=task,
        event_time="2026-01-31T10:00:00.000Z",
        round=number,
        annotators_wanted=wanted,
        exclude_annotators=list(exclude),
        reason="",
        controls=["c"],
        score=0.5,
        priority=number,
    )


def alert(name: str = "agreement_drift", *, resolved: bool = False, project: str = "p") -> Alert:
    return Alert(
        schema=1,
        type="quality.alert",
        alert_id=f"{project}/{name}",
        alert=name,
        state="resolved" if resolved else "raised",
        project_id=project,
        subject="",
        severity="warning",
        event_time="2026-01-31T10:00:00.000Z",
        raised_at="2026-01-31T10:00:00.000Z",
        evidence={"drop": 0.12},
        recommended_action="look at the guidelines",
    )


def dead_letter(value: bytes, *, reason: str = "invalid", scope: str = "event", offset: int = 0) -> DeadLetter:
    return DeadLetter(
        schema=1,
        type="dead.letter",
        reason=reason,
        path="$",
        message="",
        scope="event" if scope == "event" else "region",
        topic="annotation-events",
        partition=0,
        offset=offset,
        timestamp_ms=0,
        key=None,
        headers={},
        size_bytes=len(value),
        truncated=False,
        value=value.decode(),
        value_base64=None,
    )


def encoded(output: object) -> bytes:
    return msgspec.json.encode(output)
