"""Sums by bucket of time: the newest buckets that hold a window of scores, against everything before them."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping

from scoring.rolling.sums import NO_SCORES, ScoreSums

__all__ = ["BucketedSums"]


class BucketedSums:
    """Scores summed by bucket, the older ones together in one, with a running window over the newest.

    A bucket is a whole number that grows with time. The **window** is the shortest run of newest buckets that holds at
    least `window` scores; the **baseline** is everything before it. Both depend on which scores fall into which bucket
    and never on the order in which they came. A bucket is not divided: where one holds more than `window` scores, the
    window holds them too.

    At most `kept` buckets are kept by themselves: those before the newest `kept` that were ever touched are summed into
    `older`, and whatever is added or retracted there later goes to `older` too. An emptied bucket keeps its place until
    then, because *touched so far* does not depend on order, while *empty for the moment* does.

    A change costs O(1) amortised, besides finding the bucket's place (a binary search and a shift of a short list).

    >>> sums = BucketedSums(window=2, kept=10)
    >>> for bucket, score in ((7, 0.5), (3, 1.0), (8, 0.25)):
    ...     sums.add(bucket, ScoreSums.of(score))
    >>> sums.recent.mean(), sums.baseline.mean(), sums.full
    (0.375, 1.0, True)
    """

    def __init__(
        self,
        window: int,
        kept: int,
        buckets: Mapping[int, ScoreSums] | None = None,
        older: ScoreSums = NO_SCORES,
        horizon: int | None = None,
    ) -> None:
        self.kept = kept
        self.older = older
        """What lies before the horizon."""
        self.horizon = horizon
        """Buckets before this one are in `older`; None while nothing is."""
        self.buckets = dict(buckets or {})
        """The buckets kept by themselves."""
        self.total = older
        """Everything."""
        for sums in self.buckets.values():
            self.total = self.total.plus(sums)
        self._changed: set[int | None] = set()
        self._order = sorted(self.buckets)
        self.window = window
        self.resize(window, kept)

    @property
    def full(self) -> bool:
        """Whether the newest buckets hold a whole window."""
        return self.recent.n >= self.window

    @property
    def baseline(self) -> ScoreSums:
        """Everything before the window."""
        return self.total.minus(self.recent)

    def in_order(self) -> list[tuple[int, ScoreSums]]:
        """The buckets kept by themselves, oldest first."""
        return [(bucket, self.buckets[bucket]) for bucket in self._order]

    def resize(self, window: int, kept: int) -> None:
        """Ask for another window; `older` is not divided again, so a wider one may take a while to fill.

        Nothing is merged before the next change, so that looking at stored sums through a narrow window loses nothing.
        """
        self.window = window
        self.kept = kept
        self._start = len(self._order)
        self.recent = NO_SCORES
        self._slide()

    def add(self, bucket: int, sums: ScoreSums) -> None:
        """Add to a bucket."""
        self._shift(bucket, sums)

    def retract(self, bucket: int, sums: ScoreSums) -> None:
        """Take back what was added to a bucket."""
        self._shift(bucket, NO_SCORES.minus(sums))

    def take_changed(self) -> set[int | None]:
        """The buckets touched since this was last asked, None for `older`; those not in `buckets` any more are gone."""
        changed, self._changed = self._changed, set()
        return changed

    def _shift(self, bucket: int, delta: ScoreSums) -> None:
        self.total = self.total.plus(delta)
        if self.horizon is not None and bucket < self.horizon:
            self.older = self.older.plus(delta)
            self._changed.add(None)
            return
        known = self.buckets.get(bucket)
        self._changed.add(bucket)
        if known is None:
            self._insert(bucket, delta)
        else:
            self.buckets[bucket] = known.plus(delta)
            if bucket >= self._order[self._start]:
                self.recent = self.recent.plus(delta)
        self._slide()
        self._merge()

    def _insert(self, bucket: int, sums: ScoreSums) -> None:
        self.buckets[bucket] = sums
        if self._order and bucket < self._order[self._start]:
            self._start += 1
        else:
            self.recent = self.recent.plus(sums)
        insort(self._order, bucket)

    def _slide(self) -> None:
        """Make the window the shortest run that is full, or all buckets."""
        order, buckets = self._order, self.buckets
        while self.recent.n < self.window and self._start > 0:
            self._start -= 1
            self.recent = self.recent.plus(buckets[order[self._start]])
        while self._start < len(order) and self.recent.n - buckets[order[self._start]].n >= self.window:
            self.recent = self.recent.minus(buckets[order[self._start]])
            self._start += 1

    def _merge(self) -> None:
        """Move the oldest buckets behind the horizon until no more than `kept` are left."""
        surplus = len(self._order) - self.kept
        if surplus <= 0:
            return
        self.horizon = self._order[surplus]
        for bucket in self._order[:surplus]:
            self.older = self.older.plus(self.buckets.pop(bucket))
            self._changed |= {bucket, None}
        del self._order[:surplus]
        self._start -= surplus
        if self._start < 0:  # part of the window went: it begins again from the newest
            self._start = len(self._order)
            self.recent = NO_SCORES
            self._slide()
