"""What failed the typed parse, looked at once more: regions that are kept unscored, and what is wrong, and where."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
from msgspec import UNSET

from streams.contracts.events import AnnotationSubmitted, Event, GoldSet, ReviewDecided
from streams.contracts.regions import ScoredRegion, UnscoredRegion
from streams.errors import Rejected

__all__ = ["ID_CHARACTERS", "WITH_RESULT", "look_again", "unscored"]

WITH_RESULT = (AnnotationSubmitted, GoldSet, ReviewDecided)
"""The events that carry regions."""
ID_CHARACTERS = 256
"""Of a control's or region's name, as `contracts.regions` has it."""

_loads = msgspec.json.Decoder().decode
_REGION_TYPES = frozenset(str(kind.__struct_config__.tag) for kind in get_args(ScoredRegion))
_ERROR = re.compile(r"^(?P<text>.*?)(?: - at (?:`key` in )?`(?P<path>\$.*)`)?$", re.DOTALL)


def unscored(raw: dict[str, Any], reason: Any, region_id: str = "") -> UnscoredRegion:
    """A region that is kept whole and compared with nothing."""
    return UnscoredRegion(control=raw["control"], id=region_id or raw.get("id", ""), reason=reason, raw=raw)


def look_again(value: bytes, error: Exception, max_depth: int) -> Event | Rejected:
    """The typed parse failed: perhaps only for a region type that we do not score."""
    try:
        document = _loads(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as broken:
        return _malformed(value, broken)
    regions = document.get("result") if isinstance(document, dict) else None
    if not isinstance(regions, list):
        return _rejected(error, document)
    kept: list[tuple[int, UnscoredRegion]] = []
    scored: list[Any] = []
    for index, region in enumerate(regions):
        if isinstance(region, dict) and isinstance(region.get("type"), str) and region["type"] not in _REGION_TYPES:
            problem = _region_problem(region, f"$.result[{index}]", max_depth)
            if problem is not None:
                return problem
            kept.append((index, unscored(region, "no_metric")))
        else:
            scored.append(region)
    if not kept:
        return _rejected(error, document)
    places = sorted(set(range(len(regions))) - {index for index, _ in kept})
    try:
        event: Event = msgspec.convert({**document, "result": scored}, Event, str_keys=True)
    except msgspec.ValidationError as second:
        return _rejected(second, document, places)
    if not isinstance(event, WITH_RESULT) or event.result is UNSET:  # `type` came twice, and the parsers differ
        return _rejected(error, document)
    result: list[ScoredRegion | UnscoredRegion] = list(event.result)
    for index, region in kept:
        result.insert(index, region)
    event.result = result  # type: ignore[assignment]
    return event


def _region_problem(region: dict[str, Any], path: str, max_depth: int) -> Rejected | None:
    control = region.get("control")
    if not isinstance(control, str) or not control:
        reason = "missing_field" if "control" not in region else "wrong_type"
        return Rejected(reason, f"{path}.control", "expected the name of the control that the region answers")
    if not isinstance(region.get("id", ""), str):
        return Rejected("wrong_type", f"{path}.id", f"expected a string; got {region['id']!r}")
    for name in ("control", "id"):
        if len(region.get(name, "")) > ID_CHARACTERS:
            return Rejected("out_of_range", f"{path}.{name}", f"expected at most {ID_CHARACTERS} characters")
    if not _within_depth(region, max_depth):
        return Rejected("out_of_range", path, f"expected a region of at most {max_depth} levels (max_depth)")
    try:
        msgspec.msgpack.encode(region)
    except OverflowError as error:
        return Rejected("out_of_range", path, f"expected whole numbers of at most 64 bits; {error}")
    return None


def _within_depth(region: dict[str, Any], max_depth: int) -> bool:
    level: list[Any] = [region]
    for _ in range(max_depth):
        inside = (child for node in level for child in (node.values() if type(node) is dict else node))
        level = [child for child in inside if type(child) in (dict, list)]
        if not level:
            return True
    return False


def _rejected(error: Exception, document: Any, places: list[int] | None = None) -> Rejected:
    match = _ERROR.match(str(error))
    text, path = (match["text"], match["path"] or "$") if match else (str(error), "$")
    if places is not None:  # the error counts only the scored regions: name the place in what was sent
        path = re.sub(r"^\$\.result\[(\d+)\]", lambda m: f"$.result[{places[int(m[1])]}]", path)
    if not isinstance(document, dict):
        return Rejected("wrong_type", "$", f"expected a JSON object; got {type(document).__name__}")
    missing = re.match(r"Object missing required field `(.*)`", text)
    if missing:
        return Rejected("missing_field", f"{path}.{missing[1]}", f"expected a field `{missing[1]}`; it is missing")
    if path == "$.type":
        return Rejected("unknown_event_type", "$.type", f"{text}; expected one of the event types of schema 1")
    if path == "$.schema":
        return Rejected("unsupported_schema", path, f"expected 1; {text}")
    reason = "out_of_range" if re.search(r"[<>]=? |length|with a timezone|out of range", text) else "wrong_type"
    return Rejected(reason, path, text)


def _malformed(value: bytes, error: Exception) -> Rejected:
    """JSON has no NaN, but Python's and JavaScript's loose writers send it: say where it is."""
    try:
        path = next(_non_finite(json.loads(value), "$"), None)
    except (ValueError, RecursionError):
        path = None
    if path is not None:
        return Rejected("non_finite_number", path, "expected a finite number; NaN and Infinity are not JSON")
    return Rejected("malformed_json", "$", f"expected JSON in UTF-8; {error}")


def _non_finite(node: Any, path: str) -> Iterator[str]:
    if isinstance(node, float) and not math.isfinite(node):
        yield path
    elif isinstance(node, dict):
        for key, child in node.items():
            yield from _non_finite(child, f"{path}.{key}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from _non_finite(child, f"{path}[{index}]")
