"""What newcomers get wrong: each ends soon, with exit code 2, and with a message that names what to change."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from streams.adapters.embedded_broker import free_port
from tests.cli.programs import COMMAND, call, environment, run


@pytest.fixture
def taken_port() -> Iterator[int]:
    """Somebody listens there, and never says a word of Kafka."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


def test_nobody_at_the_brokers_address_ends_in_bounded_time_naming_address_and_setting(taken_port: int) -> None:
    nobody, silent = f"127.0.0.1:{free_port()}", f"127.0.0.1:{taken_port}"
    began = time.monotonic()
    waiting = [
        (address, subprocess.Popen([*COMMAND, *words, "--broker", address], stderr=subprocess.PIPE, text=True,
                                   env=environment({})))
        for words, address in ((["worker", "--web-port", str(free_port())], nobody), (["topics", "create"], silent))
    ]  # fmt: skip
    for address, process in waiting:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 2, said
        assert f"no Kafka broker answers at {address}" in said
        assert "LABELQUORUM_BROKER, --broker" in said
        assert "Traceback" not in said
    assert time.monotonic() - began < 60


def test_a_worker_on_a_broker_without_topics_lists_all_and_says_how_to_make_them(broker: str) -> None:
    refused = run("worker", "--broker", broker, "--topic-prefix", "none.", "--web-port", free_port())

    assert refused.code == 2
    for name in ("annotation-events", "project-settings", "task-agreement", "task-disagreement", "task-reassignment",
                 "task-review", "dead-letter", "quality-facts", "quality-alerts", "annotator-reliability"):  # fmt: skip
        assert f"topic none.{name} does not exist: run `labelquorum topics create`" in refused.err
    assert "Traceback" not in refused.err


def test_exactly_once_on_a_broker_without_transactions_names_the_setting(broker: str) -> None:
    assert call("topics", "create", "--broker", broker, "--partitions", 1).code == 0

    refused = run("worker", "--broker", broker, "--partitions", 1, "--web-port", free_port())

    assert refused.code == 2
    assert "Kafka transactions are not available" in refused.err
    assert "LABELQUORUM_DELIVERY=at-least-once, --delivery at-least-once" in refused.err
    assert "Traceback" not in refused.err


def test_a_web_port_that_is_taken_is_refused_before_the_worker_starts(taken_port: int) -> None:
    refused = call("worker", "--web-port", taken_port)

    assert (refused.code, refused.out) == (2, "")
    assert f"cannot be served on 127.0.0.1:{taken_port} (Address already in use)" in refused.err
    assert "LABELQUORUM_WEB_PORT, --web-port" in refused.err


def test_a_web_address_of_another_machine_is_refused_too() -> None:
    refused = call("worker", "--web-host", "192.0.2.1")

    assert refused.code == 2
    assert "cannot be served on 192.0.2.1:6066" in refused.err
    assert "LABELQUORUM_WEB_HOST, --web-host" in refused.err


@pytest.mark.parametrize("command", [["worker"], ["topics", "check"], ["settings", "show"], ["tail"]], ids=" ".join)
def test_all_that_is_wrong_with_options_and_environment_is_said_at_once(command: list[str]) -> None:
    refused = call(
        *command, "--broker", "kafka://x:1",
        LABELQUORUM_BROKR="x:1", LABELQUORUM_DELIVERY="twice", LABELQUORUM_PARTITIONS="many",
    )  # fmt: skip

    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "labelquorum: Worker configuration is not usable (4 problems):\n"
        "  - LABELQUORUM_BROKR: unknown variable; did you mean LABELQUORUM_BROKER?\n"
        "  - --broker: expected host:port without a scheme, several with commas between them; got 'kafka://x:1'\n"
        "  - LABELQUORUM_PARTITIONS: expected an integer; got 'many'\n"
        "  - LABELQUORUM_DELIVERY: expected one of exactly-once, at-least-once; got 'twice'\n"
    )


def test_a_worker_whose_settings_file_is_wrong_says_what_is(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("settings") / "settings.yaml"
    file.write_text("projects: {birds: {colour: blue, required_annotators: 0}}")

    refused = run("worker", "--settings-file", file, "--web-port", free_port())

    assert refused.code == 2
    assert "projects.birds.colour" in refused.err
    assert "projects.birds.required_annotators" in refused.err


def test_a_demo_on_an_address_that_is_none_is_refused_before_anything_starts() -> None:
    refused = call(
        "demo", "--broker", "kafka://x:1", "--redis-url", "cache:6379", LABELQUORUM_BROKR="of another worker"
    )

    assert (refused.code, refused.out) == (2, "")
    assert "(2 problems)" in refused.err
    assert "--broker: expected host:port" in refused.err
    assert "--redis-url: expected redis://" in refused.err


def test_reading_topics_that_are_not_there_says_how_to_make_them(broker: str) -> None:
    for command in (["tail", "--no-follow"], ["settings", "show"]):
        refused = call(*command, "--broker", broker, "--topic-prefix", "none.")
        assert refused.code == 2
        assert "run `labelquorum topics create`" in refused.err


def test_topics_of_another_number_of_partitions_are_all_listed(broker: str) -> None:
    here = ["--broker", broker, "--app-id", "parts", "--topic-prefix", "parts."]
    made = json.loads(call("topics", "create", *here, "--partitions", 2, "--json").out)
    again = json.loads(call("topics", "create", *here, "--partitions", 2, "--json").out)
    wrong = call("topics", "check", *here, "--partitions", 3)

    assert made["topics"] == len(made["created"]) == 12
    assert again == {"ok": True, "topics": 12, "created": []}
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err.count("has 2 partitions; expected 3 (LABELQUORUM_PARTITIONS)") == 10
    assert "topic parts.annotation-events has 2" in wrong.err
    assert "topic parts-tasks-changelog has 2" in wrong.err
