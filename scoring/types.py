"""Value types that every part of `scoring` shares."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Boxes", "Matrix", "Undefined"]

Matrix: TypeAlias = list[list[float]]
"""Annotators x annotators, symmetric, similarities in [0, 1], the diagonal 1. Plain lists: most tasks have 2 to 10
annotators, where a list is several times faster than an array."""

Array: TypeAlias = NDArray[np.float64]
"""A float64 array; each function states its shape."""

Boxes: TypeAlias = NDArray[np.float64]
"""(n, 5) float64: x, y, width, height, rotation_degrees. x and y are the top-left corner and width and height the size
before rotation, in pixels; the rotation is clockwise as seen in the image (y points down), about the box's centre."""


class Undefined(NamedTuple):
    """A statistic that has no value, with the reason in words a person can act on.

    >>> Undefined("needs two annotators, got 1").reason
    'needs two annotators, got 1'
    """

    reason: str
