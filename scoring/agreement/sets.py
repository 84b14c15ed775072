"""Agreement of answers that are sets (multiple choice): Jaccard and MASI."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet

from scoring.agreement.pairwise import pairwise
from scoring.types import Matrix

__all__ = ["jaccard", "jaccard_matrix", "masi", "masi_matrix"]


def jaccard(a: AbstractSet[Hashable], b: AbstractSet[Hashable]) -> float:
    """Jaccard similarity `|a & b| / |a | b|`.

    Two empty sets are equal answers ("none of these") and score 1. Unlike exact equality it gives partial credit, as
    Labelbox does for checklists.

    References
    ----------
    Jaccard, P. (1912). The distribution of the flora in the alpine zone. doi:10.1111/j.1469-8137.1912.tb05611.x

    Examples
    --------
    >>> jaccard({"wet", "dark"}, {"wet"})
    0.5
    >>> jaccard(set(), set())
    1.0
    """
    if a == b:
        return 1.0
    common = len(a & b)
    return common / (len(a) + len(b) - common)


def jaccard_matrix(answers: Sequence[AbstractSet[Hashable] | None]) -> Matrix:
    """Jaccard similarity of every annotator's set with every other's.

    Returns
    -------
    Matrix
        As `pairwise`; None is no answer, the empty set is one.

    Examples
    --------
    >>> jaccard_matrix([{"wet"}, {"wet", "dark"}, set()])
    [[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    return pairwise(answers, jaccard)


def masi(a: AbstractSet[Hashable], b: AbstractSet[Hashable]) -> float:
    """MASI, measuring agreement on set-valued items: `jaccard(a, b) * m`. The strict sibling of Jaccard.

    m is 1 for equal sets, 2/3 where one is part of the other, 1/3 where each has something the other has not: leaving a
    label out is a lesser disagreement than naming different ones. Two empty sets score 1, an empty one with another 0.

    References
    ----------
    Passonneau, R. (2006). Measuring Agreement on Set-valued Items (MASI) for Semantic and Pragmatic Annotation. LREC
    2006, http://www.lrec-conf.org/proceedings/lrec2006/pdf/636_pdf.pdf. (nltk rounds 2/3 and 1/3 to two digits.)

    Examples
    --------
    1/2 x 2/3 and 1/3 x 1/3.

    >>> round(masi({"wet", "dark"}, {"wet"}), 4), round(masi({"wet", "dark"}, {"wet", "snow"}), 4)
    (0.3333, 0.1111)
    """
    if a == b:
        return 1.0
    common = len(a & b)
    thirds = 2 if common == min(len(a), len(b)) else 1
    return thirds * common / (3 * (len(a) + len(b) - common))


def masi_matrix(answers: Sequence[AbstractSet[Hashable] | None]) -> Matrix:
    """MASI of every annotator's set with every other's.

    Returns
    -------
    Matrix
        As `pairwise`; None is no answer, the empty set is one.

    Examples
    --------
    >>> [[round(cell, 3) for cell in row] for row in masi_matrix([{"wet"}, {"wet", "dark"}, set()])]
    [[1.0, 0.333, 0.0], [0.333, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    return pairwise(answers, masi)
