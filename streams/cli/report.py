"""`labelquorum report`."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from streams.cli.lines import counted, lines_of, progress_bar
from streams.cli.options import config_options, configuration
from streams.config import WorkerConfig
from streams.errors import ConfigurationError

if TYPE_CHECKING:  # what only the work needs is imported where it is done
    from rich.progress import Progress

    from streams.contracts.settings import ProjectSettings
    from streams.report import Material
    from streams.report.sources import Read

__all__ = ["report"]

_QUALITY, _DECISIONS = "quality.json", "decisions.jsonl"


@click.command()
@click.argument("sources", nargs=-1, metavar="[EVENTS... | FOLDER]", type=click.Path(path_type=Path))
@click.option("--project", help="Which project; may be left out where there is one.")
@click.option("--out", type=click.Path(path_type=Path), default="report.html", show_default=True, help="The page.")
@click.option("--settings", "settings_path", type=click.Path(), help="YAML file of project settings.")
@click.option("--events", multiple=True, type=click.Path(path_type=Path),
              help="With FOLDER or --api: the input events, to draw what annotators answered.")  # fmt: skip
@click.option("--broker", "from_broker", metavar="HOST:PORT", help="Read the input events from this Kafka.")
@click.option("--api", metavar="URL", help="Read the documents of a running system from its HTTP API.")
@click.option("--token", envvar="LABELQUORUM_API_TOKEN", show_envvar=True, help="Bearer token for --api.")
@click.option("--media", multiple=True, metavar="FOLDER|URL",
              help="Embed pictures (media_url) from below this folder or http(s) address; repeatable.")  # fmt: skip
@click.option("--tasks", default=12, show_default=True, type=click.IntRange(0, 100), help="Contested tasks to draw.")
@click.option("--json", "as_json", is_flag=True, help="Say as JSON what was written.")
@click.option("--quiet", is_flag=True, help="No progress bar. Off a terminal there is none anyway.")
@config_options(
    "topic_prefix",
    "max_record_bytes",
    "max_regions",
    "max_points",
    "max_characters",
    "max_depth",
    "max_mask_side_px",
    "retention_seconds",
    connection=False,
)
def report(
    sources: tuple[Path, ...],
    project: str | None,
    out: Path,
    settings_path: str | None,
    events: tuple[Path, ...],
    from_broker: str | None,
    api: str | None,
    token: str | None,
    media: tuple[str, ...],
    tasks: int,
    as_json: bool,
    quiet: bool,
    **options: str | None,
) -> None:
    """Write one page on the labeling quality of a project: HTML in one file, which fetches nothing.

    \b
      labelquorum report EVENTS.jsonl.gz --settings FILE      decides recorded events, as replay does
      labelquorum report FOLDER [--events EVENTS.jsonl.gz]    what `replay --out FOLDER` wrote
      labelquorum report --broker HOST:PORT                   the events that a Kafka holds
      labelquorum report --api URL [--events EVENTS.jsonl.gz] a running system, by its HTTP API

    The page has agreement over time with its alerts, who agrees with whom, every annotator, the classes, the
    comparison with gold, and the most contested tasks: all answers over one another, the consensus on top. The same
    input gives the same bytes.

    Pictures are read only from where --media says, made smaller and embedded.
    """  # noqa: D301  the escape is click's mark for lines that are not to be filled
    _require_one_source(sources, from_broker, api)
    decided = api is not None or bool(sources and sources[0].is_dir())
    if events and not decided:
        raise click.UsageError("--events goes with FOLDER or --api; here the events are the source")
    if settings_path and decided:
        raise click.UsageError("--settings goes with EVENTS or --broker; FOLDER and --api are decided already")
    _require_libraries()
    config = configuration(broker=from_broker, **options)
    with progress_bar(quiet) as progress:
        read = _reading(events, progress) if events else None
        if api is not None:
            material = _of_api(api, token, project, read, config, tasks)
        elif from_broker is not None:
            material = _of_broker(config, settings_path, project, progress, tasks)
        elif decided:
            material = _of_folder(sources[0], project, read, config, tasks)
        else:
            material = _of_events(_reading(sources, progress), _settings(settings_path), project, config, tasks,
                                  ", ".join(path.name for path in sources))  # fmt: skip
        written = _write(_with_pictures(material, media, progress), out)
    click.echo(json.dumps(written) if as_json else _sentence(written))


def _require_one_source(sources: tuple[Path, ...], broker: str | None, api: str | None) -> None:
    if sum((bool(sources), broker is not None, api is not None)) != 1:
        raise click.UsageError("say what to report on, one of: EVENTS, a FOLDER that replay wrote, --broker, --api")
    if len(sources) > 1 and any(path.is_dir() for path in sources):
        raise click.UsageError("expected files of events, or one FOLDER that replay wrote; got both")


def _require_libraries() -> None:
    if missing := [name for name in ("jinja2", "matplotlib", "PIL") if find_spec(name) is None]:
        problem = f"{', '.join(missing)} not installed: pip install 'labelquorum[report]'"
        raise ConfigurationError([problem], "The report cannot be drawn")


def _reading(paths: tuple[Path, ...], progress: Progress) -> Read:
    return lambda doing: lines_of(paths, progress, doing)


def _settings(path: str | None) -> dict[str, ProjectSettings]:
    from streams.settings_file import read_settings

    return read_settings(path) if path else {}


def _of_events(
    read: Read, settings: dict[str, ProjectSettings], project: str | None, config: WorkerConfig, tasks: int, where: str
) -> Material:
    from streams.limits import limits_of
    from streams.report import Material
    from streams.report.sources import chosen_project, from_events, projects_of

    chosen = chosen_project(project, projects_of(read("looking for projects")), where)
    views, contested, count = from_events(read, settings, chosen, limits_of(config), tasks)
    return Material(
        project_id=chosen, source=f"{count:,} events of {where}", views=views, contested=contested, notes=[]
    )


def _of_broker(
    config: WorkerConfig, settings_path: str | None, project: str | None, progress: Progress, tasks: int
) -> Material:
    from streams.adapters.kafka.connection import connect
    from streams.adapters.kafka.spool import merged, spool
    from streams.cli.settings import published_settings

    async def fetch(folder: Path) -> tuple[list[Path], dict[str, ProjectSettings]]:
        await (await connect(config.broker)).close()
        return await spool(config.broker, config.topic("annotation-events"), folder), await published_settings(config)

    with TemporaryDirectory(prefix="labelquorum-report-") as folder:
        paths, published = asyncio.run(fetch(Path(folder)))

        def read(doing: str) -> Iterable[bytes]:
            return counted(merged(paths), progress, doing, None)

        settings = {**_settings(settings_path), **published}
        return _of_events(read, settings, project, config, tasks, f"the broker at {config.broker}")


def _of_folder(folder: Path, project: str | None, read: Read | None, config: WorkerConfig, tasks: int) -> Material:
    import msgspec

    from streams.limits import limits_of
    from streams.replay_files import read_lines
    from streams.report import Contested, Material
    from streams.report.sources import chosen_project, from_documents

    try:
        documents: dict[str, dict[str, Any]] = msgspec.json.decode((folder / _QUALITY).read_bytes(), type=dict)
        chosen = chosen_project(project, documents, str(folder))
        contested = Contested(chosen)
        for line in read_lines(folder / _DECISIONS):
            contested.add(line)
    except (OSError, msgspec.DecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        problem = f"{folder}: expected {_QUALITY} and {_DECISIONS} as `labelquorum replay --out` writes them; {reason}"
        raise ConfigurationError([problem], "The results cannot be read") from None
    views, drawn, notes = from_documents(documents[chosen], contested, read, limits_of(config), tasks)
    return Material(project_id=chosen, source=f"results in {folder.name}", views=views, contested=drawn, notes=notes)


def _of_api(
    address: str, token: str | None, project: str | None, read: Read | None, config: WorkerConfig, tasks: int
) -> Material:
    from streams.adapters.api_client import ApiClient
    from streams.limits import limits_of
    from streams.report import Contested, Material, Views
    from streams.report.sources import chosen_project, from_documents

    client = ApiClient(address, token)
    chosen = chosen_project(project, client.projects(), f"the system at {address}")
    contested = Contested(chosen)
    for decision in client.least_agreed(chosen, tasks) if tasks else ():
        contested.add(decision)
    documents = client.views(chosen, Views.names())
    views, drawn, notes = from_documents(documents, contested, read, limits_of(config), tasks)
    return Material(project_id=chosen, source=f"the system at {address}", views=views, contested=drawn, notes=notes)


def _with_pictures(material: Material, media: tuple[str, ...], progress: Progress) -> Material:
    if not media:
        return material
    from streams.adapters.media import MediaPlaces

    places = MediaPlaces(media)
    tasks, notes = [], list(material.notes)
    for task in counted(material.contested, progress, "reading pictures", len(material.contested)):
        found = places.picture(task.media_url) if task.media_url else "the task names no media_url"
        if isinstance(found, str):
            notes.append(f"No picture of task {task.decision.task_id}: {found}.")
            tasks.append(task)
        else:
            tasks.append(dataclasses.replace(task, picture=found))
    return dataclasses.replace(material, contested=tasks, notes=notes)


def _write(material: Material, out: Path) -> dict[str, Any]:
    from streams.report.page import render

    page = render(material).encode()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(page)
    except OSError as error:
        raise ConfigurationError([f"{out}: {error.strerror}"], "The report cannot be written") from None
    return {"project": material.project_id, "out": str(out), "bytes": len(page), "tasks_drawn": len(material.contested)}


def _sentence(written: dict[str, Any]) -> str:
    return "{project}: {out} written, {bytes:,} bytes, {tasks_drawn} tasks drawn; open it in a browser".format(
        **written
    )
