"""What the property tests of `scoring` draw from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from scoring.types import Array, Boxes

sizes = st.floats(0.01, 200)
positions = st.floats(-300, 300)
rotations = st.one_of(st.just(0.0), st.sampled_from([30.0, 90.0, -90.0, 120.0, 180.0, 359.5]), st.floats(-400, 400))
weights = st.floats(0.01, 10)
answers = st.sampled_from(["day", "night", "dawn", None])
label_sets = st.frozensets(st.sampled_from(["wet", "dark", "snow", "fog"]))

box = st.tuples(positions, positions, sizes, sizes, rotations)
upright_box = st.tuples(positions, positions, sizes, sizes, st.just(0.0))


def as_boxes(rows: Any) -> Boxes:
    """(n, 5), also for no rows."""
    return np.array(list(rows), dtype=np.float64).reshape(-1, 5)


boxes = st.lists(box, max_size=6).map(as_boxes)
some_boxes = st.lists(box, min_size=1, max_size=6).map(as_boxes)


@dataclass(frozen=True)
class Marks:
    """Each annotator's labelled boxes."""

    answers: Sequence[Sequence[tuple[str, tuple[float, ...]]]]

    @property
    def owners(self) -> list[int]:
        return [owner for owner, answer in enumerate(self.answers) for _ in answer]

    @property
    def labels(self) -> list[str]:
        return [label for answer in self.answers for label, _ in answer]

    @property
    def boxes(self) -> Boxes:
        return as_boxes(row for answer in self.answers for _, row in answer)

    def permuted(self, order: list[int]) -> Marks:
        return Marks([self.answers[i] for i in order])


def marks(min_annotators: int = 0, max_annotators: int = 4) -> st.SearchStrategy[Marks]:
    """Annotators who look at the same few places, so that their boxes overlap; sorted by content, as callers do."""
    nearby = st.tuples(
        st.floats(0, 12), st.floats(0, 12), st.floats(8, 14), st.floats(8, 14), st.sampled_from([0.0, 0.0, 0.0, 25.0])
    )
    mark = st.tuples(st.sampled_from(["car", "bus"]), nearby)
    answer = st.lists(mark, max_size=3).map(sorted)
    return st.lists(answer, min_size=min_annotators, max_size=max_annotators).map(Marks)


@st.composite
def similarities(draw: st.DrawFn, max_rows: int = 4, max_columns: int = 4) -> Array:
    """A matrix in which equal values and zeros are common, as with duplicate and separate objects."""
    rows, columns = draw(st.integers(0, max_rows)), draw(st.integers(0, max_columns))
    value = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1))
    cells = draw(st.lists(value, min_size=rows * columns, max_size=rows * columns))
    return np.array(cells, dtype=np.float64).reshape(rows, columns)
