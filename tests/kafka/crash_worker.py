"""A worker process for the tests: the real worker, toy or real processors, and death at a checkpoint if asked for.

    python -m tests.kafka.crash_worker CONFIG_JSON [PROCESSORS [STEP COUNT]]

PROCESSORS names a function `module:name` without arguments. With STEP, the process kills itself (-9) when STEP is
reached for the COUNTth time.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import sys

from streams.adapters.faust_app import run_worker
from streams.config import WorkerConfig


def main(configuration: str, processors: str = "tests.kafka.toy:processors", step: str = "", count: str = "0") -> int:
    """The worker's exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    module, function = processors.split(":")
    remaining = int(count)

    def die_there(reached: str) -> None:
        nonlocal remaining
        if reached == step:
            remaining -= 1
            if remaining == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    config = WorkerConfig(**json.loads(configuration))
    return run_worker(config, getattr(importlib.import_module(module), function)(), checkpoint=die_there)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
