"""datumaro: matching of two annotators, merging of several; and CVAT's rule of matching over datumaro's IoU.

CVAT's own code needs its Django application. Its rule, as its documentation and sources have it: similarities below the
threshold count as none, an optimal assignment, first within labels, then of what is left across labels.
"""

from __future__ import annotations

from copy import deepcopy
from importlib import import_module
from itertools import combinations
from typing import Any

from tests.bench.peers.clock import Prepared
from tests.bench.peers.served import serve

_THRESHOLD = 0.5


def _drawn(given: Any) -> list[list[Any]]:
    annotation = import_module("datumaro.components.annotation")
    return [[annotation.Bbox(*row, label=0, id=place) for place, row in enumerate(rows)] for rows in given]


def matching(given: Any) -> Prepared:
    """`match_segments_pair` of every two annotators."""
    match = import_module("datumaro.components.annotations.matcher").match_segments_pair
    overlap = import_module("datumaro.util.annotation_util").bbox_iou
    pairs = list(combinations(_drawn(given), 2))
    return Prepared(
        lambda _: [match(a, b, distance=overlap, dist_thresh=_THRESHOLD) for a, b in pairs],
        lambda found: sum(len(matched[0]) for matched in found),
    )


def cvat(given: Any) -> Prepared:
    """CVAT's rule of every two annotators."""
    numpy = import_module("numpy")
    overlap = import_module("datumaro.util.annotation_util").bbox_iou
    assign = import_module("scipy.optimize").linear_sum_assignment
    pairs = list(combinations(_drawn(given), 2))

    def once(a: list[Any], b: list[Any], same_label: bool) -> list[tuple[Any, Any]]:
        cost = numpy.ones((max(len(a), len(b)),) * 2)
        for i, one in enumerate(a):
            for j, other in enumerate(b):
                if not same_label or one.label == other.label:
                    cost[i, j] = 1.0 - overlap(one, other)
        cost[~numpy.isfinite(cost) | (cost > 1.0 - _THRESHOLD)] = 1.0
        rows, columns = assign(cost)
        return [(a[i], b[j]) for i, j in zip(rows, columns, strict=True) if cost[i, j] < 1.0]

    def both(a: list[Any], b: list[Any]) -> list[tuple[Any, Any]]:
        found = once(a, b, True)
        mine, theirs = {id(one) for one, _ in found}, {id(other) for _, other in found}
        left = [one for one in a if id(one) not in mine], [other for other in b if id(other) not in theirs]
        return found + once(*left, False) if all(left) else found

    return Prepared(lambda _: [both(a, b) for a, b in pairs], lambda found: sum(map(len, found)))


def merging(given: Any) -> Prepared:
    """`IntersectMerge` of all annotators; it changes what it is given, so each call gets copies, which aren't timed."""
    dm = import_module("datumaro")
    merge = import_module("datumaro.components.merge.intersect_merge").IntersectMerge
    sets = [
        dm.Dataset.from_iterable([dm.DatasetItem(id="i", annotations=drawn)], categories=["car"])
        for drawn in _drawn(given)
    ]
    conf = merge.Conf(pairwise_dist=_THRESHOLD, quorum=len(sets) // 2 + 1)
    return Prepared(
        lambda copies: merge(conf=conf)(*copies),
        lambda merged: sum(annotation.label is not None for item in merged for annotation in item.annotations),
        lambda: deepcopy(sets),
    )


if __name__ == "__main__":
    serve("datumaro", {"matching": matching, "cvat": cvat, "merging": merging})
