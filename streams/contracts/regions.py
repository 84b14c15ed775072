"""Regions: the answers inside a submission, one struct per type.

`msgspec` checks types and ranges while it parses and names the JSON path of what is wrong. What JSON's types can't say
(a mask's runs that do not fill its size) `stages.decode` checks. A region of a type that is not listed here is kept
whole, as an `UnscoredRegion`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

__all__ = [
    "FARTHEST",
    "Angle",
    "AttributeValue",
    "Boolean",
    "Box",
    "Choice",
    "Choices",
    "Cuboid",
    "Ellipse",
    "Identifier",
    "Keypoints",
    "Mask",
    "Number",
    "Point",
    "Polygon",
    "Polyline",
    "Ranking",
    "Rating",
    "Region",
    "Relation",
    "ScoredRegion",
    "Segment",
    "Span",
    "Taxonomy",
    "Text",
    "Track",
    "TrackFrame",
    "UnscoredRegion",
]

Identifier = Annotated[str, Meta(min_length=1, max_length=256)]
"""An id of the producer's own making."""

End = Annotated[str, Meta(min_length=1, max_length=513)]
"""Of a relation: the id of a region, or as decisions name what is in no consensus, `submission_id/region_id`."""

Label = Annotated[str, Meta(max_length=1024)]

FARTHEST = 1e9
Coordinate = Annotated[float, Meta(ge=-FARTHEST, le=FARTHEST)]
"""Pixels (or the tool's unit). The bound keeps every area and sum finite; no image is a billion pixels wide."""

Extent = Annotated[float, Meta(ge=0, le=FARTHEST)]
RasterSide = Annotated[int, Meta(ge=1, le=2**31 - 1)]
"""Pixels. How many are read the worker's `max_mask_side_px` says."""

Degrees = Annotated[float, Meta(ge=-1e6, le=1e6)]
Place = tuple[Coordinate, Coordinate]

WholeNumber = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""At most 64 bits: the stored form holds no others, and one that decodes and can't be stored would stop the worker."""

AttributeValue = str | WholeNumber | float | bool | None


class RegionBase(Struct, tag_field="type", kw_only=True, omit_defaults=True, gc=False):
    """What every region has: the control that it answers, and an id that is unique within its submission."""

    control: Identifier
    id: Annotated[str, Meta(max_length=256)] = ""
    """Empty where the producer sends none; `stages.decode` then numbers it `r1`, `r2`, … by place."""


class Choice(RegionBase, kw_only=True, tag="choice"):
    """One answer out of several."""

    value: Label


class Choices(RegionBase, kw_only=True, tag="choices", gc=False):
    """Any number of answers out of several."""

    value: list[Label]


class Boolean(RegionBase, kw_only=True, tag="boolean"):
    """Yes or no."""

    value: bool


class Text(RegionBase, kw_only=True, tag="text"):
    """Free text."""

    value: str


class Number(RegionBase, kw_only=True, tag="number"):
    """A number on a scale of the control's own."""

    value: Annotated[float, Meta(ge=-1e15, le=1e15)]


class Rating(RegionBase, kw_only=True, tag="rating"):
    """A step of an ordered scale."""

    value: Annotated[float, Meta(ge=-1e15, le=1e15)]


class Ranking(RegionBase, kw_only=True, tag="ranking", gc=False):
    """Items in order, best first."""

    items: list[Label]


class Taxonomy(RegionBase, kw_only=True, tag="taxonomy", gc=False):
    """Places in a tree, each as the path from its root."""

    paths: list[list[Label]]


class LabelledBase(RegionBase, kw_only=True, gc=False):
    """A region that marks something."""

    label: Label = ""
    attributes: dict[str, AttributeValue] = {}
    text: str | None = None
    """What the marked place reads (OCR)."""


class Box(LabelledBase, kw_only=True, tag="box", gc=False):
    """A box, possibly rotated; top-left corner and size before the rotation, in pixels."""

    x: Coordinate
    y: Coordinate
    width: Coordinate
    height: Coordinate
    rotation_degrees: Degrees = 0.0
    """Clockwise about the centre of the box."""


class Polygon(LabelledBase, kw_only=True, tag="polygon", gc=False):
    """A closed outline, with holes."""

    points: list[Place]
    holes: list[list[Place]] = []


class Polyline(LabelledBase, kw_only=True, tag="polyline", gc=False):
    """An open line."""

    points: list[Place]


class Mask(LabelledBase, kw_only=True, tag="mask", gc=False):
    """Pixels, as COCO's run lengths (column by column): a list, or COCO's compressed string."""

    size: tuple[RasterSide, RasterSide]
    """Height, width."""
    counts: list[Annotated[int, Meta(ge=0, le=10**18)]] | str


class Point(LabelledBase, kw_only=True, tag="point", gc=False):
    """One place."""

    x: Coordinate
    y: Coordinate


class Keypoints(LabelledBase, kw_only=True, tag="keypoints", gc=False):
    """Named joints, each x, y and COCO's visibility: 0 not there, 1 hidden, 2 visible."""

    points: dict[Label, tuple[Coordinate, Coordinate, Annotated[int, Meta(ge=0, le=2)]]]


class Ellipse(LabelledBase, kw_only=True, tag="ellipse", gc=False):
    """An ellipse by centre and half axes."""

    cx: Coordinate
    cy: Coordinate
    rx: Extent
    ry: Extent
    rotation_degrees: Degrees = 0.0


class Span(LabelledBase, kw_only=True, tag="span", gc=False):
    """Characters `start` up to and without `end`."""

    start: Annotated[int, Meta(ge=0, le=10**12)]
    end: Annotated[int, Meta(ge=0, le=10**12)]


class Segment(LabelledBase, kw_only=True, tag="segment", gc=False):
    """A stretch of time of one channel."""

    start_seconds: Coordinate
    end_seconds: Coordinate
    channel: str | WholeNumber | None = None


class TrackFrame(Struct, gc=False):
    """A box at a key frame."""

    x: Coordinate
    y: Coordinate
    width: Extent
    height: Extent


class Track(LabelledBase, kw_only=True, tag="track", gc=False):
    """A box through time: key frames, linear between them."""

    frames: dict[Annotated[int, Meta(ge=0, le=10**9)], TrackFrame]


class Cuboid(LabelledBase, kw_only=True, tag="cuboid", gc=False):
    """A 3-D box: centre, size along its own axes, rotation about x, y and z in degrees."""

    center: tuple[Coordinate, Coordinate, Coordinate]
    size: tuple[Extent, Extent, Extent]
    rotation: tuple[Degrees, Degrees, Degrees] = (0.0, 0.0, 0.0)


class Angle(LabelledBase, kw_only=True, tag="angle", gc=False):
    """An angle: its vertex and a place on each arm."""

    vertex: Place
    arms: tuple[Place, Place]


class Relation(LabelledBase, kw_only=True, tag="relation", gc=False, rename={"source": "from", "target": "to"}):
    """Two regions of the same submission that belong together."""

    source: End
    target: End
    directed: bool = False


ScoredRegion = (
    Choice | Choices | Boolean | Text | Number | Rating | Ranking | Taxonomy | Box | Polygon | Polyline | Mask | Point
    | Keypoints | Ellipse | Span | Segment | Track | Cuboid | Angle | Relation
)  # fmt: skip
"""The region types that `scoring` compares."""


class UnscoredRegion(RegionBase, kw_only=True, tag="unscored", gc=False):
    """A region that takes no part in the score, kept as it came. Made by `stages.decode`, never by a producer."""

    reason: Literal["no_metric", "zero_size_box"]
    raw: dict[str, Any]


Region = ScoredRegion | UnscoredRegion
