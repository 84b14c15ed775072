"""Regions become the lines that a reader expects, to the pixel."""

from __future__ import annotations

import pytest

from streams.contracts.regions import (
    Angle,
    Box,
    Choice,
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
    TrackFrame,
)
from streams.report.shapes import Extent, Outline, Range, outline_of, range_of


def outline(region: Region) -> Outline:
    found = outline_of(region)
    assert found is not None
    return found


def test_a_box_turned_by_a_quarter_keeps_its_centre_and_swaps_its_sides() -> None:
    # Centre (3, 2), 4 wide and 2 high; turned by 90° it is 2 wide and 4 high: x 2..4, y 0..4.
    turned = outline(Box(control="c", x=1, y=1, width=4, height=2, rotation_degrees=90))

    assert turned.extent == pytest.approx(Extent(2, 0, 4, 4))


def test_a_box_turns_clockwise_as_the_picture_s_y_points_down() -> None:
    # The top-left corner (-2, -1) from the centre goes to the top right: (x cos - y sin, x sin + y cos) = (1, -2).
    turned = outline(Box(control="c", x=1, y=1, width=4, height=2, rotation_degrees=90))

    assert turned.path.startswith("M4 0L")


def test_a_polygon_is_drawn_with_its_holes() -> None:
    ring: list[tuple[float, float]] = [(0, 0), (9, 0), (9, 9)]
    hole: list[tuple[float, float]] = [(5, 1), (6, 1), (6, 2)]

    drawn = outline(Polygon(control="c", label="lake", points=ring, holes=[hole]))

    assert (drawn.path, drawn.kind, drawn.label) == ("M0 0L9 0L9 9ZM5 1L6 1L6 2Z", "area", "lake")


def test_an_ellipse_s_extent_is_that_of_its_turned_axes() -> None:
    upright = outline(Ellipse(control="c", cx=10, cy=20, rx=4, ry=2))
    turned = outline(Ellipse(control="c", cx=10, cy=20, rx=4, ry=2, rotation_degrees=90))

    assert upright.extent == pytest.approx(Extent(6, 18, 14, 22))
    assert turned.extent == pytest.approx(Extent(8, 16, 12, 24))


def test_a_mask_is_drawn_as_the_outline_of_its_pixels() -> None:
    # 2 rows, 3 columns, down the columns: 2 empty, 2 set, 2 empty. So the middle column, both rows.
    drawn = outline(Mask(control="c", size=(2, 3), counts=[2, 2, 2]))

    assert drawn.extent == Extent(1, 0, 2, 2)
    assert drawn.path.count("L") == 3, "four corners"


def test_an_empty_mask_is_nothing_to_draw() -> None:
    assert outline_of(Mask(control="c", size=(2, 3), counts=[6])) is None


def test_lines_stay_open() -> None:
    line = outline(Polyline(control="c", points=[(0, 0), (3, 4)]))
    angle = outline(Angle(control="c", vertex=(1, 1), arms=((0, 0), (2, 0))))

    assert (line.path, line.kind) == ("M0 0L3 4", "line")
    assert angle.path == "M0 0L1 1L2 0"


def test_places_without_extent_are_dots_and_hidden_joints_that_are_not_there_are_left_out() -> None:
    point = outline(Point(control="c", x=1.5, y=2))
    joints = outline(Keypoints(control="c", points={"nose": (5, 6, 2), "ear": (0, 0, 0), "eye": (7, 6, 1)}))

    assert (point.path, point.kind) == ("M1.5 2h0", "dots")
    assert joints.path == "M5 6h0M7 6h0"


def test_a_track_is_its_key_frames_and_the_way_of_their_centres() -> None:
    frames = {9: TrackFrame(x=10, y=0, width=2, height=2), 0: TrackFrame(x=0, y=0, width=2, height=2)}

    drawn = outline(Track(control="c", frames=frames))

    assert drawn.path == "M0 0L2 0L2 2L0 2L0 0M10 0L12 0L12 2L10 2L10 0M1 1L11 1"


def test_a_cuboid_is_seen_from_above() -> None:
    drawn = outline(Cuboid(control="c", center=(5, 5, 1), size=(4, 2, 9)))

    assert drawn.extent == Extent(3, 4, 7, 6)


def test_spans_and_segments_are_ranges_and_no_outlines() -> None:
    span = Span(control="c", label="name", start=3, end=8)
    segment = Segment(control="c", label="speech", start_seconds=0.5, end_seconds=2)

    assert range_of(span) == Range(3, 8, "name", "c", "characters")
    assert range_of(segment) == Range(0.5, 2, "speech", "c", "seconds")
    assert outline_of(span) is None


def test_what_is_no_shape_is_neither() -> None:
    said = Choice(control="c", value="day")

    assert (outline_of(said), range_of(said)) == (None, None)
