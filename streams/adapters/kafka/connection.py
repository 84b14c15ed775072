"""Whether the broker is there, and what it can do: asked once at start, with answers that a person can act on."""

from __future__ import annotations

import asyncio
import logging

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.adapters.kafka.producer import BatchProducer
from streams.config import WorkerConfig
from streams.errors import ConfigurationError, TransactionsUnavailable

__all__ = ["connect", "partition_counts", "require_transactions"]

_CONNECT_SECONDS = 10.0
_TRANSACTIONS_SECONDS = 30.0
"""A fresh cluster first creates its transaction log."""


async def connect(broker: str, *, patience_seconds: float = _CONNECT_SECONDS) -> AIOKafkaAdminClient:
    """An admin client that is connected; the caller closes it.

    Raises:
        ConfigurationError: nobody answered in time; names the address.
    """
    client = AIOKafkaAdminClient(bootstrap_servers=broker)
    log = logging.getLogger("aiokafka")
    level = log.level
    log.setLevel(logging.CRITICAL)  # it reports each attempt; the error below says it once
    try:
        async with asyncio.timeout(patience_seconds):
            while not await _started(client):  # noqa: ASYNC110 - nobody but the broker knows when it is up
                await asyncio.sleep(0.2)
            return client
    except TimeoutError:
        await client.close()
        raise ConfigurationError(
            [
                f"no Kafka broker answers at {broker} (waited {patience_seconds:g} s): start it, or name another "
                "(LABELQUORUM_BROKER, --broker)"
            ],
            "Broker is not reachable",
        ) from None
    finally:
        log.setLevel(level)


async def partition_counts(client: AIOKafkaAdminClient, *, usable_only: bool = False) -> dict[str, int]:
    """Of every topic that exists. Asked for all, never by name: asking by name makes some brokers create them.

    Args:
        client: connected.
        usable_only: leave out topics of which a partition has no leader, as it is right after their creation.
    """
    rows = await client.describe_topics()
    return {
        row["topic"]: len(row["partitions"])
        for row in rows
        if not usable_only or all(partition["leader"] >= 0 for partition in row["partitions"])
    }


async def _started(client: AIOKafkaAdminClient) -> bool:
    try:
        await client.start()
    except KafkaError:
        return False
    return True


async def require_transactions(config: WorkerConfig, *, patience_seconds: float = _TRANSACTIONS_SECONDS) -> None:
    """Return when the broker gives us a transactional producer.

    Raises:
        TransactionsUnavailable: it does not; names the setting to change.
    """
    producer = BatchProducer(config.broker, [], f"{config.app_id}-probe")
    log = logging.getLogger("aiokafka")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        async with asyncio.timeout(patience_seconds):
            await producer.start()
    except (KafkaError, TimeoutError) as error:
        raise TransactionsUnavailable(
            [
                f"the broker at {config.broker} refused a transactional producer ({error!r}); delivery exactly-once "
                "needs Kafka transactions. Use a broker that has them and grants them to this client, or set delivery "
                "to at-least-once (LABELQUORUM_DELIVERY=at-least-once, --delivery at-least-once)"
            ],
            "Kafka transactions are not available",
        ) from None
    finally:
        log.setLevel(level)
        await producer.stop()
