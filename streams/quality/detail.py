"""A decision's detail → the sums of its project, annotators, pairs and controls; the same taken back with sign −1.

Plain dictionaries and whole numbers: this runs for every decision.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from scoring.chance.ratings import RatingSums
from scoring.chance.units import MISSING
from scoring.rolling.lead_times import lead_time_bin
from scoring.rolling.sums import MICRO, ScoreSums
from streams.contracts.facts import AnnotatorPart, Contribution, ControlPart, Detail, Units, Value
from streams.quality.bounds import CELL_BYTES, PAIRED_ROWS, PATTERN_BYTES, PEERS
from streams.quality.records import AnnotatorControl, AnnotatorRecord, Cells, ControlRecord, PairSums, ProjectSums
from streams.quality.tallies import Tallies
from streams.quality.times import quorum_time_bin

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
    _count_task(tallies.record.sums, contribution, detail, sign)
    people = detail.annotators
    records = [_count_annotator(tallies, part, detail.review, sign) for part in people]
    if len(people) > 1:
        _count_pairs(tallies, detail, records, sign)
    counted = [row for row, part in enumerate(people) if part.counts]
    for name, control in detail.controls.items():
        _count_control(tallies, name, control, records, counted, sign)
    if sign < 0:
        for record in records:
            if not record.submissions:
                tallies.annotators.pop(record.annotator_id, None)


def _count_task(sums: ProjectSums, contribution: Contribution, detail: Detail, sign: int) -> None:
    if contribution.state in SETTLED:
        sums.settled += sign
        sums.settled_answers += sign * contribution.answers
        sums.spared_answers += sign * max(0, detail.most - contribution.answers)
        seconds = max(0, contribution.event_time_us - detail.first_us) / 1_000_000
        change(sums.quorum_times, str(quorum_time_bin(seconds)), sign)
        if any(part.model for part in detail.annotators):
            sums.prelabelled += sign
    if detail.review is not None:
        change(sums.reviews, detail.review, sign)
    has_gold = False
    for control in detail.controls.values():
        for kind, n in control.conflicts.items():
            change(sums.conflicts, kind, sign * n)
        has_gold = has_gold or control.gold is not None
    for part in detail.annotators:
        if part.gold is not None:
            has_gold = True
            _add(sums.gold_models if part.model else sums.gold_people, part.gold, sign)
    if has_gold:
        sums.gold_tasks += sign
        if detail.consensus_gold is not None:
            _add(sums.gold_consensus, detail.consensus_gold, sign)


def _add(sums: list[int], value: float, sign: int) -> None:
    sums[0] += sign
    sums[1] += sign * round(value * MICRO)


def _count_annotator(tallies: Tallies, part: AnnotatorPart, review: str | None, sign: int) -> AnnotatorRecord:
    record = tallies.annotator(part.annotator_id, sign)
    record.submissions += sign
    if part.model:
        record.as_model += sign
    if part.lead_time_seconds is not None:
        change(record.seconds, str(lead_time_bin(part.lead_time_seconds)), sign)
    if part.agreement is not None:
        _add(record.agreement, part.agreement, sign)
    if part.consensus is not None:
        _add(record.consensus, part.consensus, sign)
    if part.gold is not None:
        _add(record.gold, part.gold, sign)
    if review is not None:
        change(record.reviews, review, sign)
    return record


def _count_pairs(tallies: Tallies, detail: Detail, records: Sequence[AnnotatorRecord], sign: int) -> None:
    matrices = [control.matrix for control in detail.controls.values() if control.matrix]
    identical = _identical(detail)
    n = len(matrices)
    if not n and not identical:
        return
    rows = min(len(records), PAIRED_ROWS)
    for i in range(rows - 1):
        record = records[i]
        mine = record.annotator_id
        if mine is None:
            continue
        for j in range(i + 1, rows):
            other = records[j].annotator_id
            if other is None or other == mine:
                continue
            share = identical.get((i, j)) if identical else None
            if not n and share is None:
                continue
            first, second = (record, other) if mine < other else (records[j], mine)
            pair = _pair(first, second, sign)
            if n:
                pair[0] += sign
                pair[1] += sign * round(sum([matrix[i][j] for matrix in matrices]) / n * MICRO)
            if share is not None:
                pair[2] += sign
                pair[3] += sign * share
                tallies.record.sums.identical[0] += sign
                tallies.record.sums.identical[1] += sign * share
            if sign < 0 and not pair[0] and not pair[2]:
                first.peers.pop(second, None)


def _identical(detail: Detail) -> dict[tuple[int, int], int]:
    """Rows of two annotators → the share of their common marks that are identical, in millionths."""
    found: dict[tuple[int, int], list[int]] = {}
    for control in detail.controls.values():
        for row, other, compared, same in control.identical:
            sums = found.setdefault((row, other), [0, 0])
            sums[0] += compared
            sums[1] += same
    return {rows: same * MICRO // compared for rows, (compared, same) in found.items() if compared}


def _pair(first: AnnotatorRecord, second: str, sign: int) -> PairSums:
    pair = first.peers.get(second)
    if pair is not None:
        return pair
    if sign < 0 or first.further_peers[0] or first.further_peers[2] or len(first.peers) >= PEERS:
        return first.further_peers
    pair = first.peers[second] = [0, 0, 0, 0]
    return pair


def _count_control(
    tallies: Tallies, name: str, part: ControlPart, people: Sequence[AnnotatorRecord], counted: list[int], sign: int
) -> None:
    record = tallies.control(name, part.type, sign)
    if record is None:
        return
    record.tasks += sign
    if part.score is not None:
        n, total, squares = ScoreSums.of(part.score)
        known = record.scores
        record.scores = ScoreSums(known[0] + sign * n, known[1] + sign * total, known[2] + sign * squares)
    if part.passed is not None:
        record.passed[0] += sign
        if part.passed:
            record.passed[1] += sign
    if part.consensus is not None:
        _count_units(record, part.consensus, counted, sign)
    if part.type not in NUMERIC:
        for units, of_gold in ((part.consensus, False), (part.gold, True)):
            if units is not None:
                _count_cells(name, part.type, units, of_gold, people, sign)
    if sign < 0 and not record.tasks:
        del tallies.controls[name, part.type]


def _count_units(record: ControlRecord, units: Units, counted: list[int], sign: int) -> None:
    """How the counted annotators answered each unit: what chance-corrected agreement is computed from."""
    kind = record.type
    for given in units.given:
        if kind in CATEGORICAL or kind in NUMERIC or kind in SETS:
            answers = [given[row] for row in counted if given[row] is not None]
        else:
            answers = [_label(given[row]) for row in counted]
            if answers.count(MISSING) == len(answers):  # an object that only a model marked
                continue
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
    by_row: list[Cells] = []
    for record in people:
        control = record.controls.get(name)
        if control is None:
            control = record.controls[name] = AnnotatorControl()
        by_row.append(control.gold if of_gold else control.consensus)
    objects = kind not in CATEGORICAL and kind not in SETS
    for truth, given in zip(units.truth, units.given, strict=True):
        if truth is None and not objects:
            continue
        for cells, answer in zip(by_row, given, strict=True):
            if objects:
                if truth is not None or answer is not None:
                    _count_cell(cells, _label(truth), _label(answer), sign)
            elif isinstance(answer, str) and isinstance(truth, str):
                _count_cell(cells, truth, answer, sign)
            elif isinstance(answer, list) and isinstance(truth, list):
                for label in sorted({*truth, *answer}):
                    named = _label(label)
                    one, other = named if label in truth else MISSING, named if label in answer else MISSING
                    _count_cell(cells, one, other, sign)
    for record in people:  # an empty entry would be a trace of what has gone
        control = record.controls.get(name)
        if control is not None and not (_any(control.consensus) or _any(control.gold)):
            del record.controls[name]


def _count_cell(cells: Cells, truth: str, given: str, sign: int) -> None:
    row = cells.counts.get(truth)
    known = None if row is None else row.get(given)
    if row is not None and known is not None:
        if known + sign:
            row[given] = known + sign
            return
        cells.bytes -= len(truth.encode()) + len(given.encode()) + _ENTRY_BYTES
        del row[given]
        if not row:
            del cells.counts[truth]
        return
    size = len(truth.encode()) + len(given.encode()) + _ENTRY_BYTES
    if sign < 0 or cells.further or cells.bytes + size > CELL_BYTES:
        cells.further += sign
        return
    cells.bytes += size
    if row is None:
        row = cells.counts[truth] = {}
    row[given] = sign


def _any(cells: Cells) -> bool:
    return bool(cells.counts) or cells.further != 0


def _label(value: Value) -> str:
    """An object's label; one may be called what an object is called that was not marked."""
    if value is None:
        return MISSING
    text = str(value)
    return f"{text} " if text == MISSING else text
