"""A contested task as the page draws it: layers of outlines, rows of ranges, groups of answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from streams.contracts.decisions import Conflict, Decision
from streams.contracts.regions import Region, ScoredRegion
from streams.report.answers import Said, answer_groups, texts_of
from streams.report.material import ContestedTask, Picture
from streams.report.shapes import Extent, Outline, Range, around, extent_of, outline_of, range_of

__all__ = ["Card", "Layer", "Rows", "Window", "card_of", "regions_of_consensus"]

MOST_REGIONS = 200
"""Regions of one answer that are drawn: more can't be told apart, and the page has to stay light."""
_MARGIN_RATIO = 0.08
_WHOLE_RATIO = 0.5
"""Where the marks fill less than this share of the picture's width and height, only the part around them is shown."""
_MOST_ELONGATED = 3.0
_SMALL_RATIO = 0.25
"""Of the window's width and height: smaller heaps of marks are drawn again, larger."""
_MOST_CLOSE_UPS = 3


class Layer(NamedTuple):
    """What one annotator (or the consensus, or gold) says."""

    name: str
    role: str
    """`annotator`, `consensus` or `gold`."""
    kind: str
    """`human` or `model`; empty for consensus and gold."""
    series: int
    """Which colour, by the annotator's place in the task."""
    score: float | None
    outlines: list[Outline]
    ranges: list[Range]
    missing: bool
    """What was said is not known here."""
    further: int
    """Regions beyond `MOST_REGIONS`."""


class Window(NamedTuple):
    """The part of the picture that is shown, in its pixels."""

    left: float
    top: float
    width: float
    height: float
    whole: tuple[float, float] | None
    """Width and height of all of it, where that is known."""
    zoomed: bool


class Rows(NamedTuple):
    """Ranges over one axis, in characters or seconds."""

    start: float
    end: float
    unit: str


@dataclass(frozen=True, slots=True)
class Card:
    """One contested task."""

    decision: Decision
    media_url: str | None
    picture: Picture | None
    layers: list[Layer]
    """Annotators by id, then gold, then the consensus: what is drawn last lies on top."""
    window: Window | None
    """None where nobody drew anything."""
    close_ups: list[Window]
    """Where marks are small in the window: heaps of them, those with most marks first."""
    rows: Rows | None
    votes: int
    """Answers that count."""
    models: frozenset[str]
    """Annotators that are models."""
    groups: dict[str, list[Said]]
    conflicts: dict[str, int]
    details: list[tuple[str, Conflict]]
    """(control, conflict)."""

    @property
    def answers_missing(self) -> bool:
        """Whether some annotator's answer is not known here."""
        return any(layer.missing for layer in self.layers)

    @property
    def labels(self) -> list[str]:
        """Every label on it, sorted."""
        drawn = {outline.label for layer in self.layers for outline in layer.outlines}
        return sorted((drawn | {found.label for layer in self.layers for found in layer.ranges}) - {""})


def card_of(task: ContestedTask) -> Card:
    """Everything that is drawn of a task."""
    consensus = regions_of_consensus(task.decision.consensus)
    answers = sorted(task.answers, key=lambda answer: answer.annotator_id)
    layers = [
        _layer(a.annotator_id, "annotator", a.result, kind=a.kind, series=place, score=a.score)
        for place, a in enumerate(answers)
    ]
    if task.gold is not None:
        layers.append(_layer("gold", "gold", task.gold))
    layers.append(_layer("consensus", "consensus", consensus))
    conflicts = [(c, found) for c, outcome in task.decision.controls.items() for found in outcome.conflicts]
    window = _window(task, layers)
    return Card(
        decision=task.decision,
        media_url=task.media_url,
        picture=task.picture,
        layers=layers,
        window=window,
        close_ups=_close_ups(layers, window),
        rows=_rows(layers),
        votes=sum(a.counts for a in answers),
        models=frozenset(a.annotator_id for a in answers if a.kind == "model"),
        groups=answer_groups(
            [(a.annotator_id, texts_of(a.result)) for a in answers if a.result is not None and a.counts],
            texts_of(consensus),
            None if task.gold is None else texts_of(task.gold),
            [(a.annotator_id, texts_of(a.result)) for a in answers if a.result is not None and not a.counts],
        ),
        conflicts=dict(sorted(Counter(found.kind for _, found in conflicts).items(), key=lambda i: (-i[1], i[0]))),
        details=conflicts,
    )


def regions_of_consensus(regions: Sequence[Any]) -> list[Region]:
    """Consensus regions as regions; those that lack what a region must have are left out."""
    found: list[Region] = []
    for region in regions:
        try:
            found.append(msgspec.convert(msgspec.to_builtins(region), ScoredRegion))
        except msgspec.ValidationError:
            continue
    return found


def _layer(
    name: str,
    role: str,
    regions: Sequence[Region] | None,
    *,
    kind: str = "",
    series: int = 0,
    score: float | None = None,
) -> Layer:
    kept = list(regions or ())[:MOST_REGIONS]
    outlines = [outline for region in kept if (outline := outline_of(region)) is not None]
    ranges = [found for region in kept if (found := range_of(region)) is not None]
    # Large shapes first, so that a small one within another can be pointed at.
    outlines.sort(key=lambda o: (-(o.extent.right - o.extent.left) * (o.extent.bottom - o.extent.top), o.path))
    further = max(len(regions or ()) - MOST_REGIONS, 0)
    return Layer(name, role, kind, series, score, outlines, sorted(ranges), regions is None, further)


def _window(task: ContestedTask, layers: Sequence[Layer]) -> Window | None:
    marks = extent_of(outline for layer in layers for outline in layer.outlines)
    whole = _whole(task)
    if marks is None:
        return Window(0, 0, *whole, whole, zoomed=False) if whole and task.picture else None
    if whole is None:
        return Window(*_padded(marks), None, zoomed=False)
    left, top, width, height = _padded(marks)
    if max(width / whole[0], height / whole[1]) > _WHOLE_RATIO:
        # Marks may lead past the picture's edge: they are shown, too.
        x, y = min(marks.left, 0), min(marks.top, 0)
        return Window(x, y, max(marks.right, whole[0]) - x, max(marks.bottom, whole[1]) - y, whole, zoomed=False)
    return Window(left, top, width, height, whole, zoomed=True)


def _close_ups(layers: Sequence[Layer], window: Window | None) -> list[Window]:
    """Heaps of marks that lie over one another, where they are small in the window."""
    if window is None:
        return []
    heaps: list[tuple[Extent, int]] = []
    for extent in sorted(outline.extent for layer in layers for outline in layer.outlines):
        count = 1
        touching = [heap for heap in heaps if _meet(heap[0], extent)]
        while touching:  # what grew may touch another heap
            heaps = [heap for heap in heaps if heap not in touching]
            extent = around([extent, *(other for other, _ in touching)])
            count += sum(n for _, n in touching)
            touching = [heap for heap in heaps if _meet(heap[0], extent)]
        heaps.append((extent, count))
    small = [
        (extent, n)
        for extent, n in heaps
        if max((extent.right - extent.left) / window.width, (extent.bottom - extent.top) / window.height) < _SMALL_RATIO
    ]
    if len(small) < len(heaps) or len(heaps) < 2:
        return []
    small.sort(key=lambda heap: (-heap[1], heap[0]))
    return [Window(*_padded(extent), window.whole, zoomed=True) for extent, _ in small[:_MOST_CLOSE_UPS]]


def _meet(one: Extent, other: Extent) -> bool:
    return one.left <= other.right and other.left <= one.right and one.top <= other.bottom and other.top <= one.bottom


def _whole(task: ContestedTask) -> tuple[float, float] | None:
    if task.width_px and task.height_px:
        return task.width_px, task.height_px
    return (task.picture.width_px, task.picture.height_px) if task.picture else None


def _padded(marks: Extent) -> tuple[float, float, float, float]:
    """Left, top, width and height with a margin, not narrower or lower than a third of the other side."""
    width, height = marks.right - marks.left, marks.bottom - marks.top
    margin = max(width, height, 1.0) * _MARGIN_RATIO
    wide = max(width + 2 * margin, (height + 2 * margin) / _MOST_ELONGATED)
    high = max(height + 2 * margin, (width + 2 * margin) / _MOST_ELONGATED)
    return marks.left - (wide - width) / 2, marks.top - (high - height) / 2, wide, high


def _rows(layers: Sequence[Layer]) -> Rows | None:
    ranges = [found for layer in layers for found in layer.ranges]
    if not ranges:
        return None
    start, end = min(found.start for found in ranges), max(found.end for found in ranges)
    return Rows(start, max(end, start + 1e-9), ranges[0].unit)
