"""What the library reaches on recorded data, beside what others reach.

python -m tests.datasets                       every set of the folder, and the two that the package carries
python -m tests.datasets bluebirds             one of them
python -m tests.datasets --datasets DIR        the sets of another folder: files of the same kinds will do
python -m tests.datasets --write               put what was made into scoring/DATASETS.md
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click
import msgspec
from rich.console import Console

from tests.datasets.records import DataSet, find, read, shipped
from tests.datasets.table import PAGE, Row, as_table, rows_of, section, with_sections

__all__ = ["CARRIED", "VARIABLE", "default_folder", "evaluated", "main", "names_in", "open_set"]

VARIABLE = "LABELQUORUM_DATASETS"
CARRIED = ("bluebirds", "pedestrians_boxes")

_console = Console(width=None if sys.stdout.isatty() else 160)


def default_folder() -> Path | None:
    """Where the environment says, else beside the checkout, if it is there."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    beside = Path(__file__).parents[3] / "shared" / "datasets"
    return beside if beside.is_dir() else None


def names_in(folder: Path | None) -> list[str]:
    """All sets at hand: those of the folder, and those that the package carries."""
    return sorted({*find(folder), *CARRIED})


def open_set(name: str, folder: Path | None) -> DataSet:
    """From the folder, or as the package carries it.

    Raises:
        click.ClickException: it cannot be read, or is nowhere.
    """
    found = find(folder)
    if name in found:
        try:
            return read(found[name])
        except (msgspec.DecodeError, ValueError, KeyError, OSError) as error:
            raise click.ClickException(f"{found[name]}: {type(error).__name__}: {error}") from error
    carried = shipped(name)
    if carried is None:
        raise click.UsageError(
            f"expected a set among {', '.join(names_in(folder))}, got {name!r}; --datasets names the folder with "
            f"NAME.jsonl or NAME.jsonl.gz in it, as {VARIABLE} does"
        )
    return carried


def evaluated(name: str, folder: Path | None) -> tuple[DataSet, list[Row]]:
    """A set and its rows.

    Raises:
        click.ClickException: as `open_set`, or its marks are not what their kind has.
    """
    data = open_set(name, folder)
    try:
        return data, list(rows_of(data))
    except (ValueError, KeyError, TypeError) as error:
        raise click.ClickException(
            f"{name} was taken for {data.kind}, and its marks are not of that kind: {type(error).__name__}: {error}"
        ) from error


@click.command(help=__doc__.split("\n")[0])
@click.argument("names", metavar="[SET]...", nargs=-1)
@click.option(
    "--datasets",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=f"The folder with the sets. Default: {VARIABLE}, else `datasets` in a folder `shared` beside the checkout.",
)
@click.option("--write", is_flag=True, help=f"Write what was made into {PAGE.name}; other sets' parts stay.")
def main(names: tuple[str, ...], folder: Path | None, write: bool) -> None:
    folder = folder or default_folder()
    made = {}
    failed = False
    for name in names or names_in(folder):
        click.echo(f"{name} ...", err=True)
        started = time.perf_counter()
        try:
            data, rows = evaluated(name, folder)
        except click.UsageError:
            raise
        except click.ClickException as error:
            # One set that is not as it should be does not cost the others theirs.
            error.show()
            failed = True
            continue
        click.echo(f"{name}: {time.perf_counter() - started:.1f} s", err=True)
        made[name] = section(data, rows)
        _console.print(as_table(data, rows))
    if write:
        page = PAGE.read_text() if PAGE.exists() else ""
        PAGE.write_text(with_sections(page, made))
        click.echo(f"wrote {len(made)} sets into {PAGE.name}", err=True)
    sys.exit(failed)


if __name__ == "__main__":
    main(prog_name="python -m tests.datasets")
