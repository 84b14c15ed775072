"""Which marks are one object: `scoring.consensus.clusters`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.boxes import iou
from scoring.consensus.clusters import _Clusters, _edges, cluster
from scoring.types import Array
from tests.scoring.strategies import Marks, marks


def symmetric(count: int, **cells: float) -> Array:
    """`_01=0.8` is the similarity of objects 0 and 1."""
    similarity = np.eye(count)
    for name, value in cells.items():
        i, j = int(name[1]), int(name[2])
        similarity[i, j] = similarity[j, i] = value
    return similarity


def content(drawn: Marks) -> list[tuple[object, ...]]:
    return [(label, *row) for answer in drawn.answers for label, row in answer]


def places(drawn: Marks) -> list[int]:
    """Where each object stands when all are sorted by content."""
    marked = content(drawn)
    order = sorted(range(len(marked)), key=lambda i: marked[i])
    return [order.index(i) for i in range(len(marked))]


def clusters_of(drawn: Marks) -> list[list[int]]:
    return cluster(iou(drawn.boxes, drawn.boxes), drawn.owners, drawn.labels, tie_break=places(drawn))


def test_average_linkage_by_hand() -> None:
    # 0-1 is joined first (0.9); object 2 then has (0.7 + 0.3) / 2 = 0.5 with them.
    similarity = symmetric(3, _01=0.9, _02=0.7, _12=0.3)
    assert cluster(similarity, [0, 1, 2], ["car"] * 3, minimum_similarity=0.5) == [[0, 1, 2]]
    assert cluster(similarity, [0, 1, 2], ["car"] * 3, minimum_similarity=0.51) == [[0, 1], [2]]


def test_a_duplicate_of_one_annotator_stays_out() -> None:
    similarity = symmetric(3, _01=0.95, _02=0.8, _12=0.9)
    assert cluster(similarity, [0, 0, 1], ["car"] * 3) == [[0], [1, 2]]


def test_nothing_is_chained_through_a_mark_to_another_of_the_same_annotator() -> None:
    # Two neighbours (0 and 1, by one annotator), a loose box of another one over both, and a third on the second.
    similarity = symmetric(4, _02=0.5, _12=0.55, _13=0.9, _23=0.5)
    assert cluster(similarity, [0, 0, 1, 2], ["car"] * 4) == [[0], [1, 2, 3]]


def test_the_same_label_joins_first() -> None:
    # Object 2 (bus) lies better on car 0 than bus 1 does, but its own kind comes first; car 0 is left alone with none
    # to join, because annotator 1 has only one mark.
    similarity = symmetric(3, _02=0.9, _12=0.6)
    assert cluster(similarity, [0, 0, 1], ["car", "bus", "bus"]) == [[0], [1, 2]]


def test_a_wrong_label_joins_its_object() -> None:
    similarity = symmetric(3, _01=0.8, _02=0.7, _12=0.9)
    assert cluster(similarity, [0, 1, 2], ["car", "car", "bus"]) == [[0, 1, 2]]


def test_no_objects_and_objects_seen_by_one() -> None:
    assert cluster(np.zeros((0, 0)), [], []) == []
    assert cluster(np.eye(2), [0, 1], ["car", "car"]) == [[0], [1]]


def test_ties_follow_the_given_order_of_content() -> None:
    # 1 overlaps 0 and 2 alike, which do not overlap: whichever comes first in content gets it.
    similarity = symmetric(3, _01=0.6, _12=0.6)
    assert cluster(similarity, [0, 1, 2], ["car"] * 3, tie_break=[0, 1, 2]) == [[0, 1], [2]]
    assert cluster(similarity, [0, 1, 2], ["car"] * 3, tie_break=[2, 1, 0]) == [[0], [1, 2]]


def test_inputs_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match=r"got 2 owners, 2 labels and similarity of shape \(1, 1\)"):
        cluster(np.eye(1), [0, 1], ["car"] * 2)
    with pytest.raises(ValueError, match=r"above 0, got 0\.0"):
        cluster(np.eye(1), [0], ["car"], minimum_similarity=0.0)


@given(marks())
def test_every_object_is_in_one_cluster_and_no_annotator_twice(drawn: Marks) -> None:
    clusters = clusters_of(drawn)
    assert sorted(i for members in clusters for i in members) == list(range(len(drawn.owners)))
    assert all(len({drawn.owners[i] for i in members}) == len(members) for members in clusters)


@given(marks(), st.data())
def test_clusters_do_not_depend_on_the_order_of_annotators(drawn: Marks, data: st.DataObject) -> None:
    permuted = drawn.permuted(data.draw(st.permutations(range(len(drawn.answers)))))
    assert sorted(sorted(content(drawn)[i] for i in members) for members in clusters_of(drawn)) == sorted(
        sorted(content(permuted)[i] for i in members) for members in clusters_of(permuted)
    )


@given(marks(min_annotators=2))
def test_cliques_found_at_a_glance_are_what_joining_step_by_step_finds(drawn: Marks) -> None:
    similarity, owners, labels = iou(drawn.boxes, drawn.boxes), drawn.owners, drawn.labels
    everything = list(range(len(owners)))
    searched = _Clusters(dict(enumerate(owners)), places(drawn), 0.4)
    edges = _edges(similarity, owners, everything)
    searched.join(edge for edge in edges if labels[edge[0]] == labels[edge[1]])
    searched.join(edges)
    assert clusters_of(drawn) == sorted(sorted(members) for members in searched.members.values())


@given(marks(max_annotators=1), st.integers(2, 4))
def test_identical_answers_of_separate_objects_cluster_into_these_objects(drawn: Marks, annotators: int) -> None:
    answer = drawn.answers[0] if drawn.answers else []
    separate = [("car", (20.0 * i, 0.0, 10.0, 10.0, 0.0)) for i in range(len(answer))]
    clusters = clusters_of(Marks([separate] * annotators))
    assert clusters == [[i + len(separate) * a for a in range(annotators)] for i in range(len(separate))]
