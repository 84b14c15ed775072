"""Relations between matched regions: `scoring.sequences.relation`."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.objects import compare_objects
from scoring.consensus.clusters import cluster
from scoring.sequences.relation import (
    Relation,
    RelationMetric,
    fuse_relation,
    relation_similarity,
    relations_between,
)
from scoring.sequences.span import Span, span_similarity
from tests.scoring.sequences.strategies import relations, weights

metrics = st.sampled_from(get_args(RelationMetric))


def test_f1_over_relations_whose_end_points_match() -> None:
    # Three annotators mark a drug, a disease and (0 and 1 only) a dose, and relate them.
    regions = [Span(0, 4), Span(10, 18), Span(20, 24), Span(0, 4), Span(10, 19), Span(20, 24), Span(0, 4), Span(10, 18)]
    owners = [0, 0, 0, 1, 1, 1, 2, 2]
    kinds = ["drug", "disease", "dose", "drug", "disease", "dose", "drug", "disease"]
    ends = [(0, 1, True), (2, 0, True), (3, 4, True), (3, 5, True), (7, 6, True)]
    found = relations_between(ends, cluster(span_similarity(regions), owners, kinds))
    assert found == [Relation(0, 1), Relation(2, 0), Relation(0, 1), Relation(0, 2), Relation(1, 0)]
    labels = ["treats", "of", "treats", "of", "treats"]
    agreement = compare_objects(relation_similarity(found), [0, 0, 1, 1, 2], labels, 3)
    # 0 and 1 share "drug treats disease" but not the direction of "of"; 2 has it the wrong way round.
    assert agreement.matrix == [[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]]
    undirected = compare_objects(relation_similarity(found, "undirected"), [0, 0, 1, 1, 2], labels, 3)
    assert undirected.matrix[0][1] == 1.0
    assert undirected.matrix[0][2] == pytest.approx(2 / 3)


def test_a_wrong_label_is_told_from_a_missing_relation() -> None:
    agreement = compare_objects(relation_similarity([Relation(0, 1)] * 2), [0, 1], ["treats", "causes"], 2)
    assert [pair.same_label for pair in agreement.pairs] == [False]
    assert agreement.matrix[0][1] == 0.0


def test_the_ends_of_an_undirected_relation_have_no_order() -> None:
    there, back = Relation(0, 1, directed=False), Relation(1, 0, directed=False)
    assert relation_similarity([there, back, Relation(0, 1)]).tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_a_dangling_end_is_like_no_other_one() -> None:
    ends = [(0, None, True), (1, None, True), (None, None, False), (None, None, False), (0, 7, True)]
    found = relations_between(ends, clusters=[[0, 1]])
    assert np.array_equal(relation_similarity(found), np.eye(5))


def test_the_direction_with_most_support_wins() -> None:
    assert fuse_relation([Relation(0, 1), Relation(1, 0), Relation(1, 0)]) == Relation(1, 0)
    assert fuse_relation([Relation(0, 1), Relation(1, 0)], [2.0, 1.0]) == Relation(0, 1)
    linked = Relation(0, 1, directed=False)
    assert fuse_relation([Relation(0, 1), Relation(1, 0, directed=False)]) == Relation(1, 0, directed=False)
    assert fuse_relation([Relation(1, 0, directed=False), linked, Relation(1, 0)]) == linked


@given(st.lists(relations, max_size=6), metrics, st.data())
def test_similarity_is_an_equivalence(drawn: list[Relation], metric: RelationMetric, data: st.DataObject) -> None:
    similarity = relation_similarity(drawn, metric)
    assert similarity.shape == (len(drawn), len(drawn))
    assert np.isin(similarity, [0.0, 1.0]).all()
    assert np.array_equal(similarity, similarity.T)
    assert (similarity.diagonal() == 1.0).all()
    assert np.array_equal(similarity @ similarity > 0.0, similarity > 0.0)
    order = data.draw(st.permutations(range(len(drawn))))
    assert np.array_equal(relation_similarity([drawn[i] for i in order], metric), similarity[np.ix_(order, order)])


@given(st.lists(st.tuples(relations, weights), min_size=1, max_size=6), st.data())
def test_fusing_takes_one_of_them_whatever_the_order(marked: list[tuple[Relation, float]], data: st.DataObject) -> None:
    drawn, trust = [relation for relation, _ in marked], [weight for _, weight in marked]
    fused = fuse_relation(drawn, trust)
    assert fused in drawn
    assert fuse_relation(drawn[:1] * 3) == drawn[0]
    order = data.draw(st.permutations(range(len(drawn))))
    assert fuse_relation([drawn[i] for i in order], [trust[i] for i in order]) == fused


def test_bad_arguments_are_refused_with_what_came() -> None:
    with pytest.raises(ValueError, match="at least one relation to fuse, got none"):
        fuse_relation([])
    with pytest.raises(ValueError, match="got 1 weights for 2"):
        fuse_relation([Relation(0, 1)] * 2, [1.0])
    assert relation_similarity([]).shape == (0, 0)
