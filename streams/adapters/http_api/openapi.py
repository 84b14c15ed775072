"""The OpenAPI document of the API: made from the endpoints, their parameters and the structs that they answer with."""

from __future__ import annotations

import ast
import inspect
import itertools
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from streams.adapters.http_api.documents import Endpoint
from streams.adapters.http_api.messages import JSON, PROBLEM_JSON, ProblemDocument
from streams.adapters.http_api.parameters import Parameter
from streams.contracts.alert_evidence import EVIDENCE
from streams.contracts.views import AlertItem

__all__ = ["openapi"]

_REFERENCE = "#/components/schemas/{name}"

_PROBLEMS: Mapping[str, str] = {
    "400": "The query says something that it can't.",
    "401": "No token, or one that nobody knows.",
    "403": "The token does not open this project, be there one or not.",
    "404": "No such project or task.",
    "405": "Only GET and HEAD are answered.",
    "429": "Too many requests; `Retry-After` says for how long.",
    "500": "A fault of ours; `instance` is what to look for in the log.",
    "503": "What is stored can't be reached now; try again after `Retry-After`.",
}

_HEADERS = {
    "ETag": ("Give it as `If-None-Match`, and what has not changed is not sent.", {"type": "string"}),
    "Link": ('Where a list goes on: `<address>; rel="next"`. Left out at its end.', {"type": "string"}),
    "Retry-After": ("Seconds.", {"type": "integer", "minimum": 1}),
    "WWW-Authenticate": ("How to name a token.", {"type": "string"}),
}  # fmt: skip
_HEADERS_OF = {"401": ["WWW-Authenticate"], "429": ["Retry-After"], "503": ["Retry-After"]}


def openapi(endpoints: Sequence[Endpoint], version: str) -> dict[str, Any]:
    """The document, OpenAPI 3.1, ready for JSON.

    Args:
        endpoints: all that there are.
        version: of labelquorum.
    """
    documents = [endpoint.document for endpoint in endpoints]
    _, schemas = msgspec.json.schema_components([*documents, ProblemDocument], ref_template=_REFERENCE)
    for struct in _structs(documents):
        _describe(schemas[struct.__name__], struct)
    if AlertItem.__name__ in schemas:
        _explain_evidence(schemas[AlertItem.__name__])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "labelquorum",
            "version": version,
            "summary": "The quality of labeling projects, to be read.",
            "description": "Figures are as of the events counted so far: `event_time` says when the latest was.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": {
            **{endpoint.path: _path(endpoint) for endpoint in endpoints},
            "/v1/openapi.json": {"get": _this_document(), "head": _this_document("head")},
        },
        "components": {
            "schemas": schemas,
            "headers": {name: {"description": text, "schema": schema} for name, (text, schema) in _HEADERS.items()},
            "responses": {status: _problem(status, text) for status, text in _PROBLEMS.items()},
            "securitySchemes": {
                "token": {
                    "type": "http", "scheme": "bearer",
                    "description": "Opens the projects that the server's tokens file names beside it.",
                }
            },
        },
        "security": [{"token": []}],
    }  # fmt: skip


def _path(endpoint: Endpoint) -> dict[str, Any]:
    names = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")]
    parameters = [
        {
            "name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1},
            "description": f"Id of the {name}, percent-encoded: a slash in it is %2F.",
        }
        for name in names
    ] + [_parameter(parameter) for parameter in endpoint.parameters]  # fmt: skip
    return {"parameters": parameters, "get": _operation(endpoint, "get"), "head": _operation(endpoint, "head")}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name, "in": "query", "required": False, "description": parameter.description,
        "schema": dict(parameter.schema),
    }  # fmt: skip


def _operation(endpoint: Endpoint, method: str) -> dict[str, Any]:
    names = ["ETag", "Link"] if any(parameter.name == "offset" for parameter in endpoint.parameters) else ["ETag"]
    found: dict[str, Any] = {"description": endpoint.summary, "headers": _headers(names)}
    if method == "get":
        found["content"] = {JSON: {"schema": {"$ref": _REFERENCE.format(name=endpoint.document.__name__)}}}
    refusals = _refusals([status for status in _PROBLEMS if status != "404" or "{" in endpoint.path], method)
    return {
        "operationId": endpoint.name if method == "get" else f"{endpoint.name}_head",
        "summary": endpoint.summary,
        "responses": {
            "200": found,
            "304": {"description": "It has not changed.", "headers": _headers(["ETag"])},
            **refusals,
        },
    }


def _this_document(method: str = "get") -> dict[str, Any]:
    found: dict[str, Any] = {"description": "OpenAPI 3.1.", "headers": _headers(["ETag"])}
    if method == "get":
        found["content"] = {JSON: {"schema": {"type": "object", "required": ["openapi"]}}}
    return {
        "operationId": "openapi" if method == "get" else "openapi_head",
        "summary": "This document.",
        "security": [],
        "responses": {
            "200": found,
            "304": {"description": "It has not changed.", "headers": _headers(["ETag"])},
            **_refusals(["400", "405", "429", "500"], method),
        },
    }


def _refusals(statuses: Sequence[str], method: str) -> dict[str, Any]:
    if method == "get":
        return {status: {"$ref": f"#/components/responses/{status}"} for status in statuses}
    return {
        status: {"description": _PROBLEMS[status], "headers": _headers(_HEADERS_OF.get(status, []))}
        for status in statuses
    }


def _problem(status: str, text: str) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(name=ProblemDocument.__name__)}
    return {
        "description": text,
        "headers": _headers(_HEADERS_OF.get(status, [])),
        "content": {PROBLEM_JSON: {"schema": schema}},
    }


def _headers(names: Sequence[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _structs(roots: Sequence[type[Struct]]) -> list[type[Struct]]:
    """All structs that these are made of, themselves included."""
    found: dict[type[Struct], None] = {}

    def visit(kind: Any) -> None:
        if isinstance(kind, msgspec.inspect.StructType):
            if kind.cls in found:
                return
            found[kind.cls] = None
        for part in _parts(kind):
            visit(part)

    for root in roots:
        visit(msgspec.inspect.type_info(root))
    return list(found)


def _parts(kind: Any) -> list[Any]:
    match kind:
        case msgspec.inspect.StructType():
            return [field.type for field in kind.fields]
        case msgspec.inspect.UnionType():
            return list(kind.types)
        case msgspec.inspect.ListType():
            return [kind.item_type]
        case msgspec.inspect.DictType():
            return [kind.value_type]
        case _:
            return []


def _describe(schema: dict[str, Any], struct: type[Struct]) -> None:
    """Put the texts under the struct's fields into its schema, so that they are said once."""
    for field, text in itertools.pairwise(_bodies(struct.__module__).get(struct.__name__, [])):
        match field, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(described))),
            ) if name in schema["properties"]:
                schema["properties"][name]["description"] = " ".join(described.split())
            case _:
                pass


def _explain_evidence(schema: dict[str, Any]) -> None:
    """Any field may be missing, and be of any type: which there are, the type of the alert says."""
    schema["properties"]["evidence"]["properties"] = {name: {"description": text} for name, text in EVIDENCE.items()}


@lru_cache(maxsize=8)
def _bodies(module: str) -> Mapping[str, list[ast.stmt]]:
    """Class → its body; empty where the source was not installed, or can't be read."""
    try:
        source = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, SyntaxError):
        return {}
    return {statement.name: statement.body for statement in source.body if isinstance(statement, ast.ClassDef)}
