"""Consensus in a tree: `scoring.consensus.taxonomy`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.taxonomy import taxonomy_paths
from scoring.consensus.answers import AnswerConsensus
from scoring.consensus.taxonomy import taxonomy_consensus
from tests.scoring.answer_laws import check_consensus, expect
from tests.scoring.strategies import weights

paths = st.lists(st.sampled_from("ab"), max_size=3)
choices = st.lists(paths, max_size=3)
casts = st.lists(st.tuples(choices, weights), min_size=1, max_size=5)


def test_the_path_ends_where_annotators_part_ways() -> None:
    owl, hawk, fish = ["animal", "bird", "owl"], ["animal", "bird", "hawk"], ["animal", "fish"]
    assert taxonomy_consensus([[owl], [hawk], [fish]]).value == [["animal", "bird"]]
    assert taxonomy_consensus([[owl], [owl], [fish]]).value == [owl]
    assert taxonomy_consensus([[owl], [fish]]).value == [["animal"]]


def test_where_no_node_has_most_though_most_chose_some_the_commonest_is_kept_as_deep_as_it_goes() -> None:
    """An empty answer is what everybody denied."""
    apart = [[["b", "y"]], [["a", "x"]], [["c"]]]
    expect(taxonomy_consensus(apart), [["a", "x"]], 1 / 3, [1])
    assert taxonomy_consensus([*apart, [["c", "z"]], [["d"]]]).value == [["c"]]
    assert taxonomy_consensus(apart, [1, 1, 1.5]).value == [["c"]]
    assert taxonomy_consensus([*apart, [], [], []]).value == []


def test_weights_decide_how_deep() -> None:
    expect(taxonomy_consensus([[["a", "b"]], [["a", "c"]]], [2, 1]), [["a", "b"]], (2 * 1 + 1 * 0.5) / 3, [0])


def test_half_of_the_weight_on_paper_asserts_nothing() -> None:
    # (0.1 + 0.2) / 0.6 is 0.5000000000000001
    assert taxonomy_consensus([[["a"]], [["a"]], []], [0.1, 0.2, 0.3]).value == []


def test_each_branch_that_most_chose_is_kept() -> None:
    answers = [[["a", "x"], ["b", "y"]], [["a", "x"], ["b", "z"]], [["a", "x"], ["c"]]]
    assert taxonomy_consensus(answers).value == [["a", "x"], ["b"]]


def test_a_path_that_most_chose_to_its_end_is_kept_beside_its_continuation() -> None:
    both = [["a"], ["a", "b"]]
    assert taxonomy_consensus([both, both, [["a", "b"]]]).value == [["a"], ["a", "b"]]
    assert taxonomy_consensus([both, [["a", "b"]], [["a", "b"]]]).value == [["a", "b"]]


def test_none_of_these_nobody_and_nobody_trusted() -> None:
    expect(taxonomy_consensus([[], [], [["a"]]]), [], 2 / 3, [0, 1])
    assert taxonomy_consensus([]) == AnswerConsensus(None, 0.0, [])
    assert taxonomy_consensus([[["a"]], [["a"]], [["b"]]], [0, 0, 0]).value == [["a"]]
    with pytest.raises(ValueError, match="expected one weight each"):
        taxonomy_consensus([[["a"]]], [])


@given(casts, st.data())
def test_taxonomy_consensus_keeps_the_laws_and_every_node_has_more_than_half_or_is_the_commonest(
    cast: list[tuple[list[list[str]], float]], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(cast))))
    outcome = check_consensus(taxonomy_consensus, cast, order)
    total = sum(weight for _, weight in cast)
    support = [
        sum(weight for answer, weight in cast if any(path[: len(node)] == node for path in answer))
        for node in outcome.value or []
    ]
    assert all(given > total / 2 for given in support) or len(support) == 1
    if not support:
        assert sum(weight for answer, weight in cast if any(answer)) <= total / 2


@given(choices, st.lists(weights, min_size=1, max_size=5))
def test_what_all_chose_is_the_consensus(answer: list[list[str]], trust: list[float]) -> None:
    expected = [list(path) for path in taxonomy_paths(answer)]
    assert taxonomy_consensus([answer] * len(trust), trust) == AnswerConsensus(expected, 1.0, list(range(len(trust))))
