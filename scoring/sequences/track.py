"""Tracks of video: an object's box from frame to frame, and how alike two annotators' tracks are.

Pairs of tracks are compared at their common frames, many pairs in one vectorised pass, and a bounded number of frames a
pair: neither long videos nor frame numbers in the billions cost more than some 100 MB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from scoring.agreement.box_pairs import pair_iou
from scoring.agreement.similarity import DENSE_UP_TO, Pairs, Similarity
from scoring.shapes.common import many_of_distinct
from scoring.types import Array

__all__ = ["KeyFrames", "Track", "track_of", "track_similarity"]

_Frames = NDArray[np.int64]

_BLOCK = 1 << 15
# Frames compared in one pass: large enough that numpy's overhead vanishes, small enough to stay in a core's cache.

_STRETCH = 32
# Frames of a pair that are passed over together where the boxes of both stay apart.

_WALKED = 1 << 24
# Up to so many frames of all tracks together it is worked out where each track is in every stretch: within two seconds.

_UNROLLED = 1 << 21
# Up to so many the boxes are kept, in 80 MB, and looked up from then on, which is some three times faster than working
# them out anew for every pair.

_CANDIDATES = 1 << 20
# Pairs whose extents are looked at in one go: some 50 MB.

_NO_PAIRS = Pairs(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp), np.zeros(0))

_STRIDE = 1 << 40
# Between two tracks' frame numbers on the common axis; frames within plus or minus 1e9 never reach the next track's.


class Track(NamedTuple):
    """An upright box that moves: key frames, linear between them, alive from the first to the last one.

    Made by `track_of`, which puts them in order. Policy for what tools send: a negative size is a box drawn from its
    other corner; a track without key frames equals another one and nothing else.

    >>> Track(frames=(0, 10), boxes=((0.0, 0.0, 4.0, 4.0), (20.0, 0.0, 4.0, 4.0))).frames
    (0, 10)
    """

    frames: tuple[int, ...]
    """Frame numbers, ascending, each once."""
    boxes: tuple[tuple[float, float, float, float], ...]
    """x, y, width, height in pixels, one per key frame."""


def track_of(key_frames: Mapping[int, tuple[float, float, float, float]]) -> Track:
    """A track from its key frames in any order: {frame: (x, y, width, height)}.

    >>> track_of({5: (1.0, 0.0, 2.0, 2.0), 0: (0.0, 0.0, 2.0, 2.0)}).frames
    (0, 5)
    """
    frames = tuple(sorted(key_frames))
    return Track(frames, tuple(key_frames[frame] for frame in frames))


def track_similarity(tracks: Sequence[Track], max_frames: int = 10_000) -> Similarity:
    """Similarity of every track with every other: per-frame IoU averaged over the union of their frames.

    `sum of IoU(frame) over the frames where both are alive / number of frames where either is`. A frame on which only
    one of them is alive counts 0, so a track that starts late or ends early pays for every frame it misses, and
    annotators who set their key frames at different places are compared by what the video shows, not by key frames
    (unlike Label Studio's `iou_over_time`, which sees common key frames only).

    Pairs that are never alive together, or whose boxes stay in separate parts of the image, are not compared at all.
    Each other pair costs its common frames, at most `max_frames`, and hardly anything on those where its boxes are far
    apart: some 0.05 microseconds a frame on one core, so 250 tracks that are all together on 1,000 frames take a second
    and a half. Where the tracks' lives add up to more than two million frames it is 0.1 microseconds.

    Parameters
    ----------
    tracks
        All tracks of all annotators of a task. Finite coordinates and whole frame numbers, within plus or minus 1e9.
    max_frames
        Of a pair with more common frames, that many are compared, evenly spaced; the lengths of their lives still count
        in full. Default 10,000, close to seven minutes at 25 frames a second in which every frame is compared.

    Returns
    -------
    Similarity
        (N, N) in [0, 1], symmetric, diagonal 1; (0, 0) for no tracks; dense or, of many, sparse. A pair's value does
        not depend on the other tracks of the call.

    Raises
    ------
    ValueError
        Frames that do not ascend, not one box a frame, a box that is not finite, or `max_frames` below 1.

    References
    ----------
    RedBrick (video: mean of the frames' scores). With the union of frames it is the spatio-temporal IoU of Yang, Fan
    and Xu (2019), doi:10.1109/ICCV.2019.00529 (vIoU of video instance segmentation), averaged frame by frame, so that
    every frame counts alike however large the object is on it.

    Examples
    --------
    The second track agrees while it lives, 6 of 11 frames:

    >>> long = track_of({0: (0, 0, 4, 4), 10: (20, 0, 4, 4)})
    >>> short = track_of({0: (0, 0, 4, 4), 5: (10, 0, 4, 4)})
    >>> track_similarity([long, short]).round(3).tolist()
    [[1.0, 0.545], [0.545, 1.0]]
    """
    if max_frames < 1:
        raise ValueError(f"expected max_frames of at least 1, got {max_frames}")
    alive = [track for track in tracks if track.frames]
    # Tracks without key frames are all the same one, numbered last.
    numbers = iter(range(len(alive)))
    which = [next(numbers) if track.frames else len(alive) for track in tracks]
    pairs = _NO_PAIRS
    if len(alive) > 1:
        keys = KeyFrames(alive)
        first, second = keys.meeting_pairs()
        pairs = Pairs(first, second, _mean_iou(keys, first, second, max_frames))
    if len(tracks) > DENSE_UP_TO:
        return many_of_distinct(pairs.where(pairs.similarity > 0.0), which)
    similarity = np.eye(len(alive) + 1)
    similarity[pairs.first, pairs.second] = similarity[pairs.second, pairs.first] = pairs.similarity
    return similarity[np.ix_(which, which)]


class KeyFrames:
    """The key frames of many tracks, none empty, laid end to end so that one search places a frame in any of them."""

    def __init__(self, tracks: Sequence[Track]) -> None:
        for track in tracks:
            _check(track)
        counts = np.array([len(track.frames) for track in tracks])
        ends = np.cumsum(counts)
        frames = np.array([frame for track in tracks for frame in track.frames], dtype=np.int64)
        boxes = np.array([(*box, 0.0) for track in tracks for box in track.boxes], dtype=np.float64).T.copy()
        if not np.isfinite(boxes).all():
            raise ValueError(f"expected finite boxes, got {boxes[:4, ~np.isfinite(boxes).all(axis=0)].T.tolist()}")
        boxes[0:2] += np.minimum(boxes[2:4], 0.0)
        boxes[2:4] = np.abs(boxes[2:4])
        starts = ends - counts
        self._last_key = ends - 1
        self._frames = frames
        self._axis = frames + np.repeat(np.arange(len(tracks)), counts) * _STRIDE
        self._boxes = boxes
        self._low = np.minimum.reduceat(boxes[0:2], starts, axis=1)
        self._high = np.maximum.reduceat(boxes[0:2] + boxes[2:4], starts, axis=1)
        self.first: _Frames = frames[starts]
        """First frame of each track."""
        self.last: _Frames = frames[ends - 1]
        """Last frame of each track."""

    def meeting_pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Index pairs, first < second, that are alive together and may share area, or have none to share.

        Candidates come from a tree over where and when each track is, in parts of bounded size.
        """
        lives = shapely.box(self.first, self._low[0], self.last, self._high[0])
        tree = shapely.STRtree(lives)
        found = [np.zeros((2, 0), dtype=np.intp)]
        step = max(1, _CANDIDATES // len(lives))
        for start in range(0, len(lives), step):
            pairs = tree.query(lives[start : start + step])
            pairs[0] += start
            first, second = pairs = pairs[:, pairs[0] < pairs[1]]
            near = np.maximum(self._low[1, first], self._low[1, second]) <= np.minimum(
                self._high[1, first], self._high[1, second]
            )
            found.append(pairs[:, near])
        first, second = np.concatenate(found, axis=1)
        order = np.lexsort((second, first))
        return first[order], second[order]

    def boxes_at(self, track: _Frames, frame: _Frames) -> Array:
        """(5, n): x, y, width, height and a rotation of 0 of `track[i]` at `frame[i]`, a frame of its life."""
        left = np.searchsorted(self._axis, frame + track * _STRIDE, side="right") - 1
        right = np.minimum(left + 1, self._last_key[track])
        length = np.maximum(self._frames[right] - self._frames[left], 1)
        passed = (frame - self._frames[left]) / length
        # Unlike `[:, left]`, `take` leaves each row in one piece, which all that follows is three times faster on.
        before = self._boxes.take(left, axis=1)
        boxes: Array = before + (self._boxes.take(right, axis=1) - before) * passed
        return boxes


class _Walked:
    """Where each track is in every stretch of frames, and of a few tracks the box of every frame."""

    def __init__(self, keys: KeyFrames) -> None:
        lives, earliest = keys.last - keys.first + 1, keys.first // _STRETCH
        stretches = keys.last // _STRETCH - earliest + 1
        track, number = _counted(stretches)
        number += earliest[track]
        begin = np.maximum(keys.first[track], number * _STRETCH)
        sizes = np.minimum(keys.last[track] + 1, (number + 1) * _STRETCH) - begin
        self._keys = keys
        self._stretch = np.cumsum(stretches) - stretches - earliest
        self._place = np.cumsum(lives) - lives - keys.first
        self._low, self._high = np.empty((2, len(track))), np.empty((2, len(track)))
        every = []
        for block in _blocks(sizes):
            stretch, step = _counted(sizes[block])
            boxes = keys.boxes_at(track[block][stretch], begin[block][stretch] + step)
            cuts = np.cumsum(sizes[block]) - sizes[block]
            self._low[:, block] = np.minimum.reduceat(boxes[0:2], cuts, axis=1)
            self._high[:, block] = np.maximum.reduceat(boxes[0:2] + boxes[2:4], cuts, axis=1)
            if lives.sum() <= _UNROLLED:
                every.append(boxes)
        self._every = np.concatenate(every, axis=1) if every else None

    def boxes_at(self, track: _Frames, frame: _Frames) -> Array:
        """As `KeyFrames.boxes_at`, the same bits."""
        if self._every is None:
            return self._keys.boxes_at(track, frame)
        boxes: Array = self._every.take(self._place[track] + frame, axis=1)
        return boxes

    def near(self, first: _Frames, second: _Frames, start: _Frames, common: _Frames) -> tuple[_Frames, _Frames]:
        """Which of the pairs, and on which of its common frames, without those on which the boxes surely are apart."""
        earliest, latest = start // _STRETCH, (start + common - 1) // _STRETCH
        pair, number = _counted(latest - earliest + 1)
        number += earliest[pair]
        one, other = self._stretch[first][pair] + number, self._stretch[second][pair] + number
        apart = (self._low[:, one] > self._high[:, other]) | (self._low[:, other] > self._high[:, one])
        meeting = np.flatnonzero(~apart.any(axis=0))
        pair, number = pair[meeting], number[meeting]
        begin = np.maximum(start[pair], number * _STRETCH)
        stretch, step = _counted(np.minimum((start + common)[pair], (number + 1) * _STRETCH) - begin)
        return pair[stretch], begin[stretch] + step


def _mean_iou(keys: KeyFrames, first: _Frames, second: _Frames, max_frames: int) -> Array:
    """Per pair of tracks: mean IoU over its common frames, times their number, over the number of frames of either."""
    start = np.maximum(keys.first[first], keys.first[second])
    common = np.minimum(keys.last[first], keys.last[second]) - start + 1
    compared = np.minimum(common, max_frames)
    lives = keys.last - keys.first + 1
    # It pays where more frames are compared than there are.
    walked = _Walked(keys) if lives.sum() <= min(_WALKED, compared.sum()) else None
    boxes_at = walked.boxes_at if walked else keys.boxes_at
    total = np.empty(len(first))
    for block in _blocks(compared):
        one, other, begin, count = first[block], second[block], start[block], compared[block]
        places = np.cumsum(count) - count
        if walked and (count == common[block]).all():
            pair, frame = walked.near(one, other, begin, count)
            place = (places - begin)[pair] + frame
        else:
            pair, place = _counted(count)
            # The middle of the step-th of `count` equal parts; with as many parts as frames, every frame once.
            frame = begin[pair] + (2 * place + 1) * common[block][pair] // (2 * count[pair])
            place += places[pair]
        overlap = np.zeros(count.sum())
        overlap[place] = pair_iou(boxes_at(one[pair], frame), boxes_at(other[pair], frame))
        total[block] = np.add.reduceat(overlap, places) / count
    either = lives[first] + lives[second] - common
    shared: Array = np.minimum(total * (common / either), 1.0)
    return shared


def _counted(sizes: _Frames) -> tuple[NDArray[np.intp], _Frames]:
    """Of groups of these sizes, one after the other: each member's group and its number in it.

    >>> [column.tolist() for column in _counted(np.array([2, 0, 3]))]
    [[0, 0, 2, 2, 2], [0, 1, 0, 1, 2]]
    """
    group = np.repeat(np.arange(len(sizes)), sizes)
    return group, np.arange(len(group)) - (np.cumsum(sizes) - sizes)[group]


def _blocks(sizes: _Frames) -> list[slice]:
    """Runs of pairs that together have about `_BLOCK` frames, at least one pair each."""
    passed = np.cumsum(sizes) // _BLOCK
    starts = [0, *(np.flatnonzero(np.diff(passed)) + 1).tolist(), len(sizes)]
    return [slice(start, stop) for start, stop in pairwise(starts) if start < stop]


def _check(track: Track) -> None:
    if len(track.frames) != len(track.boxes):
        raise ValueError(f"expected one box per key frame, got {len(track.frames)} frames and {len(track.boxes)} boxes")
    if any(a >= b for a, b in pairwise(track.frames)):
        raise ValueError(f"expected ascending key frames, got {list(track.frames)}: make tracks with `track_of`")
