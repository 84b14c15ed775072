"""What of a project's settings decides about alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from scoring.rolling.copying import CopyingRule
from scoring.rolling.label_shift import LabelShiftRule
from scoring.rolling.lead_times import FastLine
from scoring.rolling.level import ANNOTATOR_LEVEL, PROJECT_LEVEL, LevelRule
from scoring.rolling.rates import RateRule
from streams.contracts.alert_settings import AlertSettings
from streams.contracts.settings import ProjectSettings
from streams.plan import Plan

__all__ = ["LOOK_EVERY", "Rules", "looks", "looks_at_all"]

LOOK_EVERY: Final = 25
"""What takes a scan is looked at whenever as many more tasks, answers, reviews or labels are known of its subject: a
test costs some fifty times what counting a decision does, and a fall is seen after a hundred tasks, not one."""


def looks(before: int, now: int, standing: bool, every: int = LOOK_EVERY) -> bool:
    """Whether to look: a multiple has been passed, or, while an alert stands, something was corrected.

    >>> looks(24, 25, False), looks(25, 26, False), looks(26, 26, False), looks(26, 26, True)
    (True, False, False, True)
    """
    return before // every != now // every or (standing and before == now)


def looks_at_all(before: int, now: int, standing: bool) -> bool:
    """The same for what is about all there ever was: an eighth more, or less, has to be there to make a difference.

    >>> [n for n in range(1, 1_001) if looks_at_all(n - 1, n, False)][12:]
    [325, 350, 375, 400, 450, 500, 550, 600, 650, 700, 750, 800, 900, 1000]
    """
    return looks(before, now, standing, LOOK_EVERY << max(0, (now // (8 * LOOK_EVERY)).bit_length() - 1))


class Rules(NamedTuple):
    """A project's lines, in the form in which the tests take them."""

    alerts: AlertSettings
    expected: Mapping[str, frozenset[str]]
    """Control → the labels that its settings name."""
    plan: Plan
    """For what a threshold is, and whether it can be missed."""
    project_level: LevelRule
    annotator_level: LevelRule
    label_shift: LabelShiftRule
    label_look: int
    """Tasks between two looks: a quarter of the window."""
    gold: RateRule
    approval: RateRule
    too_fast: RateRule
    fast_line: FastLine
    copied_marks: CopyingRule
    copied_errors: CopyingRule

    @classmethod
    def of(cls, settings: ProjectSettings) -> Rules:
        """The rules in a project's settings."""
        alerts = settings.alerts
        drift, one, shift = alerts.agreement_drift, alerts.annotator_drift, alerts.label_shift
        gold, reviews, fast, copied = alerts.low_gold_accuracy, alerts.low_approval, alerts.too_fast, alerts.copying
        return Rules(
            alerts=alerts,
            expected={name: frozenset(c.labels) for name, c in settings.controls.items() if c.labels},
            plan=Plan(settings),
            project_level=PROJECT_LEVEL._replace(
                minimum_baseline=drift.minimum_baseline_tasks, evidence=drift.evidence, slack=drift.slack
            ),
            annotator_level=ANNOTATOR_LEVEL._replace(
                minimum_baseline=one.minimum_baseline_tasks, evidence=one.evidence, slack=one.slack
            ),
            label_shift=LabelShiftRule(
                minimum=shift.window_tasks,
                minimum_reference=shift.minimum_reference_tasks,
                raise_above=shift.stability_index,
                resolve_at=shift.resolve_index,
                p_value=shift.p_value,
            ),
            label_look=max(LOOK_EVERY, shift.window_tasks // 4),
            gold=RateRule(gold.accuracy, gold.minimum_tasks, gold.evidence),
            approval=RateRule(reviews.approval, reviews.minimum_tasks, reviews.evidence),
            too_fast=RateRule(fast.share, fast.minimum_answers, fast.evidence),
            fast_line=FastLine(fast.quantile, fast.of_median, fast.minimum_others),
            copied_marks=CopyingRule(
                copied.ratio, copied.floor, copied.alpha, copied.minimum_tasks, copied.minimum_other_tasks
            ),
            copied_errors=CopyingRule(
                copied.error_ratio, copied.error_floor, copied.alpha, copied.minimum_tasks, copied.minimum_other_tasks
            ),
        )
