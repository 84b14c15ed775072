"""What the fields of an alert's evidence mean, said once: the API, the report and the page on alerts quote it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["EVIDENCE"]

EVIDENCE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "agreement_with_consensus": "Model: agreement of its answer with what people decided.",
        "annotator": "Whom it is about.",
        "annotators": "Whom it is about; of `outlier_task` the people who decided, of `threshold_cannot_fail` how many "
        "tasks had so many answers.",
        "annotators_fallen": "People whose own agreement has fallen most since `since`, weighed by their tasks: what "
        "it has been since then.",
        "baseline_mean": "Mean before the recent tasks.",
        "baseline_n": "Tasks before the recent ones.",
        "cannot_fail_n": "Tasks in which no answers could have missed the threshold.",
        "chi_square": "Statistic of the test that recent labels are distributed as those before.",
        "control": "Which control it is about.",
        "degrees": "Degrees of freedom of `chi_square`.",
        "disagrees_below": "Agreement with the consensus below which a model's answer disagrees.",
        "drop": "Baseline mean less recent mean.",
        "evidence": "How strongly the tasks speak against chance: while nothing is wrong, at most one in x ever gets "
        "to x.",
        "fall_baseline_mean": "Mean before the fall that the scan found.",
        "fall_baseline_n": "Tasks before that fall.",
        "fall_evidence": "`evidence` of that fall.",
        "fall_n": "Tasks since that fall.",
        "fall_raised_at": "`fall_evidence` from which a fall is raised.",
        "fall_recent_mean": "Mean since that fall.",
        "fall_since": "When that fall began, most likely.",
        "fallen": "Whether the scan has found a fall, begun at any time, that has not been made up for.",
        "fast_seconds": "Answers that took less are fast.",
        "first": "One of the two.",
        "high": "Upper end of the 95 % interval of `rate`.",
        "kind": "`human` or `model`.",
        "labels": "How many labels there are.",
        "least_frequent": "The rarest label.",
        "least_frequent_n": "How often it was the consensus.",
        "line": "Share up to which the two are not conspicuous.",
        "low": "Lower end of the 95 % interval of `rate`.",
        "lowest_control": "The control that agrees least, over all tasks.",
        "lowest_control_mean": "Its mean agreement.",
        "mean_before": "Mean agreement before `since`.",
        "mean_since": "Mean agreement since `since`.",
        "median_seconds": "Half of their answers took less; accurate to within 5 %.",
        "models": "The models that disagree.",
        "most_changed": "The label whose share has changed most.",
        "most_changed_by": "By how much.",
        "most_changed_share": "Its share now.",
        "most_frequent": "The most frequent label.",
        "most_frequent_n": "How often it was the consensus.",
        "n": "Tasks (answers, of `too_fast`) that the figure was made of; of `stalled_tasks` those that wait, of "
        "`outlier_task` those that are open.",
        "others_mean": "Mean agreement of everybody else with the consensus.",
        "others_median_seconds": "Half of the others' answers took less.",
        "others_n": "What the others' figure was made of: answers, or common tasks of other pairs.",
        "outlier_tasks": "How many tasks every model disagrees with.",
        "p_value": "Probability of a figure at least so unusual while nothing is wrong.",
        "p_value_below": "`p_value` under which it is raised.",
        "raised_above": "The figure above which it is raised.",
        "raised_at": "`evidence` from which it is raised; of `stalled_tasks`, tasks.",
        "raised_below": "`rate` below which it is raised.",
        "raised_below_p": "`p_value`, of all pairs together, under which it is raised.",
        "rate": "The share that is judged: agreement, accuracy, approvals or fast answers, over `n`.",
        "ratio": "How many times as frequent the most frequent label is as the least frequent one.",
        "ratio_is_lower_bound": "Whether the least frequent label was never seen, so that the ratio is at least this.",
        "reason": "Why it is over.",
        "recent_deviation": "Standard deviation of the recent scores.",
        "recent_mean": "Mean of the recent tasks.",
        "reference_n": "Tasks before the recent ones.",
        "resolved_at": "The figure at which it is resolved.",
        "resolved_below": "`drop` below which it is resolved.",
        "score": "Agreement of the task's answers.",
        "second": "The other of the two.",
        "share": "Of `threshold_cannot_fail`, tasks that could not fail; of `copying`, identical marks or same errors.",
        "since": "When it began, most likely; where only the window has dropped, when the window begins.",
        "stability_index": "Population stability index (PSI) of recent labels against those before.",
        "stability_index_beyond_chance": "The index less what chance adds: what is judged.",
        "standard_errors": "The drop must also be so many standard errors.",
        "statistic": "What is the same: `identical_marks` or `identical_errors`.",
        "task": "Which task it is about.",
        "tasks": "Tasks of the project.",
        "tasks_with_models": "Decided tasks that models have answered.",
        "undefined": "Why there is no figure.",
        "usual_share": "The same of other pairs.",
        "why": "Why the threshold cannot be missed.",
        "window": "How many of the newest tasks are recent; `all`, or `open`, where it is not about the newest.",
        "window_dropped": "Whether the newest `window` tasks agree less than all before.",
    }
)
"""Field → what it says."""
