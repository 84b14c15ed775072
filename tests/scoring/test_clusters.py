"""Which marks are one object: `scoring.consensus.clusters`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from scoring.agreement.boxes import iou
from scoring.agreement.similarity import Pairs, above_zero
from scoring.consensus import clusters as clusters_module
from scoring.consensus.clusters import _join_sparse, cluster
from scoring.consensus.dense_linkage import join_dense, round_12
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


def edges_of(similarity: Array, owners: list[int]) -> Pairs:
    owner, pairs = np.array(owners, dtype=np.intp), above_zero(similarity)
    return pairs.where(owner[pairs.first] != owner[pairs.second])


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
    searched = [[i] for i in sorted(range(len(owners)), key=places(drawn).__getitem__)]
    edges = edges_of(similarity, owners)
    named = [labels[i] == labels[j] for i, j in zip(edges.first.tolist(), edges.second.tolist(), strict=True)]
    for some in (edges.where(np.array(named, dtype=bool)), edges):
        searched = _join_sparse(searched, np.array(owners, dtype=np.intp), some, 0.4)
    assert clusters_of(drawn) == sorted(sorted(members) for members in searched)


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


@st.composite
def linked(draw: st.DrawFn) -> tuple[list[int], Array, list[int]]:
    """Owners, similarities of which many are equal or miss one another by a rounding, and an order of the objects."""
    owners = draw(st.lists(st.integers(0, 3), min_size=1, max_size=12))
    value = st.one_of(st.sampled_from([0.0, 0.4, 0.5, 1.0, 0.4 + 4e-13, 0.4 - 4e-13, 1 / 3, 2 / 3]), st.floats(0, 1))
    similarity = np.eye(len(owners))
    for i, j in zip(*np.triu_indices(len(owners), 1), strict=True):
        similarity[i, j] = similarity[j, i] = draw(value)
    return owners, similarity, draw(st.permutations(range(len(owners))))


@given(linked(), st.sampled_from([0.05, 0.4, 0.8]), st.data())
def test_a_table_joins_what_a_queue_of_all_pairs_joins(
    drawn: tuple[list[int], Array, list[int]], minimum: float, data: st.DataObject
) -> None:
    owners, similarity, order = drawn
    owner, edges = np.array(owners), edges_of(similarity, owners)
    count = len(edges.first)
    chosen = data.draw(st.lists(st.booleans(), min_size=count, max_size=count))
    by_table = by_queue = [[i] for i in order]
    for some in (edges.where(np.array(chosen, dtype=bool)), edges):
        by_table, by_queue = join_dense(by_table, owner, some, minimum), _join_sparse(by_queue, owner, some, minimum)
        assert [sorted(members) for members in by_table] == [sorted(members) for members in by_queue]


@pytest.mark.parametrize("values", [[1.0], [0.25, 0.5, 0.75, 1.0], [0.4, 0.4 + 1e-12, 0.4 - 1e-12, 0.5]])
def test_a_table_and_a_queue_break_the_ties_of_hundreds_alike(values: list[float]) -> None:
    rng = np.random.default_rng(5)
    owners = np.repeat(np.arange(5), 30).tolist()
    upper = np.triu(rng.choice(values, (150, 150)), 1)
    edges, groups = edges_of(upper + upper.T, owners), [[i] for i in rng.permutation(150).tolist()]
    by_table, by_queue = (join(groups, np.array(owners), edges, 0.4) for join in (join_dense, _join_sparse))
    assert len(by_table) < 150
    assert [sorted(members) for members in by_table] == [sorted(members) for members in by_queue]


def test_crowds_far_from_one_another_are_grouped_as_each_by_itself() -> None:
    # Each is nearly complete and goes to a table of its own; the few objects around them to the queue.
    crowd = scattered(annotators=4, objects=20, side_px=20)
    few = scattered(annotators=4, objects=12, side_px=100, seed=2)
    scenes = [(crowd, 0.0), (crowd, 50_000.0), (few, 100_000.0)]
    boxes = np.concatenate([scene.boxes + np.array([right, 0, 0, 0, 0]) for scene, right in scenes])
    owners = [owner for scene, _ in scenes for owner in scene.owners]
    together = cluster(iou(boxes, boxes), owners, ["car"] * len(owners))
    apart, start = [], 0
    for scene, _ in scenes:
        alone = cluster(iou(scene.boxes, scene.boxes), scene.owners, scene.labels)
        apart += [[start + i for i in members] for members in alone]
        start += len(scene.owners)
    assert together == apart


@given(st.one_of(st.floats(0, 1), st.integers(0, 10**12).map(lambda whole: (whole + 0.5) / 1e12)))
def test_numbers_are_rounded_to_the_bits_that_python_rounds_them_to(value: float) -> None:
    assert round_12(np.array([value])).tolist() == [round(value, 12)]
