"""The benchmark's command line: Faust reads everybody's arguments once it is imported, and `--loops` is not for it."""

from __future__ import annotations

import subprocess
import sys

from tests.deploy.files import ROOT


def test_the_command_line_does_not_import_faust() -> None:
    told = "import sys, tests.bench.__main__; sys.exit('faust' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", told], cwd=ROOT, check=False, timeout=60).returncode == 0
