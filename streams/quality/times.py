"""Times as histograms of stored counts: what a bin is called, and what is read from it.

The bins are those of `scoring.rolling.lead_times`, 2^(1/8) wide. Those of times to quorum reach from 4 seconds to 97
days, 64 times as long as those of lead times.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

from scoring.rolling.lead_times import bin_seconds, lead_time_bin, lead_time_quantile
from scoring.types import Undefined

__all__ = ["lead_time_name", "quantile_seconds", "quorum_time_name"]

_LONGER, _BINS_LONGER = 64, 48  # 2^6, eight bins each
_BINS: Final = range(lead_time_bin(0.0), lead_time_bin(1e9) + 1)
_EDGES: Final = [bin_seconds(place) for place in _BINS[1:]]
_LEAD_TIMES: Final = [str(place) for place in _BINS]
_QUORUM_TIMES: Final = [str(place + _BINS_LONGER) for place in _BINS]


def lead_time_name(seconds: float) -> str:
    """The bin of a lead time, as a key: `lead_time_bin` by looking it up.

    >>> [lead_time_name(s) for s in (0.0, 1.0, 1.09, 1.1, 60.0)]
    ['-32', '0', '0', '1', '47']
    """
    return _LEAD_TIMES[bisect_right(_EDGES, seconds)]


def quorum_time_name(seconds: float) -> str:
    """The bin of a time to quorum, as a key.

    >>> [quorum_time_name(s) for s in (0.0, 64.0, 86_400.0)]
    ['16', '48', '131']
    """
    return _QUORUM_TIMES[bisect_right(_EDGES, seconds / _LONGER)]


def quantile_seconds(counts: Mapping[str, int], q: float) -> float | Undefined:
    """The q-quantile in seconds, to 4.4 %, of a stored histogram; undefined when it is empty.

    >>> round(quantile_seconds({quorum_time_name(100.0): 3}, 0.5))
    103
    """
    return lead_time_quantile({int(place): n for place, n in counts.items()}, q)
