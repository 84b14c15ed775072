"""A project with something of everything, made by hand: what a report is made of."""

from __future__ import annotations

from typing import Any

from streams.contracts.decisions import Conflict, ControlOutcome, Decision, SubmissionReport
from streams.contracts.regions import Region
from streams.contracts.views import (
    AgreementView,
    AlertItem,
    AlertsView,
    AnnotatorItem,
    AnnotatorsView,
    BenchmarkItem,
    BenchmarkView,
    ClassesView,
    ClassItem,
    ControlAgreement,
    ControlClasses,
    MatrixCell,
    MatrixView,
    OverviewView,
    Point,
    Reviews,
    Statistic,
)
from streams.report import Answer, ContestedTask, Material, Views

__all__ = ["PEOPLE", "alert", "annotator", "contested", "decision", "material", "nobody", "statistic", "views"]

PEOPLE = ("amira", "bo", "chen", "dee", "eli")
PROJECT = "street"


def statistic(value: float | None, n: int = 40, **more: Any) -> Statistic:
    """A figure; none is undefined for a reason."""
    return Statistic(value=value, n=n, undefined="nothing to compare" if value is None else None, **more)


def nobody() -> Statistic:
    """A figure that nobody has."""
    return statistic(None, 0)


def alert(number: int = 1, **changed: Any) -> AlertItem:
    """An open alert, unless changed."""
    fields: dict[str, Any] = {
        "alert_id": f"alert-{number}",
        "alert": "agreement_drift",
        "subject": "project",
        "severity": "warning",
        "raised_at": "2026-01-31T12:30:00.000Z",
        "resolved_at": None,
        "evidence": {"recent": 0.61, "baseline": 0.74, "n": 100, "window": {"tasks": 100}},
        "recommended_action": "Look at the most contested tasks of the last hour.",
    }
    return AlertItem(**(fields | changed))


def annotator(annotator_id: str, agreement: float = 0.8, **changed: Any) -> AnnotatorItem:
    """An annotator with every figure, unless changed."""
    fields: dict[str, Any] = {
        "annotator_id": annotator_id,
        "kind": "human",
        "submissions": 120,
        "median_seconds": statistic(14.5, 120),
        "agreement_with_peers": statistic(agreement - 0.05, 118, low=agreement - 0.1, high=agreement),
        "agreement_with_consensus": statistic(agreement, 120),
        "gold_accuracy": statistic(agreement - 0.02, 30, low=agreement - 0.12, high=min(1.0, agreement + 0.06)),
        "approval": statistic(0.9, 20),
        "self_consistency": nobody(),
        "reliability": {"objects": statistic(0.86, 200, low=0.8, high=0.9)},
        "weights": {"objects": 1.1},
        "bias": {"objects": {"car": 0.12, "bus": -0.12}},
        "confusion": {"objects": {"car": {"car": 80.0, "bus": 6.0}, "bus": {"bus": 30.0, "car": 12.0}}},
        "alerts": [],
    }
    return AnnotatorItem(**(fields | changed))


def views(**changed: Any) -> Views:
    """All documents of the project."""
    agreed = {person: 0.65 + 0.06 * place for place, person in enumerate(PEOPLE)}
    ids = [*PEOPLE, "detector", "gold"]
    documents: dict[str, Any] = {
        "overview": OverviewView(
            project_id=PROJECT, event_time="2026-01-31T15:00:00.000Z",
            tasks={"agreed": 310, "in_review": 24, "reassigning": 9, "waiting": 3}, annotations=1_204, annotators=6,
            stalled_tasks=2, agreement=statistic(0.74, 343), recent_agreement=statistic(0.66, 100),
            baseline_agreement=statistic(0.76, 243), overlap_mean=statistic(3.4, 343), annotations_saved=1_010,
            time_to_quorum_seconds={"p50": statistic(95.0, 343), "p90": statistic(610.0, 343)},
            reviews=Reviews(approved=30, rejected=5, corrected=7, approval=statistic(30 / 42, 42)),
            prelabelled=statistic(0.4, 343), alerts_open=1,
        ),
        "agreement": AgreementView(
            project_id=PROJECT, overall=statistic(0.74, 343), deviation=statistic(0.18, 343),
            recent=statistic(0.66, 100), baseline=statistic(0.76, 243), drop=statistic(0.1, 100), window_tasks=100,
            histogram=[4, 6, 9, 12, 20, 38, 54, 72, 80, 48],
            trend=[
                Point(at=f"2026-01-31T{9 + i:02}:00:00.000Z", n=40 + 5 * i, mean=mean)
                for i, mean in enumerate((0.75, 0.77, 0.76, 0.68, 0.62, 0.66))
            ],
            controls=[
                ControlAgreement(
                    control="objects", type="box", score=statistic(0.7, 343), passed=statistic(0.8, 343),
                    coefficients={"krippendorff_alpha": statistic(0.61, 900, low=0.55, high=0.66)}, scale="nominal",
                ),
                ControlAgreement(
                    control="remarks", type="text", score=statistic(0.8, 343), passed=statistic(0.9, 343),
                    coefficients={}, scale=None,
                ),
            ],
            disagreements={"missing": 62, "loose_boundary": 40, "wrong_label": 18},
        ),
        "annotators": AnnotatorsView(
            project_id=PROJECT,
            items=[
                *(annotator(person, value) for person, value in agreed.items()),
                annotator("detector", 0.7, kind="model", median_seconds=nobody(), alerts=["low_gold_accuracy"]),
            ],
            further=3,
        ),
        "benchmark": BenchmarkView(
            project_id=PROJECT, gold_tasks=30, annotators=statistic(0.75, 150), models=statistic(0.7, 30),
            consensus=statistic(0.85, 30, low=0.75, high=0.92),
            items=[
                BenchmarkItem(
                    annotator_id=person, kind="human",
                    accuracy=statistic(value, 30, low=value - 0.1, high=value + 0.05),
                    confusion={"objects": {"car": {"car": 20.0, "bus": 2.0}, "bus": {"bus": 9.0}}},
                )
                for person, value in agreed.items()
            ],
        ),
        "alerts": AlertsView(
            project_id=PROJECT,
            items=[
                alert(1),
                alert(
                    2, alert="class_imbalance", subject="objects", severity="info",
                    raised_at="2026-01-31T10:05:00.000Z", resolved_at="2026-01-31T11:20:00.000Z",
                    evidence={"ratio": 12.0, "largest": "car", "n": 140},
                ),
            ],
        ),
        "matrix": MatrixView(
            project_id=PROJECT, annotators=ids, kinds=["human"] * 5 + ["model", "gold"],
            cells=[
                MatrixCell(a=a, b=b, agreement=0.55 + 0.05 * ((i + j) % 8), tasks=20 + i + j)
                for i, a in enumerate(ids) for j, b in enumerate(ids) if i < j and (a, b) != ("amira", "eli")
            ],
        ),
        "classes": ClassesView(
            project_id=PROJECT,
            controls=[
                ControlClasses(
                    control="objects", n=900.0, imbalance_ratio=4.2, ratio_is_lower_bound=False,
                    stability_index=statistic(0.08, 900),
                    items=[
                        ClassItem(label="car", consensus=700.0, share=0.78, recent_share=0.7, given=2_200.0),
                        ClassItem(label="bus", consensus=200.0, share=0.22, recent_share=0.3, given=500.0),
                    ],
                    by_annotator={"amira": {"car": 0.8, "bus": 0.2}},
                )
            ],
        ),
    }  # fmt: skip
    return Views(**(documents | changed))


def decision(task_id: str = "t-17", score: float | None = 0.31, **changed: Any) -> Decision:
    """A decision against agreement by the first three people."""
    conflicts = [Conflict(kind="missing", annotators=["chen"], regions=["s-amira/r1"], detail="drawn by two of three")]
    outcome = ControlOutcome(
        type="box", metric="soft_f1", aggregate="pairs", score=score, undefined=None, threshold=0.7, passed=False,
        annotators=list(PEOPLE[:3]), matrix=[[1.0, 0.5, 0.2], [0.5, 1.0, 0.2], [0.2, 0.2, 1.0]], adjudication="fuse",
        soft_labels=None, conflicts=conflicts,
    )  # fmt: skip
    fields: dict[str, Any] = {
        "schema": 1, "type": "task.disagreement", "decision_id": f"d-{task_id}", "replaces": None, "revision": 1,
        "project_id": PROJECT, "task_id": task_id, "event_time": "2026-01-31T14:00:00.000Z", "round": 1,
        "state": "in_review", "reason": "annotator_limit", "score": score, "passed": False,
        "submissions": [
            SubmissionReport(submission_id=f"s-{person}", version=1, annotator_id=person, annotator_kind="human",
                             counts=True, score=0.3 + place / 10)
            for place, person in enumerate(PEOPLE[:3])
        ],
        "controls": {"objects": outcome}, "consensus": [], "unscored": [], "skipped": [], "review": None,
        "settings": "0123456789ab",
    }  # fmt: skip
    return Decision(**(fields | changed))


def contested(
    results: list[list[Region] | None], consensus: list[Any] | None = None, *, task_id: str = "t-17", **more: Any
) -> ContestedTask:
    """A task that as many people answered as there are results."""
    made = decision(task_id, consensus=consensus or [])
    answers = [
        Answer(annotator_id=person, kind="human", counts=True, score=0.5, result=result)
        for person, result in zip(PEOPLE, results, strict=False)
    ]
    return ContestedTask(decision=made, answers=answers, **more)


def material(**changed: Any) -> Material:
    """A report's material, without tasks to draw unless given."""
    fields: dict[str, Any] = {"project_id": PROJECT, "source": "made by hand", "views": views()}
    return Material(**(fields | changed))
