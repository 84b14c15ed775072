"""Regions as lines to be drawn: SVG paths in the picture's pixels, and ranges on a line of text or time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import shapely

from scoring.shapes.mask import Mask as Runs
from scoring.shapes.mask import mask_regions
from streams.contracts.regions import (
    Angle,
    Box,
    Cuboid,
    Ellipse,
    Keypoints,
    Mask,
    Point,
    Polygon,
    Polyline,
    Region,
    Segment,
    Span,
    Track,
)

__all__ = ["Extent", "Outline", "Range", "around", "extent_of", "outline_of", "range_of"]

_MOST_KEY_FRAMES = 8
_MASK_DETAIL_SHARE = 0.001
"""Of the mask's longer side: finer steps of its outline are not seen at the size of the page."""

_Place = Sequence[float]


class Extent(NamedTuple):
    """A rectangle, in pixels."""

    left: float
    top: float
    right: float
    bottom: float


class Outline(NamedTuple):
    """A region as it is drawn."""

    path: str
    """The `d` of an SVG path."""
    kind: str
    """`area` is filled, `line` is not, `dots` are places without an extent."""
    extent: Extent
    label: str
    control: str


class Range(NamedTuple):
    """A stretch of a text (characters) or of a recording (seconds)."""

    start: float
    end: float
    label: str
    control: str
    unit: str


def outline_of(region: Region) -> Outline | None:
    """How a region is drawn; none where it is no shape in a picture, or one that encloses nothing to draw.

    A track is drawn as its key frames (at most eight of them) and the way of their centres, a cuboid as seen from
    above.

    >>> outline_of(Box(control="c", label="car", x=1, y=2, width=3, height=4)).path
    'M1 2L4 2L4 6L1 6Z'
    """
    if isinstance(region, Mask):
        rings = _mask_rings(region)
        return _outline(region.label, region.control, "area", rings, closed=True)
    if isinstance(region, Box):
        return _outline(region.label, region.control, "area", [_box_corners(region)], closed=True)
    if isinstance(region, Polygon):
        return _outline(region.label, region.control, "area", [region.points, *region.holes], closed=True)
    if isinstance(region, Cuboid):
        return _outline(region.label, region.control, "area", [_footprint(region)], closed=True)
    if isinstance(region, Ellipse):
        return _ellipse(region)
    if isinstance(region, Polyline):
        return _outline(region.label, region.control, "line", [region.points])
    if isinstance(region, Angle):
        first, second = region.arms
        return _outline(region.label, region.control, "line", [[first, region.vertex, second]])
    if isinstance(region, Track):
        return _outline(region.label, region.control, "line", _track_lines(region))
    if isinstance(region, Point):
        return _dots(region.label, region.control, [(region.x, region.y)])
    if isinstance(region, Keypoints):
        return _dots(region.label, region.control, [(x, y) for x, y, visible in region.points.values() if visible])
    return None


def range_of(region: Region) -> Range | None:
    """A span or a segment; none for anything else."""
    if isinstance(region, Span):
        return Range(region.start, region.end, region.label, region.control, "characters")
    if isinstance(region, Segment):
        return Range(region.start_seconds, region.end_seconds, region.label, region.control, "seconds")
    return None


def extent_of(outlines: Iterable[Outline]) -> Extent | None:
    """What encloses all; none of none."""
    extents = [outline.extent for outline in outlines]
    return around(extents) if extents else None


def around(extents: Sequence[Extent]) -> Extent:
    """The smallest rectangle around these, of which there is at least one.

    >>> around([Extent(0, 0, 1, 1), Extent(2, -1, 3, 1)])
    Extent(left=0, top=-1, right=3, bottom=1)
    """
    left, top, right, bottom = zip(*extents, strict=True)
    return Extent(min(left), min(top), max(right), max(bottom))


def _outline(
    label: str, control: str, kind: str, lines: Sequence[Sequence[_Place]], closed: bool = False
) -> Outline | None:
    drawn = [line for line in lines if len(line) > 0]
    if not drawn:
        return None
    path = "".join("M" + "L".join(f"{_px(x)} {_px(y)}" for x, y in line) + ("Z" if closed else "") for line in drawn)
    return Outline(path, kind, _enclosing(chain.from_iterable(drawn)), label, control)


def _dots(label: str, control: str, places: Sequence[_Place]) -> Outline | None:
    if not places:
        return None
    # A line of no length with round ends is a dot of the line's width, however far the picture is scaled.
    path = "".join(f"M{_px(x)} {_px(y)}h0" for x, y in places)
    return Outline(path, "dots", _enclosing(places), label, control)


def _ellipse(region: Ellipse) -> Outline:
    turn = math.radians(region.rotation_degrees)
    dx, dy = region.rx * math.cos(turn), region.rx * math.sin(turn)
    arc = f"A{_px(region.rx)} {_px(region.ry)} {_px(region.rotation_degrees)} 1 1 "
    x, y = region.cx, region.cy
    path = f"M{_px(x - dx)} {_px(y - dy)}{arc}{_px(x + dx)} {_px(y + dy)}{arc}{_px(x - dx)} {_px(y - dy)}Z"
    wide = math.hypot(dx, region.ry * math.sin(turn))
    high = math.hypot(dy, region.ry * math.cos(turn))
    return Outline(path, "area", Extent(x - wide, y - high, x + wide, y + high), region.label, region.control)


def _box_corners(box: Box) -> list[_Place]:
    centre = (box.x + box.width / 2, box.y + box.height / 2)
    return _turned(centre, box.width, box.height, box.rotation_degrees)


def _footprint(cuboid: Cuboid) -> list[_Place]:
    return _turned(cuboid.center[:2], cuboid.size[0], cuboid.size[1], cuboid.rotation[2])


def _turned(centre: _Place, width: float, height: float, degrees: float) -> list[_Place]:
    """The corners of a rectangle turned about its centre: clockwise, as y points down."""
    # Exact where it is upright, so that a box is drawn on the pixel that it was given.
    turn = math.radians(degrees)
    cos, sin = (1.0, 0.0) if degrees == 0 else (math.cos(turn), math.sin(turn))
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    halves = [(sx * width / 2, sy * height / 2) for sx, sy in corners]
    return [(centre[0] + dx * cos - dy * sin, centre[1] + dx * sin + dy * cos) for dx, dy in halves]


def _track_lines(track: Track) -> list[Sequence[_Place]]:
    frames = [track.frames[number] for number in sorted(track.frames)]
    step = max(1, math.ceil(len(frames) / _MOST_KEY_FRAMES))
    boxes = [_turned((f.x + f.width / 2, f.y + f.height / 2), f.width, f.height, 0) for f in frames[::step]]
    way = [(f.x + f.width / 2, f.y + f.height / 2) for f in frames]
    return [*([*box, box[0]] for box in boxes), way]


def _mask_rings(mask: Mask) -> list[list[_Place]]:
    outline = mask_regions([Runs.of(mask.size, mask.counts)])[0]
    coarse = shapely.simplify(outline, _MASK_DETAIL_SHARE * max(mask.size))
    rings = (ring for part in shapely.get_parts(coarse) for ring in (part.exterior, *part.interiors))
    return [[(x, y) for x, y in ring.coords[:-1]] for ring in rings]


def _enclosing(places: Iterable[_Place]) -> Extent:
    xs, ys = zip(*places, strict=True)
    return Extent(min(xs), min(ys), max(xs), max(ys))


def _px(value: float) -> str:
    return f"{value:z.2f}".rstrip("0").rstrip(".")
