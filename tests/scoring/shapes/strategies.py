"""What the property tests of shapes draw from: shapes near one another, shapes without size, and coordinates at the end
of what an event may carry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from scoring.shapes import (
    Angle,
    Box,
    Cuboid,
    Ellipse,
    Keypoints,
    Mask,
    Point,
    Polygon,
    Polyline,
    angle_similarity,
    area_similarity,
    box_similarity,
    cuboid_similarity,
    ellipse_similarity,
    fuse_angle,
    fuse_area,
    fuse_box,
    fuse_cuboid,
    fuse_ellipse,
    fuse_keypoints,
    fuse_mask,
    fuse_point,
    fuse_polygon,
    fuse_polyline,
    keypoints_similarity,
    mask_similarity,
    point_similarity,
    polygon_similarity,
    polyline_similarity,
)
from scoring.types import Array

# Few whole numbers make equal, touching and flat shapes common; the rest is anything that decodes.
near = st.one_of(st.integers(0, 8).map(float), st.floats(0, 30))
anywhere = st.one_of(near, st.floats(-1e9, 1e9), st.sampled_from([1e9, -1e9, 1e-300, -0.0]))
sizes = st.one_of(st.integers(0, 6).map(float), st.floats(0, 20), st.sampled_from([0.0, 1e-9, 1e9]))
turns = st.one_of(st.sampled_from([0.0, 90.0, 180.0, 45.0]), st.floats(-400, 400))

places = st.tuples(anywhere, anywhere)
rings = st.lists(st.one_of(st.tuples(near, near), places), max_size=7).map(tuple)

points = st.builds(Point, anywhere, anywhere)
polygons = st.builds(Polygon, rings, st.lists(rings, max_size=2).map(tuple))
polylines = st.builds(Polyline, rings)
boxes = st.builds(Box, anywhere, anywhere, sizes, sizes, turns)
ellipses = st.builds(Ellipse, anywhere, anywhere, sizes, sizes, turns)
angles = st.builds(Angle, places, st.tuples(places, places))
triples = st.tuples(near, near, near)
cuboids = st.builds(
    Cuboid,
    st.one_of(triples, st.tuples(anywhere, anywhere, anywhere)),
    st.tuples(sizes, sizes, sizes),
    st.one_of(st.just((0.0, 0.0, 0.0)), st.tuples(st.just(0.0), st.just(0.0), turns), st.tuples(turns, turns, turns)),
)
keypoints = st.dictionaries(
    st.sampled_from(["head", "hand", "foot"]), st.tuples(anywhere, anywhere, st.sampled_from([0, 1, 2]))
).map(Keypoints.of)


def mask_of_image(image: NDArray[Any]) -> Mask:
    """The mask of a (height, width) image, by the definition: down the columns, background first."""
    pixels = image.astype(bool).ravel(order="F")
    borders = np.flatnonzero(np.diff(pixels, prepend=False)).tolist()
    counts = np.diff([0, *borders, pixels.size]).tolist()
    return Mask.of(list(image.shape), counts)


def image_of_mask(mask: Mask) -> NDArray[np.bool_]:
    """The (height, width) image of a mask, by the definition."""
    pixels = np.repeat(np.arange(len(mask.counts)) % 2 == 1, mask.counts)
    return pixels.reshape(mask.size, order="F")


@st.composite
def images(draw: st.DrawFn, height: int | None = None, width: int | None = None) -> NDArray[np.bool_]:
    rows = draw(st.integers(1, 6)) if height is None else height
    columns = draw(st.integers(1, 6)) if width is None else width
    cells = draw(st.lists(st.booleans(), min_size=rows * columns, max_size=rows * columns))
    return np.array(cells, dtype=bool).reshape(rows, columns)


masks = images().map(mask_of_image)
areas = st.one_of(boxes, ellipses, masks, polygons)


@dataclass(frozen=True)
class Kind:
    """One way to compare and one way to fuse one kind of shape."""

    shapes: st.SearchStrategy[Any]
    similarity: Callable[[Sequence[Any]], Array]
    fuse: Callable[..., Any] | None = None


KINDS = {
    "angle": Kind(angles, angle_similarity, fuse_angle),
    "area": Kind(areas, area_similarity, fuse_area),
    "area, boundary F1": Kind(areas, lambda shapes: area_similarity(shapes, "boundary_f1")),
    "area, GIoU": Kind(areas, lambda shapes: area_similarity(shapes, "giou")),
    "box": Kind(boxes, box_similarity, fuse_box),
    "cuboid": Kind(cuboids, cuboid_similarity, fuse_cuboid),
    "ellipse": Kind(ellipses, ellipse_similarity, fuse_ellipse),
    "ellipse, median": Kind(ellipses, ellipse_similarity, partial(fuse_ellipse, method="median")),
    "keypoints": Kind(keypoints, keypoints_similarity, fuse_keypoints),
    "mask": Kind(masks, mask_similarity, fuse_mask),
    "mask, STAPLE": Kind(masks, mask_similarity, partial(fuse_mask, method="staple")),
    "mask, boundary F1": Kind(masks, lambda shapes: mask_similarity(shapes, "boundary_f1")),
    "point": Kind(points, point_similarity, fuse_point),
    "point, linear": Kind(points, lambda shapes: point_similarity(shapes, "linear")),
    "polygon": Kind(polygons, polygon_similarity, fuse_polygon),
    "polygon, medoid": Kind(polygons, polygon_similarity, partial(fuse_polygon, method="medoid")),
    "polygon, GIoU": Kind(polygons, lambda shapes: polygon_similarity(shapes, "giou")),
    "polyline": Kind(polylines, polyline_similarity, fuse_polyline),
    "polyline, aligned": Kind(polylines, lambda shapes: polyline_similarity(shapes, "aligned")),
    "polyline, directed": Kind(polylines, lambda shapes: polyline_similarity(shapes, "directed")),
}
