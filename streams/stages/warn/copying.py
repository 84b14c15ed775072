"""Alerts about two annotators: one may have copied from the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from scoring.rolling.copying import Copying, CopyingRule, ErrorSums, copied_errors, copied_geometry, judge_copying
from scoring.rolling.sums import MICRO, ScoreSums, Verdict
from scoring.types import Undefined
from streams.contracts.decisions import Alert
from streams.quality import AnnotatorRecord
from streams.quality.tallies import Tallies
from streams.stages.warn.rules import Rules
from streams.stages.warn.standing import Evidence, figure, key_of, move

__all__ = ["copying_alerts", "is_model", "pair_name"]

_NO_MARKS: Final = [0, 0, 0, 0]
_NO_ERRORS: Final = [0, 0, 0, 0]


class _Look(NamedTuple):
    """A pair by one statistic."""

    statistic: str
    n: int
    """Common tasks of the two."""
    others_n: int
    found: Copying | Undefined
    rule: CopyingRule

    def verdict(self) -> Verdict:
        """Where it stands; within its line where nothing is left of it."""
        return judge_copying(self.found, self.rule) if self.n else Verdict.WITHIN

    def p_value(self) -> float:
        """1 where it says nothing."""
        return 1.0 if isinstance(self.found, Undefined) else self.found.p_value


def is_model(record: AnnotatorRecord) -> bool:
    """Whether most of their answers are a model's."""
    return 2 * record.as_model > record.submissions


def pair_name(first: str, second: str) -> str:
    """Two annotators as a subject.

    >>> pair_name("ann-1", "ann-2")
    'ann-1 & ann-2'
    """
    return f"{first} & {second}"


def copying_alerts(tallies: Tallies, record: AnnotatorRecord, name: str, rules: Rules) -> Iterator[Alert | None]:
    """Identical marks or the same errors, with each of those whose figures are kept on this annotator."""
    suspects = set(_suspects(record, rules)) if rules.alerts.copying.enabled else set()
    for one in tallies.record.alerts.values():
        if one.alert == "copying" and one.evidence["first"] == name:
            suspects.add(one.evidence["second"])
    for other in sorted(suspects):
        peer = tallies.annotators.get(other)
        if peer is None or not is_model(peer):
            yield _copied(tallies, record, name, other, rules)


def _suspects(record: AnnotatorRecord, rules: Rules) -> Iterator[str]:
    """Those for whom a test may find anything."""
    marks, errors = rules.copied_marks, rules.copied_errors
    for other, (_, _, n, identical) in record.peers.items():
        if n >= marks.minimum and identical > marks.floor * n * MICRO:
            yield other
    for other, (n, _, same, _) in record.errors.items():
        if n >= errors.minimum and same > errors.floor * n:
            yield other


def _copied(tallies: Tallies, record: AnnotatorRecord, name: str, other: str, rules: Rules) -> Alert | None:
    project, subject = tallies.record, pair_name(name, other)
    looks = _looks(tallies, record, other, rules)
    standing = project.alerts.get(key_of("copying", subject))
    of = min(looks, key=_Look.p_value)
    if standing is not None:
        of = next(look for look in looks if look.statistic == standing.evidence["statistic"])
    verdict = of.verdict()
    if not rules.alerts.copying.enabled:
        verdict = Verdict.WITHIN
    elif any(look.verdict() is Verdict.BEYOND for look in looks):
        verdict = Verdict.BEYOND

    def evidence() -> Evidence:
        figures: Evidence = {
            "annotators": [name, other], "first": name, "second": other, "statistic": of.statistic, "n": of.n,
            "window": "all", "raised_below_p": of.rule.alpha,
        }  # fmt: skip
        if isinstance(of.found, Undefined):
            return figures | {"share": None, "undefined": of.found.reason}
        return figures | {
            "share": figure(of.found.share),
            "usual_share": figure(of.found.usual),
            "line": figure(of.found.line),
            "others_n": of.others_n,
            "p_value": of.found.p_value,
        }

    return move(project, "copying", subject, verdict, evidence)


def _looks(tallies: Tallies, record: AnnotatorRecord, other: str, rules: Rules) -> tuple[_Look, _Look]:
    """By both statistics; where a project has both, a pair has two chances to be raised, and the bar is higher."""
    sums, people = tallies.record.sums, len(tallies.annotators)
    pairs = people * (people - 1) // 2 * ((sums.identical[0] > 0) + (sums.errors[0] > 0))
    _, _, n, identical = record.peers.get(other, _NO_MARKS)
    marks, errors = ScoreSums(n, identical), ErrorSums(*record.errors.get(other, _NO_ERRORS))
    return (
        _Look(
            "identical_marks", n, sums.identical[0] - n,
            copied_geometry(marks, ScoreSums(*sums.identical), pairs, rules.copied_marks), rules.copied_marks,
        ),
        _Look(
            "identical_errors", errors.n, sums.errors[0] - errors.n,
            copied_errors(errors, ErrorSums(*sums.errors), pairs, rules.copied_errors), rules.copied_errors,
        ),
    )  # fmt: skip
