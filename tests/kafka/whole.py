"""Workers as people run them, `labelquorum worker` with its web server, in one group; and what they report."""

from __future__ import annotations

import asyncio
import dataclasses
import http.client
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from streams.adapters.child_process import ChildProcess
from streams.adapters.embedded_broker import free_port
from streams.config import WorkerConfig, variable

__all__ = ["WholeWorker", "assert_nobody_reports_what_another_does", "owners"]

_PROJECT_GAUGE = re.compile(r'^labelquorum_(?:project|annotator)_\w+\{[^}]*\bproject="([^"]*)"', re.MULTILINE)


class WholeWorker:
    """One process.

    Args:
        config: of the worker, but for its port.
        log: takes what it writes.
    """

    def __init__(self, config: WorkerConfig, log: Path) -> None:
        self.name = log.stem
        config = dataclasses.replace(config, web_port=free_port())
        self._where = config.web_host, config.web_port
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LABELQUORUM_")}
        own = {variable(f.name): str(getattr(config, f.name)) for f in dataclasses.fields(config)}
        self._process = ChildProcess([sys.executable, "-m", "streams", "worker"], log, environment=inherited | own)
        self._process.start()

    async def kill(self) -> None:
        """With -9."""
        await asyncio.to_thread(self._process.stop)

    async def metrics(self) -> str:
        """What it shows to Prometheus; nothing before its web server is up."""
        assert self._process.exit_code is None, self._process.log_tail(40)
        try:
            return await asyncio.to_thread(self._get)
        except OSError:
            return ""

    async def ready(self) -> bool:
        """Whether it processes events."""
        return "\nlabelquorum_ready 1.0" in await self.metrics()

    async def projects(self) -> set[str]:
        """Those that it reports."""
        return set(_PROJECT_GAUGE.findall(await self.metrics()))

    def _get(self) -> str:
        connection = http.client.HTTPConnection(*self._where, timeout=10)
        try:
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()
        finally:
            connection.close()


async def owners(workers: Sequence[WholeWorker], projects: set[str], seconds: float) -> dict[str, WholeWorker]:
    """Project → who reports it, once everybody is ready and somebody reports each of these projects."""
    deadline = time.monotonic() + seconds
    while True:
        shown = {worker: await worker.projects() for worker in workers if await worker.ready()}
        if len(shown) == len(workers) and set().union(*shown.values()) >= projects:
            return {project: worker for worker, found in shown.items() for project in found}
        assert time.monotonic() < deadline, {worker.name: found for worker, found in shown.items()}
        await asyncio.sleep(0.2)


async def assert_nobody_reports_what_another_does(workers: Sequence[WholeWorker]) -> None:
    """Of every two, at this time: the first is asked before and after the second, so a move between is not taken."""
    for first in workers:
        for second in workers:
            if first is not second:
                before, other, after = [await worker.projects() for worker in (first, second, first)]
                both = before & other & after
                assert not both, f"{first.name} and {second.name} both report {both}"
