from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rolling.copying import (
    COPIED_ERRORS,
    COPIED_GEOMETRY,
    NO_ERRORS,
    Copying,
    ErrorSums,
    copied_errors,
    copied_geometry,
    judge_copying,
)
from scoring.rolling.sums import NO_SCORES, ScoreSums, Verdict
from scoring.types import Undefined
from tests.bench.alarm_errors import BY_GOLD, BY_OTHERS, errors_raised
from tests.bench.alarm_subjects import honest_and_copied_geometry

COMMON = st.builds(ErrorSums.of, st.booleans(), st.booleans(), st.booleans())


def of(identical: int, n: int) -> ScoreSums:
    return ScoreSums(n, identical * 1_000_000, identical * 1_000_000)


def geometry(pair: ScoreSums, others: ScoreSums, pairs: int = 10) -> Copying:
    found = copied_geometry(pair, others.plus(pair), pairs)
    assert isinstance(found, Copying), found
    return found


def errors(pair: ErrorSums, others: ErrorSums, pairs: int = 10) -> Copying:
    found = copied_errors(pair, others.plus(pair), pairs)
    assert isinstance(found, Copying), found
    return found


def summed(tasks: list[ErrorSums]) -> ErrorSums:
    total = NO_ERRORS
    for task in tasks:
        total = total.plus(task)
    return total


def wrong(n: int, first: int, second: int, same: int) -> ErrorSums:
    return ErrorSums(n, first + second, same, first)


def test_identical_objects_that_others_never_have_are_copies() -> None:
    found = geometry(of(30, 40), of(2, 400))

    assert (found.share, found.n, found.usual) == (0.75, 40, 0.005)
    assert found.line == 0.05  # twice what 2 of 400 may stand for is still under it
    assert judge_copying(found, COPIED_GEOMETRY) is Verdict.BEYOND


def test_what_the_tool_makes_identical_for_everybody_is_no_copying() -> None:
    found = geometry(of(16, 40), of(120, 400))

    assert found.p_value == 1.0
    assert judge_copying(found, COPIED_GEOMETRY) is Verdict.WITHIN


def test_the_more_pairs_the_more_it_takes() -> None:
    few, many = (geometry(of(8, 40), of(4, 400), pairs) for pairs in (3, 3_000))

    assert few.evidence == many.evidence
    assert few.p_value == pytest.approx(3 / few.evidence)
    assert many.p_value == pytest.approx(min(1.0, 3_000 / few.evidence))


def test_two_who_are_both_good_do_not_copy() -> None:
    """Both right in 99 of 100 tasks and equal in all of them: agreement as such is no evidence."""
    found = errors(wrong(100, 1, 1, 1), wrong(2_000, 300, 300, 40))

    assert judge_copying(found, COPIED_ERRORS) is not Verdict.BEYOND


def test_the_same_errors_again_and_again_are_copies() -> None:
    # Others: wrong in 0.15, the same way in 0.02 of tasks, so ρ = 0.02 / 0.15² = 0.889; of 0.2 and 0.25 that is 0.0444.
    found = errors(wrong(300, 60, 75, 57), wrong(2_000, 300, 300, 40))

    assert (found.share, found.n) == (0.19, 300)
    assert found.usual == pytest.approx(0.0444, abs=1e-4)
    assert judge_copying(found, COPIED_ERRORS) is Verdict.BEYOND


def test_two_who_are_both_poor_err_alike_by_chance() -> None:
    """Wrong in half of all tasks each: alike in 0.889 · 0.25 = 0.22 of them is to be expected."""
    found = errors(wrong(200, 100, 100, 44), wrong(2_000, 300, 300, 40))

    assert judge_copying(found, COPIED_ERRORS) is Verdict.WITHIN


def test_too_little_is_named_and_moves_nothing() -> None:
    no_others = "0 common tasks of other pairs, it takes 50 to know what is usual"
    found: list[Copying | Undefined] = [
        copied_geometry(of(30, 40), of(30, 40), 1),
        copied_errors(wrong(40, 9, 9, 9), wrong(40, 9, 9, 9), 1),
        copied_errors(wrong(40, 9, 9, 9), wrong(140, 9, 9, 9), 2),
        copied_geometry(NO_SCORES, of(1, 100), 2),
        copied_geometry(of(9, 9), of(99, 100), 2),
    ]

    assert found == [
        Undefined(no_others),
        Undefined(no_others),
        Undefined("the other pairs made no errors, so nobody knows how often errors are the same"),
        Undefined("the two have no common tasks to compare"),
        Undefined("the other pairs are identical so often that nothing would stand out"),
    ]
    assert {judge_copying(one, COPIED_GEOMETRY) for one in found} == {Verdict.BETWEEN}
    assert judge_copying(geometry(of(19, 19), of(0, 400)), COPIED_GEOMETRY) is Verdict.BETWEEN  # 20 is the minimum


@given(st.lists(COMMON, max_size=30), st.lists(COMMON, max_size=30))
def test_sums_of_both_are_the_sum_of_all_and_can_be_taken_back(one: list[ErrorSums], other: list[ErrorSums]) -> None:
    assert summed(one).plus(summed(other)) == summed(one + other)
    assert summed(one + other).minus(summed(other)) == summed(one)


@given(st.lists(COMMON, max_size=60), st.lists(COMMON, max_size=60), st.integers(0, 900))
def test_figures_stay_in_their_ranges(pair: list[ErrorSums], others: list[ErrorSums], pairs: int) -> None:
    found = copied_errors(summed(pair), summed(pair + others), pairs)

    if isinstance(found, Copying):
        assert 0 <= found.share <= 1 and 0 <= found.usual <= 1 and 0 < found.line < 1
        assert 0 <= found.p_value <= 1 and found.evidence >= 0


def test_honest_projects_are_left_alone_and_a_copy_is_found() -> None:
    def runs() -> Iterator[tuple[int, float]]:
        for copied in (0.0, 1.0):
            drawn = honest_and_copied_geometry(0.05, copied, 6, 200, np.random.default_rng(5))
            yield drawn.false, max(drawn.delays)
            for team in (BY_GOLD, BY_OTHERS):
                said = errors_raised(team, (0.8, 0.5), copied, 6, 500, np.random.default_rng(6))
                yield said.false, max(said.delays)

    found = list(runs())
    honest, copied = found[:3], found[3:]

    assert honest == [(0, float("inf"))] * 3
    assert [false for false, _ in copied] == [0, 0, 0]
    drawn, by_gold, by_others = (delay for _, delay in copied)
    assert drawn <= 30 and by_gold <= 120 and by_others <= 200
