"""What the pure core and the shell hand to one another.

The core is a `Processor`: bytes in, bytes out, no I/O, no clock. The shell (`adapters`) reads records, calls `step`,
makes what it returns durable as one unit of work, and only then lets the offset go forward.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from msgspec import Struct

__all__ = ["InputRecord", "Outgoing", "Processor", "Record", "UnitOfWork"]


class InputRecord(Protocol):
    """What `step` reads of a record. aiokafka's `ConsumerRecord` has these attributes, so none is copied."""

    @property
    def offset(self) -> int:
        """Place in its partition."""
        ...

    @property
    def key(self) -> bytes | None:
        """`project_id/task_id`."""
        ...

    @property
    def value(self) -> bytes | None:
        """The event."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Names and values."""
        ...

    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970, by the broker."""
        ...


class Record(NamedTuple):
    """An `InputRecord` of our own, for replay and tests."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    timestamp: int = 0
    """Milliseconds since 1970, by the broker."""


class Outgoing(NamedTuple):
    """One record to produce."""

    topic: str
    """A name from `streams.topics`, without the deployment's prefix."""
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]
    partition: int | None
    """The output partition; none: by Kafka's default partitioner (murmur2 of the key)."""


class UnitOfWork(Struct):
    """What one `step` wants done, all of it or nothing."""

    outgoing: list[Outgoing]
    """To produce, in order."""
    changes: dict[bytes, bytes | None]
    """State records to write to the table's changelog (none deletes), in order; the watermark is the last."""
    next_offset: int
    """The source offset to commit: one past the last record of the unit."""
    counts: dict[tuple[str, ...], float]
    """Increments of counters: (metric name, label values …) → amount; names from `streams.metrics`."""


class Processor(Protocol):
    """One stateful agent's pure half. Synchronous, single-threaded, never blocks."""

    source: str
    """The topic that it reads, by its name in `streams.topics`."""
    table: str
    """The name of its table."""

    def open(self, partition: int, state: Mapping[bytes, bytes]) -> None:
        """A partition has been taken over and `state` recovered; called once before its first `step`.

        `state` is the shell's live map of this partition's records: the shell applies `UnitOfWork.changes` to it
        after they are durable and before the next `step`; the processor only reads it.
        """
        ...

    def step(self, partition: int, records: Sequence[InputRecord]) -> UnitOfWork:
        """Process records of one partition, in offset order. How records are cut into steps changes no output.

        Records at or below the partition's watermark have been processed already and are passed over. Raises
        `errors.DeadLetterBudgetExceeded` when too much of the input cannot be used; any other exception is a fault
        of ours. After an exception the partition's memory is unknown: the process must end and recover.
        """
        ...

    def close(self, partition: int) -> None:
        """The partition has been given up: forget it. A partition that is not open is not an error."""
        ...

    def open_partitions(self) -> Iterable[int]:
        """The partitions that are open."""
        ...
