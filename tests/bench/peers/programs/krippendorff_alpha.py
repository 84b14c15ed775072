"""krippendorff: alpha. Its licence is the GPL: it lives in an environment of its own and is never imported by us."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tests.bench.peers.clock import Prepared
from tests.bench.peers.served import serve


def alpha(given: Any) -> Prepared:
    """At the level that is asked for."""
    numpy = import_module("numpy")
    computed = import_module("krippendorff").alpha
    codes = numpy.array(given["codes"], dtype=float)
    codes[codes < 0] = numpy.nan
    return Prepared(lambda _: computed(reliability_data=codes, level_of_measurement=given["level"]), float)


if __name__ == "__main__":
    serve("krippendorff", {"alpha": alpha})
