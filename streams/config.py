"""How a worker is run: one frozen record, each field with its unit, the reason for its default and its variable.

The environment is read once, here, by `WorkerConfig.from_environment`; the command line overrides it. What a
*project* wants (annotators, thresholds, routing) is not here but in `contracts.settings`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin, get_type_hints

from streams.errors import ConfigurationError

__all__ = ["Delivery", "WorkerConfig", "variable"]

Delivery = Literal["exactly-once", "at-least-once"]


def _option(default: Any, text: str, minimum: float | None = None) -> Any:
    return field(default=default, metadata={"help": text, "minimum": minimum})


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """Settings of one worker process. Every field can be set as LABELQUORUM_<FIELD> or --<field>."""

    broker: str = _option("127.0.0.1:9092", "Kafka bootstrap servers, host:port, comma-separated.")
    app_id: str = _option(
        "labelquorum", "Consumer group, and the prefix of the changelog topics and transactional ids."
    )
    topic_prefix: str = _option("", "Put in front of every topic name, to share a Kafka cluster.")
    partitions: int = _option(
        12, "Partitions of the source topics; fixed for life, so more than workers needed today.", 1
    )
    replication_factor: int = _option(1, "Copies of each topic; 3 in production.", 1)
    delivery: Delivery = _option("exactly-once", "exactly-once (needs Kafka transactions) or at-least-once.")
    settings_file: str = _option("", "YAML file of project settings; a project on the settings topic overrides it.")
    redis_url: str = _option("", "Redis for the read model, e.g. redis://127.0.0.1:6379/0; empty: no read model.")
    web_host: str = _option("127.0.0.1", "Address that /metrics, /healthz and /readyz are served on.")
    web_port: int = _option(6066, "Port that /metrics, /healthz and /readyz are served on.", 1)
    data_dir: str = _option("", "Folder for the worker's own files; empty: a temporary one. State itself is in Kafka.")
    max_record_bytes: int = _option(
        1_000_000, "Larger input records become dead letters. Kafka's own default limit.", 1_000
    )
    max_regions: int = _option(10_000, "Regions in one submission; more is a dead letter.", 1)
    dead_letter_ratio: float = _option(
        0.5, "Share of dead letters among the last 1,000 records that stops the worker.", 0
    )
    dead_letter_run: int = _option(500, "Dead letters in a row that stop the worker.", 1)
    lane_records: int = _option(4_000, "Records in one unit of work at most.", 1)
    lane_bytes: int = _option(4_000_000, "Bytes of records in one unit of work at most.", 1_000)
    cached_tasks: int = _option(20_000, "Decoded tasks that a partition keeps in memory beside their bytes.", 1)
    retention_seconds: int = _option(
        30 * 86_400, "How long after its last event a decided task still takes edits; later ones are dead letters.", 1
    )
    tick_seconds: float = _option(30.0, "How often a quiet partition's clock is moved.", 0.1)
    session_timeout_seconds: float = _option(
        45.0, "A worker silent this long loses its partitions. Kafka's default.", 1
    )
    rebalance_timeout_seconds: float = _option(60.0, "How long a rebalance waits for workers to join.", 1)
    log_level: str = _option("info", "debug, info, warning or error.")
    log_json: bool = _option(False, "Log JSON lines instead of text.")

    def topic(self, name: str) -> str:
        """The deployed name of a topic of `streams.topics`."""
        return self.topic_prefix + name

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **overrides: Any) -> WorkerConfig:
        """Environment, then overrides (None is "not given"); every problem is reported at once.

        Raises:
            ConfigurationError: values that do not parse, are out of range, or LABELQUORUM_ variables nobody knows.
        """
        hints = get_type_hints(cls)
        known = {variable(f.name): f for f in dataclasses.fields(cls)}
        problems = [
            f"{name}: unknown variable; known are {', '.join(sorted(known))}"
            for name in sorted(environment)
            if name.startswith("LABELQUORUM_") and name not in known
        ]
        values: dict[str, Any] = {}
        for name, spec in known.items():
            given = overrides.get(spec.name)
            source = f"--{spec.name.replace('_', '-')}" if given is not None else name
            if given is None:
                given = environment.get(name)
            if given is None:
                continue
            try:
                values[spec.name] = _parse(given, hints[spec.name], spec.metadata["minimum"])
            except ValueError as error:
                problems.append(f"{source}: {error}")
        if problems:
            raise ConfigurationError(problems, "Worker configuration is not usable")
        return cls(**values)


def variable(field_name: str) -> str:
    """The environment variable of a field."""
    return f"LABELQUORUM_{field_name.upper()}"


def _parse(given: Any, kind: Any, minimum: float | None) -> Any:
    if get_origin(kind) is Literal:
        if given not in get_args(kind):
            raise ValueError(f"expected one of {', '.join(get_args(kind))}; got {given!r}")
        return given
    if kind is bool:
        text = str(given).lower()
        if text not in {"true", "false", "1", "0", "yes", "no"}:
            raise ValueError(f"expected true or false; got {given!r}")
        return text in {"true", "1", "yes"}
    if kind in (int, float):
        try:
            value = kind(given)
        except ValueError:
            raise ValueError(f"expected a{'n integer' if kind is int else ' number'}; got {given!r}") from None
        if minimum is not None and value < minimum:
            raise ValueError(f"expected at least {minimum}; got {value}")
        return value
    return str(given)
