"""One track for those that several annotators drew around one object of a video."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scoring.consensus.centre import medoid, weighted_medians
from scoring.sequences.ranges import has_majority, majority_range
from scoring.sequences.track import KeyFrames, Track, track_similarity
from scoring.shapes.common import voters
from scoring.types import Array

__all__ = ["fuse_track", "key_frames"]

_Frames = NDArray[np.int64]


def fuse_track(
    tracks: Sequence[Track],
    weights: Sequence[float] | None = None,
    tolerance_px: float = 0.5,
    max_frames: int = 10_000,
) -> Track:
    """The object's box on every frame as most annotators see it, described by few key frames.

    1. Its life: the frames on which annotators with strictly more than half of the weight have it; of several such runs
       the longest one, then the first (`majority_range`, as for spans and segments).
    2. On each frame, the (weighted) median of each edge over the annotators who have the object there, as in `fuse` of
       boxes; the middle of the two middle values where exactly half lies on either side.
    3. Key frames: as few as Ramer's and Douglas and Peucker's algorithm needs for no edge to move by more than
       `tolerance_px` on any frame.

    Where no frame has a majority, the track that has most in common with all of them is taken as it was drawn.

    Parameters
    ----------
    tracks
        At least one.
    weights
        One per track, as in `vote`; default 1 each.
    tolerance_px
        How far an edge may move; default 0.5, less than a person can place an edge.
    max_frames
        Of a longer life, only the annotators' key frames and that many evenly spaced frames are looked at (linear
        between them). Time grows with annotators times frames; the worst track for step 3 with its square of frames.

    Returns
    -------
    Track
        Exactly the common track where all are identical; the same bits for every order of the tracks. Empty where most
        tracks are.

    Raises
    ------
    ValueError
        No track, weights that do not fit, a negative tolerance, or what `track_similarity` raises.

    References
    ----------
    Ramer (1972), doi:10.1016/S0146-664X(72)80017-0; Douglas and Peucker (1973), doi:10.3138/FM57-6770-U75U-7727.

    Examples
    --------
    >>> from scoring.sequences.track import track_of
    >>> right = {0: (0.0, 0.0, 4.0, 4.0), 10: (20.0, 0.0, 4.0, 4.0)}
    >>> careless = {0: (0.0, 0.0, 4.0, 4.0), 5: (50.0, 0.0, 4.0, 4.0), 30: (20.0, 0.0, 4.0, 4.0)}
    >>> fuse_track([track_of(right), track_of(careless), track_of(right)]) == track_of(right)
    True
    """
    if not tolerance_px >= 0.0:
        raise ValueError(f"expected tolerance_px of at least 0, got {tolerance_px}")
    drawn, trust = voters(tracks, weights)
    if drawn[0] == drawn[-1]:
        return drawn[0]
    lives = [(track.frames[0], track.frames[-1] + 1) if track.frames else (0, 0) for track in drawn]
    if not has_majority(lives, trust):
        return drawn[medoid(track_similarity(drawn, max_frames), trust)]
    frames = _frames_to_fuse(drawn, majority_range(lives, trust), max_frames)
    edges = _median_edges(drawn, trust, frames)
    kept = key_frames(frames, edges, tolerance_px)
    low, high = edges[kept, 0:2], edges[kept, 2:4]
    boxes = np.concatenate([low, high - low], axis=1).tolist()
    return Track(tuple(frames[kept].tolist()), tuple((x, y, width, height) for x, y, width, height in boxes))


def key_frames(frames: _Frames, edges: Array, tolerance_px: float) -> list[int]:
    """Places of the frames to keep so that, linear between them, no edge is off by more than the tolerance anywhere.

    The frame where an edge is furthest off the line between two kept ones is kept too (of equally far ones the first),
    and so on on both sides of it. The first and the last frame are always kept.

    Parameters
    ----------
    frames
        (n,) ascending, at least one.
    edges
        (n, m) values in pixels.
    tolerance_px
        At least 0.

    Returns
    -------
    list[int]
        Places in `frames`, ascending.

    Examples
    --------
    >>> key_frames(np.array([0, 1, 2, 3]), np.array([[0.0], [1.0], [2.0], [9.0]]), 0.5)
    [0, 2, 3]
    """
    kept = {0, len(frames) - 1}
    open_ends = [(0, len(frames) - 1)]
    while open_ends:
        start, stop = open_ends.pop()
        if stop - start < 2:
            continue
        passed = (frames[start + 1 : stop] - frames[start]) / (frames[stop] - frames[start])
        line = edges[start] + (edges[stop] - edges[start]) * passed[:, None]
        off = np.abs(edges[start + 1 : stop] - line).max(axis=1)
        furthest = int(off.argmax())
        if off[furthest] > tolerance_px:
            middle = start + 1 + furthest
            kept.add(middle)
            open_ends += [(start, middle), (middle, stop)]
    return sorted(kept)


def _frames_to_fuse(tracks: Sequence[Track], life: tuple[int, int], max_frames: int) -> _Frames:
    start, stop = life
    if stop - start <= max_frames:
        return np.arange(start, stop)
    keys = {frame for track in tracks for frame in track.frames if start <= frame < stop}
    # An annotator's edge frames jump in or out of the median: the frames just beyond them keep that jump one frame.
    beyond = {track.frames[0] - 1 for track in tracks if track.frames} | {
        track.frames[-1] + 1 for track in tracks if track.frames
    }
    spaced = np.linspace(start, stop - 1, max_frames).astype(np.int64).tolist()
    return np.array(sorted(keys | set(spaced) | {frame for frame in beyond if start <= frame < stop}))


def _median_edges(tracks: Sequence[Track], weights: Sequence[float], frames: _Frames) -> Array:
    """(n, 4): left, top, right, bottom on each frame, the weighted median over those who have the object there."""
    alive = [(track, weight) for track, weight in zip(tracks, weights, strict=True) if track.frames]
    keys = KeyFrames([track for track, _ in alive])
    values = np.empty((len(alive), len(frames), 4))
    trust = np.empty((len(alive), len(frames)))
    for i, (_, weight) in enumerate(alive):
        inside = np.clip(frames, keys.first[i], keys.last[i])
        x, y, width, height, _ = keys.boxes_at(np.full(len(frames), i), inside)
        values[i] = np.stack([x, y, x + width, y + height], axis=1)
        trust[i] = np.where(inside == frames, weight, 0.0)
    return weighted_medians(values, np.broadcast_to(trust[:, :, None], values.shape))
