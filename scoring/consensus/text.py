"""What annotators say together in words: the text most similar to the rest, or a vote word by word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Literal, TypeAlias

from rapidfuzz.distance import Levenshtein

from scoring.agreement.pairwise import pairwise
from scoring.agreement.text import LONGEST_TEXT, TextMetric, compare_texts, edit_similarity, normalise_text, split_words
from scoring.consensus.answers import AnswerConsensus, supported
from scoring.consensus.centre import medoid
from scoring.consensus.votes import vote
from scoring.consensus.weights import checked_weights

__all__ = ["TextMethod", "text_consensus", "vote_words"]

TextMethod = Literal["medoid", "word_vote"]

_Vote: TypeAlias = tuple[int | None, str | None]
"""A word's key and its spelling; both None: no word here."""


def text_consensus(
    answers: Sequence[str],
    weights: Sequence[float] | None = None,
    method: TextMethod = "medoid",
    metric: TextMetric = "edit",
    fold_case: bool = False,
    max_characters: int = LONGEST_TEXT,
) -> AnswerConsensus[str]:
    """One text for the texts of several annotators.

    - `medoid` (default): the text with the largest (weighted) mean similarity to all, as it was written. Always a text
      that a person wrote, so the choice for free prose, and for two answers. The similarity is the mean of that of the
      characters and that of the words (`text_matrix`), whatever the metric: they err differently, and on translations
      by 3, 5 and 10 people the mean chose nearer to the reference than either did.
    - `word_vote`: `vote_words` on the words that `split_words` gives, which can be better than every single answer: for
      transcripts of the same words, where each annotator slips somewhere else.

    Texts are compared after `normalise_text`. The result is in the spelling that most of those who gave it used (ties:
    code point order); a text that nobody wrote is in normalised form.

    Parameters
    ----------
    answers
        One text per annotator.
    weights
        One per annotator, finite and at least 0; default 1 each.
    method
        See above.
    metric
        Similarity for the confidence, as in `text_matrix`.
    fold_case, max_characters
        As in `text_matrix`. Where an answer is longer than `max_characters`, `word_vote` takes the medoid.

    Returns
    -------
    AnswerConsensus[str]
        The confidence is the weighted mean similarity of the answers with the text.

    Raises
    ------
    ValueError
        Weights do not fit the answers.

    References
    ----------
    Medoid: Li, J. and Fukumoto, F. (2019), sequence majority similarity, doi:10.18653/v1/D19-5904. Word vote: Fiscus,
    J. G. (1997), ROVER, doi:10.1109/ASRU.1997.659110.

    Examples
    --------
    >>> text_consensus(["the cat sat", "the cat sat.", "a dog"]).value
    'the cat sat'
    >>> transcripts = ["teh quick brown fox", "the quik brown fox", "the quick brown box"]
    >>> text_consensus(transcripts, method="word_vote").value
    'the quick brown fox'
    """
    if not answers:
        return AnswerConsensus(None, 0.0, [])
    weights = checked_weights(weights, len(answers))
    texts = [normalise_text(answer, fold_case) for answer in answers]
    similarity = compare_texts(metric, max_characters)
    if method == "word_vote" and max(map(len, texts)) <= max_characters:
        value = _composed(answers, weights, fold_case)
    else:
        value = texts[medoid(pairwise(texts, _likeness(max_characters)), weights, texts)]
    chosen = normalise_text(value, fold_case)
    writers = [i for i, text in enumerate(texts) if text == chosen]
    if writers:
        value = str(vote([answers[i] for i in writers], [weights[i] for i in writers]).winner)
    return supported(value, [similarity(text, chosen) for text in texts], weights)


def vote_words(
    texts: Sequence[Sequence[str]], weights: Sequence[float] | None = None, fold_case: bool = False
) -> list[str]:
    """Align the texts word by word and let the annotators vote on every place (ROVER).

    The text with the largest (weighted) mean `edit_similarity` to all is the frame, and the others are aligned with it
    by their fewest edits. Then for each place in the frame, each annotator votes for the word they have there, or for
    no word; the largest weight wins, a tie goes to the frame's word. Words that annotators have between two places of
    the frame are put to the same vote among themselves, in which no word wins a tie: the frame has none there.

    ROVER aligns with a growing network, whose result depends on the order of the texts; the frame is chosen by content,
    so that no order changes a word.

    Parameters
    ----------
    texts
        The words of each annotator; an empty list votes for no word everywhere.
    weights
        One per annotator, finite and at least 0; default 1 each.
    fold_case
        Compare words without regard to case. The spelling of a word that wins is put to a vote too.

    Returns
    -------
    list[str]
        `[]` for no texts, or where those without a word have at least half of the weight. Identical texts give that
        text. Costs an alignment of every two distinct texts.

    Raises
    ------
    ValueError
        Weights do not fit the texts.

    References
    ----------
    Fiscus, J. G. (1997). A post-processing system to yield reduced word error rates: Recognizer Output Voting Error
    Reduction (ROVER). doi:10.1109/ASRU.1997.659110

    Examples
    --------
    >>> vote_words([["a", "red", "fox"], ["a", "big", "red", "fox"], ["the", "big", "red", "box"]])
    ['a', 'big', 'red', 'fox']
    """
    if not texts:
        return []
    weights = checked_weights(weights, len(texts))
    pooled: dict[tuple[str, ...], list[float]] = {}
    for text, weight in zip(texts, weights, strict=True):
        pooled.setdefault(tuple(text), []).append(weight)
    # In the order of their content, so that nothing that follows depends on the order of the annotators.
    distinct = sorted(pooled)
    folded = {word: normalise_text(word, fold_case) for text in distinct for word in text}
    number = {key: place for place, key in enumerate(sorted(set(folded.values())))}
    voters = [_Voter(text, [number[folded[word]] for word in text], fsum(pooled[text])) for text in distinct]
    return _vote_words(voters, in_gap=False)


@dataclass(frozen=True, slots=True)
class _Voter:
    """A text, or the part of one in a gap of the frame, with the weight of all who wrote it."""

    words: Sequence[str]
    keys: Sequence[int]
    """What is compared: words that differ in nothing that counts have the same number. Numbers, because rapidfuzz
    compares words by their hash."""
    weight: float


def _vote_words(voters: Sequence[_Voter], in_gap: bool) -> list[str]:
    writing = [voter for voter in voters if voter.words]
    # Nobody can outvote those who have no word here. This also ends the recursion early: each gap of the frame has at
    # least one writer less.
    if 2.0 * fsum(voter.weight for voter in writing) <= fsum(voter.weight for voter in voters) * (1.0 + 1e-12):
        return []
    rows = pairwise([voter.keys for voter in writing], edit_similarity)
    frame = writing[medoid(rows, [voter.weight for voter in writing], [tuple(voter.words) for voter in writing])]
    places, gaps = _align(frame, voters)
    weights = [voter.weight for voter in voters]
    words: list[str] = []
    for place in range(len(frame.keys) + 1):
        if place in gaps:
            words += _vote_words(gaps[place], in_gap=True)
        if place < len(frame.keys):
            preferred = None if in_gap else frame.keys[place]
            words += _winning_word(places[place], weights, preferred)
    return words


def _align(frame: _Voter, voters: Sequence[_Voter]) -> tuple[list[list[_Vote]], dict[int, list[_Voter]]]:
    """Per place in the frame each voter's vote; and per gap, named by the place after it, each voter's part."""
    places: list[list[_Vote]] = [[(None, None)] * len(voters) for _ in frame.keys]
    parts: dict[int, dict[int, tuple[int, int]]] = {}
    for i, voter in enumerate(voters):
        for step in Levenshtein.opcodes(frame.keys, voter.keys):
            if step.tag == "insert":
                parts.setdefault(step.src_start, {})[i] = (step.dest_start, step.dest_end)
            elif step.tag != "delete":
                own = range(step.dest_start, step.dest_end)
                for place, k in zip(range(step.src_start, step.src_end), own, strict=True):
                    places[place][i] = voter.keys[k], voter.words[k]
    gaps = {}
    for place, spans in parts.items():
        cuts = [slice(*spans.get(i, (0, 0))) for i in range(len(voters))]
        gaps[place] = [_Voter(v.words[cut], v.keys[cut], v.weight) for v, cut in zip(voters, cuts, strict=True)]
    return places, gaps


def _winning_word(column: Sequence[_Vote], weights: Sequence[float], preferred: int | None) -> list[str]:
    outcome = vote([key for key, _ in column], weights, [preferred])
    if outcome.winner is None:
        return []
    spelling = vote([column[i][1] for i in outcome.supporters], [weights[i] for i in outcome.supporters]).winner
    return [str(spelling)]


def _likeness(max_characters: int) -> Callable[[str, str], float]:
    characters, words = compare_texts("edit", max_characters), compare_texts("word", max_characters)
    return lambda a, b: (characters(a, b) + words(a, b)) / 2.0


def _composed(answers: Sequence[str], weights: Sequence[float], fold_case: bool) -> str:
    # The blank before a word is part of its spelling, so whether to put one there is voted on with it.
    return normalise_text(
        "".join(vote_words([split_words(normalise_text(text)) for text in answers], weights, fold_case))
    )
