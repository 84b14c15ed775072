"""How a unit of work becomes durable: the seam `Delivery`, and the two guarantees behind it.

Whatever the delivery, a unit's outputs and state are in the order in which the processor gave them, and the source
offset never goes ahead of either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from streams.adapters.kafka.producer import BatchProducer, Outbound
from streams.ports import Outgoing, UnitOfWork

__all__ = [
    "AtLeastOnce",
    "Checkpoint",
    "Delivery",
    "ExactlyOnce",
    "Membership",
    "PartitionLost",
    "Route",
    "no_checkpoint",
]

Checkpoint = Callable[[str], None]
"""Called between the steps of a delivery, with `begin`, `outputs`, `state`, `offsets`, `committed`: tests die there."""


def no_checkpoint(step: str) -> None:
    """Production's checkpoint."""


class PartitionLost(Exception):
    """The partition is somebody else's: the unit has to be dropped. Nothing of it has been written."""


class Route(NamedTuple):
    """Where one source partition's work goes."""

    group: str
    """The consumer group whose offset goes forward."""
    source: str
    """Deployed name of the source topic."""
    partition: int
    """Of the source, and of the changelog."""
    changelog: str
    deployed: Callable[[str], str]
    """From a topic's name to its deployed name."""


class Delivery(Protocol):
    """Of one source partition, from the moment it is assigned to the moment it is revoked."""

    async def start(self) -> None:
        """Take the partition over; before its state is recovered."""
        ...

    async def deliver(self, unit: UnitOfWork, first_offset: int) -> int | None:
        """Make a unit durable, all of it or (for now) nothing.

        Args:
            unit: what `step` returned.
            first_offset: of the unit's records: everything before it is durable already.

        Returns:
            One past the unit's last changelog record, or none where there is none.

        Raises:
            PartitionLost: drop the unit and the lane.
            Exception: memory may be ahead of the log; the process must end.
        """
        ...

    async def stop(self) -> None:
        """Give the partition up. Idempotent; after it nothing is written."""
        ...


class Membership(Protocol):
    """What at-least-once asks of the consumer group."""

    def still_ours(self, first_offset: int) -> Awaitable[bool]:
        """Whether the partition is still ours; may ask the broker."""
        ...

    def durable(self, next_offset: int) -> None:
        """Have the offset committed, soon."""
        ...


@dataclass(slots=True)
class ExactlyOnce:
    """One Kafka transaction per unit; the transactional id belongs to the source partition.

    1. begin a transaction;
    2. outputs: send them;
    3. state: send the changelog records; wait until they and the outputs are acknowledged;
    4. offsets: add the source offset to the transaction;
    5. commit.

    If the process dies before 5, or while 5 is on its way and has not reached the broker, readers of committed records
    never see any of it, and the next owner, whose start ends the open transaction, processes the same records again
    from the state before them. If it dies after 5 reached the broker, all of it is there. A paused owner that comes
    back is fenced: its commit is refused. (aiokafka can't bind a transaction to the group's generation, KIP-447, so
    the id does the fencing, and each partition has its producer.)
    """

    route: Route
    producer: BatchProducer
    checkpoint: Checkpoint = no_checkpoint

    async def start(self) -> None:
        """Fence the former owner and end what it left open."""
        await self.producer.start()

    async def deliver(self, unit: UnitOfWork, first_offset: int) -> int | None:
        """See the class."""
        # 1. begin
        await self.producer.begin()
        self.checkpoint("begin")
        # 2. outputs
        outputs = await _send_outputs(self.producer, self.route, unit.outgoing)
        self.checkpoint("outputs")
        # 3. state
        changes = (Outbound(key, value) for key, value in unit.changes.items())
        state = await self.producer.send(self.route.changelog, self.route.partition, changes)
        # A refused batch would be left out of the transaction in silence. And adding offsets while batches are on
        # their way makes the broker, which verifies them against the transaction (KIP-890), refuse and delay some.
        await asyncio.gather(*outputs, *state)
        self.checkpoint("state")
        # 4. offsets
        await self.producer.add_offset(self.route.group, self.route.source, self.route.partition, unit.next_offset)
        self.checkpoint("offsets")
        # 5. commit
        await self.producer.commit()
        self.checkpoint("committed")
        return await _end_of(state, len(unit.changes))

    async def stop(self) -> None:
        """Let the id go; an open transaction is left to the next owner."""
        await self.producer.stop()


@dataclass(slots=True)
class AtLeastOnce:
    """For brokers without transactions. State is exact, outputs may be repeated once, with the same content.

    1. begin: check that the partition is still ours;
    2. outputs: send them, wait until they are acknowledged;
    3. state: send the changelog records with the watermark, which is the last, as *one* record batch, which Kafka
       appends as a whole or not at all; wait until it is acknowledged;
    4. offsets: hand the source offset to the commit timer.

    If the process dies between 1 and 2, nothing has happened. Between 2 and 3, the outputs are out and the state is as
    before: the next owner processes the same records to the same outputs, which readers see twice, with the same ids
    and bytes. Between 3 and 4, or before the timer has committed, the records come again, and the processor passes
    over them, as they are not above the watermark that it recovered.

    Nothing fences an owner that is suspended between 1 and 3: that window is why this is not the default. A unit whose
    state does not fit one batch ends the process with a message that names the limits to lower.
    """

    route: Route
    producer: BatchProducer
    membership: Membership
    checkpoint: Checkpoint = no_checkpoint

    async def start(self) -> None:
        """Connect."""
        await self.producer.start()

    async def deliver(self, unit: UnitOfWork, first_offset: int) -> int | None:
        """See the class."""
        # 1. begin
        if not await self.membership.still_ours(first_offset):
            raise PartitionLost(f"{self.route.source}/{self.route.partition}")
        self.checkpoint("begin")
        # 2. outputs
        await asyncio.gather(*await _send_outputs(self.producer, self.route, unit.outgoing))
        self.checkpoint("outputs")
        # 3. state
        changes = (Outbound(key, value) for key, value in unit.changes.items())
        state = await self.producer.send(self.route.changelog, self.route.partition, changes, whole=True)
        await asyncio.gather(*state)
        self.checkpoint("state")
        # 4. offsets
        self.membership.durable(unit.next_offset)
        self.checkpoint("offsets")
        self.checkpoint("committed")
        return await _end_of(state, len(unit.changes))

    async def stop(self) -> None:
        """Disconnect."""
        await self.producer.stop()


async def _send_outputs(
    producer: BatchProducer, route: Route, outgoing: Iterable[Outgoing]
) -> list[asyncio.Future[object]]:
    destinations: dict[tuple[str, int], list[Outbound]] = {}
    for topic, key, value, headers, partition in outgoing:
        if partition is None:
            partition = await producer.partition(route.deployed(topic), key)
        destinations.setdefault((topic, partition), []).append(Outbound(key, value, headers))
    futures: list[asyncio.Future[object]] = []
    for (topic, number), records in destinations.items():
        futures += await producer.send(route.deployed(topic), number, records)
    return futures


async def _end_of(batches: list[asyncio.Future[object]], records: int) -> int | None:
    """One past the last of these records, from the first batch's acknowledgement."""
    if not batches:
        return None
    first = await batches[0]
    return int(first.offset) + records  # type: ignore[attr-defined]
