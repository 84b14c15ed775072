"""The plots, each from one document of `contracts.views`. None where there is nothing to draw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from streams.contracts.views import AgreementView, AlertItem, AnnotatorItem, BenchmarkView, ControlClasses, Statistic
from streams.report.svg import ACCENT, CRITICAL, FAINT, GOOD, INK, MUTED, PAPER, SECOND, WARNING, styled, to_svg
from streams.report.wording import count, duration, moment, number, percent, shown, words

__all__ = ["agreement_histogram", "agreement_trend", "class_balance", "gold_accuracy", "speed"]

_SEVERITY = {"critical": CRITICAL, "warning": WARNING, "info": ACCENT}
_MOST_BARS = 40
_NAME_CHARACTERS = 22
_HOUR = 1 / 24
_GAP = 6
"""Buckets without a task, after which the line of a trend is broken: nothing is known of the time between."""


@styled
def agreement_trend(view: AgreementView, alerts: Sequence[AlertItem]) -> Markup | None:
    """Mean agreement over event time above the number of tasks decided; alerts are marked where they were raised."""
    if len(view.trend) < 2:
        return None
    times = [_days(point.at) for point in view.trend]
    width = min((b - a for a, b in pairwise(times)), default=_HOUR)
    middles = [time + width / 2 for time in times]
    figure, (above, below) = _figure(15.0, 4.2, rows=2, heights=(3, 1))
    titles = {}
    most = max(point.n for point in view.trend) or 1
    for place, (middle, point) in enumerate(zip(middles, view.trend, strict=True)):
        titles[f"point{place}"] = f"{moment(point.at)}: agreement {number(point.mean)} over {count(point.n)} tasks"
        size = 4 + 5 * (point.n / most) ** 0.5
        above.plot(
            [middle], [point.mean], "o", color=ACCENT, markersize=size, markeredgecolor=PAPER, gid=f"point{place}"
        )
        below.bar([times[place]], [point.n], width=width * 0.9, align="edge", color=FAINT, gid=f"tasks{place}")
        titles[f"tasks{place}"] = titles[f"point{place}"]
    for stretch in _stretches(times, _GAP * width):
        drawn = [view.trend[place].mean for place in stretch]
        above.plot([middles[place] for place in stretch], drawn, color=ACCENT, linewidth=2, zorder=1)
    _baseline(above, view.baseline)
    first, last = times[0], times[-1] + width
    titles |= _alert_marks(above, [a for a in alerts if first <= _days(a.raised_at) <= last], last)
    margin = (last - first) * 0.01
    above.set_xlim(first - margin, last + margin)
    above.set_ylim(*_room([point.mean for point in view.trend] + _known(view.baseline)))
    above.set_ylabel("agreement")
    below.set_ylabel("tasks")
    below.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    locator = AutoDateLocator(maxticks=10)  # type: ignore[no-untyped-call]
    below.xaxis.set_major_locator(locator)
    below.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    above.tick_params(labelbottom=False)
    above.grid(axis="y")
    means = [point.mean for point in view.trend]
    label = (
        f"Mean agreement from {moment(view.trend[0].at)} to {moment(view.trend[-1].at)}: "
        f"first {number(means[0])}, last {number(means[-1])}, "
        f"lowest {number(min(means))}, highest {number(max(means))}; "
        f"{sum(gid.startswith('alert') for gid in titles)} alerts are marked."
    )
    return to_svg(figure, "trend", label, titles)


@styled
def agreement_histogram(view: AgreementView) -> Markup | None:
    """How many tasks reached which agreement."""
    total = sum(view.histogram)
    if not total:
        return None
    bins = len(view.histogram)
    figure, (axes,) = _figure(7.2, 3.4)
    titles = {}
    for place, tasks in enumerate(view.histogram):
        axes.bar([place / bins], [tasks], width=0.92 / bins, align="edge", color=ACCENT, gid=f"bin{place}")
        titles[f"bin{place}"] = (
            f"{number(place / bins)} to {number((place + 1) / bins)}: {count(tasks)} tasks, {percent(tasks / total)}"
        )
    if view.overall.value is not None:
        axes.axvline(view.overall.value, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
        side, gap = ("right", -6) if view.overall.value > 0.5 else ("left", 6)
        axes.annotate(
            f"mean {number(view.overall.value)}", (view.overall.value, 1), xycoords=("data", "axes fraction"),
            xytext=(gap, 0), textcoords="offset points", ha=side, va="top", color=INK,
        )  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_xlabel("agreement of a task")
    axes.set_ylabel("tasks")
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="y")
    low = sum(view.histogram[: bins // 2])
    label = (
        f"Histogram of the agreement of {count(total)} tasks: mean {number(view.overall.value)}, "
        f"{percent(low / total)} of the tasks are under one half."
    )
    return to_svg(figure, "histogram", label, titles)


@styled
def class_balance(control: ControlClasses, place: int) -> Markup | None:
    """Share of each class: in the consensus, in the recent window, and in what annotators gave."""
    items = control.items[:_MOST_BARS]
    given = sum(item.given for item in control.items)
    if not items:
        return None
    figure, (axes,) = _figure(7.2, 1.1 + 1.5 * _rows(len(items)))
    titles = {}
    for row, item in enumerate(items):
        axes.barh([row], [item.share], height=0.5, color=ACCENT, gid=f"share{row}")
        parts = [f"{shown(item.label)}: {percent(item.share)} of the consensus ({count(item.consensus)})"]
        if item.recent_share is not None:
            axes.plot([item.recent_share], [row], "D", color=SECOND, markersize=6, markeredgecolor=PAPER, zorder=3)
            parts.append(f"{percent(item.recent_share)} recently")
        if given:
            axes.plot([item.given / given], [row], "|", color=INK, markersize=13, markeredgewidth=2.2, zorder=4)
            parts.append(f"{percent(item.given / given)} of the answers given")
        titles[f"share{row}"] = ", ".join(parts)
        end = max(item.share, item.recent_share or 0, item.given / given if given else 0)
        _beside(axes, end, row, percent(item.share))
    _names(axes, [item.label for item in items])
    axes.set_xlim(
        0, max(max(i.share, i.recent_share or 0, i.given / given if given else 0) for i in items) * 1.2 + 0.02
    )
    axes.xaxis.set_major_formatter(lambda value, _: f"{value * 100:.0f} %" if value <= 1 else "")
    axes.grid(axis="x")
    label = f"Class balance of {shown(control.control)}: " + "; ".join(titles.values())
    return to_svg(figure, f"classes{place}", label, titles)


@styled
def gold_accuracy(view: BenchmarkView) -> Markup | None:
    """Accuracy of everybody against gold, with its interval; the consensus as a line to compare with."""
    scored = [(i.accuracy.value, i) for i in view.items if i.accuracy.value is not None][:_MOST_BARS]
    items = [item for _, item in scored]
    if not items:
        return None
    figure, (axes,) = _figure(7.2, 1.3 + _rows(len(items)))
    titles = {}
    for row, (value, item) in enumerate(scored):
        titles[f"gold{row}"] = _dot(
            axes, row, value, item.accuracy, SECOND if item.kind == "model" else ACCENT, f"gold{row}"
        )
        titles[f"gold{row}"] = f"{shown(item.annotator_id)} ({item.kind}): {titles[f'gold{row}']}"
    if view.consensus.value is not None:
        axes.axvline(view.consensus.value, color=GOOD, linewidth=2, zorder=1)
        axes.annotate(
            f"consensus {number(view.consensus.value)}", (view.consensus.value, 1.01), color=GOOD, va="bottom",
            xycoords=("data", "axes fraction"), ha="right" if view.consensus.value > 0.5 else "left",
        )  # fmt: skip
    _names(axes, [item.annotator_id for item in items])
    values = [v for item in items for v in _known(item.accuracy)] + _known(view.consensus)
    axes.set_xlim(max(0.0, min(values) - 0.05), min(1.02, max(values) + 0.05))
    axes.set_xlabel("accuracy on gold, 95 % interval where known")
    axes.grid(axis="x")
    label = f"Accuracy on gold of {len(items)} annotators, least first: " + "; ".join(titles.values())
    return to_svg(figure, "gold", label, titles)


@styled
def speed(items: Sequence[AnnotatorItem]) -> Markup | None:
    """Median seconds a task of every annotator who has one, the fastest first."""
    known = [(i.median_seconds.value, i) for i in items if i.median_seconds.value is not None]
    timed = sorted(known, key=lambda pair: (pair[0], pair[1].annotator_id))[:_MOST_BARS]
    if not timed:
        return None
    figure, (axes,) = _figure(7.2, 1.2 + _rows(len(timed)))
    titles = {}
    for row, (seconds, item) in enumerate(timed):
        titles[f"speed{row}"] = (
            f"{shown(item.annotator_id)}: {duration(seconds)} over {count(item.median_seconds.n)} tasks"
        )
        axes.barh(
            [row], [seconds], height=0.55, color=WARNING if "too_fast" in item.alerts else FAINT, gid=f"speed{row}"
        )
        _beside(axes, seconds, row, duration(seconds))
    _names(axes, [item.annotator_id for _, item in timed])
    axes.set_xlim(0, max(seconds for seconds, _ in timed) * 1.18 or 1)
    axes.set_xlabel("median seconds a task")
    axes.grid(axis="x")
    return to_svg(figure, "speed", "Median time a task: " + "; ".join(titles.values()), titles)


def _figure(width: float, height: float, rows: int = 1, heights: Sequence[float] = (1,)) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(rows, 1, squeeze=False, sharex=True, gridspec_kw={"height_ratios": list(heights)})
    return figure, list(grid[:, 0])


def _baseline(axes: Axes, baseline: Statistic) -> None:
    if baseline.value is None:
        return
    axes.axhline(baseline.value, color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)), zorder=0)
    axes.annotate(
        f"baseline\n{number(baseline.value)}", (1, baseline.value), xycoords=("axes fraction", "data"), ha="left",
        va="center", color=MUTED, xytext=(6, 0), textcoords="offset points",
    )  # fmt: skip


def _alert_marks(axes: Axes, alerts: Sequence[AlertItem], end: float) -> dict[str, str]:
    titles = {}
    for place, alert in enumerate(alerts):
        raised = _days(alert.raised_at)
        resolved = _days(alert.resolved_at) if alert.resolved_at else end
        colour = _SEVERITY.get(alert.severity, ACCENT)
        axes.axvspan(raised, min(resolved, end), color=colour, alpha=0.09, linewidth=0, zorder=0)
        axes.axvline(raised, color=colour, linewidth=1.4, zorder=2)
        axes.plot(
            [raised], [1.0], "v", color=colour, markersize=9, transform=axes.get_xaxis_transform(), clip_on=False,
            gid=f"alert{place}", zorder=5,
        )  # fmt: skip
        until = f"resolved {moment(alert.resolved_at)}" if alert.resolved_at else "open"
        titles[f"alert{place}"] = (
            f"{words(alert.alert)}, {shown(alert.subject)}: raised {moment(alert.raised_at)}, {until}"
        )
    return titles


def _dot(axes: Axes, row: int, value: float, statistic: Statistic, colour: str, gid: str) -> str:
    text = f"{number(value)} over {count(statistic.n)}"
    if statistic.low is not None and statistic.high is not None:
        axes.plot(
            [statistic.low, statistic.high], [row, row], color=FAINT, alpha=0.6, linewidth=4, solid_capstyle="round"
        )
        text += f", {number(statistic.low)} to {number(statistic.high)}"
    axes.plot([value], [row], "o", color=colour, markersize=8, markeredgecolor=PAPER, gid=gid)
    return text


def _beside(axes: Axes, end: float, row: int, text: str) -> None:
    axes.annotate(text, (end, row), xytext=(8, 0), textcoords="offset points", va="center_baseline", color=INK)


def _rows(count: int) -> float:
    """Height of so many rows in inches: many are put closer together."""
    return count * (0.32 if count <= 15 else 0.24)


def _names(axes: Axes, names: Sequence[str]) -> None:
    """Names at the rows, the first on top."""
    axes.set_yticks(range(len(names)), [shown(name, _NAME_CHARACTERS) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _days(time: str) -> float:
    """As matplotlib counts time: days since 1970."""
    return datetime.fromisoformat(time).timestamp() / 86_400


def _stretches(times: Sequence[float], gap: float) -> list[list[int]]:
    """Places of the times, parted where they lie further apart than `gap`."""
    parts: list[list[int]] = []
    for place, time in enumerate(times):
        if not parts or time - times[place - 1] > gap:
            parts.append([])
        parts[-1].append(place)
    return parts


def _known(statistic: Statistic) -> list[float]:
    return [v for v in (statistic.value, statistic.low, statistic.high) if v is not None]


def _room(values: Sequence[float]) -> tuple[float, float]:
    """Limits with room around the values, within 0 and 1."""
    margin = max((max(values) - min(values)) * 0.15, 0.05)
    return max(0.0, min(values) - margin), min(1.02, max(values) + margin)
