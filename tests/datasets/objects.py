"""Sets of marks: boxes, outlines, masks, points and spans, any number an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import exp
from typing import Any, NamedTuple

import shapely

from scoring.agreement.objects import compare_objects
from scoring.agreement.sets import jaccard
from scoring.agreement.similarity import submatrix
from scoring.shapes.point import DEFAULT_POINT_RATE
from scoring.shapes.polygon import polygon_regions
from tests.datasets.figures import Figure, by_name, higher, mean, pairs, same
from tests.datasets.records import DataSet, Mark, Submission
from tests.datasets.tools import Drawn, Tool, consensus, diagonal_px, drawn, tool_of

__all__ = ["evaluate"]

_HIT = 0.5
"""IoU from which on two boxes are one object."""
_NEAR_PX = 20.0
_HELD_OUT = 30
"""Annotators of a task that are held out, at most."""


def evaluate(data: DataSet) -> Iterator[Figure]:
    """What is usual for the kind; then how near the consensus comes to gold, or else to an annotator held out."""
    usual = {"bbox": _boxes, "mask": _masks, "polygon": _polygons, "point": _points, "span": _spans}
    yield from usual[data.kind](data)
    yield from _against_gold(data) if data.gold else _held_out(data)


def _prepared(data: DataSet) -> Iterator[tuple[list[Submission], Tool, Drawn, Any]]:
    for task in data.tasks():
        tool = tool_of(data.kind, task)
        marks = drawn(tool, [submission.marks for submission in task])
        yield task, tool, marks, tool.similarity(marks.shapes)


class _Found(NamedTuple):
    """What some annotators found of what there is."""

    hits: int
    drawn: int
    there: int
    overlaps: list[float]


def _found(tool: Tool, ours: tuple[list[Any], list[str]], theirs: tuple[list[Any], list[str]]) -> _Found:
    shapes, labels = [*ours[0], *theirs[0]], [*ours[1], *theirs[1]]
    owners = [0] * len(ours[0]) + [1] * len(theirs[0])
    matched = compare_objects(tool.similarity(shapes), owners, labels, 2, "f1", _HIT).pairs
    overlaps = [pair.similarity for pair in matched if pair.same_label]
    return _Found(len(overlaps), len(ours[0]), len(theirs[0]), overlaps)


def _against_gold(data: DataSet) -> Iterator[Figure]:
    single: list[_Found] = []
    fused: list[_Found] = []
    for task, tool, marks, similarity in _prepared(data):
        if task[0].task not in data.gold:
            continue
        right = drawn(tool, [data.gold[task[0].task]]).of(0)
        single += [_found(tool, marks.of(annotator), right) for annotator in range(marks.annotators)]
        fused.append(_found(tool, consensus(tool, marks, similarity), right))
    one, all_together = _scores(single), _scores(fused)
    for name, value in one.items():
        yield same(f"{name} against gold, single annotator", value)
    for name, value in all_together.items():
        yield higher(f"{name} against gold, consensus", value, one[name], "a single annotator")


def _scores(found: Iterable[_Found]) -> dict[str, float]:
    listed = list(found)
    hits, marked, there = (sum(column) for column in zip(*((f.hits, f.drawn, f.there) for f in listed), strict=True))
    return {
        "precision": hits / max(1, marked),
        "recall": hits / max(1, there),
        "F1": 2.0 * hits / max(1, marked + there),
        "mean similarity of matches": mean(overlap for f in listed for overlap in f.overlaps),
    }


def _held_out(data: DataSet) -> Iterator[Figure]:
    together: list[float] = []
    alone: list[float] = []
    for _, tool, marks, similarity in _prepared(data):
        if marks.annotators < 3:
            continue
        everybody = range(marks.annotators)
        # Of a crowd only every n-th, for the time it takes.
        held_out = everybody[:: 1 + (marks.annotators - 1) // _HELD_OUT]
        matrix = compare_objects(similarity, marks.owners, marks.labels, marks.annotators).matrix
        for i in held_out:
            others = [k for k, owner in enumerate(marks.owners) if owner != i]
            shapes, labels = consensus(tool, marks.without(i), submatrix(similarity, others))
            mine, names = marks.of(i)
            owners = [0] * len(mine) + [1] * len(shapes)
            score = compare_objects(tool.similarity([*mine, *shapes]), owners, [*names, *labels], 2).matrix[0][1]
            together.append(score)
            alone.append(mean(matrix[i][j] for j in everybody if j != i))
    if together:
        yield higher("soft F1 with a held-out annotator, consensus", mean(together), mean(alone), "one other annotator")


def _boxes(data: DataSet) -> Iterator[Figure]:
    scores: list[float] = []
    overlaps: list[float] = []
    for _, _, marks, similarity in _prepared(data):
        agreement = compare_objects(similarity, marks.owners, marks.labels, marks.annotators, "f1", _HIT)
        drew = set(marks.owners)
        scores += [agreement.matrix[i][j] for i, j in pairs(marks.annotators) if i in drew or j in drew]
        overlaps += [pair.similarity for pair in agreement.pairs if pair.same_label]
    yield same("F1 of two annotators who drew a box", mean(scores))
    yield same("mean IoU of their matches", mean(overlaps))


def _masks(data: DataSet) -> Iterator[Figure]:
    scores: list[float] = []
    for _, _, marks, similarity in _prepared(data):
        areas = [mask.area for mask in marks.shapes]
        size = [sum(area for area, owner in zip(areas, marks.owners, strict=True) if owner == i)
                for i in range(marks.annotators)]  # fmt: skip
        shared = dict.fromkeys(pairs(marks.annotators), 0.0)
        for pair in compare_objects(similarity, marks.owners, marks.labels, marks.annotators).pairs:
            # Of IoU and the sum of both areas, so that no mask is decoded.
            both = (areas[pair.first] + areas[pair.second]) * pair.similarity / (1.0 + pair.similarity)
            shared[marks.owners[pair.first], marks.owners[pair.second]] += both * pair.same_label
        scores += [2.0 * both / (size[i] + size[j]) for (i, j), both in shared.items() if size[i] + size[j]]
    yield same("mean Dice of two annotators", mean(scores))


def _polygons(data: DataSet) -> Iterator[Figure]:
    scores: dict[str, list[float]] = {}
    for _, _, marks, _ in _prepared(data):
        regions = polygon_regions(marks.shapes)
        for label in sorted(set(marks.labels)):
            drew = sorted({o for o, name in zip(marks.owners, marks.labels, strict=True) if name == label})
            unions = [
                shapely.union_all(
                    [
                        r
                        for r, o, name in zip(regions, marks.owners, marks.labels, strict=True)
                        if (o, name) == (i, label)
                    ]
                )
                for i in drew
            ]
            scores.setdefault(label, []).extend(
                _ratio(unions[i].intersection(unions[j]).area, unions[i].union(unions[j]).area)
                for i, j in pairs(len(drew))
            )
    yield by_name("mean IoU of all that two annotators drew", {label: mean(of) for label, of in scores.items()})


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _points(data: DataSet) -> Iterator[Figure]:
    scores: dict[str, list[float]] = {}
    for task in data.tasks():
        tool = tool_of("point", task)
        near = exp(-DEFAULT_POINT_RATE * _NEAR_PX / diagonal_px(task))
        for label in sorted({_label(mark) for submission in task for mark in submission.marks}):
            # What is only pointed at is no object with a centre.
            answers = [[mark for mark in s.marks if _label(mark) == label and _has_size(mark)] for s in task]
            marks = drawn(tool, answers)
            similarity = tool.similarity(marks.shapes)
            matrix = compare_objects(similarity, marks.owners, marks.labels, marks.annotators, "f1", near).matrix
            drew = set(marks.owners)
            scores.setdefault(label, []).extend(
                matrix[i][j] for i, j in pairs(marks.annotators) if i in drew or j in drew
            )
    name = f"F1 of centres within {_NEAR_PX:.0f} px, two annotators"
    yield higher(name, mean(score for of in scores.values() for score in of))


def _label(mark: Mark) -> str:
    return str(mark.get("label", ""))


def _has_size(mark: Mark) -> bool:
    return mark.get("shape") != "point"


def _spans(data: DataSet) -> Iterator[Figure]:
    scores: list[float] = []
    soft: list[float] = []
    for task, _, marks, similarity in _prepared(data):
        answers = [{(mark["start"], mark["end"]) for mark in submission.marks} for submission in task]
        scores += [jaccard(answers[i], answers[j]) for i, j in pairs(len(answers))]
        matrix = compare_objects(similarity, marks.owners, marks.labels, marks.annotators).matrix
        soft += [matrix[i][j] for i, j in pairs(marks.annotators)]
    yield same("mean Jaccard of two answers", mean(scores))
    yield same("mean soft F1 of two answers", mean(soft))
