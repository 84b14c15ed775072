"""What is compared: seeded, and plain numbers, so that it can be sent to a peer as JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["answers", "boxes", "masks", "outlines", "ratings"]

_IMAGE = (4_000, 3_000)
_Floats = NDArray[np.float64]


def boxes(annotators: int, objects: int, seed: int = 7) -> list[list[list[float]]]:
    """By annotator: x, y, width, height of the same objects, drawn some 3 px apart; 30 to 120 px in 4,000 x 3,000."""
    chance = np.random.default_rng(seed)
    truth = np.column_stack([chance.uniform(0, _IMAGE, (objects, 2)), chance.uniform(30, 120, (objects, 2))])
    return [np.maximum(truth + chance.normal(0, 3, truth.shape), 1.0).round(2).tolist() for _ in range(annotators)]


def outlines(annotators: int, objects: int, vertices: int, seed: int = 7) -> list[list[list[list[float]]]]:
    """By annotator: rings of so many points, wavy, some 100 px across, each drawn with a hand that shakes by 1 px."""
    chance = np.random.default_rng(seed)
    centres, radii = chance.uniform(150, np.array(_IMAGE) - 150, (objects, 2)), chance.uniform(40, 70, objects)
    waves = chance.integers(3, 9, objects)
    turn = np.linspace(0.0, 2.0 * np.pi, vertices, endpoint=False)

    def drawn(centre: _Floats, radius: float, wave: int) -> list[list[float]]:
        reach = radius * (1.0 + 0.1 * np.sin(wave * turn)) + chance.normal(0, min(1.0, 30 / vertices), vertices)
        ring = centre + chance.normal(0, 2, 2) + np.column_stack([np.cos(turn), np.sin(turn)]) * reach[:, None]
        return ring.round(2).tolist()  # type: ignore[no-any-return]

    return [[drawn(*each) for each in zip(centres, radii, waves, strict=True)] for _ in range(annotators)]


def masks(
    annotators: int, objects: int, size: tuple[int, int], radius: float, hole: float = 0.0, seed: int = 7
) -> list[list[dict[str, Any]]]:
    """By annotator: wavy discs of about this radius, with a hole of this share of it, as COCO's uncompressed run
    lengths, down the columns."""
    chance = np.random.default_rng(seed)
    height, width = size
    reach = 1.2 * radius
    centres = chance.uniform(reach, np.array([width, height]) - reach, (objects, 2))
    return [
        [{"size": [height, width], "counts": _disc(centre + chance.normal(0, 3, 2), radius, hole, height, width)}
         for centre in centres]
        for _ in range(annotators)
    ]  # fmt: skip


def _disc(centre: _Floats, radius: float, hole: float, height: int, width: int) -> list[int]:
    (x, y), reach = centre, 1.3 * radius
    left, right = max(0, int(x - reach)), min(width, int(x + reach))
    top, bottom = max(0, int(y - reach)), min(height, int(y + reach))
    across, down = np.arange(left, right)[:, None] - x, np.arange(top, bottom) - y
    share = np.hypot(across, down) / (radius * (1.0 + 0.1 * np.sin(5.0 * np.arctan2(down, across))))
    inside = (share < 1.0) & (share >= hole)
    columns, rows = np.nonzero(np.diff(inside.astype(np.int8), axis=1, prepend=0, append=0))
    toggles = (left + columns) * height + top + rows
    counts: list[int] = np.diff(toggles, prepend=0, append=height * width).tolist()
    return counts


def answers(tasks: int, a_task: int, annotators: int, classes: int, seed: int = 7) -> list[tuple[str, str, str]]:
    """(task, annotator, label): annotators of different skill, so many answers a task."""
    chance = np.random.default_rng(seed)
    skill, truth = chance.uniform(0.5, 0.95, annotators), chance.integers(0, classes, tasks)
    given = []
    for task in range(tasks):
        for annotator in chance.choice(annotators, a_task, replace=False):
            right = chance.random() < skill[annotator]
            label = truth[task] if right else (truth[task] + chance.integers(1, classes)) % classes
            given.append((f"t{task}", f"a{annotator}", f"c{label}"))
    return given


def ratings(annotators: int, tasks: int, steps: int, missing: float, seed: int = 7) -> list[list[int]]:
    """By annotator: a step from 0 for each task, -1 where there is no answer."""
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, steps, tasks)
    drawn = np.clip(truth + chance.integers(-1, 2, (annotators, tasks)), 0, steps - 1)
    drawn[chance.random(drawn.shape) < missing] = -1
    listed: list[list[int]] = drawn.tolist()
    return listed
