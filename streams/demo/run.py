"""`labelquorum demo`: starts everything, plays the recorded queue, shows it, sums it up, cleans up."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console

from streams.adapters.kafka import topics
from streams.adapters.kafka.producer import BatchProducer, Outbound
from streams.adapters.kafka.reader import consume
from streams.config import Delivery, WorkerConfig, without_secrets
from streams.contracts.settings import ProjectSettings
from streams.demo.display import Display
from streams.demo.ledger import FOLLOWED_TOPICS, Ledger
from streams.demo.pages import can_write, write_report
from streams.demo.player import play
from streams.demo.progress import snapshot
from streams.demo.queue import LabelingQueue
from streams.demo.recorded import PROJECTS, Recording, load, packaged
from streams.demo.report import print_summary
from streams.demo.stack import Stack
from streams.demo.summary import Summary, summarise
from streams.settings_file import read_settings

__all__ = ["DemoOptions", "run_demo"]

INTERRUPTED = 130
"""The exit code after Ctrl-C; the shell's convention."""

_SOURCE = "annotation-events"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What `labelquorum demo` can be told."""

    broker: str = ""
    """A Kafka broker that is there already; empty: an embedded one."""
    redis_url: str = ""
    """A Redis that is there already; empty: one in this process."""
    delivery: Delivery | None = None
    """None: exactly-once on a broker of yours, at-least-once on the embedded one, which has no transactions."""
    tasks: int = 0
    """Tasks of each project; 0: all."""
    answers_per_second: float = 400.0
    """The pace of the annotators; 0: as fast as the worker takes them."""
    patience_seconds: float = 45.0
    """When nothing moves for so long, the demo gives up."""
    keep: bool = False
    """Leave everything running after the summary, until Ctrl-C."""
    report_folder: str = ""
    """Where a report on each project is written; empty: none."""
    as_json: bool = False
    """The summary as JSON on stdout; everything else goes to stderr."""


def run_demo(options: DemoOptions, console: Console | None = None) -> int:
    """Run the demo. Blocks.

    Returns:
        0 when every task was decided or explained and no answer lost, else 1; 130 on Ctrl-C.

    Raises:
        LabelquorumError: a part did not come up, or died; the message says which and shows the end of its log.
    """
    console = console or Console(stderr=options.as_json)
    try:
        with Stack(options.broker, options.redis_url, options.delivery) as stack:
            return _run(options, stack, console)
    except KeyboardInterrupt:
        console.print("Interrupted; everything is stopped.")
        return INTERRUPTED


def _run(options: DemoOptions, stack: Stack, console: Console) -> int:
    begun = time.monotonic()
    config = stack.config
    console.print(f"Broker {config.broker}, delivery {config.delivery}. Starting the worker …", highlight=False)
    asyncio.run(topics.create(config))
    stack.start_worker()
    recordings = [load(project) for project in PROJECTS]
    if options.tasks:
        recordings = [recording.first_tasks(options.tasks) for recording in recordings]
    settings = read_settings(config.settings_file)
    required = {project_id: project.required_annotators for project_id, project in settings.items()}
    queue, ledger = LabelingQueue(recordings, required), Ledger()
    handed: list[bytes] = []
    asyncio.run(_play(options, stack, console, recordings, queue, ledger, handed))
    summary = summarise(recordings, queue, ledger, time.monotonic() - begun)
    _tell(summary, options, stack, console)
    if options.report_folder:
        _write_reports(handed, settings, Path(options.report_folder), console)
    if options.keep:
        _stay(stack, console)
    return 0 if summary.succeeded else 1


async def _play(
    options: DemoOptions,
    stack: Stack,
    console: Console,
    recordings: Sequence[Recording],
    queue: LabelingQueue,
    ledger: Ledger,
    handed: list[bytes],
) -> None:
    config = stack.config
    source = config.topic(_SOURCE)
    producer = BatchProducer(config.broker, [source])
    await producer.start()

    async def hand_in(records: Sequence[tuple[bytes, bytes]]) -> None:
        handed.extend(value for _, value in records)
        by_partition: dict[int, list[Outbound]] = {}
        for key, value in records:
            by_partition.setdefault(await producer.partition(source, key), []).append(Outbound(key, value))
        sent = [await producer.send(source, partition, batch) for partition, batch in by_partition.items()]
        await asyncio.gather(*(future for futures in sent for future in futures))

    try:
        with Display(console) as display:

            def on_turn() -> None:
                if display.due:
                    stack.require_alive()
                    display.show(snapshot(queue, ledger))

            await play(
                queue,
                recordings,
                ledger,
                hand_in=hand_in,
                outputs=_outputs(config),
                answers_per_second=options.answers_per_second,
                patience_seconds=options.patience_seconds,
                on_turn=on_turn,
            )
            display.show(snapshot(queue, ledger))
    finally:
        await producer.stop()


async def _outputs(config: WorkerConfig) -> AsyncIterator[tuple[str, bytes]]:
    names = {config.topic(name): name for name in FOLLOWED_TOPICS}
    async for record in consume(config.broker, names, follow=True):
        yield names[record.topic], record.value


def _tell(summary: Summary, options: DemoOptions, stack: Stack, console: Console) -> None:
    print_summary(summary, console, _next_steps(stack, options))
    if options.as_json:
        sys.stdout.write(msgspec.json.encode(summary).decode() + "\n")


def _write_reports(
    handed: Sequence[bytes], settings: Mapping[str, ProjectSettings], folder: Path, console: Console
) -> None:
    if not can_write():
        console.print("\nNo report: it needs the extra `report` (pip install 'labelquorum[report]').")
        return
    console.print("\n[bold]A report on each project, to be opened in a browser[/]")
    for project_id in PROJECTS:
        with console.status(f"Drawing {project_id} …"):
            path = write_report(project_id, handed, settings, folder)
        console.print(f"  {_shown(path.resolve())}", highlight=False)


def _next_steps(stack: Stack, options: DemoOptions) -> list[tuple[str, str]]:
    settings, recorded = (_shown(packaged(name)) for name in ("settings.yaml", "data/bluebirds.jsonl.gz"))
    program = _program()
    steps = [
        (
            f"{program} replay {recorded} --settings {settings} --out out",
            "the same engine on a file, without a broker",
        ),
        (f"{program} settings check {settings}", "edit a copy of these settings, replay again: the what-if"),
        (f"{program} worker --help", "run it on a Kafka of yours"),
    ]
    if options.keep:
        prefix = f" --topic-prefix {stack.config.topic_prefix}" if stack.config.topic_prefix else ""
        return [(f"{program} tail task-review --broker {stack.config.broker}{prefix}", "what reviewers get"), *steps]
    return [(f"{program} demo --keep", "leaves everything running, to look around"), *steps]


def _program() -> str:
    """How this person can call us: by name, or where the virtual environment is not on their path, by file."""
    beside = Path(sys.executable).with_name("labelquorum")
    return "labelquorum" if shutil.which("labelquorum") or not beside.exists() else _shown(beside)


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _stay(stack: Stack, console: Console) -> None:
    console.print("\n[bold]Still running; Ctrl-C ends it[/]")
    for name, url in (
        ("metrics", stack.url("/metrics")),
        ("health", stack.url("/healthz")),
        ("ready", stack.url("/readyz")),
        ("Redis", without_secrets(stack.config.redis_url)),
        ("broker", stack.config.broker),
    ):
        console.print(f"  {name:8} {url}", highlight=False)
    try:
        while True:
            stack.require_alive()
            time.sleep(1.0)
    except KeyboardInterrupt:
        console.print("Stopping …")
