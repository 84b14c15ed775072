"""Who may read what: bearer tokens, each with the projects that it opens."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, NamedTuple

import msgspec

from streams.adapters.http_api.messages import Problem, Request
from streams.errors import ConfigurationError

__all__ = ["Access", "Reader", "access_for", "is_loopback", "parse_tokens"]

SETTING = "LABELQUORUM_API_TOKENS_FILE"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="labelquorum"'}
_MOST_TOKENS = 1_000


class Reader(NamedTuple):
    """Somebody who was let in."""

    name: str
    """Of the token; empty for whoever came without one."""
    projects: frozenset[str] | None
    """None: all of them."""

    def may_read(self, project: str) -> bool:
        """Whether the project is theirs to read, be there one of that name or not."""
        return self.projects is None or project in self.projects


class _Token(NamedTuple):
    digest: bytes
    reader: Reader


class Access(NamedTuple):
    """The rules of one server."""

    tokens: tuple[_Token, ...] = ()
    anonymous: Reader | None = None
    """What is read without a token; none: nothing."""
    on_loopback_only: bool = False
    """Open to everybody, because only this machine can connect."""
    closed: str | None = None
    """Why nobody may read."""

    def admit(self, request: Request) -> Reader:
        """Who asks.

        Raises:
            Problem: 401 without a token, or with one that nobody knows; 403 where nobody may read.
        """
        if self.closed is not None:
            raise Problem(403, "closed", self.closed)
        if self.on_loopback_only:
            _require_own_name(request)
        given = request.headers.get("authorization")
        if given is None or not self.tokens:
            if self.anonymous is None:
                raise Problem(401, "token-missing", "expected the header Authorization: Bearer TOKEN", _CHALLENGE)
            return self.anonymous
        scheme, _, token = given.partition(" ")
        found = self._find(token.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            detail = "expected the header Authorization: Bearer TOKEN with a token of this server; got another"
            raise Problem(
                401,
                "token-unknown",
                detail,
                {"WWW-Authenticate": _CHALLENGE["WWW-Authenticate"] + ', error="invalid_token"'},
            )
        return found

    def _find(self, token: str) -> Reader | None:
        digest = sha256(token.encode("utf-8", "surrogateescape")).digest()
        found = None
        for known in self.tokens:  # all of them, in constant time each: how long it takes tells nothing
            if hmac.compare_digest(digest, known.digest):
                found = known.reader
        return found


def access_for(document: Any, host: str, where: str) -> Access:
    """The rules of a server.

    Without tokens a server on a loopback address is open, because only this machine can connect; any other is closed.

    Args:
        document: of the tokens file, parsed; None where no file is named.
        host: that the server binds to.
        where: the file, for messages.

    Raises:
        ConfigurationError: the document does not say what a tokens file says; with every problem.
    """
    if document is not None:
        return parse_tokens(document, where)
    if is_loopback(host):
        return Access(anonymous=Reader("", None), on_loopback_only=True)
    return Access(
        closed=f"reading is closed: this server listens on {host} and knows no tokens; name a file of tokens by "
        f"{SETTING} (--api-tokens-file), or listen on 127.0.0.1 (LABELQUORUM_WEB_HOST, --web-host)"
    )


def parse_tokens(document: Any, where: str) -> Access:
    """A tokens file: who may read which projects.

    `tokens` is a list of `name` (tokens of one name share a rate limit), `sha256` (64 hex digits: of the token, so that
    the file gives none away) and `projects` (a list of ids, or `"*"` for all). `anonymous` is what is read without a
    token: projects in the same way; default none.

    Raises:
        ConfigurationError: with every problem.

    >>> token = {"name": "lead", "sha256": "ab" * 32, "projects": ["street"]}
    >>> parse_tokens({"tokens": [token]}, "tokens.yaml").tokens[0].reader
    Reader(name='lead', projects=frozenset({'street'}))
    """
    problems: list[str] = []
    if not isinstance(document, Mapping):
        raise ConfigurationError([f"$: expected tokens: and anonymous:; got {_shown(document)}"], where)
    problems += [
        f"$.{key}: unknown; known are tokens, anonymous" for key in document if key not in ("tokens", "anonymous")
    ]
    entries = document.get("tokens", [])
    if not isinstance(entries, list) or len(entries) > _MOST_TOKENS:
        problems.append(f"$.tokens: expected a list of up to {_MOST_TOKENS:,} tokens; got {_shown(entries)}")
        entries = []
    tokens = tuple(_token(entry, f"$.tokens[{number}]", problems) for number, entry in enumerate(entries))
    anonymous = _projects(document.get("anonymous", []), "$.anonymous", problems)
    for digest in sorted({t.digest for t in tokens if [o.digest for o in tokens].count(t.digest) > 1} - {b""}):
        problems.append(f"$.tokens: expected each token once; {digest.hex()} is there more than once")
    if not tokens and anonymous == frozenset():
        problems.append("$: expected a token, or anonymous projects; got neither, so nobody could read")
    if problems:
        raise ConfigurationError(problems, where)
    return Access(tokens, None if anonymous == frozenset() else Reader("", anonymous))


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to it.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "[::1]", "localhost", "0.0.0.0", "lq.example")]
    [True, True, True, True, False, False]
    """
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _require_own_name(request: Request) -> None:
    # A web page may have its own name lead to 127.0.0.1 and then read what a browser here can read.
    host = request.headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if not is_loopback(name):
        raise Problem(
            403, "foreign-host",
            f"without tokens this server answers to localhost and 127.0.0.1 only; got the host {name!r}. To serve it "
            f"under a name, give it tokens ({SETTING})",
        )  # fmt: skip


def _token(entry: Any, path: str, problems: list[str]) -> _Token:
    if not isinstance(entry, Mapping):
        problems.append(f"{path}: expected name, sha256 and projects; got {_shown(entry)}")
        return _Token(b"", Reader("", frozenset()))
    problems += [f"{path}.{key}: unknown; known are name, sha256, projects" for key in entry if key not in _Fields]
    name, digest = entry.get("name"), entry.get("sha256")
    if not isinstance(name, str) or not name:
        problems.append(f"{path}.name: expected a name to know it by in the log; got {_shown(name)}")
    projects = _projects(entry.get("projects"), f"{path}.projects", problems)
    return _Token(_digest(digest, f"{path}.sha256", problems), Reader(str(name), projects))


_Fields = ("name", "sha256", "projects")


def _digest(given: Any, path: str, problems: list[str]) -> bytes:
    try:
        digest = bytes.fromhex(given)
        if len(digest) == sha256().digest_size:
            return digest
    except (TypeError, ValueError):
        pass
    # Not shown: somebody may have written the token itself.
    problems.append(f"{path}: expected 64 hex digits, the SHA-256 of the token, in quotes")
    return b""


def _projects(given: Any, path: str, problems: list[str]) -> frozenset[str] | None:
    if given == "*":
        return None
    if isinstance(given, list) and all(isinstance(project, str) for project in given):
        return frozenset(given)
    problems.append(
        f'{path}: expected a list of project ids, in quotes where they are numbers, or "*"; got {_shown(given)}'
    )
    return frozenset()


def _shown(value: Any) -> str:
    text = msgspec.json.encode(value, enc_hook=str).decode()
    return text if len(text) <= 80 else text[:80] + "…"
