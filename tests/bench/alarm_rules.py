"""Sequential tests for a fall of a mean, over many streams at once: ours, and what else one could have taken.

A test answers with the moments at which it raises, (streams, tasks) of bool. After that it begins again at once, so a
false alarm that goes on is counted again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scoring.rolling.level import AT_REST, PROJECT_LEVEL, LevelRule, judge_level, log_bets, mixed, worst_level
from scoring.rolling.sums import ScoreSums, Verdict
from scoring.rolling.window import BucketedSums
from scoring.types import Array

__all__ = ["BLOCK", "FALL_TESTS", "Raised", "cusum", "episodes", "evidence", "page_hinkley", "window_drop"]

Raised = NDArray[np.bool_]

BLOCK: Final = 10
"""Tasks in a bucket of time: evidence is asked for once a bucket."""


def window_drop(
    scores: Array, errors: float = 0.0, window: int = 100, warm_up: int = 200, drop: float = 0.1, resolve: float = 0.05
) -> Raised:
    """`drift.judge_drop`: the newest `window` tasks against all before, with two lines."""
    sums = np.cumsum(scores, axis=1)
    done = np.arange(1, scores.shape[1] + 1)
    before = np.concatenate([np.full((len(scores), window), np.nan), sums[:, :-window]], axis=1)
    fallen = before / np.maximum(done - window, 1) - (sums - before) / window
    variance = np.cumsum(scores**2, axis=1) / done - (sums / done) ** 2
    line = np.maximum(drop, errors * np.sqrt(np.maximum(variance, 0) * (1 / np.maximum(done - window, 1) + 1 / window)))
    raised = np.zeros(scores.shape, dtype=np.bool_)
    standing = np.zeros(len(scores), dtype=np.bool_)
    for t in range(window + warm_up - 1, scores.shape[1]):
        raised[:, t] = ~standing & (fallen[:, t] > line[:, t])
        standing = np.where(standing, fallen[:, t] >= resolve, raised[:, t])
    return raised


def page_hinkley(scores: Array, warm_up: int = 200, slack: float = 0.05, line: float = 20.0) -> Raised:
    """Page (1954), doi:10.1093/biomet/41.1-2.100, with the running mean as its baseline: Σ (mean − x − slack)."""
    raised = np.zeros(scores.shape, dtype=np.bool_)
    total, n, sums, least = (np.zeros(len(scores)) for _ in range(4))
    for t, x in enumerate(scores.T):
        n, total = n + 1, total + x
        sums = sums + total / n - x - slack
        least = np.minimum(least, sums)
        hit = raised[:, t] = (sums - least > line) & (n >= warm_up)
        n, total, sums, least = (np.where(hit, 0.0, part) for part in (n, total, sums, least))
    return raised


def cusum(scores: Array, warm_up: int = 200, reference: float = 0.25, line: float = 10.0) -> Raised:
    """CUSUM in standard deviations, mean and deviation estimated once from the first `warm_up` tasks."""
    baseline = scores[:, :warm_up]
    worst = worst_level(_as_sums(baseline), 0.0, 2.0)
    deviation = np.maximum(baseline.std(axis=1), 0.02)
    raised = np.zeros(scores.shape, dtype=np.bool_)
    sums = np.zeros(len(scores))
    for t in range(warm_up, scores.shape[1]):
        sums = np.maximum(0.0, sums + (worst - scores[:, t]) / deviation - reference)
        raised[:, t] = sums > line
        sums[raised[:, t]] = 0.0
    return raised


def evidence(scores: Array, rule: LevelRule = PROJECT_LEVEL, block: int = BLOCK) -> Raised:
    """`level.find_shift` at the end of every bucket; after an alarm the scan begins anew."""
    streams, tasks = scores.shape
    buckets = tasks // block
    blocks = scores[:, : buckets * block].reshape(streams, buckets, block)
    sums = np.stack([np.full((streams, buckets), float(block)), blocks.sum(axis=2), (blocks**2).sum(axis=2)], axis=-1)
    before = np.concatenate([np.zeros((streams, 1, 3)), np.cumsum(sums, axis=1)], axis=1)
    levels = worst_level(before, rule.slack, rule.baseline_z)
    first = np.full(streams, -(-rule.minimum_baseline // block))
    least = -(-rule.minimum // block)
    raised = np.zeros(scores.shape, dtype=np.bool_)
    for end in range(int(first[0]) + least, buckets + 1):
        low, high = max(int(first.min()), end - rule.memory // block), end - least + 1
        if low >= high:
            continue
        found = mixed(log_bets(before[:, end, None] - before[:, low:high], levels[:, low:high]))
        hit = np.where(np.arange(low, high) < first[:, None], 0.0, found).sum(axis=1) >= rule.evidence
        raised[hit, end * block - 1] = True
        first[hit] = end
    return raised


def episodes(scores: Array, rule: LevelRule = PROJECT_LEVEL, block: int = BLOCK) -> list[tuple[int, bool]]:
    """Of one stream: after which task `level.judge_level` raised (True) and resolved (False)."""
    buckets, state, moved = BucketedSums(window=1, kept=len(scores)), AT_REST, []
    for place, start in enumerate(range(0, len(scores), block)):
        for score in scores[start : start + block].tolist():
            buckets.add(place, ScoreSums.of(score))
        verdict, state, _ = judge_level(buckets, state, rule)
        if verdict is not Verdict.BETWEEN:
            moved.append((start + block, verdict is Verdict.BEYOND))
    return moved


FALL_TESTS: Final[dict[str, Callable[[Array], Raised]]] = {
    "window, 0.1 below (`judge_drop`)": window_drop,
    "the same, and 4 standard errors": partial(window_drop, errors=4.0),
    "Page-Hinkley 0.05, 20": page_hinkley,
    "CUSUM k 0.25, h 10": cusum,
    "**evidence (`judge_level`)**": evidence,
}


def _as_sums(scores: Array) -> Array:
    return np.stack([np.full(len(scores), scores.shape[1]), scores.sum(axis=1), (scores**2).sum(axis=1)], axis=-1)
