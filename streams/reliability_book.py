"""What has been learned of annotators, as SETTLE counts their votes by it: the latest of `annotator-reliability`."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Final

import msgspec

from streams.contracts.reliability import AnnotatorReliability, ControlReliability

__all__ = ["ReliabilityBook"]

_CLASSES: Final = 1_000
"""That an annotator's record of a control may name: WATCH counts far fewer, and this is kept in memory."""
_decode = msgspec.json.Decoder(AnnotatorReliability).decode


class ReliabilityBook:
    """Project → control → annotator → how reliable.

    >>> book = ReliabilityBook()
    >>> learned = book.of("street")
    >>> controls = {"scene": {"model": "one_coin", "accuracy": 0.9, "low": 0.8, "high": 0.95, "n": 40, "weight": 2.2}}
    >>> record = {"schema": 1, "type": "annotator.reliability", "project_id": "street", "annotator_id": "a/1",
    ...           "event_time": "2026-01-31T10:00:00.000Z", "controls": controls}
    >>> book.publish(b"street/a/1", msgspec.json.encode(record))
    >>> learned["scene"]["a/1"].weight
    2.2
    >>> book.publish(b"street/a/1", None)
    >>> learned
    {'scene': {}}
    """

    def __init__(self) -> None:
        self._learned: dict[str, dict[str, dict[str, ControlReliability]]] = {}
        self._about: dict[bytes, tuple[str, str]] = {}
        """Key → project and annotator: ids may hold slashes, so a key alone does not tell them apart."""

    def of(self, project_id: str) -> Mapping[str, Mapping[str, ControlReliability]]:
        """Control → annotator → how reliable, of a project: a view that changes with what is published."""
        return self._learned.setdefault(project_id, {})

    def publish(self, key: bytes, value: bytes | None) -> None:
        """Take a record of the topic; without a value it takes back what its key said before.

        Raises:
            ValueError: the value is no `AnnotatorReliability`, a weight is negative or not finite, an accuracy or a
                recall is no probability, or more than 1,000 classes are named.
        """
        record = None if value is None else _read(key, value)
        known = self._about.pop(key, None)
        if known is not None:
            for annotators in self._learned[known[0]].values():
                annotators.pop(known[1], None)
        if record is not None:
            self._about[key] = (record.project_id, record.annotator_id)
            controls = self._learned.setdefault(record.project_id, {})
            for name, learned in record.controls.items():
                controls.setdefault(name, {})[record.annotator_id] = learned


def _read(key: bytes, value: bytes) -> AnnotatorReliability:
    try:
        record = _decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"annotator-reliability {key!r}: expected an AnnotatorReliability as JSON; {error}") from None
    for name, learned in record.controls.items():
        wrong = _wrong(learned)
        if wrong is not None:
            raise ValueError(f"annotator-reliability {key!r}: expected {wrong[0]} for control {name}; got {wrong[1]}")
    return record


def _wrong(learned: ControlReliability) -> tuple[str, float] | None:
    """(what no vote can be counted without, what is there instead)."""
    if not (isfinite(learned.weight) and learned.weight >= 0.0):
        return "a finite weight of at least 0", learned.weight
    if max(len(learned.recall), len(learned.tasks)) > _CLASSES:
        return f"at most {_CLASSES} classes", max(len(learned.recall), len(learned.tasks))
    numbers = {"n": learned.n, "gold": learned.gold} | {f"tasks of {k}": n for k, n in learned.tasks.items()}
    for what, n in numbers.items():
        if not (isfinite(n) and n >= 0.0):
            return f"a finite number of at least 0 for {what}", n
    if not 0.0 <= learned.accuracy <= 1.0:
        return "an accuracy in [0, 1]", learned.accuracy
    return next(((f"a recall of {k} in [0, 1]", p) for k, p in learned.recall.items() if not 0.0 <= p <= 1.0), None)
