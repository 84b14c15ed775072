"""What the kinds of answers share: `scoring.agreement.pairwise` and `scoring.consensus.answers`."""

from __future__ import annotations

import pytest

from scoring.agreement.pairwise import pairwise
from scoring.consensus.answers import AnswerConsensus, supported
from scoring.consensus.centre import medoid


def test_no_answer_is_like_no_answer_and_like_nothing_else() -> None:
    matrix = pairwise(["", None, "", None], lambda a, b: 1.0)
    assert matrix == [[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]]
    assert pairwise([], lambda a, b: 1.0) == []


def test_each_two_annotators_are_compared_once() -> None:
    compared: list[tuple[str, str]] = []

    def note(a: str, b: str) -> float:
        compared.append((a, b))
        return 0.5

    pairwise(["x", "y", "z"], note)
    assert compared == [("y", "x"), ("z", "x"), ("z", "y")]


def test_the_medoid_is_most_similar_to_the_rest() -> None:
    # Rows without the diagonal: 0.9 + 0.1, 0.9 + 0.4, 0.1 + 0.4
    matrix = [[1.0, 0.9, 0.1], [0.9, 1.0, 0.4], [0.1, 0.4, 1.0]]
    assert medoid(matrix, [1, 1, 1], ["a", "b", "c"]) == 1


def test_of_two_answers_the_trusted_one_is_the_medoid_and_content_decides_a_tie() -> None:
    matrix = [[1.0, 0.5], [0.5, 1.0]]
    assert medoid(matrix, [1, 3], ["a", "b"]) == 1
    assert medoid(matrix, [3, 1], ["a", "b"]) == 0
    assert medoid(matrix, [1, 1], ["b", "a"]) == 1


def test_means_that_tie_on_paper_tie_in_floating_point() -> None:
    # The first of the two alike answers is ahead by what rounding may do; content decides.
    near, a_little_more = 0.3, 0.3 + 1e-14
    matrix = [[1.0, 0.0, a_little_more], [0.0, 1.0, near], [a_little_more, near, 1.0]]
    assert medoid(matrix, [2, 2, 1], ["b", "a", "c"]) == 1
    assert medoid(matrix, [2, 2, 1], ["a", "b", "c"]) == 0


def test_confidence_is_the_weighted_mean_similarity_and_supporters_have_the_same_answer() -> None:
    # (2 x 1 + 1 x 0.25 + 1 x 0) / 4
    assert supported("x", [1.0, 0.25, 0.0], [2, 1, 1]) == AnswerConsensus("x", 0.5625, [0])


def test_a_consensus_can_have_no_supporter() -> None:
    assert supported("x", [0.5, 0.5], [1, 1]) == AnswerConsensus("x", 0.5, [])


def test_similarities_and_weights_have_to_fit() -> None:
    with pytest.raises(ValueError, match="zip"):
        supported("x", [1.0], [1.0, 1.0])
