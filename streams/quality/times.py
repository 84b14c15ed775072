"""How long tasks take to their decision, as a histogram that can be added to and taken from.

The bins are those of `scoring.rolling.lead_times`, 2^(1/8) wide, but from 4 seconds to 97 days: 64 times as long.
"""

from __future__ import annotations

from collections.abc import Mapping

from scoring.rolling.lead_times import lead_time_bin, lead_time_quantile
from scoring.types import Undefined

__all__ = ["quantile_seconds", "quorum_time_bin"]

_LONGER, _BINS_LONGER = 64, 48  # 2^6, eight bins each


def quorum_time_bin(seconds: float) -> int:
    """The bin of a time to quorum.

    >>> [quorum_time_bin(s) for s in (0.0, 64.0, 86_400.0)]
    [16, 48, 131]
    """
    return lead_time_bin(seconds / _LONGER) + _BINS_LONGER


def quantile_seconds(counts: Mapping[str, int], q: float) -> float | Undefined:
    """The q-quantile in seconds, to 4.4 %, of a stored histogram; undefined when it is empty.

    >>> round(quantile_seconds({str(quorum_time_bin(100.0)): 3}, 0.5))
    103
    """
    return lead_time_quantile({int(place): n for place, n in counts.items()}, q)
