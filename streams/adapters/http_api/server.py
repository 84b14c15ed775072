"""The API over HTTP: beside a worker's pages, or alone. Nobody else imports `aiohttp`."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from streams.adapters.http_api.api import Api
from streams.adapters.http_api.messages import SECURITY_HEADERS, Answer, Problem, Request

__all__ = ["Answering", "mount", "serve"]

_log = structlog.get_logger(__name__)
_server_log = logging.getLogger("aiohttp.server")


class _Brief(logging.Filter):
    """What is no HTTP is refused by aiohttp itself: one line says so, a stack trace for each scanner is of no use."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], HttpProcessingError):
            record.msg, record.args = f"{record.getMessage()}: {type(record.exc_info[1]).__name__}", ()
            record.exc_info = None
        return True


_BRIEF = _Brief()

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


Answering: TypeAlias = Callable[[Request], Awaitable[Answer]]
"""`Api.answer`, or what stands in for it."""


def mount(application: web.Application, answer: Answering) -> None:
    """Serve the API under /v1 of an application that serves other things too."""
    if _BRIEF not in _server_log.filters:
        _server_log.addFilter(_BRIEF)
    handler = _handler(answer)
    for path in ("/v1", r"/v1/{rest:[\s\S]*}"):
        application.router.add_route("*", path, handler)


async def serve(api: Api, ready: Callable[[], Awaitable[bool]], host: str, port: int) -> None:
    """Serve the API alone, with /healthz (this process answers) and /readyz (so does what it reads), until a signal.

    Args:
        api: to serve.
        ready: whether what it reads can be reached.
        host: to listen on.
        port: to listen on.

    Raises:
        OSError: the address can't be had.
    """
    application = web.Application()
    application.router.add_get("/healthz", _page(_alive))
    application.router.add_get("/readyz", _page(ready))
    mount(application, api.answer)
    application.router.add_route("*", r"/{rest:[\s\S]*}", _handler(api.answer))
    runner = web.AppRunner(application, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        _log.info("the API is served", address=f"http://{host}:{port}/v1/openapi.json")
        await _signalled()
    finally:
        await runner.cleanup()
        api.close()


def _handler(answer: Answering) -> _Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        return _response(
            await answer(Request(request.method, request.rel_url.raw_path_qs, headers, request.remote or ""))
        )

    return handle


def _page(good: Callable[[], Awaitable[bool]]) -> _Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        if await good():
            return _response(Answer(200, {"Content-Type": "application/json", **SECURITY_HEADERS}, b'{"status":"ok"}'))
        return _response(Problem(503, "unavailable", "what is stored can't be reached now").answer())

    return handle


async def _alive() -> bool:
    return True


def _response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, headers=answer.headers, body=answer.body)


async def _signalled() -> None:
    """Until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # Windows has no such handlers; Ctrl-C ends the loop there
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
