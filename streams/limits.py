"""The engine's bounds, from the worker's configuration: the same for a worker and for a replay."""

from __future__ import annotations

from msgspec import Struct

from streams.config import WorkerConfig
from streams.errors import Rejected
from streams.stages.decode import Decoded, decode

__all__ = ["Limits", "limits_of"]


class Limits(Struct, frozen=True, kw_only=True):
    """Bounds on input and memory; see `streams.config` for what each means."""

    max_record_bytes: int = 1_000_000
    max_regions: int = 1_000
    max_points: int = 2_000
    max_characters: int = 20_000
    max_depth: int = 100
    max_mask_side_px: int = 2**18
    dead_letter_ratio: float = 0.5
    dead_letter_run: int = 500
    cached_tasks: int = 20_000
    retention_seconds: int = 30 * 86_400
    check_keys: bool = True
    """Whether a record's key must name its task. Off where there is no broker."""

    def decode(self, value: bytes | None) -> Decoded | Rejected:
        """A record, within these bounds."""
        return decode(
            value,
            self.max_record_bytes,
            self.max_regions,
            self.max_points,
            self.max_characters,
            self.max_depth,
            self.max_mask_side_px,
        )


def limits_of(config: WorkerConfig) -> Limits:
    """The engine's bounds, as the worker is configured."""
    return Limits(
        max_record_bytes=config.max_record_bytes,
        max_regions=config.max_regions,
        max_points=config.max_points,
        max_characters=config.max_characters,
        max_depth=config.max_depth,
        max_mask_side_px=config.max_mask_side_px,
        dead_letter_ratio=config.dead_letter_ratio,
        dead_letter_run=config.dead_letter_run,
        cached_tasks=config.cached_tasks,
        retention_seconds=config.retention_seconds,
    )
