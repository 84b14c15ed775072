"""One track for several: `scoring.sequences.track_fusion`."""

from __future__ import annotations

from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.sequences.track import Track, track_of, track_similarity
from scoring.sequences.track_fusion import fuse_track, key_frames
from tests.scoring.sequences.strategies import extreme_tracks, tracks, weights
from tests.scoring.sequences.test_track import box_on

BOX = (0.0, 0.0, 10.0, 10.0)


def edges_on(track: Track, frame: int) -> list[float] | None:
    box = box_on(track, frame)
    return [box[0], box[1], box[0] + box[2], box[1] + box[3]] if box else None


def test_median_edges_by_hand() -> None:
    # Left edges 0, 2, 50; right edges 10, 12, 60: the careless one moves the median by nothing beyond the second.
    drawn = [track_of({0: (x, 0.0, 10.0, 10.0), 8: (x, 0.0, 10.0, 10.0)}) for x in (0.0, 2.0, 50.0)]
    assert fuse_track(drawn) == track_of({0: (2.0, 0.0, 10.0, 10.0), 8: (2.0, 0.0, 10.0, 10.0)})
    # Two: the middle of the two.
    assert fuse_track(drawn[:2]) == track_of({0: (1.0, 0.0, 10.0, 10.0), 8: (1.0, 0.0, 10.0, 10.0)})


def test_it_lives_while_more_than_half_of_the_weight_has_it() -> None:
    drawn = [track_of({0: BOX, 10: BOX}), track_of({2: BOX, 12: BOX}), track_of({4: BOX, 30: BOX})]
    assert fuse_track(drawn) == track_of({2: BOX, 12: BOX})
    assert fuse_track(drawn, [1.0, 1.0, 3.0]) == track_of({4: BOX, 30: BOX})


def test_of_two_stretches_of_life_the_longer_one_is_taken() -> None:
    whole = track_of({0: BOX, 30: BOX})
    drawn = [whole, whole, track_of({0: BOX, 4: BOX}), track_of({20: BOX, 30: BOX})]
    assert fuse_track(drawn) == track_of({20: BOX, 30: BOX})


def test_tracks_that_never_meet_leave_the_most_central_one_as_drawn() -> None:
    early, late = track_of({0: BOX, 3: BOX}), track_of({5: BOX, 9: BOX})
    assert fuse_track([late, early]) == early
    assert fuse_track([early, late], [1.0, 2.0]) == late
    nothing = track_of({})
    assert fuse_track([nothing, early, nothing]) == nothing


def test_a_jump_of_the_median_keeps_the_frames_on_both_sides_of_it() -> None:
    # The third annotator, who is right of the others, joins at frame 5: the median jumps from 1 to 2 px there.
    drawn = [
        track_of({0: (x, 0.0, 10.0, 10.0), last: (x, 0.0, 10.0, 10.0)}) for x, last in ((0.0, 9), (2.0, 9), (40.0, 9))
    ]
    drawn[2] = track_of({5: (40.0, 0.0, 10.0, 10.0), 9: (40.0, 0.0, 10.0, 10.0)})
    fused = fuse_track(drawn, tolerance_px=0.0)
    assert fused.frames == (0, 4, 5, 9)
    assert [box[0] for box in fused.boxes] == [1.0, 1.0, 2.0, 2.0]


def test_key_frames_within_the_tolerance_are_dropped() -> None:
    shaky = track_of({frame: (0.4 * (frame % 2), 0.0, 10.0, 10.0) for frame in range(11)})
    smooth = track_of({0: BOX, 10: BOX})
    assert fuse_track([shaky, shaky, smooth], tolerance_px=0.5) == smooth
    assert len(fuse_track([shaky, shaky, smooth], tolerance_px=0.1).frames) == 11


@given(st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=20), st.sampled_from([0.0, 1.0, 5.0]))
def test_between_key_frames_no_edge_is_off_by_more_than_the_tolerance(heights: list[float], tolerance: float) -> None:
    frames = np.arange(len(heights))
    kept = key_frames(frames, np.array(heights)[:, None], tolerance)
    assert kept == sorted(set(kept))
    assert {0, len(heights) - 1} <= set(kept)
    line = np.interp(frames, kept, [heights[place] for place in kept])
    assert np.abs(line - heights).max() <= tolerance + 1e-9


@given(st.lists(tracks, min_size=1, max_size=5))
def test_on_every_frame_it_is_the_median_of_those_who_have_the_object(drawn: list[Track]) -> None:
    fused = fuse_track(drawn, tolerance_px=0.0)
    if fused in drawn:
        return  # all alike, or nothing shared by most: taken as drawn
    for frame in range(13):
        edges = edges_on(fused, frame)
        present = [there for track in drawn if (there := edges_on(track, frame))]
        if edges is None:
            continue
        assert len(present) > len(drawn) / 2
        assert edges == pytest.approx([median(side) for side in zip(*present, strict=True)], abs=1e-6)


@given(st.one_of(tracks, extreme_tracks), st.integers(1, 4))
def test_a_consensus_of_identical_tracks_is_that_track(track: Track, times: int) -> None:
    assert fuse_track([track] * times) == track


@given(st.lists(st.tuples(tracks, weights), min_size=1, max_size=5), st.data())
def test_the_order_of_the_annotators_changes_no_bit(marked: list[tuple[Track, float]], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(marked))))
    fused = fuse_track([track for track, _ in marked], [weight for _, weight in marked])
    assert fuse_track([marked[i][0] for i in order], [marked[i][1] for i in order]) == fused


@given(st.lists(extreme_tracks, min_size=1, max_size=4))
def test_whatever_decodes_can_be_fused(drawn: list[Track]) -> None:
    fused = fuse_track(drawn, max_frames=50)
    assert np.isfinite(np.array(fused.boxes)).all()
    near = track_similarity([*drawn, fused], max_frames=50)[-1]
    assert ((near >= 0.0) & (near <= 1.0)).all()


def test_a_long_life_is_fused_at_key_frames_and_samples() -> None:
    week = 15_000_000
    moving = track_of({0: BOX, week: (1000.0, 0.0, 10.0, 10.0)})
    still = track_of({0: BOX, week: BOX})
    late = track_of({1_000_000: BOX, week: (1000.0, 0.0, 10.0, 10.0)})
    fused = fuse_track([moving, still, late], max_frames=1000)
    assert (fused.frames[0], fused.frames[-1]) == (0, week)
    assert box_on(fused, 500_000) == pytest.approx(((0 + 500 / 15) / 2, 0, 10, 10), abs=1.0)
    # From its first frame on, the late one is between the two others.
    assert box_on(fused, 1_000_000) == pytest.approx((0, 0, 10, 10), abs=1.0)
    assert box_on(fused, 8_000_000) == pytest.approx((500, 0, 10, 10), abs=1.0)


def test_bad_arguments_are_refused_with_what_came() -> None:
    track = track_of({0: BOX})
    with pytest.raises(ValueError, match="at least one shape to fuse, got none"):
        fuse_track([])
    with pytest.raises(ValueError, match="tolerance_px of at least 0, got -1"):
        fuse_track([track], tolerance_px=-1.0)
    with pytest.raises(ValueError, match="got 2 weights for 1"):
        fuse_track([track], [1.0, 1.0])
