"""The one place where the parts of a worker are put together."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Callable, Sequence, Set

from streams.adapters.faust_app import Companion, Observer, UnitReport, run_worker
from streams.adapters.faust_app.delivery import Checkpoint, no_checkpoint
from streams.adapters.http_api import Api, api_for, mount, without_read_model
from streams.adapters.kafka.group import GroupReader
from streams.adapters.kafka.reader import CompactedReader
from streams.adapters.kafka.topics import changelog
from streams.adapters.pages import Health, pages
from streams.adapters.prometheus import CONTENT_TYPE, Metrics, MetricsObserver
from streams.adapters.redis_model import Projector, ReadModel, translators
from streams.config import WorkerConfig
from streams.errors import ConfigurationError
from streams.limits import limits_of
from streams.ports import Processor
from streams.reliability_book import ReliabilityBook
from streams.settings import SettingsBook, parse_project
from streams.settings_file import read_settings
from streams.settle import Settle
from streams.watch import Watch

__all__ = ["reliability_follower", "run", "settings_follower"]

log = logging.getLogger("labelquorum.worker")


def run(config: WorkerConfig, checkpoint: Checkpoint = no_checkpoint, observers: Sequence[Observer] = ()) -> int:
    """Run a worker as `config` says until it is stopped; returns its exit code.

    Args:
        config: of the worker.
        checkpoint: called between the steps of a delivery.
        observers: told what happens, after metrics and health.

    Raises:
        ConfigurationError: the settings file is not usable. What the broker lacks is logged, with exit code 2.
    """
    book = SettingsBook(read_settings(config.settings_file) if config.settings_file else {})
    reliabilities = ReliabilityBook()
    watch = Watch(book)
    processors: dict[str, Processor] = {"settle": Settle(book, limits_of(config), reliabilities), "watch": watch}
    metrics = Metrics()
    metrics.add_source(watch.gauges)
    health = Health(time.monotonic)
    companions: list[Companion] = [settings_follower(config, book), reliability_follower(config, reliabilities)]
    if config.redis_url:
        companions.append(_ReadModelKeeper(config, metrics.set_gauge))
    reading = _Reading(config) if config.redis_url else None
    if reading is not None:
        companions.append(reading)
    _calm_the_collector()
    return run_worker(
        config,
        processors,
        observer=_Both(MetricsObserver(metrics, time.time), health, *observers),
        pages=pages(health, metrics.exposition, CONTENT_TYPE),
        mount=lambda application: mount(application, without_read_model if reading is None else reading.api.answer),
        companions=companions,
        checkpoint=checkpoint,
    )


def _calm_the_collector() -> None:
    # Tasks in memory are many, long-lived and free of cycles: looking through them for garbage, as often as Python does
    # it by default, took a tenth of the worker's time. What is loaded by now stays for good.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def settings_follower(config: WorkerConfig, book: SettingsBook) -> CompactedReader:
    """Keeps `book` as the settings topic says. Settings that can't be used leave the former ones in force."""

    def publish(key: bytes | None, value: bytes | None) -> None:
        project_id = (key or b"").decode("utf-8", "replace")
        try:
            book.publish(project_id, None if value is None else parse_project(value, f"Settings of {project_id!r}"))
        except ConfigurationError as error:
            log.error("%s\nThe former settings stay in force.", error)  # noqa: TRY400 - a person's mistake, not ours

    return CompactedReader(config.broker, config.topic("project-settings"), publish)


def reliability_follower(config: WorkerConfig, book: ReliabilityBook) -> CompactedReader:
    """Keeps `book` as the reliability topic says. What can't be read leaves what was known in force."""

    def publish(key: bytes | None, value: bytes | None) -> None:
        try:
            book.publish(key or b"", value)
        except ValueError as error:
            log.error("%s\nWhat was known of the annotator stays in force.", error)  # noqa: TRY400 - another producer's

    return CompactedReader(config.broker, config.topic("annotator-reliability"), publish)


class _ReadModelKeeper:
    """Runs the read model's projector beside the stream, which never waits for it."""

    def __init__(self, config: WorkerConfig, set_gauge: Callable[[str, tuple[str, ...], float], None]) -> None:
        self.ready = asyncio.Event()
        self.ready.set()
        self._config = config
        self._set_gauge = set_gauge

    async def run(self) -> None:
        """Until cancelled."""
        config = self._config
        follow = translators(config.topic, changelog(config, Watch.table))
        source = GroupReader(
            config.broker,
            f"{config.app_id}-read-model",
            follow,
            session_timeout_seconds=config.session_timeout_seconds,
            rebalance_timeout_seconds=config.rebalance_timeout_seconds,
        )
        model = ReadModel.connect(config.redis_url)
        await source.start()
        try:
            await Projector(source, model, follow, self._set_gauge).run()
        finally:
            await source.stop()
            await model.close()


class _Reading:
    """Has the HTTP API ready beside the stream, and gives up its connections at the end."""

    def __init__(self, config: WorkerConfig) -> None:
        self.ready = asyncio.Event()
        self.ready.set()
        self._model = ReadModel.connect(config.redis_url)
        self.api: Api = api_for(config, self._model)
        if self.api.closed is not None:
            log.info("HTTP API: %s", self.api.closed)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await asyncio.Event().wait()
        finally:
            self.api.close()
            await self._model.close()


class _Both:
    """Tells several observers, in turn."""

    def __init__(self, *observers: Observer) -> None:
        self._observers: Sequence[Observer] = observers

    def recovery_started(self) -> None:
        for observer in self._observers:
            observer.recovery_started()

    def recovery_finished(self, seconds: float) -> None:
        for observer in self._observers:
            observer.recovery_finished(seconds)

    def assigned(self, agent: str, partitions: Set[int]) -> None:
        for observer in self._observers:
            observer.assigned(agent, partitions)

    def revoked(self, agent: str, partitions: Set[int]) -> None:
        for observer in self._observers:
            observer.revoked(agent, partitions)

    def unit_done(self, report: UnitReport) -> None:
        for observer in self._observers:
            observer.unit_done(report)

    def lag(self, agent: str, partition: int, records: int) -> None:
        for observer in self._observers:
            observer.lag(agent, partition, records)

    def ready(self, is_ready: bool) -> None:
        for observer in self._observers:
            observer.ready(is_ready)
