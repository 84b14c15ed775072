"""Sums of a stream and the models that read them: `scoring.reliability.sums`, `incremental` and `trust`."""

from __future__ import annotations

import doctest
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from scoring.reliability.bias import Bias
from scoring.reliability.incremental import MODELS, Model, learned, posterior, winner
from scoring.reliability.parameters import DEFAULT, Parameters
from scoring.reliability.sums import Contribution, Counts, Sums, contribution, gold, merged
from scoring.reliability.trust import fusion_weight, reliability, voting_weight

README = Path(__file__).parents[2] / "scoring" / "reliability" / "README.md"
ANNOTATORS, CLASSES = ["al", "bo", "cy", "di", "ed"], ["bird", "cat", "dog", "eel"]
MICRO = 1_000_000

answers = st.dictionaries(st.sampled_from(ANNOTATORS), st.sampled_from(CLASSES), max_size=5)
some_answers = answers.filter(bool)


@st.composite
def tasks(draw: st.DrawFn) -> Contribution:
    weights = draw(st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4).filter(lambda w: sum(w) > 0.01))
    return contribution(draw(answers), dict(zip(CLASSES, weights, strict=True)), draw(st.floats(0.0, 1.0)))


some_tasks = st.lists(tasks(), max_size=12)


def counted(listed: list[Contribution], max_annotators: int = 10_000, max_classes: int = 100) -> Sums:
    sums = Sums(max_annotators=max_annotators, max_classes=max_classes)
    for task in listed:
        sums.add(task)
    return sums


def trained() -> Sums:
    """al and bo answer "cat" to every cat and every dog; cy is right; twenty tasks of each class, by gold."""
    always = {"al": "cat", "bo": "cat"}
    return counted([gold({**always, "cy": truth}, truth) for truth in ("cat", "dog") for _ in range(20)])


# Contributions


@given(tasks())
def test_a_contribution_is_exactly_one_task_in_millionths(task: Contribution) -> None:
    assert sum(micro for _, micro in task.truth) == MICRO
    assert all(micro > 0 for _, micro in task.truth)


def test_a_contribution_leaves_out_what_is_less_probable_than_a_thousandth() -> None:
    assert contribution({}, {"cat": 0.9995, "dog": 0.0005}).truth == (("cat", MICRO),)


def test_of_two_equal_classes_the_first_by_name_takes_what_rounding_leaves() -> None:
    thirds = contribution({}, {"dog": 1.0, "cat": 1.0, "eel": 1.0})
    assert thirds.truth == (("cat", 333_334), ("dog", 333_333), ("eel", 333_333))


def test_the_plain_vote_is_part_of_what_is_learned() -> None:
    # 0.8 of the posterior (0.5, 0.5) and 0.2 of the vote (1/4, 3/4)
    said = {"al": "cat", "bo": "dog", "cy": "dog", "di": "dog"}
    assert learned(said, {"cat": 0.5, "dog": 0.5}).truth == (("cat", 450_000), ("dog", 550_000))


@pytest.mark.parametrize("bad", [{}, {"cat": 0.0}, {"cat": -0.5, "dog": 1.0}, {"cat": math.nan}, {"cat": math.inf}])
def test_what_is_no_distribution_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected probabilities"):
        contribution({"al": "cat"}, bad)


def test_an_anchor_is_a_share() -> None:
    with pytest.raises(ValueError, match=r"expected an anchor in \[0, 1\], got 2"):
        contribution({"al": "cat"}, {"cat": 1.0}, 2)


# Sums


def test_a_soft_decision_counts_in_part_for_each_class() -> None:
    sums = counted([contribution({"al": "cat", "bo": "dog"}, {"cat": 0.7, "dog": 0.3})])
    assert sums.annotators["al"] == Counts(
        total=MICRO,
        right=700_000,
        rows={"cat": 700_000, "dog": 300_000},
        cells={"cat": {"cat": 700_000, "dog": 300_000}},
    )
    assert sums.everyone.right == 1_000_000
    assert sums.everyone.total == 2_000_000
    assert sums.classes == {"cat": 700_000, "dog": 300_000}


caps = st.sampled_from([{}, {"max_classes": 2}, {"max_annotators": 2}, {"max_classes": 1, "max_annotators": 1}])


@given(some_tasks, tasks(), caps)
def test_taking_back_gives_the_very_sums_from_before(others: list[Contribution], task: Contribution, cap: Any) -> None:
    sums, before = counted(others, **cap), counted(others, **cap)
    sums.add(task)
    sums.subtract(task)
    assert sums == before


@given(st.data(), caps)
def test_all_taken_back_in_any_order_leaves_nothing(data: st.DataObject, cap: Any) -> None:
    listed = data.draw(some_tasks)
    sums = counted(listed, **cap)
    for task in data.draw(st.permutations(listed)):
        sums.subtract(task)
    assert sums == Sums(**cap)


@given(st.data())
def test_the_order_of_tasks_does_not_matter(data: st.DataObject) -> None:
    listed = data.draw(some_tasks)
    assert counted(listed) == counted(data.draw(st.permutations(listed)))


@given(some_tasks, some_tasks, some_tasks)
def test_merging_is_counting_together_in_any_order(
    left: list[Contribution], middle: list[Contribution], right: list[Contribution]
) -> None:
    together = counted([*left, *middle, *right])
    a, b, c = counted(left), counted(middle), counted(right)
    assert merged(merged(a, b), c) == merged(a, merged(b, c)) == merged(merged(c, a), b) == together


@given(some_tasks, some_tasks, caps)
def test_merged_under_a_cap_no_answer_is_lost_and_everything_can_be_taken_back(
    left: list[Contribution], right: list[Contribution], cap: Any
) -> None:
    both = merged(counted(left, **cap), counted(right, **cap))
    assert both == merged(counted(right, **cap), counted(left, **cap))
    assert len(both.named) <= both.max_classes
    assert len(both.annotators) <= both.max_annotators
    total = sum(counts.total for counts in both.annotators.values()) + both.further_annotators.total
    assert total == MICRO * sum(len(task.answers) for task in (*left, *right)) == both.everyone.total
    for task in (*left, *right):
        both.subtract(task)
    assert both == Sums(**cap)


def test_who_comes_after_the_cap_is_counted_with_all_who_do() -> None:
    sums = counted(
        [gold({"al": "cat"}, "cat"), gold({"bo": "cat"}, "cat"), gold({"cy": "dog"}, "cat")], max_annotators=1
    )
    assert list(sums.annotators) == ["al"]
    assert (sums.further_annotators.total, sums.further_annotators.right) == (2 * MICRO, MICRO)
    assert reliability(sums, "zoe").n == 2.0


def test_nobody_new_is_counted_alone_while_they_may_be_among_the_further_ones() -> None:
    first, second = gold({"al": "cat"}, "cat"), gold({"bo": "cat"}, "cat")
    sums = counted([first, second], max_annotators=1)
    sums.subtract(first)
    sums.add(second)
    assert sums.annotators == {}
    assert sums.further_annotators.total == 2 * MICRO


def test_a_class_after_the_cap_counts_as_right_or_wrong_without_cells() -> None:
    sums = counted([gold({"al": "cat"}, "cat"), gold({"al": "dog"}, "dog")], max_classes=1)
    assert sums.annotators["al"] == Counts(2 * MICRO, 2 * MICRO, {"cat": MICRO}, {"cat": {"cat": MICRO}})
    assert sums.further_classes == 1


def test_thousands_of_classes_and_annotators_stay_bounded() -> None:
    sums = Sums(max_annotators=50, max_classes=20)
    for number in range(2_000):
        sums.add(gold({f"a{number}": f"c{number}", "al": f"c{number}"}, f"c{number}"))
    assert len(sums.annotators) == 50
    assert len(sums.named) == 20
    assert sum(len(column) for column in sums.annotators["al"].cells.values()) == 20
    assert winner(posterior({"al": "c1999", "zoe": "c1999"}, sums)) == "c1999"


def test_taking_back_from_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no counted task"):
        Sums().subtract(gold({"al": "cat"}, "cat"))


@given(some_tasks)
def test_sums_and_contributions_survive_messagepack(listed: list[Contribution]) -> None:
    sums = counted(listed)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(sums), type=Sums) == sums
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(listed), type=list[Contribution]) == listed


# Posteriors

models = st.sampled_from(MODELS)


@given(some_answers, some_tasks, models)
def test_probabilities_sum_to_1_and_are_finite(said: dict[str, str], listed: list[Contribution], model: Model) -> None:
    probabilities = posterior(said, counted(listed), model)
    assert sum(probabilities.values()) == pytest.approx(1.0)
    assert all(0.0 <= value <= 1.0 for value in probabilities.values())
    assert set(said.values()) <= set(probabilities)


@given(some_answers, some_tasks, models, st.permutations(ANNOTATORS))
def test_who_is_who_does_not_matter(
    said: dict[str, str], listed: list[Contribution], model: Model, renamed: list[str]
) -> None:
    name = dict(zip(ANNOTATORS, renamed, strict=True))
    others = [task._replace(answers=tuple(sorted((name[a], label) for a, label in task.answers))) for task in listed]
    expected = posterior(said, counted(listed), model)
    assert posterior({name[a]: label for a, label in said.items()}, counted(others), model) == pytest.approx(expected)


@given(st.data(), some_tasks, models)
def test_the_order_of_answers_does_not_change_a_bit(
    data: st.DataObject, listed: list[Contribution], model: Model
) -> None:
    said = data.draw(some_answers)
    again = dict(data.draw(st.permutations(list(said.items()))))
    assert posterior(again, counted(listed), model) == posterior(said, counted(listed), model)


@given(some_answers, models)
def test_before_the_first_task_the_order_is_that_of_the_plain_vote(said: dict[str, str], model: Model) -> None:
    votes, probabilities = Counter(said.values()), posterior(said, Sums(), model, classes=CLASSES)
    for one in CLASSES:
        for other in CLASSES:
            if votes[one] == votes[other]:
                assert probabilities[one] == pytest.approx(probabilities[other])
            elif votes[one] > votes[other]:
                assert probabilities[one] > probabilities[other]


def test_the_first_posterior_by_hand() -> None:
    # Two answers cat, one dog, accuracy 20/25, independent: 0.8 * 0.8 * 0.2 against 0.2 * 0.2 * 0.8.
    said = {"al": "cat", "bo": "cat", "cy": "dog"}
    plain = Parameters(correlation=0.0)
    for model in ("one_coin", "shrunk", "pooled"):
        assert posterior(said, Sums(), model, plain)["cat"] == pytest.approx(0.128 / (0.128 + 0.032))
    # Dawid-Skene starts from 2 * 0.5 + 2 right and 2 * 0.5 + 0.5 wrong of 4.5 answers: 2/3 and 1/3.
    assert posterior(said, Sums(), "dawid_skene", plain)["cat"] == pytest.approx(2 / 3)


def test_a_trained_posterior_by_hand() -> None:
    # 20 cats and 20 dogs: the class shares are even. Of all 120 answers 80 are right: everybody starts with
    # (80 + 100 * 0.8) / 220 = 8/11 of 25 answers. al and bo have 20 right of 40, an accuracy of (20 + 200/11) / 65, and
    # P(cat | cat) = (20 + 4 * accuracy) / 24, P(cat | dog) = (20 + 4 * (1 - accuracy)) / 24: little between them.
    said, sums, plain = {"al": "cat", "bo": "cat", "cy": "dog"}, trained(), Parameters(correlation=0.0)
    al, cy = (20 + 200 / 11) / 65, (40 + 200 / 11) / 65
    always = (20 + 4 * al) / (20 + 4 * (1 - al))
    knows = (20 + 4 * cy) / (0 + 4 * (1 - cy))
    by_matrix, by_coin = knows / always**2, (cy / (1 - cy)) / (al / (1 - al)) ** 2
    alone = posterior(said, sums, parameters=replace(plain, prior_bias=0.0))
    assert alone["dog"] == pytest.approx(by_matrix / (by_matrix + 1))
    # al and bo have 10 cats more right than half of 20, and 10 dogs fewer: each spreads by twice 100 / 20. Together
    # that is 20 of everybody's 60 to each class, twice 400 / 60: most of it, and coins have their 0.4.
    assert sums.bias == Bias({"cat": 20 * MICRO, "dog": -20 * MICRO}, 20 * MICRO)
    odds = by_matrix**0.6 * by_coin**0.4
    assert posterior(said, sums, parameters=plain)["dog"] == pytest.approx(odds / (odds + 1))
    # The one coin starts from 20 of 25 whatever the project: 40 of 65 and 60 of 65.
    coin = (60 / 5) / (40 / 25) ** 2
    assert posterior(said, sums, "one_coin", plain)["dog"] == pytest.approx(coin / (coin + 1))
    # Dawid-Skene: of everybody's 60 answers to cats all are cat, of the 60 to dogs 40 are cat and 20 are dog.
    cat, dog = (20 + 2 + 2) / (20 + 2 * 2 / 3 + 0.5), (20 + 2 / 3 + 2) / (0 + 0.5)
    assert posterior(said, sums, "dawid_skene", plain)["dog"] == pytest.approx(dog / (dog + cat**2))


def test_a_task_that_one_person_answered_says_nothing_about_them() -> None:
    sums = Sums()
    for _ in range(50):
        sums.add(learned({"al": "cat"}, posterior({"al": "cat"}, sums, classes=["cat", "dog"])))
    assert sums.annotators == {}
    assert reliability(sums, "al").accuracy == pytest.approx(0.8)
    assert sums.classes["cat"] > 40 * MICRO


def test_the_pooled_start_knows_what_everybody_confuses() -> None:
    # Everybody takes dogs for wolves, never for eels; a newcomer who says wolf may have seen a dog, but no eel.
    said = {"al": "wolf"}
    confused = [gold({"bo": "wolf", "cy": "wolf"}, "dog") for _ in range(30)]
    clear = [gold({"bo": name, "cy": name}, name) for name in ("eel", "wolf") for _ in range(30)]
    sums = counted([*confused, *clear])
    pooled, shrunk = posterior(said, sums, "pooled"), posterior(said, sums)
    assert pooled["dog"] > 10 * pooled["eel"]
    assert shrunk["dog"] == pytest.approx(shrunk["eel"])


@pytest.mark.parametrize(("m", "power"), [(1, 1.0), (3, 1 / 1.08), (21, 0.7)])
def test_annotators_who_err_together_say_less_together(m: int, power: float) -> None:
    # m answers cat, each 4 to 1, to the power of 1 / (1 + 0.04 (m - 1)) or 0.7.
    said = {f"a{number}": "cat" for number in range(m)}
    probabilities = posterior(said, Sums(), classes=["cat", "dog"])
    assert math.log(probabilities["cat"] / probabilities["dog"]) == pytest.approx(power * m * math.log(4))


def test_no_answer_gives_the_class_shares() -> None:
    sums = counted([gold({}, "cat")] * 30)
    assert posterior({}, sums, classes=["dog"]) == pytest.approx({"cat": 0.8, "dog": 0.2})  # 30 + 10 to 10
    assert posterior({}, Sums(), "majority", classes=["cat", "dog"]) == {"cat": 0.5, "dog": 0.5}
    assert posterior({}, Sums()) == {}
    assert winner({}) is None


def test_a_model_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"expected a model among shrunk, pooled, .*; got 'glad'"):
        posterior({"al": "cat"}, Sums(), "glad")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("worth", 0.0),
        ("prior_wrong", -1.0),
        ("temper", 1.5),
        ("correlation", 1.0),
        ("anchor", -0.1),
        ("prior_bias", -1.0),
        ("shared_worth", math.inf),
    ],
)
def test_a_parameter_outside_its_range_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"expected {name} "):
        Parameters(**{name: value})


# What is published


def test_reliability_by_hand() -> None:
    # As in the trained posterior: 25 answers, 8/11 of them right, to begin with.
    al, cy = reliability(trained(), "al"), reliability(trained(), "cy")
    start = 200 / 11
    assert al.n == 40.0
    assert al.accuracy == pytest.approx((20 + start) / 65)
    assert al.recalls["cat"].mean == pytest.approx(20.5 / 21)
    assert al.recalls["dog"].mean == pytest.approx(0.5 / 21)
    assert al.recalls["dog"].given == {"cat": 1.0}
    assert [al.low, al.high] == pytest.approx(list(beta(20 + start, 45 - start).interval(0.95)))
    assert [cy.low, cy.high] == pytest.approx(list(beta(40 + start, 25 - start).interval(0.95)))
    assert cy.voting_weight == pytest.approx(math.log((40 + start) / (25 - start)))
    assert cy.fusion_weight == pytest.approx(2 * (40 + start) / 65 - 1)


def test_who_has_not_answered_has_the_prior_and_no_recalls() -> None:
    nobody = reliability(Sums(), "al")
    assert (nobody.n, nobody.accuracy, nobody.recalls) == (0.0, 0.8, {})
    assert nobody.voting_weight == pytest.approx(math.log(4))


def test_recalls_are_told_from_ten_answers_on() -> None:
    sums = counted([gold({"al": "cat"}, "cat")] * 9)
    assert reliability(sums, "al").recalls == {}
    sums.add(gold({"al": "dog"}, "cat"))
    assert reliability(sums, "al").recalls["cat"].given == {"cat": 0.9, "dog": 0.1}


def test_who_is_worse_than_chance_has_no_weight() -> None:
    sums = counted([gold({"al": "cat"}, "dog")] * 200)
    al = reliability(sums, "al")
    assert al.accuracy < 0.1
    assert (al.voting_weight, al.fusion_weight) == (0.0, 0.0)


@given(st.floats(0.001, 0.999), st.integers(2, 50))
def test_weights_rise_with_accuracy_and_start_at_chance(accuracy: float, n_classes: int) -> None:
    vote, fuse = voting_weight(accuracy, n_classes), fusion_weight(accuracy, n_classes)
    assert (vote > 0.0) == (fuse > 0.0)
    assert 0.0 <= fuse < 1.0
    assert voting_weight(min(accuracy + 0.0005, 0.9995), n_classes) >= vote


@pytest.mark.parametrize("weight", [voting_weight, fusion_weight])
def test_a_weight_needs_an_accuracy_and_two_classes(weight: Any) -> None:
    with pytest.raises(ValueError, match=r"within \(0, 1\), got 1.0"):
        weight(1.0)
    with pytest.raises(ValueError, match="at least two classes, got 1"):
        weight(0.5, 1)


@given(some_tasks, st.sampled_from(ANNOTATORS))
def test_an_accuracy_lies_in_its_interval(listed: list[Contribution], annotator: str) -> None:
    found = reliability(counted(listed), annotator, DEFAULT, least_answers=0.5)
    assert 0.0 < found.low < found.accuracy < found.high < 1.0
    for recall in found.recalls.values():
        assert recall.low <= recall.mean <= recall.high
        assert sum(recall.given.values()) == pytest.approx(1.0)


# The page


def test_the_example_of_the_page_gives_what_it_says() -> None:
    tried = doctest.testfile(str(README), module_relative=False)
    assert tried.failed == 0
    assert tried.attempted > 10
