"""Thresholds that nobody can miss: settings that look strict and let every task pass."""

from __future__ import annotations

from scoring.profiles.floors import lowest_score
from streams.contracts.settings import ProjectSettings
from streams.plan import ControlPlan, Plan

__all__ = ["cannot_fail", "threshold_warnings"]

_VOTED = frozenset(("choice", "boolean", "text", "number", "rating", "ranking", "taxonomy"))


def threshold_warnings(settings: ProjectSettings) -> dict[str, str]:
    """Control → why its threshold cannot fail, for those whose type the settings say.

    Of n annotators who all give one of k answers, some agree as soon as k < n, and the share of the most common answer
    is never below 1 / n. Counted for the annotators that a task requires. What can still fail is a task to which
    somebody gave no answer, or one that `labels` does not list: the message says so. A threshold of 0 is meant to pass.

    >>> from streams.contracts.settings import ControlSettings
    >>> scene = ControlSettings(type="choice", labels=["day", "night"], agreement_threshold=0.66)
    >>> threshold_warnings(ProjectSettings(controls={"scene": scene}))["scene"]
    'a threshold of 0.66 cannot fail with 3 annotators and 2 possible answers: while all give one of these, the lowest \
possible score is 0.667'
    """
    plan, annotators = Plan(settings), settings.required_annotators
    found: dict[str, str] = {}
    for name, control in sorted(settings.controls.items()):
        resolved = None if control.type is None else plan.control(name, (control.type,))
        why = None if resolved is None else cannot_fail(resolved, annotators)
        if why is not None:
            found[name] = why
    return found


def cannot_fail(plan: ControlPlan, annotators: int) -> str | None:
    """Why no answers that are expected of so many annotators can miss the threshold of a control; None where some can.

    Expected is one of the control's labels, or yes or no, from everybody.
    """
    if not plan.threshold or annotators < 2:
        return None
    labels = {"boolean": 2, "choice": len(plan.labels) or None}.get(plan.type)
    if plan.metric == "ango":
        lowest = lowest_score("ango", annotators)
    elif plan.aggregate == "consensus_share":
        lowest = lowest_score("label_studio", annotators, labels, "consensus")
    elif plan.metric == "exact" and plan.type in _VOTED:
        lowest = lowest_score("label_studio", annotators, labels)
    else:
        return None
    if plan.threshold > lowest:
        return None
    answers, given = "", ""
    if labels is not None:
        answers, given = f" and {labels} possible answers", "while all give one of these, "
    return (
        f"a threshold of {plan.threshold:g} cannot fail with {annotators} annotators{answers}: "
        f"{given}the lowest possible score is {lowest:.3g}"
    )
