"""The engine's bounds, from the worker's configuration: the same for a worker and for a replay."""

from __future__ import annotations

from streams.config import WorkerConfig
from streams.settle import Limits

__all__ = ["limits_of"]


def limits_of(config: WorkerConfig) -> Limits:
    """The engine's bounds, as the worker is configured."""
    return Limits(
        max_record_bytes=config.max_record_bytes,
        max_regions=config.max_regions,
        max_points=config.max_points,
        max_characters=config.max_characters,
        max_depth=config.max_depth,
        dead_letter_ratio=config.dead_letter_ratio,
        dead_letter_run=config.dead_letter_run,
        cached_tasks=config.cached_tasks,
        retention_seconds=config.retention_seconds,
    )
