"""evalica: Krippendorff's alpha in Rust, under a licence that anybody may use."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tests.bench.peers.clock import Prepared
from tests.bench.peers.served import serve


def alpha(given: Any) -> Prepared:
    """At the level that is asked for."""
    frame = import_module("pandas").DataFrame(given["codes"]).replace(-1, float("nan"))
    computed = import_module("evalica").alpha
    return Prepared(lambda _: computed(frame, distance=given["level"]), lambda result: result.alpha)


if __name__ == "__main__":
    serve("evalica", {"alpha": alpha})
