"""Categorical agreement: `scoring.agreement.nominal`."""

from __future__ import annotations

from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.aggregate import consensus_share, mean_of_pairs
from scoring.agreement.nominal import equality_matrix
from tests.scoring.strategies import answers


@pytest.mark.parametrize(
    ("votes", "consensus", "pairwise"),
    [
        # Pairs that agree of all pairs, by hand: AAB 1 of 3; AABB 2 of 6; AAAB 3 of 6; ABC 0 of 3; AAABB 3 + 1 of 10.
        ("AAB", 2 / 3, 1 / 3),
        ("AABB", 0.5, 2 / 6),
        ("AAAB", 0.75, 0.5),
        ("ABC", 1 / 3, 0.0),
        ("AAABB", 0.6, 0.4),
    ],
)
def test_label_studio_definitions_of_consensus_and_pairwise(votes: str, consensus: float, pairwise: float) -> None:
    counted = range(len(votes))
    assert consensus_share(votes, counted) == pytest.approx(consensus)
    assert mean_of_pairs(equality_matrix(votes), counted) == pytest.approx(pairwise)


def test_unanswered_equals_only_unanswered() -> None:
    assert equality_matrix([None, "", None]) == [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]


@given(st.lists(answers, max_size=6), st.data())
def test_equality_is_symmetric_one_on_identity_and_follows_a_permutation(
    given: list[Hashable], data: st.DataObject
) -> None:
    matrix = equality_matrix(given)
    order = data.draw(st.permutations(range(len(given))))
    assert matrix == [list(column) for column in zip(*matrix, strict=True)]
    assert all(matrix[i][i] == 1.0 for i in range(len(given)))
    assert equality_matrix([given[i] for i in order]) == [[matrix[i][j] for j in order] for i in order]
