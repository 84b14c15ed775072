"""`scoring` as a library: its public names."""

from __future__ import annotations

import importlib
import pkgutil

import scoring


def test_public_names_exist_once_in_every_module() -> None:
    """That they are sorted, the linter sees to."""
    names = [module.name for module in pkgutil.walk_packages(scoring.__path__, "scoring.")]
    assert "scoring.agreement.boxes" in names
    for module in [scoring, *map(importlib.import_module, names)]:
        public = getattr(module, "__all__", [])
        assert len(set(public)) == len(public), module.__name__
        assert all(hasattr(module, name) for name in public), module.__name__
        assert module.__doc__, module.__name__
