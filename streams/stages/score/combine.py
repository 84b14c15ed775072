"""All controls → the task's score, whether it passed, and whether it still can."""

from __future__ import annotations

from streams.plan import Plan
from streams.scores import ControlScore, Placed, Scores
from streams.stages.score.figures import DIGITS

__all__ = ["combine"]


def combine(
    annotators: list[str], counted: list[int], controls: list[ControlScore], plan: Plan, unscored: list[Placed]
) -> Scores:
    """`Scores` of a task whose controls are scored."""
    threshold, aggregate = plan.settings.agreement_threshold, plan.settings.aggregate
    overall = _overall([(c.score, c.plan.weight) for c in controls], aggregate)
    if not controls and not unscored and len(counted) > 1:
        overall = 1.0  # everybody answered, and everybody answered "nothing here"
    failing = [c.name for c in controls if c.passed is False]
    passed = overall is not None and not failing and (threshold is None or overall >= threshold)
    return Scores(
        annotators=annotators,
        counted=counted,
        controls=controls,
        score=overall,
        passed=passed,
        reachable=passed or _reachable(controls, threshold, aggregate),
        failing=failing,
        individual=_individual(len(annotators), controls),
        unscored=unscored,
    )


def _reachable(controls: list[ControlScore], threshold: float | None, aggregate: str) -> bool:
    if not all(_can_pass(control) for control in controls if control.passed is False):
        return False
    best = _overall([(c.best_possible, c.plan.weight) for c in controls if c.score is not None], aggregate)
    return threshold is None or best is None or best >= threshold


def _can_pass(control: ControlScore) -> bool:
    threshold, best = control.plan.threshold, control.best_possible
    return threshold is None or best is None or round(best, DIGITS) >= threshold


def _overall(scores: list[tuple[float | None, float]], aggregate: str) -> float | None:
    """Σ weight · score / Σ weight, or the least score; None where no control has a score and a weight."""
    weighted = [(score, weight) for score, weight in scores if score is not None and weight > 0]
    if not weighted:
        return None
    if aggregate == "minimum":
        return min(score for score, _ in weighted)
    if len(weighted) == 1:
        return weighted[0][0]
    total = sum(weight for _, weight in weighted)
    return round(sum(score * weight for score, weight in weighted) / total, DIGITS)


def _individual(annotators: int, controls: list[ControlScore]) -> list[float | None]:
    scored = [control for control in controls if control.score is not None]
    if len(scored) == 1 and scored[0].plan.weight > 0:
        return scored[0].individual
    return [
        _overall([(c.individual[row], c.plan.weight) for c in scored], "weighted_mean") for row in range(annotators)
    ]
