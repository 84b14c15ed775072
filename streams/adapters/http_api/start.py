"""The API as a configuration wants it."""

from __future__ import annotations

from streams.adapters.http_api.access import access_for
from streams.adapters.http_api.api import Api, Limits
from streams.adapters.http_api.messages import Answer, Problem, Request
from streams.adapters.quality_reader import QualityReader
from streams.config import WorkerConfig
from streams.settings_file import read_document

__all__ = ["api_for", "without_read_model"]


def api_for(config: WorkerConfig, reader: QualityReader) -> Api:
    """The API over `reader`.

    Raises:
        ConfigurationError: the tokens file is not usable.
    """
    where = f"Tokens file {config.api_tokens_file}"
    document = (read_document(config.api_tokens_file, where) or {}) if config.api_tokens_file else None
    limits = Limits(config.api_rate_per_second, config.api_burst)
    return Api(reader, access_for(document, config.web_host, where), limits)


async def without_read_model(_: Request) -> Answer:
    """What a worker answers that stores nothing to be read."""
    detail = "this worker keeps no read model: name a Redis by LABELQUORUM_REDIS_URL (--redis-url)"
    return Problem(503, "no-read-model", detail).answer()
