"""A program that we start ends when told to, gently at first, and tells how it ended."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from streams.adapters.child_process import CANNOT_RUN, ChildProcess


def python(tmp_path: Path, code: str, **options: float) -> ChildProcess:
    return ChildProcess([sys.executable, "-c", code], tmp_path / "log", grace_seconds=options.get("grace", 0))


def wait_for_log(child: ChildProcess, text: str) -> None:
    deadline = time.monotonic() + 20
    while text not in child.log_tail():
        assert time.monotonic() < deadline, child.log_tail()
        time.sleep(0.02)


def wait_for_end(child: ChildProcess) -> int:
    deadline = time.monotonic() + 20
    while (code := child.exit_code) is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return code


def test_its_exit_code_and_the_end_of_its_output_are_kept(tmp_path: Path) -> None:
    child = python(tmp_path, "print('one\\ntwo\\nthree'); raise SystemExit(7)")
    child.start()
    assert wait_for_end(child) == 7
    assert child.log_tail(2) == "two\nthree"
    assert child.stop() == 7


def test_the_signal_that_ended_it_is_told(tmp_path: Path) -> None:
    child = python(tmp_path, "import os; os.kill(os.getpid(), 9)")
    child.start()
    assert wait_for_end(child) == -signal.SIGKILL
    child.stop()


def test_with_a_grace_it_may_finish_what_it_is_at(tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('finished'), sys.exit(0)))\n"
        "print('running', flush=True); time.sleep(60)"
    )
    child = python(tmp_path, code, grace=10)
    child.start()
    wait_for_log(child, "running")
    assert child.stop() == 0
    assert child.log_tail(1) == "finished"


@pytest.mark.parametrize("grace", [0.0, 0.2])
def test_it_is_killed_when_there_is_no_grace_or_it_does_not_use_it(tmp_path: Path, grace: float) -> None:
    code = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('pid', os.getpid(), flush=True); time.sleep(60)"
    )
    child = python(tmp_path, code, grace=grace)
    child.start()
    wait_for_log(child, "pid")
    assert child.stop() == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(int(child.log_tail(1).split()[1]), 0)


def test_what_cannot_be_run_is_explained_in_the_log(tmp_path: Path) -> None:
    child = ChildProcess([str(tmp_path / "nothing")], tmp_path / "log")
    child.start()
    assert wait_for_end(child) == CANNOT_RUN
    assert "cannot run" in child.log_tail()
    child.stop()


def test_before_it_is_started_there_is_nothing_to_stop(tmp_path: Path) -> None:
    child = python(tmp_path, "pass")
    assert (child.exit_code, child.stop(), child.log_tail()) == (None, None, "")
