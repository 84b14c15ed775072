"""Keypoints (skeletons): object keypoint similarity between annotators, and a skeleton fused joint by joint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from scoring.agreement.similarity import Similarity
from scoring.consensus.votes import vote
from scoring.shapes.common import UNKNOWN_DIAGONAL_PX, coordinates, over_distinct, upper_triangle, voters
from scoring.shapes.geometric_median import geometric_median
from scoring.shapes.meeting import in_parts
from scoring.types import Array

__all__ = ["COCO_SIGMAS", "DEFAULT_SIGMA", "Joint", "Keypoints", "fuse_keypoints", "keypoints_similarity"]

COCO_SIGMAS: Mapping[str, float] = {
    "nose": 0.026,
    **dict.fromkeys(("left_eye", "right_eye"), 0.025),
    **dict.fromkeys(("left_ear", "right_ear"), 0.035),
    **dict.fromkeys(("left_shoulder", "right_shoulder"), 0.079),
    **dict.fromkeys(("left_elbow", "right_elbow"), 0.072),
    **dict.fromkeys(("left_wrist", "right_wrist"), 0.062),
    **dict.fromkeys(("left_hip", "right_hip"), 0.107),
    **dict.fromkeys(("left_knee", "right_knee"), 0.087),
    **dict.fromkeys(("left_ankle", "right_ankle"), 0.089),
}
"""Standard deviation of redundant annotations of the joints of a person, relative to the square root of their area
(cocodataset.org, keypoint evaluation). For whole people whose joints have these names."""

DEFAULT_SIGMA = 0.09
"""CVAT's, for joints about which nothing is known."""

_NARROWEST = 0.1
# Joints on one line enclose no area; they are taken to be at least a tenth as wide as long.

_NEGLIGIBLE = 6.0
# Joints further apart than this many times their spread add less than exp(-18), about 1e-8, each.

_LONE_SHARE = 0.1
# A single joint has no extent at all; the object is then taken to be a tenth of the image diagonal in size.


class Joint(NamedTuple):
    """One named point of a skeleton."""

    name: str
    x: float
    """px."""
    y: float
    """px."""
    visibility: int
    """1: labelled but hidden, 2: labelled and visible (COCO)."""


@dataclass(frozen=True, slots=True, order=True)
class Keypoints:
    """The labelled joints of one object. Make it with `Keypoints.of`, which puts them in order."""

    joints: tuple[Joint, ...]
    """Each name once, sorted by name; joints that were not labelled are absent."""

    @classmethod
    def of(cls, points: Mapping[str, Sequence[float]]) -> Keypoints:
        """From {name: [x, y, visibility]}, as events carry it; joints with visibility 0 (not labelled) are left out.

        >>> Keypoints.of({"tail": [0, 0, 0], "nose": [3, 4, 2], "ear": [1, 2, 1]}).joints
        (Joint(name='ear', x=1, y=2, visibility=1), Joint(name='nose', x=3, y=4, visibility=2))
        """
        labelled = sorted((name, point) for name, point in points.items() if point[2] > 0)
        return cls(tuple(Joint(name, x, y, 2 if v >= 2 else 1) for name, (x, y, v) in labelled))


def keypoints_similarity(
    shapes: Sequence[Keypoints],
    *,
    sigmas: Mapping[str, float] | None = None,
    default_sigma: float = DEFAULT_SIGMA,
    areas_px: Sequence[float] | None = None,
    diagonal_px: float = UNKNOWN_DIAGONAL_PX,
) -> Similarity:
    """Object keypoint similarity (OKS), over all skeletons of all annotators of a task in one call.

    `sum(exp(-d_i^2 / (2 s^2 (2 sigma_i)^2)) over joints labelled in both) / (joints labelled in either)`, with s^2 the
    mean of the two objects' areas. COCO's definition has one side as the truth, whose joints and area alone count;
    between annotators neither is, so a joint that only one labelled costs its whole share (as in CVAT) and both areas
    count alike. Whether a labelled joint is hidden or visible makes no difference, as in COCO.

    Parameters
    ----------
    sigmas
        Per joint name, relative to the size of the object; default none. `COCO_SIGMAS` for people.
    default_sigma
        For joints that `sigmas` does not name, above 0.
    areas_px
        The objects' areas in square px where they are known (a box or mask around each). Default: width x height of
        the labelled joints, the shorter side taken as at least a tenth of the longer one; for a single joint a square
        of a tenth of the diagonal.
    diagonal_px
        Of the image, above 0; matters for single joints only.

    Returns
    -------
    Similarity
        (n, n), exactly symmetric, in [0, 1], 1 for identical skeletons, also for two without joints; 0 between one
        without joints and one with, and between objects so far apart that no joint would add more than 1e-8: they are
        told by a tree of bounding boxes, without comparing joints.

    Raises
    ------
    ValueError
        A coordinate or area is not finite, a sigma or the diagonal is not above 0, or areas do not fit the shapes.

    References
    ----------
    Ruggero Ronchi and Perona (2017), doi:10.1109/ICCV.2017.48, and cocodataset.org on keypoint evaluation.

    Examples
    --------
    Two joints 3 px apart, area 5000, sigma 0.09: exp(-9 / (2 x 5000 x 0.0324)) each.

    >>> a = Keypoints.of({"head": [0, 0, 2], "foot": [10, 10, 2]})
    >>> b = Keypoints.of({"head": [3, 0, 2], "foot": [13, 10, 1]})
    >>> keypoints_similarity([a, b], areas_px=[5000, 5000])[0, 1].round(6)
    np.float64(0.972604)
    """
    known = {} if sigmas is None else sigmas
    if not all(sigma > 0.0 for sigma in (*known.values(), default_sigma, diagonal_px)):
        raise ValueError(
            f"expected sigmas and a diagonal above 0, got {dict(known)}, default {default_sigma} and {diagonal_px} px"
        )
    if areas_px is None:
        sized = [(shape, _area(shape, diagonal_px)) for shape in shapes]
    else:
        if len(areas_px) != len(shapes) or not all(0.0 <= area < float("inf") for area in areas_px):
            raise ValueError(f"expected one finite area of at least 0 per object, got {list(areas_px)}")
        sized = list(zip(shapes, areas_px, strict=True))

    def compare(distinct: list[tuple[Keypoints, float]]) -> Similarity:
        areas = np.array([area for _, area in distinct])
        return _oks([shape for shape, _ in distinct], areas, known, default_sigma)

    return over_distinct(sized, compare, lambda one: one if one[0].joints else (one[0], 0.0))


def fuse_keypoints(shapes: Sequence[Keypoints], weights: Sequence[float] | None = None) -> Keypoints:
    """One skeleton, joint by joint.

    A joint is kept when strictly more than half of the weight labelled it. It lies at the geometric median of where
    those who labelled it put it, and is visible unless more of their weight says that it is hidden.

    Parameters
    ----------
    weights
        One per skeleton, as in `vote`; default 1 each.

    Returns
    -------
    Keypoints
        Without joints where no joint has a majority. Exactly the common skeleton where all are identical; the same bits
        for every order.

    Raises
    ------
    ValueError
        No skeleton, weights that do not fit, or a coordinate that is not finite.

    Examples
    --------
    >>> drawn = [{"nose": [0, 0, 2]}, {"nose": [2, 0, 1], "tail": [9, 9, 2]}, {"nose": [0, 0, 1]}]
    >>> fuse_keypoints([Keypoints.of(points) for points in drawn]).joints
    (Joint(name='nose', x=0.0, y=0.0, visibility=1),)
    """
    chosen, trust = voters(shapes, weights)
    if chosen[0] == chosen[-1]:
        return chosen[0]
    total = fsum(trust)
    given: dict[str, list[tuple[Joint, float]]] = {}
    for shape, weight in zip(chosen, trust, strict=True):
        for joint in shape.joints:
            given.setdefault(joint.name, []).append((joint, weight))
    majority = (given[name] for name in sorted(given) if fsum([w for _, w in given[name]]) > total * (0.5 + 1e-9))
    return Keypoints(tuple(_fused_joint(voices) for voices in majority))


def _fused_joint(voices: list[tuple[Joint, float]]) -> Joint:
    ordered = sorted(voices)
    joints, weights = [joint for joint, _ in ordered], [weight for _, weight in ordered]
    if joints[0] == joints[-1]:
        return joints[0]
    x, y = geometric_median(coordinates([(joint.x, joint.y) for joint in joints], "joint"), weights)
    visible = vote([joint.visibility == 2 for joint in joints], weights, preference=[True, False]).winner
    return Joint(joints[0].name, x, y, 2 if visible else 1)


def _area(shape: Keypoints, diagonal_px: float) -> float:
    points = coordinates([(joint.x, joint.y) for joint in shape.joints], "skeleton")
    if not len(points):
        return 0.0
    width, height = np.ptp(points, axis=0).tolist()
    longer = max(width, height)
    if longer == 0.0:
        return (_LONE_SHARE * diagonal_px) ** 2
    return float(max(min(width, height), _NARROWEST * longer) * longer)


class _Joints:
    """The joints of all skeletons, one skeleton after the other, each sorted by name."""

    def __init__(self, shapes: list[Keypoints], sigmas: Mapping[str, float], default_sigma: float) -> None:
        names = sorted({joint.name for shape in shapes for joint in shape.joints})
        number = {name: i for i, name in enumerate(names)}
        sigma = np.array([sigmas.get(name, default_sigma) for name in names])
        self.counts = np.array([len(shape.joints) for shape in shapes], dtype=np.intp)
        self.places = coordinates([(joint.x, joint.y) for shape in shapes for joint in shape.joints], "skeleton")
        name = np.array([number[joint.name] for shape in shapes for joint in shape.joints], dtype=np.intp)
        self.sigma = sigma[name]
        self._begins = np.cumsum(self.counts) - self.counts
        self._names = len(names)
        self._keys = np.repeat(np.arange(len(shapes)), self.counts) * self._names + name

    def near(self, reach: Array) -> NDArray[np.intp]:
        """(2, p) pairs of objects whose bounding boxes, widened by how far each reaches, meet."""
        drawn = np.flatnonzero(self.counts)
        if not len(drawn):
            return np.zeros((2, 0), dtype=np.intp)
        begins = self._begins[drawn]
        low = np.minimum.reduceat(self.places, begins) - reach[drawn, None]
        high = np.maximum.reduceat(self.places, begins) + reach[drawn, None]
        boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
        near = shapely.STRtree(boxes).query(boxes)
        pairs: NDArray[np.intp] = drawn[near[:, near[0] < near[1]]]
        return pairs

    def shared(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> tuple[NDArray[np.intp], ...]:
        """The joints that both of a pair have: which pair, and the joint's place in the first and in the second."""
        count = self.counts[first]
        pair = np.repeat(np.arange(len(first)), count)
        here = np.arange(len(pair)) + np.repeat(self._begins[first] - np.cumsum(count) + count, count)
        if len(self._keys) == len(self.counts) * self._names:
            # All skeletons have all joints, in the same order: nothing has to be looked for.
            return pair, here, here + (self._begins[second] - self._begins[first])[pair]
        wanted = self._keys[here] + (second - first)[pair] * self._names
        there = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        both = self._keys[there] == wanted
        return pair[both], here[both], there[both]


def _oks(shapes: list[Keypoints], area: Array, sigmas: Mapping[str, float], default_sigma: float) -> Similarity:
    """Filled above the diagonal only, for the pairs that are near enough to share more than nothing."""
    joints = _Joints(shapes, sigmas, default_sigma)
    first, second = joints.near(_NEGLIGIBLE * 2.0 * joints.sigma.max(initial=0.0) * np.sqrt(area))
    size = np.sqrt((area[first] + area[second]) / 2.0)
    similarity = np.empty(len(first))
    x, y = np.ascontiguousarray(joints.places.T)
    for part in in_parts(joints.counts[first]):
        pair, here, there = joints.shared(first[part], second[part])
        apart = np.hypot(x[here] - x[there], y[here] - y[there])
        offset = _offset(apart, 2.0 * joints.sigma[here] * size[part][pair])
        alike = np.exp(-0.5 * np.square(np.minimum(offset, _NEGLIGIBLE * 4.0)))
        pairs = len(first[part])
        either = joints.counts[first[part]] + joints.counts[second[part]] - np.bincount(pair, minlength=pairs)
        similarity[part] = np.bincount(pair, weights=alike, minlength=pairs) / either
    return upper_triangle(len(shapes), first, second, similarity)


def _offset(apart: Array, spread: Array) -> Array:
    """Distance in units of the spread; without spread (given areas of 0) only the very same place is near."""
    nowhere = np.where(apart > 0.0, np.inf, apart)
    return np.divide(apart, spread, out=nowhere, where=spread > 0.0)
