"""How often somebody may ask: token buckets, bounded in number."""

from __future__ import annotations

import math
from collections import OrderedDict

__all__ = ["RateLimit"]

_MOST_BUCKETS = 10_000


class RateLimit:
    """One bucket for each of those who ask; it holds `burst` requests and refills by `rate_per_second`.

    Of more than `most_buckets` the one that was used longest ago is forgotten, which fills it.

    Args:
        rate_per_second: 0 for no limit.
        burst: requests at once, at least 1.
        most_buckets: how many are remembered.

    >>> limit = RateLimit(rate_per_second=2.0, burst=1)
    >>> limit.take("lead", now=10.0), limit.take("lead", now=10.0), limit.take("lead", now=10.5)
    (0.0, 0.5, 0.0)
    """

    def __init__(self, rate_per_second: float, burst: int, most_buckets: int = _MOST_BUCKETS) -> None:
        self._rate_per_second = rate_per_second
        self._burst = burst
        self._most_buckets = most_buckets
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What is left, and when that was."""

    def take(self, who: str, now: float) -> float:
        """0 when one more request is allowed, which is then taken; else the seconds until it would be."""
        if not self._rate_per_second:
            return 0.0
        left, at = self._buckets.pop(who, (float(self._burst), now))
        left = min(self._burst, left + max(0.0, now - at) * self._rate_per_second)
        allowed = left >= 1.0 or math.isclose(left, 1.0)
        self._buckets[who] = (left - 1.0 if allowed else left, now)
        if len(self._buckets) > self._most_buckets:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1.0 - left) / self._rate_per_second
