"""Cohen's kappa: `scoring.chance.two`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from scoring.chance.coefficient import Coefficient, Interval
from scoring.chance.two import PairCounts, cohen_kappa
from scoring.chance.weights import Scheme
from scoring.types import Undefined
from tests.scoring.chance.literature import COHEN_1968, FEINSTEIN_HIGH, GWET_2008, SAS, SAS_SKIN, pairs


def kappa(table: list[list[int]], weights: Scheme = "identity") -> Coefficient:
    outcome = cohen_kappa(pairs(table), weights)
    assert isinstance(outcome, Coefficient)
    return outcome


def test_cohens_own_arithmetic() -> None:
    # Cohen (1960), table 1: p_o = .25 + .02 + .02 = .29, p_c = .20 + .09 + .06 = .35, kappa = -.06 / .65. Marginals
    # .4, .3, .3 against .5, .3, .2; per 100 tasks.
    outcome = kappa([[25, 13, 2], [12, 2, 16], [13, 15, 2]])
    assert [outcome.observed, outcome.expected] == pytest.approx([0.29, 0.35])
    assert outcome.value == pytest.approx(-0.06 / 0.65)
    assert (outcome.tasks, outcome.answers, outcome.pairs) == (100, 200, 100)


@pytest.mark.parametrize(
    ("table", "weights", "expected"),
    [
        (COHEN_1968, "identity", 0.49152542),
        (COHEN_1968, "linear", 0.47368421),
        (COHEN_1968, "quadratic", 0.45454545),
        (SAS_SKIN, "identity", 0.34487535),
        (SAS_SKIN, "linear", 0.50816007),
        (SAS_SKIN, "quadratic", 0.66072289),
        (GWET_2008, "identity", -0.02339181),
        (FEINSTEIN_HIGH, "identity", 0.31818182),
    ],
)
def test_tables_of_the_literature(table: list[list[int]], weights: Scheme, expected: float) -> None:
    assert kappa(table, weights).value == pytest.approx(expected, abs=1e-8)


def test_standard_errors_and_interval_as_sas_prints_them() -> None:
    plain, linear = kappa(SAS).interval, kappa(SAS, "linear").interval
    assert isinstance(plain, Interval)
    assert isinstance(linear, Interval)
    assert [plain.standard_error, plain.low, plain.high] == pytest.approx([0.1380, 0.2137, 0.7547], abs=5e-5)
    assert linear.standard_error == pytest.approx(0.1457, abs=5e-5)


def test_undefined_has_its_reason() -> None:
    assert cohen_kappa(PairCounts()) == Undefined("the two annotators have no task in common")
    assert cohen_kappa(PairCounts({("cat", "cat"): 9})) == Undefined(
        "both always gave the same label, so agreement can't be told from habit"
    )
    assert cohen_kappa(PairCounts({("cat", "dog"): -1})) == Undefined("more tasks were taken back than added")
    with pytest.raises(ValueError, match=r"expected labels among \['cat'\], got also \['dog'\]"):
        cohen_kappa(PairCounts({("cat", "dog"): 1}), labels=["cat"])


def test_two_who_never_say_the_same() -> None:
    # One says always cat, the other always dog: they agree as little as chance would have it, 0 of 0.
    outcome = cohen_kappa(PairCounts({("cat", "dog"): 5}))
    assert isinstance(outcome, Coefficient)
    assert (outcome.value, outcome.interval) == (0.0, Undefined("all tasks disagree in the same way"))


answers = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=15)


@given(answers, st.sampled_from(["identity", "linear", "quadratic"]))
def test_as_scikit_learn_has_it(given_answers: list[tuple[int, int]], weights: Scheme) -> None:
    counted = PairCounts()
    for one, other in given_answers:
        counted.add(one, other)
    ours = cohen_kappa(counted, weights, labels=range(4))
    if isinstance(ours, Undefined):
        # Where both always say the same, scikit-learn warns and gives NaN.
        assert len({label for pair in given_answers for label in pair}) == 1
        return
    theirs = None if weights == "identity" else weights
    first, second = zip(*given_answers, strict=True)
    assert ours.value == pytest.approx(cohen_kappa_score(first, second, labels=range(4), weights=theirs), abs=1e-9)
    assert -1.0 - 1e-9 <= ours.value <= 1.0 + 1e-9
    swapped = PairCounts({(b, a): n for (a, b), n in counted})
    again = cohen_kappa(swapped, weights, labels=range(4))
    assert isinstance(again, Coefficient)
    assert again.value == pytest.approx(ours.value, abs=1e-9)
