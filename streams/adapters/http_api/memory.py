"""What was read and made last, so that of a project that stands still, or nearly so, little is done twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Generic, NamedTuple, TypeVar

from streams.adapters.quality_reader import StoredQuality
from streams.quality import StoredRecord, decode_state
from streams.quality.views import ProjectQuality

__all__ = ["Bounded", "ReadProject", "read_project"]

T = TypeVar("T")


class Bounded(Generic[T]):
    """Values by key, up to `most_bytes`; those that were asked for longest ago go first.

    >>> kept = Bounded[str](10)
    >>> for name in "abc":
    ...     kept.put(name, name.upper(), 5)
    >>> kept.get("a"), kept.get("c")
    (None, 'C')
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        """The value; none where it is not kept, or not any more."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def put(self, key: Hashable, value: T, size_bytes: int) -> None:
        """Keep it, if it fits by itself."""
        _, former = self._kept.pop(key, (None, 0))
        if size_bytes > self._most_bytes:
            self._bytes -= former
            return
        self._kept[key] = value, size_bytes
        self._bytes += size_bytes - former
        while self._bytes > self._most_bytes:
            _, (_, gone) = self._kept.popitem(last=False)
            self._bytes -= gone


class ReadProject(NamedTuple):
    """A project as it was read."""

    version: str
    quality: ProjectQuality
    decoded: Mapping[bytes, tuple[bytes, StoredRecord]]
    """Key → the record's bytes, and what they say."""
    size_bytes: int
    """Of the records as they are stored; decoded they take some four times as much."""


def read_project(stored: StoredQuality, former: ReadProject | None) -> ReadProject:
    """Decode what has changed since `former`, which is left as it was. Raises what `from_records` does."""
    known: Mapping[bytes, tuple[bytes, StoredRecord]] = {} if former is None else former.decoded
    decoded: dict[bytes, tuple[bytes, StoredRecord]] = {}

    def decode(key: bytes, value: bytes) -> StoredRecord:
        pair = known.get(key)
        if pair is None or pair[0] != value:
            pair = value, decode_state(key, value)
        decoded[key] = pair
        return pair[1]

    quality = ProjectQuality.from_records(stored.records, decode)
    size_bytes = sum(len(key) + len(value) for key, value in stored.records.items())
    return ReadProject(stored.version, quality, decoded, size_bytes)
