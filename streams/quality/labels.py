"""How the units of a control were answered: patterns for agreement beyond chance, and everybody's confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from scoring.chance.ratings import RatingSums, exactly
from scoring.chance.units import MISSING
from streams.contracts.facts import ControlPart, Units, Value
from streams.quality.bounds import CELL_BYTES, PATTERN_BYTES, WEEKS
from streams.quality.records import AnnotatorControl, AnnotatorRecord, Cells, ControlRecord

__all__ = ["CATEGORICAL", "NUMERIC", "ORDINAL", "SETS", "answers_to", "change", "count_labels", "count_units"]

CATEGORICAL = frozenset(("choice", "boolean"))
SETS = frozenset(("choices",))
NUMERIC = frozenset(("number", "rating"))
ORDINAL = frozenset(("rating",))
_ANSWERED_ONCE = CATEGORICAL | SETS | NUMERIC
_ENTRY_BYTES = 16
_pattern = msgspec.json.Encoder().encode


def change(counts: dict[str, int], name: str, by: int) -> None:
    """Add to a count; a count of 0 is not there."""
    left = counts.get(name, 0) + by
    if left:
        counts[name] = left
    else:
        counts.pop(name, None)


def answers_to(part: ControlPart, counted: list[int]) -> int:
    """Counted annotators who answered this control; of objects everybody does."""
    if part.consensus is None or part.type not in _ANSWERED_ONCE:
        return len(counted)
    given = part.consensus.given[0] if part.consensus.given else ()
    return sum([given[row] is not None for row in counted]) if given else len(counted)


def count_units(record: ControlRecord, units: Units, counted: list[int], sign: int) -> None:
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
        if kind not in NUMERIC or kind in ORDINAL:
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
            sums = [old + exactly(text) for old, text in zip(sums, known, strict=True)]
        if sums[0]:
            ratings[str(m)] = [str(value) for value in sums]
        else:
            ratings.pop(str(m), None)


def count_labels(
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
