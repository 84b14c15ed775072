"""Agreement of texts: equal, or how many characters or words would have to be changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cache, lru_cache, partial
from itertools import chain
from typing import Literal
from unicodedata import category, normalize

import numpy as np
from rapidfuzz.distance import Levenshtein

from scoring.agreement.objects import compare_objects
from scoring.agreement.pairwise import pairwise
from scoring.types import Matrix

__all__ = [
    "LONGEST_TEXT",
    "TextMetric",
    "compare_texts",
    "edit_similarity",
    "normalise_text",
    "split_words",
    "text_items_matrix",
    "text_matrix",
]

TextMetric = Literal["edit", "word", "exact"]

LONGEST_TEXT = 20_000
"""Characters; default of `max_characters`. Editing costs (length x length / 64) steps a pair: 4 ms for two texts of
10,000 characters, 1.4 s for two of 200,000, which only an attack would send."""

_WITHOUT_BLANKS = (
    ("\u0e00", "\u0eff"),  # Thai, Lao
    ("\u1000", "\u109f"),  # Burmese
    ("\u1780", "\u17ff"),  # Khmer
    ("\u3040", "\u30ff"),  # Hiragana, Katakana
    ("\u3400", "\u9fff"),  # Han
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)


def normalise_text(text: str, fold_case: bool = False) -> str:
    r"""The text without the differences that nobody sees.

    Always: Unicode NFC (an accent is the same whether typed as one character or two), and every run of white space one
    blank, none at the ends. With `fold_case` also upper and lower case are one (Unicode case folding); not by default,
    because in names, codes and transcripts case is part of the answer.

    References
    ----------
    Unicode Standard Annex #15 (NFC) and section 3.13, D145 (canonical caseless matching). CVAT's "basic" normaliser
    does the same for transcripts.

    Examples
    --------
    >>> normalise_text("  Cafe\u0301\tNoir "), normalise_text("STRASSE", fold_case=True)
    ('Café Noir', 'strasse')
    """
    if fold_case:
        text = normalize("NFD", normalize("NFD", text).casefold())
    return " ".join(normalize("NFC", text).split())


def split_words(text: str) -> list[str]:
    """The words of a normalised text, each with the blank before it, so that joined they are the text again.

    A punctuation mark or symbol is a word of its own (so that "fox." and "fox" share a word), save an apostrophe within
    a word. In scripts that put no blanks between words (Han, Kana, Thai, Lao, Burmese, Khmer) each character is one, as
    is usual for error rates there.

    Examples
    --------
    >>> split_words("Don't, fox!"), split_words("no 東京")
    (["Don't", ',', ' fox', '!'], ['no', ' 東', '京'])
    """
    starts: list[int] = []
    end = 0
    in_word = False
    for place, char in enumerate(text):
        if char.isspace():
            in_word = False
            continue
        goes_on = in_word and (
            not _stands_alone(char) or (char in "'\u2019" and _continues(text[place + 1 : place + 2]))
        )
        if not goes_on:
            starts.append(end)
            in_word = not _stands_alone(char)
        end = place + 1
    return [text[start:stop] for start, stop in zip(starts, [*starts[1:], end], strict=False)]


def edit_similarity(a: Sequence[Hashable], b: Sequence[Hashable]) -> float:
    """`1 - edits / max(|a|, |b|)`: insertions, deletions and substitutions that turn one sequence into the other.

    Of two strings the normalised edit (Levenshtein) similarity, of two lists of words 1 minus the word error rate. A
    word error rate divides by the words of the reference, so it has a direction and can exceed 1; here the longer side
    is the reference, which makes it symmetric and keeps it in [0, 1], and extra words still cost.

    Returns
    -------
    float
        In [0, 1], symmetric, 1 where equal; two empty sequences are equal, an empty one with another is 0.

    References
    ----------
    Levenshtein, V. I. (1966). Binary codes capable of correcting deletions, insertions and reversals. Soviet Physics
    Doklady 10, 707-710. Computed by rapidfuzz with the bit-parallel algorithm of Hyyrö (2003).

    Examples
    --------
    Three edits on seven letters; one word of four.

    >>> round(edit_similarity("kitten", "sitting"), 4)
    0.5714
    >>> edit_similarity("the quick brown fox".split(), "the quick fox".split())
    0.75
    """
    longest = max(len(a), len(b))
    return 1.0 - Levenshtein.distance(a, b) / longest if longest else 1.0


def text_matrix(
    answers: Sequence[str | None],
    metric: TextMetric = "edit",
    fold_case: bool = False,
    max_characters: int = LONGEST_TEXT,
) -> Matrix:
    """Similarity of every annotator's text with every other's, after `normalise_text`.

    - `edit` (default): `edit_similarity` of the characters; for languages written without blanks too.
    - `word`: `edit_similarity` of the words, see `split_words`: 1 minus the word error rate. Blanks between the same
      words do not count.
    - `exact`: 1 where equal, 0 elsewhere (Ango's and Labelbox's rule).

    Parameters
    ----------
    answers
        One text per annotator; None gave no answer. The empty text is an answer.
    metric, fold_case
        See above and `normalise_text`.
    max_characters
        A text longer than this after normalising is not taken apart: it is 1 with an equal one, 0 with any other.

    Returns
    -------
    Matrix
        As `pairwise`.

    Examples
    --------
    Two blanks are one; one letter of eight differs.

    >>> text_matrix(["the bear", "the  bear", "the pear"])
    [[1.0, 1.0, 0.875], [1.0, 1.0, 0.875], [0.875, 0.875, 1.0]]
    """
    texts = [None if answer is None else normalise_text(answer, fold_case) for answer in answers]
    return pairwise(texts, compare_texts(metric, max_characters))


def text_items_matrix(
    answers: Sequence[Sequence[str] | None],
    metric: TextMetric = "edit",
    fold_case: bool = False,
    max_characters: int = LONGEST_TEXT,
) -> Matrix:
    """Agreement of annotators who each wrote any number of texts: soft F1 of the optimal one-to-one matching.

    `2 * sum(similarity of matched texts) / (|a| + |b|)`, as for objects: each missing, extra or repeated text costs a
    whole one. (Label Studio's open-source scorer pairs texts by position and ignores what is left over, so that one
    text agrees fully with three.) The order of the texts does not matter.

    Parameters
    ----------
    answers
        The texts of each annotator; the empty list is an answer ("nothing to write"), None is none.
    metric, fold_case, max_characters
        As in `text_matrix`.

    Returns
    -------
    Matrix
        As `pairwise`. Costs one comparison for every two texts.

    Examples
    --------
    2 x 1 / (1 + 3)

    >>> text_items_matrix([["red"], ["red", "blue", "green"]])
    [[1.0, 0.5], [0.5, 1.0]]
    """
    # Sorted, so that of several optimal matchings the same one is found however the texts are ordered.
    items = [sorted(normalise_text(text, fold_case) for text in answer or ()) for answer in answers]
    owners = [owner for owner, texts in enumerate(items) for _ in texts]
    texts = list(chain.from_iterable(items))
    similarity = np.array(pairwise(texts, compare_texts(metric, max_characters))).reshape(len(texts), len(texts))
    matrix = compare_objects(similarity, owners, [""] * len(texts), len(items)).matrix
    answered = [answer is not None for answer in answers]
    return [[cell if answered[i] == answered[j] else 0.0 for j, cell in enumerate(row)] for i, row in enumerate(matrix)]


def compare_texts(metric: TextMetric, max_characters: int) -> Callable[[str, str], float]:
    """The similarity of two texts that are normalised already; splits each into words once, however often it comes.

    >>> compare_texts("word", LONGEST_TEXT)("a b c", "a c")
    0.6666666666666667
    """
    return partial(_similarity, metric=metric, max_characters=max_characters, words=cache(_bare_words))


def _similarity(
    a: str, b: str, metric: TextMetric, max_characters: int, words: Callable[[str], Sequence[str]]
) -> float:
    if a == b:
        return 1.0
    if metric == "exact" or max(len(a), len(b)) > max_characters:
        return 0.0
    return edit_similarity(words(a), words(b)) if metric == "word" else edit_similarity(a, b)


def _bare_words(text: str) -> list[str]:
    return [word.lstrip() for word in split_words(text)]


@lru_cache(maxsize=4096)
def _stands_alone(char: str) -> bool:
    return category(char)[0] in "PS" or any(first <= char <= last for first, last in _WITHOUT_BLANKS)


def _continues(following: str) -> bool:
    """Whether a word goes on with the character that follows, if one does."""
    return bool(following) and not following.isspace() and not _stands_alone(following)
