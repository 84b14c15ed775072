"""Marks compared all at once as platforms compare two: the formulas of `scoring.profiles`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.profiles import cvat_shapes, label_studio, redbrick
from scoring.sequences.track import track_of
from scoring.shapes.angle import Angle
from scoring.shapes.keypoints import Keypoints
from scoring.shapes.point import Point
from scoring.shapes.polyline import Polyline
from streams.kinds.base import UNKNOWN_SCENE, Scene
from streams.kinds.platform_marks import platform_marks
from streams.platforms import MARKS, platform_points

_PLACES = st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 1000)), min_size=1, max_size=4)


@given(_PLACES)
def test_points_all_at_once_are_as_one_by_one(places: list[tuple[float, float]]) -> None:
    size, percent = (1000.0, 500.0), [(100.0 * (x / 1000.0), 100.0 * (y / 500.0)) for x, y in places]
    by_redbrick = [[redbrick.point_similarity(a, b, size) for b in places] for a in places]
    by_label_studio = [[label_studio.point_similarity(a, b) for b in percent] for a in percent]
    assert platform_points("redbrick", places, size) == pytest.approx(np.array(by_redbrick))
    assert platform_points("label_studio", places, size).tolist() == by_label_studio


_FOUR = st.lists(st.tuples(*[st.integers(0, 60).map(float)] * 4), min_size=1, max_size=4)
_ONE_BY_ONE: dict[tuple[str, str], tuple[Callable[[Any], Any], Callable[[Any, Any], float]]] = {
    ("cvat", "point"): (
        lambda f: Point(f[0], f[1]),
        lambda a, b: cvat_shapes.point_similarity((a.x, a.y), (b.x, b.y), 64.0, 48.0),
    ),
    ("cvat", "polyline"): (
        lambda f: Polyline.of([f[:2], (30.0, 30.0), f[2:]][: int(f[0]) % 4]),
        lambda a, b: cvat_shapes.line_similarity(a.points, b.points, 64.0, 48.0),
    ),
    ("cvat", "keypoints"): (
        lambda f: Keypoints.of({"a": (*f[:2], 2), "b": (*f[2:], 1 + f[0] % 2)}),
        cvat_shapes.skeleton_similarity,
    ),
    ("label_studio", "track"): (
        lambda f: track_of({n: (*f[:3], 9.0 + n) for n in range(int(f[3]) % 4)}),
        label_studio.track_similarity,
    ),
    ("redbrick", "polyline"): (
        lambda f: Polyline.of([f[:2], f[2:]]),
        lambda a, b: redbrick.length_similarity(a.points, b.points, (64.0, 48.0)),
    ),
    ("redbrick", "angle"): (
        lambda f: Angle.of((70.0, 70.0), [f[:2], f[2:]]),
        lambda a, b: redbrick.angle_similarity(*(_turn(x, y) for x, y in zip(a.arms, b.arms, strict=True))),
    ),
}


def _turn(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The angle at (70, 70) between two places."""
    u, v = (np.array(place) - 70.0 for place in (a, b))
    return float(np.arccos(np.clip(u @ v / np.sqrt(u @ u * (v @ v)), -1.0, 1.0)))


@pytest.mark.parametrize("which", _ONE_BY_ONE)
@given(_FOUR)
def test_marks_all_at_once_are_as_one_by_one(which: tuple[str, str], drawn: list[tuple[float, ...]]) -> None:
    make, compare = _ONE_BY_ONE[which]
    marks = [make(fields) for fields in drawn]
    found = platform_marks(*which, marks, Scene(80.0, (64.0, 48.0)))
    assert found is not None
    for i, j in combinations(range(len(marks)), 2):
        assert found[i, j] == found[j, i] == pytest.approx(compare(marks[i], marks[j]), abs=1e-7)


def test_what_a_platform_compares_as_we_do_is_left_to_us() -> None:
    scene = Scene(80.0, (64.0, 48.0))
    box = (0.0, 0.0, 9.0, 9.0, 45.0)
    assert platform_marks("cvat", "box", [box, box], scene) is None
    assert platform_marks("cvat", "point", [Point(0, 0)] * 2, UNKNOWN_SCENE) is None  # nobody says how large it is
    assert platform_marks("label_studio", "box", [], scene) is None
    assert platform_marks("label_studio", "box", [box] * (MARKS + 1), scene) is None
