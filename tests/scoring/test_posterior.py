"""Votes by what each annotator is known to answer: `scoring.consensus.posterior`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from math import fsum, isfinite
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.consensus.posterior import SUREST, Trust, posterior_vote, recall_table
from scoring.consensus.votes import Vote, vote
from tests.scoring.strategies import answers

LABELS = ["day", "night", "dawn"]
shares = st.floats(0.0, 1.0)
trusts = st.builds(Trust, shares, st.dictionaries(st.sampled_from([*LABELS, "dusk"]), shares))
cast = st.lists(st.tuples(answers, trusts), min_size=1, max_size=7)
priors = st.none() | st.fixed_dictionaries({name: st.floats(1e-6, 1e6) for name in [*LABELS, None]})
anchors = st.none() | shares


def test_two_who_call_everything_a_wren_do_not_outvote_one_who_knows() -> None:
    # wren: 0.9 * 0.9 * 0.2 = 0.162; finch: 0.8 * 0.8 * 0.8 = 0.512
    lenient = Trust(0.55, {"wren": 0.9, "finch": 0.2})
    found = posterior_vote(["wren", "wren", "finch"], [lenient, lenient, Trust(0.8)], ["finch", "wren"])
    assert (found.winner, found.supporters, found.tied) == ("finch", [2], False)
    assert found.shares == pytest.approx({"finch": 512 / 674, "wren": 162 / 674})
    assert found.confidence == found.shares["finch"]


def test_errors_go_to_all_other_classes_alike_and_those_have_a_share() -> None:
    # day: 0.8; night and dawn: 0.2 / 2 each
    found = posterior_vote(["day"], [Trust(0.8)], LABELS)
    assert found.shares == pytest.approx({"day": 0.8, "night": 0.1, "dawn": 0.1})


def test_how_common_classes_are_counts_before_anybody_has_answered() -> None:
    # day: 0.2 * 0.9 = 0.18, night: 0.8 * 0.1 = 0.08; the prior may be counts
    found = posterior_vote(["night", "day"], [Trust(0.5), Trust(0.5)], ["day", "night"], {"day": 9, "night": 1})
    assert (found.winner, found.tied) == ("day", False)
    assert found.shares == pytest.approx({"day": 0.9, "night": 0.1})


def test_a_second_opinion_is_the_plain_vote_and_the_pool_is_the_geometric_mean() -> None:
    # sqrt(0.162 * 0.128) against sqrt(0.512 * 0.032) = 0.144 against 0.128
    lenient = Trust(0.55, {"wren": 0.9, "finch": 0.2})
    reliabilities = [lenient, lenient, Trust(0.8)]
    found = posterior_vote(["wren", "wren", "finch"], reliabilities, ["finch", "wren"], anchor=0.8)
    assert found.shares == pytest.approx({"wren": 0.144 / 0.272, "finch": 0.128 / 0.272})


def test_nobody_and_ties_are_as_in_a_plain_vote() -> None:
    assert posterior_vote([], [], LABELS) == Vote(None, {}, 0.0, [], tied=False)
    tied = posterior_vote(["night", "day"], [Trust(0.7)] * 2, ["night", "day"])
    assert (tied.winner, tied.tied) == ("night", True)
    assert posterior_vote([None, "day"], [Trust(0.7)] * 2, []).winner == "day"


def test_nobody_is_taken_to_be_sure() -> None:
    known = recall_table([Trust(1.0, {"day": 0.0})], ["day", "night"])
    assert known == [{"day": pytest.approx(1e-6), "night": SUREST}]
    # 1e6 against 4 ** 3, then against 4 ** 10.
    assert posterior_vote(["day", *["night"] * 3], [Trust(1.0), *[Trust(0.8)] * 3], ["day", "night"]).winner == "day"
    assert (
        posterior_vote(["day", *["night"] * 10], [Trust(1.0), *[Trust(0.8)] * 10], ["day", "night"]).winner == "night"
    )


def test_what_nobody_answered_has_a_share_and_cannot_win() -> None:
    contrary = Trust(0.1, {"day": 0.1, "night": 0.1})
    found = posterior_vote(["day", "day"], [contrary] * 2, ["day", "night"])
    assert (found.winner, found.supporters) == ("day", [0, 1])
    assert found.shares == pytest.approx({"night": 81 / 82, "day": 1 / 82})


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="in \\[0, 1\\]"):
        posterior_vote(["day"], [Trust(wrong)], LABELS)
    with pytest.raises(ValueError, match="in \\[0, 1\\]"):
        posterior_vote(["day"], [Trust(0.8, {"night": wrong})], LABELS)
    with pytest.raises(ValueError, match="in \\[0, 1\\]"):
        posterior_vote(["day"], [Trust(0.8)], LABELS, anchor=wrong)


@pytest.mark.parametrize("prior", [{"day": 1.0}, {"day": 1.0, "night": 0.0}, {"day": 1.0, "night": float("inf")}])
def test_a_prior_has_something_for_every_class(prior: dict[Hashable, float]) -> None:
    with pytest.raises(ValueError, match="prior above 0"):
        posterior_vote(["day"], [Trust(0.8)], ["day", "night"], prior)


def test_there_is_one_reliability_each() -> None:
    with pytest.raises(ValueError, match="one reliability each"):
        posterior_vote(["day"], [], LABELS)


@given(cast, priors, anchors)
def test_shares_are_probabilities_and_the_winner_is_the_likeliest_answer(
    cast: list[tuple[Hashable, Trust]], prior: dict[Hashable, float] | None, anchor: float | None
) -> None:
    said, known = [answer for answer, _ in cast], [trust for _, trust in cast]
    found = posterior_vote(said, known, LABELS, prior, anchor)
    assert set(found.shares) == {*LABELS, *said}
    assert all(isfinite(share) and 0.0 <= share <= 1.0 for share in found.shares.values())
    assert fsum(found.shares.values()) == pytest.approx(1.0)
    assert found.confidence == found.shares[found.winner]
    assert found.confidence >= max(found.shares[answer] for answer in said) * (1.0 - 1e-8)
    assert found.supporters == [i for i, answer in enumerate(said) if answer == found.winner]


@given(cast, priors, anchors, st.randoms())
def test_the_order_of_the_annotators_changes_no_bit(
    cast: list[tuple[Hashable, Trust]], prior: dict[Hashable, float] | None, anchor: float | None, random: Random
) -> None:
    shuffled = list(cast)
    random.shuffle(shuffled)
    one, other = (
        posterior_vote([a for a, _ in these], [t for _, t in these], LABELS, prior, anchor)
        for these in (cast, shuffled)
    )
    assert (one.winner, one.shares, list(one.shares), one.tied) == (
        other.winner, other.shares, list(other.shares), other.tied
    )  # fmt: skip


@given(st.lists(answers, min_size=1, max_size=7), st.floats(0.3, 0.99), anchors)
def test_of_equals_who_are_better_than_chance_the_majority_wins(
    said: list[Hashable], accuracy: float, anchor: float | None
) -> None:
    """Four classes at most, so that chance is a quarter."""
    anchor = None if anchor is None else max(anchor, accuracy)
    classes = len({*LABELS, *said})
    found = posterior_vote(said, [Trust(accuracy)] * len(said), LABELS, anchor=anchor)
    if accuracy > 1.01 / classes:
        assert (found.winner, found.tied) == (vote(said, preference=LABELS).winner, _tied(said))


def _tied(said: list[Hashable]) -> bool:
    counts = [n for _, n in Counter(said).most_common()]
    return len(counts) > 1 and counts[0] == counts[1]
