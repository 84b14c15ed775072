"""The summary as a person reads it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from streams.demo.alarms import Alarms
from streams.demo.summary import HISTOGRAM_BINS, ProjectSummary, Quality, Summary

__all__ = ["print_summary"]

_BAR_WIDTH = 40


def print_summary(summary: Summary, console: Console, next_steps: Sequence[tuple[str, str]]) -> None:
    """Everything, then (command, what it does) of what to try next."""
    for project in summary.projects:
        console.print(Panel(_project(project), title=f"[bold]{project.project_id}[/]", border_style="blue"))
    console.print(_notes(summary))
    console.print(Text("\nWhat to try next", style="bold"))
    for command, purpose in next_steps:
        # Whole, however narrow the terminal: a command is there to be copied.
        console.print(Text.assemble("  ", (command, "cyan"), (f"  # {purpose}", "dim")), soft_wrap=True)


def _project(project: ProjectSummary) -> RenderableType:
    states = ", ".join(f"{count:,} {state.replace('_', ' ')}" for state, count in project.states.items())
    parts: list[RenderableType] = [
        Text(f"{project.tasks:,} tasks: {states}"),
        Text.assemble(
            f"{project.answers_used:,} of {project.answers_recorded:,} recorded answers were needed: ",
            (f"{project.spared_ratio:.0%} spared", "bold green"),
            f" against always asking everyone; {project.reassignments:,} times one more annotator was asked for",
        ),
        Text("\nAgreement of the tasks" + _mean(project.agreement_mean), style="bold"),
        _histogram(project.agreement_histogram),
    ]
    if project.quality is not None:
        parts += [Text(f"\n{project.quality.measure} against the known truth", style="bold"), _quality(project.quality)]
    return Group(*parts)


def _mean(value: float | None) -> str:
    return "" if value is None else f", mean {value:.3f}"


def _histogram(counts: Sequence[int]) -> Table:
    table = Table.grid(padding=(0, 1))
    most = max(counts, default=0) or 1
    for place, count in enumerate(counts):
        # A bin that is not empty is never drawn as if it were.
        width = max(round(_BAR_WIDTH * count / most), 1) if count else 0
        table.add_row(
            f"{place / HISTOGRAM_BINS:.1f}–{(place + 1) / HISTOGRAM_BINS:.1f}", Text("█" * width, "green"), f"{count:,}"
        )
    return table


def _quality(quality: Quality) -> Table:
    # Of single choices, as many are given as are true: precision and recall are the accuracy again.
    boxes = quality.consensus.precision != quality.consensus.recall
    table = Table(box=None, pad_edge=False, show_header=boxes, header_style="dim")
    table.add_column("", no_wrap=True)
    for name in ("F1", "precision", "recall") if boxes else ("accuracy",):
        table.add_column(name, justify="right")
    table.add_column("")
    for name, figures, style in (
        ("labelquorum's consensus", quality.consensus, "bold"),
        ("  of the tasks that agreed", quality.agreed_only, ""),
        ("plain majority of everyone", quality.everyone, ""),
    ):
        parts = (figures.value, *((figures.precision, figures.recall) if boxes else ()))
        table.add_row(Text(name, style), *(Text(_number(part), style) for part in parts), f"{figures.tasks:,} tasks")
    blank = ("", "") if boxes else ()
    table.add_row("median single annotator", _number(quality.annotator_median), *blank, f"{quality.annotators} people")
    table.add_row("best single annotator", _number(quality.annotator_best), *blank, "with 100 tasks or more")
    return table


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _alarms(one: Alarms) -> Text:
    times = f"raised {one.raised}" + (f", resolved {one.resolved}" if one.resolved else "")
    told = Text.assemble("  ", (f"{one.project_id} {one.alert}", "bold yellow"), f": {times}")
    if one.course:
        told.append(f" ({one.course})")
    return told.append(f"; {one.why}" if one.why else "")


def _notes(summary: Summary) -> RenderableType:
    letters = ", ".join(f"{count:,} {reason}" for reason, count in sorted(summary.dead_letters.items()))
    lines = [
        Text(f"Dead letters: {sum(summary.dead_letters.values()):,}" + (f" ({letters})" if letters else "")),
        Text(f"Handed to a reviewer: {summary.reviews:,}"),
        Text("Alerts:" if summary.alerts else "Alerts: none"),
        *(_alarms(one) for one in summary.alerts),
    ]
    lines += [
        Text(f"{count:,} tasks without a final decision: {why}", "yellow") for why, count in summary.explained.items()
    ]
    if summary.succeeded:
        lines.append(
            Text(
                f"Every task is decided or explained, no answer is lost. It took {summary.seconds:.0f} s.", "bold green"
            )
        )
    for what, missing in (("NOT DECIDED", summary.unexplained), ("LOST", summary.lost)):
        if missing:
            more = f" and {len(missing) - 5:,} more" if len(missing) > 5 else ""
            lines.append(Text(f"{what}: {', '.join(missing[:5])}{more}", "bold red"))
    return Group(*lines)
