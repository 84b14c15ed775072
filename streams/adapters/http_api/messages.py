"""A request and its answer, of no web framework, and problems (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Struct, UnsetType

__all__ = ["JSON", "PROBLEM_JSON", "SECURITY_HEADERS", "Answer", "Problem", "ProblemDocument", "Request"]

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "labelquorum",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer: a browser shows the data to nobody else, and takes it for nothing but data."""


class Request(NamedTuple):
    """What was asked."""

    method: str
    target: str
    """Path and query as they were sent: percent-encoded."""
    headers: Mapping[str, str]
    """By name in lower case."""
    remote: str = ""
    """Address of whoever asks; empty where there is none."""


class Answer(NamedTuple):
    """What to send back; to a HEAD, without the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ProblemDocument(Struct, kw_only=True, frozen=True):
    """Why there is no document (RFC 9457)."""

    type: str
    """`urn:labelquorum:problem:` and a word that stays the same."""
    title: str
    """The status in words."""
    status: int
    """The HTTP status."""
    detail: str
    """What was expected, what came, what to do."""
    instance: str | UnsetType = UNSET
    """Of a fault of ours: what to look for in the log."""


class Problem(Exception):
    """Ends a request with anything but a document.

    Args:
        status: of HTTP.
        word: a word that stays the same, for programs.
        detail: for a person.
        headers: beside those that every answer has.
        instance: of a fault of ours: what to look for in the log.
    """

    def __init__(
        self, status: int, word: str, detail: str, headers: Mapping[str, str] | None = None, instance: str | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.word = word
        self.detail = detail
        self.headers = headers or {}
        self.instance = instance

    def answer(self) -> Answer:
        """As it is sent."""
        document = ProblemDocument(
            type=f"urn:labelquorum:problem:{self.word}",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            instance=UNSET if self.instance is None else self.instance,
        )
        headers = {"Content-Type": PROBLEM_JSON, "Cache-Control": "no-store", **SECURITY_HEADERS, **self.headers}
        return Answer(self.status, headers, msgspec.json.encode(document))
