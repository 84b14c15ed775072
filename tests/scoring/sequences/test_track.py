"""Tracks of video: `scoring.sequences.track`, against a frame-by-frame loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.boxes import iou
from scoring.sequences import track as track_module
from scoring.sequences.track import KeyFrames, Track, track_of, track_similarity
from tests.scoring.sequences.strategies import extreme_tracks, tracks


def box_on(track: Track, frame: int) -> list[float] | None:
    """The box on one frame, by the definition."""
    if not track.frames or not track.frames[0] <= frame <= track.frames[-1]:
        return None
    return [float(np.interp(frame, track.frames, [box[side] for box in track.boxes])) for side in range(4)]


def frame_by_frame(a: Track, b: Track) -> float:
    """Mean IoU over the frames on which either is alive, one frame at a time."""
    overlaps = []
    for frame in range(13):
        first, second = box_on(a, frame), box_on(b, frame)
        if first and second:
            overlaps.append(float(iou(np.array([[*first, 0.0]]), np.array([[*second, 0.0]]))[0, 0]))
        elif first or second:
            overlaps.append(0.0)
    return sum(overlaps) / len(overlaps) if overlaps else 1.0


STILL = {0: (0.0, 0.0, 10.0, 10.0), 9: (0.0, 0.0, 10.0, 10.0)}


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (STILL, STILL, 1.0),
        (STILL, {0: (5.0, 0.0, 10.0, 10.0), 9: (5.0, 0.0, 10.0, 10.0)}, 1 / 3),
        (STILL, {5: (0.0, 0.0, 10.0, 10.0), 14: (0.0, 0.0, 10.0, 10.0)}, 5 / 15),  # frames 5-9 of 0-14
        (STILL, {10: (0.0, 0.0, 10.0, 10.0)}, 0.0),  # starts when the other has ended
        (STILL, {4: (0.0, 0.0, 10.0, 10.0)}, 1 / 10),  # one frame of ten
        (STILL, {}, 0.0),
        ({}, {}, 1.0),
        # Moves 10 px right in 2 frames: IoU 1, 1/3 (5 of 15 px), 0 with the box that stays: mean 4/9.
        ({0: (0.0, 0.0, 10.0, 10.0), 2: (10.0, 0.0, 10.0, 10.0)}, {0: STILL[0], 2: STILL[0]}, 4 / 9),
        # The same motion with a key frame more in the middle.
        (
            {0: (0.0, 0.0, 4.0, 4.0), 4: (8.0, 0.0, 4.0, 4.0)},
            {0: (0.0, 0.0, 4.0, 4.0), 2: (4.0, 0.0, 4.0, 4.0), 4: (8.0, 0.0, 4.0, 4.0)},
            1.0,
        ),
        ({0: (10.0, 10.0, -10.0, -10.0), 9: (10.0, 10.0, -10.0, -10.0)}, STILL, 1.0),  # from the other corner
        ({0: (5.0, 5.0, 0.0, 0.0)}, {0: (5.0, 5.0, 0.0, 0.0)}, 1.0),
        ({0: (5.0, 5.0, 0.0, 0.0)}, {0: (0.0, 0.0, 10.0, 10.0)}, 0.0),
    ],
)
def test_similarity_by_hand(
    a: dict[int, tuple[float, float, float, float]], b: dict[int, tuple[float, float, float, float]], expected: float
) -> None:
    assert track_similarity([track_of(a), track_of(b)])[0, 1] == pytest.approx(expected, abs=1e-12)


@given(st.lists(tracks, max_size=4))
def test_similarity_is_that_of_a_loop_over_the_frames(drawn: list[Track]) -> None:
    similarity = track_similarity(drawn)
    for i, a in enumerate(drawn):
        for j, b in enumerate(drawn):
            assert similarity[i, j] == pytest.approx(1.0 if i == j else frame_by_frame(a, b), abs=1e-9)


@given(st.lists(st.one_of(tracks, extreme_tracks), max_size=5), st.sampled_from([1, 7, 100]))
def test_similarity_is_symmetric_bounded_and_one_on_identity(drawn: list[Track], max_frames: int) -> None:
    similarity = track_similarity([*drawn, *drawn], max_frames)
    assert np.array_equal(similarity, similarity.T)
    assert ((similarity >= 0.0) & (similarity <= 1.0)).all()
    assert (similarity.diagonal() == 1.0).all()
    assert (similarity.diagonal(len(drawn)) == 1.0).all()


@given(st.lists(tracks, max_size=4), st.data())
def test_a_pairs_similarity_does_not_depend_on_the_other_tracks(drawn: list[Track], data: st.DataObject) -> None:
    similarity = track_similarity(drawn)
    order = data.draw(st.permutations(range(len(drawn))))
    assert np.array_equal(track_similarity([drawn[i] for i in order]), similarity[np.ix_(order, order)])
    for i, a in enumerate(drawn):
        for j, b in enumerate(drawn[:i]):
            assert track_similarity([a, b])[0, 1] == similarity[i, j]


@given(tracks, tracks, st.integers(-1000, 1000), st.integers(-100, 100), st.sampled_from([0.5, 4.0]))
def test_moving_the_video_in_time_and_space_and_scaling_it_change_nothing(
    a: Track, b: Track, later: int, right: int, scale: float
) -> None:
    def moved(track: Track) -> Track:
        frames = tuple(frame + later for frame in track.frames)
        return Track(
            frames, tuple((x * scale + right, y * scale + right, w * scale, h * scale) for x, y, w, h in track.boxes)
        )

    assert track_similarity([moved(a), moved(b)])[0, 1] == pytest.approx(track_similarity([a, b])[0, 1], abs=1e-9)


def test_long_videos_are_sampled_and_lives_still_count_in_full() -> None:
    week = 15_000_000  # frames of a week at 25 a second
    still = (0.0, 0.0, 10.0, 10.0)
    whole, half = track_of({0: still, week - 1: still}), track_of({0: still, week // 2 - 1: still})
    assert track_similarity([whole, half])[0, 1] == pytest.approx(0.5, abs=1e-12)
    leaving = track_of({0: still, week - 1: (10.0, 0.0, 10.0, 10.0)})
    # Overlap falls from 10 to 0 px: the mean of (10 - d) / (10 + d) is 2 ln 2 - 1.
    assert track_similarity([whole, leaving])[0, 1] == pytest.approx(2 * np.log(2) - 1, abs=1e-6)


def test_many_tracks_take_several_passes_and_long_ones_another_path_to_the_same_bits() -> None:
    # 30 tracks of 300 frames: 130,500 compared frames, four blocks. The far one is too long for the look-up table.
    still = [track_of({0: (float(i), 0.0, 40.0, 10.0), 299: (float(i), 0.0, 40.0, 10.0)}) for i in range(30)]
    far = track_of({0: (0.0, 50.0, 1.0, 1.0), 3_000_000: (0.0, 50.0, 1.0, 1.0)})
    similarity = track_similarity(still)
    for i in range(30):
        for j in range(30):
            assert similarity[i, j] == pytest.approx((40 - abs(i - j)) / (40 + abs(i - j)), abs=1e-12)
    assert np.array_equal(track_similarity([*still, far])[:-1, :-1], similarity)


wandering = st.dictionaries(
    st.integers(-100, 200),
    st.tuples(*[st.sampled_from([0.0, 10.0, 25.0, 400.0])] * 2, *[st.sampled_from([0.0, 10.0, 15.0])] * 2),
    min_size=1,
    max_size=5,
).map(track_of)
# Over several stretches of frames, often far apart on some and touching on others.


@given(st.lists(wandering, min_size=2, max_size=5))
def test_passing_over_frames_on_which_boxes_are_apart_changes_no_bit(drawn: list[Track]) -> None:
    quickly = track_similarity(drawn)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_UNROLLED", "_WALKED"):
            patch.setattr(track_module, name, 0)
            assert np.array_equal(track_similarity(drawn), quickly)


def test_only_frames_on_which_two_may_meet_are_compared() -> None:
    # They cross on frame 500 of 0 to 1,000, at 10 px a frame, and are 10 px wide.
    right = track_of({0: (0.0, 0.0, 10.0, 10.0), 1_000: (10_000.0, 0.0, 10.0, 10.0)})
    left = track_of({0: (10_000.0, 0.0, 10.0, 10.0), 1_000: (0.0, 0.0, 10.0, 10.0)})
    zero, start, common = np.array([0]), np.array([0]), np.array([1_001])
    pair, frame = track_module._Walked(KeyFrames([right, left])).near(zero, zero + 1, start, common)
    # The stretch of 32 frames that has 500 in it.
    assert (pair.tolist(), frame.tolist()) == ([0] * 32, list(range(480, 512)))
    assert track_similarity([right, left])[0, 1] == pytest.approx(1 / 1_001, abs=1e-15)


def test_what_is_not_a_track_is_refused_with_what_came() -> None:
    still = (0.0, 0.0, 1.0, 1.0)
    with pytest.raises(ValueError, match=r"ascending key frames, got \[3, 1\]: make tracks with `track_of`"):
        track_similarity([Track((3, 1), (still, still)), track_of({0: still})])
    with pytest.raises(ValueError, match="got 1 frames and 2 boxes"):
        track_similarity([Track((3,), (still, still)), track_of({0: still})])
    with pytest.raises(ValueError, match="max_frames of at least 1, got 0"):
        track_similarity([], max_frames=0)
    with pytest.raises(ValueError, match=r"expected finite boxes, got \[\[0\.0, inf, 1\.0, 1\.0\]\]"):
        track_similarity([track_of({0: still, 1: (0.0, float("inf"), 1.0, 1.0)}), track_of({0: still})])
