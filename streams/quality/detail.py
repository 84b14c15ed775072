"""A decision's detail → the sums of its project, annotators, pairs and controls; the same taken back with sign −1.

Plain dictionaries and whole numbers: this runs for every decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from scoring.chance.ratings import RatingSums
from scoring.chance.units import MISSING
from scoring.rolling.sums import MICRO
from streams.contracts.facts import Contribution, ControlPart, Detail, Units, Value
from streams.quality.bounds import CELL_BYTES, PAIRED_ROWS, PATTERN_BYTES, PEERS
from streams.quality.records import AnnotatorControl, AnnotatorRecord, Cells, ControlRecord, PairSums, ProjectSums
from streams.quality.tallies import Tallies
from streams.quality.times import lead_time_name, quorum_time_name

__all__ = ["CATEGORICAL", "NUMERIC", "SETS", "SETTLED", "change", "count_detail", "differs"]

SETTLED = frozenset(("agreed", "in_review", "reviewed", "accepted", "abandoned"))
"""States of a task that has a decision and asks nobody for more."""
CATEGORICAL = frozenset(("choice", "boolean"))
SETS = frozenset(("choices",))
NUMERIC = frozenset(("number", "rating"))
_ENTRY_BYTES = 16
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


def count_detail(tallies: Tallies, contribution: Contribution, sign: int) -> None:
    """Count what stands behind a decision, or take it back."""
    detail = contribution.detail
    if detail is None:
        return
    sums = tallies.record.sums
    records, counted, has_model, has_gold = _count_people(tallies, detail, sign)
    if len(records) > 1:
        _count_pairs(sums, detail, records, sign)
    for name, control in detail.controls.items():
        _count_control(tallies, name, control, records, counted, sign)
        if control.conflicts:
            for kind, n in control.conflicts.items():
                change(sums.conflicts, kind, sign * n)
        if control.gold is not None:
            has_gold = True
    if contribution.state in SETTLED:
        _count_settled(sums, contribution, detail, has_model, sign)
    if detail.review is not None:
        change(sums.reviews, detail.review, sign)
    if has_gold:
        sums.gold_tasks += sign
        if detail.consensus_gold is not None:
            _add(sums.gold_consensus, detail.consensus_gold, sign)
    if sign < 0:
        for record in records:
            if not record.submissions:
                tallies.annotators.pop(record.annotator_id, None)


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


def _count_people(tallies: Tallies, detail: Detail, sign: int) -> tuple[list[AnnotatorRecord], list[int], bool, bool]:
    """Each one's own sums; their records, the rows of those who count, whether a model and whether gold is there."""
    records: list[AnnotatorRecord] = []
    counted: list[int] = []
    has_model = has_gold = False
    review, unit = detail.review, sign * MICRO
    for row, part in enumerate(detail.annotators):
        agreement, consensus, gold, seconds = part.agreement, part.consensus, part.gold, part.lead_time_seconds
        record = tallies.annotator(part.annotator_id, sign)
        records.append(record)
        record.submissions += sign
        if part.counts:
            counted.append(row)
        if part.model:
            has_model = True
            record.as_model += sign
        if seconds is not None:
            change(record.seconds, lead_time_name(seconds), sign)
        if agreement is not None:
            sums = record.agreement
            sums[0] += sign
            sums[1] += round(agreement * unit)
        if consensus is not None:
            sums = record.consensus
            sums[0] += sign
            sums[1] += round(consensus * unit)
        if gold is not None:
            has_gold = True
            _add(record.gold, gold, sign)
            _add(tallies.record.sums.gold_models if part.model else tallies.record.sums.gold_people, gold, sign)
        if review is not None:
            change(record.reviews, review, sign)
    return records, counted, has_model, has_gold


def _count_pairs(sums: ProjectSums, detail: Detail, records: Sequence[AnnotatorRecord], sign: int) -> None:
    """Every two annotators, counted on the first of them by id."""
    matrices = [control.matrix for control in detail.controls.values() if control.matrix]
    identical = _identical(detail)
    n = len(matrices)
    if not n and not identical:
        return
    names = [record.annotator_id for record in records[:PAIRED_ROWS]]
    unit = sign * MICRO
    for i, mine in enumerate(names):
        if mine is None:
            continue
        for j in range(i + 1, len(names)):
            other = names[j]
            share = identical.get((i, j)) if identical else None
            if other is None or other == mine or (not n and share is None):
                continue
            first, second = (records[i], other) if mine < other else (records[j], mine)
            pair = first.peers.get(second)
            if pair is None:
                pair = _new_pair(first, second, sign)
            if n:
                pair[0] += sign
                same = matrices[0][i][j] if n == 1 else sum([matrix[i][j] for matrix in matrices]) / n
                pair[1] += round(same * unit)
            if share is not None:
                for counts, place in ((pair, 2), (sums.identical, 0)):
                    counts[place] += sign
                    counts[place + 1] += sign * share
            if sign < 0 and not pair[0] and not pair[2]:
                first.peers.pop(second, None)


def _new_pair(first: AnnotatorRecord, second: str, sign: int) -> PairSums:
    beyond = first.further_peers
    if sign < 0 or beyond[0] or beyond[2] or len(first.peers) >= PEERS:
        return beyond
    pair = first.peers[second] = [0, 0, 0, 0]
    return pair


def _identical(detail: Detail) -> dict[tuple[int, int], int]:
    """Rows of two annotators → the share of their common marks that are identical, in millionths."""
    found: dict[tuple[int, int], list[int]] = {}
    for control in detail.controls.values():
        for row, other, compared, same in control.identical:
            sums = found.setdefault((row, other), [0, 0])
            sums[0] += compared
            sums[1] += same
    return {rows: same * MICRO // compared for rows, (compared, same) in found.items() if compared}


def _count_control(
    tallies: Tallies, name: str, part: ControlPart, people: Sequence[AnnotatorRecord], counted: list[int], sign: int
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
    if consensus is not None:
        _count_units(record, consensus, counted, sign)
        if part.type not in NUMERIC:
            _count_cells(name, part.type, consensus, False, people, sign)
    if part.gold is not None and part.type not in NUMERIC:
        _count_cells(name, part.type, part.gold, True, people, sign)
    if sign < 0 and not record.tasks:
        del tallies.controls[name, part.type]


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


def _count_cells(
    name: str, kind: str, units: Units, of_gold: bool, people: Sequence[AnnotatorRecord], sign: int
) -> None:
    """Each annotator's answers against the truth, category by category; a set counts once for each of its labels."""
    one_by_one = _PAIRED.get(kind, _of_objects)
    columns = list(zip(*units.given, strict=True))
    for record, column in zip(people, columns, strict=False):
        control = record.controls.get(name)
        if control is None:
            control = record.controls[name] = AnnotatorControl()
        cells = control.gold if of_gold else control.consensus
        for truth, answer in zip(units.truth, column, strict=True):
            for one, other in one_by_one(truth, answer):
                row = cells.counts.get(one)
                known = 0 if row is None else row.get(other, 0)
                if row is not None and known and known + sign:
                    row[other] = known + sign
                else:
                    _name_cell(cells, one, other, known, sign)
        if not (cells.counts or cells.further) and _is_empty(control):  # it would be a trace of what has gone
            del record.controls[name]


def _of_category(truth: Value, answer: Value) -> Iterable[tuple[str, str]]:
    return ((truth, answer),) if isinstance(truth, str) and isinstance(answer, str) else ()


def _of_set(truth: Value, answer: Value) -> Iterable[tuple[str, str]]:
    if not isinstance(truth, list) or not isinstance(answer, list):
        return
    for label in sorted({*truth, *answer}):
        named = _label(label)
        yield named if label in truth else MISSING, named if label in answer else MISSING


def _of_objects(truth: Value, answer: Value) -> Iterable[tuple[str, str]]:
    return () if truth is None and answer is None else ((_label(truth), _label(answer)),)


_PAIRED: Final = {"choice": _of_category, "boolean": _of_category, "choices": _of_set}


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


def _is_empty(control: AnnotatorControl) -> bool:
    return not any(cells.counts or cells.further for cells in (control.consensus, control.gold))


def _label(value: Value) -> str:
    """An object's label; one may be called what an object is called that was not marked."""
    if value is None:
        return MISSING
    text = str(value)
    return f"{text} " if text == MISSING else text
