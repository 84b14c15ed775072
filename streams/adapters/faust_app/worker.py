"""Running a worker in this process: verify, start, stop on a signal or a failure, say with an exit code how it went."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import tempfile
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

import faust
from mode.utils.futures import maybe_cancel

from streams.adapters.faust_app.app import Companion, StreamApp
from streams.adapters.faust_app.build import Mount, Page, build_app
from streams.adapters.faust_app.delivery import Checkpoint, no_checkpoint
from streams.adapters.faust_app.observer import Observer
from streams.adapters.kafka import connection, topics
from streams.config import WorkerConfig
from streams.errors import LabelquorumError
from streams.ports import Processor

try:
    import uvloop
except ImportError:  # it is not made for Windows
    uvloop = None  # type: ignore[assignment,unused-ignore]

__all__ = ["run_worker", "verify_broker"]

log = logging.getLogger("labelquorum.worker")

STOP_SECONDS = 25.0
"""How long a worker may take to leave the group; then the process ends anyway: without a broker, clients retry for
ever. Less than the 30 s that Docker's and Kubernetes' operators are used to wait before they kill."""


async def verify_broker(config: WorkerConfig, processors: Mapping[str, Processor]) -> None:
    """Return when the broker is there, has all topics as declared, and can deliver as configured.

    Raises:
        ConfigurationError: it is not so; all problems are listed.
    """
    await topics.check(config)
    if config.delivery == "exactly-once":
        await connection.require_transactions(config)


def run_worker(
    config: WorkerConfig,
    processors: Mapping[str, Processor],
    *,
    observer: Observer | None = None,
    pages: Mapping[str, Page] | None = None,
    mount: Mount | None = None,
    companions: Sequence[Companion] = (),
    checkpoint: Checkpoint = no_checkpoint,
) -> int:
    """Run a worker until SIGTERM or SIGINT, or until it fails. Blocks; call it in the main thread, once.

    A stop is graceful: units of work under way are finished and committed, then the worker leaves the group.

    Returns:
        The exit code: 0 after a signal, the error's `exit_code` for an error of ours, else 1. Failures are logged.
    """
    _calm_libraries()
    if uvloop is not None:  # a tenth less work for both loops, ours and that of the consumer's thread
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    with tempfile.TemporaryDirectory(prefix="labelquorum-") as scratch:
        try:
            if not _completed(loop, verify_broker(config, processors)):
                return 0
            app = build_app(
                replace(config, data_dir=config.data_dir or scratch), processors,
                observer=observer, pages=pages, mount=mount, companions=companions, checkpoint=checkpoint,
            )  # fmt: skip
            return _Worker(app, loop=loop).run()
        except LabelquorumError as error:
            log.error("%s", error)  # noqa: TRY400 - for a person: the message, no traceback
            return error.exit_code


def _completed(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> bool:
    """Run it; False when a signal came first. Faust's own handlers take over when its worker starts."""
    task = loop.create_task(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        loop.run_until_complete(task)
    except asyncio.CancelledError:
        return False
    return True


class _Worker(faust.Worker):
    """Faust's worker without its spinner, its process title and its own logging."""

    def __init__(self, app: StreamApp, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False)
        self.spinner = None
        self._stream = app
        self._last_resort: threading.Timer | None = None
        app.on_failure = self._end_soon

    def run(self) -> int:
        """Until stopped. The exit code."""
        try:
            self._starting_fut = asyncio.ensure_future(self.start(), loop=self.loop)
            self.loop.run_until_complete(self._starting_fut)
        except asyncio.CancelledError:
            pass  # a signal or a failure during the start
        except Exception as error:  # noqa: BLE001 - whatever Faust raises, the process ends by the same way
            self._stream.fail(error)
        try:
            self.stop_and_shutdown()
        except Exception as error:  # noqa: BLE001 - mode raises what crashed a service once everything is stopped
            self._stream.fail(error)
        finally:
            if self._last_resort is not None:
                self._last_resort.cancel()
        return self._exit_code()

    def _exit_code(self) -> int:
        failure = self._stream.failure
        if failure is None:
            return 0
        return failure.exit_code if isinstance(failure, LabelquorumError) else 1

    def _schedule_shutdown(self, signal: Any) -> None:
        """A stop is graceful as long as the broker plays its part."""
        self._give_up_later()
        super()._schedule_shutdown(signal)

    def _end_soon(self) -> None:
        # Leaving the group hands the partitions on at once; but what failed may keep us from leaving.
        self._give_up_later()
        if self._signal_stop_future is None and self.loop.is_running():
            self._signal_stop_future = asyncio.ensure_future(self._stop_after_failure(), loop=self.loop)

    def _give_up_later(self) -> None:
        if self._last_resort is None:
            self._last_resort = threading.Timer(STOP_SECONDS, self._give_up)
            self._last_resort.daemon = True
            self._last_resort.start()

    def _give_up(self) -> None:
        log.error(
            "The worker could not leave its group within %g s (is the broker gone?) and ends now. What was not "
            "committed is processed again at the next start.",
            STOP_SECONDS,
        )
        os._exit(self._exit_code() or 1)

    async def _stop_after_failure(self) -> None:
        await self.stop()
        maybe_cancel(self._starting_fut)

    def _setproctitle(self, info: str, *, ident: str = "") -> None:
        """The process keeps the name that it was started by."""

    async def _sentinel_task(self) -> None:
        """Stock mode sleeps a second before it closes the loop."""


def _calm_libraries() -> None:
    """Faust narrates at level info, in the name of our subclasses too; what it says in earnest is a warning."""
    for name in ("faust", "mode", "aiokafka", "aiohttp", "streams.adapters.faust_app"):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.WARNING)
