"""`labelquorum demo`."""

from __future__ import annotations

import sys

import click

from streams.config import WorkerConfig

__all__ = ["demo"]


@click.command()
@click.option("--broker", default="", help="Use this Kafka (host:port) instead of an embedded broker.")
@click.option("--redis-url", default="", help="Use this Redis instead of one in this process.")
@click.option(
    "--delivery",
    type=click.Choice(["exactly-once", "at-least-once"]),
    default=None,
    help="Default: exactly-once with --broker; at-least-once on the embedded broker, which has no transactions.",
)
@click.option("--tasks", type=click.IntRange(min=1), default=None, help="Play only so many tasks of each project.")
@click.option(
    "--rate",
    type=click.FloatRange(min=0),
    default=400.0,
    show_default=True,
    help="Answers a second that the annotators hand in; 0: as fast as they are taken.",
)
@click.option(
    "--report-folder",
    default="labelquorum-demo",
    show_default=True,
    help="Where a report on each project is written at the end; empty: none.",
)
@click.option("--keep", is_flag=True, help="Leave it running after the summary, with the URLs to open; Ctrl-C ends it.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on standard output.")
def demo(
    broker: str,
    redis_url: str,
    delivery: str | None,
    tasks: int | None,
    rate: float,
    report_folder: str,
    keep: bool,
    as_json: bool,
) -> None:
    """See it work: a labeling queue played from recorded answers, on the real worker.

    Seven annotators' boxes around pedestrians in 1,448 images, and 39 people's answers on 108 photos of two birds. The
    queue hands out the required answers of each task, and one more each time the worker asks for it. Needs nothing
    installed but the extra: pip install "labelquorum[demo]".
    """
    # Refused here, before anything is started; what the environment says is meant for other workers.
    WorkerConfig.from_environment({}, broker=broker or None, redis_url=redis_url or None)
    from streams.demo.run import DemoOptions, run_demo  # needs what only the work needs

    options = DemoOptions(
        broker=broker,
        redis_url=redis_url,
        delivery=delivery,  # type: ignore[arg-type]  # click has checked it
        tasks=tasks or 0,
        answers_per_second=rate,
        report_folder=report_folder,
        keep=keep,
        as_json=as_json,
    )
    sys.exit(run_demo(options))
