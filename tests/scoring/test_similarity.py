"""Both forms of a similarity: `scoring.agreement.similarity`."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from scoring.agreement.boxes import iou
from scoring.agreement.similarity import above_zero, above_zero_between, as_dense, entries, submatrix
from scoring.types import Boxes
from tests.scoring.strategies import some_boxes


@given(some_boxes, st.data())
def test_a_part_is_the_same_in_both_forms(drawn: Boxes, data: st.DataObject) -> None:
    dense = iou(drawn, drawn)
    sparse = csr_array(dense)
    chosen = data.draw(st.lists(st.sampled_from(range(len(drawn))), unique=True))
    part = submatrix(sparse, chosen)
    assert np.array_equal(submatrix(dense, chosen), dense[np.ix_(chosen, chosen)])
    assert np.array_equal(as_dense(part), submatrix(dense, chosen))
    for column in range(len(drawn)):
        assert entries(dense, chosen, column) == entries(sparse, chosen, column) == dense[chosen, column].tolist()
        if column in chosen:
            assert entries(part, range(len(chosen)), chosen.index(column)) == dense[chosen, column].tolist()


@given(some_boxes)
def test_the_pairs_above_zero_are_the_same_in_both_forms(drawn: Boxes) -> None:
    dense = iou(drawn, drawn)
    expected = [
        (i, j, float(dense[i, j])) for i in range(len(drawn)) for j in range(i + 1, len(drawn)) if dense[i, j] > 0.0
    ]
    for form in (dense, csr_array(dense)):
        assert list(zip(*(column.tolist() for column in above_zero(form)), strict=True)) == expected


@given(some_boxes, st.data())
def test_the_pairs_between_two_runs_are_the_same_in_both_forms(drawn: Boxes, data: st.DataObject) -> None:
    dense = iou(drawn, drawn)
    rows, columns = (
        slice(*sorted(data.draw(st.tuples(*[st.integers(0, len(drawn))] * 2)))) for _ in ("rows", "columns")
    )
    expected = [
        (i, j, float(dense[i, j]))
        for i in range(rows.start, rows.stop)
        for j in range(columns.start, columns.stop)
        if dense[i, j] > 0.0
    ]
    for form in (dense, csr_array(dense)):
        pairs = above_zero_between(form, rows, columns)
        assert list(zip(*(column.tolist() for column in pairs), strict=True)) == expected


def test_a_matrix_put_together_in_another_order_is_read_in_order() -> None:
    # Row 0 stores column 2 before column 1, and a 0 on top.
    unsorted = csr_array(
        (
            np.array([0.3, 0.6, 1.0, 0.6, 1.0, 0.0, 0.3, 1.0]),
            np.array([2, 1, 0, 0, 1, 2, 0, 2]),
            np.array([0, 3, 6, 8]),
        ),
        shape=(3, 3),
    )
    pairs = above_zero(unsorted)
    assert (pairs.first.tolist(), pairs.second.tolist(), pairs.similarity.tolist()) == ([0, 0], [1, 2], [0.6, 0.3])
    assert above_zero_between(unsorted, slice(0, 3), slice(0, 3)).second.tolist() == [0, 1, 2, 0, 1, 0, 2]
    assert unsorted.indices[0] == 2
    assert entries(unsorted, [2, 1, 0], 0) == [0.3, 0.6, 1.0]


def test_no_objects_have_no_part_and_no_entries() -> None:
    for form in (np.eye(2), csr_array(np.eye(2))):
        assert submatrix(form, []).shape == (0, 0)
        assert entries(form, [], 1) == []
