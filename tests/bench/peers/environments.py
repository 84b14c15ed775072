"""Where peers live: in this environment where they are installed, else each in a throwaway one made for it.

Their own requirements contradict one another and ours (dtlpy needs pandas below 3, datumaro much else), and what is
under the GPL is never imported into our process. What can't be installed here is told as such, not left out in silence.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

__all__ = ["NotHere", "Peer", "interpreter"]

_INSTALL_SECONDS = 300


class NotHere(Exception):
    """A peer that can't be had on this machine; the message says why."""


class Peer(msgspec.Struct, frozen=True):
    """A library to be compared with."""

    name: str
    """Its distribution."""
    requirements: tuple[str, ...]
    """Exactly what was compared, with what it needs beside it."""
    program: str
    """Module of `tests.bench.peers.programs`."""
    apart: bool = False
    """Never from this environment: its licence or its requirements forbid it."""


@cache
def interpreter(peer: Peer) -> Path:
    """The Python that has it.

    Raises
    ------
    NotHere
        It can't be installed.
    """
    if not peer.apart:
        try:
            version(peer.name)
        except PackageNotFoundError:
            pass
        else:
            return Path(sys.executable)
    return _made_for(peer)


def _made_for(peer: Peer) -> Path:
    """An environment in the machine's folder for temporary files, kept for the next run."""
    wanted = sha256(repr((sys.version_info[:2], peer.requirements)).encode()).hexdigest()[:12]
    home = Path(tempfile.gettempdir()) / "labelquorum-peers" / f"{peer.name}-{wanted}"
    python, finished = home / "bin" / "python", home / "complete"
    if finished.exists():
        return python
    uv = shutil.which("uv")
    if uv:
        make = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)]
        fill = [uv, "pip", "install", "--quiet", "--python", str(python), *peer.requirements]
    else:
        make = [sys.executable, "-m", "venv", "--clear", str(home)]
        fill = [str(python), "-m", "pip", "install", "--quiet", *peer.requirements]
    for command in (make, fill):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise NotHere(f"not installed within {_INSTALL_SECONDS} s") from error
        if done.returncode:
            raise NotHere(f"can't be installed here: {done.stderr.strip().splitlines()[-1:]}")
    finished.touch()
    return python
