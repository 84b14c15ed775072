"""What every shape promises, whatever it is: `scoring.shapes` as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.shapes import Ellipse, Polyline, fuse_ellipse, fuse_polyline, fused_confidence
from tests.scoring.shapes.strategies import KINDS, Kind
from tests.scoring.strategies import weights

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
every_fusion = pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if kind.fuse], ids=[name for name, kind in KINDS.items() if kind.fuse]
)
quick = settings(max_examples=40, deadline=None)


@every_kind
@quick
@given(data=st.data())
def test_a_similarity_is_symmetric_bounded_and_one_on_identity(kind: Kind, data: st.DataObject) -> None:
    shapes = data.draw(st.lists(kind.shapes, max_size=5))
    similarity = kind.similarity(shapes)
    assert similarity.shape == (len(shapes), len(shapes))
    assert np.array_equal(similarity, similarity.T)
    assert ((similarity >= 0.0) & (similarity <= 1.0)).all()
    assert (similarity.diagonal() == 1.0).all()


@every_kind
@quick
@given(data=st.data())
def test_a_similarity_does_not_depend_on_order_or_company(kind: Kind, data: st.DataObject) -> None:
    shapes = data.draw(st.lists(kind.shapes, min_size=2, max_size=4))
    order = data.draw(st.permutations(range(len(shapes))))
    similarity = kind.similarity(shapes)
    assert np.array_equal(kind.similarity([shapes[i] for i in order]), similarity[np.ix_(order, order)])
    assert np.array_equal(kind.similarity([shapes[0], shapes[0]]), np.ones((2, 2)))


@every_fusion
@quick
@given(data=st.data(), given_weights=st.lists(weights, min_size=1, max_size=4))
def test_identical_shapes_fuse_to_exactly_that_shape(
    kind: Kind, data: st.DataObject, given_weights: list[float]
) -> None:
    shape = data.draw(kind.shapes)
    assert fused(kind, [shape] * len(given_weights), given_weights) == shape


@every_fusion
@quick
@given(data=st.data())
def test_fusing_does_not_depend_on_the_order_and_gives_something_comparable(kind: Kind, data: st.DataObject) -> None:
    voices = data.draw(st.lists(st.tuples(kind.shapes, weights), min_size=1, max_size=4))
    order = data.draw(st.permutations(voices))
    shapes, given_weights = [shape for shape, _ in voices], [weight for _, weight in voices]
    one = fused(kind, shapes, given_weights)
    again = fused(kind, [shape for shape, _ in order], [weight for _, weight in order])
    assert repr(again) == repr(one)  # to the bit
    with_members = kind.similarity([*shapes, one])[-1, :-1].tolist()
    assert 0.0 <= fused_confidence(with_members, given_weights, sum(given_weights)) <= 1.0


@given(order=st.permutations([0.0, -0.0, -0.0]))
def test_which_zero_came_first_does_not_show(order: list[float]) -> None:
    signed = [Ellipse(zero, zero, 3.0, 2.0, zero) for zero in order]
    assert repr(fuse_ellipse(signed)) == repr(fuse_ellipse(sorted(signed, key=repr)))
    crossing = [Polyline(((zero, zero), (5.0, zero))) for zero in order]
    assert repr(fuse_polyline(crossing)) == repr(fuse_polyline(sorted(crossing, key=repr)))


@every_fusion
@quick
@given(data=st.data())
def test_who_has_no_weight_has_no_say(kind: Kind, data: st.DataObject) -> None:
    shapes = data.draw(st.lists(kind.shapes, min_size=2, max_size=4))
    assert fused(kind, shapes, [1.0] + [0.0] * (len(shapes) - 1)) == shapes[0]


@every_fusion
def test_nothing_to_fuse_and_weights_that_do_not_fit_are_refused(kind: Kind) -> None:
    with pytest.raises(ValueError, match="at least one shape to fuse"):
        fused(kind, [], None)
    with pytest.raises(ValueError, match="one weight each, got 1 weights for 2"):
        fused(kind, ["one", "other"], [1.0])


@every_kind
def test_no_shapes_give_an_empty_matrix(kind: Kind) -> None:
    assert kind.similarity([]).shape == (0, 0)


def test_confidence_counts_those_who_did_not_draw_it() -> None:
    # Weights 2 and 1 of 4, alike by 1 and 0.5.
    assert fused_confidence([1.0, 0.5], [2.0, 1.0], total_weight=4.0) == 2.5 / 4
    assert fused_confidence([], None, total_weight=1.0) == 0.0
    with pytest.raises(ValueError, match="above 0"):
        fused_confidence([1.0], None, total_weight=0.0)


def fused(kind: Kind, shapes: list[Any], given_weights: list[float] | None) -> Any:
    assert kind.fuse is not None
    return kind.fuse(shapes, given_weights)
