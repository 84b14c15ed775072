"""The models of reliability: `scoring.reliability.models`."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.reliability.answers import ABSENT, Answers, IndexedAnswers, Integers, index_answers
from scoring.reliability.em import Fit, Stopping
from scoring.reliability.models import dawid_skene, majority, one_coin, shrunk
from scoring.types import Array
from tests.scoring.reliability.literature import PUBLISHED_ERROR_RATES, PUBLISHED_TRACE, anaesthetists, caries

MODELS: list[Callable[..., Fit]] = [majority, one_coin, dawid_skene, shrunk]
EXACT = Stopping(max_iterations=3000, tolerance=1e-14)
BLUEBIRDS = Path(__file__).parents[3] / "streams" / "demo" / "data" / "bluebirds.jsonl.gz"


@st.composite
def some_answers(draw: st.DrawFn) -> Answers:
    n_classes = draw(st.integers(2, 4))
    answer = st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, n_classes - 1))
    listed = draw(st.lists(answer, max_size=25))
    columns = np.array(listed, dtype=np.int64).reshape(-1, 3).T
    return Answers.of(*columns, n_tasks=6, n_annotators=4, n_classes=n_classes)


# Dawid and Skene (1979) and Espeland and Handelman (1989)


def test_dawid_and_skenes_log_likelihoods_iteration_by_iteration() -> None:
    fit = dawid_skene(anaesthetists(), smoothing=0, stopping=Stopping(15, 0.0))
    assert fit.trace == pytest.approx(PUBLISHED_TRACE, abs=2e-9)
    assert not fit.converged


def test_dawid_and_skenes_error_rates_and_class_marginals() -> None:
    fit = dawid_skene(anaesthetists(), smoothing=0, stopping=EXACT)
    assert fit.converged
    assert np.abs(fit.confusion - np.array(PUBLISHED_ERROR_RATES)).max() < 0.006  # printed to two decimals
    assert fit.class_prior == pytest.approx([0.39955475, 0.42198339, 0.11179519, 0.06666667], abs=1e-6)
    assert fit.trace[-1] == pytest.approx(-192.89088121420528, abs=1e-8)


def test_dawid_and_skenes_uncertain_patients() -> None:
    posteriors = dawid_skene(anaesthetists(), smoothing=0, stopping=EXACT).posteriors
    # Patient 7 is fit with 0.981, 35 in class 2 with 0.948, 38 in class 3 with 0.979.
    assert posteriors[6] == pytest.approx([0.9810203, 0.0189797, 0, 0], abs=1e-5)
    assert posteriors[34] == pytest.approx([0, 0.9479952, 0.0520048, 0], abs=1e-5)
    assert posteriors[37] == pytest.approx([0, 0.02120048, 0.97879952, 0], abs=1e-5)


def test_one_coin_on_the_anaesthetists_as_crowd_kit_has_it() -> None:
    # crowd-kit 1.4.2, OneCoinDawidSkene(n_iter=100): skills of observers 1 to 5
    skills = one_coin(anaesthetists(), stopping=EXACT).confusion[:, 0, 0]
    assert skills == pytest.approx([0.8854, 0.7007, 0.8115, 0.8531, 0.8089], abs=6e-5)


def test_dentists_on_3859_teeth() -> None:
    fit = dawid_skene(caries(), smoothing=0, stopping=EXACT)
    assert fit.class_prior[1] == pytest.approx(0.19965918, abs=1e-5)
    sensitivities = [0.40367802, 0.70586203, 0.59054006, 0.48539515, 0.91340638]
    assert fit.confusion[:, 1, 1] == pytest.approx(sensitivities, abs=1e-5)
    assert fit.trace[-1] == pytest.approx(-7410.94197627146, abs=1e-6)


# Bluebirds (Welinder et al. 2010)


@pytest.fixture(scope="module")
def bluebirds() -> tuple[IndexedAnswers, Integers]:
    events = [json.loads(line) for line in gzip.decompress(BLUEBIRDS.read_bytes()).splitlines()]
    said = [(event, event["result"][0]["value"]) for event in events]
    rows = [(event["task_id"], event["annotator_id"], label) for event, label in said if "annotator_id" in event]
    gold = {event["task_id"]: label for event, label in said if event["type"] == "gold.set"}
    indexed = index_answers(rows)
    return indexed, np.array([indexed.classes.index(gold[task]) for task in indexed.task_ids])


@pytest.mark.parametrize(
    ("model", "right_of_108"),
    # Published: 24.07 % errors of the majority, 11.11 % and 10.09 % of Dawid-Skene (Zhang et al. 2016). One coin fails:
    # the annotators share a bias.
    [(majority, 82), (one_coin, 63), (dawid_skene, 97), (shrunk, 96)],
)
def test_bluebirds(bluebirds: tuple[IndexedAnswers, Integers], model: Callable[..., Fit], right_of_108: int) -> None:
    indexed, gold = bluebirds
    assert int((model(indexed.answers).labels == gold).sum()) == right_of_108


def test_gold_helps_on_tasks_without_gold(bluebirds: tuple[IndexedAnswers, Integers]) -> None:
    indexed, truth = bluebirds
    hidden = np.arange(108) % 2 == 0
    gold = np.where(hidden, ABSENT, truth)
    for model in (one_coin, shrunk):
        without, with_gold = model(indexed.answers), model(indexed.answers, gold=gold)
        before, after = ((fit.labels == truth)[hidden].mean() for fit in (without, with_gold))
        assert after >= before
        assert np.array_equal(with_gold.labels[~hidden], truth[~hidden])


def test_accuracies_are_what_gold_says(bluebirds: tuple[IndexedAnswers, Integers]) -> None:
    indexed, truth = bluebirds
    fit = majority(indexed.answers, gold=truth)
    right = truth[indexed.answers.tasks] == indexed.answers.labels
    shares = np.bincount(indexed.answers.annotators, right) / 108
    assert np.abs(fit.accuracy - shares).max() < 0.005  # (108 p + 0.5) / 109
    assert ((fit.accuracy_low < shares) & (shares < fit.accuracy_high)).all()


# By hand


def test_one_right_answer_of_two_is_half_with_jeffreys_interval() -> None:
    fit = majority(Answers.of([0, 1], [0, 0], [0, 0]), gold=np.array([0, 1]))
    assert fit.answers.tolist() == [2]
    # Beta(1.5, 1.5): its 2.5 % quantile
    assert [fit.accuracy[0], fit.accuracy_low[0]] == pytest.approx([0.5, 0.06084], abs=1e-5)
    assert fit.accuracy_low[0] + fit.accuracy_high[0] == pytest.approx(1.0)


def test_shrunk_is_the_coin_without_answers_and_the_matrix_with_many() -> None:
    # Gold fixes the counts: annotator 0 answers class 0 for class 0, 30 times; nothing is known of class 1.
    answers = Answers.of(range(30), [0] * 30, [0] * 30)
    confusion = shrunk(answers, worth=5, prior_bias=0, gold=np.zeros(30, dtype=np.int64)).confusion[0]
    accuracy = (30 + 20) / (30 + 25)
    assert confusion[0, 0] == pytest.approx((30 + 5 * accuracy) / 35)
    assert confusion[1, 1] == pytest.approx(accuracy)


def test_where_all_share_a_bias_shrunk_goes_by_accuracies() -> None:
    # Of ten tasks of each class both take four of class 1 for class 0, or each the other way round.
    truth = np.repeat([0, 1], 10)
    biased = np.where(np.arange(20) >= 16, 0, truth)
    opposite = np.where(np.arange(20) < 4, 1, truth)
    tasks, twice, two = np.arange(20), [0] * 20 + [1] * 20, [*range(20)] * 2

    def recalls(first: Integers, second: Integers, prior_bias: float = 0.1) -> Array:
        given = Answers.of(two, twice, [*first, *second])
        confusion = shrunk(given, gold=truth[tasks], prior_bias=prior_bias).confusion
        return np.diagonal(confusion, axis1=1, axis2=2)

    alike, apart = recalls(biased, biased), recalls(biased, opposite)
    by_matrix = recalls(biased, biased, prior_bias=0)
    assert np.ptp(alike[0]) < 0.75 * np.ptp(by_matrix[0])
    assert np.ptp(apart[0]) > 0.9 * np.ptp(by_matrix[0])


def test_a_part_of_the_vote_keeps_an_annotator_from_being_explained_away() -> None:
    # Two of three always say what the third does not.
    rows = [(task, annotator, task % 2 if annotator else 1 - task % 2) for task in range(12) for annotator in range(3)]
    answers = Answers.of(*zip(*rows, strict=True))
    without, with_votes = (shrunk(answers, anchor=anchor).confusion[0, 0, 0] for anchor in (0.0, 0.5))
    assert without < with_votes
    with pytest.raises(ValueError, match="an anchor in"):
        shrunk(answers, anchor=1.5)


def test_smoothing_adds_to_every_cell() -> None:
    # 3 right of 3 for class 0, plus 1 in each of 2 cells: 4 of 5. Classes: 3 + 2 and 0 + 2 of 7.
    fit = dawid_skene(
        Answers.of([0, 1, 2], [0] * 3, [0] * 3), smoothing=1, class_smoothing=2, gold=np.zeros(3, np.int64)
    )
    assert fit.confusion[0].tolist() == [[0.8, pytest.approx(0.2)], [0.5, 0.5]]
    assert fit.class_prior == pytest.approx([5 / 7, 2 / 7])


def test_equal_posteriors_give_the_first_class() -> None:
    assert majority(Answers.of([0, 0], [0, 1], [1, 0])).labels.tolist() == [0]


@pytest.mark.parametrize("model", MODELS)
def test_tasks_and_annotators_without_answers_have_even_chances(model: Callable[..., Fit]) -> None:
    fit = model(Answers.of([], [], [], n_tasks=1, n_annotators=1, n_classes=4))
    assert fit.posteriors.tolist() == [[0.25] * 4]
    assert fit.accuracy.tolist() == [0.5]
    assert fit.answers.tolist() == [0]
    assert model(Answers.of([], [], [])).posteriors.shape == (0, 2)


@pytest.mark.parametrize("model", MODELS)
def test_gold_that_does_not_fit_is_refused(model: Callable[..., Fit]) -> None:
    answers = Answers.of([0, 1], [0, 0], [0, 1])
    for gold in ([0], [0, 2], [0, -2]):
        with pytest.raises(ValueError, match=r"expected for each of the 2 tasks its gold class in 0\.\.1, or -1"):
            model(answers, gold=np.array(gold))


def test_parameters_out_of_range_are_refused() -> None:
    answers = Answers.of([0], [0], [0])
    with pytest.raises(ValueError, match="expected smoothing of at least 0 and finite, got -1"):
        dawid_skene(answers, smoothing=-1)
    with pytest.raises(ValueError, match="expected prior_wrong of at least 0 and finite, got nan"):
        one_coin(answers, prior_wrong=float("nan"))
    with pytest.raises(ValueError, match="dawid_skene is the model without this prior"):
        shrunk(answers, worth=0)
    with pytest.raises(ValueError, match="expected at least 1 iteration, got 0"):
        shrunk(answers, stopping=Stopping(max_iterations=0))


# Properties


@pytest.mark.parametrize("model", MODELS)
@given(some_answers())
@settings(max_examples=40)
def test_everything_is_a_probability(model: Callable[..., Fit], answers: Answers) -> None:
    fit = model(answers)
    for probabilities in (fit.posteriors, fit.confusion, fit.class_prior):
        assert probabilities.min() >= 0.0
        assert probabilities.sum(axis=-1) == pytest.approx(np.ones(probabilities.shape[:-1]))
    assert (fit.accuracy_low < fit.accuracy).all()
    assert (fit.accuracy < fit.accuracy_high).all()


@given(some_answers(), st.floats(0, 3), st.floats(0, 3))
@settings(max_examples=40)
def test_expectation_maximisation_never_loses(answers: Answers, smoothing: float, class_smoothing: float) -> None:
    for fit in (
        dawid_skene(answers, smoothing, class_smoothing),
        one_coin(answers, smoothing, class_smoothing, smoothing),
    ):
        assert (np.diff(fit.trace) > -1e-6).all()


@pytest.mark.parametrize("model", MODELS)
@given(some_answers(), st.data())
@settings(max_examples=25)
def test_names_do_not_matter(model: Callable[..., Fit], answers: Answers, data: st.DataObject) -> None:
    people, classes = (
        np.array(data.draw(st.permutations(range(size)))) for size in (answers.n_annotators, answers.n_classes)
    )
    renamed = Answers(
        answers.tasks, people[answers.annotators], classes[answers.labels], answers.n_tasks, len(people), len(classes)
    )
    few = {} if model is majority else {"stopping": Stopping(5, 0.0)}
    one, other = model(answers, **few), model(renamed, **few)
    assert other.posteriors[:, classes] == pytest.approx(one.posteriors, abs=1e-9)
    assert other.accuracy[people] == pytest.approx(one.accuracy, abs=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_who_is_always_in_agreement_is_believed(model: Callable[..., Fit]) -> None:
    labels = np.tile([0, 1, 2], 4)
    answers = Answers.of(np.repeat(np.arange(12), 3), np.tile(np.arange(3), 12), np.repeat(labels, 3))
    fit = model(answers)
    assert np.array_equal(fit.labels, labels)
    assert fit.posteriors.max(axis=1).min() > 0.95


@pytest.mark.parametrize("model", MODELS)
def test_the_same_answers_give_the_same_bits(model: Callable[..., Fit]) -> None:
    one, other = model(anaesthetists()), model(anaesthetists())
    assert one.posteriors.tobytes() == other.posteriors.tobytes()
    assert one.trace == other.trace
