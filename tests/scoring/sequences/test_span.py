"""Spans of text: `scoring.sequences.span`, with the object agreement and the clusters that they go into."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.objects import compare_objects
from scoring.consensus.clusters import cluster
from scoring.sequences.ranges import RangeMetric
from scoring.sequences.span import Span, fuse_span, span_similarity
from scoring.shapes.common import fused_confidence
from tests.scoring.sequences.strategies import spans, weights

metrics = st.sampled_from(get_args(RangeMetric))


def test_the_vectors_of_the_platforms() -> None:
    # Labelbox: entity "house" against "hous" is 0.80. Label Studio's page has "Excellent tool"
    # against "tool" as 50 %; by characters, as its evalme computes it, they share 4 of 14.
    assert span_similarity([Span(0, 5), Span(0, 4)])[0, 1] == 0.8
    assert span_similarity([Span(0, 14), Span(10, 14)])[0, 1] == pytest.approx(4 / 14)


def test_exact_and_tolerant_f1_by_hand() -> None:
    # Annotator 0: [0, 5) and [10, 15); annotator 1: [0, 5), [10, 16) and [20, 22).
    marks = [Span(0, 5), Span(10, 15), Span(0, 5), Span(10, 16), Span(20, 22)]
    owners, labels = [0, 0, 1, 1, 1], ["person"] * 5

    def f1(metric: RangeMetric) -> float:
        return compare_objects(span_similarity(marks, metric), owners, labels, 2).matrix[0][1]

    assert f1("exact") == 2 * 1 / 5
    assert f1("tolerant") == 2 * 2 / 5
    assert f1("overlap") == pytest.approx(2 * (1 + 5 / 6) / 5)


def test_a_span_that_nobody_else_has_any_part_of_stays_alone() -> None:
    marks = [Span(0, 5), Span(10, 15), Span(0, 6), Span(10, 15), Span(11, 15)]
    groups = cluster(span_similarity(marks), [0, 0, 1, 1, 2], ["person"] * 5)
    assert groups == [[0, 2], [1, 3, 4]]
    fused = fuse_span([marks[i] for i in groups[1]])
    assert fused == Span(10, 15)
    near = span_similarity([*(marks[i] for i in groups[1]), fused])[-1, :-1].tolist()
    assert fused_confidence(near, None, total_weight=3) == pytest.approx((1 + 1 + 4 / 5) / 3)


def test_a_span_marked_backwards_is_the_same_span() -> None:
    assert span_similarity([Span(9, 4), Span(4, 9)], "exact")[0, 1] == 1.0
    assert fuse_span([Span(9, 4), Span(4, 9), Span(4, 8)]) == Span(4, 9)
    assert fuse_span([Span(9, 4), Span(9, 4)]) == Span(9, 4)


@given(st.lists(spans, max_size=6), metrics)
def test_similarity_is_symmetric_bounded_and_one_on_identity(drawn: list[Span], metric: RangeMetric) -> None:
    similarity = span_similarity(drawn, metric)
    assert similarity.shape == (len(drawn), len(drawn))
    assert np.array_equal(similarity, similarity.T)
    assert ((similarity >= 0.0) & (similarity <= 1.0)).all()
    assert (similarity.diagonal() == 1.0).all()


@given(st.lists(spans, max_size=5), metrics, st.integers(-50, 50), st.data())
def test_moving_the_text_and_permuting_the_spans_change_nothing(
    drawn: list[Span], metric: RangeMetric, moved: int, data: st.DataObject
) -> None:
    similarity = span_similarity(drawn, metric)
    elsewhere = [Span(start + moved, end + moved) for start, end in drawn]
    assert np.array_equal(span_similarity(elsewhere, metric), similarity)
    order = data.draw(st.permutations(range(len(drawn))))
    permuted = span_similarity([drawn[i] for i in order], metric)
    assert np.array_equal(permuted, similarity[np.ix_(order, order)])


@given(spans, st.integers(1, 5))
def test_a_consensus_of_identical_spans_is_that_span(span: Span, times: int) -> None:
    assert fuse_span([span] * times) == span


@given(st.lists(st.tuples(spans, weights), min_size=1, max_size=6), st.data())
def test_the_fused_span_lies_within_what_was_marked_whatever_the_order(
    marked: list[tuple[Span, float]], data: st.DataObject
) -> None:
    drawn, trust = [span for span, _ in marked], [weight for _, weight in marked]
    fused = fuse_span(drawn, trust)
    boundaries = {boundary for span in drawn for boundary in span}
    assert set(fused) <= boundaries
    order = data.draw(st.permutations(range(len(drawn))))
    assert fuse_span([drawn[i] for i in order], [trust[i] for i in order]) == fused


def test_bad_arguments_are_refused_with_what_came() -> None:
    with pytest.raises(ValueError, match="at least one shape to fuse, got none"):
        fuse_span([])
    with pytest.raises(ValueError, match="finite weights of at least 0, got"):
        fuse_span([Span(0, 1)], [-1.0])
    with pytest.raises(ValueError, match="tolerance of at least 0"):
        span_similarity([Span(0, 1)], "tolerant", -1)
