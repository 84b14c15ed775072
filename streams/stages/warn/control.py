"""Alerts about one control: its labels, and its threshold."""

from __future__ import annotations

from typing import Final

from scoring.rolling.imbalance import imbalance, judge_imbalance
from scoring.rolling.label_shift import judge_label_shift, label_shift
from scoring.rolling.lines import above_lines
from scoring.rolling.sums import MICRO, Verdict, from_micro, to_micro
from scoring.types import Undefined
from streams.contracts.decisions import Alert
from streams.quality import ControlRecord, ProjectRecord, Touched
from streams.quality.classes import newest_labels
from streams.quality.tallies import Tallies
from streams.stages.warn.rules import LOOK_EVERY, Rules, looks
from streams.stages.warn.standing import Evidence, figure, move, stands
from streams.thresholds import cannot_fail

__all__ = ["control_alerts"]

_DEFAULT_RESOLVE_SHARE: Final = 0.8
_NOTHING: dict[str, int] = {}


def control_alerts(tallies: Tallies, rules: Rules, touched: Touched) -> list[Alert | None]:
    """`class_imbalance`, `label_shift` and `threshold_cannot_fail`."""
    record = tallies.record
    found: list[Alert | None] = []
    for control, before in sorted(touched.controls.items()):
        found.append(_imbalance(record, control, rules))
        now = sum(record.sums.shares.get(control, _NOTHING).values())
        if looks(before // MICRO, now // MICRO, stands(record, "label_shift", control), rules.label_look):
            found.append(_label_shift(tallies, control, rules))
    looked = touched.scores and looks(touched.decisions, record.sums.scores.n, standing=False)
    if looked or (tallies.touched_annotators and _single(rules) and _at_a_look(tallies)):
        by_name: dict[str, list[ControlRecord]] = {}
        for (name, _), control_record in sorted(tallies.controls.items()):
            by_name.setdefault(name, []).append(control_record)
        found += [_threshold(record, name, one, rules) for name, one in by_name.items()]
    return found


def _imbalance(record: ProjectRecord, control: str, rules: Rules) -> Alert | None:
    test = rules.alerts.class_imbalance
    counts = record.sums.labels.get(control, _NOTHING)
    expected = rules.expected.get(control, frozenset())
    resolve_ratio = test.ratio * _DEFAULT_RESOLVE_SHARE if test.resolve_ratio is None else test.resolve_ratio
    verdict = Verdict.WITHIN
    if test.enabled:
        verdict = judge_imbalance(counts, expected, test.ratio, resolve_ratio, test.minimum, test.evidence)

    def evidence() -> Evidence:
        figures: Evidence = {"n": from_micro(sum(counts.values())), "window": "all", "raised_above": test.ratio}
        figures["resolved_at"] = round(resolve_ratio, 6)
        ends = imbalance(counts, expected)
        if isinstance(ends, Undefined):
            return figures | {"ratio": None, "undefined": ends.reason}
        return figures | {
            "ratio": round(ends.ratio(), 6),
            "ratio_is_lower_bound": ends.is_lower_bound(),
            "most_frequent": ends.most,
            "most_frequent_n": from_micro(ends.most_micro),
            "least_frequent": ends.least,
            "least_frequent_n": from_micro(ends.least_micro),
            "labels": ends.labels,
        }

    return move(record, "class_imbalance", control, verdict, evidence)


def _label_shift(tallies: Tallies, control: str, rules: Rules) -> Alert | None:
    record, test = tallies.record, rules.alerts.label_shift
    everything = record.sums.shares.get(control, _NOTHING)
    recent: dict[str, int] = {}
    enough = sum(everything.values()) >= to_micro(test.window_tasks + test.minimum_reference_tasks)
    if test.enabled and enough:
        newest = (tallies.labels[bucket] for bucket in sorted(tallies.labels, reverse=True))
        recent = newest_labels(newest, control, to_micro(test.window_tasks))
    found = label_shift(recent, {k: n - recent.get(k, 0) for k, n in everything.items()}, rules.label_shift)
    verdict = judge_label_shift(found, rules.label_shift) if test.enabled else Verdict.WITHIN

    def evidence() -> Evidence:
        figures: Evidence = {
            "window": test.window_tasks,
            "raised_above": test.stability_index,
            "resolved_at": test.resolve_index,
            "p_value_below": test.p_value,
        }
        if isinstance(found, Undefined):
            return figures | {"n": round(from_micro(sum(recent.values()))), "undefined": found.reason}
        label = found.most_changed
        return figures | {
            "n": found.n,
            "reference_n": found.reference_n,
            "stability_index": figure(found.psi),
            "stability_index_beyond_chance": figure(found.excess()),
            "chi_square": figure(found.chi_square),
            "degrees": found.degrees,
            "p_value": found.p_value,
            "most_changed": label,
            "most_changed_share": figure(recent.get(label, 0) / (found.n * MICRO)),
            "most_changed_by": found.change,
        }

    return move(record, "label_shift", control, verdict, evidence)


def _single(rules: Rules) -> bool:
    """Whether tasks are decided by one answer: those have no score, and their number says when to look."""
    return rules.plan.settings.required_annotators == 1


def _at_a_look(tallies: Tallies) -> bool:
    return any(one.tasks and one.tasks % LOOK_EVERY == 0 for one in tallies.controls.values())


def _threshold(record: ProjectRecord, control: str, parts: list[ControlRecord], rules: Rules) -> Alert | None:
    test = rules.alerts.threshold_cannot_fail
    total = certain = 0
    most, why = 0, ""
    answers_n = dict(parts[0].quorums)
    for part in parts:
        plan = rules.plan.control(control, (part.type,))
        alone = part.tasks - part.passed[0] if _single(rules) else 0
        total += alone
        if alone and plan is not None and plan.threshold:
            certain, most = certain + alone, alone
            why = f"a threshold of {plan.threshold:g} cannot fail with one annotator: a single answer has no score"
            answers_n["1"] = answers_n.get("1", 0) + alone
        for answers, n in sorted(part.quorums.items()):
            total += n
            reason = None if plan is None else cannot_fail(plan, int(answers))
            if reason is not None:
                certain += n
                if n > most:
                    most, why = n, reason
    verdict = Verdict.WITHIN
    if test.enabled:
        share = certain / total if total >= test.minimum_tasks else Undefined("warm-up")
        verdict = above_lines(share, test.share, test.resolve_share)

    def evidence() -> Evidence:
        return {
            "control": control,
            "n": total,
            "window": "all",
            "cannot_fail_n": certain,
            "share": figure(certain / total) if total else None,
            "why": why,
            "annotators": dict(sorted(answers_n.items())),
            "raised_above": test.share,
            "resolved_at": test.resolve_share,
        }

    return move(record, "threshold_cannot_fail", control, verdict, evidence)
