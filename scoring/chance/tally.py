"""How often something was seen: whole numbers that are added, taken back and merged without a trace.

Everything that `scoring.chance` accumulates is a tally, or fractions summed as exactly. Both form a group under
addition, so a retraction undoes an addition to the bit, the order of additions does not matter, and two that saw the
same are equal. Floating point (and with it the weights 1 / (answers - 1) of Krippendorff's coincidences) enters only
where a statistic is read.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Generic, Self, TypeVar

__all__ = ["ExactSums", "Tally", "natural_order"]

Key = TypeVar("Key", bound=Hashable)
Exact = TypeVar("Exact", bound=int | Fraction)


class ExactSums(Generic[Key, Exact]):
    """Exact numbers by key; a key with 0 is not there.

    Numbers may be negative for a while: where sums travel in parts, what is taken back may arrive before what was
    added. A statistic of such sums is `Undefined`.
    """

    def __init__(self, counts: Mapping[Key, Exact] | None = None) -> None:
        self._counts = {key: count for key, count in (counts or {}).items() if count}

    @property
    def counts(self) -> dict[Key, Exact]:
        """A copy of the numbers: the state to store. Made whole again by the constructor."""
        return dict(self._counts)

    def change(self, key: Key, by: Exact) -> None:
        """Add `by`, which may be negative, to one number."""
        known: Any = self._counts.get(key, 0)
        count = known + by
        if count:
            self._counts[key] = count
        else:
            self._counts.pop(key, None)

    def merge(self, other: Self) -> None:
        """Add everything that `other` counted."""
        for key, count in other.counts.items():
            self.change(key, count)

    def unmerge(self, other: Self) -> None:
        """Take back everything that `other` counted."""
        for key, count in other.counts.items():
            back: Any = -count
            self.change(key, back)

    def is_negative(self) -> bool:
        """Whether more was taken back than added, for some key."""
        return min(self._counts.values(), default=0) < 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExactSums) and type(self) is type(other) and self._counts == other._counts

    __hash__ = None  # type: ignore[assignment]

    def __iter__(self) -> Iterator[tuple[Key, Exact]]:
        return iter(self._counts.items())

    def __len__(self) -> int:
        return len(self._counts)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._counts!r})"


class Tally(ExactSums[Key, int]):
    """How often: whole numbers by key.

    >>> tally = Tally({"a": 2})
    >>> tally.change("a", -2)
    >>> tally == Tally()
    True
    """


def natural_order(label: Hashable) -> tuple[str, Any]:
    """A sort key for labels of any kind: by type, then by value; numbers together, sets by their sorted members.

    >>> sorted(["b", 2, "a", 1.5, frozenset("x")], key=natural_order)
    [frozenset({'x'}), 1.5, 2, 'a', 'b']
    """
    if isinstance(label, int | float) and not isinstance(label, bool):
        return "number", label
    # `<` between sets means "is part of", which is no order to sort by.
    return type(label).__name__, tuple(sorted(label)) if isinstance(label, frozenset) else label
