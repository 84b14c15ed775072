"""The HTTP API: a project's quality, to be read.

| module | |
|---|---|
| `messages` | a request, its answer, problems (RFC 9457) |
| `access` | who may read what |
| `limits` | how often |
| `parameters` | what may stand in a query |
| `documents` | the endpoints, and what each answers with |
| `memory` | what was read and made last |
| `openapi` | the document that describes them |
| `api` | `Api`: a request → its answer |
| `server` | the same over HTTP, by aiohttp |
| `start` | the API as a configuration wants it |
"""

from streams.adapters.http_api.access import Access, Reader, access_for
from streams.adapters.http_api.api import Api, Limits
from streams.adapters.http_api.documents import ENDPOINTS, Endpoint
from streams.adapters.http_api.messages import Answer, Problem, Request
from streams.adapters.http_api.openapi import openapi
from streams.adapters.http_api.server import mount, serve
from streams.adapters.http_api.start import api_for, without_read_model

__all__ = [
    "ENDPOINTS",
    "Access",
    "Answer",
    "Api",
    "Endpoint",
    "Limits",
    "Problem",
    "Reader",
    "Request",
    "access_for",
    "api_for",
    "mount",
    "openapi",
    "serve",
    "without_read_model",
]
