"""The same jobs by this library, from the same inputs, held as its users hold them."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import Any

import numpy as np

from scoring import cluster, compare_objects, fuse_clusters, iou, match, mean_of_pairs, vote
from scoring.agreement.boxes import box_similarity_matrix
from scoring.agreement.similarity import Similarity, as_dense
from scoring.chance.alpha import Level, krippendorff_alpha
from scoring.chance.coincidences import tabulate
from scoring.reliability.answers import index_answers
from scoring.reliability.em import Stopping
from scoring.reliability.models import dawid_skene
from scoring.shapes import Mask, Polygon, mask_similarity, polygon_similarity
from scoring.types import Array, Boxes, Undefined
from tests.bench.peers.clock import Prepared

__all__ = [
    "alpha",
    "box_iou",
    "box_matching",
    "box_merging",
    "box_score",
    "em",
    "majority",
    "mask_iou",
    "polygon_iou",
    "polygon_score",
    "rows_of",
]


def rows_of(drawn: list[list[list[float]]]) -> Boxes:
    """All annotators' boxes, one below the other."""
    upright = np.array([row for rows in drawn for row in rows]).reshape(-1, 4)
    return np.column_stack([upright, np.zeros(len(upright))])


def _owners(drawn: list[list[Any]]) -> list[int]:
    return [annotator for annotator, shapes in enumerate(drawn) for _ in shapes]


def _between(similarity: Similarity, drawn: list[list[Any]]) -> float:
    """Sum over every two annotators."""
    dense, owners = as_dense(similarity), _owners(drawn)
    places = defaultdict(list)
    for place, owner in enumerate(owners):
        places[owner].append(place)
    return sum(float(dense[np.ix_(places[a], places[b])].sum()) for a, b in combinations(range(len(drawn)), 2))


def box_iou(drawn: list[list[Any]]) -> Prepared:
    """Two annotators' boxes with each other; of more than two all with all, in one call."""
    if len(drawn) == 2:
        a, b = rows_of(drawn[:1]), rows_of(drawn[1:])
        return Prepared(lambda _: iou(a, b), lambda found: found.sum())
    rows = rows_of(drawn)
    return Prepared(lambda _: iou(rows, rows), lambda found: _between(found, drawn))


def mask_iou(drawn: list[list[Any]]) -> Prepared:
    """All with all, in one call."""
    masks = [Mask.of(one["size"], one["counts"]) for shapes in drawn for one in shapes]
    return Prepared(lambda _: mask_similarity(masks), lambda found: _between(found, drawn))


def _polygons(drawn: list[list[Any]]) -> list[Polygon]:
    return [Polygon.of(ring) for rings in drawn for ring in rings]


def polygon_iou(drawn: list[list[Any]], held: bool = True) -> Prepared:
    """All with all, exact, in one call; of polygons that are held from call to call or of new ones each time."""
    polygons = _polygons(drawn)
    return Prepared(
        polygon_similarity, lambda found: _between(found, drawn), lambda: polygons if held else _polygons(drawn)
    )


def _score(similarity: Similarity, owners: list[int], annotators: int) -> float:
    agreement = compare_objects(similarity, owners, ["car"] * len(owners), annotators)
    mean = mean_of_pairs(agreement.matrix, range(annotators))
    return mean if isinstance(mean, float) else 0.0


def box_score(drawn: list[list[Any]]) -> Prepared:
    """IoU, optimal matching of every two annotators, soft F1, and the task's score."""
    rows, owners = rows_of(drawn), _owners(drawn)
    return Prepared(lambda _: _score(box_similarity_matrix(rows), owners, len(drawn)), float)


def polygon_score(drawn: list[list[Any]]) -> Prepared:
    """The same of polygons."""
    polygons, owners = _polygons(drawn), _owners(drawn)
    return Prepared(lambda _: _score(polygon_similarity(polygons), owners, len(drawn)), float)


def box_matching(drawn: list[list[Any]]) -> Prepared:
    """IoU and optimal matching of every two annotators, from an IoU of 0.5 on."""
    rows = rows_of(drawn)
    size = len(drawn[0])
    blocks = [slice(n * size, (n + 1) * size) for n in range(len(drawn))]

    def work(_: Any) -> list[list[tuple[int, int]]]:
        overlap = box_similarity_matrix(rows)
        dense: Array = as_dense(overlap)
        return [match(dense[a, b], minimum=0.5) for a, b in combinations(blocks, 2)]

    return Prepared(work, lambda found: sum(map(len, found)))


def box_merging(drawn: list[list[Any]]) -> Prepared:
    """IoU, clusters over all annotators, a box and a confidence for each; the figure counts those of a majority."""
    rows, owners = rows_of(drawn), _owners(drawn)
    labels = ["car"] * len(owners)

    def work(_: Any) -> Any:
        groups = cluster(box_similarity_matrix(rows), owners, labels, 0.5)
        return fuse_clusters(rows, groups, float(len(drawn)))

    return Prepared(work, lambda merged: sum(len(one.members) > len(drawn) / 2 for one in merged))


def em(given: dict[str, Any]) -> Prepared:
    """Dawid and Skene's EM from ids, without smoothing, for exactly so many iterations."""
    rows, stopping = given["rows"], Stopping(given["iterations"], 0.0)
    return Prepared(
        lambda _: dawid_skene(index_answers(rows).answers, smoothing=0.0, stopping=stopping),
        lambda fit: fit.posteriors.max(axis=1).mean(),
    )


def majority(rows: list[tuple[str, str, str]]) -> Prepared:
    """A vote a task."""

    def work(_: Any) -> list[Any]:
        by_task: dict[str, list[str]] = defaultdict(list)
        for task, _annotator, label in rows:
            by_task[task].append(label)
        return [vote(labels) for labels in by_task.values()]

    return Prepared(work, lambda votes: sum(one.confidence for one in votes) / len(votes))


def alpha(given: dict[str, Any]) -> Prepared:
    """Alpha with its interval, from the matrix of answers."""
    codes = np.array(given["codes"]).T
    level: Level = given["level"]

    def work(_: Any) -> float:
        found = krippendorff_alpha(tabulate(codes), level)
        return float("nan") if isinstance(found, Undefined) else found.value

    return Prepared(work, float)
