"""Alerts about one annotator, or about two of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from scoring.rolling.aged import window
from scoring.rolling.lead_times import bin_seconds, fast_answers, fast_line, others
from scoring.rolling.rates import RateRule, judge_rate_above, judge_rate_below, rate_above, rate_below
from scoring.rolling.sums import MICRO, ScoreSums, Verdict
from scoring.types import Undefined
from streams.contracts.decisions import Alert
from streams.quality import AnnotatorRecord, ProjectRecord
from streams.quality.aged import AGREEMENT, CONSENSUS, GOLD, REVIEWS
from streams.quality.tallies import Tallies
from streams.quality.times import quantile_seconds, told_seconds
from streams.stages.warn.copying import copying_alerts, is_model
from streams.stages.warn.level import fall_figures, follow_level
from streams.stages.warn.rules import Rules, looks, looks_at_all
from streams.stages.warn.standing import Evidence, figure, key_of, move, stands

__all__ = ["annotator_alerts"]

_ALONE: Final = ("annotator_drift", "low_agreement_annotator", "low_approval", "low_gold_accuracy", "too_fast")
_ALL: Final = 1 << 62
_NOBODY: Final[frozenset[str]] = frozenset()


def annotator_alerts(tallies: Tallies, rules: Rules) -> list[Alert | None]:
    """All that is about who was touched, by id."""
    project, known = tallies.record, tallies.annotators
    standing = (
        {one.evidence.get("first", one.subject) for one in project.alerts.values()} if project.alerts else _NOBODY
    )
    due = [
        (name, before)
        for name, before in tallies.touched_annotators.items()
        if name is not None and (name not in known or looks(before, known[name].known, name in standing))
    ]
    found: list[Alert | None] = []
    for name, before in sorted(due):
        record = known.get(name)
        if record is None:
            found += _gone(project, name)
            continue
        found += [_drift(project, record, name, rules), *_rates(project, record, name, rules)]
        if not is_model(record) and looks_at_all(before, record.known, name in standing):
            found += [_too_fast(project, record, name, rules), *copying_alerts(tallies, record, name, rules)]
    return found


def _gone(project: ProjectRecord, name: str) -> Iterator[Alert]:
    """Nothing is left of them, so nothing is left to be said."""
    figures: Evidence = {"annotator": name, "n": 0, "window": "all", "undefined": "none of their answers is left"}
    for alert in _ALONE:
        project.levels.pop(key_of(alert, name), None)
    about = [one for one in project.alerts.values() if one.alert in _ALONE and one.subject == name]
    about += [
        one for one in project.alerts.values() if name in one.evidence.get("annotators", ()) and one.alert == "copying"
    ]
    for one in sorted(about, key=lambda one: (one.alert, one.subject)):
        resolved = move(project, one.alert, one.subject, Verdict.WITHIN, lambda: figures)
        if resolved is not None:
            yield resolved


def _drift(project: ProjectRecord, record: AnnotatorRecord, name: str, rules: Rules) -> Alert | None:
    """Agreement with the others, against their own before."""
    key, level = key_of("annotator_drift", name), rules.annotator_level
    if rules.alerts.annotator_drift.enabled:
        fallen = follow_level(project, key, record.aged.cells, AGREEMENT, level)
    else:
        project.levels.pop(key, None)
        fallen = False

    def evidence() -> Evidence:
        found = fall_figures(project, key, record.aged.cells, AGREEMENT, level)
        found |= {"annotator": name, "kind": _kind(record), "window": level.memory, "raised_at": level.evidence}
        return found

    return move(project, "annotator_drift", name, Verdict.BEYOND if fallen else Verdict.WITHIN, evidence)


def _rates(project: ProjectRecord, record: AnnotatorRecord, name: str, rules: Rules) -> Iterator[Alert | None]:
    """What is too low in the newest tasks."""
    alerts, cells = rules.alerts, record.aged.cells
    agreement = alerts.low_agreement_annotator
    sums = window(cells, CONSENSUS, agreement.window_tasks)
    line, usual = _agreement_line(project, record, rules)
    rule = RateRule(line, agreement.minimum_tasks, agreement.evidence)
    more: Evidence = {"window": agreement.window_tasks, "others_mean": figure(usual), "kind": _kind(record)}
    yield _rate(project, "low_agreement_annotator", name, agreement.enabled, sums, rule, more)
    reviewed, gold = alerts.low_approval, alerts.low_gold_accuracy
    for alert, enabled, column, wanted, rate_rule in (
        ("low_approval", reviewed.enabled, REVIEWS, reviewed.window_tasks, rules.approval),
        ("low_gold_accuracy", gold.enabled, GOLD, gold.window_tasks, rules.gold),
    ):
        sums = window(cells, column, wanted)
        yield _rate(project, alert, name, enabled, sums, rate_rule, {"window": wanted, "kind": _kind(record)})


def _agreement_line(project: ProjectRecord, record: AnnotatorRecord, rules: Rules) -> tuple[float, float | None]:
    """The line, and what everybody else comes to."""
    test, (n, total) = rules.alerts.low_agreement_annotator, project.sums.people
    if not is_model(record):
        mine = window(record.aged.cells, CONSENSUS, _ALL)
        n, total = n - mine.n, total - mine.total_micro
    if n < test.minimum_tasks:
        return test.agreement, None
    usual = total / (n * MICRO)
    return max(0.01, min(test.agreement, usual - test.below_others)), usual


def _rate(
    project: ProjectRecord, alert: str, name: str, enabled: bool, sums: ScoreSums, rule: RateRule, more: Evidence
) -> Alert | None:
    standing = stands(project, alert, name)
    if not standing and (not enabled or sums.n < rule.minimum or sums.total_micro >= rule.line * sums.n * MICRO):
        return None
    rate = rate_below(sums, rule)
    verdict = judge_rate_below(rate, rule) if enabled else Verdict.WITHIN

    def evidence() -> Evidence:
        figures: Evidence = {"annotator": name, "n": sums.n, "raised_below": figure(rule.line)} | more
        if isinstance(rate, Undefined):
            return figures | {"rate": None, "undefined": rate.reason}
        resolved_at = rule.line + min(rule.margin, (1 - rule.line) / 2)
        return figures | {
            "rate": figure(rate.rate),
            "low": figure(rate.low),
            "high": figure(rate.high),
            "evidence": figure(rate.evidence),
            "raised_at": rule.evidence,
            "resolved_at": figure(resolved_at),
        }

    return move(project, alert, name, verdict, evidence)


def _too_fast(project: ProjectRecord, record: AnnotatorRecord, name: str, rules: Rules) -> Alert | None:
    test = rules.alerts.too_fast
    standing = stands(project, "too_fast", name)
    if not standing and (not test.enabled or sum(record.seconds.values()) < test.minimum_answers):
        return None
    mine = _bins(record.seconds)
    usual = others(_bins(project.sums.seconds), mine)
    line = fast_line(usual, rules.fast_line)
    if isinstance(line, Undefined):
        verdict, sums = Verdict.BETWEEN, ScoreSums()
    else:
        sums = fast_answers(mine, line)
        if not standing and sums.total_micro <= test.share * sums.n * MICRO:
            return None
        verdict = judge_rate_above(rate_above(sums, rules.too_fast), rules.too_fast)
    if not test.enabled:
        verdict = Verdict.WITHIN

    def evidence() -> Evidence:
        rate = rate_above(sums, rules.too_fast)
        return {
            "annotator": name,
            "rate": None if isinstance(rate, Undefined) else figure(rate.rate),
            "n": sums.n,
            "window": "all",
            "fast_seconds": None if isinstance(line, Undefined) else told_seconds(bin_seconds(line)),
            "median_seconds": figure(quantile_seconds(record.seconds, 0.5)),
            "others_median_seconds": figure(quantile_seconds(_names(usual), 0.5)),
            "others_n": sum(usual.values()),
            "evidence": None if isinstance(rate, Undefined) else figure(rate.evidence),
            "raised_above": test.share,
            "raised_at": test.evidence,
        }

    return move(project, "too_fast", name, verdict, evidence)


def _kind(record: AnnotatorRecord) -> str:
    return "model" if is_model(record) else "human"


def _names(seconds: Mapping[int, int]) -> dict[str, int]:
    return {str(place): n for place, n in seconds.items()}


def _bins(seconds: Mapping[str, int]) -> dict[int, int]:
    return {int(place): n for place, n in seconds.items()}
