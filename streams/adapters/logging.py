"""Where log lines go and how they look: text for a person at a terminal, one JSON object per line for machines.

`structlog` is for our own lines; what Faust and aiokafka say through the standard library takes the same way out. They
say a lot, and little of it is for the person who runs a worker: below a warning only with level `debug`.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import Processor

from streams.errors import ConfigurationError

__all__ = ["configure"]

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
TALKATIVE = ("aiokafka", "asyncio", "faust", "kafka", "mode")
"""Libraries that log at `info` what is of use only to somebody who looks for a fault of theirs."""


def configure(level: str = "info", *, as_json: bool = False, stream: TextIO | None = None) -> None:
    """Set logging up for the whole process, in place of what was set up before.

    Args:
        level: `debug`, `info`, `warning` or `error`; upper case will do.
        as_json: JSON lines instead of text; times are UTC in both.
        stream: standard error where none is given, so that standard output stays for results.

    Raises:
        ConfigurationError: no such level.
    """
    threshold = LEVELS.get(level.lower())
    if threshold is None:
        raise ConfigurationError([f"log_level: expected one of {', '.join(LEVELS)}; got {level!r}"])
    target = stream if stream is not None else sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper("iso" if as_json else "%H:%M:%S", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(as_json=as_json, colors=target.isatty()),
            ],
        )
    )
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(threshold if threshold == logging.DEBUG else max(threshold, logging.WARNING))


def _renderers(*, as_json: bool, colors: bool) -> list[Processor]:
    # Neither shows local variables: passwords are among them.
    if as_json:
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [
            structlog.processors.ExceptionRenderer(tracebacks),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0, exception_formatter=plain)]
