"""Two marks as other platforms compare them, by the formulas of `scoring.profiles`, over all marks of a control.

Only the score is worked out by them. Which marks are one object of the consensus our own similarity says: under a
measure such as Label Studio's equality of ellipses nobody would ever have seen the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import hypot, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scoring.agreement.boxes import iou
from scoring.agreement.nominal import equality_matrix
from scoring.agreement.similarity import as_dense
from scoring.profiles import cvat_shapes
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


def _each(compare: Callable[[Any, Any], float], marks: _Marks, near: NDArray[np.bool_]) -> Array:
    """Every two that are near enough to share anything; 1 with oneself."""
    found = np.eye(len(marks))
    first, second = np.nonzero(np.triu(near, 1))
    for i, j in zip(first.tolist(), second.tolist(), strict=True):
        found[i, j] = found[j, i] = compare(marks[i], marks[j])
    return found


def _boxes_meet(places: Sequence[Array], room_px: float) -> NDArray[np.bool_]:
    """Whether the boxes around the places of two marks, (k, 2) each, come within so many px; never without a place."""
    nowhere = np.full((1, 2), np.inf)
    low = np.array([np.min(own if len(own) else nowhere, axis=0) for own in places])
    high = np.array([np.max(own if len(own) else -nowhere, axis=0) for own in places])
    meet: NDArray[np.bool_] = np.logical_and.reduce(low[:, None] <= high + room_px, axis=2)
    return meet & meet.T


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
    # Six of the kernel's scales: lines further apart would come to less than exp(-18), and no threshold is that low.
    room_px = 12.0 * cvat_shapes.LINE_RADIUS * sqrt(size[0] * size[1])
    places = [np.array(mark.points, dtype=np.float64).reshape(-1, 2) for mark in marks]
    near = _boxes_meet(places, room_px)
    bare = np.array([not len(own) for own in places])
    return _each(
        lambda a, b: cvat_shapes.line_similarity(a.points, b.points, *size), marks, near | (bare[:, None] & bare)
    )


def _cvat_points(marks: _Marks, size: tuple[float, float]) -> Array:
    places = np.array([(mark.x, mark.y) for mark in marks], dtype=np.float64)
    square = np.square(places[:, None] - places).sum(axis=2)
    with np.errstate(under="ignore"):
        found: Array = np.exp(-square / (2.0 * size[0] * size[1] * (2.0 * cvat_shapes.OKS_SIGMA) ** 2))
    return found


def _cvat_skeletons(marks: _Marks, scene: Scene) -> Array:
    places = [np.array([(joint.x, joint.y) for joint in mark.joints]).reshape(-1, 2) for mark in marks]
    return _each(cvat_shapes.skeleton_similarity, marks, _boxes_meet(places, 0.0))


def _tracks(marks: _Marks, scene: Scene) -> Array:
    """As `label_studio.track_similarity` has two, frame by frame: all tracks with a key frame there at once."""
    shared, common = np.zeros((2, len(marks), len(marks)))
    there: dict[int, list[tuple[int, tuple[float, ...]]]] = {}
    for i, mark in enumerate(marks):
        for frame, box in zip(mark.frames, mark.boxes, strict=True):
            there.setdefault(frame, []).append((i, (*box, 0.0)))
    for keyed in there.values():
        at = np.ix_(*[[i for i, _ in keyed]] * 2)
        rows = np.array([box for _, box in keyed], dtype=np.float64)
        shared[at] += iou(rows, rows)
        common[at] += 1.0
    frames = np.array([len(mark.frames) for mark in marks], dtype=np.float64)
    either = frames[:, None] + frames - common
    found: Array = np.divide(shared, either, out=np.ones_like(shared), where=either > 0.0)
    return found


def _lengths(marks: _Marks, size: tuple[float, float]) -> Array:
    """RedBrick's measurements have two ends, all at once as `redbrick.length_similarity` has two.

    Longer lines it is not known to compare; ours are.
    """
    measured = [i for i, mark in enumerate(marks) if len(mark.points) == 2]
    found = np.zeros((len(marks), len(marks)))
    if len(measured) < len(marks):
        found += as_dense(polyline_similarity(marks, diagonal_px=hypot(*size)))
    if measured:
        ends = [place for i in measured for place in marks[i].points]
        alike = platform_points("redbrick", ends, size).reshape(len(measured), 2, len(measured), 2)
        forth, back = alike[:, 0, :, 0] + alike[:, 1, :, 1], alike[:, 0, :, 1] + alike[:, 1, :, 0]
        found[np.ix_(measured, measured)] = np.maximum(forth, back) / 2.0
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
    ("cvat", "point"): _with_size(_cvat_points),
    ("cvat", "polyline"): _with_size(_cvat_lines),
    ("cvat", "keypoints"): _cvat_skeletons,
    ("dataloop", "box"): _as_if_upright,
    ("label_studio", "box"): _as_if_upright,
    ("label_studio", "ellipse"): _equal,
    ("label_studio", "mask"): _equal,
    ("label_studio", "point"): _points("label_studio"),
    ("label_studio", "polyline"): _equal,
    ("label_studio", "track"): _tracks,
    ("redbrick", "angle"): _angles,
    ("redbrick", "point"): _points("redbrick"),
    ("redbrick", "polyline"): _with_size(_lengths),
}
