"""One region of every type, one that says something else, any region at all; and what comes of three answers."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st

from scoring.shapes.mask import Mask as Runs
from streams.contracts.regions import Choices, Mask, ScoredRegion, Taxonomy
from streams.contracts.settings import TYPE_DEFAULTS
from tests.builders import Driver, Event, box, choice, submitted
from tests.builders import settings as project

CONTROL = "q"

ANSWERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "choice": ({"value": "day"}, {"value": "night"}),
    "choices": ({"value": ["wet", "dark"]}, {"value": ["dry"]}),
    "boolean": ({"value": True}, {"value": False}),
    "text": ({"value": "Straße 1"}, {"value": "qqqqqqqq"}),
    "number": ({"value": 0.1}, {"value": 9.5}),
    "rating": ({"value": 4.0}, {"value": 1.0}),
    "ranking": ({"items": ["a", "b", "c"]}, {"items": ["c", "b", "a"]}),
    "taxonomy": ({"paths": [["animal", "cat"], ["colour"]]}, {"paths": [["plant", "oak"]]}),
}
"""Type → the fields of an answer, and of one that has nothing in common with it."""

OBJECTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "box": (
        {"x": 10.0, "y": 20.0, "width": 30.0, "height": 40.5, "rotation_degrees": 15.0},
        {"x": 510.0, "y": 520.0, "width": 30.0, "height": 40.5},
    ),
    "polygon": (
        {"points": [[0.0, 0.0], [40.0, 0.0], [40.0, 30.0]], "holes": [[[30.0, 5.0], [35.0, 5.0], [35.0, 10.0]]]},
        {"points": [[500.0, 500.0], [540.0, 500.0], [540.0, 530.0]]},
    ),
    "polyline": ({"points": [[0.0, 0.0], [40.0, 0.0], [40.0, 30.0]]}, {"points": [[9e5, 9e5], [9e5, 8e5]]}),
    "mask": ({"size": [4, 5], "counts": [0, 6, 14]}, {"size": [4, 5], "counts": [14, 6]}),
    "point": ({"x": 10.5, "y": 20.25}, {"x": 9e5, "y": 9e5}),
    "keypoints": (
        {"points": {"nose": [10.0, 10.0, 2], "tail": [60.0, 40.0, 1]}},
        {"points": {"nose": [9e5, 9e5, 2], "tail": [8e5, 9e5, 2]}},
    ),
    "ellipse": (
        {"cx": 50.0, "cy": 60.0, "rx": 20.0, "ry": 10.0, "rotation_degrees": 30.0},
        {"cx": 550.0, "cy": 560.0, "rx": 20.0, "ry": 10.0},
    ),
    "span": ({"start": 3, "end": 9}, {"start": 40, "end": 60}),
    "segment": (
        {"start_seconds": 1.5, "end_seconds": 4.25, "channel": "left"},
        {"start_seconds": 100.0, "end_seconds": 140.0, "channel": "left"},
    ),
    "track": (
        {"frames": {"0": {"x": 0.0, "y": 0.0, "width": 10.0, "height": 10.0},
                    "8": {"x": 80.0, "y": 0.0, "width": 10.0, "height": 20.0}}},
        {"frames": {"100": {"x": 500.0, "y": 0.0, "width": 10.0, "height": 10.0}}},
    ),
    "cuboid": (
        {"center": [1.0, 2.0, 3.0], "size": [4.0, 2.0, 1.5], "rotation": [0.0, 0.0, 30.0]},
        {"center": [100.0, 2.0, 3.0], "size": [4.0, 2.0, 1.5]},
    ),
    "angle": (
        {"vertex": [10.0, 10.0], "arms": [[60.0, 10.0], [10.0, 60.0]]},
        {"vertex": [9e5, 9e5], "arms": [[8e5, 9e5], [9.0e5, 9.5e5]]},
    ),
}  # fmt: skip
"""Type → the place of a mark, and of one that is far away from it."""

KINDS = [*ANSWERS, *OBJECTS]
"""Every type that stands by itself: all but `relation`, which connects others."""


def region(kind: str, other: bool = False, **more: Any) -> Event:
    """An answer of the type; objects are labelled `car`."""
    fields = ANSWERS[kind][other] if kind in ANSWERS else {"label": "car", **OBJECTS[kind][other]}
    return {"control": CONTROL, "type": kind, **fields, **more}


def relation(source: str, target: str, **more: Any) -> Event:
    return {"control": "links", "type": "relation", "label": "holds", "from": source, "to": target, **more}


# ---- what comes of answers

_MADE = ("id", "support", "confidence", "sources")


def given(*results: list[Event] | Event, **control: Any) -> Driver:
    """What a1, a2, … answer, under settings of the control."""
    chosen = project(controls={CONTROL: control}, required_annotators=len(results)) if control else None
    driver = Driver(chosen)
    for i, result in enumerate(results, 1):
        regions = [result] if isinstance(result, dict) else result
        driver.feed(submitted(annotator=f"a{i}", result=regions, at=i))
    assert driver.dead_letters == []
    return driver


def said(found: Event) -> Any:
    """A region as our contract reads it, without how it is spelled: the id, the order of a set, the form of runs."""
    read: Any = msgspec.convert({k: v for k, v in found.items() if k not in _MADE}, ScoredRegion, str_keys=True)
    if isinstance(read, Choices):
        read.value = sorted(read.value)
    if isinstance(read, Taxonomy):
        read.paths = sorted(read.paths)
    if isinstance(read, Mask):
        read.counts = list(Runs.of(read.size, read.counts).counts)
    return read


def consensus(driver: Driver) -> list[Any]:
    return [said(found) for found in driver.decided()["consensus"]]


def control(driver: Driver, name: str = CONTROL) -> Any:
    return driver.decided()["controls"][name]


def conflicts(driver: Driver, name: str = CONTROL) -> list[tuple[str, tuple[str, ...]]]:
    return [(found["kind"], tuple(found["annotators"])) for found in control(driver, name)["conflicts"]]


# ---- any region

labels = st.sampled_from(["car", "bus", "", "\x1f", "a\x1fb", "Ünï ☃ \U0001f697", "e\u0301", "\u202e"])
_ids = st.sampled_from(["", "r1", "r2", "x"])
_attributes = st.dictionaries(
    st.sampled_from(["occluded", "n"]), st.sampled_from([True, 1, 1.0, "1", None, "", 2**63 - 1, -(2**63), 1e300])
)
_extremes = st.sampled_from([0, 0, 1, 1, 2.5, 7, 1e-200, 5e-324, -0.0, 1e9, -1e9, 1e6, 123.456])
_coordinates = _extremes | st.floats(-50, 50)
_extents = _extremes.map(abs) | st.floats(0, 60)
_degrees = st.sampled_from([0, 0, 30, 45, 89.999999, 90, 180, -90, 360, 1e6, -1e6]) | st.floats(-720, 720)
_places = st.tuples(_coordinates, _coordinates)
_outlines = st.lists(_places, max_size=6)
_joints = st.tuples(_coordinates, _coordinates, st.sampled_from([0, 1, 2]))
_characters = st.sampled_from([0, 1, 2, 5, 10, 10**12])
_seconds = st.sampled_from([0, 0.1, 1, 2.5, 10, -3, 1e9, -1e9, 5e-324])
_numbers = st.sampled_from([0, -0.0, 1, 2.5, 1e15, -1e15, 5e-324]) | st.floats(-10, 10)
_texts = st.text(max_size=8) | labels | st.sampled_from([" ", "a b  c", "A B C", "\n", "\x00"])
_frames = st.fixed_dictionaries({"x": _coordinates, "y": _coordinates, "width": _extents, "height": _extents})


@st.composite
def _masks(draw: st.DrawFn) -> dict[str, Any]:
    """Runs that fill the size, whatever they are."""
    height, width = draw(st.sampled_from([(1, 1), (3, 4), (4, 3), (7, 7), (2**18, 2**18), (1, 2**18)]))
    left, counts = height * width, []
    for _ in range(draw(st.integers(0, 5))):
        counts.append(draw(st.integers(0, left)))
        left -= counts[-1]
    return {"size": [height, width], "counts": [*counts, left]}


_ANY: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "choice": st.fixed_dictionaries({"value": labels}),
    "choices": st.fixed_dictionaries({"value": st.lists(labels, max_size=3)}),
    "boolean": st.fixed_dictionaries({"value": st.booleans()}),
    "text": st.fixed_dictionaries({"value": _texts}),
    "number": st.fixed_dictionaries({"value": _numbers}),
    "rating": st.fixed_dictionaries({"value": _numbers}),
    "ranking": st.fixed_dictionaries({"items": st.lists(labels, max_size=5)}),
    "taxonomy": st.fixed_dictionaries({"paths": st.lists(st.lists(labels, max_size=3), max_size=3)}),
    "box": st.fixed_dictionaries(
        {"x": _coordinates, "y": _coordinates, "width": _coordinates, "height": _coordinates},
        optional={"rotation_degrees": _degrees},
    ),
    "polygon": st.fixed_dictionaries({"points": _outlines}, optional={"holes": st.lists(_outlines, max_size=2)}),
    "polyline": st.fixed_dictionaries({"points": _outlines}),
    "mask": _masks(),
    "point": st.fixed_dictionaries({"x": _coordinates, "y": _coordinates}),
    "keypoints": st.fixed_dictionaries({"points": st.dictionaries(labels, _joints, max_size=3)}),
    "ellipse": st.fixed_dictionaries(
        {"cx": _coordinates, "cy": _coordinates, "rx": _extents, "ry": _extents},
        optional={"rotation_degrees": _degrees},
    ),
    "span": st.fixed_dictionaries({"start": _characters, "end": _characters}),
    "segment": st.fixed_dictionaries(
        {"start_seconds": _seconds, "end_seconds": _seconds},
        optional={"channel": st.sampled_from([None, 0, 1, "0", "left", ""])},
    ),
    "track": st.fixed_dictionaries(
        {"frames": st.dictionaries(st.sampled_from(["0", "1", "7", "8", "1000000000"]), _frames, max_size=3)}
    ),
    "cuboid": st.fixed_dictionaries(
        {"center": st.tuples(*[_coordinates] * 3), "size": st.tuples(*[_extents] * 3)},
        optional={"rotation": st.tuples(*[_degrees] * 3)},
    ),
    "angle": st.fixed_dictionaries({"vertex": _places, "arms": st.tuples(_places, _places)}),
    "relation": st.fixed_dictionaries(
        {"from": st.sampled_from(["r1", "r2", "r3", "x", "nobody"]), "to": st.sampled_from(["r1", "r2", "nobody"])},
        optional={"directed": st.booleans()},
    ),
}  # fmt: skip


@st.composite
def any_region(draw: st.DrawFn, kind: str, control: str = CONTROL) -> Event:
    """Whatever our contract accepts of a type: degenerate, huge, empty, reversed, dangling, told twice."""
    if kind == "area":
        kind = draw(st.sampled_from(["box", "polygon", "mask", "ellipse"]))
    found: Event = {"control": control, "type": kind, **draw(_ANY[kind])}
    if draw(st.booleans()):
        found["id"] = draw(_ids)
    if kind not in ANSWERS:
        found["label"] = draw(labels)
        if draw(st.booleans()):
            found["attributes"] = draw(_attributes)
        if draw(st.integers(0, 3)) == 0:
            found["text"] = draw(_texts)
    return found


def any_regions(kind: str) -> st.SearchStrategy[Event]:
    """Regions of a type in one control, and beside them boxes, a choice and relations between all of them."""
    return st.one_of(
        any_region(kind),
        any_region(kind),
        any_region(kind),
        any_region("box", "objects"),
        any_region("relation", "links"),
        st.sampled_from([box(), choice("day")]),
    )


@st.composite
def any_control(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Whatever an owner may ask of a control of the type."""
    offered = TYPE_DEFAULTS[kind]
    minimum, maximum = draw(st.sampled_from([(None, None), (0, 5), (-1e15, 1e15)]))
    return {
        "type": kind,
        "metric": draw(st.sampled_from(offered.metrics)),
        "aggregate": draw(st.sampled_from(offered.aggregates)),
        "adjudication": draw(st.sampled_from(offered.adjudications)),
        "agreement_threshold": draw(st.sampled_from([0, 0.5, 1, None])),
        "weight": draw(st.sampled_from([1, 2.5, 1e-9, 1e6])),
        "labels": draw(st.sampled_from([[], ["bus", "car"], ["true", "false"]])),
        "minimum_similarity": draw(st.sampled_from([1e-300, 0.01, 0.4, 1])),
        "minimum_support": draw(st.sampled_from([0, 0.5, 0.99])),
        "loose_similarity": draw(st.sampled_from([0.01, 0.8, 1])),
        "scale_minimum": minimum,
        "scale_maximum": maximum,
        "tolerance": draw(st.sampled_from([None, None, 0, 0.5, 3, 1e9])),
        "fold_case": draw(st.booleans()),
        **({"similarity": draw(st.sampled_from(offered.similarities))} if offered.similarities else {}),
        **({"fusion": draw(st.sampled_from(offered.fusions))} if offered.fusions else {}),
    }
