"""Every type of alert: how urgent it is, what a labeling lead does about it, and what is left to do afterwards."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

__all__ = ["ALERTS", "AlertKind"]


class AlertKind(NamedTuple):
    """What is the same for every alert of a type."""

    severity: Literal["info", "warning", "critical"]
    action: str
    """What a labeling lead does about it; fields of the evidence in braces."""
    resolved: str
    """The same once it is over."""


ALERTS: Final[dict[str, AlertKind]] = {
    "agreement_drift": AlertKind(
        "critical",  # every answer from now on costs money and may have to be given again
        "Read the newest decisions on task-disagreement: the controls and annotators that their conflicts name most "
        "often are where to start. Brief those annotators or clarify the guideline before more is labeled, and send "
        "the tasks decided since to review.",
        "Nothing to do: agreement is back. Consider a review of the tasks decided in between.",
    ),
    "annotator_drift": AlertKind(
        "warning",  # one person's answers, and the others still outvote them
        "Talk to {annotator}: since {since} their agreement with the others is {recent_mean}, and it was "
        "{baseline_mean}. Look at their newest tasks with them, and at whether what they are given has changed.",
        "Nothing to do: {annotator} agrees with the others as before, or the present level has become the usual one.",
    ),
    "class_imbalance": AlertKind(
        "info",  # the answers are right; what is asked is lopsided
        "Queue more tasks that are likely to show {least_frequent!r}, or fewer that show {most_frequent!r}. If the "
        "imbalance is the nature of the data, raise alerts.class_imbalance.ratio; if {least_frequent!r} can't occur, "
        "take it out of the control's labels.",
        "Nothing to do: the labels are balanced enough again.",
    ),
    "copying": AlertKind(
        "critical",  # what looks like agreement is one answer counted twice
        "Compare the tasks that {first} and {second} both answered, and hear both. Until it is clear, give them no "
        "tasks in common: their agreement counts one answer twice. If a tool or a model answered for both, raise "
        "alerts.copying.floor (identical_marks) or alerts.copying.error_floor (identical_errors).",
        "Nothing to do: their marks are identical, and their errors the same, no more often than those of others.",
    ),
    "label_shift": AlertKind(
        "warning",  # either the data has changed, or the way it is labeled
        "Find out whether the data has changed: compare what was queued of late with what was queued before. If it has "
        "not, annotators have begun to use {most_changed!r} otherwise; clarify the guideline for it.",
        "Nothing to do: recent labels are distributed as those before.",
    ),
    "low_agreement_annotator": AlertKind(
        "warning",
        "Go through some of {annotator}'s tasks with them: their confusion matrix says which labels to begin with. "
        "Until they agree, ask for one more annotator on their tasks, or let their votes weigh less (adjudication: "
        "weighted).",
        "Nothing to do: {annotator} agrees with the consensus often enough again.",
    ),
    "low_approval": AlertKind(
        "warning",
        "Read what reviewers rejected or corrected of {annotator}'s tasks, and pass it on to them. Rejected tasks of "
        "others too point to the guideline instead.",
        "Nothing to do: reviewers approve of {annotator}'s tasks again.",
    ),
    "low_gold_accuracy": AlertKind(
        "critical",  # gold leaves no doubt about who is wrong
        "Give {annotator} no new tasks until they have been briefed: their confusion matrix against gold says about "
        "what. Send what they decided in the window to review. If several are low, check the gold itself.",
        "Nothing to do: {annotator} is right often enough again.",
    ),
    "outlier_task": AlertKind(
        "info",
        "Look at task {task}: {annotators} decided otherwise than {models}, which seldom happens here. One side is "
        "mistaken, or the task is an unusual one that the models should learn from.",
        "Nothing to do: the decision has changed, or {n} newer ones are open.",
    ),
    "stalled_tasks": AlertKind(
        "warning",  # work has stopped, and none of it is wrong
        "Find annotators for the {n} waiting tasks (task-reassignment names who may not be asked), or ask for fewer "
        "answers with required_annotators.",
        "Nothing to do: the tasks move again.",
    ),
    "threshold_cannot_fail": AlertKind(
        "warning",  # nothing is checked, and everything looks well
        "Raise controls.{control}.agreement_threshold, or ask for another number of annotators: {why}, so whatever is "
        "answered passes.",
        "Nothing to do: answers can miss the threshold.",
    ),
    "too_fast": AlertKind(
        "warning",
        "Look at {annotator}'s fastest answers: {rate} of them took less than {fast_seconds} s, where half of the "
        "others' take more than {others_median_seconds} s. If the tasks were prepared for them, that is why; else have "
        "them answer again.",
        "Nothing to do: {annotator} takes as long as others.",
    ),
}
"""By alert type."""
