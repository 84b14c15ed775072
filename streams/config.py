"""How a worker is run: one frozen record, each field with its unit, the reason for its default and its variable.

The environment is read once, here, by `WorkerConfig.from_environment`; the command line overrides it. What a
*project* wants (annotators, thresholds, routing) is not here but in `contracts.settings`.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from streams.errors import ConfigurationError

__all__ = ["Delivery", "LogLevel", "WorkerConfig", "choices_of", "variable", "without_secrets"]

Delivery = Literal["exactly-once", "at-least-once"]
LogLevel = Literal["debug", "info", "warning", "error"]


class _Form(NamedTuple):
    """What the text of a setting must look like."""

    pattern: str
    expected: str


_HOST = r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)"
_PORT = r"(:\d{1,5})?"
_BROKERS = _Form(
    rf"\s*{_HOST}{_PORT}\s*(,\s*{_HOST}{_PORT}\s*)*", "host:port without a scheme, several with commas between them"
)
_REDIS = _Form(
    rf"|rediss?://(\S*@)?{_HOST}?{_PORT}(/\d*)?(\?\S*)?|unix://\S+",
    "redis://host:port/database, rediss:// the same, or unix:///path",
)
_NAME = _Form(r"[A-Za-z0-9._-]{1,200}", "up to 200 letters, digits, dots, dashes and underscores, as in a topic's name")
_PREFIX = _Form(
    r"[A-Za-z0-9._-]{0,200}", "up to 200 letters, digits, dots, dashes and underscores, as in a topic's name"
)


def _option(
    default: Any, text: str, minimum: float | None = None, maximum: float | None = None, form: _Form | None = None
) -> Any:
    return field(default=default, metadata={"help": text, "minimum": minimum, "maximum": maximum, "form": form})


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """Settings of one worker process. Every field can be set as LABELQUORUM_<FIELD> or --<field>."""

    broker: str = _option("127.0.0.1:9092", "Kafka bootstrap servers, host:port, comma-separated.", form=_BROKERS)
    app_id: str = _option(
        "labelquorum", "Consumer group, and the prefix of the changelog topics and transactional ids.", form=_NAME
    )
    topic_prefix: str = _option("", "Put in front of every topic name, to share a Kafka cluster.", form=_PREFIX)
    partitions: int = _option(
        12, "Partitions of the source topics; fixed for life, so more than workers needed today.", 1
    )
    replication_factor: int = _option(1, "Copies of each topic; 3 in production.", 1)
    delivery: Delivery = _option("exactly-once", "How outputs are delivered; exactly-once needs Kafka transactions.")
    settings_file: str = _option("", "YAML file of project settings; a project on the settings topic overrides it.")
    redis_url: str = _option(
        "", "Redis for the read model, e.g. redis://127.0.0.1:6379/0; empty: no read model.", form=_REDIS
    )
    web_host: str = _option("127.0.0.1", "Address that /metrics, /healthz, /readyz and the HTTP API are served on.")
    web_port: int = _option(6066, "Port that /metrics, /healthz, /readyz and the HTTP API are served on.", 1, 65_535)
    api_tokens_file: str = _option(
        "", "YAML file of who may read which projects over HTTP; empty: open on a loopback address, else closed."
    )
    api_rate_per_second: float = _option(
        10.0, "HTTP API requests a second that a token, or an address without one, may make; 0: any number.", 0
    )
    api_burst: int = _option(100, "HTTP API requests that may come at once before that rate holds.", 1)
    data_dir: str = _option("", "Folder for the worker's own files; empty: a temporary one. State itself is in Kafka.")
    max_record_bytes: int = _option(
        1_000_000, "Larger input records become dead letters. Kafka's own default limit.", 1_000
    )
    max_regions: int = _option(1_000, "Regions in one submission; more is a dead letter.", 1)
    max_points: int = _option(
        2_000, "Points, holes, key frames, items, paths or labels in one region; more is a dead letter.", 1
    )
    max_characters: int = _option(20_000, "Characters of one text; more is a dead letter.", 1)
    max_depth: int = _option(
        100, "Levels of a taxonomy's path, and of a region of unknown type; more is a dead letter.", 1, 200
    )
    max_mask_side_px: int = _option(
        2**18,
        "Height and width of a mask; more is a dead letter. Wider than any slide scanner's image; masks that differ in "
        "height are compared column by column, so forty bytes could ask for gigabytes.",
        1,
        2**24,
    )
    dead_letter_ratio: float = _option(
        0.5, "Share of dead letters among the last 1,000 records that stops the worker.", 0, 1
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
    log_level: LogLevel = _option("info", "The least that is logged.")
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
            f"{name}: unknown variable; {_suggestion(name, known)}"
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
                values[spec.name] = _parse(given, hints[spec.name], spec.metadata)
            except ValueError as error:
                problems.append(f"{source}: {error}")
        if problems:
            raise ConfigurationError(problems, "Worker configuration is not usable")
        return cls(**values)


def variable(field_name: str) -> str:
    """The environment variable of a field.

    >>> variable("web_port")
    'LABELQUORUM_WEB_PORT'
    """
    return f"LABELQUORUM_{field_name.upper()}"


def choices_of(field_name: str) -> tuple[str, ...]:
    """The values that a field can have, where they are few and named; else none.

    >>> choices_of("delivery"), choices_of("web_port")
    (('exactly-once', 'at-least-once'), ())
    """
    kind = get_type_hints(WorkerConfig)[field_name]
    return get_args(kind) if get_origin(kind) is Literal else ()


def without_secrets(url: str) -> str:
    """A URL, or what somebody took for one, as it may be shown: no user, no password, no query.

    >>> without_secrets("redis://me:pass@word@cache:6379/0?password=x")
    'redis://***@cache:6379/0'
    """
    return re.sub(r"^(\w+://)?.*@", r"\1***@", re.sub(r"\?[^@]*$", "", url))


def _suggestion(name: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.8)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(known))}"


def _parse(given: Any, kind: Any, wanted: Mapping[str, Any]) -> Any:
    """`given` as the field has it. Raises ValueError: what was expected and what came."""
    text = str(given)
    if get_origin(kind) is Literal:
        if text.lower() not in get_args(kind):
            raise ValueError(f"expected one of {', '.join(get_args(kind))}; got {text!r}")
        return text.lower()
    if kind is bool:
        if text.lower() not in {"true", "false", "1", "0", "yes", "no"}:
            raise ValueError(f"expected true or false; got {text!r}")
        return text.lower() in {"true", "1", "yes"}
    if kind in (int, float):
        return _number(text, kind, wanted["minimum"], wanted["maximum"])
    form = wanted["form"]
    if form is not None and not re.fullmatch(form.pattern, text):
        raise ValueError(f"expected {form.expected}; got {without_secrets(text)!r}")
    return text


def _number(text: str, kind: type[int] | type[float], minimum: float | None, maximum: float | None) -> float:
    try:
        value = kind(text)
    except ValueError:
        raise ValueError(f"expected a{'n integer' if kind is int else ' number'}; got {text!r}") from None
    if not math.isfinite(value):
        raise ValueError(f"expected a finite number; got {text!r}")
    if minimum is not None and value < minimum:
        raise ValueError(f"expected at least {minimum:g}; got {text}")
    if maximum is not None and value > maximum:
        raise ValueError(f"expected at most {maximum:g}; got {text}")
    return value
