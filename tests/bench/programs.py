"""The processes that are measured: started, looked at from outside through /proc, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["Program", "ProgramEnded"]

_ROOT = Path(__file__).parents[2]
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_STOP_SECONDS = 30.0


class ProgramEnded(RuntimeError):
    """It ended while it was being measured."""


class Program:
    """A Python module run as a process, from `with` to its end.

    Args:
        arguments: of `python -m`.
        log: takes its output.
        environment: added to ours, from which the worker's own variables are taken away.
        grace_seconds: between SIGTERM and SIGKILL.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        grace_seconds: float = _STOP_SECONDS,
    ) -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("LABELQUORUM_")}
        self._name = " ".join(arguments)
        self._log = log
        self._grace_seconds = grace_seconds
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *arguments], cwd=_ROOT, env={**ours, **(environment or {})},
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def cpu_seconds(self) -> float:
        """Processor time so far, user and system, all threads. Resolution: 10 ms."""
        # The second field, the name, may hold blanks; it ends at the last parenthesis.
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND

    def resident_bytes(self) -> int:
        """Memory that it holds right now."""
        for line in self._proc("status").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ProgramEnded("no VmRSS in /proc: the program is ending")

    def check(self) -> None:
        """Return while it runs.

        Raises:
            ProgramEnded: with the end of its log.
        """
        code = self._process.poll()
        if code is not None:
            tail = self._log.read_text(errors="replace")[-3_000:]
            raise ProgramEnded(f"{self._name} ended with code {code}; its log ends with:\n{tail}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(self._grace_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _proc(self, name: str) -> str:
        try:
            return Path(f"/proc/{self._process.pid}/{name}").read_text()
        except FileNotFoundError:
            self.check()
            raise
