"""Confidence of fused objects: `scoring.sequences.support`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.boxes import paired_iou
from scoring.consensus.boxes import confidence, fuse
from scoring.sequences.support import support_confidence
from scoring.types import Boxes
from tests.scoring.sequences.strategies import weights
from tests.scoring.strategies import some_boxes


def test_confidence_by_hand() -> None:
    assert support_confidence([1.0, 1.0], total_weight=2) == 1.0
    assert support_confidence([1.0, 0.5], total_weight=3, weights=[2.0, 1.0]) == pytest.approx(2.5 / 3)
    assert support_confidence([], total_weight=3) == 0.0


@given(some_boxes, st.data())
def test_it_is_the_confidence_of_boxes(drawn: Boxes, data: st.DataObject) -> None:
    trust = data.draw(st.lists(weights, min_size=len(drawn), max_size=len(drawn)))
    fused = fuse(drawn, trust)
    near = paired_iou(drawn, np.broadcast_to(fused, drawn.shape)).tolist()
    total = sum(trust) + 1.0
    assert support_confidence(near, total, trust) == confidence(drawn, fused, total, trust)


def test_bad_arguments_are_refused_with_what_came() -> None:
    with pytest.raises(ValueError, match=r"includes the members' 2.0, got 1"):
        support_confidence([1.0, 1.0], total_weight=1)
    with pytest.raises(ValueError, match="above 0"):
        support_confidence([], total_weight=0)
    with pytest.raises(ValueError, match="got 1 weights for 2 members"):
        support_confidence([1.0, 1.0], total_weight=2, weights=[1.0])
