from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rolling.aged import (
    KEPT,
    LEVELS,
    OLDER,
    Cells,
    advance,
    cell_at,
    drop_cell,
    may_have_fallen,
    place_of,
    scores_of,
    start_of,
    window,
)
from scoring.rolling.level import ANNOTATOR_LEVEL, LevelRule, find_shift
from scoring.rolling.sums import ScoreSums
from scoring.types import Undefined

times = st.one_of(st.integers(0, 200), st.integers(-50_000, 200_000), st.integers(20_000_000, 40_000_000))


class Aged:
    """As a record keeps it."""

    def __init__(self) -> None:
        self.cells: Cells = []
        self.newest: int | None = None

    def add(self, at: int, *sums: int) -> None:
        if self.newest is None or at > self.newest:
            if self.newest is not None:
                advance(self.cells, self.newest, at)
            self.newest = at
        place = place_of(at, self.newest)
        row = cell_at(self.cells, place, len(sums))
        for column, amount in enumerate(sums, start=1):
            row[column] += amount
        drop_cell(self.cells, place)


def test_the_newest_moments_have_a_cell_each_and_older_ones_share() -> None:
    # Seen from 15: 10 to 15 by themselves; then pairs (8, 9), (6, 7), (4, 5); then fours (0 to 3).
    starts = [start_of(place_of(at, 15)) for at in range(16)]
    assert starts == [0, 0, 0, 0, 4, 4, 6, 6, 8, 8, 10, 11, 12, 13, 14, 15]


def test_what_is_older_than_all_levels_lies_in_one_cell() -> None:
    newest = 10_000_000
    oldest = ((newest >> (LEVELS - 1)) - KEPT + 1) << (LEVELS - 1)
    assert place_of(oldest, newest) != OLDER
    assert place_of(oldest - 1, newest) == place_of(0, newest) == OLDER


@given(st.lists(times, min_size=1, max_size=60))
def test_cells_are_those_that_the_newest_moment_asks_for_in_whatever_order_the_others_came(moments: list[int]) -> None:
    aged = Aged()
    for at in moments:
        aged.add(at, 1)
    expected: dict[int, int] = {}
    for at in moments:
        place = place_of(at, max(moments))
        expected[place] = expected.get(place, 0) + 1
    assert aged.cells == [[place, n] for place, n in sorted(expected.items())]


@given(st.lists(times, min_size=1, max_size=40), times)
def test_what_is_taken_back_is_found_where_it_has_moved(moments: list[int], later: int) -> None:
    with_it, without = Aged(), Aged()
    with_it.add(moments[0], 1, 500)
    for aged in (with_it, without):
        for at in [*moments, later]:
            aged.add(at, 1, 300)
    with_it.add(moments[0], -1, -500)
    assert with_it.cells == without.cells


@given(times, st.lists(st.integers(0, 3_000_000), max_size=300))
def test_a_few_dozen_cells_are_all_there_can_be(newest: int, ages: list[int]) -> None:
    assert len({place_of(newest - age, newest) for age in ages}) <= KEPT + (LEVELS - 1) * (KEPT // 2 + 1) + 1


@given(st.lists(times, min_size=1, max_size=60))
def test_places_are_in_the_order_of_time_and_no_two_cells_begin_together(moments: list[int]) -> None:
    newest = max(moments)
    places = [place_of(at, newest) for at in sorted(moments)]
    assert places == sorted(places)
    assert len({start_of(place) for place in places}) == len(set(places))


def test_a_window_is_the_fewest_newest_cells_that_hold_enough() -> None:
    cells = [[place_of(at, 9), 10, at * 1_000_000] for at in (5, 8, 9)]
    assert window(cells, 1, 10) == ScoreSums(10, 9_000_000)
    assert window(cells, 1, 11) == ScoreSums(20, 17_000_000)
    assert window(cells, 1, 1_000) == ScoreSums(30, 22_000_000)
    assert window([], 1, 5) == ScoreSums()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("fall", [0.0, 0.1, 0.3])
def test_where_no_fall_is_possible_the_scan_has_no_evidence_for_one(seed: int, fall: float) -> None:
    rng, aged = random.Random(f"{seed} {fall}"), Aged()
    rule = LevelRule(minimum_baseline=50, evidence=rng.choice([100.0, 1_000.0]), slack=rng.choice([0.0, 0.02]))
    asked = 0
    for at in range(600):
        score = min(1.0, max(0.0, rng.gauss(0.8 - (fall if at > 300 else 0.0), 0.2)))
        aged.add(at // 3, *ScoreSums.of(score))
        possible = may_have_fallen(aged.cells, rule=rule)
        asked += possible
        found = find_shift(scores_of(aged.cells), rule)
        if not possible and not isinstance(found, Undefined):
            assert found.evidence <= rule.evidence
    assert asked < 120 or fall > 0


def test_a_fall_is_found_in_cells_almost_as_soon_as_in_buckets() -> None:
    rng, aged = np.random.default_rng(7), Aged()
    scores = np.clip(rng.normal(0.85, 0.1, 1_200) - 0.15 * (np.arange(1_200) >= 1_000), 0, 1)
    first = None
    for at, score in enumerate(scores.tolist()):
        aged.add(at, *ScoreSums.of(score))
        if may_have_fallen(aged.cells, rule=ANNOTATOR_LEVEL) and first is None:
            found = find_shift(scores_of(aged.cells), ANNOTATOR_LEVEL)
            if not isinstance(found, Undefined) and found.evidence >= ANNOTATOR_LEVEL.evidence:
                first = at
    assert first is not None
    assert 1_000 < first < 1_060
