"""Text read in a region (OCR, transcribed segments): region and text judged together.

Regions of any kind can carry text. What a region's and a text's similarity is, other modules say; this one combines
their matrices, and fuses with the function that fuses the kind of region.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Generic, Literal, TypeVar

import numpy as np

from scoring.consensus.weights import checked_weights
from scoring.types import Array

__all__ = ["RegionText", "TextMetric", "fuse_region_text", "region_text_similarity"]

S = TypeVar("S")

TextMetric = Literal["product", "mean", "gated"]
"""How region and text are combined, see `region_text_similarity`."""


@dataclass(frozen=True, slots=True)
class RegionText(Generic[S]):
    """A region and what is written or said in it.

    >>> RegionText((10, 10, 80, 12), "invoice").text
    'invoice'
    """

    region: S
    """Where: a box, a polygon, a segment, ..."""
    text: str
    """What."""


def region_text_similarity(
    regions: Array, texts: Array, metric: TextMetric = "product", minimum_region_similarity: float = 0.5
) -> Array:
    """Combine the similarity of regions with that of the texts in them.

    - `product` (default): `region * text`. Both have to be right, and each costs its own share.
    - `mean`: `(region + text) / 2` where the regions share anything, else 0: the same word elsewhere on the page is not
      half of an agreement.
    - `gated`: `text` where the regions' similarity reaches the minimum, else 0 (Label Studio's open-source
      `ocr_compare`): only says whether what was found was read alike.

    Parameters
    ----------
    regions, texts
        (N, N) each, symmetric, in [0, 1], diagonal 1, over all objects of all annotators: for instance `iou` of boxes
        and `scoring.agreement.text.text_matrix` of the texts, as an array.
    metric
        See above.
    minimum_region_similarity
        For `gated`; default 0.5, Label Studio's.

    Returns
    -------
    Array
        (N, N) in [0, 1], symmetric, diagonal 1.

    Raises
    ------
    ValueError
        The shapes differ.

    References
    ----------
    Label Studio: "Bounding Box Text Similarity combines IoU with text similarity"; label-studio-evalme `ocr_compare`.

    Examples
    --------
    >>> regions, texts = np.array([[1.0, 0.8], [0.8, 1.0]]), np.array([[1.0, 0.5], [0.5, 1.0]])
    >>> [region_text_similarity(regions, texts, how)[0, 1].round(3).item() for how in ("product", "mean", "gated")]
    [0.4, 0.65, 0.5]
    """
    if regions.shape != texts.shape or regions.ndim != 2 or regions.shape[0] != regions.shape[1]:
        raise ValueError(
            f"expected the similarity of regions and of texts as two square matrices over the same objects, got shapes "
            f"{regions.shape} and {texts.shape}"
        )
    if metric == "product":
        return regions * texts
    if metric == "mean":
        return np.where(regions > 0.0, (regions + texts) / 2.0, 0.0)
    return np.where(regions >= minimum_region_similarity, texts, 0.0)


def fuse_region_text(
    marks: Sequence[RegionText[S]],
    texts: Array,
    fuse_regions: Callable[[Sequence[S], Sequence[float]], S],
    weights: Sequence[float] | None = None,
) -> RegionText[S]:
    """One region with one text, for the marks of a cluster.

    The regions are fused by the function of their kind. The text is the one with the largest (weighted) sum of
    similarity with all of them, as somebody wrote it: a text put together from several may be one that nobody read.

    Parameters
    ----------
    marks
        At least one.
    texts
        (k, k), similarity of the marks' texts.
    fuse_regions
        Makes one region of (regions, weights).
    weights
        One per mark, as in `vote`; default 1 each.

    Returns
    -------
    RegionText
        A tie between texts goes to the first in code point order. Independent of the order of the marks where
        `fuse_regions` is.

    Raises
    ------
    ValueError
        No mark, weights or a matrix that do not fit, or what `fuse_regions` raises.

    Examples
    --------
    >>> from scoring.sequences.span import Span, fuse_span
    >>> places, texts = [Span(0, 7), Span(0, 7), Span(0, 8)], ["lnvoice", "invoice", "invoice"]
    >>> marks = [RegionText(place, text) for place, text in zip(places, texts, strict=True)]
    >>> fuse_region_text(marks, np.array([[1, 0.9, 0.9], [0.9, 1, 1], [0.9, 1, 1]]), fuse_span)
    RegionText(region=Span(start=0, end=7), text='invoice')
    """
    if not marks:
        raise ValueError("expected at least one region with text to fuse, got none")
    if texts.shape != (len(marks), len(marks)):
        raise ValueError(
            f"expected one row and column of text similarity per mark, got shape {texts.shape} for {len(marks)}"
        )
    weights = checked_weights(weights, len(marks))
    shared = [
        round(fsum(s * weight for s, weight in zip(row, weights, strict=True)), 12) if own > 0.0 else -1.0
        for row, own in zip(texts.tolist(), weights, strict=True)
    ]
    text = min(zip(shared, marks, strict=True), key=lambda item: (-item[0], item[1].text))[1].text
    return RegionText(fuse_regions([mark.region for mark in marks], weights), text)
