"""Settings of the alerts: what is worth waking somebody for. Defaults are from the simulation in `tests/bench`.

Each type can be switched off. What is open when its type is switched off is resolved when it is next looked at.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

__all__ = [
    "AgreementDriftAlert",
    "AlertSettings",
    "AnnotatorDriftAlert",
    "ClassImbalanceAlert",
    "CopyingAlert",
    "LabelShiftAlert",
    "LowAgreementAlert",
    "LowApprovalAlert",
    "LowGoldAccuracyAlert",
    "OutlierTaskAlert",
    "StalledTasksAlert",
    "ThresholdCannotFailAlert",
    "TooFastAlert",
]

Line = Annotated[float, Meta(gt=0, lt=1)]
"""A rate that is held against a line needs room on both sides."""
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Window = Annotated[int, Meta(ge=2, le=100_000)]
Evidence = Annotated[float, Meta(ge=2, le=1e9)]
"""Raised from here on: while nothing is wrong, at most one subject (or stretch of time) in as many is."""


class AgreementDriftAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`agreement_drift`: recent agreement has dropped below the rolling average, suddenly or slowly."""

    enabled: bool = True
    drop: Annotated[float, Meta(gt=0, le=1)] = 0.1
    resolve_drop: Annotated[float, Meta(ge=0, le=1)] = 0.05
    standard_errors: Annotated[float, Meta(ge=0, le=100)] = 4.0
    """The drop must besides be more than so many standard errors: 100 scores that are mostly 0 or 1 stray by 0.1."""
    window_tasks: Window = 100
    """Decided tasks in the recent window."""
    minimum_baseline_tasks: Annotated[int, Meta(ge=2, le=1_000_000)] = 200
    """Warm-up: decided tasks before the window without which nothing is said."""
    evidence: Evidence = 1_000.0
    """For a fall that began at any time, which also sees a slow one: false alarms, at most one in so many minutes."""
    slack: Share = 0.02
    """A slow fall of this much is none."""


class ClassImbalanceAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`class_imbalance`: one consensus label is far more frequent than another of the same control."""

    enabled: bool = True
    ratio: Annotated[float, Meta(gt=1)] = 10.0
    resolve_ratio: Annotated[float, Meta(ge=1)] | None = None
    """None: 80 % of `ratio`."""
    minimum: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 100
    """Consensus labels of the control without which nothing is said."""
    evidence: Annotated[float, Meta(ge=0, le=1e9)] = 0.0
    """0: the labels so far are out of balance. 20, say: it is all but certain that those to come are, too; 8:1 is then
    never taken for 10:1, and 12:1 is seen after thousands of labels instead of a hundred."""


class LabelShiftAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`label_shift`: recent consensus labels are distributed otherwise than those before."""

    enabled: bool = True
    window_tasks: Window = 200
    """Tasks with a consensus label of the control in the recent window."""
    minimum_reference_tasks: Count = 200
    """Warm-up: the same before the window."""
    stability_index: Annotated[float, Meta(gt=0, le=100)] = 0.1
    """PSI beyond what chance adds; 0.25 is commonly called major."""
    resolve_index: Annotated[float, Meta(ge=0, le=100)] = 0.05
    p_value: Line = 1e-6
    """And the chance of it: small, because it is asked again and again."""


class AnnotatorDriftAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`annotator_drift`: somebody agrees less with the others than they used to."""

    enabled: bool = True
    minimum_baseline_tasks: Count = 100
    """Warm-up: their tasks before the fall."""
    evidence: Evidence = 1_000.0
    slack: Share = 0.03
    """A fall of this much is none."""


class LowAgreementAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`low_agreement_annotator`: somebody's answers are seldom those of the consensus, and others' are more often."""

    enabled: bool = True
    agreement: Line = 0.7
    below_others: Share = 0.1
    """The line is `agreement`, or by so much under the average of everybody else where that is lower: what nobody
    agrees on is not one person's fault."""
    minimum_tasks: Count = 20
    window_tasks: Window = 200
    evidence: Evidence = 100.0


class LowGoldAccuracyAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`low_gold_accuracy`: somebody's answers to tasks with gold are too often wrong."""

    enabled: bool = True
    accuracy: Line = 0.7
    minimum_tasks: Count = 20
    window_tasks: Window = 100
    evidence: Evidence = 100.0


class LowApprovalAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`low_approval`: reviewers approve too few of the tasks that somebody had a part in."""

    enabled: bool = True
    approval: Line = 0.7
    minimum_tasks: Count = 20
    window_tasks: Window = 100
    evidence: Evidence = 100.0


class TooFastAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`too_fast`: somebody often answers faster than nearly all answers of others, and than anybody can look."""

    enabled: bool = True
    share: Line = 0.2
    """Of their answers may be too fast."""
    quantile: Line = 0.02
    """Too fast is below this quantile of the others' lead times,"""
    of_median: Line = 1 / 3
    """and below this part of their median."""
    minimum_answers: Count = 20
    minimum_others: Count = 100
    """Warm-up: others' answers with a lead time."""
    evidence: Evidence = 100.0


class CopyingAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`copying`: two people's marks, or their errors, are the same far more often than those of others."""

    enabled: bool = True
    ratio: Annotated[float, Meta(ge=1, le=1e6)] = 2.0
    """Marks: as many times the usual share are still put down to the tasks."""
    floor: Line = 0.05
    """And a share up to this always is."""
    error_ratio: Annotated[float, Meta(ge=1, le=1e6)] = 1.5
    """Errors, the same two: of what is usual for two who err as often."""
    error_floor: Line = 0.01
    alpha: Line = 0.01
    """Chance that any pair of an honest project is ever raised."""
    minimum_tasks: Count = 20
    """Common tasks; for errors, those whose truth is known without the two."""
    minimum_other_tasks: Count = 50
    """Warm-up: common tasks of other pairs."""


class OutlierTaskAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`outlier_task`: people decided a task otherwise than every model that answered it."""

    enabled: bool = True
    maximum_share: Annotated[float, Meta(gt=0, le=1)] = 0.1
    """Where more tasks than this are such, it is the models that are wrong, and no task stands out."""
    minimum_tasks: Count = 20
    """Warm-up: decided tasks that a model had answered."""
    maximum_open: Annotated[int, Meta(ge=1, le=50)] = 50
    """The newest so many stay open; older ones are resolved to make room. All are counted."""


class StalledTasksAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`stalled_tasks`: tasks have waited longer than `routing.stalled_after_seconds`."""

    enabled: bool = True
    minimum: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 1


class ThresholdCannotFailAlert(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`threshold_cannot_fail`: most tasks had so many annotators that no expected answers could have missed it."""

    enabled: bool = True
    share: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    """Of the control's decisions."""
    resolve_share: Annotated[float, Meta(ge=0, lt=1)] = 0.25
    minimum_tasks: Count = 20


class AlertSettings(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """By type."""

    agreement_drift: AgreementDriftAlert = AgreementDriftAlert()
    annotator_drift: AnnotatorDriftAlert = AnnotatorDriftAlert()
    class_imbalance: ClassImbalanceAlert = ClassImbalanceAlert()
    copying: CopyingAlert = CopyingAlert()
    label_shift: LabelShiftAlert = LabelShiftAlert()
    low_agreement_annotator: LowAgreementAlert = LowAgreementAlert()
    low_approval: LowApprovalAlert = LowApprovalAlert()
    low_gold_accuracy: LowGoldAccuracyAlert = LowGoldAccuracyAlert()
    outlier_task: OutlierTaskAlert = OutlierTaskAlert()
    stalled_tasks: StalledTasksAlert = StalledTasksAlert()
    threshold_cannot_fail: ThresholdCannotFailAlert = ThresholdCannotFailAlert()
    too_fast: TooFastAlert = TooFastAlert()
