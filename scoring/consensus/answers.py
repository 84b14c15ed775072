"""One answer for what several annotators answered: the shape that texts, numbers, rankings and taxonomies share.

Everywhere in these: `confidence` is the weighted mean similarity of the annotators' answers with the consensus, under
the metric of the control. It is 1 where all answered alike, and for a consensus that is somebody's own answer at least
that annotator's share of the weight; under exact equality it is the share of a vote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import Generic, TypeVar

__all__ = ["AnswerConsensus", "supported"]

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class AnswerConsensus(Generic[A]):
    """What the annotators answer together."""

    value: A | None
    """The adjudicated answer; None where nobody answered."""
    confidence: float
    """Weighted mean similarity of the answers with it, in [0, 1]; 0 where nobody answered."""
    supporters: list[int]
    """Indices of those whose answer equals it (similarity 1), ascending; can be empty."""


def supported(value: A, similarities: Sequence[float], weights: Sequence[float]) -> AnswerConsensus[A]:
    """An answer with its confidence and supporters.

    Parameters
    ----------
    value
        The consensus.
    similarities
        Of each annotator's answer with it, in [0, 1]; at least one.
    weights
        One each, at least 0, not all 0.

    Examples
    --------
    (3 x 1 + 1 x 0.5) / 4

    >>> supported("a cat", [1.0, 0.5], weights=[3.0, 1.0])
    AnswerConsensus(value='a cat', confidence=0.875, supporters=[0])
    """
    agreed = fsum(weight * similarity for weight, similarity in zip(weights, similarities, strict=True))
    supporters = [i for i, similarity in enumerate(similarities) if similarity == 1.0]
    return AnswerConsensus(value, min(1.0, agreed / fsum(weights)), supporters)
