"""The two that the read model is held against: the demo's in-process Redis always, a real one where there is one."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from streams.adapters.redis_model import ReadModel
from streams.demo.fake_redis import FakeRedis
from tests.contract.redis_server import BINARY, RedisServer


@pytest.fixture(scope="session")
def fake_redis_url() -> Iterator[str]:
    with FakeRedis() as server:
        yield server.url


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    yield from _real(tmp_path_factory.mktemp("redis"))


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of the test's own, to be killed."""
    yield from _real(tmp_path)


@pytest.fixture(params=["in-process", "redis-server"])
def redis_url(request: pytest.FixtureRequest) -> str:
    if request.param == "in-process":
        return str(request.getfixturevalue("fake_redis_url"))
    server: RedisServer = request.getfixturevalue("shared_redis")
    return server.url


@pytest.fixture
async def model(redis_url: str, request: pytest.FixtureRequest) -> AsyncIterator[ReadModel]:
    """Empty: each test writes under a prefix of its own."""
    model = ReadModel.connect(redis_url, prefix=f"{request.node.nodeid}:")
    yield model
    await model.close()


def _real(folder: Path) -> Iterator[RedisServer]:
    if BINARY is None and "CI" not in os.environ:
        pytest.skip("redis-server is not installed; in CI (variable CI set) it must be")
    server = RedisServer(folder)
    server.start()
    yield server
    server.kill()
