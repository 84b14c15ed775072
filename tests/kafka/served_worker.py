"""A worker process with everything around it: a page, a companion that is ready when told, an observer that prints.

    python -m tests.kafka.served_worker CONFIG_JSON

Prints a line for each thing that happens. The companion is ready when a line comes on standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Set

from streams.adapters.faust_app import SilentObserver, UnitReport, run_worker
from streams.config import WorkerConfig
from tests.kafka.toy import processors


def say(*words: object) -> None:
    """One line on standard output."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


class Settings:
    """Ready when somebody says so."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.to_thread(sys.stdin.readline)
        say("settings")
        self.ready.set()
        await asyncio.Event().wait()


class Narrator(SilentObserver):
    """Prints what it is told."""

    is_ready = False

    def recovery_finished(self, seconds: float) -> None:
        """One line."""
        say("recovered")

    def assigned(self, agent: str, partitions: Set[int]) -> None:
        """One line."""
        say("assigned", agent, sorted(partitions))

    def revoked(self, agent: str, partitions: Set[int]) -> None:
        """One line."""
        say("revoked", agent, sorted(partitions))

    def unit_done(self, report: UnitReport) -> None:
        """One line."""
        say("unit", report.agent, report.partition, report.records, dict(report.outputs))

    def lag(self, agent: str, partition: int, records: int) -> None:
        """One line for each partition that is behind."""
        if records:
            say("lag", agent, partition)

    def ready(self, is_ready: bool) -> None:
        """What the page says."""
        self.is_ready = is_ready


def main(configuration: str) -> int:
    """The worker's exit code."""
    observer = Narrator()

    async def readyz() -> tuple[int, str, bytes]:
        return (200, "text/plain", b"ready") if observer.is_ready else (503, "text/plain", b"not ready")

    config = WorkerConfig(**json.loads(configuration))
    return run_worker(config, processors(), observer=observer, pages={"/readyz": readyz}, companions=[Settings()])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
