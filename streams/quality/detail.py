"""A decision's detail → the sums of its project, annotators, pairs and controls; the same taken back with sign −1.

Plain dictionaries and whole numbers: this runs for every decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from scoring.chance.ratings import RatingSums
from scoring.chance.units import MISSING
from scoring.rolling.sums import MICRO
from streams.contracts.facts import AnnotatorPart, Contribution, ControlPart, Detail, Units, Value
from streams.quality.aged import AGREEMENT, ANNOTATOR_SUMS, CONSENSUS, GOLD, REVIEWS
from streams.quality.bounds import AGED_SECONDS, CELL_BYTES, PATTERN_BYTES, WEEKS
from streams.quality.pairs import NOBODY, count_pairs, unchanged_pairs
from streams.quality.records import AnnotatorControl, AnnotatorRecord, Cells, ControlRecord, ProjectSums
from streams.quality.tallies import Tallies
from streams.quality.times import lead_time_name, quorum_time_name

__all__ = ["CATEGORICAL", "NUMERIC", "SETS", "SETTLED", "WEEK_US", "change", "count_detail", "differs"]

SETTLED = frozenset(("agreed", "in_review", "reviewed", "accepted", "abandoned"))
"""States of a task that has a decision and asks nobody for more."""
CATEGORICAL = frozenset(("choice", "boolean"))
SETS = frozenset(("choices",))
NUMERIC = frozenset(("number", "rating"))
_ANSWERED_ONCE = CATEGORICAL | SETS | NUMERIC
_ENTRY_BYTES = 16
WEEK_US = 7 * 86_400 * MICRO
_AGED_US = AGED_SECONDS * MICRO
_pattern = msgspec.json.Encoder().encode


def change(counts: dict[str, int], name: str, by: int) -> None:
    """Add to a count; a count of 0 is not there."""
    left = counts.get(name, 0) + by
    if left:
        counts[name] = left
    else:
        counts.pop(name, None)


def differs(before: Contribution | None, after: Contribution | None) -> bool:
    """Whether the two count differently here."""
    if before is None or after is None or before.detail is None or after.detail is None:
        return (before is not None and before.detail is not None) or (after is not None and after.detail is not None)
    return (before.state, before.answers, before.event_time_us) != (
        after.state, after.answers, after.event_time_us,
    ) or before.detail != after.detail  # fmt: skip


def count_detail(tallies: Tallies, before: Contribution | None, after: Contribution | None) -> None:
    """Take back what stood behind the decision before, and count what stands behind it now."""
    old = None if before is None else before.detail
    new = None if after is None else after.detail
    unchanged = NOBODY if old is None or new is None else unchanged_pairs(old, new)
    gone: list[AnnotatorRecord] = []
    if before is not None and old is not None:
        gone = _count_one(tallies, before, old, -1)
        count_pairs(tallies.record.sums, old, gone, -1, unchanged)
    if after is not None and new is not None:
        records = _count_one(tallies, after, new, 1)
        count_pairs(tallies.record.sums, new, records, 1, unchanged)
    for record in gone:
        if not record.submissions:
            tallies.annotators.pop(record.annotator_id, None)


def _count_one(tallies: Tallies, contribution: Contribution, detail: Detail, sign: int) -> list[AnnotatorRecord]:
    """All but the pairs."""
    sums = tallies.record.sums
    period = contribution.event_time_us // _AGED_US
    week = str(contribution.event_time_us // WEEK_US)
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
    sums.settled += sign
    sums.settled_answers += sign * answers
    if detail.most > answers:
        sums.spared_answers += sign * (detail.most - answers)
    change(sums.quorum_times, quorum_time_name((contribution.event_time_us - detail.first_us) / MICRO), sign)
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
        change(record.quorums, str(_answers(part, counted)), sign)
    if consensus is not None:
        _count_units(record, consensus, counted, sign)
    if part.type not in NUMERIC:
        _count_labels(record, part, people, counted, week, sign)
    if sign < 0 and not record.tasks:
        del tallies.controls[name, part.type]


def _answers(part: ControlPart, counted: list[int]) -> int:
    """Counted annotators who answered this control; of objects everybody does."""
    if part.consensus is None or part.type not in _ANSWERED_ONCE:
        return len(counted)
    given = part.consensus.given[0] if part.consensus.given else ()
    return sum([given[row] is not None for row in counted]) if given else len(counted)


def _count_units(record: ControlRecord, units: Units, counted: list[int], sign: int) -> None:
    """How the counted annotators answered each unit: what chance-corrected agreement is computed from."""
    kind = record.type
    by_label = kind not in CATEGORICAL and kind not in NUMERIC and kind not in SETS
    for given in units.given:
        if by_label:
            answers: list[Value] = [_label(given[row]) for row in counted]
            if answers.count(MISSING) == len(answers):  # an object that only a model marked
                continue
        else:
            answers = [given[row] for row in counted if given[row] is not None]
        if not answers:
            continue
        if kind in NUMERIC:
            _count_ratings(record.ratings, answers, sign)
        else:
            answers.sort()
            _count_pattern(record, _pattern(answers).decode(), sign)


def _count_pattern(record: ControlRecord, pattern: str, sign: int) -> None:
    patterns = record.patterns
    known = patterns.get(pattern)
    if known is None:
        size = len(pattern.encode()) + _ENTRY_BYTES
        if sign < 0 or record.further_patterns or record.pattern_bytes + size > PATTERN_BYTES:
            record.further_patterns += sign
            return
        record.pattern_bytes += size
        patterns[pattern] = sign
    elif known + sign:
        patterns[pattern] = known + sign
    else:
        del patterns[pattern]
        record.pattern_bytes -= len(pattern.encode()) + _ENTRY_BYTES


def _count_ratings(ratings: dict[str, list[str]], answers: Sequence[Value], sign: int) -> None:
    task = RatingSums()
    task.add([float(answer) for answer in answers if isinstance(answer, int | float)], sign)
    for m, moments in task.by_size().items():
        known = ratings.get(str(m))
        sums = list(moments.values())
        if known is not None:
            sums = [old + int(text) for old, text in zip(sums, known, strict=True)]
        if sums[0]:
            ratings[str(m)] = [str(value) for value in sums]
        else:
            ratings.pop(str(m), None)


def _count_labels(
    record: ControlRecord,
    part: ControlPart,
    people: Sequence[AnnotatorRecord],
    counted: list[int],
    week: str,
    sign: int,
) -> None:
    """Each annotator's answers against the truth, category by category; a set counts once for each of its labels."""
    consensus, gold = part.consensus, part.gold
    if consensus is None and gold is None:
        return
    one_by_one, name, judged = _PAIRED.get(part.type, _of_objects), record.control, record.judged
    by_consensus = gold is None and consensus is not None and _says_who_was_right(consensus, counted)
    truth = consensus if gold is None else gold
    for row, annotator in enumerate(people):
        control = annotator.controls.get(name)
        if control is None:
            control = annotator.controls[name] = AnnotatorControl()
        if consensus is not None and not by_consensus:
            for true, given in zip(consensus.truth, consensus.given, strict=True):
                one_by_one(control.unjudged, true, given[row], sign)
        if truth is not None and (by_consensus or gold is not None):
            cells = control.consensus if by_consensus else control.gold
            total, right = cells.total, cells.right
            for true, given in zip(truth.truth, truth.given, strict=True):
                one_by_one(cells, true, given[row], sign)
            if cells.total != total:
                judged[0] += cells.total - total
                judged[1] += cells.right - right
                if part.type in CATEGORICAL:
                    _count_week(control, week, cells.total - total, cells.right - right)
        if not (control.consensus.total or control.unjudged.total or control.gold.total):
            del annotator.controls[name]  # it would be a trace of what has gone


def _count_week(control: AnnotatorControl, week: str, total: int, right: int) -> None:
    sums = control.weeks.get(week)
    if sums is None:
        if total < 0 or control.further_weeks or len(control.weeks) >= WEEKS:
            control.further_weeks += total
            return
        sums = control.weeks[week] = [0, 0]
    sums[0] += total
    sums[1] += right
    if not sums[0]:
        del control.weeks[week]


def _says_who_was_right(consensus: Units, counted: list[int]) -> bool:
    """Whether two or more stand behind it: a single answer is its own consensus."""
    if len(counted) < 2:
        return False
    given = consensus.given[0] if len(consensus.given) == 1 else ()
    return not given or sum([given[row] is not None for row in counted]) > 1


def _of_category(cells: Cells, truth: Value, answer: Value, sign: int) -> None:
    if isinstance(truth, str) and isinstance(answer, str):
        _count_cell(cells, truth, answer, sign)


def _of_set(cells: Cells, truth: Value, answer: Value, sign: int) -> None:
    if isinstance(truth, list) and isinstance(answer, list):
        for label in sorted({*truth, *answer}):
            named = _label(label)
            _count_cell(cells, named if label in truth else MISSING, named if label in answer else MISSING, sign)


def _of_objects(cells: Cells, truth: Value, answer: Value, sign: int) -> None:
    if truth is not None or answer is not None:
        _count_cell(cells, _label(truth), _label(answer), sign)


_PAIRED: Final = {"choice": _of_category, "boolean": _of_category, "choices": _of_set}


def _count_cell(cells: Cells, truth: str, given: str, sign: int) -> None:
    cells.total += sign
    if truth == given:
        cells.right += sign
    row = cells.counts.get(truth)
    known = 0 if row is None else row.get(given, 0)
    if row is not None and known and known + sign:
        row[given] = known + sign
    else:
        _name_cell(cells, truth, given, known, sign)


def _name_cell(cells: Cells, truth: str, given: str, known: int, sign: int) -> None:
    """A cell that comes or goes."""
    size = len(truth.encode()) + len(given.encode()) + _ENTRY_BYTES
    row = cells.counts.get(truth)
    if known and row is not None:
        cells.bytes -= size
        del row[given]
        if not row:
            del cells.counts[truth]
    elif sign < 0 or cells.further or cells.bytes + size > CELL_BYTES:
        cells.further += sign
    else:
        cells.bytes += size
        cells.counts.setdefault(truth, {})[given] = sign


def _label(value: Value) -> str:
    """An object's label; one may be called what an object is called that was not marked."""
    if value is None:
        return MISSING
    text = str(value)
    return f"{text} " if text == MISSING else text
