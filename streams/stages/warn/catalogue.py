"""Every type of alert: how urgent it is, what a labeling lead does about it, and what is left to do afterwards."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

__all__ = ["ALERTS", "AlertKind"]


class AlertKind(NamedTuple):
    """What is the same for every alert of a type."""

    severity: Literal["info", "warning", "critical"]
    action: str
    """What a labeling lead does about it; fields of the evidence in braces (`:%` for a share), and `path`, where the
    API has the project's views, and `who`, the annotator as a query says it."""
    resolved: str
    """The same once it is over."""
    of_model: OfModel | None = None
    """Where it reads otherwise when the annotator is a model: nobody can talk to it, and others outvote it."""


class OfModel(NamedTuple):
    """The same about a model."""

    severity: Literal["info", "warning", "critical"]
    action: str


ALERTS: Final[dict[str, AlertKind]] = {
    "agreement_drift": AlertKind(
        "critical",  # every answer from now on costs money and may have to be given again
        "Agreement has been {mean_since} since {since}, and was {mean_before}. Begin with {annotators_fallen} "
        "(agreement since then) and with the control that agrees least, {lowest_control} ({lowest_control_mean}): "
        "{path}/tasks has the least agreed tasks. Brief those annotators or clarify the guideline before more is "
        "labeled, and send the tasks decided since to review.",
        "Nothing to do: agreement is back. Consider a review of the tasks decided in between.",
    ),
    "annotator_drift": AlertKind(
        "warning",  # one person's answers, and the others still outvote them
        "Talk to {annotator}: since {since} their agreement with the others is {recent_mean} ({n} tasks), "
        "and it was {baseline_mean}. Look at their newest tasks with them, and at whether what they are given has "
        "changed.",
        "Nothing to do: {annotator} agrees with the others as before, or the present level has become the usual one.",
        OfModel(
            "warning",
            "Find out what has changed for the model {annotator}: since {since} its agreement with people is "
            "{recent_mean} ({n} tasks), and it was {baseline_mean}. Either another version of it answers, or the data "
            "is not what it was trained on; until that is clear, show its answers to nobody who labels.",
        ),
    ),
    "class_imbalance": AlertKind(
        "info",  # the answers are right; what is asked is lopsided
        "Queue more tasks that are likely to show {least_frequent!r} ({least_frequent_n} so far), or fewer that show "
        "{most_frequent!r} ({most_frequent_n}). If the "
        "imbalance is the nature of the data, raise alerts.class_imbalance.ratio; if {least_frequent!r} can't occur, "
        "take it out of the control's labels.",
        "Nothing to do: the labels are balanced enough again.",
    ),
    "copying": AlertKind(
        "critical",  # what looks like agreement is one answer counted twice
        "Compare the tasks that {first} and {second} both answered, and hear both: {share:%} are the same, and of "
        "other pairs {usual_share:%}. Until it is clear, give them no "
        "tasks in common: their agreement counts one answer twice. If a tool or a model answered for both, raise "
        "alerts.copying.floor (identical_marks) or alerts.copying.error_floor (identical_errors).",
        "Nothing to do: their marks are identical, and their errors the same, no more often than those of others.",
    ),
    "label_shift": AlertKind(
        "warning",  # either the data has changed, or the way it is labeled
        "Find out whether the data has changed: compare what was queued of late with what was queued before. If it has "
        "not, annotators have begun to use {most_changed!r} otherwise ({most_changed_share:%} of the newest {n} "
        "tasks); clarify the guideline for it.",
        "Nothing to do: recent labels are distributed as those before.",
    ),
    "low_agreement_annotator": AlertKind(
        "warning",
        "Go through some of {annotator}'s tasks with them: they agree with the consensus to {rate:%} in their newest "
        "{n}. Their confusion matrix says which labels to begin with (in the report, or "
        "{path}/annotators?annotator={who}). Until they agree, ask for one more annotator on their tasks, or let their "
        "votes weigh less (adjudication: weighted).",
        "Nothing to do: {annotator} agrees with the consensus often enough again.",
        OfModel(
            "warning",
            "Don't let the model {annotator} pre-label before it has been trained further: it agrees with the "
            "consensus to {rate:%} in its newest {n} tasks, and whoever corrects it is slowed down and swayed. Its "
            "confusion matrix says which labels it lacks (in the report, or {path}/annotators?annotator={who}).",
        ),
    ),
    "low_approval": AlertKind(
        "warning",
        "Read what reviewers rejected or corrected of {annotator}'s tasks, and pass it on to them: of the newest {n} "
        "that were reviewed {rate:%} were approved. Rejected tasks of others too point to the guideline instead.",
        "Nothing to do: reviewers approve of {annotator}'s tasks again.",
        OfModel(
            "info",  # what is decided is people's
            "Read what reviewers rejected or corrected of the tasks that the model {annotator} answered: of the newest "
            "{n} that were reviewed {rate:%} were approved. Where people took its answers over, don't let it pre-label "
            "such tasks.",
        ),
    ),
    "low_gold_accuracy": AlertKind(
        "critical",  # gold leaves no doubt about who is wrong
        "Give {annotator} no new tasks until they have been briefed: {rate:%} of their newest {n} answers to gold are "
        "right, and their confusion matrix against gold says about what (in the report, or {path}/benchmark). Send "
        "what they decided since to review. If several are low, check the gold itself.",
        "Nothing to do: {annotator} is right often enough again.",
        OfModel(
            "warning",
            "Don't let the model {annotator} pre-label or count before it has been trained further: {rate:%} of its "
            "newest {n} answers to gold are right, and its confusion matrix against gold says which are not (in the "
            "report, or {path}/benchmark). If people are low as well, check the gold itself.",
        ),
    ),
    "outlier_task": AlertKind(
        "info",
        "Look at task {task}: {annotators} decided otherwise than {models}, which seldom happens here. One side is "
        "mistaken, or the task is an unusual one that the models should learn from.",
        "No longer listed: {reason}.",
    ),
    "stalled_tasks": AlertKind(
        "warning",  # work has stopped, and none of it is wrong
        "Find annotators for the {n} waiting tasks (task-reassignment names who may not be asked), or ask for fewer "
        "answers with required_annotators.",
        "Nothing to do: the tasks move again.",
    ),
    "threshold_cannot_fail": AlertKind(
        "warning",  # nothing is checked, and everything looks well
        "Ask for another number of annotators (required_annotators) or, where they are two or more, raise "
        "controls.{control}.agreement_threshold: {why}, so whatever is answered passes. If that is meant, set the "
        "threshold to 0.",
        "Nothing to do: answers can miss the threshold.",
    ),
    "too_fast": AlertKind(
        "warning",
        "Look at {annotator}'s fastest answers: {rate:%} of them took less than {fast_seconds} s, where half of the "
        "others' take more than {others_median_seconds} s. If the tasks were prepared for them, that is why; else have "
        "them answer again.",
        "Nothing to do: {annotator} takes as long as others.",
    ),
}
"""By alert type."""
