"""A running system's documents, over its HTTP API."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import Request, urlopen

import msgspec

from streams.errors import ConfigurationError

__all__ = ["ApiClient"]

_TIMEOUT_SECONDS = 60.0
_PAGE = 1_000
_NEXT = re.compile(r'<([^>]+)>; *rel="next"')


class ApiClient:
    """Reads documents. Every method blocks, and raises ConfigurationError where there is no document to be had.

    Args:
        address: of the API, `http://host:port`.
        token: sent as bearer token.
    """

    def __init__(self, address: str, token: str | None = None) -> None:
        if urlsplit(address).scheme not in ("http", "https"):
            raise _unusable(address, f"expected an address that begins with http:// or https://; got {address!r}")
        self._address = address.rstrip("/")
        self._token = token

    def projects(self) -> list[str]:
        """The projects that the token opens."""
        return [item["project_id"] for item in self._listed(f"/v1/projects?limit={_PAGE}")["items"]]

    def views(self, project_id: str, names: Sequence[str]) -> dict[str, Any]:
        """View name → document; a list that comes in pages is put together."""
        paged = ("annotators", "benchmark", "alerts")
        base = f"/v1/projects/{quote(project_id, safe='')}/quality"
        return {n: self._listed(f"{base}/{n}?limit={_PAGE}" if n in paged else f"{base}/{n}") for n in names}

    def least_agreed(self, project_id: str, most: int) -> list[bytes]:
        """The decisions of the tasks with the least agreement, as the topics have them."""
        encoded = quote(project_id, safe="")
        page, _ = self._get(f"/v1/projects/{encoded}/quality/tasks?limit={most}")
        tasks = [item["task_id"] for item in msgspec.json.decode(page)["items"]]
        answers = (self._get(f"/v1/tasks/{encoded}/{quote(task, safe='')}")[0] for task in tasks)
        return [bytes(msgspec.json.decode(answer, type=_Task).decision) for answer in answers]

    def _listed(self, path: str) -> Any:
        body, following = self._get(path)
        document = msgspec.json.decode(body)
        while following:
            body, following = self._get(following)
            document["items"] += msgspec.json.decode(body)["items"]
        return document

    def _get(self, path: str) -> tuple[bytes, str | None]:
        address = urljoin(self._address + "/", self._address + path if path.startswith("/") else path)
        if not address.startswith(self._address + "/"):
            raise _unusable(self._address, f"the next page is elsewhere: {address!r}")  # the token must not go there
        request = Request(address, headers={"Accept": "application/json"})  # noqa: S310  http(s) as checked
        if self._token:
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        try:
            with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310  http(s) as checked
                following = _NEXT.search(answer.headers.get("Link", ""))
                return answer.read(), following[1] if following else None
        except HTTPError as error:
            raise _unusable(address, _problem(error)) from None
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            raise _unusable(address, f"no answer ({reason}): is `labelquorum api` or a worker there?") from None


class _Task(msgspec.Struct):
    decision: msgspec.Raw


def _problem(error: HTTPError) -> str:
    """What the API says is wrong."""
    try:
        with error:
            detail = msgspec.json.decode(error.read(100_000)).get("detail")
    except (msgspec.DecodeError, AttributeError, OSError):
        detail = None
    hint = "; name a token with --token" if error.code in (401, 403) else ""
    return f"answered with {error.code}: {detail or error.reason}{hint}"


def _unusable(address: str, problem: str) -> ConfigurationError:
    return ConfigurationError([f"{address}: {problem}"], "The HTTP API cannot be read")
