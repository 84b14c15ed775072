"""Tests of one annotator, one pair or one project's labels, over simulated ones: how often wrong, how soon right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from scoring.rolling.copying import COPIED_GEOMETRY, copied_geometry, judge_copying
from scoring.rolling.imbalance import judge_imbalance
from scoring.rolling.label_shift import LABEL_SHIFT, LabelShift, LabelShiftRule, judge_label_shift, label_shift
from scoring.rolling.lead_times import TOO_FAST, fast_line, lead_time_bin
from scoring.rolling.rates import RateRule, log_evidence_below
from scoring.rolling.sums import MICRO, ScoreSums, Verdict
from scoring.types import Array, Undefined
from tests.bench.alarm_rules import Raised
from tests.bench.alarm_streams import sample_labels

__all__ = [
    "LABEL_TESTS",
    "LABEL_WINDOW",
    "LOOK",
    "RATE_TESTS",
    "Detected",
    "honest_and_copied_geometry",
    "imbalance_raised",
    "labels_raised",
    "rates_raised",
    "too_fast_raised",
]

LABEL_WINDOW: Final = 200
LOOK: Final = 10
"""Tasks between two looks, where a look is slow."""


class RateTest(NamedTuple):
    """A decision that a rate is below a line, from hits and answers so far, (streams, answers) each."""

    name: str
    beyond: Callable[[Array, Array, float], Raised]


def _wilson_below(hits: Array, n: Array, line: float, z: float) -> Raised:
    middle = (hits + z * z / 2) / (n + z * z)
    half = z * np.sqrt(hits * (n - hits) / n + z * z / 4) / (n + z * z)
    below: Raised = middle + half < line
    return below


_RULE: Final = RateRule(0.7)
RATE_TESTS: Final = (
    RateTest("Wilson 95 % at every look", lambda hits, n, line: _wilson_below(hits, n, line, 1.96)),
    RateTest("Wilson 99.9 % at every look", lambda hits, n, line: _wilson_below(hits, n, line, 3.29)),
    RateTest(
        f"**evidence {_RULE.evidence:,.0f} (`judge_rate_below`)**",
        lambda hits, n, line: log_evidence_below(hits, n, line) >= np.log(_RULE.evidence),
    ),
)


def rates_raised(test: RateTest, hits: Array, line: float, window: int | None) -> Raised:
    """Whether beyond after each answer, (streams, answers); over all answers so far, or the newest `window`."""
    sums = np.cumsum(hits, axis=1)
    n = np.broadcast_to(np.arange(1.0, hits.shape[1] + 1), hits.shape)
    if window is not None:
        sums = sums - np.concatenate([np.zeros((len(hits), window)), sums[:, :-window]], axis=1)
        n = np.minimum(n, window)
    return test.beyond(sums, n, line) & (n >= _RULE.minimum)


LABEL_TESTS: Final[dict[str, Callable[[LabelShift], bool]]] = {
    "PSI over 0.1": lambda found: found.psi > 0.1,
    "PSI over 0.25": lambda found: found.psi > 0.25,
    "χ² p < 0.001": lambda found: found.p_value < 0.001,
    "**PSI beyond chance over 0.1, and p (`judge_label_shift`)**": lambda found: (
        judge_label_shift(found) is Verdict.BEYOND
    ),
}


def labels_raised(shares: Array, streams: int, rng: np.random.Generator) -> dict[str, Raised]:
    """By test, whether raised at each look, (streams, looks): the newest tasks against all before them.

    A raised alert stands until PSI beyond chance is back at the lower line.
    """
    labels = sample_labels(shares, streams, rng)
    counts = np.cumsum(labels[..., None] == np.arange(shares.shape[1]), axis=1, dtype=np.int64) * MICRO
    ends = range(LABEL_WINDOW + LABEL_SHIFT.minimum_reference, labels.shape[1], LOOK)
    names = [f"{i:02d}" for i in range(shares.shape[1])]
    raised = {name: np.zeros((streams, len(ends)), dtype=np.bool_) for name in LABEL_TESTS}
    for stream in range(streams):
        standing = dict.fromkeys(LABEL_TESTS, False)
        for look, end in enumerate(ends):
            reference = counts[stream, end - LABEL_WINDOW - 1]
            recent = counts[stream, end - 1] - reference
            found = _shift(names, recent, reference, LABEL_SHIFT)
            within = judge_label_shift(found) is Verdict.WITHIN
            for name, test in LABEL_TESTS.items():
                raised[name][stream, look] = not standing[name] and test(found)
                standing[name] = raised[name][stream, look] or (standing[name] and not within)
    return raised


def _shift(names: list[str], recent: Array, reference: Array, rule: LabelShiftRule) -> LabelShift:
    found = label_shift(
        dict(zip(names, recent.tolist(), strict=True)), dict(zip(names, reference.tolist(), strict=True)), rule
    )
    if isinstance(found, Undefined):
        raise TypeError(f"expected streams past their warm-up; got {found.reason}")
    return found


def imbalance_raised(shares: Array, streams: int, rng: np.random.Generator, evidence: float) -> Raised:
    """`judge_imbalance` over all labels so far at each look, 10:1 and 8:1, from 100 labels on."""
    labels = sample_labels(shares, streams, rng)
    counts = np.cumsum(labels[..., None] == np.arange(shares.shape[1]), axis=1, dtype=np.int64)[:, ::LOOK] * MICRO
    raised = np.zeros(counts.shape[:2], dtype=np.bool_)
    for stream in range(streams):
        standing = False
        for look, row in enumerate(counts[stream].tolist()):
            seen = {str(i): n for i, n in enumerate(row) if n}
            verdict = judge_imbalance(seen, frozenset(map(str, range(len(row)))), 10.0, 8.0, 100, evidence)
            raised[stream, look] = not standing and verdict is Verdict.BEYOND
            standing = verdict is not Verdict.WITHIN if standing else bool(raised[stream, look])
    return raised


class Detected(NamedTuple):
    """Over simulated projects: how many honest pairs were raised, and when the copying one was."""

    false: int
    """Projects in which an honest pair was raised."""
    projects: int
    alarms: int
    """Honest pairs raised in them."""
    delays: list[float]
    """Common tasks of the copying pair until it was raised, infinite where it never was."""


_ANNOTATORS: Final = 6
_PAIRS: Final = _ANNOTATORS * (_ANNOTATORS - 1) // 2
_COPIERS: Final = (0, 1)


def honest_and_copied_geometry(
    usual: float, copied: float, projects: int, tasks: int, rng: np.random.Generator
) -> Detected:
    """Six annotators, three a task, five objects a task; a share of tasks has objects that all draw the same."""
    false, alarms, delays = 0, 0, []
    for _ in range(projects):
        pairs: dict[tuple[int, int], ScoreSums] = {}
        project = ScoreSums()
        caught, delay = set(), float("inf")
        for task in range(tasks):
            chosen = sorted(rng.choice(_ANNOTATORS, 3, replace=False).tolist())
            rate = rng.beta(0.5, 0.5 * (1 - usual) / usual) if usual else 0.0  # some tasks snap, most do not
            for pair in ((chosen[0], chosen[1]), (chosen[0], chosen[2]), (chosen[1], chosen[2])):
                copies = pair == _COPIERS and rng.random() < copied
                score = ScoreSums.of(1.0 if copies else rng.binomial(5, rate) / 5)
                project = project.plus(score)
                pairs[pair] = pairs.get(pair, ScoreSums()).plus(score)
                found = copied_geometry(pairs[pair], project, _PAIRS) if task % 2 else Undefined("not looked at")
                if judge_copying(found, COPIED_GEOMETRY) is Verdict.BEYOND and pair not in caught:
                    caught.add(pair)
                    delay = min(delay, float(pairs[pair].n)) if pair == _COPIERS else delay
        honest = caught - {_COPIERS} if copied else caught
        false, alarms = false + bool(honest), alarms + len(honest)
        delays.append(delay)
    return Detected(false, projects, alarms, delays)


def too_fast_raised(
    spread: float, pace: float, careless: float, streams: int, answers: int, rng: np.random.Generator
) -> Raised:
    """Annotators at `pace` times the usual median, a share `careless` of whose answers takes a second.

    Args:
        spread: deviation of ln(seconds) of everybody; the usual median is 20 s.
        pace: of honest answers, of the median.
        careless: share of answers of about a second.
        streams: annotators.
        answers: of each.
        rng: chance.
    """
    usual = 20 * np.exp(spread * rng.standard_normal(5_000))
    counts: dict[int, int] = {}
    for seconds in usual.tolist():
        place = lead_time_bin(seconds)
        counts[place] = counts.get(place, 0) + 1
    line = fast_line(counts)
    if isinstance(line, Undefined):
        raise TypeError(f"expected enough lead times; got {line.reason}")
    honest = 20 * pace * np.exp(spread * rng.standard_normal((streams, answers)))
    seconds = np.where(rng.random(honest.shape) < careless, 1.0, honest)
    slow = (np.vectorize(lead_time_bin)(seconds) >= line).astype(np.float64)
    n = np.broadcast_to(np.arange(1.0, answers + 1), slow.shape)
    found = log_evidence_below(np.cumsum(slow, axis=1), n, 1 - TOO_FAST.line)
    beyond: Raised = (found >= np.log(TOO_FAST.evidence)) & (n >= TOO_FAST.minimum)
    return beyond
