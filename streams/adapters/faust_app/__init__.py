"""The stream on Faust: the only package that imports it. `run_worker` runs a worker, `build_app` makes its app."""

from streams.adapters.faust_app.versions import require_versions

require_versions()

from streams.adapters.faust_app.app import Companion, StreamApp  # noqa: E402 - versions come first
from streams.adapters.faust_app.build import Mount, Page, build_app  # noqa: E402
from streams.adapters.faust_app.observer import Observer, SilentObserver, UnitReport  # noqa: E402
from streams.adapters.faust_app.worker import run_worker, verify_broker  # noqa: E402

__all__ = [
    "Companion",
    "Mount",
    "Observer",
    "Page",
    "SilentObserver",
    "StreamApp",
    "UnitReport",
    "build_app",
    "run_worker",
    "verify_broker",
]
