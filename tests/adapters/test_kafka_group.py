"""What a member of a group does when it owns nothing."""

from __future__ import annotations

from streams.adapters.kafka.group import GroupReader


async def test_a_commit_after_a_rebalance_took_every_partition_is_no_error() -> None:
    reader = GroupReader("127.0.0.1:9", "group", ["task-agreement"])

    await reader.commit({("task-agreement", 0): 5})
    await reader.stop()
