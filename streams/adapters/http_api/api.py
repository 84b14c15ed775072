"""A request → its answer: who asks, how often, for what; every error is a problem document, never a stack trace."""

from __future__ import annotations

import asyncio
import gzip
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from importlib.metadata import version
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urlencode

import msgspec
import structlog

from streams.adapters.http_api.access import Access
from streams.adapters.http_api.documents import ENDPOINTS, Documents, Endpoint, Found
from streams.adapters.http_api.limits import RateLimit
from streams.adapters.http_api.messages import JSON, SECURITY_HEADERS, Answer, Problem, Request
from streams.adapters.http_api.openapi import openapi
from streams.adapters.http_api.parameters import Arguments, arguments
from streams.adapters.quality_reader import QualityReader, QualityUnavailable

__all__ = ["Api", "Limits"]

_log = structlog.get_logger(__name__)

_DESCRIPTION = "/v1/openapi.json"
_WORTH_COMPRESSING_BYTES = 1_024
_WORTH_A_THREAD_BYTES = 100_000
_RETRY_SECONDS = 5
_MOST_AT_ONCE = 64


class Limits(NamedTuple):
    """How much is answered."""

    rate_per_second: float = 10.0
    """Requests of one token, or of one address without one; 0 for no limit."""
    burst: int = 100
    """So many at once."""
    at_once: int = _MOST_AT_ONCE
    """Requests under way, of everybody."""


_DEFAULTS = Limits()


class _Place(NamedTuple):
    """What a path leads to."""

    endpoint: Endpoint | None
    """None: the OpenAPI document."""
    names: Mapping[str, str]


class Api:
    """The whole API, of no web framework.

    Args:
        reader: of what is stored.
        access: who may read what.
        limits: how much is answered.
        clock: seconds that only go forward.
        new_id: a name for a fault, to be found in the log.
    """

    def __init__(
        self,
        reader: QualityReader,
        access: Access,
        limits: Limits = _DEFAULTS,
        clock: Callable[[], float] = time.monotonic,
        new_id: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._executor = ThreadPoolExecutor(1, "http-api")  # one: the stream has the rest of the processor
        self._documents = Documents(reader, self._executor)
        self._access = access
        self._limits = limits
        self._rates = RateLimit(limits.rate_per_second, limits.burst)
        self._clock = clock
        self._new_id = new_id
        self._under_way = 0
        self._openapi = msgspec.json.encode(openapi(ENDPOINTS, version("labelquorum")))

    @property
    def closed(self) -> str | None:
        """Why nobody may read; none where somebody may."""
        return self._access.closed

    def close(self) -> None:
        """Give up the thread that documents are made in."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def answer(self, request: Request) -> Answer:
        """Never raises but for cancellation."""
        self._under_way += 1
        try:
            if self._under_way > self._limits.at_once:
                raise _try_later("busy", "more requests are under way than are answered at once", 1)
            return await self._answer(request)
        except Problem as problem:
            return problem.answer()
        except QualityUnavailable as error:
            _log.warning("what is stored cannot be read", reason=str(error))
            detail = "what is stored can't be reached now; the stream goes on, and what is missed shows after"
            return _try_later("unavailable", detail, _RETRY_SECONDS).answer()
        except Exception:  # noqa: BLE001 - whatever it is, nobody outside is to see it
            fault = self._new_id()
            _log.exception("a request could not be answered", fault=fault, path=request.target.partition("?")[0])
            return Problem(
                500, "fault", "a fault of ours; its details are in the log", instance=f"urn:labelquorum:fault:{fault}"
            ).answer()
        finally:
            self._under_way -= 1

    async def _answer(self, request: Request) -> Answer:
        path, _, query = request.target.partition("?")
        try:
            place = _find(path)
            _require_reading(request.method)
            if place.endpoint is None:
                self._take(_whence(request))
                arguments(query, ())
                return _answer(request, Found(self._openapi), "")
            reader = self._access.admit(request)
        except Problem as problem:
            # A token in order pays by itself; everything else is paid by where it comes from, guessed tokens too.
            if problem.status != 429:
                self._take(_whence(request))
            raise
        self._take(f"token {reader.name}" if reader.name else _whence(request))
        project = place.names.get("project")
        if project is not None and not reader.may_read(project):
            raise Problem(403, "out-of-scope", f"the token does not open a project {project!r}, be there one or not")
        _log.debug("read", path=path, token=reader.name or None)
        given = arguments(query, place.endpoint.parameters)
        found = await self._documents.find(place.endpoint, place.names, given, reader)
        link = _next(path, given) if found.more else ""
        if len(found.body) < _WORTH_A_THREAD_BYTES:
            return _answer(request, found, link)
        return await asyncio.get_running_loop().run_in_executor(self._executor, _answer, request, found, link)

    def _take(self, who: str) -> None:
        seconds = self._rates.take(who, self._clock())
        if seconds:
            rate, burst = self._limits.rate_per_second, self._limits.burst
            detail = f"expected up to {rate:g} requests a second and {burst} at once; got more"
            raise Problem(429, "too-many-requests", detail, {"Retry-After": str(ceil(seconds))})


def _find(path: str) -> _Place:
    """Where a path, as it was sent, leads. Raises Problem."""
    if path == _DESCRIPTION:
        return _Place(None, {})
    parts = path.split("/")
    for endpoint in ENDPOINTS:
        names = _matched(endpoint.path.split("/"), parts)
        if names is not None:
            return _Place(endpoint, names)
    raise Problem(404, "path-unknown", f"nothing is served at this path; {_DESCRIPTION} says what is")


def _matched(wanted: Sequence[str], parts: Sequence[str]) -> dict[str, str] | None:
    if len(wanted) != len(parts):
        return None
    names = {}
    for expected, part in zip(wanted, parts, strict=True):
        if expected.startswith("{") and part:
            names[expected[1:-1]] = part
        elif expected != part:
            return None
    return {name: _decoded(part) for name, part in names.items()}


def _decoded(part: str) -> str:
    try:
        return unquote_to_bytes(part).decode()
    except UnicodeError:
        raise Problem(400, "bad-path", "expected a path of percent-encoded UTF-8") from None


def _require_reading(method: str) -> None:
    if method not in ("GET", "HEAD"):
        raise Problem(405, "read-only", "expected GET or HEAD: this API is for reading", {"Allow": "GET, HEAD"})


def _whence(request: Request) -> str:
    """Whoever has one IPv6 address has its whole /64."""
    try:
        address = ip_address(request.remote.partition("%")[0])
    except ValueError:
        return request.remote
    return str(ip_network((address, 64), strict=False) if isinstance(address, IPv6Address) else address)


def _next(path: str, given: Arguments) -> str:
    following = {**given, "offset": given["offset"] + given["limit"]}
    return f'<{path}?{urlencode(following)}>; rel="next"'


def _answer(request: Request, found: Found, link: str) -> Answer:
    """A document, unless whoever asks has it already."""
    tag = f'W/"{blake2b(found.body + link.encode(), digest_size=16).hexdigest()}"'
    headers = {
        **SECURITY_HEADERS, "Cache-Control": "private, no-cache", "ETag": tag, "Vary": "Accept-Encoding, Authorization",
        **({"Link": link} if link else {}),
    }  # fmt: skip
    if _has(request.headers.get("if-none-match", ""), tag):
        return Answer(304, headers, b"")
    headers["Content-Type"] = JSON
    body = found.body
    if len(body) >= _WORTH_COMPRESSING_BYTES and _takes_gzip(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, 1, mtime=0)
    return Answer(200, headers, body)


def _has(given: str, tag: str) -> bool:
    opaque = tag.removeprefix("W/")
    return given.strip() == "*" or any(part.strip().removeprefix("W/") == opaque for part in given.split(","))


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        coding, _, quality = part.replace(" ", "").partition(";q=")
        if coding in ("gzip", "*"):
            return quality.strip("0.") != "" or quality == ""
    return False


def _try_later(word: str, detail: str, seconds: int) -> Problem:
    return Problem(503, word, detail, {"Retry-After": str(seconds)})
