"""The versions that the transport was written against.

Private names of these libraries are overridden (`transport`, `recovery`, `app`), and a release that renames one would
not fail: it would quietly go back to stock behaviour, and to its faults. So another version is refused at import.
"""

from __future__ import annotations

from importlib.metadata import version

__all__ = ["PINNED", "require_versions"]

PINNED = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "mode-streaming": "0.7.1"}


def require_versions(pinned: dict[str, str] = PINNED) -> None:
    """Return when exactly these are installed.

    Raises:
        ImportError: lists what is installed, what is needed, and what to do.
    """
    found = {name: version(name) for name in pinned}
    if wrong := {name: found[name] for name in pinned if found[name] != pinned[name]}:
        listed = ", ".join(f"{name} is {have}, expected {pinned[name]}" for name, have in wrong.items())
        needed = " ".join(f"{name}=={pinned[name]}" for name in wrong)
        raise ImportError(
            f"{listed}. The stream's transport overrides private names of these libraries and was tested with exactly "
            f"these versions: pip install {needed}. (A new version: run `make test-kafka`, then change PINNED.)"
        )
