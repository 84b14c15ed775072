"""The in-process Redis serves the real client over a real connection."""

from __future__ import annotations

import socket
import sys

import pytest
from redis import Redis
from redis import asyncio as redis_async

from streams.demo.fake_redis import FakeRedis
from streams.errors import LabelquorumError


async def test_the_real_asynchronous_client_reads_back_what_it_wrote_in_one_pipeline() -> None:
    with FakeRedis() as server:
        async with redis_async.from_url(server.url, decode_responses=True) as client:
            pipeline = client.pipeline(transaction=True)
            for number in range(500):
                pipeline.hset("tasks", str(number), "x" * 1_000)
            await pipeline.execute()
            assert await client.hlen("tasks") == 500
            assert await client.hget("tasks", "499") == "x" * 1_000


def test_another_process_could_connect_and_nobody_can_after_the_end() -> None:
    with FakeRedis() as server:
        client = Redis.from_url(server.url)
        client.set("k", "v")
        assert client.get("k") == b"v"
        client.close()
        port = int(server.url.split(":")[2].split("/")[0])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_it_ends_although_a_client_has_not_hung_up() -> None:
    with FakeRedis() as server:
        client = Redis.from_url(server.url)
        client.ping()
    client.close()


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fakeredis", None)
    with pytest.raises(LabelquorumError, match=r'pip install "labelquorum\[demo\]"'):
        FakeRedis()
