"""Agreement of texts: `scoring.agreement.text`."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.text import (
    TextMetric,
    edit_similarity,
    normalise_text,
    split_words,
    text_items_matrix,
    text_matrix,
)
from tests.scoring.answer_laws import check_matrix

METRICS: list[TextMetric] = ["edit", "word", "exact"]

few_words = st.lists(st.sampled_from(["the", "teh", "cat", "Cat,", "sat", "東京", "caf\u00e9"]), max_size=6).map(
    " ".join
)
texts = st.one_of(few_words, st.text(max_size=12))


def slow_edits(a: str, b: str) -> int:
    """Wagner and Fischer (1974), as a textbook has it."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (x != y)))
    return row[-1]


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [("kitten", "sitting", 3), ("saturday", "sunday", 3), ("rosettacode", "raisethysword", 8)],
)
def test_the_textbook_pairs_of_levenshtein(a: str, b: str, edits: int) -> None:
    assert edit_similarity(a, b) == pytest.approx(1 - edits / max(len(a), len(b)))


@given(texts, texts)
def test_edit_similarity_counts_what_the_textbook_counts(a: str, b: str) -> None:
    longest = max(len(a), len(b))
    assert edit_similarity(a, b) == (1.0 - slow_edits(a, b) / longest if longest else 1.0)


def test_word_error_rate_by_hand() -> None:
    # Reference "the cat sat on the mat": one substitution, one deletion: 2 of 6 (as jiwer's and SCTK's manuals count).
    [[_, similarity], _] = text_matrix(["the cat sat on the mat", "the cat sit on mat"], metric="word")
    assert similarity == pytest.approx(1 - 2 / 6)


def test_extra_words_cost_and_no_text_is_worse_than_nothing_in_common() -> None:
    # Two insertions against one reference word would be a word error rate of 2.
    assert text_matrix(["cat", "cat cat cat"], metric="word")[0][1] == pytest.approx(1 / 3)
    assert text_matrix(["cat", "dog cow hen"], metric="word")[0][1] == 0.0


def test_empty_is_an_answer_and_unanswered_is_none() -> None:
    for metric in METRICS:
        assert text_matrix(["", " \n", "cat", None], metric)[0] == [1.0, 1.0, 0.0, 0.0]


def test_what_nobody_sees_does_not_count_and_case_does() -> None:
    assert text_matrix(["cafe\u0301  noir", " caf\u00e9 noir\n"], metric="exact")[0][1] == 1.0
    assert text_matrix(["NASA", "nasa"])[0][1] == 0.0
    assert text_matrix(["NASA", "nasa"], fold_case=True)[0][1] == 1.0


def test_a_mark_more_or_less_is_one_word_not_a_wrong_word() -> None:
    # cat / cat . : one edit of two; as one word it would be one of one.
    assert text_matrix(["cat", "cat."], metric="word")[0][1] == 0.5


def test_words_of_scripts_without_blanks_are_characters() -> None:
    assert text_matrix(["東京都庁", "東京部庁"], metric="word")[0][1] == 0.75


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("a b", ["a", " b"]),
        ("rock 'n' roll", ["rock", " '", "n", "'", " roll"]),
        ("it\u2019s 3.5 €", ["it\u2019s", " 3", ".", "5", " €"]),
        ("हिन्दी है", ["हिन्दी", " है"]),  # vowel signs belong to their word
        ("見る see", ["見", "る", " see"]),
    ],
)
def test_words_by_hand(text: str, words: list[str]) -> None:
    assert split_words(text) == words


@given(texts)
def test_words_joined_are_the_text_and_normalising_twice_is_normalising_once(text: str) -> None:
    for fold_case in (False, True):
        normal = normalise_text(text, fold_case)
        assert "".join(split_words(normal)) == normal
        assert normalise_text(normal, fold_case) == normal


def test_beyond_the_limit_texts_are_equal_or_not() -> None:
    long, other = "a" * 11, "a" * 10 + "b"
    assert text_matrix([long, other], max_characters=10)[0][1] == 0.0
    assert text_matrix([long, f" {long}"], max_characters=10)[0][1] == 1.0
    assert text_matrix([long, other], max_characters=11)[0][1] == pytest.approx(10 / 11)


def test_every_text_that_is_left_over_costs() -> None:
    """Label Studio's open-source scorer zips the texts: one equal text against three scored 1."""
    assert text_items_matrix([["a"], ["a", "b", "c"]], metric="exact")[0][1] == 0.5
    assert text_items_matrix([["a"], ["a", "a"]], metric="exact")[0][1] == pytest.approx(2 / 3)


def test_texts_are_matched_for_the_best_total_whatever_their_order() -> None:
    # The first text of the one is the second text of the other; the others differ in one letter of four.
    assert text_items_matrix([["abcd", "wxyz"], ["wxyy", "abcd"]])[0][1] == pytest.approx((1 + 0.75) / 2)


def test_no_texts_is_an_answer() -> None:
    assert text_items_matrix([[], [], ["a"], None, None]) == [
        [1, 1, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [0, 0, 0, 1, 1],
        [0, 0, 0, 1, 1],
    ]
    assert text_items_matrix([]) == text_matrix([]) == []


@given(st.lists(st.none() | texts, max_size=5), st.sampled_from(METRICS), st.booleans(), st.data())
def test_text_matrix_keeps_the_laws(
    answers: list[str | None], metric: TextMetric, fold_case: bool, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(answers))))
    check_matrix(partial(text_matrix, metric=metric, fold_case=fold_case), answers, order)


@given(st.lists(st.none() | st.lists(texts, max_size=3), max_size=4), st.sampled_from(METRICS), st.data())
def test_text_items_matrix_keeps_the_laws_and_does_not_see_the_order_of_the_texts(
    answers: list[list[str] | None], metric: TextMetric, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(answers))))
    matrix_of: Any = partial(text_items_matrix, metric=metric)
    check_matrix(matrix_of, answers, order)
    shuffled = [None if answer is None else data.draw(st.permutations(answer)) for answer in answers]
    assert matrix_of(shuffled) == matrix_of(answers)


@given(texts, texts)
def test_only_equal_texts_score_1_and_by_words_those_of_the_same_words(a: str, b: str) -> None:
    first, second = normalise_text(a), normalise_text(b)
    assert (
        (text_matrix([a, b], "edit")[0][1] == 1.0) == (text_matrix([a, b], "exact")[0][1] == 1.0) == (first == second)
    )
    bare = [[word.strip() for word in split_words(text)] for text in (first, second)]
    assert (text_matrix([a, b], "word")[0][1] == 1.0) == (bare[0] == bare[1])
