"""shapely: exact IoU of polygons, as its users write it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from itertools import combinations
from typing import Any

from tests.bench.peers.clock import Prepared
from tests.bench.peers.served import serve


def _one_by_one(drawn: list[Any]) -> float:
    total = 0.0
    for some, others in combinations(drawn, 2):
        for a in some:
            for b in others:
                common = a.intersection(b).area
                total += common / (a.area + b.area - common)
    return total


def _all_at_once(drawn: list[Any]) -> float:
    shapely = import_module("shapely")
    total = 0.0
    for some, others in combinations(drawn, 2):
        common = shapely.area(shapely.intersection(some[:, None], others))
        total += float((common / (shapely.area(some)[:, None] + shapely.area(others) - common)).sum())
    return total


def _made(given: Any) -> list[Any]:
    shapely, numpy = import_module("shapely"), import_module("numpy")
    return [numpy.array([shapely.Polygon(ring) for ring in rings]) for rings in given]


def _held(work: Callable[[list[Any]], float]) -> Callable[[Any], Prepared]:
    """On polygons that are there already, known to be valid."""

    def prepare(given: Any) -> Prepared:
        drawn = _made(given)
        return Prepared(lambda _: work(drawn), float)

    return prepare


def from_points(given: Any) -> Prepared:
    """Made and checked, as drawn outlines must be, and then compared all at once."""
    is_valid = import_module("shapely").is_valid

    def work(_: Any) -> float:
        drawn = _made(given)
        if not all(is_valid(polygons).all() for polygons in drawn):
            raise ValueError("expected outlines that do not cross themselves")
        return _all_at_once(drawn)

    return Prepared(work, float)


one_by_one, all_at_once = _held(_one_by_one), _held(_all_at_once)

if __name__ == "__main__":
    serve("shapely", {"one_by_one": one_by_one, "all_at_once": all_at_once, "from_points": from_points})
