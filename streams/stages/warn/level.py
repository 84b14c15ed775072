"""A fall of a mean, sudden or slow, of a project or of somebody: what is kept of the test between two looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scoring.rolling.aged import may_have_fallen, scores_of
from scoring.rolling.level import AT_REST, LevelRule, LevelState, Shift, find_shift, judge_level
from streams.quality import AGED_SECONDS, ProjectRecord, rfc3339
from streams.stages.warn.standing import Evidence, figure

__all__ = ["fall_figures", "fall_of", "follow_level", "has_fallen"]

_LEVELS: Final = 500
"""Subjects whose former episodes are remembered; the one that began longest ago is forgotten first."""
_AGED_US: Final = AGED_SECONDS * 1_000_000


def has_fallen(record: ProjectRecord, key: str) -> bool:
    """Whether the last look found a fall that has not been made up for."""
    return key in record.levels and record.levels[key].raised_at is not None


def follow_level(record: ProjectRecord, key: str, cells: Sequence[Sequence[int]], column: int, rule: LevelRule) -> bool:
    """Look; whether it has fallen. `record.levels` follows."""
    state = record.levels.get(key, AT_REST)
    if state.raised_at is None and not may_have_fallen(cells, column, rule):
        return False
    _, state, _ = judge_level(scores_of(cells, column), state, rule)
    if state != AT_REST:
        record.levels[key] = state
        if len(record.levels) > _LEVELS:
            at_rest = [(one.start or 0, name) for name, one in record.levels.items() if one.raised_at is None]
            record.levels.pop(min(at_rest)[1] if at_rest else key)
    return has_fallen(record, key)


def fall_of(
    record: ProjectRecord, key: str, cells: Sequence[Sequence[int]], column: int, rule: LevelRule
) -> Shift | None:
    """The fall that the scan sees now; none where it sees too little."""
    state = record.levels.get(key, LevelState())
    found = find_shift(scores_of(cells, column), rule, state.start)
    return found if isinstance(found, Shift) else None


def fall_figures(
    record: ProjectRecord, key: str, cells: Sequence[Sequence[int]], column: int, rule: LevelRule
) -> Evidence:
    """What the scan sees now; figures are null where it sees too little."""
    shift = fall_of(record, key, cells, column, rule)
    return {
        "since": None if shift is None else rfc3339(shift.since * _AGED_US),
        "baseline_mean": figure(shift and shift.before),
        "baseline_n": shift and shift.before_n,
        "recent_mean": figure(shift and shift.after),
        "n": 0 if shift is None else shift.after_n,
        "evidence": figure(shift and shift.evidence),
    }
