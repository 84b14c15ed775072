"""A Faust table of raw records: one dict of bytes per partition, given up with the partition.

The changelog topic, the assignment and the recovery protocol are Faust's. Its own in-memory store is not used: it
forgets which partition a key came from unless recovery told it, so keys of lost partitions stay; it loses a key that
is deleted and written with a falsy value in one recovery batch; and it decodes every key and value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import faust
from faust.stores import memory
from faust.types import TP

__all__ = ["PartitionStore", "PartitionTable", "apply_changes"]


def apply_changes(state: dict[bytes, bytes], changes: Iterable[tuple[bytes, bytes | None]]) -> None:
    """Write records over a state, in order; a value of none deletes.

    >>> state = {b"a": b"1", b"b": b"2"}
    >>> apply_changes(state, [(b"a", None), (b"c", b""), (b"a", b"3")])
    >>> state
    {b'b': b'2', b'c': b'', b'a': b'3'}
    """
    for key, value in changes:
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value


class PartitionStore(memory.Store[bytes, bytes]):
    """The store behind a `PartitionTable`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.partitions: dict[int, dict[bytes, bytes]] = {}

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Forget what is somebody else's now; what is new starts empty and is read from the changelog's beginning."""
        changelog = self.table.changelog_topic.get_topic_name()
        for tp in revoked | newly_assigned:
            if tp.topic == changelog:
                self.partitions.pop(tp.partition, None)

    def partition(self, number: int) -> dict[bytes, bytes]:
        """The live state of one partition."""
        return self.partitions.setdefault(number, {})


class PartitionTable(faust.Table[bytes, bytes]):
    """A table that is written by lanes, not by item assignment: a write outside a unit of work would not be durable."""

    def __init__(self, app: faust.App, *, name: str, partitions: int) -> None:
        super().__init__(app, name=name, partitions=partitions, key_type=bytes, value_type=bytes)

    def _new_store(self) -> PartitionStore:
        return PartitionStore(
            "memory://", self.app, self, table_name=self.name, key_type=bytes, value_type=bytes, loop=self.loop
        )

    def partition(self, number: int) -> dict[bytes, bytes]:
        """The live state of one partition; empty where there is none."""
        store: Any = self.data
        return store.partition(number)  # type: ignore[no-any-return]

    def on_key_set(self, key: bytes, value: bytes) -> None:
        """Refuse: see the class."""
        raise TypeError(f"table {self.name} is written by its lanes, through UnitOfWork.changes")

    def on_key_del(self, key: bytes) -> None:
        """Refuse: see the class."""
        raise TypeError(f"table {self.name} is written by its lanes, through UnitOfWork.changes")

    def info(self) -> Mapping[str, Any]:
        """What a clone is made of."""
        return {"app": self.app, "name": self.name, "partitions": self.partitions}
