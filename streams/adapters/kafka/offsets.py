"""Where partitions end, read truly."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError

__all__ = ["CommitFailedError", "end_offsets"]

_PATIENCE_SECONDS = 30.0


async def end_offsets(broker: str, partitions: Collection[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """One past the last record of each partition, transaction markers and open transactions included.

    Not what ListOffsets answers but the high watermark of a fetch, if that is more: the embedded broker's ListOffsets
    forgets all but the first record of the last batch, and whoever believes it loses that batch. Any broker's fetch
    is right, so no broker needs to be recognised.

    Args:
        broker: bootstrap servers.
        partitions: (deployed topic, partition); none gives an empty answer.

    Raises:
        TimeoutError: a partition has no leader that answers.
    """
    wanted = [TopicPartition(topic, partition) for topic, partition in partitions]
    if not wanted:
        return {}
    probe = AIOKafkaConsumer(bootstrap_servers=broker, enable_auto_commit=False, fetch_max_wait_ms=20)
    await probe.start()
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            probe.assign(wanted)
            listed = await probe.end_offsets(wanted)
            for partition in wanted:
                probe.seek(partition, listed[partition])
            while any(probe.highwater(partition) is None for partition in wanted):
                await probe.getmany(timeout_ms=20)
            return {(p.topic, p.partition): max(listed[p], probe.highwater(p)) for p in wanted}
    except TimeoutError:
        raise TimeoutError(
            f"no answer within {_PATIENCE_SECONDS:g} s on where these partitions end: {wanted}"
        ) from None
    finally:
        await probe.stop()
