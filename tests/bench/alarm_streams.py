"""Streams of scores and labels with a known history: nothing happens, or something does at a known task."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.special import ndtr

from scoring.types import Array

__all__ = ["CHANGES", "LABELS", "SHAPES", "Change", "Shape", "means", "sample_labels", "sample_scores"]


class Shape(NamedTuple):
    """How scores of one task are distributed about their mean."""

    name: str
    kind: str
    """`beta`, `bernoulli` or `three`: three annotators, of whom 3, 2 or none agree."""
    mean: float
    spread: float = 0.0
    """Of beta: α + β. Of three: the share of tasks in which two agree."""
    correlation: float = 0.0
    """Of a task with the one before, by a Gaussian copula."""


SHAPES: Final = (
    Shape("beta, mean 0.8, sd 0.12", "beta", 0.8, 10),
    Shape("beta, mean 0.92, sd 0.04", "beta", 0.92, 45),
    Shape("Bernoulli, mean 0.9", "bernoulli", 0.9),
    Shape("Bernoulli, mean 0.7", "bernoulli", 0.7),
    Shape("of 3 annotators, mean 0.7", "three", 0.7, 0.3),
    Shape("of 3, each task correlated 0.2", "three", 0.7, 0.3, 0.2),
)


class Change(NamedTuple):
    """What happens to the mean."""

    name: str
    size: float
    """How far it falls."""
    over: int = 0
    """Tasks that the fall takes; 0: at once."""


CHANGES: Final = (
    Change("step 0.05", 0.05),
    Change("step 0.1", 0.1),
    Change("step 0.2", 0.2),
    Change("ramp 0.1 over 1,000", 0.1, 1_000),
    Change("ramp 0.2 over 2,000", 0.2, 2_000),
)


def means(shape: Shape, tasks: int, change: Change | None = None, at: int = 0) -> Array:
    """The mean of each task's score, (tasks,)."""
    course = np.full(tasks, shape.mean)
    if change is not None:
        done = np.arange(tasks) - at
        course -= change.size * (np.clip(done / change.over, 0, 1) if change.over else done >= 0)
    return course


def sample_scores(shape: Shape, course: Array, streams: int, rng: np.random.Generator) -> Array:
    """Scores in [0, 1], (streams, tasks)."""
    size = (streams, len(course))
    if shape.kind == "beta":
        scores: Array = rng.beta(course * shape.spread, (1 - course) * shape.spread, size)
        return scores
    uniform = rng.random(size)
    if shape.correlation:
        noise = rng.standard_normal(size) * np.sqrt(1 - shape.correlation**2)
        uniform = ndtr(lfilter([1.0], [1.0, -shape.correlation], noise, axis=1))
    if shape.kind == "bernoulli":
        return (uniform < course).astype(np.float64)
    all_three = course - shape.spread / 3
    return np.where(uniform < all_three, 1.0, np.where(uniform < all_three + shape.spread, 1 / 3, 0.0))


LABELS: Final = {
    "4 labels, even": (0.25, 0.25, 0.25, 0.25),
    "3 labels, 80:15:5": (0.8, 0.15, 0.05),
    "20 labels, 1/rank": tuple((1 / np.arange(1, 21) / (1 / np.arange(1, 21)).sum()).tolist()),
}
"""Shares of labels."""


def sample_labels(shares: Array, streams: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Labels by number, (streams, tasks), of (tasks, labels) shares."""
    edges = np.cumsum(shares, axis=1)[None, :, :-1]
    labels: NDArray[np.int64] = (rng.random((streams, len(shares)))[..., None] >= edges).sum(axis=2, dtype=np.int64)
    return labels
