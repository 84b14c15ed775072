"""Recovery of tables: fetched chunks straight into the store, ended by the consumer's position.

Stock recovery passes every changelog record through a queue and an event of its own (4,400 records a second against
80,000), and it waits for the *record* before the end offset: a transaction ends with a marker that no consumer is ever
given, and stock recovery waits for it for ever. The consumer's position steps over markers, over aborted records and
over what compaction removed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.types import TP
from mode import Service

from streams.adapters.faust_app.table import PartitionTable, apply_changes

__all__ = ["ChunkRecovery", "ChunkTableManager"]


class ChunkRecovery(Recovery):
    """Faust's recovery with the reading done by `read`, which the transport calls for every fetched chunk.

    Faust keeps: when to recover, where to begin, which partitions, what happens after. `active_offsets` holds, as
    Faust has it, the last offset that is behind us.
    """

    def reading(self) -> frozenset[TP]:
        """The changelog partitions that have to be read on; empty when there is nothing to recover."""
        return frozenset(self.active_tps) if self.in_recovery else frozenset()

    def read(self, chunks: Mapping[TP, Sequence[Any]], positions: Mapping[TP, int]) -> None:
        """Apply fetched records and go forward to where the consumer stands; ends the recovery when that is the end."""
        for (topic, partition), records in chunks.items():
            table = cast(PartitionTable, self.tables._changelogs[topic])
            apply_changes(table.partition(partition), ((r.key, r.value) for r in records))
        now = time.monotonic()
        for tp, position in positions.items():
            self.advance(tp, position)
            self._active_events_received_at[tp] = now  # or Faust warns that nothing is being read
        if not self.need_recovery():
            self._set_recovery_ended()
            self.signal_recovery_end.set()

    def advance(self, tp: TP, next_offset: int) -> None:
        """Everything before `next_offset` is in the store: the next recovery of this partition starts there."""
        last = self.active_offsets.get(tp)  # none where Faust does not know yet
        self.active_offsets[tp] = next_offset - 1 if last is None else max(last, next_offset - 1)

    def _set_recovery_started(self) -> None:
        super()._set_recovery_started()
        self.signal_recovery_end.clear()

    # Stock Faust's reader of the changelog queue. Nothing is put there any more, and on its timeouts it would
    # declare a recovery ended before its end offsets are known.
    @Service.task
    async def _slurp_changelogs(self) -> None:
        await self.wait_until_stopped()

    def flush_buffers(self) -> None:
        """Nothing is buffered."""


class ChunkTableManager(TableManager):
    """Faust's table manager with `ChunkRecovery`."""

    @property
    def recovery(self) -> ChunkRecovery:
        """The recovery service, made on first use as Faust does."""
        if self._recovery is None:
            self._recovery = ChunkRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return cast(ChunkRecovery, self._recovery)

    async def on_start(self) -> None:
        """Stock Faust sleeps a second first; what it waits for, the conductor waits for by itself."""
        await self._update_channels()
        await self.recovery.start()
