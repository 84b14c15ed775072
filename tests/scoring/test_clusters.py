"""Which marks are one object: `scoring.consensus.clusters`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from scoring.agreement.boxes import iou
from scoring.consensus import clusters as clusters_module
from scoring.consensus.clusters import _Clusters, _edges, cluster
from scoring.types import Array
from tests.scoring.scenes import Scene, on_a_grid, scattered
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


def groups_in_every_way(
    similarity: Array, owners: list[int], labels: list[str], minimum: float, tie_break: list[int]
) -> list[list[list[int]]]:
    """The groups from both forms, by whole rows and by overlapping pairs."""
    found = []
    for most_as_dense in (len(owners), -1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clusters_module, "DENSE_UP_TO", most_as_dense)
            found += [cluster(form, owners, labels, minimum, tie_break) for form in (similarity, csr_array(similarity))]
    return found


@given(marks(min_annotators=1), st.sampled_from([0.05, 0.4, 0.8, 1.0]))
def test_few_objects_are_grouped_the_same_in_every_way(drawn: Marks, minimum: float) -> None:
    similarity = iou(drawn.boxes, drawn.boxes)
    if len(drawn.owners):
        groups = groups_in_every_way(similarity, drawn.owners, drawn.labels, minimum, places(drawn))
        assert all(other == groups[0] for other in groups)


@pytest.mark.parametrize("minimum", [0.05, 0.4, 0.8])
@pytest.mark.parametrize(
    "scene",
    [
        scattered(annotators=3, objects=200, side_px=700, labels=3),
        scattered(annotators=5, objects=40, side_px=60, labels=2),
        on_a_grid(annotators=3, objects=200, cells=25, labels=2),
    ],
    ids=["scattered", "crowded", "ties"],
)
def test_many_objects_are_grouped_the_same_in_every_way(scene: Scene, minimum: float) -> None:
    tie_break = np.random.default_rng(3).permutation(len(scene.owners)).tolist()
    groups = groups_in_every_way(iou(scene.boxes, scene.boxes), scene.owners, scene.labels, minimum, tie_break)
    assert any(len(members) > 1 for members in groups[0])
    assert all(other == groups[0] for other in groups)


def test_six_hundred_objects_at_one_place_are_two_hundred_seen_by_all() -> None:
    # The worst there is: every object overlaps every other one, and all linkages are equal.
    owners = [annotator for annotator in range(3) for _ in range(200)]
    groups = cluster(csr_array(np.ones((600, 600))), owners, ["car"] * 600)
    assert groups == [[i, 200 + i, 400 + i] for i in range(200)]
