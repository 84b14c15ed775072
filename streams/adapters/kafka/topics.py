"""Topics on a broker: created as declared, verified before the worker starts.

Nothing relies on auto-creation: a topic that a broker made up has the wrong number of partitions and the wrong
cleanup policy, and state is lost without a word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from streams.adapters.kafka.connection import connect, partition_counts
from streams.config import WorkerConfig
from streams.errors import ConfigurationError
from streams.topics import TOPICS

__all__ = ["MAX_MESSAGE_BYTES", "TABLES", "Declared", "changelog", "check", "create", "declared"]

_SETTLE_SECONDS = 30.0
"""How long a broker may take until it shows what it has created."""

TABLES = ("tasks", "quality")
"""The tables, by name; each has a changelog."""

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""What a record batch may be on our topics: a unit of work's state is one batch, and a dead letter keeps its input."""


_BROKER_TIME = "LogAppendTime"


class Declared(NamedTuple):
    """A topic as it has to be on the broker."""

    name: str
    """Deployed."""
    partitions: int
    cleanup_policy: str
    broker_time: bool = False


def changelog(config: WorkerConfig, table: str) -> str:
    """The changelog topic of a table: Faust's own naming."""
    return f"{config.app_id}-{table}-changelog"


def declared(config: WorkerConfig, tables: Sequence[str] = TABLES) -> list[Declared]:
    """Every topic of a deployment."""
    return [
        Declared(
            config.topic(t.name), config.partitions if t.partitioned == "source" else 1, t.cleanup_policy, t.broker_time
        )
        for t in TOPICS.values()
    ] + [Declared(changelog(config, table), config.partitions, "compact") for table in tables]


async def create(config: WorkerConfig) -> list[str]:
    """Create the topics that are missing and wait until they are there; returns their names, sorted.

    Those that exist stay as they are.

    Raises:
        ConfigurationError: the broker is not reachable, or refused some; all are listed.
    """
    client = await connect(config.broker)
    try:
        existing = await partition_counts(client)
        missing = [t for t in declared(config) if t.name not in existing]
        if not missing:
            return []
        response = await client.create_topics([_new_topic(t, config.replication_factor) for t in missing])
        refused = {
            name: (for_code(code).__name__, detail[0] if detail else None)
            for name, code, *detail in response.topic_errors
            if code and for_code(code) is not TopicAlreadyExistsError
        }
        if refused:
            raise ConfigurationError(
                [
                    f"topic {name}: {error}{f', {detail}' if detail else ''}"
                    for name, (error, detail) in refused.items()
                ],
                f"The broker at {config.broker} refused to create topics",
            )
        await _until_usable(client, {t.name for t in missing})
        return sorted(t.name for t in missing)
    finally:
        await client.close()


async def check(config: WorkerConfig) -> None:
    """Return when every topic is as declared.

    Partition counts are asked of every broker. Cleanup policies and size limits are compared where the broker tells
    them; one that does not answer DescribeConfigs (the embedded one) is taken at its word.

    Raises:
        ConfigurationError: lists every difference, each with what to do.
    """
    client = await connect(config.broker)
    try:
        counts = await partition_counts(client)
        present = [t for t in declared(config) if t.name in counts]
        configured = await _configurations(client, [t.name for t in present])
        problems = [
            f"topic {t.name} does not exist: run `labelquorum topics create`"
            for t in declared(config)
            if t.name not in counts
        ]
        for topic in present:
            problems += _differences(topic, counts[topic.name], configured.get(topic.name, {}))
    finally:
        await client.close()
    if problems:
        raise ConfigurationError(problems, f"Topics on {config.broker} are not as they must be")


async def _until_usable(client: AIOKafkaAdminClient, names: set[str]) -> None:
    deadline = asyncio.get_running_loop().time() + _SETTLE_SECONDS
    while late := names - (await partition_counts(client, usable_only=True)).keys():
        if asyncio.get_running_loop().time() > deadline:
            raise ConfigurationError(
                [f"topic {name} has partitions without a leader" for name in sorted(late)],
                f"Topics were created, and can't be used after {_SETTLE_SECONDS:g} s; look at the brokers",
            )
        await asyncio.sleep(0.1)


def _new_topic(topic: Declared, replication_factor: int) -> NewTopic:
    configuration = {"cleanup.policy": topic.cleanup_policy, "max.message.bytes": str(MAX_MESSAGE_BYTES)}
    if topic.broker_time:
        configuration["message.timestamp.type"] = _BROKER_TIME
    if replication_factor > 2:
        configuration["min.insync.replicas"] = "2"
    return NewTopic(topic.name, topic.partitions, replication_factor, topic_configs=configuration)


def _differences(topic: Declared, partitions: int, configuration: dict[str, str]) -> list[str]:
    problems = []
    if partitions != topic.partitions:
        problems.append(
            f"topic {topic.name} has {partitions} partitions; expected {topic.partitions} "
            + ("(settings are one ordered log): recreate it" if topic.partitions == 1 else
               f"(LABELQUORUM_PARTITIONS): set it to {partitions} if all topics have that, else recreate it")
        )  # fmt: skip
    policy = configuration.get("cleanup.policy")
    if policy is not None and policy != topic.cleanup_policy:
        problems.append(
            f"topic {topic.name} has cleanup.policy={policy}; expected {topic.cleanup_policy}: "
            f"kafka-configs.sh --alter --topic {topic.name} --add-config cleanup.policy={topic.cleanup_policy}"
        )
    times = configuration.get("message.timestamp.type", _BROKER_TIME)
    if topic.broker_time and times != _BROKER_TIME:
        problems.append(
            f"topic {topic.name} has message.timestamp.type={times}; expected {_BROKER_TIME}, which clock ticks go by: "
            f"kafka-configs.sh --alter --topic {topic.name} --add-config message.timestamp.type={_BROKER_TIME}"
        )
    limit = configuration.get("max.message.bytes")
    if limit is not None and int(limit) < MAX_MESSAGE_BYTES:
        problems.append(
            f"topic {topic.name} has max.message.bytes={limit}; expected at least {MAX_MESSAGE_BYTES}: "
            f"kafka-configs.sh --alter --topic {topic.name} --add-config max.message.bytes={MAX_MESSAGE_BYTES}"
        )
    return problems


async def _configurations(client: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    try:
        responses = await client.describe_configs(resources) if resources else []
    except KafkaError:
        return {}
    return {
        name: {entry[0]: entry[1] for entry in entries if entry[1] is not None}
        for response in responses
        for code, _message, _kind, name, entries in response.resources
        if code == 0
    }
