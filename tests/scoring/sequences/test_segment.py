"""Segments of time: `scoring.sequences.segment`."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.objects import compare_objects
from scoring.sequences.ranges import RangeMetric
from scoring.sequences.segment import Segment, fuse_segment, segment_similarity
from tests.scoring.sequences.strategies import extreme_segments, segments, weights

metrics = st.sampled_from(get_args(RangeMetric))


@pytest.mark.parametrize(
    ("a", "b", "overlap", "tolerant"),
    [
        (Segment(0.0, 2.0), Segment(0.5, 2.5), 1.5 / 2.5, 0.0),
        (Segment(0.0, 2.0), Segment(0.125, 2.125), 1.875 / 2.125, 1.0),
        (Segment(0.0, 2.0, 0), Segment(0.0, 2.0, 1), 0.0, 0.0),  # another channel is another place
        (Segment(0.0, 2.0, None), Segment(0.0, 2.0, 0), 0.0, 0.0),
        (Segment(1.0, 1.0), Segment(1.0, 1.0), 1.0, 1.0),
        (Segment(1.0, 1.0), Segment(0.0, 2.0), 0.0, 0.0),
        (Segment(2.0, 0.0), Segment(0.0, 2.0), 1.0, 1.0),  # marked backwards
    ],
)
def test_similarity_by_hand(a: Segment, b: Segment, overlap: float, tolerant: float) -> None:
    assert segment_similarity([a, b])[0, 1] == pytest.approx(overlap)
    assert segment_similarity([a, b], "tolerant")[0, 1] == tolerant


def test_matching_from_cvats_audio_threshold() -> None:
    # CVAT audio: interval IoU >= 0.3 is a match. 0.6 s of 1.4 s; 0.2 s of 1.8 s is none.
    marks = [Segment(0.0, 1.0), Segment(5.0, 6.0), Segment(0.4, 1.4), Segment(5.8, 6.8)]
    agreement = compare_objects(
        segment_similarity(marks), [0, 0, 1, 1], ["speech"] * 4, 2, "f1", minimum_similarity=0.3
    )
    assert agreement.matrix[0][1] == 0.5


def test_most_annotators_decide_on_the_channel_and_then_on_the_time() -> None:
    marks = [Segment(0.0, 2.0, "left"), Segment(0.5, 2.5, "left"), Segment(0.0, 9.0, "right")]
    assert fuse_segment(marks) == Segment(0.5, 2.0, "left")
    assert fuse_segment(marks, [1.0, 1.0, 3.0]) == Segment(0.0, 9.0, "right")
    # A tie between the channels: the one with more time.
    assert fuse_segment(marks[1:]) == Segment(0.0, 9.0, "right")
    assert fuse_segment([Segment(0.0, 1.0, "b"), Segment(0.0, 1.0, "a")]).channel == "a"


@given(st.lists(st.one_of(segments, extreme_segments), max_size=6), metrics)
def test_similarity_is_symmetric_bounded_and_one_on_identity(drawn: list[Segment], metric: RangeMetric) -> None:
    similarity = segment_similarity(drawn, metric)
    assert similarity.shape == (len(drawn), len(drawn))
    assert np.array_equal(similarity, similarity.T)
    assert ((similarity >= 0.0) & (similarity <= 1.0)).all()
    assert (similarity.diagonal() == 1.0).all()


@given(st.lists(segments, max_size=5), st.integers(-50, 50), st.sampled_from([0.25, 2.0, 8.0]))
def test_moving_and_stretching_time_leave_the_overlap_alone(drawn: list[Segment], later: int, slower: float) -> None:
    moved = [Segment(s.start_seconds * slower + later, s.end_seconds * slower + later, s.channel) for s in drawn]
    lengths = [abs(s.end_seconds - s.start_seconds) for s in drawn]
    similarity, again = segment_similarity(drawn), segment_similarity(moved)
    for i, length in enumerate(lengths):
        for j, other in enumerate(lengths):
            if min(length, other) > 1e-3:  # below, moving itself rounds away digits of the length
                assert again[i, j] == pytest.approx(similarity[i, j], abs=1e-9)


@given(segments, st.integers(1, 5))
def test_a_consensus_of_identical_segments_is_that_segment(segment: Segment, times: int) -> None:
    assert fuse_segment([segment] * times) == segment


@given(st.lists(st.tuples(st.one_of(segments, extreme_segments), weights), min_size=1, max_size=6), st.data())
def test_the_fused_segment_is_made_of_marked_boundaries_whatever_the_order(
    marked: list[tuple[Segment, float]], data: st.DataObject
) -> None:
    drawn, trust = [segment for segment, _ in marked], [weight for _, weight in marked]
    fused = fuse_segment(drawn, trust)
    there = [segment for segment in drawn if segment.channel == fused.channel]
    assert {fused.start_seconds, fused.end_seconds} <= {second for segment in there for second in segment[:2]}
    order = data.draw(st.permutations(range(len(drawn))))
    assert fuse_segment([drawn[i] for i in order], [trust[i] for i in order]) == fused


def test_bad_arguments_are_refused_with_what_came() -> None:
    with pytest.raises(ValueError, match="at least one segment to fuse, got none"):
        fuse_segment([])
    with pytest.raises(ValueError, match="got 1 weights for 2"):
        fuse_segment([Segment(0.0, 1.0)] * 2, [1.0])
