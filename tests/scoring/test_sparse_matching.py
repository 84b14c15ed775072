"""One-to-one matching of many objects: `scoring.agreement.sparse_matching`, with `match` as the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement import sparse_matching
from scoring.agreement.boxes import iou
from scoring.agreement.matching import ONE_MORE_PAIR, match
from scoring.agreement.sparse_matching import match_pairs
from scoring.types import Array
from tests.scoring.scenes import scattered
from tests.scoring.strategies import similarities


def pairs_of(similarity: Array, most_pairs: bool = False) -> list[tuple[int, int]]:
    rows, columns = np.nonzero(similarity)
    chosen = match_pairs(rows, columns, similarity[rows, columns], most_pairs)
    return list(zip(rows[chosen].tolist(), columns[chosen].tolist(), strict=True))


def total(similarity: Array, pairs: list[tuple[int, int]]) -> float:
    return sum(float(similarity[pair]) for pair in pairs)


def test_optimal_gives_up_the_best_pair_for_two_good_ones() -> None:
    # Greedy: 0.9 + 0.0. Optimal: 0.8 + 0.7.
    assert pairs_of(np.array([[0.9, 0.8], [0.7, 0.0]])) == [(0, 1), (1, 0)]


def test_the_best_pair_is_kept_where_the_two_it_rules_out_are_worth_less() -> None:
    # 0.9 against 0.4 + 0.4.
    assert pairs_of(np.array([[0.9, 0.4], [0.4, 0.0]])) == [(0, 0)]


def test_as_many_pairs_as_possible_come_before_the_most_similar() -> None:
    similarity = np.array([[0.9, 0.4], [0.4, 0.0]])
    assert pairs_of(similarity, most_pairs=True) == [(0, 1), (1, 0)]
    # Of the pairings of one pair each, the most similar.
    assert pairs_of(np.array([[0.5, 0.9], [0.0, 0.6]]), most_pairs=True) == [(0, 0), (1, 1)]
    assert pairs_of(np.array([[0.5, 0.9]]), most_pairs=True) == [(0, 1)]


def test_equal_candidates_go_to_the_first_in_order() -> None:
    assert pairs_of(np.array([[0.6, 0.6], [0.6, 0.6]])) == [(0, 0), (1, 1)]
    assert pairs_of(np.array([[1.0], [1.0], [1.0]])) == [(0, 0)]


def test_what_lies_elsewhere_does_not_change_how_a_tie_is_broken() -> None:
    alone = np.array([[0.6, 0.6, 0.6], [0.6, 0.6, 0.6]])
    together = np.zeros((4, 5))
    together[:2, :2] = 0.3
    together[2:, 2:] = alone
    assert [(row - 2, column - 2) for row, column in pairs_of(together) if row > 1] == pairs_of(alone)


def test_nothing_matches_nothing() -> None:
    assert pairs_of(np.zeros((3, 2))) == []


@given(similarities(6, 6), st.booleans())
def test_no_pairing_sums_to_more(similarity: Array, most_pairs: bool) -> None:
    extra = ONE_MORE_PAIR * max(len(similarity), 1) if most_pairs else 0.0
    weight = np.where(similarity > 0.0, similarity + extra, 0.0)
    pairs = pairs_of(similarity, most_pairs)
    assert pairs == sorted(pairs)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert total(weight, pairs) == pytest.approx(total(weight, match(weight)), abs=1e-9)


@pytest.mark.parametrize("most_pairs", [False, True])
@pytest.mark.parametrize("block", [1 << 16, 1])
def test_many_objects_are_matched_as_in_one_piece(
    block: int, most_pairs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With blocks of one cell every component goes to the sparse algorithm.
    monkeypatch.setattr(sparse_matching, "_BLOCK", block)
    for seed in range(3):
        boxes = scattered(annotators=2, objects=120, side_px=150, seed=seed).boxes
        similarity = iou(boxes[:120], boxes[120:])
        weight = np.where(similarity > 0.0, similarity + 2.0 * len(similarity), 0.0) if most_pairs else similarity
        assert pairs_of(similarity, most_pairs) == match(weight)


def test_a_chain_that_no_glance_settles_at_once_is_matched_to_its_end() -> None:
    # Each link is worth a little more than the one before, so a glance settles the last one only, which frees the one
    # before its neighbour: 39 links would take 20 glances.
    objects = 20
    chain = np.zeros((objects, objects))
    links = [(link // 2 + link % 2, link // 2) for link in range(2 * objects - 1)]
    for worth, place in enumerate(links):
        chain[place] = 0.5 + worth / 100
    assert pairs_of(chain) == match(chain)
