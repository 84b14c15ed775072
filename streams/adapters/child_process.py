"""A program that we start and that ends when we end, however we end.

Between us and the program stands a small guard: this very file, run as a script. It holds the other end of a pipe. When
the pipe closes, because `stop` was called or because our process is gone (killed with -9 too), the guard ends the
program. `PR_SET_PDEATHSIG` would do the same on Linux only, and would fire as soon as the *thread* that started the
program ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["ChildProcess"]

CANNOT_RUN = 126
"""The guard's exit code when the program could not be started; the shell's convention."""


class ChildProcess:
    """A program with its output in a log file. In a session of its own, so Ctrl-C reaches us alone.

    Args:
        command: the program and its arguments.
        log: takes what it writes to stdout and stderr.
        environment: its whole environment; none: ours.
        grace_seconds: between SIGTERM and SIGKILL when it is to end; 0: SIGKILL at once.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        grace_seconds: float = 0,
    ) -> None:
        self._command = list(command)
        self._environment = dict(environment) if environment is not None else None
        self._grace_seconds = grace_seconds
        self._guard: subprocess.Popen[bytes] | None = None
        self.log = log

    def start(self) -> None:
        """Start it. Returns at once; whether it lives, `exit_code` says."""
        with self.log.open("ab") as output:
            self._guard = subprocess.Popen(  # noqa: S603 - the command is ours
                [sys.executable, "-P", __file__, str(self._grace_seconds), *self._command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )

    @property
    def exit_code(self) -> int | None:
        """Of the program, once it has ended (negative: the signal that ended it); None while it runs."""
        if self._guard is None or (code := self._guard.poll()) is None:
            return None
        return code if code < 128 else 128 - code

    def stop(self) -> int | None:
        """End it: SIGTERM, and after `grace_seconds` SIGKILL. Idempotent. Returns its exit code."""
        guard = self._guard
        if guard is None:
            return None
        if guard.stdin is not None:
            guard.stdin.close()
        try:
            guard.wait(timeout=self._grace_seconds + 5)
        except subprocess.TimeoutExpired:
            guard.kill()
            guard.wait()
        return self.exit_code

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of the log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def _guard(grace_seconds: float, command: Sequence[str]) -> int:
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - the command is ours
    except OSError as error:
        sys.stderr.write(f"cannot run {command[0]}: {error}\n")
        return CANNOT_RUN

    def end_child_with_parent() -> None:
        while os.read(0, 4096):
            pass
        child.send_signal(signal.SIGTERM if grace_seconds else signal.SIGKILL)
        try:
            child.wait(timeout=grace_seconds or None)
        except subprocess.TimeoutExpired:
            child.kill()

    threading.Thread(target=end_child_with_parent, daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(_guard(float(sys.argv[1]), sys.argv[2:]))
