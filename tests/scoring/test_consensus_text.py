"""Consensus of texts: `scoring.consensus.text`."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.text import normalise_text, text_matrix
from scoring.consensus.answers import AnswerConsensus
from scoring.consensus.text import TextMethod, text_consensus, vote_words
from tests.scoring.answer_laws import check_consensus, expect
from tests.scoring.strategies import weights

METHODS: list[TextMethod] = ["medoid", "word_vote"]

words = st.sampled_from(["the", "The", "big", "cat", "sat", "sat.", "東京"])
texts = st.one_of(st.lists(words, max_size=6).map(" ".join), st.text("ab \n", max_size=6))
casts = st.lists(st.tuples(texts, weights), min_size=1, max_size=6)
word_lists = st.lists(st.sampled_from(["a", "b", "c"]), max_size=5)


def test_rovers_example_as_crowd_kit_has_it() -> None:
    """crowd-kit 1.4.2's ROVER gives the same; no annotator is far off, and each slips once."""
    transcripts = ["the quick brown fox", "the quik brown fox", "the quick fox jumped"]
    assert text_consensus(transcripts, method="word_vote").value == "the quick brown fox"


def test_a_word_vote_can_be_better_than_every_annotator() -> None:
    # Each place has the right word twice; nobody has all of them.
    transcripts = ["teh quick brown fox", "the quik brown fox", "the quick brown box"]
    outcome = text_consensus(transcripts, method="word_vote", metric="word")
    assert outcome == AnswerConsensus("the quick brown fox", 0.75, [])


def test_words_that_most_left_out_are_left_out_and_words_that_most_put_in_are_put_in() -> None:
    assert vote_words([["a", "b"], ["a", "x", "b"], ["a", "b"]]) == ["a", "b"]
    assert vote_words([["a", "b"], ["a", "x", "b"], ["a", "x", "b"]]) == ["a", "x", "b"]


def test_what_others_have_between_two_words_of_the_frame_is_voted_on_word_by_word() -> None:
    """The annotator with the large weight is the frame; the others differ among themselves in what they add."""
    frame = ["s", "t", "u", "v", "w"]
    added = [["s", "p", "q", *frame[1:]], ["s", "p", "r", *frame[1:]], ["s", "p", *frame[1:]]]
    # p: 3 of 5; q and r: 1 of 5 each, for nothing there 3.
    assert vote_words([frame, *added], [2, 1, 1, 1]) == ["s", "p", *frame[1:]]
    # p: 3 of 6 is not more than half.
    assert vote_words([frame, *added], [3, 1, 1, 1]) == frame


def test_of_two_texts_the_frame_is_kept_whole() -> None:
    assert vote_words([["the", "cat"], ["a", "big", "cat"]]) == ["a", "big", "cat"]  # smaller in code point order
    assert vote_words([["a", "big", "cat"], ["the", "cat"]], [1, 2]) == ["the", "cat"]


def test_nobody_can_outvote_those_who_wrote_nothing() -> None:
    assert vote_words([[], [], ["a"]]) == []
    assert vote_words([[], ["a"]]) == []
    assert vote_words([[], ["a"], ["a"]]) == ["a"]
    assert vote_words([]) == []
    expect(text_consensus(["", " ", "cat"], method="word_vote"), "", 2 / 3, [0, 1])


def test_case_may_be_left_out_of_the_vote_and_the_spelling_is_voted_on() -> None:
    assert vote_words([["NASA"], ["nasa"], ["Nasa"], ["nasa"], ["ESA"]], fold_case=True) == ["nasa"]
    outcome = text_consensus(["The Cat", "the cat", "The Cat", "a dog"], fold_case=True)
    assert outcome.value == "The Cat"
    assert outcome.supporters == [0, 1, 2]


def test_blanks_are_voted_on_with_their_words() -> None:
    assert text_consensus(["東京 都", "東京都", "東京都。"], method="word_vote").value == "東京都"
    assert text_consensus(["a fox , b", "a fox, c", "a box, b"], method="word_vote").value == "a fox, b"


def test_the_medoid_is_the_text_most_similar_to_the_rest_as_it_was_written() -> None:
    outcome = text_consensus(["the  cat sat", "the cat sat.", "a dog", "the cat sat"], metric="exact")
    assert outcome == AnswerConsensus("the  cat sat", 0.5, [0, 3])  # two spellings of one text: by code points


def test_weights_choose_between_two() -> None:
    assert text_consensus(["cat", "dog"], [1, 2]).value == "dog"
    assert text_consensus(["cat", "dog"], [1, 2], metric="exact").confidence == pytest.approx(2 / 3)
    assert text_consensus(["dog", "cat"]).value == "cat"
    assert text_consensus(["dog", "cat", "cat"], [0, 0, 0]).value == "cat"


def test_beyond_the_limit_a_word_vote_takes_the_text_that_most_wrote() -> None:
    outcome = text_consensus(["a b c", "a b d", "a b d", "x b c"], method="word_vote", max_characters=4)
    assert outcome == AnswerConsensus("a b d", 0.5, [1, 2])


def test_nobody_and_weights_that_do_not_fit() -> None:
    assert text_consensus([]) == AnswerConsensus(None, 0.0, [])
    for wrong in ([1.0], [1.0, -1.0], [1.0, float("nan")]):
        with pytest.raises(ValueError, match="expected"):
            text_consensus(["a", "b"], wrong)
        with pytest.raises(ValueError, match="expected"):
            vote_words([["a"], ["b"]], wrong)


@given(casts, st.sampled_from(METHODS), st.booleans(), st.data())
def test_text_consensus_keeps_the_laws(
    cast: list[tuple[str, float]], method: TextMethod, fold_case: bool, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(cast))))
    consensus_of: Any = partial(text_consensus, method=method, fold_case=fold_case)
    outcome = check_consensus(consensus_of, cast, order)
    if method == "medoid":
        assert outcome.value in [text for text, _ in cast]
        assert outcome.supporters


@given(texts, st.lists(weights, min_size=1, max_size=4), st.sampled_from(METHODS), st.booleans())
def test_what_all_wrote_is_the_consensus(text: str, trust: list[float], method: TextMethod, fold_case: bool) -> None:
    outcome = text_consensus([text] * len(trust), trust, method, fold_case=fold_case)
    assert outcome == AnswerConsensus(text, 1.0, list(range(len(trust))))


@given(st.lists(word_lists, min_size=1, max_size=6))
def test_a_word_vote_uses_only_words_that_were_written(lists: list[list[str]]) -> None:
    result = vote_words(lists)
    assert set(result) <= {word for written in lists for word in written}
    assert len(result) <= sum(map(len, lists))


@given(word_lists, st.lists(word_lists, max_size=4), st.data())
def test_more_than_half_of_the_weight_decides_alone(
    text: list[str], others: list[list[str]], data: st.DataObject
) -> None:
    """With strictly more than half on one text, every place of it wins and nothing can be put between."""
    trust = [data.draw(weights) for _ in others]
    assert vote_words([text, *others], [sum(trust) * 1.01 + 0.01, *trust]) == text


@given(st.lists(texts, min_size=1, max_size=5))
def test_without_weights_the_medoid_has_the_largest_mean_of_both_similarities(answers: list[str]) -> None:
    both = [text_matrix(answers, "edit"), text_matrix(answers, "word")]
    means = [sum(edit[i] + word[i] for i in range(len(answers))) for edit, word in zip(*both, strict=True)]
    chosen = normalise_text(text_consensus(answers).value or "")
    its_mean = max(mean for mean, text in zip(means, answers, strict=True) if normalise_text(text) == chosen)
    assert its_mean == pytest.approx(max(means))
