"""Our side of a peer's process."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from threading import Timer
from typing import IO, Any

from tests.bench.peers.environments import NotHere

__all__ = ["Asked"]

_ROOT = Path(__file__).parents[3]
_ANSWER_SECONDS = 240.0


class Asked:
    """A peer that is running and waits for cases; a context manager that ends it."""

    def __init__(self, python: Path, program: str) -> None:
        # A file, not a pipe: nobody reads it while the peer runs, and a full pipe would stop it.
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed when the peer is
        self._process = subprocess.Popen(
            [str(python), "-m", f"tests.bench.peers.programs.{program}"],
            cwd=_ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
            # Some write settings into the user's folder when they are imported.
            env={**os.environ, "HOME": str(python.parents[1]), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip

    def __enter__(self) -> Asked:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._errors.close()

    def prepare(self, case: str, given: Any) -> tuple[str, float]:
        """Send an input: the peer's version, and the figure of one call.

        Raises
        ------
        NotHere
            It failed, or took too long.
        """
        told = self._ask({"case": case, "input": given})
        return told["version"], told["figure"]

    def seconds(self, least_seconds: float) -> float:
        """The fastest call of those that fit into so many seconds.

        Raises
        ------
        NotHere
            As `prepare`.
        """
        taken: float = self._ask({"seconds": least_seconds})["seconds"]
        return taken

    def _ask(self, question: dict[str, Any]) -> Any:
        too_long = Timer(_ANSWER_SECONDS, self._process.kill)
        too_long.start()
        try:
            stdin, stdout = _open(self._process.stdin), _open(self._process.stdout)
            stdin.write(json.dumps(question) + "\n")
            stdin.flush()
            line = stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            too_long.cancel()
        if not line:
            self._end()
            self._errors.seek(0)
            raise NotHere(f"failed: {(self._errors.read().strip().splitlines() or ['no answer'])[-1]}")
        return json.loads(line)

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()


def _open(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise ValueError("expected a process with pipes")
    return pipe
