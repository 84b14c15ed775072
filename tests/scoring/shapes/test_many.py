"""Tasks with very many shapes: the sparse form says what the dense one says, at a cost that does not run away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import process_time
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from scoring.agreement.objects import compare_objects
from scoring.agreement.similarity import DENSE_UP_TO, Similarity, as_dense
from scoring.shapes import (
    Angle,
    Cuboid,
    Ellipse,
    Keypoints,
    Mask,
    Point,
    Polygon,
    Polyline,
    angle_similarity,
    area_similarity,
    cuboid_similarity,
    ellipse_similarity,
    keypoints_similarity,
    mask_similarity,
    point_similarity,
    polygon_similarity,
    polyline_similarity,
)
from scoring.shapes.point import MOST_NEAR_PAIRS, near_pairs

MANY = 600


def places(count: int, seed: int = 1) -> list[tuple[float, float]]:
    return [(x, y) for x, y in np.random.default_rng(seed).uniform(0, 500, size=(count, 2)).tolist()]


def mask(x: float, y: float) -> Mask:
    before = int(x) * 500 + min(int(y), 480)
    return Mask.of([500, 501], [before, 20, 480, 20, 500 * 501 - before - 520])


DRAWN: dict[str, tuple[Callable[[float, float], Any], Callable[[Sequence[Any]], Similarity]]] = {
    "angle": (lambda x, y: Angle((x, y), ((x + 9, y), (x, y + 9 + x / 99))), angle_similarity),
    "area": (lambda x, y: Polygon(((x, y), (x + 20, y), (x, y + 20))), area_similarity),
    "cuboid": (lambda x, y: Cuboid((x, y, 0), (20, 20, 2), (0, 0, x)), cuboid_similarity),
    "ellipse": (lambda x, y: Ellipse(x, y, 20, 10, x), ellipse_similarity),
    "keypoints": (lambda x, y: Keypoints.of({"a": (x, y, 2), "b": (x + 9, y + 9, 2)}), keypoints_similarity),
    "mask": (mask, mask_similarity),
    "point": (Point, point_similarity),
    "linear point": (Point, lambda shapes: point_similarity(shapes, "linear")),
    "polygon": (lambda x, y: Polygon(((x, y), (x + 20, y), (x, y + 20))), polygon_similarity),
    "outline": (
        lambda x, y: Polygon(((x, y), (x + 20, y), (x, y + 20))),
        lambda shapes: polygon_similarity(shapes, "boundary_f1"),
    ),
    "polyline": (lambda x, y: Polyline(((x, y), (x + 20, y + 5))), polyline_similarity),
    "lane": (lambda x, y: Polyline(((x, y), (x + 20, y + 5))), lambda shapes: polyline_similarity(shapes, "directed")),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_a_pair_has_the_same_similarity_among_many_as_among_few(kind: str) -> None:
    draw, similarity = DRAWN[kind]
    shapes = [draw(x, y) for x, y in places(MANY)]
    shapes[7] = shapes[3]
    assert MANY > DENSE_UP_TO
    similar = similarity(shapes)
    assert isinstance(similar, np.ndarray if kind in ("point", "linear point", "angle") else csr_array)
    many, few = as_dense(similar), as_dense(similarity(shapes[:300]))
    # What is left out of the sparse form is below 1e-8; all else has the same bits.
    found = many[:300, :300]
    assert np.array_equal(found[found > 0.0], few[found > 0.0])
    assert few[found == 0.0].max(initial=0.0) < 1e-8
    assert found[3, 7] == 1.0
    assert np.array_equal(many, many.T)
    assert (many.diagonal() == 1.0).all()


@pytest.mark.parametrize("empty", [Polygon(()), Polyline(()), Keypoints(())])
def test_many_shapes_that_are_nothing_are_identical_ones(empty: Any) -> None:
    similarity = {Polygon: polygon_similarity, Polyline: polyline_similarity, Keypoints: keypoints_similarity}
    assert (as_dense(similarity[type(empty)]([empty] * MANY)) == 1.0).all()  # type: ignore[operator]


def test_the_nearest_pairs_are_those_that_are_kept_of_too_many() -> None:
    points = np.array(places(2_000))
    first, second, apart = near_pairs(points, 700.0)
    x, y = points.T
    everything = np.hypot(x[:, None] - x, y[:, None] - y)[np.triu_indices(2_000, 1)]
    assert MOST_NEAR_PAIRS * 0.64 < len(apart) <= MOST_NEAR_PAIRS < len(everything)
    assert np.array_equal(np.sort(apart), np.sort(everything)[: len(apart)])
    assert (first < second).all()


def test_five_annotators_with_a_thousand_points_each_are_compared_in_seconds() -> None:
    truth = np.array(places(1_000))
    rng = np.random.default_rng(2)
    marks = [Point(x, y) for _ in range(5) for x, y in (truth + rng.normal(0, 1, truth.shape)).tolist()]
    begun = process_time()
    similarity = point_similarity(marks)
    assert process_time() - begun < 5.0  # 0.6 s measured
    assert similarity.nnz <= 2 * MOST_NEAR_PAIRS + len(marks)  # type: ignore[union-attr]
    assert similarity[0, 1000] == point_similarity([marks[0], marks[1000]])[0, 1]
    one, other = [*range(300), *range(1000, 1300)], [0] * 300 + [1] * 300
    score = compare_objects(point_similarity([marks[i] for i in one]), other, ["p"] * 600, 2).matrix[0][1]
    assert score == pytest.approx(0.95, abs=0.02)  # 2 px apart on average: exp(-20 x 1.8 / 707)
