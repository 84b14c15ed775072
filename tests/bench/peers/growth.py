"""How our own costs grow with the size of a task: what stays usable, and up to where."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from math import log
from typing import Any

import numpy as np
from msgspec import Struct

from scoring import cluster, compare_objects
from scoring.agreement.boxes import box_similarity_matrix
from scoring.agreement.similarity import Similarity
from scoring.sequences.relation import Relation, relation_similarity
from scoring.sequences.span import Span, span_similarity
from scoring.sequences.track import Track, track_similarity
from scoring.shapes import (
    Keypoints,
    Mask,
    Point,
    Polygon,
    Polyline,
    keypoints_similarity,
    mask_similarity,
    point_similarity,
    polygon_similarity,
    polyline_similarity,
)
from tests.bench.peers import inputs
from tests.bench.peers.ours import rows_of

__all__ = ["Growth", "measure_growth"]

_ANNOTATORS = 5
_REPEATS = 2
_MOST_SECONDS = 20.0
# Of one step, if the next step took its square times longer.

_TOTAL_SECONDS = 60.0
# From then on steps of two seconds at most, so that the table is ready in two minutes on a busy machine too.
_SHORT_SECONDS = 2.0


class Growth(Struct):
    """One line of the table."""

    what: str
    objects: list[int]
    """Of each annotator."""
    seconds: list[float]
    """For the whole task: all objects of all annotators compared, matched pair by pair, scored and clustered."""

    @property
    def exponent(self) -> float:
        """The power of the number of objects that the last step grew with: 1 linear, 2 by their square."""
        times, sizes = self.seconds[-2:], self.objects[-2:]
        return log(times[1] / times[0]) / log(sizes[1] / sizes[0])


def measure_growth(only: str, told: Callable[[str], None]) -> Iterator[Growth]:
    """Tasks of five annotators, of the kinds whose name has this in it."""
    began = time.monotonic()
    for what, sizes, draw, compare in _kinds():
        if only not in what:
            continue
        told(f"growth: {what}")
        seconds: list[float] = []
        for size in sizes:
            most = _MOST_SECONDS if time.monotonic() - began < _TOTAL_SECONDS else _SHORT_SECONDS
            # Two steps at least, which a power takes.
            if len(seconds) > 1 and seconds[-1] * (size / sizes[len(seconds) - 1]) ** 2 > most:
                break
            seconds.append(_seconds(draw, size, compare))
        yield Growth(what, list(sizes[: len(seconds)]), seconds)


def _seconds(draw: Callable[[int], list[Any]], size: int, compare: Callable[[Any], Similarity]) -> float:
    shapes = draw(size)
    owners = [place * _ANNOTATORS // len(shapes) for place in range(len(shapes))]
    labels = ["car"] * len(shapes)
    best = float("inf")
    for repeat in range(_REPEATS if len(shapes) < 1_000 else 1):
        # New ones each time: polygons keep what they were made into.
        shapes = draw(size) if repeat else shapes
        began = time.perf_counter()
        similarity = compare(shapes)
        compare_objects(similarity, owners, labels, _ANNOTATORS)
        cluster(similarity, owners, labels)
        best = min(best, time.perf_counter() - began)
    return best


def _kinds() -> Iterator[tuple[str, tuple[int, ...], Callable[[int], list[Any]], Callable[[Any], Similarity]]]:
    yield "boxes", (20, 100, 1_000, 4_000), _boxes, lambda rows: box_similarity_matrix(np.array(rows))
    yield "boxes in one another", (100, 300, 1_000), _nested_boxes, lambda rows: box_similarity_matrix(np.array(rows))
    yield "polygons, 500 vertices", (5, 20, 80, 320), _polygons, polygon_similarity
    yield "polygons, boundary F1", (5, 20, 80), _polygons, lambda shapes: polygon_similarity(shapes, "boundary_f1")
    yield "polygons, GIoU", (5, 20, 80), _polygons, lambda shapes: polygon_similarity(shapes, "giou")
    yield "masks, 4,000 x 3,000, 200 px", (5, 20, 80, 320), _masks, mask_similarity
    yield "polylines, 20 points, 400 px", (20, 100, 300), _polylines, polyline_similarity
    yield "points", (20, 100, 1_000), _points, point_similarity
    yield "skeletons, 17 joints", (20, 100, 1_000), _skeletons, keypoints_similarity
    yield "skeletons on one another", (20, 100, 300, 1_000), _crowded_skeletons, keypoints_similarity
    yield "tracks, 300 frames", (20, 100, 400, 1_000), _tracks, track_similarity
    yield "tracks on one another, 1,000 frames", (10, 50, 100), _crowded_tracks, track_similarity
    yield "spans side by side", (100, 1_000, 4_000), _spans, span_similarity
    yield "spans in one another", (100, 500, 1_000), _nested, span_similarity
    yield "relations", (100, 1_000, 4_000), _relations, relation_similarity
    yield "relations of the same two", (100, 300, 1_000), _same_relations, relation_similarity


def _boxes(objects: int) -> list[Any]:
    rows: list[Any] = rows_of(inputs.boxes(_ANNOTATORS, objects)).tolist()
    return rows


def _polygons(objects: int) -> list[Any]:
    return [Polygon.of(ring) for rings in inputs.outlines(_ANNOTATORS, objects, 500) for ring in rings]


def _masks(objects: int) -> list[Any]:
    drawn = inputs.masks(_ANNOTATORS, objects, (3_000, 4_000), 100.0)
    return [Mask.of(one["size"], one["counts"]) for masks in drawn for one in masks]


def _points(objects: int) -> list[Any]:
    return [Point(x, y) for x, y, _, _ in _upright(objects)]


def _polylines(objects: int) -> list[Any]:
    steps = np.linspace(0.0, 400.0, 20)
    path = np.column_stack([steps, 20.0 * np.sin(steps / 60.0)])
    return [Polyline(tuple(map(tuple, (path + row[:2]).tolist()))) for row in _upright(objects)]


def _nested_boxes(objects: int) -> list[Any]:
    steps = [n * 1_000 / objects for n in range(objects)]
    return [(n + a, n + a, 4_000 - 2 * (n + a), 3_000 - 2 * (n + a), 0.0) for a in range(_ANNOTATORS) for n in steps]


def _skeletons(objects: int) -> list[Any]:
    return _posed(_upright(objects))


def _crowded_skeletons(objects: int) -> list[Any]:
    return _posed(_upright_at(objects, 60.0))


def _posed(rows: list[list[float]]) -> list[Any]:
    joints = np.random.default_rng(1).uniform(0, 1, (17, 2))
    return [
        Keypoints.of({f"j{n}": (x + u * width, y + v * height, 2) for n, (u, v) in enumerate(joints.tolist())})
        for x, y, width, height in rows
    ]


def _crowded_tracks(objects: int) -> list[Any]:
    drawn = [_upright_at(objects, 40.0, seed) for seed in (1, 2)]
    return [Track((0, 999), (tuple(begin), tuple(end))) for begin, end in zip(*drawn, strict=True)]


def _tracks(objects: int) -> list[Any]:
    return [
        Track((0, 150, 299), ((x, y, width, height), (x + 50, y, width, height), (x + 90, y + 40, width, height)))
        for x, y, width, height in _upright(objects)
    ]


def _spans(objects: int) -> list[Any]:
    chance = np.random.default_rng(1)
    starts = np.arange(objects) * 30
    jitter = chance.integers(0, 3, (_ANNOTATORS, objects, 2))
    return [
        Span(start, end)
        for one in jitter
        for start, end in zip((starts + one[:, 0]).tolist(), (starts + 15 + one[:, 1]).tolist(), strict=True)
    ]


def _nested(objects: int) -> list[Any]:
    return [Span(n * 10 + a, 100_000 - n * 10 - a) for a in range(_ANNOTATORS) for n in range(objects)]


def _relations(objects: int) -> list[Any]:
    chance = np.random.default_rng(1)
    ends = chance.integers(0, 2 * objects, (objects, 2)).tolist()
    return [Relation(source, target) for _ in range(_ANNOTATORS) for source, target in ends]


def _same_relations(objects: int) -> list[Any]:
    return [Relation(0, 1)] * (objects * _ANNOTATORS)


def _upright_at(objects: int, side_px: float, seed: int = 1) -> list[list[float]]:
    """Everyone's boxes of 50 to 100 px, which all begin within a square that is no larger."""
    chance = np.random.default_rng(seed)
    truth = np.column_stack([chance.uniform(0, side_px, (objects, 2)), chance.uniform(50, 100, (objects, 2))])
    rows: list[list[float]] = np.concatenate(
        [truth + chance.normal(0, 1, truth.shape) for _ in range(_ANNOTATORS)]
    ).tolist()
    return rows


def _upright(objects: int) -> list[list[float]]:
    return [row for rows in inputs.boxes(_ANNOTATORS, objects) for row in rows]
