from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from scoring.rolling.label_shift import (
    LABEL_SHIFT,
    LabelShift,
    LabelShiftRule,
    judge_label_shift,
    label_shift,
    psi,
    task_shares,
)
from scoring.rolling.sums import MICRO, Verdict
from scoring.types import Undefined

ANY = LabelShiftRule(minimum=1, minimum_reference=1)
COUNTS = st.dictionaries(st.sampled_from("abcde"), st.integers(1, 400), min_size=1)


def micro(counts: dict[str, int]) -> dict[str, int]:
    return {label: count * MICRO for label, count in counts.items()}


def shifted(recent: dict[str, int], reference: dict[str, int], rule: LabelShiftRule = ANY) -> LabelShift:
    found = label_shift(micro(recent), micro(reference), rule)
    assert isinstance(found, LabelShift), found
    return found


def test_psi_is_that_of_other_libraries_where_counts_are_large() -> None:
    # Evidently 0.7.23 on shares 0.4 0.3 0.2 0.1 against four quarters: 0.228217
    uneven, even = {"a": 40_000, "b": 30_000, "c": 20_000, "d": 10_000}, dict.fromkeys("abcd", 25_000)

    assert psi(uneven, even) == pytest.approx(0.228217, abs=1e-4)


@given(COUNTS, COUNTS)
def test_psi_is_symmetric_and_not_negative(one: dict[str, int], other: dict[str, int]) -> None:
    there, back = psi(one, other), psi(other, one)

    assert isinstance(there, float)
    assert there == pytest.approx(back)
    assert there >= -1e-12


@given(COUNTS, st.integers(1, 9))
def test_psi_of_equal_shares_is_0(counts: dict[str, int], times: int) -> None:
    assert psi(counts, {label: times * n for label, n in counts.items()}) == pytest.approx(0.0, abs=1e-9)


@given(COUNTS, COUNTS)
def test_figures_stay_in_their_ranges(recent: dict[str, int], reference: dict[str, int]) -> None:
    found = label_shift(micro(recent), micro(reference), ANY)

    if isinstance(found, LabelShift):
        assert 0 <= found.p_value <= 1 and 0 <= found.cramers_v <= 1 and -1 <= found.change <= 1
        assert found.chi_square >= 0 and found.excess() >= 0 and found.grade() in {"stable", "moderate", "major"}
    else:
        assert found == Undefined("fewer than two labels were seen")


def test_chi_square_is_scipy_s() -> None:
    recent, reference = {"a": 30, "b": 50, "c": 20}, {"a": 300, "b": 300, "c": 100}
    found = shifted(recent, reference)
    expected = chi2_contingency([[30, 50, 20], [300, 300, 100]], correction=False)

    assert found.degrees == 2
    assert found.chi_square == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue)


def test_labels_too_rare_are_tested_together() -> None:
    """Four of 1 in 200 each: an eighth of both sides is recent, so half a task of each is expected there."""
    rare = {f"r{i}": 4 for i in range(4)}
    found = shifted({"a": 60, "b": 40}, {"a": 400, "b": 284, **rare})
    together = chi2_contingency([[60, 40, 0], [400, 284, 16]], correction=False)

    assert found.degrees == 1 + 1
    assert found.chi_square == pytest.approx(together.statistic)


def test_what_chance_adds_to_psi_is_taken_off() -> None:
    """500 pairs of samples of one distribution: PSI is on average what is said, and beyond it little is left."""
    rng = np.random.default_rng(3)
    pairs = [
        (rng.multinomial(150, [0.4, 0.3, 0.2, 0.1]), rng.multinomial(600, [0.4, 0.3, 0.2, 0.1])) for _ in range(500)
    ]
    found = [
        shifted(dict(zip("abcd", a.tolist(), strict=True)), dict(zip("abcd", b.tolist(), strict=True)))
        for a, b in pairs
    ]

    assert found[0].psi_by_chance == pytest.approx(3 * (1 / 150 + 1 / 600))  # (B − 1)(1/N + 1/M)
    assert np.mean([one.psi for one in found]) == pytest.approx(found[0].psi_by_chance, rel=0.1)
    assert [one for one in found if judge_label_shift(one) is Verdict.BEYOND] == []


def test_many_labels_in_a_small_window_are_no_alarm() -> None:
    """PSI alone would say `moderate`: 0.1 and more from chance."""
    rng = np.random.default_rng(4)
    names = [f"{i:02}" for i in range(20)]
    recent, before = (dict(zip(names, rng.multinomial(n, [0.05] * 20).tolist(), strict=True)) for n in (150, 2_000))
    found = shifted(recent, before)

    assert found.psi > 0.1
    assert judge_label_shift(found) is Verdict.WITHIN


def test_a_change_names_the_label_and_is_graded() -> None:
    found = shifted({"day": 100, "night": 100}, {"day": 900, "night": 100}, LABEL_SHIFT)

    assert (found.most_changed, found.change, found.grade()) == ("day", -0.4, "major")
    assert (found.n, found.reference_n) == (200, 1_000)
    assert judge_label_shift(found) is Verdict.BEYOND


def test_a_large_change_of_few_may_be_chance() -> None:
    found = shifted({"a": 6, "b": 4}, {"a": 700, "b": 300})._replace(psi=0.5)

    assert judge_label_shift(found) is Verdict.BETWEEN


def test_too_little_is_named_and_moves_nothing() -> None:
    hundred, thousand = micro({"a": 60, "b": 40}), micro({"a": 600, "b": 400})

    assert label_shift({}, thousand) == Undefined("0 tasks in the window, it takes 100")
    assert label_shift(hundred, micro({"a": 9})) == Undefined("9 tasks before the window, it takes 200")
    assert label_shift(micro({"a": 100}), micro({"a": 200})) == Undefined("fewer than two labels were seen")
    assert psi({}, {"a": 1.0}) == Undefined("no labels in the window")
    assert psi({"a": 1.0}, {"a": 0.0}) == Undefined("no labels before the window")


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1e6), max_size=9))
def test_a_task_weighs_1_however_much_was_marked_on_it(labels: dict[str, float]) -> None:
    shares = task_shares(labels)

    assert sum(shares.values()) == (MICRO if sum(labels.values()) > 0 else 0)
    assert shares == task_shares(dict(reversed(labels.items())))
