"""Heat maps: annotator by annotator, and consensus by answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from scoring.chance.units import MISSING
from streams.contracts.views import ControlClasses, MatrixCell, MatrixView
from streams.report.svg import FAINT, INK, MUTED, PAPER, styled, to_svg
from streams.report.wording import count, number, percent, shown

__all__ = [
    "AGREEMENT_SCALE",
    "SHARE_SCALE",
    "agreement_matrix",
    "class_use",
    "confusion_matrix",
    "matrix_order",
    "readable_on",
]

# From red to blue through a pale middle: told apart by people who see red and green alike (ColorBrewer's RdYlBu,
# its ends darkened so that white text is read on them).
AGREEMENT_SCALE = LinearSegmentedColormap.from_list(
    "agreement", ["#8c1c13", "#d6604d", "#f4b183", "#fdf3d0", "#b8dbe5", "#4a93b8", "#15527d"]
)
SHARE_SCALE = LinearSegmentedColormap.from_list("share", ["#f2f5f9", "#9fc5dc", "#4a93b8", "#15527d"])
_WITH_FIGURES = 16
_NAME_CHARACTERS = 18
_MOST_PEOPLE = 60
_MOST_CLASSES = 30


def matrix_order(view: MatrixView) -> list[str]:
    """Annotators by their mean agreement with the others, weighted by common tasks, best first; ties by id.

    Gold, where there is any, comes first: it is what the others are measured by.
    """
    sums = dict.fromkeys(view.annotators, 0.0)
    tasks = dict.fromkeys(view.annotators, 0)
    for cell in view.cells:
        for annotator in (cell.a, cell.b):
            if annotator in sums:
                sums[annotator] += cell.agreement * cell.tasks
                tasks[annotator] += cell.tasks
    kinds = dict(zip(view.annotators, view.kinds, strict=True))
    means = {a: sums[a] / tasks[a] if tasks[a] else -1.0 for a in view.annotators}
    return sorted(view.annotators, key=lambda a: (kinds[a] != "gold", -means[a], a))


@styled
def agreement_matrix(view: MatrixView) -> Markup | None:
    """Who agrees with whom. A pair without a common task stays blank."""
    order = matrix_order(view)
    if len(order) < 2 or not view.cells:
        return None
    cells = {(c.a, c.b): c for c in view.cells} | {(c.b, c.a): c for c in view.cells}
    values = [[cells[a, b].agreement if (a, b) in cells else None for b in order] for a in order]
    titles = {
        f"cell{row}x{column}": f"{shown(a)} and {shown(b)}: {number(c.agreement, 3)} over {count(c.tasks)} common tasks"
        for row, a in enumerate(order)
        for column, b in enumerate(order)
        if (c := cells.get((a, b))) is not None
    }
    lowest = min(view.cells, key=lambda c: (c.agreement, c.a, c.b))
    highest = max(view.cells, key=lambda c: (c.agreement, c.a, c.b))
    label = (
        f"Agreement of {len(order)} annotators with one another, {len(view.cells)} pairs with common tasks. "
        f"Least: {_pair(lowest)}. Most: {_pair(highest)}."
    )
    low = min(0.9, int(min(c.agreement for c in view.cells) * 10) / 10)
    names = [shown(a, _NAME_CHARACTERS) for a in order]
    return _heat_map("matrix", values, names, names, Normalize(low, 1.0), AGREEMENT_SCALE, label, titles, number)


@styled
def confusion_matrix(name: str, confusion: Mapping[str, Mapping[str, float]], against: str) -> Markup | None:
    """What was given (columns) where the consensus or gold says what (rows), as shares of each row."""
    truths = sorted(confusion)
    given = sorted({label for row in confusion.values() for label in row} | set(truths))
    totals = {truth: sum(confusion[truth].values()) for truth in truths}
    if not any(totals.values()):
        return None
    values = [[_share(confusion[t].get(g, 0.0), totals[t]) for g in given] for t in truths]
    titles = {
        f"cell{row}x{column}": f"{against}: {_named(t, 'nothing there')}, given: {_named(g, 'not marked')}; "
        f"{count(confusion[t].get(g, 0.0))} times, {percent(values[row][column])}"
        for row, t in enumerate(truths)
        for column, g in enumerate(given)
    }
    wrong = sorted(
        ((n, t, g) for t in truths for g, n in confusion[t].items() if g != t and n), key=lambda w: (-w[0], w[1], w[2])
    )
    label = f"What was given where {against} says what, as shares of each row. " + (
        "Most often mistaken: "
        + "; ".join(
            f"{_named(t, 'nothing there')} as {_named(g, 'not marked')}, {count(n)} times" for n, t, g in wrong[:5]
        )
        if wrong
        else "Nothing was mistaken."
    )
    rows = [_named(truth, "nothing there") for truth in truths]
    columns = [_named(label, "not marked") for label in given]
    return _heat_map(name, values, rows, columns, Normalize(0.0, 1.0), SHARE_SCALE, label, titles, percent)


@styled
def class_use(control: ControlClasses, place: int) -> Markup | None:
    """Which share of an annotator's answers each class has: one column an annotator.

    By their share of the first class, the largest first, ties by id: who is unlike the others stands at an end.
    """
    labels = [item.label for item in control.items][:_MOST_CLASSES]
    use = control.by_annotator
    people = sorted(use, key=lambda person: (-use[person].get(labels[0], 0.0) if labels else 0.0, person))
    if len(people) < 2 or len(labels) < 2:
        return None
    people = [*people[: _MOST_PEOPLE // 2], *people[max(_MOST_PEOPLE // 2, len(people) - _MOST_PEOPLE // 2) :]]
    values = [[use[person].get(label, 0.0) for person in people] for label in labels]
    titles = {
        f"cell{row}x{column}": f"{shown(person)}: {percent(values[row][column])} {shown(label)}"
        for row, label in enumerate(labels)
        for column, person in enumerate(people)
    }
    most = max(value for line in values for value in line)
    label = (
        f"How often each of {len(people)} annotators uses each of {len(labels)} classes of {shown(control.control)}, "
        f"as shares of their own answers; the largest share is {percent(most)}."
    )
    rows, columns = ([shown(name, _NAME_CHARACTERS) for name in names] for names in (labels, people))
    return _heat_map(
        f"use{place}", values, rows, columns, Normalize(0.0, most or 1.0), SHARE_SCALE, label, titles, percent
    )


def _named(label: str, nothing: str) -> str:
    """A class on an axis; what stands for no mark at all, in words."""
    return nothing if label in ("", MISSING) else shown(label, _NAME_CHARACTERS)


def _pair(cell: MatrixCell) -> str:
    return f"{shown(cell.a)} and {shown(cell.b)}, {number(cell.agreement)}"


def _heat_map(
    name: str, values: Sequence[Sequence[float | None]], rows: Sequence[str], columns: Sequence[str], norm: Normalize,
    scale: LinearSegmentedColormap, label: str, titles: Mapping[str, str],
    text: Callable[[float], str],
) -> Markup:  # fmt: skip
    figures = max(len(rows), len(columns)) <= _WITH_FIGURES
    cell = 0.62 if figures else 0.25
    high = 0.42 if figures else 0.25
    figure = Figure(figsize=(2.6 + cell * len(columns), 1.9 + high * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlim(0, len(columns))
    axes.set_ylim(len(rows), 0)
    _draw_cells(axes, values, lambda value: to_hex(scale(norm(value))), text if figures else None)
    axes.set_yticks([row + 0.5 for row in range(len(rows))], rows)
    axes.set_xticks(
        [column + 0.5 for column in range(len(columns))], columns, rotation=50, ha="left", rotation_mode="anchor",
    )  # fmt: skip
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=10 if figures else 8, labelcolor=INK)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(ScalarMappable(norm, scale), ax=axes, shrink=0.7, aspect=18, pad=0.02, drawedges=False)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelcolor=MUTED)
    return to_svg(figure, name, label, titles)


def _draw_cells(
    axes: Axes, values: Sequence[Sequence[float | None]], colour_of: Callable[[float], str],
    text: Callable[[float], str] | None,
) -> None:  # fmt: skip
    axes.add_artist(Rectangle((0, 0), len(values[0]), len(values), facecolor=FAINT, alpha=0.25, linewidth=0))
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            if value is None:
                continue
            colour, gid = colour_of(value), f"cell{row}x{column}"
            # `add_patch` would ask each cell for its extent, to fit the axes to it: a second for a large matrix.
            axes.add_artist(
                Rectangle((column, row), 1, 1, facecolor=colour, edgecolor=PAPER, linewidth=1 if text else 0.5, gid=gid)
            )
            if text is not None:
                axes.text(
                    column + 0.5, row + 0.5, text(value), ha="center", va="center_baseline", fontsize=10,
                    color=readable_on(colour),
                )  # fmt: skip


def readable_on(colour: str) -> str:
    """Black or white, whichever has more contrast (WCAG 2)."""
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    # Contrast with white is 1.05 / (L + 0.05), with black (L + 0.05) / 0.05: equal at L = 0.179.
    return "#ffffff" if luminance < 0.179 else "#000000"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
