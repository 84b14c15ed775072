"""The place with the least summed distance to several: Newton's method, where Weiszfeld's iteration would crawl."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, fsum, hypot
from typing import NamedTuple, TypeAlias

import numpy as np

from scoring.consensus.centre import median_of_ordered
from scoring.types import Array

__all__ = ["geometric_median"]

_Place: TypeAlias = tuple[float, float]
_Voice: TypeAlias = tuple[float, float, float]  # u, v and weight

_ONE_LINE = 1e-9
# Points whose spread across is below this share of their length lie on one line: so much may be rounding.

_BALANCE = 1e-12
# A pull that differs from a weight by less than this share is that weight: the median is the point itself.

_ROUNDING = 1e-15
# Weights that differ by less than this share of their total are equal: 0.1 + 0.2 and 0.3.

_ARRIVED = 1e-11
# A step this small, in units of the points' extent, is the last: the next one would be smaller by its square.

_STEEPEST_RISE = 0.1
# At the end of a step, as a share of the fall at its start: Newton's steps near the median overshoot by less.

_MOST_STEPS = 100
_MOST_HALVINGS = 60


def geometric_median(points: Array, weights: Sequence[float]) -> _Place:
    """Where the weighted sum of distances to (n, 2) points, given in the order of their content, is least.

    - Points on one line: the weighted median along it; where exactly half of the weight lies on either side the middle
      between two points.
    - A point whose own weight is at least the pull of all others on it: that point, exactly.
    - Else the one place where all pulls cancel, to 1e-12 of the extent of the points, by Newton's method from the best
      of the points: some five steps. Points within a millionth of one line are worth fewer digits (1e-8 at worst).

    Costs some 40 microseconds for three points, and the square of their number in memory.

    References
    ----------
    Vardi and Zhang (2000), doi:10.1073/pnas.97.4.1423, for when a point is the median. Weiszfeld's own iteration
    converges there, and near there, by ever smaller steps.

    Examples
    --------
    >>> geometric_median(np.array([[0.0, 0.0], [4.0, 0.0]]), [1.0, 1.0])
    (2.0, 0.0)
    """
    places, trust = _distinct(points, weights)
    if len(places) == 1:
        return places[0]
    frame = _Frame.along(places)
    local = [(*frame.within(place), weight) for place, weight in zip(places, trust, strict=True)]
    across = [v for _, v, _ in local]
    if max(across) - min(across) <= _ONE_LINE:
        return _on_the_line(places, local)
    start = _cheapest(local)
    pull = _pull(local[start][:2], local)
    if pull.excess() <= 0.0:
        return places[start]
    return frame.outside(_descended(local[start][:2], pull, local))


def _distinct(points: Array, weights: Sequence[float]) -> tuple[list[_Place], list[float]]:
    """Each place once, with all the weight on it as a share of the whole."""
    held: dict[_Place, list[float]] = {}
    for (x, y), weight in zip(points.tolist(), weights, strict=True):
        held.setdefault((x, y), []).append(weight)
    total = fsum(weights)
    return list(held), [fsum(of_place) / total for of_place in held.values()]


class _Frame(NamedTuple):
    """Coordinates along the points and across them, about the first, in units of their extent.

    So neither tiny nor far points lose digits, and points nearly on one line differ from it by small numbers.
    """

    origin: _Place
    along_x: float
    along_y: float
    extent: float

    @classmethod
    def along(cls, places: Sequence[_Place]) -> _Frame:
        (x, y) = origin = places[0]
        far = max(places, key=lambda place: hypot(place[0] - x, place[1] - y))
        extent = hypot(far[0] - x, far[1] - y)
        return cls(origin, (far[0] - x) / extent, (far[1] - y) / extent, extent)

    def within(self, place: _Place) -> _Place:
        x, y = (place[0] - self.origin[0]) / self.extent, (place[1] - self.origin[1]) / self.extent
        return x * self.along_x + y * self.along_y, y * self.along_x - x * self.along_y

    def outside(self, place: _Place) -> _Place:
        u, v = place
        x, y = u * self.along_x - v * self.along_y, u * self.along_y + v * self.along_x
        return self.origin[0] + x * self.extent, self.origin[1] + y * self.extent


class _Pull(NamedTuple):
    """Gradient and curvature, at a place, of the summed distances to all points that do not lie on it.

    The gradient along u is kept in two parts. Of points nearly on one line they are a difference of weights, often
    exactly 0, and something as small as the square of how far the points stray from the line: their sum would have
    lost what the median depends on.
    """

    held: float
    """Weight of the points that lie on the place."""
    sides: float
    bend: float
    across: float
    uu: float
    uv: float
    vv: float

    @property
    def along(self) -> float:
        return self.sides + self.bend

    def excess(self) -> float:
        """Square of the pull less that of the weight that holds; 0 where rounding could make the difference."""
        terms = (
            (abs(self.sides) - self.held) * (abs(self.sides) + self.held),
            2.0 * self.sides * self.bend,
            self.bend * self.bend,
            self.across * self.across,
        )
        excess = fsum(terms)
        return excess if abs(excess) > _BALANCE * fsum(map(abs, terms)) else 0.0

    def step(self) -> _Place:
        """Newton's step; Weiszfeld's where the curvature is lost in rounding."""
        flat = self.uu * self.vv - self.uv * self.uv
        if flat <= 1e-14 * self.uu * self.vv:
            all_round = self.uu + self.vv
            return -self.along / all_round, -self.across / all_round
        return (
            (self.uv * self.across - self.vv * self.along) / flat,
            (self.uv * self.along - self.uu * self.across) / flat,
        )


def _pull(place: _Place, voices: Sequence[_Voice]) -> _Pull:
    sides: list[float] = []
    held = bend = across = uu = uv = vv = 0.0
    for u, v, weight in voices:
        a, b = place[0] - u, place[1] - v
        apart = hypot(a, b)
        if apart == 0.0:
            held += weight
            continue
        sine, cosine = b / apart, a / apart
        side = weight if a >= 0.0 else -weight
        sides.append(side)
        # Up to its sign, the cosine is 1 less this.
        bend -= side * sine * (b / (apart + abs(a)))
        across += weight * sine
        near = weight / apart
        uu += near * sine * sine
        uv -= near * sine * cosine
        vv += near * cosine * cosine
    balance = fsum(sides)
    return _Pull(held, balance if abs(balance) > _ROUNDING else 0.0, bend, across, uu, uv, vv)


def _on_the_line(places: Sequence[_Place], voices: Sequence[_Voice]) -> _Place:
    ordered = sorted(zip(voices, places, strict=True))
    rank = median_of_ordered([(float(rank), voice[2]) for rank, (voice, _) in enumerate(ordered)])
    (_, one), (_, other) = ordered[floor(rank)], ordered[ceil(rank)]
    return (one[0] + other[0]) / 2.0, (one[1] + other[1]) / 2.0


def _cheapest(voices: Sequence[_Voice]) -> int:
    """The point with the least sum of distances to the others: the median if any point is."""
    u, v, weight = np.array(voices).T
    return int((np.hypot(u[:, None] - u, v[:, None] - v) * weight).sum(axis=1).argmin())


def _descended(start: _Place, pull: _Pull, voices: Sequence[_Voice]) -> _Place:
    """From a point that is not the median to the median."""
    # Off the point against the pull of the others; its own weight, which holds back, does not depend on how far.
    strength = hypot(pull.along, pull.across)
    u, v = -pull.along / strength, -pull.across / strength
    curve = u * u * pull.uu + 2.0 * u * v * pull.uv + v * v * pull.vv
    reach = min(1.0, pull.excess() / (strength + pull.held) / curve) if curve > 0.0 else 1.0
    place, pull = _moved(start, (u * reach, v * reach), 0.0, voices)
    for _ in range(_MOST_STEPS):
        step = pull.step()
        slope = pull.along * step[0] + pull.across * step[1]
        here, (place, pull) = place, _moved(place, step, -_STEEPEST_RISE * slope, voices)
        if place == here or max(map(abs, step)) <= _ARRIVED:
            break
    return place


def _moved(place: _Place, step: _Place, steepest: float, voices: Sequence[_Voice]) -> tuple[_Place, _Pull]:
    """A step, halved until its end is no point and the sum of distances rises there no more steeply than allowed."""
    share = 1.0
    for _ in range(_MOST_HALVINGS):
        end = place[0] + share * step[0], place[1] + share * step[1]
        pull = _pull(end, voices)
        if not pull.held and pull.along * step[0] + pull.across * step[1] <= steepest:
            return end, pull
        share /= 2.0
    return place, _pull(place, voices)
