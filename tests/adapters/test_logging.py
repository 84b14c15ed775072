"""One way out for all log lines, ours and the libraries'."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from streams.adapters.logging import TALKATIVE, configure
from streams.errors import ConfigurationError


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, show = root.handlers[:], root.level, warnings.showwarning
    yield
    logging.captureWarnings(False)
    structlog.reset_defaults()
    root.handlers[:], warnings.showwarning = handlers, show
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.NOTSET)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_our_lines_and_a_librarys_come_out_as_the_same_json() -> None:
    stream = io.StringIO()
    configure(as_json=True, stream=stream)
    structlog.get_logger("streams.worker").info("partition taken over", partition=3)
    logging.getLogger("aiokafka.consumer").warning("Heartbeat failed for group %s", "labelquorum")
    ours, theirs = lines(stream)
    assert (ours["event"], ours["level"], ours["logger"], ours["partition"]) == (
        "partition taken over", "info", "streams.worker", 3,
    )  # fmt: skip
    assert (theirs["event"], theirs["level"]) == ("Heartbeat failed for group labelquorum", "warning")
    assert ours["timestamp"].endswith("Z")


def test_text_is_for_a_person_and_has_no_colours_off_a_terminal() -> None:
    stream = io.StringIO()
    configure(stream=stream)
    structlog.get_logger("streams.worker").warning("read model is down", reason="refused")
    (line,) = stream.getvalue().splitlines()
    assert "read model is down" in line
    assert "reason=refused" in line
    assert "\x1b" not in line


def test_libraries_are_heard_from_warnings_on_and_at_debug_wholly() -> None:
    stream = io.StringIO()
    configure(as_json=True, stream=stream)
    for name in TALKATIVE:
        logging.getLogger(f"{name}.part").info("routine")
    assert lines(stream) == []
    configure("debug", as_json=True, stream=stream)
    for name in TALKATIVE:
        logging.getLogger(f"{name}.part").debug("routine")
    assert len(lines(stream)) == len(TALKATIVE)


def test_the_level_holds_for_our_lines_too() -> None:
    stream = io.StringIO()
    configure("WARNING", as_json=True, stream=stream)
    log = structlog.get_logger("streams.worker")
    log.info("not this")
    log.error("this")
    assert [line["event"] for line in lines(stream)] == ["this"]


def test_an_exception_is_told_whole() -> None:
    stream = io.StringIO()
    configure(as_json=True, stream=stream)
    try:
        raise ValueError("no such box")
    except ValueError:
        structlog.get_logger("streams.worker").exception("unit of work failed")
    (line,) = lines(stream)
    assert line["exception"][0]["exc_value"] == "no such box"


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "text"])
def test_an_exception_shows_no_local_variables_for_passwords_are_among_them(as_json: bool) -> None:
    stream = io.StringIO()
    configure(as_json=as_json, stream=stream)
    parts = ["redis://someone:", "hunter", "2@cache"]
    try:
        url = "".join(parts)
        raise ValueError(f"no answer within {len(url)} s")
    except ValueError:
        structlog.get_logger("streams.worker").exception("unit of work failed")
    assert "no answer within" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_setting_up_twice_says_nothing_twice() -> None:
    stream = io.StringIO()
    configure(as_json=True, stream=stream)
    configure(as_json=True, stream=stream)
    structlog.get_logger("streams.worker").info("once")
    assert len(lines(stream)) == 1


def test_an_unknown_level_is_named() -> None:
    with pytest.raises(ConfigurationError, match="expected one of debug, info, warning, error; got 'loud'"):
        configure("loud")
