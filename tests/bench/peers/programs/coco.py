"""pycocotools: IoU of boxes, of run lengths, and of polygons by way of run lengths."""

from __future__ import annotations

from importlib import import_module
from itertools import combinations
from typing import Any

from tests.bench.peers.clock import Prepared
from tests.bench.peers.served import serve


def _total(matrices: Any) -> float:
    return sum(float(matrix.sum()) for matrix in matrices)


def _pairs(api: Any, drawn: list[Any]) -> Prepared:
    pairs = [(a, b, [0] * len(b)) for a, b in combinations(drawn, 2)]
    return Prepared(lambda _: [api.iou(a, b, crowd) for a, b, crowd in pairs], _total)


def boxes(given: Any) -> Prepared:
    """Every two annotators."""
    numpy = import_module("numpy")
    return _pairs(import_module("pycocotools.mask"), [numpy.array(rows, dtype=float) for rows in given])


def masks(given: Any) -> Prepared:
    """Every two annotators; the masks are held as its own compressed form."""
    api = import_module("pycocotools.mask")
    return _pairs(api, [[api.frPyObjects(one, *one["size"]) for one in drawn] for drawn in given])


def polygons(given: Any) -> Prepared:
    """Every two annotators; turned into runs anew in each call, as one must to compare polygons."""
    api = import_module("pycocotools.mask")
    flat = [[[value for point in ring for value in point] for ring in rings] for rings in given["rings"]]
    height, width = given["size"]

    def work(_: Any) -> Any:
        runs = [api.frPyObjects(rings, height, width) for rings in flat]
        return [api.iou(a, b, [0] * len(b)) for a, b in combinations(runs, 2)]

    return Prepared(work, _total)


if __name__ == "__main__":
    serve("pycocotools", {"boxes": boxes, "masks": masks, "polygons": polygons})
