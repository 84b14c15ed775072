"""What the demo runs on: a broker, a Redis, topics, and the real worker in a process of its own."""

from __future__ import annotations

import dataclasses
import http.client
import os
import secrets
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.adapters.child_process import ChildProcess
from streams.adapters.embedded_broker import HOST, EmbeddedBroker, free_port
from streams.config import Delivery, WorkerConfig, variable
from streams.demo.fake_redis import FakeRedis
from streams.demo.recorded import packaged
from streams.errors import LabelquorumError

__all__ = ["Stack", "WorkerDied"]

PARTITIONS = 4
_READY_SECONDS = 90.0
_GRACE_SECONDS = 15.0
_LOG_LINES = 25


class WorkerDied(LabelquorumError):
    """The worker ended, or did not get ready, while it was needed."""


class Stack:
    """Everything up between `with` and its end; without arguments all of it is our own.

    Args:
        broker: bootstrap servers of a broker that is there already; empty: an embedded one. There, all topics and the
            consumer group get names of this run's own.
        redis_url: of a Redis that is there already; empty: one in this process.
        delivery: none: what the broker can do (the embedded one: at-least-once).
    """

    def __init__(self, broker: str = "", redis_url: str = "", delivery: Delivery | None = None) -> None:
        self._given_broker = broker
        self._given_redis = redis_url
        self._delivery: Delivery = delivery or ("exactly-once" if broker else "at-least-once")
        self._resources = ExitStack()
        self._worker: ChildProcess | None = None
        self._embedded: EmbeddedBroker | None = None
        self.config = WorkerConfig()

    def __enter__(self) -> Self:
        with ExitStack() as resources:
            folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="labelquorum-demo-")))
            broker = self._given_broker
            if not broker:
                self._embedded = resources.enter_context(EmbeddedBroker())
                broker = self._embedded.address
            redis_url = self._given_redis or resources.enter_context(FakeRedis()).url
            self.config = self._configuration(broker, redis_url, folder)
            self._worker = ChildProcess(
                [sys.executable, "-m", "streams", "worker"],
                folder / "worker.log",
                environment=_environment(self.config),
                grace_seconds=_GRACE_SECONDS,
            )
            resources.callback(self._worker.stop)
            self._resources = resources.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._resources.close()

    def url(self, path: str) -> str:
        """Of a page of the worker."""
        return f"http://{self.config.web_host}:{self.config.web_port}{path}"

    def start_worker(self) -> None:
        """Start the worker and wait until it is ready to process events. The topics must be there.

        Raises:
            WorkerDied: it ended or is not ready in time; with the end of its log.
        """
        if self._worker is None:
            raise RuntimeError("expected to be used within `with`")
        self._worker.start()
        deadline = time.monotonic() + _READY_SECONDS
        while not self._is_ready():
            self.require_alive()
            if time.monotonic() > deadline:
                raise WorkerDied(f"the worker was not ready within {_READY_SECONDS:g} s.{self._log()}")
            time.sleep(0.1)

    def require_alive(self) -> None:
        """Return when worker and embedded broker run.

        Raises:
            WorkerDied: one of them has ended; with the end of its log.
        """
        if self._worker is not None and (code := self._worker.exit_code) is not None:
            raise WorkerDied(f"the worker ended with exit code {code}.{self._log()}")
        if self._embedded is not None and not self._embedded.running:
            raise WorkerDied(
                f"the embedded broker has ended. Its log ends with:\n{self._embedded.log_tail(_LOG_LINES)}"
            )

    def _configuration(self, broker: str, redis_url: str, folder: Path) -> WorkerConfig:
        run = f"demo-{secrets.token_hex(3)}-" if self._given_broker else ""
        return WorkerConfig(
            broker=broker,
            app_id=f"{run}labelquorum",
            topic_prefix=run,
            partitions=PARTITIONS,
            delivery=self._delivery,
            settings_file=str(packaged("settings.yaml")),
            redis_url=redis_url,
            web_host=HOST,
            web_port=free_port(),
            data_dir=str(folder),
            # The embedded broker lets a joining worker wait for half of the rebalance timeout; 6 s is the shortest
            # session that Apache Kafka takes.
            session_timeout_seconds=6.0,
            rebalance_timeout_seconds=4.0,
        )

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(self.config.web_host, self.config.web_port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _log(self) -> str:
        tail = self._worker.log_tail(_LOG_LINES) if self._worker else ""
        return f" Its log ends with:\n{tail or '(nothing)'}"


def _environment(config: WorkerConfig) -> dict[str, str]:
    """Ours without settings meant for another worker, and the worker's configuration in full."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LABELQUORUM_")}
    return inherited | {variable(f.name): str(getattr(config, f.name)) for f in dataclasses.fields(config)}
