"""Who can be trusted how far, when it is told, and that how records are cut has no say in it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from streams.contracts.facts import Fact
from streams.contracts.reliability import AnnotatorReliability
from streams.errors import ConfigurationError
from streams.ports import Outgoing
from streams.quality.reliability import MOVED, MOVED_RECALL, reliability_of
from streams.quality.views import annotators
from tests.streams.quality_builders import Shell, contribution, record, records, scene
from tests.streams.quality_builders import settings as project_settings

WEIGHTED = project_settings(
    controls={"scene": {"type": "choice", "labels": ["day", "night"], "adjudication": "weighted"}}
)


def fact(offset: int, *given: str | None, **more: Any) -> Fact:
    return Fact(offset, f"t-{offset}", None, contribution(0.5, detail=scene(*given, **more)))


def prior(total: int, right: int) -> tuple[float, float]:
    """25 answers, as many of them right as in 100 at 0.8 and the project's own together."""
    share = (right + 80) / (total + 100)
    return 25 * share, 25 * (1 - share)


def published(outgoing: Sequence[Outgoing]) -> list[AnnotatorReliability]:
    return [
        msgspec.json.decode(one.value, type=AnnotatorReliability)
        for one in outgoing
        if one.topic == "annotator-reliability"
    ]


def test_a_posterior_starts_where_the_project_is_and_gold_goes_before_the_consensus() -> None:
    shell = Shell(WEIGHTED)
    shell.step(records([fact(0, "day", "night"), fact(1, "day", "night", gold="night")]))
    items = {item.annotator_id: item for item in annotators(shell.watch.quality("street")).items}
    # By the consensus right both times, and by the gold of the second task wrong there.
    wrong_on_gold = items["a-0"].reliability["scene"]
    right, wrong = prior(4, 2)
    assert (wrong_on_gold.value, wrong_on_gold.n) == (
        round((right + 1) / 27, 6),
        2,
    )
    assert wrong_on_gold.low == round(float(beta(right + 1, wrong + 1).ppf(0.025)), 6)
    assert items["a-0"].weights["scene"] == round(log((right + 1) / (wrong + 1)), 6)
    assert items["a-1"].reliability["scene"].value == wrong_on_gold.value


def test_a_weight_is_log_odds_against_guessing_among_the_labels_and_never_negative() -> None:
    four = project_settings(
        controls={"scene": {"type": "choice", "labels": ["day", "night", "dusk", "dawn"], "adjudication": "weighted"}}
    )
    shell = Shell(four)
    shell.step(records([fact(i, "day", "night") for i in range(100)]))
    (good, bad) = (
        item.weights["scene"]
        for item in sorted(annotators(shell.watch.quality("street")).items, key=lambda item: item.annotator_id)
    )
    right, wrong = prior(200, 100)
    assert good == round(log((100 + right) / wrong) + log(3), 6)
    assert bad == 0.0  # 15 of 125 are worse than a guess among four


def test_recall_is_told_of_every_class_with_answers_drawn_towards_the_accuracy() -> None:
    shell = Shell(WEIGHTED)
    shell.step(records([fact(i, "day", "day") for i in range(5)] + [fact(9, "night", "night", truth="night")]))
    latest = published(shell.outgoing)[-1].controls["scene"]
    accuracy = (6 + prior(12, 12)[0]) / 31
    assert latest.recall == {"day": round((5 + 4 * accuracy) / 9, 6), "night": round((1 + 4 * accuracy) / 5, 6)}
    assert (latest.model, latest.n) == ("shrunk", 6.0)


def _one_coin(**more: Any) -> Any:
    scene_ = {"type": "choice", "labels": ["day", "night"], "adjudication": "weighted", "reliability_model": "one_coin"}
    return project_settings(controls={"scene": scene_ | more})


def test_by_one_coin_everybody_starts_alike_and_no_recall_is_told() -> None:
    """Right once and wrong once in a project that is right half of the time: 21 of 27, and not 20.4."""
    shell, coin = Shell(WEIGHTED), Shell(_one_coin())
    log_ = records([fact(0, "day", "night"), fact(1, "night", "day")])
    for one in (shell, coin):
        one.step(log_)
    found = published(coin.outgoing)[-1].controls["scene"]
    assert (found.model, found.accuracy, found.weight) == ("one_coin", round(21 / 27, 6), round(log(21 / 6), 6))
    assert (found.recall, found.tasks) == ({}, {})
    (item,) = annotators(coin.watch.quality("street"), annotator="a-1").items
    assert (item.reliability["scene"].value, item.weights["scene"]) == (found.accuracy, found.weight)
    shrunk = published(shell.outgoing)[-1].controls["scene"]
    assert (shrunk.model, set(shrunk.recall)) == ("shrunk", {"day"})
    assert shrunk.accuracy < found.accuracy


def test_another_model_is_told_of_whoever_answers_next_though_no_weight_has_moved() -> None:
    shell = Shell(WEIGHTED)
    shell.step(records([fact(i, "day", "day") for i in range(200)]))
    for wanted, model in ((_one_coin(), "one_coin"), (WEIGHTED, "shrunk")):
        told = len(shell.outgoing)
        shell.book.publish("street", wanted)
        offset = 1_000 + told
        shell.step([record(offset, [fact(offset, "day", "day")])])
        latest = published(shell.outgoing[told:])
        assert [(one.annotator_id, one.controls["scene"].model) for one in latest] == [("a-0", model), ("a-1", model)]


@pytest.mark.parametrize("kind", ["choices", "box", None])
def test_one_coin_is_for_categories_alone(kind: str | None) -> None:
    with pytest.raises(ConfigurationError, match="reliability_model: reliability is learned of choice and boolean"):
        _one_coin(type=kind)


def test_a_recall_that_has_moved_is_told_though_the_weight_has_not() -> None:
    """Of 1,000 answers a quarter is wrong, all days; then come nights, which they take for days."""
    shell = Shell(WEIGHTED)
    said = ["day" if i % 4 else "night" for i in range(1_000)] + ["day"] * 5
    truths = ["day"] * 1_000 + ["night"] * 5
    shell.step(records([fact(i, answer, gold=truths[i]) for i, answer in enumerate(said)]))
    before, *latest = [one.controls["scene"] for one in published(shell.outgoing)][-5:]
    assert "night" not in before.recall
    # 4 · 0.75 of 5, of 6, of 7, of 8; the fifth, of 9, is less than 0.05 away.
    assert [round(one.recall["night"], 2) for one in latest] == [0.6, 0.5, 0.43, 0.37]
    assert max(abs(one.weight - before.weight) for one in latest) <= MOVED


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["day", "night"]), st.sampled_from(["day", "night"])), max_size=40))
def test_no_weight_and_no_recall_that_votes_are_counted_by_is_stale_by_more_than_stated(
    answers: list[tuple[str, str]],
) -> None:
    """a-0 answers alone against gold; nothing is told of others, so all that has changed is theirs."""
    shell = Shell(WEIGHTED)
    said: dict[str, Any] = {}
    for i, (answer, truth) in enumerate(answers):
        shell.step([record(i, [fact(i, answer, gold=truth)])])
        for one in published(shell.outgoing)[-1:]:
            said = {"weight": one.controls["scene"].weight, "recall": one.controls["scene"].recall}
        quality = shell.watch.quality("street")
        now = reliability_of(quality.annotators["a-0"], quality.controls, quality.project)["scene"]
        assert abs(now.weight - said["weight"]) <= MOVED + 1e-6
        usual = now.accuracy
        for name in now.recall.keys() | said["recall"].keys():
            assert abs(now.recall.get(name, usual) - said["recall"].get(name, usual)) <= MOVED_RECALL + 2e-6


def test_a_single_answer_is_its_own_consensus_and_says_nothing_about_who_gave_it() -> None:
    shell = Shell(WEIGHTED)
    shell.step(records([fact(i, "day", None) for i in range(5)]))
    (found,) = annotators(shell.watch.quality("street"), annotator="a-0").items
    assert (found.reliability["scene"].n, found.weights["scene"]) == (0, round(log(20 / 5), 6))
    assert found.confusion == {"scene": {"day": {"day": 5.0}}}


def test_it_is_published_once_a_weight_has_moved_enough_and_only_where_votes_are_weighted() -> None:
    shell, unweighted = Shell(WEIGHTED), Shell()
    log_ = records([fact(i, "day", gold="day") for i in range(80)])
    shell.step(log_)
    unweighted.step(log_)
    weights = [one.controls["scene"].weight for one in published(shell.outgoing)]
    right, wrong = prior(1, 1)
    assert weights[0] == round(log((1 + right) / wrong), 6)
    assert all(b - a > 0.02 for a, b in pairwise(weights))
    assert 30 < len(weights) < 80  # the more is known, the less an answer says
    assert published(unweighted.outgoing) == []
    (first, *_) = shell.outgoing
    assert (first.key, first.partition) == (b"street/a-0", None)


def test_who_has_no_answer_left_is_back_at_what_is_assumed_of_anybody() -> None:
    shell = Shell(WEIGHTED)
    once = fact(0, "day", "night")
    shell.step(records([once, Fact(1, "t-0", once.after, None)]))
    latest = published(shell.outgoing)[-1].controls["scene"]
    assert (latest.n, latest.weight) == (0.0, round(log(20 / 5), 6))


@settings(max_examples=40)
@given(
    st.lists(st.lists(st.sampled_from(["day", "night"]), min_size=1, max_size=3), min_size=1, max_size=12), st.data()
)
def test_how_records_are_cut_or_where_it_restarts_changes_nothing_that_is_published(
    answers: list[list[str]], data: st.DataObject
) -> None:
    facts = [fact(i, *given) for i, given in enumerate(answers)]
    whole, parts = Shell(WEIGHTED), Shell(WEIGHTED)
    whole.step([record(0, facts)])
    for one in records(facts, data.draw(st.integers(1, 4))):
        parts.step([one])
        if data.draw(st.booleans()):
            parts.restart()
    assert parts.outgoing == whole.outgoing


def test_an_answer_counts_half_after_the_half_life_whenever_that_is_set() -> None:
    week = 7 * 24 * 60
    fading = project_settings(
        controls={"scene": {"type": "choice", "labels": ["day", "night"]}},
        quality={"reliability_half_life_seconds": 2 * 7 * 86_400},
    )
    shell = Shell()
    for offset, (minute, gold) in enumerate([(0, "night"), (2 * week, "day"), (4 * week, "day")]):
        found = contribution(0.5, minute=minute, detail=scene("day", gold=gold))
        shell.step([record(offset, [Fact(offset, f"t-{offset}", None, found)])])
    (steady,) = annotators(shell.watch.quality("street")).items
    shell.book.publish("street", fading)
    shell.step([record(3, [fact(3)])])
    (faded,) = annotators(shell.watch.quality("street"), annotator="a-0").items
    right, _ = prior(3, 2)
    assert (steady.reliability["scene"].n, steady.reliability["scene"].value) == (3, round((right + 2) / 28, 6))
    # A quarter of the wrong answer, half of a right one and the latest are left.
    assert faded.reliability["scene"].value == round((right + 1.5) / 26.75, 6)
    assert faded.reliability["scene"].n == 2  # 1.75, in whole answers


def test_weeks_beyond_the_bound_do_not_fade_and_come_back() -> None:
    told = [contribution(0.5, minute=i * 7 * 24 * 60, detail=scene("day", gold="day")) for i in range(3)]
    shell = Shell(WEIGHTED)
    with patch("streams.quality.labels.WEEKS", 2):
        shell.step(records([Fact(i, f"t-{i}", None, one) for i, one in enumerate(told)]))
        control = shell.watch.quality("street").annotators["a-0"].controls["scene"]
        assert ([*control.weeks.values()], control.further_weeks) == ([[1, 1], [1, 1]], 1)
        shell.step([record(9, [Fact(9, "t-2", told[2], None)])])
    assert control.further_weeks == 0
