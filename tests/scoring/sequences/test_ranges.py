"""Ranges of a line: `scoring.sequences.ranges`."""

from __future__ import annotations

from fractions import Fraction
from time import process_time
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from scoring.agreement.similarity import as_dense
from scoring.sequences.ranges import RangeMetric, has_majority, majority_range, range_similarity

ranges = st.tuples(st.integers(0, 15), st.integers(0, 15)).map(lambda pair: (min(pair), max(pair)))
whole_weights = st.integers(1, 4)


def covered_by_most(drawn: list[tuple[int, int]], weights: list[int]) -> list[int]:
    """Unit pieces of the line under more than half of the weight, counted one by one."""
    total = sum(weights)
    return [
        place
        for place in range(16)
        if 2 * sum(w for (start, end), w in zip(drawn, weights, strict=True) if start <= place < end) > total
    ]


@pytest.mark.parametrize(
    ("a", "b", "overlap", "exact", "tolerant"),
    [
        ((0, 10), (0, 10), 1.0, 1.0, 1.0),
        ((0, 10), (5, 15), 1 / 3, 0.0, 0.0),  # evalme: text span IoU 0.333 for [0, 10] against [5, 15]
        ((0, 5), (0, 4), 0.8, 0.0, 1.0),  # Labelbox: "house" against "hous", 4 of 5 characters
        ((0, 5), (1, 4), 0.6, 0.0, 1.0),  # both boundaries within 1
        ((0, 5), (2, 5), 0.6, 0.0, 0.0),
        ((0, 5), (5, 10), 0.0, 0.0, 0.0),  # touching
        ((3, 3), (3, 3), 1.0, 1.0, 1.0),  # empty, identical
        ((3, 3), (2, 4), 0.0, 0.0, 1.0),
        ((3, 3), (4, 4), 0.0, 0.0, 1.0),
    ],
)
def test_similarity_by_hand(
    a: tuple[int, int], b: tuple[int, int], overlap: float, exact: float, tolerant: float
) -> None:
    expected: dict[RangeMetric, float] = {"overlap": overlap, "exact": exact, "tolerant": tolerant}
    assert {metric: range_similarity([a, b], metric, 1.0)[0, 1] for metric in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("drawn", "weights", "expected"),
    [
        ([(4, 9), (4, 10), (0, 9)], None, (4, 9)),  # median start, median end
        ([(0, 10), (5, 15)], None, (5, 10)),  # of two annotators, what both marked
        ([(0, 4), (0, 4), (2, 8), (2, 8)], None, (2, 4)),  # exactly half is left out
        ([(0, 10), (5, 15)], [2.0, 1.0], (0, 10)),
        ([(0, 10), (5, 15), (5, 15)], [0.3, 0.1, 0.2], (5, 10)),  # 0.1 + 0.2 is not more than 0.3
        ([(0, 20), (0, 20), (0, 5), (14, 20)], None, (14, 20)),  # two runs: the longer one
        ([(0, 20), (0, 20), (0, 5), (15, 20)], None, (0, 5)),  # equally long ones: the first
        ([(0, 5), (5, 10), (0, 5), (5, 10), (0, 10)], None, (0, 10)),  # runs that touch are one
        ([(0, 2), (4, 6), (4, 8)], None, (4, 6)),
        ([(0, 2), (10, 12)], None, (0, 2)),  # nothing shared: the first of equally central ones
        ([(7, 7), (3, 3)], None, (3, 3)),
    ],
)
def test_majority_by_hand(drawn: list[tuple[int, int]], weights: list[float] | None, expected: tuple[int, int]) -> None:
    assert majority_range(drawn, weights) == expected


@given(st.lists(st.tuples(ranges, whole_weights), min_size=1, max_size=6))
def test_majority_is_the_longest_run_of_pieces_that_most_cover(marked: list[tuple[tuple[int, int], int]]) -> None:
    drawn, weights = [mark for mark, _ in marked], [weight for _, weight in marked]
    pieces = covered_by_most(drawn, weights)
    assert has_majority(drawn, [float(w) for w in weights]) == bool(pieces)
    start, end = majority_range(drawn, [float(w) for w in weights])
    if not pieces:
        assert (start, end) in drawn
        return
    runs = [
        (first, last + 1)
        for first in pieces
        for last in pieces
        if all(place in pieces for place in range(first, last + 1))
    ]
    assert (start, end) == min(runs, key=lambda run: (run[0] - run[1], run))


@given(st.lists(ranges, min_size=1, max_size=6), st.data())
def test_majority_does_not_depend_on_the_order(drawn: list[tuple[int, int]], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.floats(0.01, 10), min_size=len(drawn), max_size=len(drawn)))
    order = data.draw(st.permutations(range(len(drawn))))
    again = majority_range([drawn[i] for i in order], [weights[i] for i in order])
    assert again == majority_range(drawn, weights)


@given(st.lists(ranges, min_size=1, max_size=5))
def test_overlap_is_the_jaccard_similarity_of_what_is_covered(drawn: list[tuple[int, int]]) -> None:
    similarity = range_similarity(drawn, "overlap", 0.0)
    for i, a in enumerate(drawn):
        for j, b in enumerate(drawn):
            mine, theirs = set(range(*a)), set(range(*b))
            expected = Fraction(len(mine & theirs), len(mine | theirs) or 1) if a != b else Fraction(1)
            assert similarity[i, j] == float(expected)


def test_a_range_without_weight_is_never_taken() -> None:
    assert majority_range([(0, 4), (0, 4), (8, 9), (9, 10)], [0.0, 0.0, 1.0, 1.0]) == (8, 9)


def test_bad_arguments_are_refused_with_what_came() -> None:
    with pytest.raises(ValueError, match="at least one shape to fuse, got none"):
        majority_range([])
    with pytest.raises(ValueError, match="got 1 weights for 2"):
        majority_range([(0, 1), (0, 2)], [1.0])
    with pytest.raises(ValueError, match="tolerance of at least 0, got -1"):
        range_similarity([(0, 1)], "tolerant", -1.0)
    with pytest.raises(ValueError, match="tolerance of at least 0, got nan"):
        range_similarity([(0, 1)], "tolerant", float("nan"))


def test_no_ranges_give_an_empty_matrix() -> None:
    for metric in ("overlap", "exact", "tolerant"):
        assert np.array_equal(range_similarity([], metric, 0.0), np.zeros((0, 0)))


@pytest.mark.parametrize("metric", get_args(RangeMetric))
def test_of_many_ranges_the_sweep_finds_what_comparing_all_does(metric: RangeMetric) -> None:
    rng = np.random.default_rng(3)
    starts, lines = rng.integers(0, 400, 600), rng.integers(0, 3, 600).tolist()
    drawn = [(int(start), int(start + length)) for start, length in zip(starts, rng.integers(0, 9, 600), strict=True)]
    many = range_similarity(drawn, metric, 1.0, lines)
    assert isinstance(many, csr_array)
    few = range_similarity(drawn[:500], metric, 1.0, lines[:500])
    assert isinstance(few, np.ndarray)
    assert np.array_equal(many.toarray()[:500, :500], few)
    assert np.array_equal(many.toarray(), many.toarray().T)
    assert few[0].tolist() == [
        float(range_similarity([drawn[0], other], metric, 1.0)[0, 1]) if line == lines[0] else 0.0
        for other, line in zip(drawn[:500], lines, strict=False)
    ]


def test_a_tolerance_that_is_not_exact_in_binary_is_met_by_many_as_by_few() -> None:
    # 0.3 - 0.1 is a little less than 0.2, 0.1 + 0.2 a little more than 0.3: both are within a fifth.
    near = [(0.1, 1.0), (0.3, 1.0), (0.30000000000000004, 1.0)]
    far = [(10.0 + place, 11.0 + place) for place in range(600)]
    few = range_similarity(near, "tolerant", 0.2)
    assert np.array_equal(as_dense(range_similarity(near + far, "tolerant", 0.2))[:3, :3], few)


def test_five_thousand_ranges_cost_what_is_similar_among_them_and_nested_ones_no_more_than_all_pairs() -> None:
    begun = process_time()
    apart = range_similarity([(10 * place, 10 * place + 9) for place in range(5_000)], "overlap", 0.0)
    assert process_time() - begun < 0.5  # 0.01 s measured
    assert apart.nnz == 5_000  # type: ignore[union-attr]
    nested = range_similarity([(0, 1_000 + place) for place in range(700)], "overlap", 0.0)
    assert isinstance(nested, np.ndarray)
    assert nested[0, 699] == 1_000 / 1_699
