"""Brokers for the command line to talk to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from streams.adapters.embedded_broker import EmbeddedBroker


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """The address of an embedded broker, empty at first."""
    with EmbeddedBroker() as embedded:
        yield embedded.address
