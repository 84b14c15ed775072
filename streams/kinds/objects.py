"""The object kinds: everything that is drawn, marked or connected.

A kind says how a region becomes a shape of `scoring`, how shapes are compared, and how those of one cluster become one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scoring.agreement.boxes import box_similarity_matrix
from scoring.agreement.similarity import Similarity, entries
from scoring.consensus.boxes import fuse_clusters
from scoring.sequences.segment import Segment, fuse_segment, segment_similarity
from scoring.sequences.span import Span, fuse_span, span_similarity
from scoring.sequences.track import track_of, track_similarity
from scoring.sequences.track_fusion import fuse_track
from scoring.shapes.angle import Angle, angle_similarity, fuse_angle
from scoring.shapes.box import Box
from scoring.shapes.common import UNKNOWN_DIAGONAL_PX, fused_confidence
from scoring.shapes.cuboid import Cuboid, cuboid_similarity, fuse_cuboid
from scoring.shapes.ellipse import Ellipse, ellipse_similarity, fuse_ellipse
from scoring.shapes.keypoints import Keypoints, fuse_keypoints, keypoints_similarity
from scoring.shapes.mask import Mask, mask_similarity
from scoring.shapes.mask_fusion import fuse_mask
from scoring.shapes.mixed import Area, area_similarity, fuse_area
from scoring.shapes.point import Point, fuse_point, point_similarity
from scoring.shapes.polygon import Polygon, fuse_polygon, polygon_similarity
from scoring.shapes.polyline import Polyline, fuse_polyline, polyline_similarity
from scoring.types import Array
from streams.kinds.base import Fused, ObjectKind, Scene, tag_of
from streams.kinds.relations import compare_links, fuse_links, link_fields
from streams.plan import ControlPlan
from streams.platforms import MARKS, PLATFORM_POINTS, platform_points

__all__ = ["OBJECT_KINDS"]

_DEFAULT_TOLERANCE_SECONDS = 0.2
"""CVAT's tolerance for the ends of audio intervals."""
_DEFAULT_TOLERANCE_CHARACTERS = 1
_ROUNDING_PX = 1e-6

_One = Callable[[Sequence[Any], Sequence[float], ControlPlan, Scene], Any]
_Compare = Callable[[Sequence[Any], ControlPlan, Scene], Similarity]


def _diagonal(scene: Scene) -> float:
    return scene.diagonal_px or UNKNOWN_DIAGONAL_PX


def _one_by_one(compare: _Compare, fuse_one: _One) -> Any:
    """Cluster by cluster, for kinds that have nothing to gain from all at once."""

    def fuse(
        shapes: Sequence[Any],
        clusters: Sequence[Sequence[int]],
        total_weight: float,
        weights: Sequence[float],
        plan: ControlPlan,
        scene: Scene,
    ) -> list[Fused]:
        made: list[Fused] = []
        for members in clusters:
            own, weight = [shapes[i] for i in members], [weights[i] for i in members]
            shape = fuse_one(own, weight, plan, scene)
            overlaps = entries(compare([shape, *own], plan, scene), range(1, len(own) + 1), 0)
            made.append(Fused(shape, overlaps, fused_confidence(overlaps, weight, total_weight)))
        return made

    return fuse


def _kind(
    name: str,
    shape: Callable[[Any], Any],
    compare: _Compare,
    fuse_one: _One,
    fields: Callable[[Any], dict[str, Any]],
) -> ObjectKind:
    return ObjectKind(name, shape, compare, _one_by_one(compare, fuse_one), fields)


# ---- boxes: rows of numbers, fused all at once, because they are what most projects have


def _box_row(region: Any) -> tuple[float, ...]:
    return (region.x, region.y, region.width, region.height, region.rotation_degrees)


def _rows(shapes: Sequence[tuple[float, ...]]) -> Array:
    return np.array(shapes, dtype=np.float64).reshape(-1, 5)


def _compare_boxes(shapes: Sequence[Any], plan: ControlPlan, scene: Scene) -> Similarity:
    if plan.similarity == "iou":
        return box_similarity_matrix(_rows(shapes))
    return _compare_areas([Box(*row) for row in shapes], plan, scene)


def _fuse_boxes(
    shapes: Sequence[Any],
    clusters: Sequence[Sequence[int]],
    total_weight: float,
    weights: Sequence[float],
    plan: ControlPlan,
    scene: Scene,
) -> list[Fused]:
    made = fuse_clusters(_rows(shapes), clusters, total_weight, weights, plan.fusion)  # type: ignore[arg-type]
    fused = [Fused(tuple(one.box.tolist()), one.overlaps, one.confidence) for one in made]
    if plan.similarity == "iou":
        return fused
    boxes = iter(one.shape for one in fused)  # in the order of their clusters; only how alike they are is another
    return _one_by_one(_compare_boxes, lambda *_: next(boxes))(  # type: ignore[no-any-return]
        shapes, clusters, total_weight, weights, plan, scene
    )


def _box_fields(row: tuple[float, ...]) -> dict[str, Any]:
    return dict(zip(("x", "y", "width", "height", "rotation_degrees"), row, strict=True))


# ---- outlines and pixels


def _tolerance_px(plan: ControlPlan) -> float | None:
    """The metric's own for none; for 0 what rounding can do: no two outlines are the same to the last bit."""
    return None if plan.tolerance is None else max(plan.tolerance, _ROUNDING_PX)


def _compare_polygons(shapes: Sequence[Any], plan: ControlPlan, scene: Scene) -> Array:
    return polygon_similarity(shapes, plan.similarity, tolerance_px=_tolerance_px(plan), diagonal_px=_diagonal(scene))  # type: ignore[arg-type]


def _fuse_polygon(shapes: Sequence[Any], weights: Sequence[float], plan: ControlPlan, scene: Scene) -> Polygon:
    return fuse_polygon(shapes, weights, plan.fusion)  # type: ignore[arg-type]


def _polygon_fields(shape: Polygon) -> dict[str, Any]:
    return {"points": [list(p) for p in shape.points], "holes": [[list(p) for p in hole] for hole in shape.holes]}


def _compare_masks(shapes: Sequence[Any], plan: ControlPlan, scene: Scene) -> Array:
    return mask_similarity(shapes, plan.similarity, tolerance_px=_tolerance_px(plan), diagonal_px=scene.diagonal_px)  # type: ignore[arg-type]


def _fuse_mask(shapes: Sequence[Any], weights: Sequence[float], plan: ControlPlan, scene: Scene) -> Mask:
    return fuse_mask(shapes, weights, plan.fusion)  # type: ignore[arg-type]


def _mask_fields(shape: Mask) -> dict[str, Any]:
    return {"size": list(shape.size), "counts": shape.compressed}


# ---- whatever covers a place: the tool is the annotator's choice


def _area(region: Any) -> Area:
    kind = tag_of(type(region))
    return Box(*_box_row(region)) if kind == "box" else OBJECT_KINDS[kind].shape(region)


def _compare_areas(shapes: Sequence[Any], plan: ControlPlan, scene: Scene) -> Array:
    return area_similarity(shapes, plan.similarity, tolerance_px=_tolerance_px(plan), diagonal_px=_diagonal(scene))  # type: ignore[arg-type]


def _area_fields(shape: Area) -> dict[str, Any]:
    """With the type of region that it is."""
    if isinstance(shape, Box):
        return {"type": "box", **_box_fields(dataclasses.astuple(shape))}
    kind = type(shape).__name__.lower()
    return {"type": kind, **OBJECT_KINDS[kind].fields(shape)}


# ---- lines, points and figures


def _compare_ellipses(shapes: Sequence[Any], plan: ControlPlan, scene: Scene) -> Array:
    return ellipse_similarity(shapes, plan.similarity, tolerance_px=_tolerance_px(plan), diagonal_px=_diagonal(scene))  # type: ignore[arg-type]


def _compare_polylines(shapes: Sequence[Any], plan: ControlPlan, scene: Scene) -> Array:
    return polyline_similarity(shapes, plan.similarity, diagonal_px=_diagonal(scene))  # type: ignore[arg-type]


def _fuse_polyline(shapes: Sequence[Any], weights: Sequence[float], plan: ControlPlan, scene: Scene) -> Polyline:
    return fuse_polyline(shapes, weights, metric=plan.similarity, diagonal_px=_diagonal(scene))  # type: ignore[arg-type]


def _compare_points(shapes: Sequence[Any], plan: ControlPlan, scene: Scene) -> Array:
    if plan.similarity in PLATFORM_POINTS:
        if scene.size_px is not None and len(shapes) <= MARKS:
            return platform_points(plan.similarity, [(s.x, s.y) for s in shapes], scene.size_px)
        return point_similarity(shapes, diagonal_px=_diagonal(scene))
    return point_similarity(shapes, plan.similarity, diagonal_px=_diagonal(scene))  # type: ignore[arg-type]


def _compare_keypoints(shapes: Sequence[Any], plan: ControlPlan, scene: Scene) -> Array:
    return keypoints_similarity(shapes, diagonal_px=_diagonal(scene))


def _keypoint_fields(shape: Keypoints) -> dict[str, Any]:
    return {"points": {joint.name: [joint.x, joint.y, joint.visibility] for joint in shape.joints}}


# ---- ranges of text and time


def _compare_spans(shapes: Sequence[Any], plan: ControlPlan, scene: Scene) -> Array:
    characters = _DEFAULT_TOLERANCE_CHARACTERS if plan.tolerance is None else int(plan.tolerance)
    return span_similarity(shapes, plan.similarity, characters)  # type: ignore[arg-type]


def _compare_segments(shapes: Sequence[Any], plan: ControlPlan, scene: Scene) -> Array:
    seconds = _DEFAULT_TOLERANCE_SECONDS if plan.tolerance is None else plan.tolerance
    return segment_similarity(shapes, plan.similarity, seconds)  # type: ignore[arg-type]


def _track(region: Any) -> Any:
    return track_of({frame: (at.x, at.y, at.width, at.height) for frame, at in region.frames.items()})


def _track_fields(shape: Any) -> dict[str, Any]:
    names = ("x", "y", "width", "height")
    return {
        "frames": {str(f): dict(zip(names, box, strict=True)) for f, box in zip(shape.frames, shape.boxes, strict=True)}
    }


OBJECT_KINDS: dict[str, ObjectKind] = {
    kind.name: kind
    for kind in (
        ObjectKind("box", _box_row, _compare_boxes, _fuse_boxes, _box_fields),
        _kind("polygon", lambda r: Polygon.of(r.points, r.holes), _compare_polygons, _fuse_polygon, _polygon_fields),
        _kind("mask", lambda r: Mask.of(r.size, r.counts), _compare_masks, _fuse_mask, _mask_fields),
        _kind("area", _area, _compare_areas, lambda s, w, plan, scene: fuse_area(s, w), _area_fields),
        _kind(
            "polyline", lambda r: Polyline.of(r.points), _compare_polylines, _fuse_polyline,
            lambda s: {"points": [list(p) for p in s.points]},
        ),
        _kind(
            "point", lambda r: Point(r.x, r.y), _compare_points, lambda s, w, plan, scene: fuse_point(s, w),
            lambda s: {"x": s.x, "y": s.y},
        ),
        _kind(
            "keypoints", lambda r: Keypoints.of(r.points), _compare_keypoints,
            lambda s, w, plan, scene: fuse_keypoints(s, w), _keypoint_fields,
        ),
        _kind(
            "ellipse", lambda r: Ellipse(r.cx, r.cy, r.rx, r.ry, r.rotation_degrees),
            _compare_ellipses, lambda s, w, plan, scene: fuse_ellipse(s, w),
            lambda s: {"cx": s.cx, "cy": s.cy, "rx": s.rx, "ry": s.ry, "rotation_degrees": s.rotation_degrees},
        ),
        _kind(
            "span", lambda r: Span(r.start, r.end), _compare_spans, lambda s, w, plan, scene: fuse_span(s, w),
            lambda s: {"start": s.start, "end": s.end},
        ),
        _kind(
            "segment", lambda r: Segment(r.start_seconds, r.end_seconds, r.channel), _compare_segments,
            lambda s, w, plan, scene: fuse_segment(s, w),
            lambda s: {"start_seconds": s.start_seconds, "end_seconds": s.end_seconds, "channel": s.channel},
        ),
        _kind(
            "track", _track, lambda s, plan, scene: track_similarity(s), lambda s, w, plan, scene: fuse_track(s, w),
            _track_fields,
        ),
        _kind(
            "cuboid", lambda r: Cuboid.of(r.center, r.size, r.rotation), lambda s, plan, scene: cuboid_similarity(s),
            lambda s, w, plan, scene: fuse_cuboid(s, w),
            lambda s: {"center": list(s.center), "size": list(s.size), "rotation": list(s.rotation_degrees)},
        ),
        _kind("relation", lambda r: r, compare_links, fuse_links, link_fields),
        _kind(
            "angle", lambda r: Angle.of(r.vertex, r.arms),
            lambda s, plan, scene: angle_similarity(s, diagonal_px=_diagonal(scene)),
            lambda s, w, plan, scene: fuse_angle(s, w),
            lambda s: {"vertex": list(s.vertex), "arms": [list(arm) for arm in s.arms]},
        ),
    )
}  # fmt: skip
"""By region type."""
