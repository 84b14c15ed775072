"""What may stand in a query, said once: it is checked, and documented, from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, get_args
from urllib.parse import parse_qsl

from streams.adapters.http_api.messages import Problem
from streams.contracts.decisions import TaskState

__all__ = [
    "ALERT",
    "ALERT_STATE",
    "ANNOTATOR",
    "CONTROL",
    "LIMIT",
    "OFFSET",
    "SIDE",
    "TASK_STATE",
    "Arguments",
    "Parameter",
    "arguments",
]

_MOST_FIELDS = 20


class Parameter(NamedTuple):
    """One parameter of a query."""

    name: str
    description: str
    schema: Mapping[str, Any]
    """JSON Schema; of its words `type`, `default`, `minimum`, `maximum`, `enum` and `maxLength` are understood here."""


Arguments: TypeAlias = Mapping[str, Any]
"""Parameter → its value; those without a default that were not given are left out."""

LIMIT = Parameter(
    "limit", "Items in the answer at most.", {"type": "integer", "minimum": 1, "maximum": 1_000, "default": 100}
)
OFFSET = Parameter(
    "offset", "Items to leave out first; the header `Link` has the address of what follows.",
    {"type": "integer", "minimum": 0, "maximum": 1_000_000, "default": 0},
)  # fmt: skip
CONTROL = Parameter("control", "This control alone.", {"type": "string", "maxLength": 500})
ANNOTATOR = Parameter("annotator", "This annotator alone.", {"type": "string", "maxLength": 500})
ALERT = Parameter("alert", "Alerts of this type alone.", {"type": "string", "maxLength": 500})
SIDE = Parameter(
    "limit",
    "Annotators at most: those with most answers.",
    {"type": "integer", "minimum": 1, "maximum": 500, "default": 50},
)
TASK_STATE = Parameter("state", "Tasks in this state alone.", {"type": "string", "enum": list(get_args(TaskState))})
ALERT_STATE = Parameter("state", "These alerts alone.", {"type": "string", "enum": ["open", "resolved"]})


def arguments(query: str, known: Sequence[Parameter]) -> Arguments:
    """The values that a query gives, and the defaults of the rest.

    Raises:
        Problem: 400: a parameter that nobody knows, that is there twice, or that has no such value.

    >>> arguments("limit=5", [LIMIT, OFFSET])
    {'limit': 5, 'offset': 0}
    """
    try:
        fields = parse_qsl(query, True, True, errors="strict", max_num_fields=_MOST_FIELDS) if query else []
    except ValueError as error:
        raise _bad(f"expected a query as name=value&name=value, percent-encoded; {error}") from None
    named = {parameter.name: parameter for parameter in known}
    found: dict[str, Any] = {name: p.schema["default"] for name, p in named.items() if "default" in p.schema}
    given = [name for name, _ in fields]
    for name, text in fields:
        if name not in named:
            raise _bad(f"{name!r} is not known here; known are: {', '.join(named) or 'none'}")
        if given.count(name) > 1:
            raise _bad(f"expected {name} once; got it {given.count(name)} times")
        found[name] = _value(named[name], text)
    return found


def _value(parameter: Parameter, text: str) -> Any:
    schema = parameter.schema
    if schema["type"] == "integer":
        least, most = schema["minimum"], schema["maximum"]
        # No sign, no underscore, no digits of other scripts: what int() takes and JSON Schema does not.
        if text.isascii() and text.isdigit() and len(text) <= 12 and least <= int(text) <= most:
            return int(text)
        raise _bad(f"{parameter.name}: expected a whole number from {least:,} to {most:,}; got {text[:40]!r}")
    choices = schema.get("enum")
    if choices is not None and text not in choices:
        raise _bad(f"{parameter.name}: expected one of {', '.join(choices)}; got {text[:40]!r}")
    if len(text) > schema.get("maxLength", len(text)):
        raise _bad(f"{parameter.name}: expected up to {schema['maxLength']:,} characters; got {len(text):,}")
    return text


def _bad(detail: str) -> Problem:
    return Problem(400, "bad-query", detail)
