"""What very many ranges, tracks and relations cost: counted in work and in memory, which no busy machine changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from scipy.sparse import csr_array

from scoring.agreement.similarity import DENSE_UP_TO, Similarity, as_dense
from scoring.sequences import ranges as range_rules
from scoring.sequences import track as track_rules
from scoring.sequences.ranges import RangeMetric, range_similarity
from scoring.sequences.relation import Relation, relation_similarity
from scoring.sequences.track import KeyFrames, Track, track_of, track_similarity

MANY = DENSE_UP_TO + 88


def nested(count: int) -> list[tuple[float, float]]:
    return [(float(n), 10_000.0 - 3 * n) for n in range(count)]


def kept_pairs(similarity: Similarity) -> int:
    assert isinstance(similarity, csr_array)
    return int(similarity.nnz - similarity.shape[0]) // 2


@pytest.mark.parametrize("metric", ["overlap", "tolerant"])
def test_of_ranges_that_all_lie_in_one_another_the_most_similar_pairs_are_kept(
    metric: RangeMetric, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = nested(MANY)
    every = as_dense(range_similarity(spans, metric, 2_000.0))
    assert (every > 0.0).all()
    monkeypatch.setattr(range_rules, "MOST_SIMILAR_PAIRS", 5_000)
    fewer = range_similarity(spans, metric, 2_000.0)
    assert 4_000 < kept_pairs(fewer) <= 5_000
    few = as_dense(fewer)
    assert np.array_equal(few[few > 0.0], every[few > 0.0])
    # The nearest of the nested: a range and its neighbours on either side.
    apart = np.abs(np.subtract.outer(range(MANY), range(MANY)))
    assert (few[apart <= 7] > 0.0).all()
    assert (few[apart >= 12] == 0.0).all()
    if metric == "overlap":
        assert few[few > 0.0].min() > every[few == 0.0].max()


def test_which_pairs_of_ranges_are_kept_does_not_depend_on_the_parts_they_are_found_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Rounded, so that many pairs are equally similar.
    spans = [(round(a, -1), round(a, -1) + 100) for a in np.random.default_rng(1).uniform(0, 900, MANY).tolist()]
    monkeypatch.setattr(range_rules, "MOST_SIMILAR_PAIRS", 1_000)
    spans = [(start, end + n / 4) for n, (start, end) in enumerate(spans)]
    whole = as_dense(range_similarity(spans, "overlap", 0.0))
    monkeypatch.setattr(range_rules, "_CANDIDATES", 500)
    assert np.array_equal(as_dense(range_similarity(spans, "overlap", 0.0)), whole)


def test_ranges_in_one_another_are_looked_at_in_parts_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    alike = range_rules._alike

    def counted(one: Any, other: Any, *rest: Any) -> Any:
        seen.append(max(one.size, other.size) // 2)
        return alike(one, other, *rest)

    monkeypatch.setattr(range_rules, "_alike", counted)
    monkeypatch.setattr(range_rules, "_CANDIDATES", 10_000)
    range_similarity(nested(MANY), "overlap", 0.0)
    assert sum(seen) == MANY * (MANY - 1) // 2
    assert max(seen) <= 10_000 + MANY


def test_many_relations_are_compared_by_what_they_connect_without_a_matrix() -> None:
    relations = [Relation(n % 20_000, n % 20_000 + 1) for n in range(60_000)]
    similarity = relation_similarity(relations)  # as a matrix 29 GB
    assert isinstance(similarity, csr_array)
    assert similarity.nnz == 3 * 60_000
    assert similarity[0, 20_000] == similarity[40_000, 0] == 1.0
    assert similarity[0, 1] == 0.0


def test_many_relations_have_the_similarity_of_few() -> None:
    relations = [Relation(*ends) for ends in np.random.default_rng(1).integers(0, 9, (MANY, 2)).tolist()]
    many = as_dense(relation_similarity(relations, "undirected"))
    assert np.array_equal(many[:300, :300], as_dense(relation_similarity(relations[:300], "undirected")))


def crossing(count: int, seed: int = 1) -> list[Track]:
    places = np.random.default_rng(seed).uniform(0, 2_000, (count, 3)).tolist()
    return [track_of({int(t): (x, y, 20, 20), int(t) + 30: (x + 40, y + 10, 20, 20)}) for x, y, t in places]


def test_many_tracks_have_the_similarity_of_few() -> None:
    tracks = [*crossing(MANY), Track((), ()), Track((), ())]
    tracks[5] = tracks[3]
    similarity = track_similarity([*tracks[-2:], *tracks[:MANY]])
    assert isinstance(similarity, csr_array)
    many = as_dense(similarity)
    assert many[0, 1] == many[5, 7] == 1.0
    assert many[0, 2:].max() == 0.0
    few = as_dense(track_similarity(tracks[:200]))
    assert np.array_equal(many[2:202, 2:202], few)


def test_tracks_that_never_meet_are_not_held_against_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    tracks = crossing(3_000)
    looked_at: list[int] = []
    tree_of = shapely.STRtree

    class Counted:
        def __init__(self, boxes: Any) -> None:
            self._tree = tree_of(boxes)

        def query(self, boxes: Any) -> Any:
            found = self._tree.query(boxes)
            looked_at.append(found.shape[1])
            return found

    monkeypatch.setattr(shapely, "STRtree", Counted)
    monkeypatch.setattr(track_rules, "_CANDIDATES", 300_000)
    first, _ = KeyFrames(tracks).meeting_pairs()
    assert len(looked_at) == 30
    # Of 9 million pairs 3 % live at the same time, and 6 % of these at the same width of the image.
    assert sum(looked_at) < 30_000
    assert 0 < len(first) < 2_000
