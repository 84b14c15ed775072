"""How often the alerts' tests are wrong and how soon they are right: simulated, and written into their README.

    python -m tests.bench alarms --write

Everything follows from the seed. The tables stand between `<!-- name -->` and `<!-- /name -->`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from scoring.rolling import copying, label_shift, lead_times, level, rates
from scoring.types import Array
from tests.bench.alarm_errors import BY_GOLD, BY_OTHERS, errors_raised
from tests.bench.alarm_rules import FALL_TESTS, Raised, episodes, evidence, window_drop
from tests.bench.alarm_streams import CHANGES, LABELS, SHAPES, Change, means, sample_scores
from tests.bench.alarm_subjects import (
    LABEL_TESTS,
    LOOK,
    RATE_TESTS,
    Detected,
    honest_and_copied_geometry,
    imbalance_raised,
    labels_raised,
    rates_raised,
    too_fast_raised,
)

__all__ = ["README", "TABLES", "defaults", "delays", "simulated", "with_tables"]

README: Final = Path(__file__).parents[2] / "scoring" / "rolling" / "README.md"
SEED: Final = 20260131
_PER: Final = 10_000
_AT, _AFTER = 2_000, 2_500
"""Tasks before a change, and after it."""
_ANNOTATOR_TEST: Final = "**evidence (`ANNOTATOR_LEVEL`)**"

Rows = Iterator[Sequence[str]]


def delays(found: Raised, at: int, look: int = 1) -> str:
    """Tasks from `at` to the first alarm after it, as `median / 90 %`; `–` where that many streams had none.

    >>> delays(np.array([[False, False, True], [True, True, False]]), 1)
    '2 / 2'
    """
    after = found[:, at:]
    first = np.where(after.any(axis=1), (after.argmax(axis=1) + 1) * look, np.inf)
    return _quantiles(first.tolist())


def _quantiles(first: Iterable[float]) -> str:
    both = np.quantile(np.array(list(first)), [0.5, 0.9], method="higher")
    return " / ".join(f"{value:.0f}" if np.isfinite(value) else "–" for value in both.tolist())


def _rate(found: Raised, look: int = 1) -> str:
    """False alarms per 10,000 tasks."""
    return f"{found.sum() / (found.size * look) * _PER:.2f}"


def falls(rng: np.random.Generator) -> Rows:
    """Tests of a mean."""
    yield ("scores", "test", f"false alarms per {_PER:,}", *(change.name for change in CHANGES))
    tests = FALL_TESTS | {_ANNOTATOR_TEST: partial(evidence, rule=level.ANNOTATOR_LEVEL)}
    for shape in SHAPES:
        still = sample_scores(shape, means(shape, _PER), 80, rng)
        moved = [sample_scores(shape, means(shape, _AT + _AFTER, change, _AT), 50, rng) for change in CHANGES]
        for name, test in tests.items():
            yield (shape.name, name, _rate(test(still)), *(delays(test(scores), _AT) for scores in moved))


def recoveries(rng: np.random.Generator) -> Rows:
    """A mean that falls and comes back: how often raised, and how soon resolved."""
    yield ("scores", "falls by", "raised", "`judge_drop` alone raised", "delay", "resolved after the recovery")
    for shape in (SHAPES[0], SHAPES[2], SHAPES[4]):
        for size, lasts in ((0.2, 500), (0.1, 1_000), (0.1, 3_000)):
            course = means(shape, _AT + lasts + _AFTER, Change("", size), _AT)
            course[_AT + lasts :] = shape.mean
            scores = sample_scores(shape, course, 12, rng)
            moved = [episodes(stream, block=20) for stream in scores]
            raised = [[task for task, up in found if up] for found in moved]
            resolved = [[task for task, up in found if not up] for found in moved]
            yield (
                shape.name, f"{size} for {lasts:,} tasks", _times(map(len, raised)),
                _times(window_drop(scores).sum(axis=1).tolist()),
                _quantiles(tasks[0] - _AT if tasks else np.inf for tasks in raised),
                _quantiles(tasks[-1] - _AT - lasts if tasks else np.inf for tasks in resolved),
            )  # fmt: skip


def _times(counts: Iterable[int]) -> str:
    found = np.array(list(counts))
    return f"{found.mean():.1f} times"


def rate_tests(rng: np.random.Generator) -> Rows:
    """Tests of one annotator's rate against 70 %."""
    line, answers, subjects = 0.7, 1_000, 1_000
    yield ("over", "test", "ever raised at 70 %", "at 75 %", "delay at 60 %", "at 50 %", "at 30 %")
    drawn = [(rng.random((subjects, answers)) < p).astype(np.float64) for p in (0.7, 0.75, 0.6, 0.5, 0.3)]
    for name, window in (("all answers", None), ("the last 100", 100)):
        for test in RATE_TESTS:
            found = [rates_raised(test, hits, line, window) for hits in drawn]
            false = (f"{raised.any(axis=1).mean():.1%}" for raised in found[:2])
            yield (name, test.name, *false, *(delays(raised, 0) for raised in found[2:]))


def label_tests(rng: np.random.Generator) -> Rows:
    """Tests of a distribution of labels."""
    yield ("labels", "test", f"false alarms per {_PER:,}", "a tenth of tasks moves", "a fifth moves")
    for name, listed in LABELS.items():
        shares = np.array(listed)
        still = labels_raised(np.tile(shares, (_PER, 1)), 20, rng)
        moved = [labels_raised(_moving(shares, part, 1_000, 2_500), 50, rng) for part in (0.1, 0.2)]
        at = (1_000 - 400) // LOOK
        for test in LABEL_TESTS:
            yield (name, test, _rate(still[test], LOOK), *(delays(found[test], at, LOOK) for found in moved))


def _moving(shares: Array, part: float, at: int, tasks: int) -> Array:
    """From task `at` on, `part` of all tasks have the second label instead of the first."""
    after = shares.copy()
    after[0], after[1] = shares[0] - part, shares[1] + part
    return np.where((np.arange(tasks) >= at)[:, None], after, shares)


def imbalances(rng: np.random.Generator) -> Rows:
    """`class_imbalance`, over all labels so far."""
    yield ("true ratio", "ever raised in 10,000 tasks", "delay", "with evidence 20: ever raised", "delay")
    for ratio in (5, 8, 9, 11, 12, 15, 20):
        shares = np.tile(np.array([ratio, 1]) / (ratio + 1), (_PER, 1))
        cells = []
        for wanted in (0.0, 20.0):
            found = imbalance_raised(shares, 40, rng, wanted)
            cells += [f"{found.any(axis=1).mean():.0%}", delays(found, 0, LOOK) if ratio > 10 else ""]
        yield (f"{ratio}:1", *cells)


def copies(rng: np.random.Generator) -> Rows:
    """Copying."""
    yield (
        "project", "honest projects raised", f"false alarms per {_PER:,} tasks", "delay, half is copied",
        "delay, all is copied",
    )  # fmt: skip
    for usual in (0.02, 0.2):
        draw = partial(honest_and_copied_geometry, usual, tasks=400, rng=rng)
        yield (f"geometry, {usual:.0%} identical by itself", *_copied(draw, 400))
    for team in (BY_GOLD, BY_OTHERS):
        for accuracy in ((0.95, 0.7), (0.9, 0.9), (0.8, 0.5)):
            answer = partial(errors_raised, team, accuracy, tasks=1_000, rng=rng)
            skills = " to ".join(f"{skill:.0%}" for skill in sorted(set(accuracy)))
            yield (f"categories, {skills} right, {team.name}", *_copied(answer, 1_000))


def _copied(run: Callable[..., Detected], tasks: int) -> Sequence[str]:
    honest, half, whole = (run(copied, projects=n) for copied, n in ((0.0, 40), (0.5, 10), (1.0, 10)))
    false = honest.alarms / (honest.projects * tasks) * _PER
    told = (_quantiles(found.delays) for found in (half, whole))
    return (f"{honest.false} of {honest.projects}", f"{false:.2f}", *told)


def fast(rng: np.random.Generator) -> Rows:
    """Too fast."""
    yield (
        "deviation of ln(seconds)", "raised at the usual pace", "at 0.7 of the time", "at half the time",
        "delay, 30 % careless", "60 % careless", "all careless",
    )  # fmt: skip
    for spread in (0.3, 0.6, 1.0):
        run = partial(too_fast_raised, spread, streams=500, answers=300, rng=rng)
        quick = (f"{run(pace=pace, careless=0.0).any(axis=1).mean():.1%}" for pace in (1.0, 0.7, 0.5))
        yield (f"{spread}", *quick, *(delays(run(pace=1.0, careless=part), 0) for part in (0.3, 0.6, 1.0)))


TABLES: Final[dict[str, Callable[[np.random.Generator], Rows]]] = {
    "falls": falls,
    "recoveries": recoveries,
    "rates": rate_tests,
    "labels": label_tests,
    "imbalance": imbalances,
    "copying": copies,
    "fast": fast,
}
"""By the name of its place in the file."""


def simulated(told: Callable[[str], None] = lambda _: None) -> dict[str, str]:
    """Every table, made anew. Each has chance of its own, so that a row more in one leaves the others as they were."""
    made = {}
    for name, rows in TABLES.items():
        told(f"alarms: {name}")
        heading, *body = rows(np.random.default_rng([SEED, *name.encode()]))
        made[name] = _table(heading, body)
    return made


def defaults() -> dict[str, str]:
    """The table of the defaults, from the code."""
    rules: dict[str, Any] = {
        "PROJECT_LEVEL": level.PROJECT_LEVEL,
        "ANNOTATOR_LEVEL": level.ANNOTATOR_LEVEL,
        "RateRule": rates.RateRule(0.7),
        "LABEL_SHIFT": label_shift.LABEL_SHIFT,
        "COPIED_GEOMETRY": copying.COPIED_GEOMETRY,
        "COPIED_ERRORS": copying.COPIED_ERRORS,
        "TOO_FAST": lead_times.TOO_FAST,
        "FAST_LINE": lead_times.FAST_LINE,
    }
    body = []
    for name, rule in rules.items():
        fields = {field: value for field, value in rule._asdict().items() if (name, field) != ("RateRule", "line")}
        body.append((f"`{name}`", ", ".join(f"`{field}` {_plain(value)}" for field, value in fields.items())))
    return {"defaults": _table(("rule", "parameters"), body)}


def with_tables(text: str, tables: dict[str, str]) -> str:
    """The file's text with these tables in their places.

    Raises:
        ValueError: a table has no place, or more than one.
    """
    for name, table in tables.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"expected one place between {begin.strip()} and {end} in {README.name}")
        before, _, rest = text.partition(begin)
        text = before + begin + table + end + rest.partition(end)[2]
    return text


def _plain(value: object) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heading, ["---"] * len(heading), *rows))
