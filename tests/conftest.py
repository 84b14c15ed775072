"""What holds for every test: no settings of the machine, and random examples that CI can repeat."""

from __future__ import annotations

import os

import hypothesis
import pytest

# No deadline: the cores may be shared, and a slow example is no wrong one.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LABELQUORUM_")]:
        monkeypatch.delenv(name)
