"""Whether biases are shared, `scoring.reliability.bias`, and what the default makes of it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.reliability.bias import MOST_SHARED, Bias
from scoring.reliability.parameters import DEFAULT
from scoring.reliability.sums import Sums, contribution, gold
from tests.bench.reliability import MAJORITY, Contender, one_pass
from tests.bench.reliability_sets import Set

MICRO = 1_000_000
PRIOR = 5 * MICRO
ALONE = Contender("matrices alone", parameters=replace(DEFAULT, prior_bias=0.0))


def told(biases: Mapping[str, str]) -> Sums:
    """Thirty cats and dogs each, by gold; everybody is right on those that they favour, and every second one else."""
    sums = Sums()
    for number in range(30):
        for truth, other in (("cat", "dog"), ("dog", "cat")):
            sums.add(gold({a: truth if truth == bias or number % 2 else other for a, bias in biases.items()}, truth))
    return sums


def weight(sums: Sums) -> float:
    return sums.bias.shared(sums.everyone.rows, PRIOR)


def test_a_bias_that_everybody_has_is_shared() -> None:
    sums = told({"al": "cat", "bo": "cat", "cy": "cat", "di": "cat"})
    assert sums.bias.spread == 15 * MICRO  # as below, but 30 more cats right than 0.75 * 120: 2 * 30² / 120 in common
    assert sum(ahead**2 // sums.everyone.rows[name] for name, ahead in sums.bias.ahead.items()) == 15 * MICRO
    assert weight(sums) == MOST_SHARED


def test_biases_that_differ_are_not() -> None:
    sums = told({"al": "cat", "bo": "cat", "cy": "dog", "di": "dog"})
    assert sums.bias.ahead == {}
    # Each is right on 45 of 60: 7.5 more on what they favour than 0.75 * 30, so 4 * 2 * 7.5² / 30 in all; 5 by prior.
    assert sums.bias.spread == 15 * MICRO
    assert weight(sums) == pytest.approx(5**2 / (5**2 + 20**2))


def test_between_the_two_it_follows_from_both() -> None:
    # Three favour cats, one dogs: (3 - 1) * 7.5 more cats right, 2 * 15² / 120 of 15 in common.
    common, own = 3.75 + 5, 15 - 3.75 + 5
    found = weight(told({"al": "cat", "bo": "cat", "cy": "cat", "di": "dog"}))
    assert found == pytest.approx(common**2 / (common**2 + own**2))


def test_before_anything_is_known_it_is_likely() -> None:
    assert weight(Sums()) == MOST_SHARED


def test_who_met_one_class_only_says_nothing_about_biases() -> None:
    sums = Sums()
    for number in range(20):
        sums.add(gold({"al": "dog" if number % 2 else "cat"}, "cat"))
    assert sums.bias == Bias()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.floats(0.0, 1.0)), max_size=20))
def test_the_weight_is_a_share_whatever_was_counted(answers: list[tuple[str, str, float]]) -> None:
    sums = Sums()
    for annotator, label, probability in answers:
        sums.add(contribution({annotator: label}, {"x": probability, "y": (1.0 - probability) / 2 + 0.1, "z": 0.1}))
    assert 0.0 < weight(sums) <= MOST_SHARED
    assert sums.bias.spread >= 0


# What it is for


def world(recalls: Mapping[str, tuple[float, float]], seed: int, yes: float = 0.22, answers: int = 5) -> Set:
    """600 tasks that some of these annotators answer; annotator → share of "no" and of "yes" that they recognise."""
    rng = random.Random(seed)
    rows, truth = [], {}
    for number in range(600):
        task = f"t{number}"
        truth[task] = "yes" if rng.random() < yes else "no"
        for annotator in rng.sample(sorted(recalls), answers):
            right = rng.random() < recalls[annotator][truth[task] == "yes"]
            rows.append((task, annotator, truth[task] if right else "no" if truth[task] == "yes" else "yes"))
    return Set(f"world {seed}", rows, truth)


def accuracy(contender: Contender, worlds: list[Set]) -> float:
    """In the order in which a world has its answers: all of a task at once."""
    found = [(one_pass(one.rows, contender), one.gold) for one in worlds]
    return fmean(decided[task] == truth[task] for decided, truth in found for task in truth)


def test_where_nobody_has_a_bias_accuracies_are_trusted_and_more_is_found() -> None:
    skill = {f"a{number:02}": 0.65 + 0.02 * number for number in range(15)}
    worlds = [world({a: (right, right) for a, right in skill.items()}, seed, yes=0.1) for seed in range(3)]
    assert accuracy(Contender("the default"), worlds) > accuracy(ALONE, worlds) + 0.01


def test_where_everybody_shares_a_bias_it_stays_near_the_majority() -> None:
    skill = {f"a{number:02}": 0.02 * number for number in range(15)}
    worlds = [world({a: (0.7 + more, 0.4 + more) for a, more in skill.items()}, seed) for seed in range(3)]
    assert accuracy(Contender("the default"), worlds) > accuracy(MAJORITY, worlds) - 0.02


def test_where_everybody_errs_in_their_own_way_matrices_are_trusted_and_nothing_is_lost() -> None:
    own = {f"a{number:02}": (0.95, 0.5) if number % 2 else (0.5, 0.95) for number in range(15)}
    worlds = [world(own, seed, yes=0.4) for seed in range(3)]
    found = accuracy(Contender("the default"), worlds)
    assert found > accuracy(ALONE, worlds) - 0.005
    assert found > accuracy(Contender("one_coin", "one_coin"), worlds) + 0.02
