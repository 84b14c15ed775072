"""Agreement of numbers and ratings: `scoring.agreement.numbers`."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.numbers import number_matrix, number_similarity
from tests.scoring.answer_laws import check_matrix

numbers = st.one_of(st.integers(-5, 5).map(float), st.floats(-1e9, 1e9), st.floats(-1, 1))
scales: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"minimum": 1.0, "maximum": 5.0},
        {"minimum": -100.0, "maximum": 100.0},
        {"threshold": 0.0},
        {"threshold": 2.0},
    ]
)


def test_ratings_of_one_to_five_by_hand() -> None:
    matrix = number_matrix([1, 3, 5, None], minimum=1, maximum=5)
    assert matrix == [[1, 0.5, 0, 0], [0.5, 1, 0.5, 0], [0, 0.5, 1, 0], [0, 0, 0, 1]]


def test_an_answer_off_the_scale_is_not_worse_than_the_other_end_of_it() -> None:
    assert number_similarity(1, 9, minimum=1, maximum=5) == 0.0


def test_without_a_scale_the_difference_is_relative() -> None:
    assert number_similarity(90, 100) == pytest.approx(0.9)
    assert number_similarity(-90, -100) == pytest.approx(0.9)
    assert number_similarity(0.9e-9, 1e-9) == pytest.approx(0.9)
    assert number_similarity(-1, 1) == number_similarity(0, 1e-300) == 0.0
    assert number_similarity(0, 0) == number_similarity(0.0, -0.0) == 1.0


def test_an_outlier_does_not_make_the_others_agree_more() -> None:
    """With the range of the answers as the scale it would: 90 and 100 beside a million would score 0.99999."""
    assert number_matrix([90, 100])[0][1] == number_matrix([90, 100, 1_000_000])[0][1]


def test_a_difference_that_is_the_threshold_on_paper_is_within_it() -> None:
    # 0.8 - 0.7 is 0.10000000000000009
    assert number_similarity(0.8, 0.7, threshold=0.1) == 1.0
    assert number_similarity(0.8, 0.69, threshold=0.1) == 0.0
    assert number_similarity(3, 3, threshold=0) == 1.0
    assert number_similarity(3, 4, threshold=0) == 0.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"minimum": 1}, "1 to None"),
        ({"maximum": 1}, "None to 1"),
        ({"minimum": 5, "maximum": 5}, "5 to 5"),
        ({"minimum": 0, "maximum": float("inf")}, "0 to inf"),
        ({"threshold": -1}, "at least 0, got -1"),
        ({"threshold": float("nan")}, "at least 0, got nan"),
    ],
)
def test_a_scale_that_is_none_is_refused_before_anything_is_compared(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        number_matrix([], **wrong)


@given(st.lists(st.none() | numbers, max_size=5), scales, st.data())
def test_number_matrix_keeps_the_laws(answers: list[float | None], scale: dict[str, Any], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(answers))))
    matrix_of: Any = partial(number_matrix, **scale)
    check_matrix(matrix_of, answers, order)


@given(numbers, numbers, numbers)
def test_its_complement_obeys_the_triangle_inequality(a: float, b: float, c: float) -> None:
    for similarity in (number_similarity, partial(number_similarity, minimum=-2.0, maximum=7.0)):
        assert similarity(a, c) + similarity(c, b) <= 1.0 + similarity(a, b) + 1e-9


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-1000, 1000), st.sampled_from([0.25, 2.0, 1024.0]))
def test_a_scale_may_be_moved_and_stretched_and_without_one_the_unit_may_change(
    a: int, b: int, shift: int, factor: float
) -> None:
    moved = number_similarity((a + shift) * factor, (b + shift) * factor, (shift - 50) * factor, (shift + 50) * factor)
    assert moved == number_similarity(a, b, -50, 50)
    assert number_similarity(a * factor, b * factor) == number_similarity(a, b)
