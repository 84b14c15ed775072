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

__all__ = ["lead_time_name", "quantile_seconds", "quorum_seconds", "quorum_time_name", "told_seconds"]

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
    """The q-quantile of lead times in seconds, to 5 %, of a stored histogram; undefined when it is empty.

    The first bin, under a fifteenth of a second, is told as 0: a tool that sends no times sends zeros.

    >>> [quantile_seconds({lead_time_name(s): 3}, 0.5) for s in (0.0, 0.05, 13.955)]
    [0.0, 0.0, 14.1]
    """
    return _told(counts, q, _LEAD_TIMES[0])


def quorum_seconds(counts: Mapping[str, int], q: float) -> float | Undefined:
    """The same of times to quorum, of which the first bin are those under 4.4 seconds.

    >>> [quorum_seconds({quorum_time_name(s): 3}, 0.5) for s in (0.0, 4.0, 5.0, 100.0)]
    [0.0, 0.0, 4.97, 103.0]
    """
    return _told(counts, q, _QUORUM_TIMES[0])


def told_seconds(seconds: float) -> float:
    """To three digits: a bin is 9 % wide, and more of them would promise what it does not know.

    >>> told_seconds(14.050017), told_seconds(86_461.2)
    (14.1, 86500.0)
    """
    return float(f"{seconds:.3g}")


def _told(counts: Mapping[str, int], q: float, first: str) -> float | Undefined:
    found = lead_time_quantile({int(place): n for place, n in counts.items()}, q)
    if isinstance(found, Undefined):
        return found
    return 0.0 if found < bin_seconds(int(first) + 1) else told_seconds(found)
