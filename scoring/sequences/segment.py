"""Segments of audio, video or a time series: how alike they are, and one segment for those that several marked."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import NamedTuple

from scoring.agreement.similarity import Similarity
from scoring.consensus.votes import vote
from scoring.consensus.weights import checked_weights
from scoring.sequences.ranges import RangeMetric, majority_range, ordered, range_similarity

__all__ = ["Segment", "fuse_segment", "segment_similarity"]


class Segment(NamedTuple):
    """A half-open range of time on one channel.

    Policy for what tools send: a segment that was marked backwards is the same segment forwards; one without length
    equals an identical one and nothing else.

    >>> Segment(0.5, 2.0)
    Segment(start_seconds=0.5, end_seconds=2.0, channel=None)
    """

    start_seconds: float
    """When it begins, in seconds from the beginning of the recording."""
    end_seconds: float
    """When it ends."""
    channel: int | str | None = None
    """Which channel (microphone, sensor, speaker) it is on; None where the recording has one."""


def segment_similarity(
    segments: Sequence[Segment], metric: RangeMetric = "overlap", tolerance_seconds: float = 0.2
) -> Similarity:
    """Similarity of every segment with every other; 0 on different channels, whatever the metric.

    - `overlap` (default): shared time over all time of both.
    - `exact`: 1 for the same boundaries, else 0.
    - `tolerant`: 1 where start and end each differ by at most `tolerance_seconds`, else 0.

    Parameters
    ----------
    segments
        All segments of all annotators of a task.
    metric
        See above.
    tolerance_seconds
        For `tolerant`; default 0.2, CVAT's boundary tolerance for audio.

    Returns
    -------
    Similarity
        (N, N) in [0, 1], symmetric, diagonal 1; (0, 0) for no segments. Of many a sparse matrix (`range_similarity`).

    Raises
    ------
    ValueError
        The tolerance is negative or not a number.

    References
    ----------
    CVAT, audio quality settings: interval IoU (matched from 0.3, weak below 0.5), boundary F1 with 0.2 s.

    Examples
    --------
    >>> call = [Segment(0.0, 2.0, "left"), Segment(0.1, 2.1, "left"), Segment(0.0, 2.0, "right")]
    >>> segment_similarity(call)[0].round(3).tolist()
    [1.0, 0.905, 0.0]
    >>> segment_similarity(call, "tolerant")[0].tolist()
    [1.0, 1.0, 0.0]
    """
    times = [ordered(segment.start_seconds, segment.end_seconds) for segment in segments]
    numbers = {channel: number for number, channel in enumerate({segment.channel for segment in segments})}
    return range_similarity(times, metric, tolerance_seconds, [numbers[segment.channel] for segment in segments])


def fuse_segment(segments: Sequence[Segment], weights: Sequence[float] | None = None) -> Segment:
    """One segment for those that several annotators marked around one thing: the time that most marked.

    The channel is voted on first (a tie goes to the channel whose segments have most time and weight, then by content).
    On it, a moment belongs to the result when the segments that contain it have strictly more than half of the weight;
    of several such runs the longest one, then the first (`scoring.sequences.ranges.majority_range`). Where no moment
    has a majority, the segment that has most in common with all of them, as it was marked.

    Parameters
    ----------
    segments
        At least one.
    weights
        One per segment, as in `vote`; default 1 each.

    Returns
    -------
    Segment
        Exactly the common segment where all are identical; independent of the order.

    Raises
    ------
    ValueError
        No segment, or weights that do not fit.

    Examples
    --------
    >>> fuse_segment([Segment(0.0, 2.0), Segment(0.5, 2.0), Segment(0.5, 2.5)])
    Segment(start_seconds=0.5, end_seconds=2.0, channel=None)
    """
    if not segments:
        raise ValueError("expected at least one segment to fuse, got none")
    weights = checked_weights(weights, len(segments))
    if len(set(segments)) == 1:
        return segments[0]
    channel = _common_channel(segments, weights)
    there = [i for i, segment in enumerate(segments) if segment.channel == channel]
    times = [ordered(segments[i].start_seconds, segments[i].end_seconds) for i in there]
    return Segment(*majority_range(times, [weights[i] for i in there]), channel)


def _common_channel(segments: Sequence[Segment], weights: Sequence[float]) -> int | str | None:
    channels = {segment.channel for segment in segments}

    def covered(channel: int | str | None) -> float:
        return fsum(
            weight * abs(segment.end_seconds - segment.start_seconds)
            for segment, weight in zip(segments, weights, strict=True)
            if segment.channel == channel
        )

    preference = sorted(channels, key=lambda channel: (-covered(channel), type(channel).__name__, str(channel)))
    winner = vote([segment.channel for segment in segments], weights, preference).winner
    return next(channel for channel in preference if channel == winner)
