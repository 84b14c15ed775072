"""What an evaluation gives: named figures, each with what "better" means for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from scoring.chance.coefficient import Coefficient
from scoring.types import Undefined

__all__ = ["Better", "Figure", "by_name", "higher", "lower", "mean", "pairs", "same"]

Better = Literal["higher", "lower", "same"]
"""`same`: a statistic of the data, which a right computation gives, however good the annotators are."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of a set, or the same measure of several parts of it."""

    measure: str
    values: Mapping[str, float]
    """Part → value; a single part is named ""."""
    better: Better
    baseline: Mapping[str, float] | None = None
    """The same of what needs no consensus, measured in the same run."""
    against: str = ""
    """What the baseline is."""
    undefined: str = ""
    """Why there is no value, or none of some parts."""


def higher(measure: str, value: float, baseline: float | None = None, against: str = "") -> Figure:
    """A figure that should be high."""
    return Figure(measure, {"": value}, "higher", None if baseline is None else {"": baseline}, against)


def lower(measure: str, value: float, baseline: float | None = None, against: str = "") -> Figure:
    """A figure that should be low."""
    return Figure(measure, {"": value}, "lower", None if baseline is None else {"": baseline}, against)


def same(measure: str, value: float | Coefficient | Undefined) -> Figure:
    """A figure that should be as it is."""
    if isinstance(value, Undefined):
        return Figure(measure, {}, "same", undefined=value.reason)
    return Figure(measure, {"": value.value if isinstance(value, Coefficient) else value}, "same")


def by_name(measure: str, values: Mapping[str, float | Coefficient | Undefined], better: Better = "same") -> Figure:
    """One figure for each part of the set that has one."""
    defined = {part: value for part, value in values.items() if not isinstance(value, Undefined)}
    listed = {part: v.value if isinstance(v, Coefficient) else v for part, v in sorted(defined.items())}
    missing = [f"{part}: {value.reason}" for part, value in sorted(values.items()) if isinstance(value, Undefined)]
    return Figure(measure, listed, better, undefined="; ".join(missing))


def mean(values: Iterable[float]) -> float:
    """The mean; of nothing 0, which no set has."""
    listed = list(values)
    return float(np.mean(listed)) if listed else 0.0


def pairs(count: int) -> Iterable[tuple[int, int]]:
    """Every two of so many."""
    return combinations(range(count), 2)
