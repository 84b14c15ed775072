"""A decision's detail → the sums of its project, annotators, pairs and controls; the same taken back with sign −1.

Plain dictionaries and whole numbers: this runs for every decision.
"""

from __future__ import annotations

from collections.abc import Sequence

from scoring.rolling.sums import MICRO
from streams.contracts.facts import AnnotatorPart, Contribution, ControlPart, Detail
from streams.quality.aged import AGREEMENT, ANNOTATOR_SUMS, CONSENSUS, GOLD, REVIEWS
from streams.quality.bounds import AGED_SECONDS
from streams.quality.errors import count_errors, judged
from streams.quality.labels import NUMERIC, answers_to, change, count_labels, count_units
from streams.quality.pairs import NOBODY, count_pairs, unchanged_pairs
from streams.quality.records import AnnotatorRecord, ProjectSums
from streams.quality.tallies import Tallies
from streams.quality.times import lead_time_name, quorum_time_name

__all__ = ["SETTLED", "WEEK_US", "count_detail", "differs"]

SETTLED = frozenset(("agreed", "in_review", "reviewed", "accepted", "abandoned"))
"""States of a task that has a decision and asks nobody for more."""
WEEK_US = 7 * 86_400 * MICRO
_AGED_US = AGED_SECONDS * MICRO


def differs(before: Contribution | None, after: Contribution | None) -> bool:
    """Whether the two count differently here."""
    if before is None or after is None or before.detail is None or after.detail is None:
        return (before is not None and before.detail is not None) or (after is not None and after.detail is not None)
    return (before.state, before.answers, before.told_us) != (
        after.state, after.answers, after.told_us,
    ) or before.detail != after.detail  # fmt: skip


def count_detail(tallies: Tallies, before: Contribution | None, after: Contribution | None) -> None:
    """Take back what stood behind the decision before, and count what stands behind it now."""
    old = None if before is None else before.detail
    new = None if after is None else after.detail
    unchanged = NOBODY if old is None or new is None else unchanged_pairs(old, new)
    sums = tallies.record.sums
    was = None if old is None else judged(old)
    now = None if new is None else judged(new)
    gone: list[AnnotatorRecord] = []
    if before is not None and old is not None:
        gone = _count_one(tallies, before, old, -1)
        count_pairs(sums, old, gone, -1, unchanged)
        if was is not None:
            count_errors(sums, was, gone, -1, now)
    if after is not None and new is not None:
        records = _count_one(tallies, after, new, 1)
        count_pairs(sums, new, records, 1, unchanged)
        if now is not None:
            count_errors(sums, now, records, 1, was)
    for record in gone:
        if not record.submissions:
            tallies.annotators.pop(record.annotator_id, None)


def _count_one(tallies: Tallies, contribution: Contribution, detail: Detail, sign: int) -> list[AnnotatorRecord]:
    """All but the pairs."""
    sums = tallies.record.sums
    told_us = contribution.told_us
    period, week = told_us // _AGED_US, str(told_us // WEEK_US)
    records, counted, has_model, has_gold = _count_people(tallies, detail, period, sign)
    for name, control in detail.controls.items():
        _count_control(tallies, name, control, records, counted, week, sign)
        if control.conflicts:
            for kind, n in control.conflicts.items():
                change(sums.conflicts, kind, sign * n)
        if control.gold is not None:
            has_gold = True
    if contribution.state in SETTLED:
        _count_settled(sums, contribution, detail, has_model, sign)
    review = detail.review or ("rejected" if any(part.rejected for part in detail.annotators) else None)
    if review is not None:
        change(sums.reviews, review, sign)
    if has_gold:
        sums.gold_tasks += sign
        if detail.consensus_gold is not None:
            _add(sums.gold_consensus, detail.consensus_gold, sign)
    return records


def _count_settled(sums: ProjectSums, contribution: Contribution, detail: Detail, has_model: bool, sign: int) -> None:
    answers = contribution.answers
    # A round that a reviewer rejected was paid for too.
    given = answers + sum([part.rejected and not (part.counts or part.model) for part in detail.annotators])
    sums.settled += sign
    sums.settled_answers += sign * given
    if detail.most > given:
        sums.spared_answers += sign * (detail.most - given)
    if answers >= detail.required:
        change(sums.quorum_times, quorum_time_name((contribution.told_us - detail.first_us) / MICRO), sign)
    if has_model:
        sums.prelabelled += sign


def _add(sums: list[int], value: float, sign: int) -> None:
    sums[0] += sign
    sums[1] += sign * round(value * MICRO)


def _count_people(
    tallies: Tallies, detail: Detail, period: int, sign: int
) -> tuple[list[AnnotatorRecord], list[int], bool, bool]:
    """Each one's own sums; their records, the rows of those who count, whether a model and whether gold is there."""
    records: list[AnnotatorRecord] = []
    counted: list[int] = []
    has_model = has_gold = False
    project, unit = tallies.record.sums, sign * MICRO
    for row, part in enumerate(detail.annotators):
        agreement, gold, seconds = part.agreement, part.gold, part.lead_time_seconds
        review = "rejected" if part.rejected else detail.review
        record = tallies.annotator(part.annotator_id, sign)
        records.append(record)
        record.submissions += sign
        record.known += sign
        if part.counts:
            counted.append(row)
        if part.model:
            has_model = True
            record.as_model += sign
        if seconds is not None:
            name = lead_time_name(seconds)
            change(record.seconds, name, sign)
            if not part.model:
                change(project.seconds, name, sign)
        if agreement is not None or part.consensus is not None:
            _count_agreement(project, record, part, period, sign)
        if gold is not None:
            has_gold = True
            record.known += sign
            _add(record.gold, gold, sign)
            _add(project.gold_models if part.model else project.gold_people, gold, sign)
            cell = record.aged.cell(period, ANNOTATOR_SUMS)
            cell[GOLD] += sign
            cell[GOLD + 1] += round(gold * unit)
        if part.repeats is not None:
            _add(record.repeats, part.repeats, sign)
        if review is not None:
            record.known += sign
            change(record.reviews, review, sign)
            cell = record.aged.cell(period, ANNOTATOR_SUMS)
            cell[REVIEWS] += sign
            cell[REVIEWS + 1] += unit if review == "approved" else 0
        if sign < 0:
            record.aged.forget(period)
    return records, counted, has_model, has_gold


def _count_agreement(sums: ProjectSums, record: AnnotatorRecord, part: AnnotatorPart, period: int, sign: int) -> None:
    """With the others and with the consensus; by event time the latter only where others had a part in it."""
    agreement, consensus, unit = part.agreement, part.consensus, sign * MICRO
    micro = 0
    if consensus is not None:
        micro = round(consensus * unit)
        mine = record.consensus
        mine[0] += sign
        mine[1] += micro
    if agreement is None:
        return
    alike = round(agreement * unit)
    mine, cell = record.agreement, record.aged.cell(period, ANNOTATOR_SUMS)
    mine[0] += sign
    mine[1] += alike
    cell[AGREEMENT] += sign
    cell[AGREEMENT + 1] += alike
    cell[AGREEMENT + 2] += round(agreement * agreement * unit)
    if consensus is not None:
        cell[CONSENSUS] += sign
        cell[CONSENSUS + 1] += micro
        if not part.model:
            sums.people[0] += sign
            sums.people[1] += micro


def _count_control(
    tallies: Tallies,
    name: str,
    part: ControlPart,
    people: Sequence[AnnotatorRecord],
    counted: list[int],
    week: str,
    sign: int,
) -> None:
    record = tallies.control(name, part.type, sign)
    if record is None:
        return
    record.tasks += sign
    score, passed, consensus = part.score, part.passed, part.consensus
    if score is not None:
        sums, unit = record.scores, sign * MICRO
        sums[0] += sign
        sums[1] += round(score * unit)
        sums[2] += round(score * score * unit)
    if passed is not None:
        record.passed[0] += sign
        record.passed[1] += sign if passed else 0
        change(record.quorums, str(answers_to(part, counted)), sign)
    if consensus is not None:
        count_units(record, consensus, counted, sign)
    if part.type not in NUMERIC:
        count_labels(record, part, people, counted, week, sign)
    if sign < 0 and not record.tasks:
        del tallies.controls[name, part.type]
