"""What has been learned of annotators, as SETTLE weighs their votes by it: the latest of `annotator-reliability`."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

import msgspec

from streams.contracts.reliability import AnnotatorReliability

__all__ = ["ReliabilityBook"]

_decode = msgspec.json.Decoder(AnnotatorReliability).decode


class ReliabilityBook:
    """Project → control → annotator → weight.

    >>> book = ReliabilityBook()
    >>> weights = book.of("street")
    >>> controls = {"scene": {"model": "one_coin", "accuracy": 0.9, "low": 0.8, "high": 0.95, "n": 40, "weight": 2.2}}
    >>> record = {"schema": 1, "type": "annotator.reliability", "project_id": "street", "annotator_id": "a/1",
    ...           "event_time": "2026-01-31T10:00:00.000Z", "controls": controls}
    >>> book.publish(b"street/a/1", msgspec.json.encode(record))
    >>> weights
    {'scene': {'a/1': 2.2}}
    >>> book.publish(b"street/a/1", None)
    >>> weights
    {'scene': {}}
    """

    def __init__(self) -> None:
        self._weights: dict[str, dict[str, dict[str, float]]] = {}
        self._about: dict[bytes, tuple[str, str]] = {}
        """Key → project and annotator: ids may hold slashes, so a key alone does not tell them apart."""

    def of(self, project_id: str) -> Mapping[str, Mapping[str, float]]:
        """Control → annotator → weight of a project: a view that changes with what is published."""
        return self._weights.setdefault(project_id, {})

    def publish(self, key: bytes, value: bytes | None) -> None:
        """Take a record of the topic; without a value it takes back what its key said before.

        Raises:
            ValueError: the value is no `AnnotatorReliability`, or a weight is negative or not finite.
        """
        record = None if value is None else _read(key, value)
        known = self._about.pop(key, None)
        if known is not None:
            for annotators in self._weights[known[0]].values():
                annotators.pop(known[1], None)
        if record is not None:
            self._about[key] = (record.project_id, record.annotator_id)
            controls = self._weights.setdefault(record.project_id, {})
            for name, learned in record.controls.items():
                controls.setdefault(name, {})[record.annotator_id] = learned.weight


def _read(key: bytes, value: bytes) -> AnnotatorReliability:
    try:
        record = _decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"annotator-reliability {key!r}: expected an AnnotatorReliability as JSON; {error}") from None
    for name, learned in record.controls.items():
        if not (isfinite(learned.weight) and learned.weight >= 0.0):
            raise ValueError(
                f"annotator-reliability {key!r}: expected a finite weight of at least 0 for control {name}; "
                f"got {learned.weight}"
            )
    return record
