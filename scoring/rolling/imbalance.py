"""How much more frequent is the most frequent label than the least frequent one?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from typing import NamedTuple

from scoring.rolling.rates import log_evidence_below
from scoring.rolling.sums import MICRO, Verdict, to_micro
from scoring.types import Undefined

__all__ = ["Imbalance", "imbalance", "judge_imbalance"]


class Imbalance(NamedTuple):
    """The two ends of a distribution of labels; counts in millionths."""

    most: str
    most_micro: int
    least: str
    least_micro: int
    total_micro: int
    labels: int
    """How many labels are known."""

    def ratio(self) -> float:
        """Most over least, 1 or more; a label that was never seen counts as seen once, so it stays finite.

        >>> Imbalance("a", 30_000_000, "b", 0, 30_000_000, 2).ratio()
        30.0
        """
        return self.most_micro / (self.least_micro or MICRO)

    def is_lower_bound(self) -> bool:
        """Whether the least frequent label was never seen, so the true ratio is at least `ratio()`."""
        return self.least_micro == 0


def imbalance(counts: Mapping[str, int], expected: Set[str]) -> Imbalance | Undefined:
    """The most and the least frequent label, over labels seen and `expected` ones; ties go to the first by name.

    Args:
        counts: label → how often, in millionths; labels with 0 are left out.
        expected: labels that ought to occur; one that does not has the count 0.

    Returns:
        Undefined with fewer than two labels known, or none seen.

    >>> imbalance({"car": 9_000_000, "bus": 3_000_000}, frozenset())
    Imbalance(most='car', most_micro=9000000, least='bus', least_micro=3000000, total_micro=12000000, labels=2)
    >>> imbalance({"car": 9_000_000}, frozenset())
    Undefined(reason='fewer than two labels are known')
    """
    if not counts:
        return Undefined("no labels seen")
    unseen = expected - counts.keys()
    if len(counts) + len(unseen) < 2:
        return Undefined("fewer than two labels are known")
    most = min(counts.items(), key=lambda item: (-item[1], item[0]))
    least = (min(unseen), 0) if unseen else min(counts.items(), key=lambda item: (item[1], item[0]))
    return Imbalance(*most, *least, sum(counts.values()), len(counts) + len(unseen))


def judge_imbalance(
    counts: Mapping[str, int],
    expected: Set[str],
    raise_above: float,
    resolve_at: float,
    minimum: float,
    evidence: float = 0.0,
) -> Verdict:
    """Beyond when the ratio of `imbalance` is more than `raise_above`, within when it is at most `resolve_at`.

    Compared as whole numbers. Fewer than `minimum` labels counted, or an undefined ratio, is `BETWEEN`. Names nobody,
    so it costs two passes in C: it is asked after every change.

    Args:
        counts: label → how often, in millionths.
        expected: labels that ought to occur.
        raise_above: upper line.
        resolve_at: lower line.
        minimum: labels counted without which nothing is said.
        evidence: besides, beyond needs this much evidence (`rates`) that of the most and the least frequent label the
            latter has less than its part, times the number of labels that it was chosen from. Without it 8:1 is soon
            raised by chance: 11:1 among the first 100 labels is nothing unusual.

    >>> judge_imbalance({"a": 11_000_000, "b": 1_000_000}, frozenset(), 10, 8, minimum=12)
    <Verdict.BEYOND: 'beyond'>
    """
    if not counts or (len(counts) < 2 and expected <= counts.keys()):
        return Verdict.BETWEEN
    frequencies = counts.values()
    if sum(frequencies) < to_micro(minimum):
        return Verdict.BETWEEN
    least = min(frequencies) if expected <= counts.keys() else MICRO
    most = max(frequencies) * MICRO
    if most > to_micro(raise_above) * least:
        enough = not evidence or _by_more_than_chance(counts, expected, raise_above, evidence)
        return Verdict.BEYOND if enough else Verdict.BETWEEN
    return Verdict.WITHIN if most <= to_micro(resolve_at) * least else Verdict.BETWEEN


def _by_more_than_chance(counts: Mapping[str, int], expected: Set[str], line: float, evidence: float) -> bool:
    labels = len(expected | counts.keys())
    least = min(counts.values()) / MICRO if expected <= counts.keys() else 0.0
    both = least + max(counts.values()) / MICRO
    return bool(log_evidence_below(least, both, 1 / (1 + line)) >= math.log(evidence * labels))
