"""Agreement of sets: `scoring.agreement.sets`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.sets import jaccard, jaccard_matrix, masi, masi_matrix
from tests.scoring.answer_laws import check_matrix
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


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [  # nltk 3.10's masi_distance, but with thirds unrounded (nltk has 0.67 and 0.33)
        ({"x"}, {"x", "y"}, 1 - 1 / 2 * 2 / 3),
        ({"x", "y"}, {"y", "z"}, 1 - 1 / 3 * 1 / 3),
        ({"x"}, {"y"}, 1.0),
        ({"x"}, set(), 1.0),
        (set(), set(), 0.0),
        # Passonneau (2006): a part of the other, two of three
        ({"a", "b"}, {"a", "b", "c"}, 1 - 2 / 3 * 2 / 3),
    ],
)
def test_masi_by_hand(a: set[str], b: set[str], distance: float) -> None:
    assert masi(a, b) == pytest.approx(1 - distance)


@given(label_sets, label_sets)
def test_masi_is_symmetric_bounded_and_never_above_jaccard(a: frozenset[str], b: frozenset[str]) -> None:
    assert masi(a, b) == masi(b, a)
    assert 0.0 <= masi(a, b) <= jaccard(a, b)
    assert (masi(a, b) == 1.0) == (a == b)
    assert (masi(a, b) == 0.0) == (jaccard(a, b) == 0.0)


@given(st.lists(st.none() | label_sets, max_size=5), st.data())
def test_set_matrices_keep_the_laws_also_for_who_gave_no_answer(
    answers: list[frozenset[str] | None], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(answers))))
    check_matrix(masi_matrix, answers, order)
    check_matrix(jaccard_matrix, answers, order)
