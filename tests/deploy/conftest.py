"""What several tests of the operators' files use."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable

import pytest

from tests.deploy.files import ROOT


@pytest.fixture(scope="session")
def promtool() -> Callable[..., None]:
    """Runs promtool and fails with what it says."""
    found = shutil.which("promtool")
    if not found and os.environ.get("CI"):
        pytest.fail("promtool has to be there in CI: .ci/run installs it")
    if not found:
        pytest.skip("promtool is not installed (Debian: apt install prometheus)")

    def agrees(*arguments: str) -> None:
        done = subprocess.run([found, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    return agrees
