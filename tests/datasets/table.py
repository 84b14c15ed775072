"""Evaluations beside what others reach, as rows: on the terminal and in the page of the docs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from rich.table import Table

from tests.datasets import answers, classification, objects
from tests.datasets.figures import Better, Figure
from tests.datasets.records import DataSet, Kind
from tests.datasets.reference import MEASURED, NOTES, PUBLISHED, Parts

__all__ = ["PAGE", "Row", "Verdict", "as_table", "joined", "rows_of", "section", "sections", "with_sections"]

PAGE = Path(__file__).parents[2] / "scoring" / "DATASETS.md"

Verdict = Literal["beaten", "reached", "below", "differs", ""]

_EVALUATIONS: Mapping[Kind, Callable[[DataSet], Iterator[Figure]]] = {
    "classification": classification.evaluate,
    "multilabel": answers.label_sets,
    "text": answers.texts,
    "rating": answers.ratings,
    "bbox": objects.evaluate,
    "mask": objects.evaluate,
    "point": objects.evaluate,
    "polygon": objects.evaluate,
    "span": objects.evaluate,
}

_HEAD = """# Measured on recorded data

What the library reaches on answers of real annotators, beside what others reach on the same answers. Made by
`python -m tests.datasets --write`; a test holds that it is what the command makes. `python -m tests.datasets` alone
prints it, for every set of a folder (`--datasets DIR`), known or not.

- **theirs**: the baseline that came with the set, or a published figure (its note says which), or, where the note names
  no other source, what a single annotator reaches in the same run. A dash: nobody gave one.
- **ours**: with the library's defaults, or the method named. No parameter is set for a set, and gold is only compared
  with; some defaults were chosen with a set at hand, as their docstrings say. Every answer counts, also of those who
  answered a task again; ties fall in the order of the labels.
- **majority vote**, medoid, median and consensus are what a control gets that nobody configured; the models of
  annotators (Dawid–Skene, one coin, and `shrunk`, the default of the three) are what `scoring.reliability` offers, from
  all answers at once.
- **held-out annotator**: where there is no gold, the consensus of the others is compared with each annotator in turn
  (of a crowd with 30 of each task at most).
- `+` beaten, `=` reached to the last digit given, `−` below, `≠` a statistic that differs.
"""

_SIGNS: Mapping[Verdict, str] = {"beaten": "+", "reached": "=", "below": "−", "differs": "≠", "": ""}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    measure: str
    theirs: str
    ours: str
    verdict: Verdict
    note: str


def rows_of(data: DataSet) -> Iterator[Row]:
    """The set evaluated; a set that nobody has seen has rows too, without figures of others."""
    measured, published = MEASURED.get(data.name, {}), PUBLISHED.get(data.name, {})
    for figure in _EVALUATIONS[data.kind](data):
        theirs = measured.get(figure.measure)
        printed, source = published.get(figure.measure, (None, ""))
        agreed = printed is not None and printed == theirs
        note = NOTES.get((data.name, figure.measure), "")
        if theirs is not None or printed is None:
            yield _row(figure, theirs, [f"also {source}" if agreed else "", note])
        if printed is not None and not agreed:
            yield _row(figure, printed, [source, note])


def _row(figure: Figure, theirs: Parts | None, notes: list[str]) -> Row:
    given = {"": theirs} if isinstance(theirs, str) else dict(theirs or {})
    if not given and figure.baseline is not None:
        given = {part: f"{value:.4f}" for part, value in figure.baseline.items()}
        notes = [f"theirs: {figure.against}", *notes]
    verdicts = [_verdict(text, figure.values.get(part), figure.better) for part, text in given.items()]
    ours = {
        part: _digits(value, given.get(part)) for part, value in figure.values.items() if part in given or not given
    }
    note = "; ".join(filter(None, [*notes, figure.undefined]))
    return Row(figure.measure, joined(given) or "-", joined(ours) or "-", _worst(verdicts), note)


def _verdict(theirs: str, ours: float | None, better: Better) -> Verdict:
    if ours is None:
        return "differs"
    ahead = Decimal(_digits(ours, theirs)) - Decimal(theirs)
    if ahead == 0:
        return "reached"
    if better == "same":
        return "differs"
    return "beaten" if (ahead > 0) == (better == "higher") else "below"


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    found = set(verdicts)
    order: tuple[Verdict, ...] = ("differs", "below", "reached", "beaten")
    return next((verdict for verdict in order if verdict in found), "")


def _digits(value: float, like: str | None) -> str:
    """With as many digits as theirs, so that what is printed is what is compared."""
    if like is None and isinstance(value, int):
        return str(value)
    places = 4 if like is None else len(like.partition(".")[2])
    return f"{round(value, places) + 0.0:.{places}f}"


def joined(parts: Parts) -> str:
    """A figure, or those of several parts, as one text."""
    if isinstance(parts, str):
        return parts
    return ", ".join(f"{part} {text}".strip() for part, text in sorted(parts.items()))


def section(data: DataSet, rows: Iterable[Row]) -> str:
    """The part of the page about a set."""
    people = len({submission.annotator for submission in data.submissions})
    gold = f"; gold for {len(data.gold):,}" if data.gold else "; no gold"
    return "\n".join(
        [
            f"## {data.name}",
            "",
            f"{data.kind}: {len(data.tasks()):,} tasks, {people:,} annotators, "
            f"{len(data.submissions):,} submissions{gold}.",
            "",
            "| measure | theirs | ours | | note |",
            "| --- | --- | --- | --- | --- |",
            *(
                f"| {' | '.join((r.measure, r.theirs, r.ours, _SIGNS[r.verdict], r.note))} |".replace("  |", " |")
                for r in rows
            ),
            "",
        ]
    )


def sections(page: str) -> dict[str, str]:
    """The parts of a page, by set."""
    parts = page.split("\n## ")[1:]
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


def with_sections(page: str, made: Mapping[str, str]) -> str:
    """The page with these parts in place of the former ones, by name."""
    parts = {**sections(page), **made}
    return "\n".join([_HEAD, *(parts[name] for name in sorted(parts))])


def as_table(data: DataSet, rows: Iterable[Row]) -> Table:
    """The same for a terminal."""
    table = Table(title=f"{data.name} ({data.kind})", title_justify="left")
    for name in ("measure", "theirs", "ours", "", "note"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(row.measure, row.theirs, row.ours, _SIGNS[row.verdict], row.note)
    return table
