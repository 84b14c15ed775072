"""A real redis-server for a test: on a free port, in a folder of its own, gone with the test."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

from redis import Redis

BINARY = shutil.which("redis-server")


class RedisServer:
    """One server on one port, that can be killed and started again, with or without what it held."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        assert BINARY is not None
        command = [BINARY, "--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--daemonize", "no"]
        command += ["--dir", str(self._folder), "--dbfilename", "dump.rdb"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.01)
        raise AssertionError("redis-server did not start within 10 s")

    def save(self) -> None:
        """Write the snapshot that it starts from next time."""
        with Redis.from_url(self.url) as client:
            client.save()

    def kill(self, *, lose_data: bool = False) -> None:
        """End it with -9; what it has not written to its snapshot is lost in any case."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if lose_data:
            (self._folder / "dump.rdb").unlink(missing_ok=True)
