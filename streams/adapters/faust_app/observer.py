"""What the worker tells whoever counts and measures."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import NamedTuple, Protocol

__all__ = ["Observer", "SilentObserver", "UnitReport"]


class UnitReport(NamedTuple):
    """A unit of work that is durable."""

    agent: str
    partition: int
    records: int
    """Source records in it, those passed over as processed before included."""
    seconds: float
    """From taking the records out of the lane to being durable."""
    next_offset: int
    """One past its last source record."""
    last_timestamp_seconds: float
    """The broker's timestamp of its last record, seconds since 1970."""
    outputs: Mapping[str, int]
    """Records produced, by topic name without prefix."""
    counts: Mapping[tuple[str, ...], float]
    """Increments of counters, as the processor gave them."""


class Observer(Protocol):
    """Called on the event loop: quick, never blocking. What it raises ends the worker."""

    def recovery_started(self) -> None:
        """Partitions have been assigned and their state is being read."""
        ...

    def recovery_finished(self, seconds: float) -> None:
        """State is complete."""
        ...

    def assigned(self, agent: str, partitions: Set[int]) -> None:
        """These partitions are open; they are all that the agent has."""
        ...

    def revoked(self, agent: str, partitions: Set[int]) -> None:
        """These partitions are closed; what was shown of them has to go."""
        ...

    def unit_done(self, report: UnitReport) -> None:
        """A unit of work is durable."""
        ...

    def lag(self, agent: str, partition: int, records: int) -> None:
        """Records of the source partition that are not processed yet; about once a second."""
        ...

    def ready(self, is_ready: bool) -> None:
        """Whether events are processed: state recovered, no rebalance under way."""
        ...


class SilentObserver:
    """Nobody is interested."""

    def recovery_started(self) -> None:
        """Nothing."""

    def recovery_finished(self, seconds: float) -> None:
        """Nothing."""

    def assigned(self, agent: str, partitions: Set[int]) -> None:
        """Nothing."""

    def revoked(self, agent: str, partitions: Set[int]) -> None:
        """Nothing."""

    def unit_done(self, report: UnitReport) -> None:
        """Nothing."""

    def lag(self, agent: str, partition: int, records: int) -> None:
        """Nothing."""

    def ready(self, is_ready: bool) -> None:
        """Nothing."""
