"""Agreement of sets: `scoring.agreement.sets`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.sets import jaccard, jaccard_matrix
from tests.scoring.strategies import label_sets


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"a", "b", "c"}, {"a", "b"}, 2 / 3),  # exact equality would give 0
        ({"a"}, {"b"}, 0.0),
        ({"a"}, set(), 0.0),
        (set(), set(), 1.0),  # both say "none of these"
        ({"a", "b"}, {"b", "c", "d"}, 1 / 4),
    ],
)
def test_jaccard_by_hand(a: set[str], b: set[str], expected: float) -> None:
    assert jaccard(a, b) == pytest.approx(expected)


@given(label_sets, label_sets, label_sets)
def test_jaccard_is_symmetric_bounded_and_its_complement_obeys_the_triangle_inequality(
    a: frozenset[str], b: frozenset[str], c: frozenset[str]
) -> None:
    assert jaccard(a, b) == jaccard(b, a)
    assert 0.0 <= jaccard(a, b) <= 1.0
    assert (jaccard(a, b) == 1.0) == (a == b)
    assert jaccard(a, c) + jaccard(c, b) <= 1.0 + jaccard(a, b) + 1e-12


@given(st.lists(label_sets, max_size=5), st.data())
def test_jaccard_matrix_holds_every_pair_and_follows_a_permutation(
    answers: list[frozenset[str]], data: st.DataObject
) -> None:
    matrix = jaccard_matrix(answers)
    order = data.draw(st.permutations(range(len(answers))))
    assert matrix == [[jaccard(a, b) for b in answers] for a in answers]
    assert jaccard_matrix([answers[i] for i in order]) == [[matrix[i][j] for j in order] for i in order]
