"""Votes: `scoring.consensus.votes` and `scoring.consensus.weights`."""

from __future__ import annotations

from collections.abc import Hashable
from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.consensus.votes import SetVote, Vote, vote, vote_labels
from tests.scoring.strategies import answers, label_sets, weights

weighted_answers = st.lists(st.tuples(answers, weights), min_size=1, max_size=6)
weighted_sets = st.lists(st.tuples(label_sets, weights), min_size=1, max_size=6)


def test_zooniverses_zebra() -> None:
    outcome = vote(["zebra", "zebra", "aardvark", "zebra"])
    assert outcome == Vote("zebra", {"zebra": 0.75, "aardvark": 0.25}, 0.75, [0, 1, 3], tied=False)


def test_weights_can_overrule_the_majority() -> None:
    # 3 of 3 + 1 + 1
    outcome = vote(["night", "day", "day"], weights=[3, 1, 1])
    assert (outcome.winner, outcome.confidence, outcome.supporters) == ("night", 0.6, [0])


def test_the_configured_label_order_decides_a_tie_then_natural_order_then_unanswered() -> None:
    assert vote(["night", "day"], preference=["night", "day"]).winner == "night"
    assert vote(["b", "a"]).winner == vote(["a", "b"]).winner == "a"
    assert vote(["unlisted", "listed"], preference=["listed"]).winner == "listed"
    assert vote([None, "a"]).winner == vote(["a", None]).winner == "a"
    assert vote([frozenset("bc"), frozenset("ad")]).winner == frozenset("ad")
    assert vote(["a", "b"]).tied
    assert not vote(["a", "b", "b"]).tied


def test_weights_that_tie_on_paper_tie_in_floating_point() -> None:
    # 0.1 + 0.2 is 0.30000000000000004
    outcome = vote(["b", "b", "a"], weights=[0.1, 0.2, 0.3])
    assert (outcome.winner, outcome.tied) == ("a", True)


def test_a_label_with_half_of_the_weight_on_paper_is_dropped() -> None:
    # (0.1 + 0.2) / 0.6 is 0.5000000000000001
    assert vote_labels([{"wet"}, {"wet"}, set()], weights=[0.1, 0.2, 0.3]).labels == []


def test_nobody_and_nobody_trusted() -> None:
    assert vote([]) == Vote(None, {}, 0.0, [], tied=False)
    assert vote_labels([]) == SetVote([], {}, 0.0, [])
    assert vote(["a", "b", "b"], weights=[0, 0, 0]).winner == "b"


@pytest.mark.parametrize("wrong", [[1.0], [1.0, -1.0], [1.0, float("nan")], [1.0, float("inf")]])
def test_weights_that_do_not_fit_are_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        vote(["a", "b"], weights=wrong)
    with pytest.raises(ValueError, match="expected"):
        vote_labels([{"a"}, {"b"}], weights=wrong)


def test_labels_are_kept_by_more_than_half_each() -> None:
    # wet 3 of 4, dark 2 of 4 (half is not enough), snow 1 of 4: mean of 3/4, 1/2, 3/4.
    outcome = vote_labels([{"wet", "dark"}, {"wet"}, {"wet", "snow"}, {"dark"}])
    assert outcome.labels == ["wet"]
    assert outcome.shares == {"wet": 0.75, "dark": 0.5, "snow": 0.25}
    assert outcome.confidence == pytest.approx(2 / 3)
    assert outcome.supporters == [1]


def test_labels_are_kept_where_no_two_sets_are_equal() -> None:
    outcome = vote_labels([{"a", "b"}, {"b", "c"}, {"a", "c"}], preference=["c", "b", "a"])
    assert (outcome.labels, outcome.supporters) == (["c", "b", "a"], [])


def test_where_most_say_something_and_no_two_the_same_the_most_common_label_is_kept() -> None:
    # Nobody said "none of these"; b has 2 of 4, a, c and d 1 of 4: mean of 1/2, 3/4, 3/4, 3/4.
    outcome = vote_labels([{"a", "b"}, {"b"}, {"c"}, {"d"}])
    assert (outcome.labels, outcome.supporters) == (["b"], [1])
    assert outcome.confidence == pytest.approx(0.6875)


def test_where_half_say_none_of_these_no_label_is_made_up() -> None:
    assert vote_labels([{"a"}, {"b"}, set(), set()]).labels == []


def test_a_tie_for_the_only_label_falls_to_the_configured_order() -> None:
    assert vote_labels([{"a"}, {"b"}], preference=["b", "a"]).labels == ["b"]


@given(weighted_sets)
def test_nothing_is_the_consensus_only_where_at_least_half_say_so(cast: list[tuple[frozenset[str], float]]) -> None:
    outcome = vote_labels([labels for labels, _ in cast], [weight for _, weight in cast])
    total = fsum(weight for _, weight in cast) or len(cast)
    nothing = fsum((weight if any(w for _, w in cast) else 1.0) for labels, weight in cast if not labels)
    assert bool(outcome.labels) or 2.0 * nothing >= total * (1.0 - 1e-9)


def test_none_of_these_by_everyone_is_certain() -> None:
    assert vote_labels([set(), set()]) == SetVote([], {}, 1.0, [0, 1])


@given(weighted_answers)
def test_shares_sum_to_one_and_the_winner_has_the_largest(cast: list[tuple[Hashable, float]]) -> None:
    given_answers, given_weights = [answer for answer, _ in cast], [weight for _, weight in cast]
    outcome = vote(given_answers, given_weights)
    shares = list(outcome.shares.values())
    assert fsum(shares) == pytest.approx(1.0)
    assert outcome.confidence == outcome.shares[outcome.winner] == pytest.approx(max(shares))
    assert shares == pytest.approx(sorted(shares, reverse=True))
    assert outcome.supporters == [i for i, answer in enumerate(given_answers) if answer == outcome.winner]


@given(weighted_answers, st.permutations(["day", "night", "dawn"]), st.data())
def test_a_vote_does_not_depend_on_the_order_of_the_voters(
    cast: list[tuple[Hashable, float]], preference: list[str], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(cast))))
    outcome = vote([answer for answer, _ in cast], [weight for _, weight in cast], preference)
    again = vote([cast[i][0] for i in order], [cast[i][1] for i in order], preference)
    assert list(again.shares.items()) == list(outcome.shares.items())
    assert (again.winner, again.confidence, again.tied) == (outcome.winner, outcome.confidence, outcome.tied)
    assert sorted(order[i] for i in again.supporters) == outcome.supporters


@given(answers, st.lists(weights, min_size=1, max_size=5))
def test_what_all_say_is_the_consensus(answer: Hashable, given_weights: list[float]) -> None:
    outcome = vote([answer] * len(given_weights), given_weights)
    assert outcome == Vote(answer, {answer: 1.0}, 1.0, list(range(len(given_weights))), tied=False)
    assert vote([answer] * len(given_weights)) == outcome


@given(weighted_sets, st.data())
def test_a_vote_over_sets_does_not_depend_on_the_order_of_the_voters(
    cast: list[tuple[frozenset[str], float]], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(cast))))
    outcome = vote_labels([labels for labels, _ in cast], [weight for _, weight in cast])
    again = vote_labels([cast[i][0] for i in order], [cast[i][1] for i in order])
    assert list(again.shares.items()) == list(outcome.shares.items())
    assert (again.labels, again.confidence) == (outcome.labels, outcome.confidence)
    assert all(0.0 <= share <= 1.0 for share in outcome.shares.values())
    assert 0.0 <= outcome.confidence <= 1.0


@given(label_sets, st.lists(weights, min_size=1, max_size=5))
def test_the_set_that_all_chose_is_the_consensus(labels: frozenset[str], given_weights: list[float]) -> None:
    outcome = vote_labels([labels] * len(given_weights), given_weights)
    assert outcome.labels == sorted(labels)
    assert outcome.confidence == 1.0
    assert outcome.supporters == list(range(len(given_weights)))
