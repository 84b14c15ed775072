"""A real Apache Kafka for tests: one KRaft broker from its Maven artifacts, in a temporary folder, on free ports."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.adapters.child_process import ChildProcess

__all__ = ["KafkaBroker", "kafka_libraries"]

KAFKA_VERSION = "4.1.1"
CACHE = Path(__file__).parents[2] / ".cache" / "kafka"
START_SECONDS = 60.0

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>labelquorum</groupId><artifactId>kafka-for-tests</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version>
    </dependency>
  </dependencies>
</project>
"""

SERVER_PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
"""

LOG4J_PROPERTIES = """rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c{1} %m%n
"""


def kafka_libraries() -> Path:
    """The folder of Kafka's jars: KAFKA_LIBS if set, else `.cache/kafka/libs` of the project, fetched with mvn once.

    Raises:
        RuntimeError: KAFKA_LIBS holds no Kafka, or Java or Maven is not installed; says what to install.
    """
    if named := os.environ.get("KAFKA_LIBS"):
        if not list(Path(named).glob("kafka_*.jar")):
            raise RuntimeError(f"KAFKA_LIBS={named} holds no kafka_*.jar")
        return Path(named)
    libraries = CACHE / "libs"
    if list(libraries.glob("kafka_*.jar")):
        return libraries
    for program, package in (("java", "openjdk-17-jre-headless"), ("mvn", "maven")):
        if shutil.which(program) is None:
            raise RuntimeError(
                f"{program} is not installed: apt-get install {package}, or set KAFKA_LIBS to Kafka's jars"
            )
    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE / "pom.xml").write_text(POM)
    command = ["mvn", "-q", "-B", "-ntp", "dependency:copy-dependencies", f"-DoutputDirectory={libraries}"]
    subprocess.run(command, cwd=CACHE, check=True, timeout=600)
    return libraries


class KafkaBroker:
    """From `start` (or `with`) to `stop`. The folder goes with it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="labelquorum-kafka-")
        self._process: ChildProcess | None = None
        self._port = 0

    @property
    def address(self) -> str:
        """`host:port` for clients."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Format, start and wait until a client can connect. About six seconds.

        Raises:
            RuntimeError: it ended or did not answer; with the end of its log.
        """
        folder = Path(self._folder.name)
        classpath = f"{kafka_libraries()}/*"
        self._port, controller_port = _free_ports(2)
        properties = folder / "server.properties"
        properties.write_text(SERVER_PROPERTIES.format(port=self._port, controller_port=controller_port, folder=folder))
        (folder / "log4j2.properties").write_text(LOG4J_PROPERTIES)
        tool = ["java", "-cp", classpath, "kafka.tools.StorageTool"]
        identity = subprocess.run([*tool, "random-uuid"], check=True, capture_output=True, text=True).stdout.strip()
        subprocess.run([*tool, "format", "-t", identity, "-c", str(properties)], check=True, capture_output=True)
        logging = f"-Dlog4j2.configurationFile={folder / 'log4j2.properties'}"
        command = ["java", "-Xmx512m", logging, "-cp", classpath, "kafka.Kafka", str(properties)]
        self._process = ChildProcess(command, folder / "broker.log", grace_seconds=20)
        self._process.start()
        self._wait_until_it_answers()

    def stop(self) -> None:
        """SIGTERM, then SIGKILL. Idempotent."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        self._folder.cleanup()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self.stop()

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.exit_code is None:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.1)
        tail = self._process.log_tail()
        self.stop()
        raise RuntimeError(f"Apache Kafka did not come up on {self.address}; its log ends with:\n{tail}")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()
