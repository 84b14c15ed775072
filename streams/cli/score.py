"""`labelquorum score`."""

from __future__ import annotations

import csv
import io
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streams.cli.lines import counted, lines_of, progress_bar
from streams.cli.options import config_options, configuration
from streams.config import WorkerConfig
from streams.errors import DeadLetterBudgetExceeded

if TYPE_CHECKING:  # what only some commands need is imported where they need it
    from streams.coefficients import Statistic
    from streams.scoreboard import Board, ControlAgreement, PairAgreement

__all__ = ["score"]

_CONTROL_COLUMNS = ("project_id", "control", "type", "metric", "similarity", "aggregate")
_HEADING = ["", "value", "95 % interval", "n", ""]


@click.command()
@click.argument("events", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--settings", "settings_path", type=click.Path(), help="YAML file of project settings.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True,
    help="For a person, a program or a spreadsheet.",
)  # fmt: skip
@click.option("--pairs", is_flag=True, help="Also every two annotators' agreement; as csv, that table in its place.")
@click.option("--quiet", is_flag=True, help="No progress bar. Off a terminal there is none anyway.")
@config_options(
    "max_record_bytes", "max_regions", "max_points", "max_characters", "max_depth", "max_mask_side_px", connection=False
)
def score(
    events: tuple[Path, ...],
    settings_path: str | None,
    form: str,
    pairs: bool,
    quiet: bool,
    **options: str | None,
) -> None:
    """Show how far the annotators of recorded EVENTS (JSON lines, .gz or not) agree, beyond chance too.

    For each control of each project: the mean score by its metric and, as its type has them, percent agreement,
    Krippendorff's alpha, Fleiss' and Cohen's kappa, Gwet's AC1 and AC2 and ICC, each with n and a 95 % interval, or the
    reason why there is none. Tasks are scored as they stand after all of their events, from two answers on. Gold,
    cancelled tasks and answers of models that the settings do not count take no part. Exits with 3 where not one line
    of EVENTS can be used.
    """
    board = _board(configuration(**options), events, settings_path, pairs, quiet)
    if form == "json":
        click.echo(_json(board))
    elif form == "csv":
        click.echo(_csv(board, pairs), nl=False)
    else:
        for line in _text(board, shutil.get_terminal_size().columns if sys.stdout.isatty() else None):
            click.echo(line)
    if board.rejected and sum(board.rejected.values()) == board.lines:
        raise DeadLetterBudgetExceeded(_rejected(board))
    if board.rejected and form != "json":
        click.echo(_rejected(board), err=True)


def _board(config: WorkerConfig, events: Sequence[Path], settings_path: str | None, pairs: bool, quiet: bool) -> Board:
    from streams.limits import limits_of
    from streams.scoreboard import Scoreboard
    from streams.settings_file import read_settings

    scoreboard = Scoreboard(read_settings(settings_path) if settings_path else {}, limits_of(config), pairs)
    with progress_bar(quiet) as progress:
        scoreboard.read(lines_of(events, progress, "reading"))
        tasks = scoreboard.tasks()
        scoreboard.score(counted(tasks, progress, "scoring", len(tasks)))
    return scoreboard.board()


def _json(board: Board) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(board), indent=2).decode()


def _csv(board: Board, pairs: bool) -> str:
    """One table: a statistic a line, or two annotators a line."""
    from streams.coefficients import Statistic
    from streams.scoreboard import PairAgreement

    shared = _CONTROL_COLUMNS if pairs else (*_CONTROL_COLUMNS, "tasks", "annotators", "answers")
    own = (PairAgreement if pairs else Statistic).__struct_fields__
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([*shared, *own])
    for control in board.controls:
        start = [getattr(control, name) for name in shared]
        rows: Any = control.pairs if pairs else control.statistics
        writer.writerows([*start, *(getattr(row, name) for name in own)] for row in rows)
    return written.getvalue()


def _text(board: Board, width: int | None) -> Iterator[str]:
    """A block for each project and, within it, for each control; `width` in characters bounds only matrices."""
    if not board.projects:
        yield "no task with an answer"
    for project in board.projects:
        left_out = f"; {_many(project.cancelled, 'cancelled task')} left out" if project.cancelled else ""
        size = f"{_many(project.tasks, 'task')}, {_size(project.annotators, project.answers)}"
        yield f"{_plain(project.project_id)}: {size}{left_out}"
        controls = [control for control in board.controls if control.project_id == project.project_id]
        if not controls:
            yield "  no task that two annotators answered"
        for control in controls:
            yield ""
            yield from (f"  {line}".rstrip() for line in _control(control, width and width - 2))
        yield ""


def _control(control: ControlAgreement, width: int | None) -> Iterator[str]:
    by = f"{control.metric} of {control.similarity}" if control.similarity else control.metric
    size = f"{_many(control.tasks, 'task')} scored, {_size(control.annotators, control.answers)}"
    yield f"{_plain(control.control)}: {control.type} by {by} ({control.aggregate}); {size}"
    yield from (f"  {line}" for line in _aligned([_HEADING, *map(_cells, control.statistics)]))
    if control.pairs:
        yield ""
        yield from (f"  {line}" for line in _matrix(control.pairs, width and width - 2))


def _cells(statistic: Statistic) -> list[str]:
    from streams.coefficients import STATISTICS

    name = STATISTICS[statistic.name] + (f" ({statistic.level})" if statistic.level else "")
    n = _many(statistic.n, statistic.unit)
    if statistic.value is None:
        return [name, "-", "-", n, f"undefined: {_plain(statistic.undefined or '')}"]
    if statistic.low is None or statistic.high is None:
        why = f"no interval: {_plain(statistic.interval_undefined or '')}"
        return [name, f"{statistic.value:.4f}", "-", n, why]
    return [name, f"{statistic.value:.4f}", f"{statistic.low:.4f} to {statistic.high:.4f}", n, ""]


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows as columns: the first and the last are text, what is between them is figures."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *figures, last in rows:
        cells = [figure.rjust(width) for figure, width in zip(figures, widths[1:-1], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells, last])


def _matrix(pairs: Sequence[PairAgreement], width: int | None) -> Iterator[str]:
    """Annotators by annotators, in as many blocks of columns as the width makes necessary."""
    yield "annotators: agreement above the diagonal, common tasks below it"
    found = {(pair.annotator, pair.other): pair for pair in pairs}
    people = sorted({name for pair in found for name in pair})
    names = [f"{number} {_plain(name)}" for number, name in enumerate(people, 1)]
    label = max(map(len, names))
    cell = max(5, len(str(len(people))), *(len(str(pair.tasks)) for pair in pairs))
    block = len(people) if width is None else max(1, (width - label) // (cell + 2))
    for start in range(0, len(people), block):
        columns = range(start, min(start + block, len(people)))
        if start:
            yield ""
        yield " " * label + "".join(f"  {column + 1:>{cell}}" for column in columns)
        for row, name in enumerate(names):
            yield name.ljust(label) + "".join(f"  {_cell(found, people, row, column):>{cell}}" for column in columns)


def _cell(found: Mapping[tuple[str, str], PairAgreement], people: Sequence[str], row: int, column: int) -> str:
    if row == column:
        return ""
    pair = found.get((people[min(row, column)], people[max(row, column)]))
    if pair is None:
        return "-" if row < column else "0"
    return f"{pair.agreement:.3f}" if row < column else str(pair.tasks)


def _rejected(board: Board) -> str:
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in board.rejected.items())
    return (
        f"{sum(board.rejected.values()):,} of {_many(board.lines, 'line')} are no usable events: {reasons}. "
        "`labelquorum replay` writes them into dead-letters.jsonl, each with what is wrong and where"
    )


def _size(annotators: int, answers: int) -> str:
    return f"{_many(annotators, 'annotator')}, {_many(answers, 'answer')}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _plain(text: str) -> str:
    """Ids and labels are anybody's: what could move a terminal's cursor is shown as its escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
