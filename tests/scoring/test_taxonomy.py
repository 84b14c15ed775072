"""Agreement in a tree: `scoring.agreement.taxonomy`."""

from __future__ import annotations

from functools import partial
from itertools import permutations
from random import Random
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.matching import match_rows
from scoring.agreement.taxonomy import (
    TaxonomyMetric,
    path_similarity,
    taxonomy_matrix,
    taxonomy_paths,
    taxonomy_similarity,
)
from tests.scoring.answer_laws import check_matrix

METRICS: list[TaxonomyMetric] = ["path", "nodes", "exact"]

paths = st.lists(st.sampled_from("ab"), max_size=4)
choices = st.lists(paths, max_size=4)


def test_label_studios_example_three_of_four_steps() -> None:
    assert path_similarity("abcd", "abce") == 0.75


def test_paths_by_hand() -> None:
    assert path_similarity("ab", "abcd") == pytest.approx(2 * 2 / 6)
    assert path_similarity("ab", "ba") == 0.0  # both name a and b, but nothing of the way is shared
    assert path_similarity("abc", "xbc") == 0.0
    assert path_similarity("", "") == 1.0
    assert path_similarity("", "a") == 0.0


def test_an_extra_path_costs() -> None:
    """With the best partner of each reference path, as Label Studio's open-source scorer has it, it is free."""
    assert taxonomy_similarity([["a"]], [["a"], ["b"], ["c"]]) == 0.5


def test_one_path_is_the_partner_of_one() -> None:
    # a/x and a/y against a/x and b: 1 + 0, because a/x is taken: 2 x 1 / 4. Many to one would give 1 + 0.5.
    assert taxonomy_similarity([["a", "x"], ["a", "y"]], [["a", "x"], ["b"]]) == 0.5


def test_the_matching_is_optimal_where_the_best_pair_first_is_not() -> None:
    # Similarities: a/b/c ~ a/b 0.8, a/b/c ~ a/b/d 2/3, a ~ a/b 2/3, a ~ a/b/d 0.5. The best pair first is 0.8 + 0.5,
    # crossed over it is 2/3 + 2/3.
    mine, other = [["a", "b", "c"], ["a"]], [["a", "b"], ["a", "b", "d"]]
    assert taxonomy_similarity(mine, other) == pytest.approx(2 * (2 / 3 + 2 / 3) / 4)


def test_nodes_by_hand() -> None:
    # a, a/b, a/b/c against a, a/b, a/d: 2 of 4.
    assert taxonomy_similarity([["a", "b", "c"]], [["a", "b"], ["a", "d"]], "nodes") == 0.5
    # The same name under another parent is another node: 0 of 4.
    assert taxonomy_similarity([["a", "x"]], [["b", "x"]], "nodes") == 0.0


def test_none_of_these_unanswered_and_what_does_not_count() -> None:
    for metric in METRICS:
        assert taxonomy_matrix([[], [[]], [["a"]], None], metric)[0] == [1.0, 1.0, 0.0, 0.0]
        assert taxonomy_similarity([["a"], ["b"], ["a"]], [["b"], ["a"], []], metric) == 1.0


@given(choices, choices)
def test_the_matching_is_the_best_of_all(a: list[list[str]], b: list[list[str]]) -> None:
    short, long = sorted([taxonomy_paths(a), taxonomy_paths(b)], key=len)
    if not long:
        return
    best = max(sum(map(path_similarity, short, order)) for order in permutations(long, len(short)))
    assert taxonomy_similarity(a, b) == pytest.approx(2 * best / (len(short) + len(long)))


@given(st.lists(st.none() | choices, max_size=5), st.sampled_from(METRICS), st.data())
def test_taxonomy_matrix_keeps_the_laws(
    answers: list[list[list[str]] | None], metric: TaxonomyMetric, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(answers))))
    matrix_of: Any = partial(taxonomy_matrix, metric=metric)
    check_matrix(matrix_of, answers, order)


@given(choices, choices, st.data())
def test_the_order_of_the_paths_does_not_matter_and_only_equal_sets_score_1(
    a: list[list[str]], b: list[list[str]], data: st.DataObject
) -> None:
    for metric in METRICS:
        score = taxonomy_similarity(a, b, metric)
        assert taxonomy_similarity(data.draw(st.permutations(a)), data.draw(st.permutations(b)), metric) == score
        if metric != "nodes":
            assert (score == 1.0) == (taxonomy_paths(a) == taxonomy_paths(b))


def test_many_paths_are_compared_as_few_are() -> None:
    rng = Random(4)
    mine, other = ([[rng.choice("ab") for _ in range(rng.randint(1, 6))] for _ in range(60)] for _ in range(2))
    a, b = taxonomy_paths(mine), taxonomy_paths(other)
    assert len(a) * len(b) > 400
    rows = [[path_similarity(path, candidate) for candidate in b] for path in a]
    best = sum(rows[i][j] for i, j in match_rows(rows))
    assert taxonomy_similarity(mine, other) == pytest.approx(2 * best / (len(a) + len(b)), abs=1e-12)


def test_five_annotators_with_a_thousand_paths_each_are_compared_in_seconds() -> None:
    rng = Random(5)
    tree = [[f"{rng.randrange(20)}", f"{rng.randrange(30)}", f"{rng.randrange(40)}"] for _ in range(2_000)]
    answers = [rng.sample(tree, 1_000) for _ in range(5)]
    begun = process_time()
    matrix = taxonomy_matrix(answers)
    assert process_time() - begun < 4.0  # 0.4 s measured
    assert 0.5 < matrix[0][1] < 1.0
