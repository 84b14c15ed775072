"""The API on a real port, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType

from aiohttp import web

from streams.adapters.http_api import Api, mount


class ApiServer:
    """Serves an API until the block ends; `url` is where."""

    def __init__(self, api: Api) -> None:
        self.url = ""
        self._api = api
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> ApiServer:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self._api.close()

    async def _start(self) -> None:
        application = web.Application()
        mount(application, self._api.answer)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
