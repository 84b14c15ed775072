"""dtlpy: what `measure_item` computes for two annotators' items, for every two of a task."""

from __future__ import annotations

from importlib import import_module
from itertools import combinations
from typing import Any

from tests.bench.peers.clock import Prepared
from tests.bench.peers.served import serve


def _collection(dl: Any, definitions: list[Any]) -> Any:
    collection = dl.AnnotationCollection()
    collection.annotations = [dl.Annotation.new(annotation_definition=one) for one in definitions]
    for place, annotation in enumerate(collection.annotations):
        annotation.id = str(place)
    return collection


def _pairs(collections: list[Any], kind: Any) -> Prepared:
    measured = import_module("dtlpy.ml.predictions_utils").measure_annotations
    pairs = list(combinations(collections, 2))

    def work(_: Any) -> float:
        scores = [
            measured(annotations_set_one=a, annotations_set_two=b, match_threshold=0.5, ignore_labels=False,
                     ignore_attributes=False, compare_types=[kind])["total_mean_score"]
            for a, b in pairs
        ]  # fmt: skip
        return float(sum(scores) / len(scores))

    return Prepared(work, float)


def boxes(given: Any) -> Prepared:
    """x, y, width, height by annotator."""
    dl = import_module("dtlpy")
    drawn = [
        [dl.Box(left=x, top=y, right=x + width, bottom=y + height, label="car") for x, y, width, height in rows]
        for rows in given
    ]
    return _pairs([_collection(dl, rows) for rows in drawn], dl.AnnotationType.BOX)


def polygons(given: Any) -> Prepared:
    """Rings by annotator."""
    dl, numpy = import_module("dtlpy"), import_module("numpy")
    drawn = [[dl.Polygon(geo=numpy.array(ring), label="car") for ring in rings] for rings in given]
    return _pairs([_collection(dl, rings) for rings in drawn], dl.AnnotationType.POLYGON)


if __name__ == "__main__":
    serve("dtlpy", {"boxes": boxes, "polygons": polygons})
