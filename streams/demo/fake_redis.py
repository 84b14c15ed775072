"""A Redis of our own, inside this process, for the read model: real protocol on a real port, nothing installed."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from streams.adapters.embedded_broker import HOST
from streams.errors import LabelquorumError

__all__ = ["FakeRedis"]

_POLL_SECONDS = 0.05
"""How long the end may have to wait for the server's loop."""


class FakeRedis:
    """Serves from `with` to its end. Clients must be closed before, or they lose their connection."""

    def __init__(self) -> None:
        try:
            from fakeredis import TcpFakeServer
        except ImportError:
            raise LabelquorumError(
                'the in-process Redis is not installed: pip install "labelquorum[demo]", '
                "or use a Redis that you have: --redis-url redis://HOST:PORT/0"
            ) from None
        self._server = TcpFakeServer((HOST, 0))
        # A client that never hangs up must not keep the demo from ending.
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="fake-redis", daemon=True
        )

    @property
    def url(self) -> str:
        """For `redis.from_url`."""
        return f"redis://{HOST}:{self._server.server_address[1]}/0"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
