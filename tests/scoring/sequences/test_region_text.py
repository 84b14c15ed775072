"""Text in regions: `scoring.sequences.region_text`."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.boxes import iou
from scoring.agreement.objects import compare_objects
from scoring.sequences.region_text import RegionText, TextMetric, fuse_region_text, region_text_similarity
from scoring.sequences.span import Span, fuse_span, span_similarity
from scoring.types import Array
from tests.scoring.sequences.strategies import spans, weights

metrics = st.sampled_from(get_args(TextMetric))
marks = st.builds(RegionText, spans, st.sampled_from(["", "in", "inn", "invoice", "1nvoice"]))


def equal_texts(drawn: list[RegionText[Span]]) -> Array:
    """The strictest similarity of texts."""
    return np.array([[1.0 if a.text == b.text else 0.0 for b in drawn] for a in drawn]).reshape(len(drawn), len(drawn))


@pytest.mark.parametrize(
    ("region", "text", "product", "mean", "gated"),
    [
        (0.8, 0.5, 0.4, 0.65, 0.5),
        (1.0, 1.0, 1.0, 1.0, 1.0),
        (0.5, 1.0, 0.5, 0.75, 1.0),
        (0.4, 1.0, 0.4, 0.7, 0.0),  # evalme `ocr_compare`: below IoU 0.5 the text is not looked at
        (0.0, 1.0, 0.0, 0.0, 0.0),  # the same word elsewhere on the page
        (1.0, 0.0, 0.0, 0.5, 0.0),
    ],
)
def test_combinations_by_hand(region: float, text: float, product: float, mean: float, gated: float) -> None:
    regions, texts = np.array([[1.0, region], [region, 1.0]]), np.array([[1.0, text], [text, 1.0]])
    expected: dict[TextMetric, float] = {"product": product, "mean": mean, "gated": gated}
    found = {metric: region_text_similarity(regions, texts, metric)[0, 1] for metric in expected}
    assert found == pytest.approx(expected)


def test_a_misread_word_costs_its_share_of_the_f1() -> None:
    # Two words; the second is read "t0tal" for "total" (1 of 5 letters), in a box of IoU 0.9.
    boxes = np.array([[0, 0, 50, 10, 0], [60, 0, 50, 10, 0], [0, 0, 50, 10, 0], [60, 0, 45, 10, 0]], dtype=float)
    texts = np.eye(4)
    texts[0, 2] = texts[2, 0] = 1.0
    texts[1, 3] = texts[3, 1] = 0.8
    agreement = compare_objects(region_text_similarity(iou(boxes, boxes), texts), [0, 0, 1, 1], [""] * 4, 2)
    assert agreement.matrix[0][1] == pytest.approx(2 * (1 + 0.9 * 0.8) / 4)


def test_the_text_nearest_to_all_is_taken_as_written() -> None:
    drawn = [RegionText(Span(0, 7), "1nvoice"), RegionText(Span(0, 8), "invoice"), RegionText(Span(0, 7), "invoce")]
    near = np.array([[1, 6 / 7, 5 / 7], [6 / 7, 1, 6 / 7], [5 / 7, 6 / 7, 1]])
    assert fuse_region_text(drawn, near, fuse_span) == RegionText(Span(0, 7), "invoice")
    assert fuse_region_text(drawn, near, fuse_span, [9.0, 1.0, 1.0]).text == "1nvoice"
    # All different: the first in code point order; without weight nobody is heard.
    assert fuse_region_text(drawn, np.eye(3), fuse_span).text == "1nvoice"
    assert fuse_region_text(drawn, np.eye(3), fuse_span, [0.0, 0.0, 1.0]).text == "invoce"


@given(st.lists(marks, max_size=6), metrics)
def test_similarity_is_symmetric_bounded_and_one_on_identity(drawn: list[RegionText[Span]], metric: TextMetric) -> None:
    similarity = region_text_similarity(span_similarity([mark.region for mark in drawn]), equal_texts(drawn), metric)
    assert np.array_equal(similarity, similarity.T)
    assert ((similarity >= 0.0) & (similarity <= 1.0)).all()
    assert (similarity.diagonal() == 1.0).all()


@given(st.lists(st.tuples(marks, weights), min_size=1, max_size=5), st.data())
def test_fusing_is_independent_of_the_order_and_keeps_what_all_agree_on(
    marked: list[tuple[RegionText[Span], float]], data: st.DataObject
) -> None:
    drawn, trust = [mark for mark, _ in marked], [weight for _, weight in marked]
    fused = fuse_region_text(drawn, equal_texts(drawn), fuse_span, trust)
    order = data.draw(st.permutations(range(len(drawn))))
    permuted = [drawn[i] for i in order]
    assert fuse_region_text(permuted, equal_texts(permuted), fuse_span, [trust[i] for i in order]) == fused
    alike = drawn[:1] * 3
    assert fuse_region_text(alike, equal_texts(alike), fuse_span) == drawn[0]


def test_bad_arguments_are_refused_with_what_came() -> None:
    with pytest.raises(ValueError, match=r"got shapes \(1, 1\) and \(2, 2\)"):
        region_text_similarity(np.eye(1), np.eye(2))
    with pytest.raises(ValueError, match="at least one region with text to fuse, got none"):
        fuse_region_text([], np.eye(0), fuse_span)
    with pytest.raises(ValueError, match=r"got shape \(2, 2\) for 1"):
        fuse_region_text([RegionText(Span(0, 1), "a")], np.eye(2), fuse_span)
