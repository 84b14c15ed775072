"""Spans of text (named entities, highlights): how alike they are, and one span for those that several marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scoring.agreement.similarity import Similarity
from scoring.consensus.weights import checked_weights
from scoring.sequences.ranges import RangeMetric, majority_range, ordered, range_similarity

__all__ = ["Span", "fuse_span", "span_similarity"]


class Span(NamedTuple):
    """A half-open range of characters: from `start` up to, and without, `end`.

    Policy for what tools send: a span that was marked backwards (end before start) is the same span forwards; an empty
    one equals an identical one and nothing else.

    >>> Span(4, 9)
    Span(start=4, end=9)
    """

    start: int
    """First character, counted from 0."""
    end: int
    """One past the last character."""


def span_similarity(
    spans: Sequence[Span], metric: RangeMetric = "overlap", tolerance_characters: int = 1
) -> Similarity:
    """Similarity of every span with every other, labels left to `compare_objects`.

    - `overlap` (default): shared characters over all characters of both (Labelbox; Label Studio's span IoU).
    - `exact`: 1 for the same characters, else 0. Its soft F1 is the exact-match F1 of named-entity evaluation.
    - `tolerant`: 1 where start and end each differ by at most `tolerance_characters`, else 0: a space, a full stop or
      the quotation mark taken along is no disagreement. Its soft F1 is a boundary-tolerant F1.

    Parameters
    ----------
    spans
        All spans of all annotators of a task.
    metric
        See above.
    tolerance_characters
        For `tolerant`; default 1, one mark of punctuation (own choice; no platform documents one).

    Returns
    -------
    Similarity
        (N, N) in [0, 1], symmetric, diagonal 1; (0, 0) for no spans. Of many a sparse matrix (`range_similarity`).

    Raises
    ------
    ValueError
        The tolerance is negative.

    References
    ----------
    Labelbox, consensus of text entities: "house" against "hous" is 4 / 5. Exact match: Tjong Kim Sang and De Meulder
    (2003), CoNLL-2003 shared task, doi:10.3115/1119176.1119195.

    Examples
    --------
    >>> span_similarity([Span(0, 5), Span(0, 4)])[0].tolist()
    [1.0, 0.8]
    >>> span_similarity([Span(0, 5), Span(0, 4)], "exact")[0].tolist()
    [1.0, 0.0]
    >>> span_similarity([Span(0, 5), Span(0, 4)], "tolerant")[0].tolist()
    [1.0, 1.0]
    """
    return range_similarity([ordered(*span) for span in spans], metric, tolerance_characters)


def fuse_span(spans: Sequence[Span], weights: Sequence[float] | None = None) -> Span:
    """One span for those that several annotators marked around one thing: the characters that most marked.

    A character is in it when the spans that contain it have strictly more than half of the weight; of several such runs
    the longest one, then the first (`scoring.sequences.ranges.majority_range`). Where no character has a majority, the
    span that has most in common with all of them, as it was marked.

    Parameters
    ----------
    spans
        At least one.
    weights
        One per span, as in `vote`; default 1 each.

    Returns
    -------
    Span
        Exactly the common span where all are identical; independent of the order.

    Raises
    ------
    ValueError
        No span, or weights that do not fit.

    Examples
    --------
    >>> fuse_span([Span(4, 9), Span(4, 10), Span(0, 9)])
    Span(start=4, end=9)
    >>> fuse_span([Span(4, 9), Span(0, 20)], weights=[1.0, 3.0])
    Span(start=0, end=20)
    """
    weights = checked_weights(weights, len(spans))
    if len(set(spans)) == 1:
        return spans[0]
    return Span(*majority_range([ordered(*span) for span in spans], weights))
