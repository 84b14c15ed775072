"""What the property tests of `scoring.sequences` draw from."""

from __future__ import annotations

from hypothesis import strategies as st

from scoring.sequences.relation import Relation
from scoring.sequences.segment import Segment
from scoring.sequences.span import Span
from scoring.sequences.track import Track, track_of

characters = st.integers(0, 20)
spans = st.builds(Span, characters, characters)
"""Backward and empty ones among them."""

seconds = st.one_of(st.integers(0, 10).map(float), st.floats(-100, 100))
segments = st.builds(Segment, seconds, seconds, st.sampled_from([None, 0, 1, "left"]))

far = st.floats(-1e9, 1e9)
extreme_segments = st.builds(Segment, far, far)

_place = st.integers(0, 12).map(float)
_size = st.integers(0, 8).map(float)
_box = st.tuples(_place, _place, _size, _size)
tracks: st.SearchStrategy[Track] = st.dictionaries(st.integers(0, 12), _box, max_size=4).map(track_of)
"""In one corner of a short video, so that they meet; empty ones and boxes without area among them."""

_far_box = st.tuples(far, far, far, far)
extreme_tracks: st.SearchStrategy[Track] = st.dictionaries(
    st.integers(-(10**9), 10**9), _far_box, min_size=0, max_size=4
).map(track_of)
"""Everything that the engine decodes: negative sizes and lives of two billion frames among them."""

relations = st.builds(Relation, st.integers(-1, 2), st.integers(-1, 2), st.booleans())

weights = st.floats(0.01, 10)
