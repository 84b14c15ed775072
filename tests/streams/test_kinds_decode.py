"""What is wrong with a region of any type is said with its reason and its place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import Driver, Event, choice, submitted
from tests.streams.kinds_builders import KINDS, given, region, relation

_FRAME = {"x": 0, "y": 0, "width": 1, "height": 1}
_UNKNOWN = {"control": "m", "type": "voxels"}


def _reasons(*regions: Event) -> list[tuple[str, str]]:
    return Driver().feed(submitted(result=regions)).reasons


@pytest.mark.parametrize(
    ("found", "reason", "path"),
    [
        (region("mask", counts=[0, 6, 13]), "invalid_geometry", ".counts"),
        (region("mask", counts=[]), "invalid_geometry", ".counts"),
        (region("mask", counts=""), "invalid_geometry", ".counts"),
        (region("mask", counts="\x00"), "invalid_geometry", ".counts"),
        (region("mask", counts="ü"), "invalid_geometry", ".counts"),
        (region("mask", counts="oooooooooooooooooo"), "invalid_geometry", ".counts"),
        (region("mask", size=[4, 5], counts=[10**18, 10**18]), "invalid_geometry", ".counts"),
        (region("mask", size=[1, 10**9], counts=[0, 10**9]), "out_of_range", ".size[1]"),
        (region("mask", counts=[-1, 21]), "out_of_range", ".counts[0]"),
        (region("mask", counts=[0.5, 19.5]), "wrong_type", ".counts[0]"),
        (region("mask", counts=None), "wrong_type", ".counts"),
        (region("mask", size=[0, 5], counts=[]), "out_of_range", ".size[0]"),
        (region("mask", size=[4]), "out_of_range", ".size"),
        (region("polygon", points="M0 0"), "wrong_type", ".points"),
        (region("polygon", points=[[0, 0], [1]]), "out_of_range", ".points[1]"),
        (region("polygon", points=[[0, 0], [1, 2, 3]]), "out_of_range", ".points[1]"),
        (region("polygon", points=[[0, 0], ["1", 2]]), "wrong_type", ".points[1][0]"),
        (region("polygon", points=[[0, 1e10]]), "out_of_range", ".points[0][1]"),
        (region("polygon", holes=[[0, 0]]), "wrong_type", ".holes[0][0]"),
        (region("polyline", points={"0": [0, 0]}), "wrong_type", ".points"),
        (region("point", x=None), "wrong_type", ".x"),
        (region("keypoints", points={"nose": [0, 0, 3]}), "out_of_range", ".points[...][2]"),
        (region("keypoints", points=[[0, 0, 2]]), "wrong_type", ".points"),
        (region("ellipse", rx=-1), "out_of_range", ".rx"),
        (region("span", start=-1), "out_of_range", ".start"),
        (region("span", end=2.5), "wrong_type", ".end"),
        (region("segment", start_seconds="00:01"), "wrong_type", ".start_seconds"),
        (region("segment", channel=[0]), "wrong_type", ".channel"),
        (region("track", frames={"first": _FRAME}), "wrong_type", ".frames"),
        (region("track", frames={"-1": _FRAME}), "out_of_range", ".frames"),
        (region("track", frames={"0": {"x": 0, "y": 0, "width": 1}}), "missing_field", ".frames[...].height"),
        (region("track", frames={"0": _FRAME | {"width": -1}}), "out_of_range", ".frames[...].width"),
        (region("cuboid", size=[1, 1]), "out_of_range", ".size"),
        (region("cuboid", size=[1, -1, 1]), "out_of_range", ".size[1]"),
        (region("angle", arms=[[0, 0]]), "out_of_range", ".arms"),
        (relation("", "q"), "out_of_range", ".from"),
        ({k: v for k, v in relation("p", "q").items() if k != "to"}, "missing_field", ".to"),
        (region("number", value="3"), "wrong_type", ".value"),
        (region("number", value=True), "wrong_type", ".value"),
        (region("number", value=1e16), "out_of_range", ".value"),
        (region("ranking", items=["a", 1]), "wrong_type", ".items[1]"),
        (region("taxonomy", paths=["animal"]), "wrong_type", ".paths[0]"),
        (region("text", value=None), "wrong_type", ".value"),
    ],
)  # fmt: skip
def test_a_broken_region_is_a_dead_letter_that_says_where(found: dict[str, Any], reason: str, path: str) -> None:
    assert _reasons(choice("day"), found) == [(reason, f"$.result[1]{path}")]
    assert _reasons(_UNKNOWN, found) == [(reason, f"$.result[1]{path}")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_region_of_any_type_is_read_beside_one_of_an_unknown_type(kind: str) -> None:
    """Then the event goes through the slower of the two readers; they must not differ."""
    driver = given([region(kind), _UNKNOWN], [region(kind)], [region(kind)])
    assert driver.decided()["controls"]["q"]["score"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_region_without_its_answer_is_told_which_field_is_missing(kind: str) -> None:
    ((reason, path),) = _reasons({"control": "q", "type": kind})
    assert reason == "missing_field"
    assert path.removeprefix("$.result[0].") in region(kind)
