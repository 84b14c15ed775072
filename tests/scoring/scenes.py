"""Tasks with many objects, from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.types import Boxes


@dataclass(frozen=True)
class Scene:
    """What several annotators drew, all objects of the first one first."""

    boxes: Boxes
    owners: list[int]
    labels: list[str]


def scattered(annotators: int, objects: int, side_px: float, labels: int = 1, seed: int = 1) -> Scene:
    """Objects of 20 to 60 px anywhere in a square; everyone draws each a little differently, with a label at random."""
    rng = np.random.default_rng(seed)
    truth = np.column_stack([rng.uniform(0, side_px, (objects, 2)), rng.uniform(20, 60, (objects, 2))])
    drawn = [np.column_stack([truth + rng.normal(0, 2, truth.shape), np.zeros(objects)]) for _ in range(annotators)]
    owners = [annotator for annotator in range(annotators) for _ in range(objects)]
    return Scene(np.concatenate(drawn), owners, [f"kind {kind}" for kind in rng.integers(0, labels, len(owners))])


def on_a_grid(annotators: int, objects: int, cells: int, labels: int = 1, seed: int = 1) -> Scene:
    """Boxes with few corners and sizes to choose from: many are identical, and many similarities are equal."""
    rng = np.random.default_rng(seed)
    count = annotators * objects
    boxes = np.column_stack([rng.integers(0, cells, (count, 2)), rng.integers(1, 4, (count, 2)), np.zeros(count)])
    owners = [annotator for annotator in range(annotators) for _ in range(objects)]
    return Scene(boxes * 4.0, owners, [f"kind {kind}" for kind in rng.integers(0, labels, count)])
