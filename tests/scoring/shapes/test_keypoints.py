"""Keypoints: `scoring.shapes.keypoints`, with COCO's formula as the oracle."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.shapes import COCO_SIGMAS, Joint, Keypoints, fuse_keypoints, keypoints_similarity

people = st.dictionaries(
    st.sampled_from(sorted(COCO_SIGMAS)),
    st.tuples(st.floats(0, 200), st.floats(0, 200), st.sampled_from([1, 2])),
    min_size=17,
    max_size=17,
)


def skeleton(**points: tuple[float, float, int]) -> Keypoints:
    return Keypoints.of(points)


def test_cvats_example() -> None:
    # 3 px off at area 5000, sigma 0.09: exp(-9 / (2 x 5000 x 0.18^2)) = 0.972604.
    a, b = skeleton(p=(0, 0, 2), q=(0, 10, 2)), skeleton(p=(3, 0, 2), q=(3, 10, 2))
    assert keypoints_similarity([a, b], areas_px=[5000, 5000])[0, 1] == pytest.approx(0.972604, abs=1e-6)


@given(people, people, st.floats(100, 1e5))
@settings(deadline=None, max_examples=40)
def test_oks_of_whole_people_is_cocos(
    a: dict[str, tuple[float, float, int]], b: dict[str, object], area: float
) -> None:
    # pycocotools cocoeval.computeOks: exp(-(dx^2 + dy^2) / (sigmas * 2)^2 / (area + eps) / 2), mean over the joints.
    names = sorted(COCO_SIGMAS)
    first, second = (np.array([points[name][:2] for name in names]) for points in (a, b))  # type: ignore[index]
    variances = (2 * np.array([COCO_SIGMAS[name] for name in names])) ** 2
    expected = np.exp(-((first - second) ** 2).sum(axis=1) / variances / area / 2).mean()
    drawn = [Keypoints.of(a), Keypoints.of(b)]  # type: ignore[arg-type]
    oks = keypoints_similarity(drawn, sigmas=COCO_SIGMAS, areas_px=[area, area])[0, 1]
    assert oks == pytest.approx(expected, abs=1e-9)


def test_the_size_is_the_box_around_the_joints_of_both() -> None:
    # Boxes of 10 x 20 and 10 x 40 (300 on average), one joint 3 px off, the other two where they were.
    a = skeleton(p=(0, 0, 2), q=(10, 20, 2), r=(5, 5, 2))
    b = skeleton(p=(0, 0, 2), q=(10, 40, 2), r=(5, 8, 2))
    spread = 2 * 300 * 0.18**2
    expected = (1 + exp(-(20**2) / spread) + exp(-(3**2) / spread)) / 3
    assert keypoints_similarity([a, b])[0, 1] == pytest.approx(expected)


def test_a_joint_that_only_one_labelled_costs_its_share() -> None:
    whole = skeleton(p=(0, 0, 2), q=(10, 10, 2), r=(0, 10, 2), s=(10, 0, 1))
    part = skeleton(p=(0, 0, 1), q=(10, 10, 2), r=(0, 0, 0))
    assert keypoints_similarity([whole, part])[0, 1] == 0.5  # two of the four, and hidden is as good as visible


def test_joints_on_a_line_and_a_single_joint_still_have_a_size() -> None:
    # 100 px long, taken to be 10 px wide: area 1000. Both joints 6 px lower.
    line, lower = skeleton(p=(0, 0, 2), q=(100, 0, 2)), skeleton(p=(0, 6, 2), q=(100, 6, 2))
    assert keypoints_similarity([line, lower])[0, 1] == pytest.approx(exp(-36 / (2 * 1000 * 0.18**2)))
    # A tenth of a diagonal of 1000 px: area 10,000.
    one, other = skeleton(p=(0, 0, 2)), skeleton(p=(30, 0, 2))
    expected = exp(-900 / (2 * 10_000 * 0.18**2))
    assert keypoints_similarity([one, other], diagonal_px=1000)[0, 1] == pytest.approx(expected)


def test_skeletons_without_labelled_joints_equal_one_another_only() -> None:
    nothing, unseen, one = skeleton(), skeleton(p=(5, 5, 0)), skeleton(p=(5, 5, 2))
    assert keypoints_similarity([nothing, unseen, one]).tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert keypoints_similarity([nothing, unseen], areas_px=[1, 2])[0, 1] == 1.0
    # Objects that are given no area agree only where they are the same.
    assert keypoints_similarity([one, skeleton(p=(5, 6, 2))], areas_px=[0, 0])[0, 1] == 0.0


def test_each_joint_is_fused_by_itself() -> None:
    fused = fuse_keypoints(
        [
            skeleton(p=(0, 0, 2), q=(5, 5, 1), r=(9, 9, 2)),
            skeleton(p=(100, 0, 2), q=(5, 5, 2)),
            skeleton(p=(0, 1, 1), q=(5, 5, 1)),
        ]
    )
    p, q = fused.joints  # r has one voice of three
    assert (p.name, p.visibility) == ("p", 2)
    # Seen from (0, 1) the others are less than 120 degrees apart, so the median lies inside, near the two.
    assert p.x == pytest.approx(0.2, abs=0.3)
    assert q == Joint("q", 5, 5, 1)


def test_a_joint_takes_more_than_half_of_the_weight_and_a_tie_is_visible() -> None:
    one, other = skeleton(p=(0, 0, 2), q=(1, 1, 1)), skeleton(q=(1, 1, 2))
    assert fuse_keypoints([one, other]).joints == (Joint("q", 1, 1, 2),)
    assert [joint.name for joint in fuse_keypoints([one, other], [2, 1]).joints] == ["p", "q"]


def test_what_makes_no_sense_is_refused() -> None:
    one = skeleton(p=(0, 0, 2))
    with pytest.raises(ValueError, match=r"sigmas and a diagonal above 0, got \{'p': 0\}"):
        keypoints_similarity([one], sigmas={"p": 0})
    with pytest.raises(ValueError, match=r"one finite area of at least 0 per object, got \[1\]"):
        keypoints_similarity([one, one], areas_px=[1])
    with pytest.raises(ValueError, match="of a skeleton"):
        keypoints_similarity([one, skeleton(p=(float("inf"), 0, 2))])
