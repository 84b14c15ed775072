"""Two marks as other platforms compare them, by the formulas of `scoring.profiles`, over all marks of a control.

Only the score is worked out by them. Which marks are one object of the consensus our own similarity says: under a
measure such as Label Studio's equality of ellipses nobody would ever have seen the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import hypot
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoring.agreement.boxes import iou
from scoring.agreement.nominal import equality_matrix
from scoring.agreement.similarity import as_dense
from scoring.profiles import cvat_shapes, label_studio, redbrick
from scoring.shapes.common import UNKNOWN_DIAGONAL_PX
from scoring.shapes.point import point_similarity
from scoring.shapes.polyline import polyline_similarity
from scoring.types import Array
from streams.kinds.base import Scene
from streams.platforms import MARKS, platform_points

__all__ = ["platform_marks"]

_Marks = Sequence[Any]
_Compare = Callable[[_Marks, Scene], Any]
_Sized = Callable[[_Marks, tuple[float, float]], Any]


def platform_marks(platform: str, kind: str, marks: _Marks, scene: Scene) -> Array | None:
    """Similarities of all marks with one another, (N, N), as a platform has them.

    None where it compares as we do, where nothing is known of how it does, where it needs the image's size and nobody
    has said it, and of more than `MARKS` marks, which are left to a person.
    """
    compare = _COMPARED.get((platform, kind))
    return None if compare is None or not marks or len(marks) > MARKS else compare(marks, scene)


def _each(compare: Callable[[Any, Any], float], marks: _Marks) -> Array:
    found = np.eye(len(marks))
    for (i, mine), (j, other) in combinations(enumerate(marks), 2):
        found[i, j] = found[j, i] = compare(mine, other)
    return found


def _with_size(compare: _Sized) -> _Compare:
    return lambda marks, scene: None if scene.size_px is None else compare(marks, scene.size_px)


def _as_if_upright(marks: _Marks, scene: Scene) -> Array:
    rows = np.array(marks, dtype=np.float64).reshape(-1, 5)
    rows[:, 4] = 0.0
    return iou(rows, rows)


def _equal(marks: _Marks, scene: Scene) -> Array:
    return np.array(equality_matrix(marks))


def _linear_points(marks: _Marks, scene: Scene) -> Any:
    return point_similarity(marks, "linear", diagonal_px=scene.diagonal_px or UNKNOWN_DIAGONAL_PX)


def _points(platform: str) -> _Compare:
    return _with_size(lambda marks, size: platform_points(platform, [(mark.x, mark.y) for mark in marks], size))


def _cvat_lines(marks: _Marks, size: tuple[float, float]) -> Array:
    return _each(lambda a, b: cvat_shapes.line_similarity(a.points, b.points, *size), marks)


def _lengths(marks: _Marks, size: tuple[float, float]) -> Array:
    """RedBrick's measurements have two ends; longer lines it is not known to compare, and ours are."""
    found = as_dense(polyline_similarity(marks, diagonal_px=hypot(*size))).copy()
    for i, j in combinations([i for i, mark in enumerate(marks) if len(mark.points) == 2], 2):
        found[i, j] = found[j, i] = redbrick.length_similarity(marks[i].points, marks[j].points, size)
    return found


def _angles(marks: _Marks, scene: Scene) -> Array:
    """Angles all at once as `redbrick.angle_similarity` has two, the first arm with the first, as they were drawn.

    An arm without length is turned by nothing from another such arm, and by half a circle from any other.
    """
    arms = np.array([mark.arms for mark in marks], dtype=np.float64)
    arms -= np.array([mark.vertex for mark in marks], dtype=np.float64)[:, None]
    turn = np.arctan2(arms[..., 1], arms[..., 0])
    apart = np.abs(turn[:, None] - turn)
    apart = np.minimum(apart, 2.0 * np.pi - apart)
    none: NDArray[np.bool_] = np.logical_not(arms.any(axis=2))
    apart[none[:, None] != none] = np.pi
    found: Array = 1.0 - apart.sum(axis=2) / (2.0 * np.pi)
    return found


_COMPARED: Final[dict[tuple[str, str], _Compare]] = {
    ("ango", "point"): _linear_points,
    ("cvat", "point"): _with_size(
        lambda marks, size: _each(lambda a, b: cvat_shapes.point_similarity((a.x, a.y), (b.x, b.y), *size), marks)
    ),
    ("cvat", "polyline"): _with_size(_cvat_lines),
    ("cvat", "keypoints"): lambda marks, scene: _each(cvat_shapes.skeleton_similarity, marks),
    ("dataloop", "box"): _as_if_upright,
    ("label_studio", "box"): _as_if_upright,
    ("label_studio", "ellipse"): _equal,
    ("label_studio", "mask"): _equal,
    ("label_studio", "point"): _points("label_studio"),
    ("label_studio", "polyline"): _equal,
    ("label_studio", "track"): lambda marks, scene: _each(label_studio.track_similarity, marks),
    ("redbrick", "angle"): _angles,
    ("redbrick", "point"): _points("redbrick"),
    ("redbrick", "polyline"): _with_size(_lengths),
}
