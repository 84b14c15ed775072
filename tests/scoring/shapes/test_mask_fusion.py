"""One mask of several: `scoring.shapes.mask_fusion`, with plain images as the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scoring.shapes import Mask, fuse_mask, mask_similarity, staple
from scoring.types import Array
from tests.scoring.shapes.strategies import image_of_mask, images, mask_of_image
from tests.scoring.strategies import weights

COLUMNS = [Mask.of([12, 1], counts) for counts in ([2, 4, 6], [2, 5, 5], [1, 4, 6, 1])]

same_size = st.lists(st.tuples(images(height=4, width=5), weights), min_size=1, max_size=5)


@given(same_size)
def test_the_majority_is_a_vote_on_every_pixel(drawn: list[tuple[NDArray[np.bool_], float]]) -> None:
    stack, given_weights = np.array([image for image, _ in drawn]), np.array([weight for _, weight in drawn])
    share = np.tensordot(given_weights, stack, axes=1) / given_weights.sum()
    fused = image_of_mask(fuse_mask([mask_of_image(image) for image in stack], given_weights.tolist()))
    clear = np.abs(share - 0.5) > 1e-6
    if (share > 0.5 + 1e-6).any() and clear.all():
        assert np.array_equal(fused, share > 0.5)


def test_half_is_not_a_majority() -> None:
    # crowd-kit keeps a pixel with exactly half, so one empty mask of two would keep everything.
    full, left = Mask.of([2, 2], [0, 4]), Mask.of([2, 2], [0, 2, 2])
    assert fuse_mask([full, left]) == left
    assert fuse_mask([full, left], [2, 1]) == full


def test_masks_that_do_not_meet_give_way_to_the_most_central_one() -> None:
    assert fuse_mask([Mask.of([4, 1], [0, 1, 3]), Mask.of([4, 1], [2, 2])]) == Mask.of([4, 1], [0, 1, 3])
    assert fuse_mask([Mask.of([4, 1], [4]), Mask.of([4, 1], [2, 2])]) == Mask.of([4, 1], [2, 2])


def test_the_least_weight_runs_from_union_to_intersection() -> None:
    assert fuse_mask(COLUMNS, at_least=1).counts == (1, 6, 4, 1)
    assert fuse_mask(COLUMNS, at_least=2).counts == (2, 4, 6)
    assert fuse_mask(COLUMNS, at_least=3).counts == (2, 3, 7)


def test_the_medoid_is_one_of_the_masks() -> None:
    assert fuse_mask(COLUMNS, method="medoid") == COLUMNS[0]
    with pytest.raises(ValueError, match="majority, staple or medoid, got 'mean'"):
        fuse_mask(COLUMNS, method="mean")  # type: ignore[arg-type]


def test_masks_of_different_rasters_are_fused_on_the_largest() -> None:
    fused = fuse_mask([Mask.of([2, 2], [0, 4]), Mask.of([3, 4], [0, 12])])
    assert fused.size == (3, 4)
    assert image_of_mask(fused).astype(int).tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]]


def test_staple_is_simple_itks() -> None:
    # SimpleITK 2.5.7: sensitivities 0.99999994, 1, 0.74999995; specificities 1, 0.87500003, 0.74999999.
    result = staple(COLUMNS, whole_image=True)
    assert result.mask.counts == (2, 4, 6)
    assert result.sensitivities == pytest.approx([1.0, 1.0, 0.75], abs=1e-6)
    assert result.specificities == pytest.approx([1.0, 0.875, 0.75], abs=1e-6)


@given(st.lists(images(height=4, width=5), min_size=2, max_size=5), st.booleans())
@settings(deadline=None)
def test_staple_on_the_runs_is_staple_on_the_pixels(drawn: list[NDArray[np.bool_]], whole_image: bool) -> None:
    stack = np.array(sorted(drawn, key=lambda image: mask_of_image(image)))
    if not stack.any():
        return
    rows, columns = (np.flatnonzero(stack.any(axis=axes)) for axes in ((0, 2), (0, 1)))
    scope = stack if whole_image else stack[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    _, sensitivity, specificity = pixel_staple(scope.reshape(len(stack), -1), rounds=15)
    from_runs = staple([mask_of_image(image) for image in stack], whole_image=whole_image)
    if from_runs.rounds <= 15:  # settled, so that more rounds would change nothing
        assert from_runs.sensitivities == pytest.approx(sensitivity.tolist(), abs=1e-5)
        assert from_runs.specificities == pytest.approx(specificity.tolist(), abs=1e-5)


def pixel_staple(votes: NDArray[np.bool_], rounds: int) -> tuple[Array, Array, Array]:
    """Warfield, Zou and Wells (2004), equations 14 to 19, pixel by pixel with plain products."""
    prior = votes.mean()
    sensitivity = specificity = np.full(len(votes), 0.99999)
    belongs = np.zeros(votes.shape[1])
    for _ in range(rounds):
        inside = prior * np.where(votes, sensitivity[:, None], 1 - sensitivity[:, None]).prod(axis=0)
        outside = (1 - prior) * np.where(votes, 1 - specificity[:, None], specificity[:, None]).prod(axis=0)
        total = inside + outside
        belongs = np.divide(inside, total, out=np.full_like(inside, 0.5), where=total > 0)
        if belongs.sum() > 0:
            sensitivity = (votes @ belongs) / belongs.sum()
        outside = 1 - belongs
        specificity = ~votes @ outside / outside.sum() if outside.sum() > 0 else np.ones(len(votes))
    return belongs, sensitivity, specificity


def test_rates_come_back_in_the_order_of_the_masks() -> None:
    forward, backward = staple(COLUMNS), staple(COLUMNS[::-1])
    assert backward.sensitivities == forward.sensitivities[::-1]
    assert backward.specificities == forward.specificities[::-1]
    assert backward.mask == forward.mask


def test_staple_trusts_the_careful_more_than_the_many() -> None:
    rng = np.random.default_rng(3)
    truth = np.zeros((40, 40), dtype=bool)
    truth[10:30, 12:28] = True
    careful = [truth ^ (rng.random(truth.shape) < 0.02) for _ in range(2)]
    noisy = [truth ^ (rng.random(truth.shape) < 0.4) for _ in range(3)]
    drawn = [mask_of_image(image) for image in [*careful, *noisy]]
    learned, voted = fuse_mask(drawn, method="staple"), fuse_mask(drawn)
    similarity = mask_similarity([mask_of_image(truth), learned, voted])[0]
    assert similarity[1] > similarity[2]
    assert min(staple(drawn).sensitivities[:2]) > max(staple(drawn).sensitivities[2:])


def test_nothing_painted_by_anybody() -> None:
    empty = Mask.of([3, 3], [9])
    result = staple([empty, empty])
    assert (result.mask, result.sensitivities, result.specificities, result.rounds) == (empty, [1, 1], [1, 1], 0)
    with pytest.raises(ValueError, match="at least one mask"):
        staple([])


def test_background_far_away_is_not_part_of_the_question() -> None:
    small, large = np.zeros((30, 30), dtype=bool), np.zeros((300, 300), dtype=bool)
    pairs = []
    for image in (small, large):
        one, other, third = image.copy(), image.copy(), image.copy()
        one[5:15, 5:15] = other[6:16, 5:15] = third[5:15, 7:17] = True
        result = staple([mask_of_image(one), mask_of_image(other), mask_of_image(third)])
        pairs.append((result.sensitivities, result.specificities))
    assert pairs[0] == pairs[1]
