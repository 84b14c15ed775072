"""What a document says, in the words and the order of the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from streams.contracts.alert_evidence import EVIDENCE
from streams.contracts.views import AlertItem, AnnotatorItem, AnnotatorsView, BenchmarkView, Statistic
from streams.report.cards import Card
from streams.report.material import Views
from streams.report.wording import count, duration, interval, number, shown, signed, words

__all__ = [
    "COLUMNS",
    "Cell",
    "Column",
    "alerts_in_order",
    "cell_of",
    "columns_of",
    "confusion_total",
    "conspicuous",
    "described",
    "evidence",
    "explained",
    "headlines",
    "lean",
    "reliability_of",
]

_SEVERITIES = ("critical", "warning", "info")
_WORTH_TELLING = 0.02
"""Agreement that moved less is called steady."""
_MOST_PARTS = 12
_MOST_CONSPICUOUS = 6
_WHOLE = 100
"""From here on, what is behind the point is not told."""
_BEYOND_TELLING = 10_000_000
"""Evidence beyond any doubt; counts are whole and told as they are."""
_QUOTED = re.compile(r"`(\w+)`")
_LEANS = 0.05
"""Share of an annotator's answers; under it nobody is said to lean to a class."""

Confusion = dict[str, dict[str, float]]
"""True label → given label → how often."""


class Column(NamedTuple):
    """A column of the table of annotators."""

    name: str
    title: str
    explained: str
    form: str
    """`share` is drawn as a bar, too; `seconds` is a time."""


class Cell(NamedTuple):
    """A figure in a table."""

    text: str
    sort: float | None
    bar: float | None
    title: str


COLUMNS = (
    Column("median_seconds", "Seconds a task", "median time from opening a task to submitting it", "seconds"),
    Column("agreement_with_peers", "With peers", "mean agreement with the other annotators of the same tasks", "share"),
    Column("agreement_with_consensus", "With consensus", "mean agreement with the adjudicated answer", "share"),
    Column("gold_accuracy", "On gold", "mean agreement with the ground truth", "share"),
    Column("approval", "Approved", "share of the reviewed tasks with their part in which were approved", "share"),
    Column("self_consistency", "Same again", "agreement with their own earlier answer to the same task", "share"),
)


def columns_of(view: AnnotatorsView) -> tuple[list[Column], dict[str, str]]:
    """The columns in which anybody has a figure, and for each of the others why nobody has."""
    filled, empty = [], {}
    for column in COLUMNS:
        statistics: list[Statistic] = [getattr(item, column.name) for item in view.items]
        if any(statistic.value is not None for statistic in statistics):
            filled.append(column)
        else:
            empty[column.title] = next((s.undefined for s in statistics if s.undefined), "nothing to compute it from")
    return filled, empty


def cell_of(item: AnnotatorItem, column: Column) -> Cell:
    """One annotator's figure."""
    statistic: Statistic = getattr(item, column.name)
    value = statistic.value
    if value is None:
        return Cell("–", None, None, statistic.undefined or "undefined")
    text = duration(value) if column.form == "seconds" else number(value)
    over = f"over {count(statistic.n)}" + (f"; 95 % interval {interval(statistic)}" if interval(statistic) else "")
    return Cell(text, value, value if column.form == "share" else None, over)


def reliability_of(item: AnnotatorItem) -> Cell:
    """What was learned of an annotator: over several controls the lowest counts, and all are told."""
    learned = [(s.value, control, s) for control, s in item.reliability.items() if s.value is not None]
    known = sorted(learned, key=lambda found: found[:2])
    if not known:
        why = next((s.undefined for s in item.reliability.values() if s.undefined), None)
        return Cell("–", None, None, why or "nothing was learned yet")
    told = [
        f"{shown(control)}: {number(value)}" + (f" ({interval(s)})" if interval(s) else "") + _weight(item, control)
        for value, control, s in known
    ]
    lowest, _, statistic = known[0]
    text = number(lowest) + (f" ({interval(statistic)})" if interval(statistic) else "")
    return Cell(text, lowest, None, "; ".join(told))


def _weight(item: AnnotatorItem, control: str) -> str:
    return f", weight {number(item.weights[control])}" if control in item.weights else ""


def lean(item: AnnotatorItem) -> tuple[str, float] | None:
    """The class that an annotator over- or under-uses most, and by how much; none under five points."""
    found = [(share, label) for labels in item.bias.values() for label, share in labels.items()]
    # Of two classes one is over-used as much as the other is under-used: the former is told.
    share, label = min(found, key=lambda pair: (-round(abs(pair[0]), 6), -pair[0], pair[1]), default=(0.0, ""))
    return (label, share) if abs(share) >= _LEANS else None


def alerts_in_order(items: Iterable[AlertItem]) -> list[AlertItem]:
    """Open before resolved, worst first, then as they came (newest first)."""
    rank = {severity: place for place, severity in enumerate(_SEVERITIES)}
    return sorted(items, key=lambda a: (a.resolved_at is not None, rank.get(a.severity, len(rank))))


def confusion_total(each: Iterable[Mapping[str, Mapping[str, Mapping[str, float]]]]) -> dict[str, Confusion]:
    """Control → the sum of everybody's confusion."""
    total: dict[str, Confusion] = {}
    for confusion in each:
        for control, rows in confusion.items():
            for truth, row in rows.items():
                into = total.setdefault(control, {}).setdefault(truth, {})
                for label, times in row.items():
                    into[label] = into.get(label, 0.0) + times
    return dict(sorted(total.items()))


def conspicuous(people: Iterable[AnnotatorItem], alert: str) -> list[AnnotatorItem]:
    """Those about whom such an alert is open, as they are listed; at most so many as one looks at."""
    return [item for item in people if alert in item.alerts][:_MOST_CONSPICUOUS]


def headlines(views: Views) -> list[str]:
    """The page in a few sentences: what to know before scrolling."""
    return [line for line in (_agreement(views), _work(views), _gold(views.benchmark), _alerts(views)) if line]


def _agreement(views: Views) -> str | None:
    view = views.agreement
    if view is None or view.overall.value is None:
        return None
    line = f"Annotators agree to {number(view.overall.value)} over {count(view.overall.n)} decided tasks"
    if view.recent.value is None or view.baseline.value is None:
        return f"{line}."
    moved = view.recent.value - view.baseline.value
    if abs(moved) < _WORTH_TELLING:
        return f"{line}; the recent {count(view.recent.n)} are as good as those before."
    way = "better" if moved > 0 else "worse"
    return f"{line}; the recent {count(view.recent.n)} are {way} than those before ({signed(moved)})."


def _work(views: Views) -> str | None:
    view = views.overview
    if view is None:
        return None
    waiting = [
        f"{count(n)} {'waits' if n == 1 else 'wait'} for {whom}"
        for n, whom in (
            (view.tasks.get("in_review", 0), "a reviewer"),
            (view.tasks.get("waiting", 0) + view.tasks.get("reassigning", 0), "more answers"),
        )
        if n
    ]
    if view.stalled_tasks:
        waiting.append(f"{count(view.stalled_tasks)} of them too long")
    total = sum(view.tasks.values())
    return f"Of {count(total)} tasks, {', '.join(waiting)}." if waiting else f"All {count(total)} tasks are settled."


def _gold(view: BenchmarkView | None) -> str | None:
    if view is None or view.consensus.value is None or view.annotators.value is None:
        return None
    return (
        f"On gold the consensus reaches {number(view.consensus.value)}, a single annotator "
        f"{number(view.annotators.value)}."
    )


def _alerts(views: Views) -> str | None:
    if views.alerts is None:
        return None
    still = [alert for alert in alerts_in_order(views.alerts.items) if alert.resolved_at is None]
    if not still:
        return "No alert is open."
    kinds = ", ".join(dict.fromkeys(words(alert.alert) for alert in still))
    return f"{count(len(still))} {'alert is' if len(still) == 1 else 'alerts are'} open: {kinds}."


def evidence(value: object) -> str:
    """A figure of an alert's evidence: three places where they tell anything, lists and objects as `name figure`."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, int | float):
        if isinstance(value, float) and value > _BEYOND_TELLING:
            return f"over {count(_BEYOND_TELLING)}"
        if value == int(value) or abs(value) >= _WHOLE:
            return count(round(value))
        return f"{value:,.3f}" if abs(value) >= 0.001 else f"{value:.2g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{shown(name)} {evidence(part)}" for name, part in list(value.items())[:_MOST_PARTS])
    if isinstance(value, list | tuple):
        return ", ".join(evidence(part) for part in value[:_MOST_PARTS])
    return shown(value, 120)


def explained(items: Iterable[AlertItem]) -> list[tuple[str, str]]:
    """What the evidence of these alerts holds, field by field, with what it says."""
    fields = {name for alert in items for name in alert.evidence}
    told = ((name, _QUOTED.sub(lambda field: words(field[1]), text)) for name, text in EVIDENCE.items())
    return [(words(name), text) for name, text in told if name in fields]


def described(card: Card) -> str:
    """The alternative text of a drawing: who marked how much."""
    marked = ", ".join(f"{shown(layer.name)} {count(len(layer.outlines) + len(layer.ranges))}" for layer in card.layers)
    conflicts = ", ".join(f"{words(kind)} {count(n)}" for kind, n in card.conflicts.items())
    return f"What was marked, by whom: {marked}." + (f" Conflicts: {conflicts}." if conflicts else "")
