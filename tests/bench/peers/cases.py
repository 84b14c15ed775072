"""What is compared with whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from msgspec import Struct

from tests.bench.peers import inputs, ours
from tests.bench.peers.clock import Prepared
from tests.bench.peers.environments import Peer

__all__ = ["Case", "all_cases"]

_COCO = Peer("pycocotools", ("pycocotools==2.0.11", "numpy"), "coco")
# pandas below 3: under a later one its matching is silently empty.
_DTLPY = Peer("dtlpy", ("dtlpy==1.126.5", "pandas<3", "opencv-python-headless", "shapely"), "dtlpy_items", apart=True)
_DATUMARO = Peer("datumaro", ("datumaro==1.13.12", "scipy"), "datumaro_boxes", apart=True)
_CROWDKIT = Peer("crowd-kit", ("crowd-kit==1.4.2",), "crowdkit_labels")
_KRIPPENDORFF = Peer("krippendorff", ("krippendorff==0.9.0",), "krippendorff_alpha", apart=True)
_SHAPELY = Peer("shapely", ("shapely==2.2.0",), "shapely_polygons")
_EVALICA = Peer("evalica", ("evalica==0.4.2",), "evalica_alpha")


_PLATFORM = 10.0


class Case(Struct, frozen=True):
    """One line of the table."""

    name: str
    peer: Peer
    program_case: str
    sent: Any
    """What the peer is sent."""
    ours: Callable[[], Prepared]
    wanted: float | None = 1.0
    """How many times its speed we want: a library's own, ten times that of platform code, none of another job's."""
    differs: str = ""
    """Why the two figures are not the same, where they are not meant to be."""


def all_cases() -> Iterator[Case]:
    """By peer; inputs are made when they are asked for."""
    yield from _regions()
    yield from _polygons()
    yield from _platforms()
    yield from _labels()


def _regions() -> Iterator[Case]:
    for annotators, objects in ((2, 20), (5, 20), (5, 100)):
        drawn = inputs.boxes(annotators, objects)
        name = f"IoU of boxes, {annotators} annotators x {objects}"
        yield Case(name, _COCO, "boxes", drawn, lambda drawn=drawn: ours.box_iou(drawn))  # type: ignore[misc]
    for what, hole, annotators, objects, size, radius in (
        ("masks", 0.0, 2, 20, (512, 512), 60.0),
        ("masks", 0.0, 5, 20, (512, 512), 15.0),
        ("masks", 0.0, 5, 5, (3_000, 4_000), 400.0),
        ("masks", 0.0, 2, 100, (3_000, 4_000), 100.0),
        ("masks with holes", 0.5, 2, 20, (512, 512), 60.0),
        ("masks with holes", 0.5, 5, 20, (512, 512), 15.0),
    ):
        painted = inputs.masks(annotators, objects, size, radius, hole)
        name = f"IoU of {what}, {annotators} annotators x {objects}, {size[1]:,} x {size[0]:,}"
        yield Case(name, _COCO, "masks", painted, lambda painted=painted: ours.mask_iou(painted))  # type: ignore[misc]


def _polygons() -> Iterator[Case]:
    sizes = (2, 20, 30), (2, 20, 500), (5, 20, 500)
    outlines = {f"{a} annotators x {n}, {v} vertices": inputs.outlines(a, n, v) for a, n, v in sizes}
    for size, rings in outlines.items():
        given = {"rings": rings, "size": [3_000, 4_000]}
        name, why = f"IoU of polygons, {size}", "rasterised there, exact here"
        yield Case(name, _COCO, "polygons", given, partial(ours.polygon_iou, rings), None, why)
    for way, held in (("one by one", True), ("all at once", True), ("from points", False)):
        for size, rings in outlines.items():
            name = f"IoU of polygons {way}, {size}"
            yield Case(name, _SHAPELY, way.replace(" ", "_"), rings, partial(ours.polygon_iou, rings, held))


def _platforms() -> Iterator[Case]:
    task = inputs.boxes(5, 20)
    size = "5 annotators x 20 boxes"
    why = "a mean of geometry, label and attributes there, soft F1 here"
    yield Case(f"measure_item, {size}", _DTLPY, "boxes", task, lambda: ours.box_score(task), _PLATFORM, why)
    rings = inputs.outlines(2, 5, 30)
    name = "measure_item, 2 annotators x 5 polygons, 30 vertices"
    yield Case(name, _DTLPY, "polygons", rings, lambda: ours.polygon_score(rings), _PLATFORM, why)
    yield Case(f"match_segments_pair, {size}", _DATUMARO, "matching", task, lambda: ours.box_matching(task), _PLATFORM)
    yield Case(f"CVAT's rule of matching, {size}", _DATUMARO, "cvat", task, lambda: ours.box_matching(task), _PLATFORM)
    yield Case(f"IntersectMerge, {size}", _DATUMARO, "merging", task, lambda: ours.box_merging(task), _PLATFORM)


def _labels() -> Iterator[Case]:
    rows = inputs.answers(1_000, 5, 20, 4)
    given = {"rows": rows, "iterations": 50}
    size = "1,000 tasks x 5 of 20 annotators, 4 classes"
    yield Case(f"Dawid-Skene, 50 iterations, {size}", _CROWDKIT, "dawid_skene", given, lambda: ours.em(given))
    yield Case(f"majority vote, {size}", _CROWDKIT, "majority", rows, lambda: ours.majority(rows))
    codes = inputs.ratings(5, 1_000, 5, 0.3)
    for peer in (_KRIPPENDORFF, _EVALICA):
        for level in ("nominal", "ordinal", "interval", "ratio"):
            sent = {"codes": codes, "level": level}
            name = f"alpha, {level}, 5 annotators x 1,000 tasks"
            yield Case(name, peer, "alpha", sent, lambda sent=sent: ours.alpha(sent))  # type: ignore[misc]
